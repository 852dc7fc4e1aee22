"""What a node of a plugin needs: to speak at once, to hand out a callback, to call a flow and come back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from flowhook.testing import open_bot

from .kit import Outside, Process, Project, held, until

FLOW = """
flow: main
nodes:
  - id: work
    {node}: {{}}
    on_error: failed
  - say: "Below: {{{{ context.got | default('nothing') }}}}"
  - stop: {{}}
  - id: failed
    say: "Failed: {{{{ error.reason }}}}"
  - stop: {{}}
"""

ADDRESS = """
flow: address
nodes:
  - id: city
    ask: {text: "Which city?", type: text, store: context.got}
"""

SPEAKER = """
class Speaker(Node):
    key = "speaker"
    async def run(self, turn):
        await turn.say("one")
        await turn.say("two", now=True)
        answer = await turn.http.get("https://model.test/")
        await turn.say(answer.json()["text"], now=True)
        await turn.say("four")
"""

JOB = """
class Job(Node):
    key = "job"
    waits = True
    async def run(self, turn):
        url = await turn.callback()
        assert url == await turn.callback()
        turn.memory["url"] = url
        await turn.say("Started.")
        return Wait()
    async def resume(self, turn):
        if turn.inbound.kind == "callback":
            turn.set("context.got", turn.inbound.answer["result"])
            return None
        await turn.say("Still at it.")
        return Wait()
"""

CALLER = """
class Caller(Node):
    key = "caller"
    async def run(self, turn):
        assert not turn.returned
        return Call("address", back=True)
    async def resume(self, turn):
        assert turn.returned
        await turn.say(f"Back from {turn.context['got']}: {turn.result}.")
"""

STREAM = """
class Stream(Node):
    key = "stream"
    timeout = "45s"
    async def run(self, turn):
        turn.memory["part"] = part = turn.memory.get("part", 0) + 1
        await turn.say(f"part {part}")
        return Goto(turn.node_id) if part < 3 else None
"""

Write = Callable[[str, str], Path]


@pytest.fixture
def project_of(tmp_path: Path) -> Write:
    """Writes a project whose flow has the node of one plugin."""

    def write(node: str, plugin: str) -> Path:
        for folder in ("flows", "plugins"):
            (tmp_path / folder).mkdir()
        (tmp_path / "flows" / "main.yaml").write_text(FLOW.format(node=node))
        (tmp_path / "flows" / "address.yaml").write_text(ADDRESS)
        register = f"@hookimpl\ndef register_nodes():\n    return [{node.title()}]\n"
        (tmp_path / "plugins" / "own.py").write_text(f"from flowhook import *\n{plugin}\n{register}")
        return tmp_path

    return write


async def test_a_node_speaks_before_it_has_ended(project_of: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said ``now`` arrives, with all that was said before it, while the node still waits."""
    async with open_bot("main", project=project_of("speaker", SPEAKER)) as bot:

        async def respond(request: httpx.Request) -> httpx.Response:
            while len(bot.texts) < 2:  # noqa: ASYNC110 - the service answers once both are heard
                await asyncio.sleep(0)
            return httpx.Response(200, json={"text": "three"})

        monkeypatch.setattr(bot.http, "respond", respond)
        assert await bot.says("hi") == ["one", "two", "three", "four", "Below: nothing"]


async def test_what_was_said_at_once_is_not_said_again_after_a_crash(
    project: Project, outside: Outside, process: Process
) -> None:
    """kill -9 while the node waits for a service: it runs again, and goes on speaking where it was."""
    project.flow("order", "nodes:\n  - id: work\n    speaker: {}\n")
    plugin = SPEAKER.replace("https://model.test/", "OUT/model")
    register = "@hookimpl\ndef register_nodes():\n    return [Speaker]\n"
    project.plugin("own", f"from flowhook import *\n{plugin}\n{register}")
    project.endpoint("order")
    gate = asyncio.Event()
    outside.answers["/model"] = held(gate, {"text": "three"})
    await process.start()
    trace_id = await process.send("order", "hi")
    await until(lambda: outside.at("/model"))
    await outside.until(2)
    await process.kill()
    gate.set()
    await process.start()
    assert (await process.ends(trace_id))["status"] == "done"
    await until(lambda: len({one.id for one in outside.taken()}) == 4)
    assert list({one.id: one.text for one in outside.taken()}.values()) == ["one", "two", "three", "four"]
    assert await process.terminate() == 0


async def test_a_node_hands_out_a_callback(project_of: Write) -> None:
    """The session waits; what is posted to the URL resumes the node, once; a message meanwhile does too."""
    async with open_bot("main", project=project_of("job", JOB)) as bot:
        assert await bot.says("hi") == ["Started."]
        path = "/callback/" + (await bot.session())["memory"]["main/work"]["url"].rpartition("/")[2]
        assert await bot.says("and?") == ["Still at it."]
        assert (await bot.post(path, json={"result": "gold"})).status_code == 202
        assert bot.texts[-1] == "Below: gold"
        assert (await bot.post(path, json={"result": "late"})).status_code == 410


async def test_a_callback_is_void_once_its_node_has_gone_on(project_of: Write) -> None:
    """Nobody waits for it any more."""
    plugin = JOB.replace(
        '        await turn.say("Still at it.")\n        return Wait()\n', "        return None\n"
    )
    async with open_bot("main", project=project_of("job", plugin)) as bot:
        await bot.says("hi")
        path = "/callback/" + (await bot.session())["memory"]["main/work"]["url"].rpartition("/")[2]
        assert await bot.says("never mind") == ["Below: nothing"]
        assert (await bot.post(path, json={"result": "late"})).status_code == 410


async def test_a_node_calls_a_flow_and_is_resumed(project_of: Write) -> None:
    """Also when that flow waits for the user."""
    async with open_bot("main", project=project_of("caller", CALLER)) as bot:
        assert await bot.says("hi") == ["Which city?"]
        assert await bot.says("Ulm") == ["Back from Ulm: None.", "Below: Ulm"]


async def test_what_the_flow_gives_back_is_the_nodes(project_of: Write) -> None:
    """Any JSON; and once more, when the flow gives nothing, that is nothing."""
    project = project_of("caller", CALLER)
    returns = (
        '  - if: "context.got != \'Ulm\'"\n    then: [{return: {zip: "10{{ context.got | length }}"}}]\n'
    )
    (project / "flows" / "address.yaml").write_text(ADDRESS + returns)
    async with open_bot("main", project=project) as bot:
        await bot.says("hi")
        assert await bot.says("Berlin") == ["Back from Berlin: {'zip': '106'}.", "Below: Berlin"]
        await bot.says("hi")
        assert await bot.says("Ulm") == ["Back from Ulm: None.", "Below: Ulm"]


async def test_what_a_flow_gave_back_survives_a_crash(
    project: Project, outside: Outside, process: Process
) -> None:
    """kill -9 while the node that was resumed waits for a service: it is resumed again with the same."""
    plugin = """
class Caller(Node):
    key = "caller"
    async def run(self, turn):
        return Call("address", back=True)
    async def resume(self, turn):
        await turn.http.get("OUT/slow")
        await turn.say(f"{turn.returned} {turn.result}")
"""
    project.flow("main", "nodes:\n  - id: work\n    caller: {}\n")
    project.flow("address", "nodes:\n  - return: {city: Ulm}\n")
    register = "@hookimpl\ndef register_nodes():\n    return [Caller]\n"
    project.plugin("own", f"from flowhook import *\n{plugin}\n{register}")
    project.endpoint("main")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    await process.start()
    await process.send("main", "hi")
    await until(lambda: outside.at("/slow"))
    await process.kill()
    gate.set()
    await process.start()
    await until(lambda: outside.texts() == ["True {'city': 'Ulm'}"])


async def test_a_node_without_resume_cannot_be_come_back_to(project_of: Write) -> None:
    """That is the node's failure, which its flow can deal with."""
    plugin = CALLER.partition("    async def resume")[0]
    async with open_bot("main", project=project_of("caller", plugin)) as bot:
        assert await bot.says("hi") == ["Failed: plugin"]


async def test_a_node_goes_to_itself(project_of: Write) -> None:
    """By its own id; each part leaves before the next one runs."""
    async with open_bot("main", project=project_of("stream", STREAM)) as bot:
        assert await bot.says("hi") == ["part 1", "part 2", "part 3", "Below: nothing"]


async def test_a_node_has_a_time_of_its_own(project_of: Write) -> None:
    """What its class says by ``timeout``."""
    plugin = """
import asyncio

class Slow(Node):
    key = "slow"
    timeout = 0.02
    async def run(self, turn):
        await asyncio.Event().wait()
"""
    async with open_bot("main", project=project_of("slow", plugin)) as bot:
        assert await bot.says("hi") == ["Failed: timeout"]


@pytest.mark.parametrize("timeout", ["0", "'soon'", "'2h'"])
async def test_a_time_that_cannot_be_is_refused_at_load(project_of: Write, timeout: str) -> None:
    """With the name of the class."""
    from flowhook.errors import FlowhookError

    plugin = STREAM.replace('"45s"', timeout)
    with pytest.raises(FlowhookError) as refused:
        async with open_bot("main", project=project_of("stream", plugin)):
            pass
    assert any("Stream" in str(problem) for problem in getattr(refused.value, "problems", ()))
