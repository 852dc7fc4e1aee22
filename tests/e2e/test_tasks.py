"""Outside work that calls back, over real HTTP: also over kill -9, reload and administration."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from click.testing import CliRunner

from flowhook.cli import cli

from .conftest import Start
from .kit import Live, Outside, Process, Project, Received, eventually, held, status, until

ORDER = """
nodes:
  - say: "Started."
  - id: work
    task: {url: "OUT/jobs", json: {of: "{{ input.text }}"}, store: context.result}
  - say: "Result: {{ context.result.verdict }}."
  - id: more
    ask: {text: "More?", type: text}
  - say: "You said {{ input.text }}."
"""


def door(job: Received) -> str:
    """Where a service posts its result."""
    return urlsplit(job.json["callback"]).path


async def start_task(live: Live | Process, outside: Outside, count: int = 1) -> str:
    """Let a session start a task; answers where its result goes."""
    await live.send("order", "photos")
    return door((await outside.until(count, "/jobs"))[-1])


async def test_the_life_of_a_task(project: Project, outside: Outside, start: Start) -> None:
    """Start, queue, notify, callback, queue again; the URL works once."""
    project.flow("order", ORDER)
    project.endpoint("order")
    live = await start()
    path = await start_task(live, outside)
    job = outside.at("/jobs")[0]
    assert job.json["of"] == "photos"
    assert job.json["callback"].startswith("http://127.0.0.1:8000/callback/")
    assert len(job.headers["idempotency-key"]) == 32
    waiting = await live.send("order", "hello?")
    await live.send("order", "News!", route="/notify")
    await outside.until(2)
    assert (await live.receipt(waiting))["status"] == "queued"
    answer = await live.post(path, {"verdict": "refund"})
    assert (answer.status_code, list(answer.json())) == (202, ["traceId"])
    await live.ends(waiting)
    await outside.until(5)
    assert outside.texts() == ["Started.", "News!", "Result: refund.", "More?", "You said hello?."]
    assert (await live.receipt(answer.json()["traceId"]))["status"] == "done"
    again = await live.post(path, {"verdict": "no"})
    assert (again.status_code, again.json()["code"]) == (410, "callback_used")


async def test_many_at_once_use_it_once(project: Project, outside: Outside, start: Start) -> None:
    """One 202, and one turn."""
    project.flow("order", ORDER)
    project.endpoint("order")
    live = await start()
    path = await start_task(live, outside)
    answers = await asyncio.gather(*(live.post(path, {"verdict": n}) for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [202] + [410] * 19
    await outside.until(3)
    assert len(outside.texts()) == 3


async def test_a_crash_between_start_and_callback(
    project: Project, outside: Outside, process: Process
) -> None:
    """The session waits on, what was said meanwhile too, and the URL still works."""
    project.flow("order", ORDER)
    project.endpoint("order")
    await process.start()
    path = await start_task(process, outside)

    async def waits() -> bool:
        return bool((await process.session("order"))["node"] == "order/work")

    await eventually(waits)
    waiting = await process.send("order", "hello?")
    await process.kill()
    await process.start()
    assert (await process.receipt(waiting))["status"] == "queued"
    assert (await process.post(path, {"verdict": "ok"})).status_code == 202
    await process.ends(waiting)
    await until(lambda: len(outside.told()) >= 4)
    assert outside.told() == ["Started.", "Result: ok.", "More?", "You said hello?."]


async def test_a_crash_during_the_start_calls_again_with_the_same_url(
    project: Project, outside: Outside, process: Process
) -> None:
    """Also when the result came before the crash: it is not lost."""
    project.flow("order", ORDER)
    project.endpoint("order")
    gate = asyncio.Event()
    outside.answers["/jobs"] = held(gate)
    await process.start()
    await process.send("order", "photos")
    await until(lambda: outside.at("/jobs"))
    path = door(outside.at("/jobs")[0])
    assert (await process.post(path, {"verdict": "quick"})).status_code == 202
    await process.kill()
    gate.set()
    await process.start()
    await until(lambda: len(outside.told()) >= 3)
    first, second = outside.at("/jobs")
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert outside.told() == ["Started.", "Result: quick.", "More?"]
    assert (await process.post(path, {})).status_code == 410


async def test_a_crash_during_the_turn_of_a_callback(
    project: Project, outside: Outside, process: Process
) -> None:
    """It goes on where it was, before what was said earlier and kept back."""
    project.flow("order", ORDER.replace('  - say: "Result', '  - http_request: "OUT/slow"\n  - say: "Result'))
    project.endpoint("order")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    await process.start()
    path = await start_task(process, outside)
    waiting = await process.send("order", "hello?")
    assert (await process.post(path, {"verdict": "ok"})).status_code == 202
    await until(lambda: outside.at("/slow"))
    await process.kill()
    gate.set()
    await process.start()
    await process.ends(waiting)
    await until(lambda: len(outside.told()) >= 4)
    assert outside.told() == ["Started.", "Result: ok.", "More?", "You said hello?."]


async def test_a_reset_during_the_start_drops_the_turn(
    project: Project, outside: Outside, start: Start
) -> None:
    """The message is not handled once more, and the callback is void."""
    project.flow("order", ORDER)
    project.endpoint("order")
    gate = asyncio.Event()
    outside.answers["/jobs"] = held(gate)
    live = await start()
    trace_id = await live.send("order", "photos")
    await until(lambda: outside.at("/jobs"))
    path = door(outside.at("/jobs")[0])
    await live.api("POST", "/sessions/order/u1/s1/reset")
    assert (await live.post(path, {})).json()["code"] == "callback_void"
    gate.set()
    receipt = await live.ends(trace_id)
    assert (receipt["status"], receipt["reason"]) == ("discarded", "session_changed")
    assert (await live.session("order"))["backlog"] == 0
    assert len(outside.at("/jobs")) == 1


async def test_a_reload_keeps_tasks_and_says_what_changed(
    project: Project, outside: Outside, start: Start
) -> None:
    """A task that is gone lets go what it kept back."""
    project.flow("order", ORDER)
    project.endpoint("order")
    live = await start()
    path = await start_task(live, outside)
    project.flow("order", ORDER.replace("Result:", "It is"))
    said = await live.api("POST", "/reload")
    assert said["changes"]["changed"] == [{"flow": "order", "nodesChanged": ["#2"]}]
    assert said["stranded"] == {}
    assert (await live.post(path, {"verdict": "ok"})).status_code == 202
    await outside.until(3)
    assert outside.texts() == ["Started.", "It is ok.", "More?"]
    body = {"userId": "u2", "sessionId": "s2", "text": "photos"}
    await live.post("/tok-order", body)
    lost = door((await outside.until(2, "/jobs"))[-1])
    waiting = (await live.post("/tok-order", {**body, "text": "hello?"})).json()["traceId"]
    await outside.until(4)
    project.flow("order", 'nodes:\n  - id: new\n    say: "New: {{ input.text }}"\n')
    said = await live.api("POST", "/reload")
    (changed,) = said["changes"]["changed"]
    assert changed["nodesAdded"] == ["new"]
    assert {"work", "more"} <= set(changed["nodesRemoved"])
    assert said["stranded"] == {"order/more": 1, "order/work": 1}
    assert (await live.ends(waiting))["status"] == "done"
    assert (await live.post(lost, {})).json()["code"] == "callback_void"
    await outside.until(5)
    assert outside.texts()[-1] == "New: hello?"


async def test_tasks_are_listed_and_cancelled(project: Project, outside: Outside, start: Start) -> None:
    """By the API; without a trace of the URL."""
    project.flow("order", ORDER)
    project.endpoint("order")
    live = await start()
    path = await start_task(live, outside)

    async def listed() -> list[dict[str, Any]]:
        timers: list[dict[str, Any]] = (await live.api("GET", "/timers"))["timers"]
        return timers

    (one,) = await listed()
    assert (one["kind"], one["node"], one["userId"]) == ("task", "order/work", "u1")
    assert path.rpartition("/")[2] not in str(one) + str(await live.session("order"))
    await live.api("DELETE", f"/timers/{one['id']}")
    await outside.until(3)
    assert outside.texts() == ["Started.", "Result: .", "More?"]
    assert (await live.post(path, {})).json()["code"] == "callback_void"
    assert await listed() == []


async def test_a_disabled_endpoint_takes_no_callback(
    project: Project, outside: Outside, start: Start
) -> None:
    """Until it is enabled again."""
    project.flow("order", ORDER)
    project.endpoint("order")
    live = await start()
    path = await start_task(live, outside)
    await live.api("POST", "/endpoints/order/disable")
    assert (await live.post(path, {})).json()["code"] == "unknown_callback"
    await live.api("POST", "/endpoints/order/enable")
    assert (await live.post(path, {"verdict": 1})).status_code == 202


async def test_retries_of_the_start_carry_the_same_url(
    project: Project, outside: Outside, start: Start
) -> None:
    """And a start that is refused for good takes on_error; its URL is void."""
    project.flow("order", """
        nodes:
          - id: work
            task: {url: "OUT/jobs", retries: 1}
            on_error: [{say: "{{ error.details.status }}"}]
        """)  # fmt: skip
    project.endpoint("order")
    outside.answers["/jobs"] = status(503)
    live = await start()
    assert await live.say("order", "go") == ["503"]
    first, second = outside.at("/jobs")
    assert first.body == second.body
    assert (await live.post(door(first), {})).json()["code"] == "callback_void"


async def test_messages_during_a_long_task_stay_in_order(
    project: Project, outside: Outside, start: Start
) -> None:
    """Also over a restart."""
    project.flow("echo", """
        nodes:
          - if: input.text == 'work'
            then:
              - id: work
                task: {url: "OUT/jobs"}
          - say: "{{ input.text or input.result }}"
        """)  # fmt: skip
    project.endpoint("echo")

    async def refuse(_: Received) -> web.Response | None:
        return None

    outside.answers["/jobs"] = refuse
    live = await start()
    await live.send("echo", "work")
    path = door((await outside.until(1, "/jobs"))[0])
    for n in range(20):
        await live.send("echo", str(n))
    await live.restart()
    for n in range(20, 40):
        await live.send("echo", str(n))
    assert outside.texts() == []
    await live.post(path, "done")
    await outside.until(41)
    assert outside.texts() == ["done", *map(str, range(40))]


async def test_a_recorded_callback_of_a_task_is_a_test_that_passes(
    project: Project, outside: Outside, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A task that nobody waits for, served and called back over HTTP: ``record`` writes a callback, and
    ``flowhook test`` passes with what it wrote."""
    project.flow(
        "job",
        """
intents:
  back: {rules: ["input.callback == 'job'"], entry: told}
nodes:
  - id: job
    task: {url: "OUT/jobs", wait: false}
  - say: "Started."
  - stop:
  - id: told
    say: "Result {{ input.data.n }}."
""",
    )
    project.endpoint("job")
    live = await start()
    await live.ends(await live.send("job", "go"))
    path = door((await outside.until(1, "/jobs"))[0])
    await live.ends((await live.post(path, {"n": 7})).json()["traceId"])
    assert outside.texts() == ["Started.", "Result 7."]
    await live.stop()
    monkeypatch.chdir(project.root)

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, arguments)
        assert result.exit_code == 0, result.output
        return str(result.output)

    await asyncio.to_thread(run, "record", "s1", "-o", "flows/job.test.yaml")
    written = (project.root / "flows" / "job.test.yaml").read_text()
    assert "- callback: {n: 7}" in written
    assert "1 passed" in await asyncio.to_thread(run, "test")
    await live.start()
