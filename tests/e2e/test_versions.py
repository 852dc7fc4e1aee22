"""Snapshots and versions: served, gone back to and kept by sessions, while messages come in."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest

from flowhook.runtime.project import versions

from .conftest import Start
from .kit import Live, Outside, Process, Project, until

FIRST = """
context: {version: 1}
nodes:
  - id: ask
    ask: {text: "one: what?", store: context.what}
  - id: done
    say: "one: {{ context.what }}"
"""
SECOND = FIRST.replace("one:", "two:").replace("version: 1", "version: 2")
ECHO = """
nodes:
  - say: "1 {{ input.text }}"
"""


def second(project: Project) -> None:
    """The author edits the flow."""
    project.flow("bot", SECOND)


async def snapshots(live: Live | Process) -> dict[str, list[str]]:
    """Name → the endpoints that serve it."""
    found = (await live.api("GET", "/snapshots"))["snapshots"]
    return {version["name"]: version["usedBy"] for version in found}


def grown(sent: dict[str, int], enough: int) -> bool:
    """Whether so many messages were sent."""
    return sum(sent.values()) >= enough


async def use(live: Live | Process, name: str | None, endpoint: str = "bot") -> list[str]:
    """Serve a snapshot; the warnings."""
    warnings: list[str] = (await live.api("POST", f"/endpoints/{endpoint}/snapshot", {"snapshot": name}))[
        "warnings"
    ]
    return warnings


@pytest.fixture
async def bot(project: Project, start: Start) -> Live:
    """A server with the first version, kept as ``v1``; and then the second, kept as ``v2``."""
    return await two_versions(project, start)


async def two_versions(project: Project, start: Callable[[], Awaitable[Live]], **session: bool) -> Live:
    """The same, with settings of the endpoint's sessions."""
    project.endpoint("bot", session=session)
    project.flow("bot", FIRST)
    live = await start()
    await live.api("POST", "/snapshots", {"name": "v1"})
    second(project)
    await live.api("POST", "/reload")
    await live.api("POST", "/snapshots", {"name": "v2"})
    return live


async def test_an_endpoint_serves_a_snapshot_and_the_live_flows_again(bot: Live) -> None:
    """Without a restart; what is edited meanwhile is not seen."""
    assert await bot.say("bot", "hi", session="a") == ["two: what?"]
    assert await use(bot, "v1") == []
    assert await bot.say("bot", "hi", session="b") == ["one: what?"]
    assert await snapshots(bot) == {"v1": ["bot"], "v2": []}
    assert (await bot.api("GET", "/endpoints/bot"))["snapshot"] == "v1"
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "hi", session="c") == ["one: what?"]
    await use(bot, None)
    assert await bot.say("bot", "hi", session="d") == ["two: what?"]
    assert (await bot.api("GET", "/endpoints/bot"))["snapshot"] is None
    counted = (await bot.api("GET", "/analytics"))["records"]
    assert [record["snapshotName"] for record in counted] == [None, "v1", "v1", None]


async def test_a_session_follows_its_endpoint(bot: Live) -> None:
    """At the node where it stands, unless it keeps its version."""
    assert await bot.say("bot", "hi") == ["two: what?"]
    await use(bot, "v1")
    assert await bot.say("bot", "x") == ["one: x"]


async def test_a_session_keeps_its_version_until_its_conversation_ends(
    project: Project, start: Start
) -> None:
    """Through other snapshots, reloads and restarts; then the next one begins in the version in force."""
    bot = await two_versions(project, start, pin=True)
    await use(bot, "v1")
    assert await bot.say("bot", "hi", session="old") == ["one: what?"]
    await use(bot, "v2")
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "hi", session="new") == ["two: what?"]
    await bot.restart()
    assert await bot.say("bot", "x", session="old") == ["one: x"]
    assert await bot.say("bot", "y", session="new") == ["two: y"]
    assert await bot.say("bot", "hi", session="old") == ["two: what?"]


async def test_a_session_keeps_live_flows_that_were_edited(project: Project, start: Start) -> None:
    """Nobody made a snapshot of them; the version goes when no session keeps it."""
    project.endpoint("bot", session={"pin": True})
    project.flow("bot", FIRST)
    bot = await start()
    assert await bot.say("bot", "hi", session="old") == ["one: what?"]
    (one,) = {use.version for use in await bot.services.store.versions.sessions()}
    second(project)
    await bot.api("POST", "/reload")
    await bot.restart()
    assert await bot.say("bot", "hi", session="new") == ["two: what?"]
    assert await bot.say("bot", "x", session="old") == ["one: x"]

    kept_versions, projects = bot.services.store.versions, bot.services.projects
    assert [use.sessions for use in await kept_versions.sessions()] == [1]  # of "new"
    (two,) = {use.version for use in await kept_versions.sessions()}
    await bot.say("bot", "hi", session="old")  # a new conversation
    await projects.prune()
    await projects.prune()
    assert await kept_versions.get(one) is None
    assert await kept_versions.get(two) is not None
    assert [(use.version, use.sessions) for use in await kept_versions.sessions()] == [(two, 2)]


async def test_nothing_is_lost_while_versions_change(bot: Live, project: Project, outside: Outside) -> None:
    """Senders post in a loop; each message is answered once, in order, by one version."""
    for number in (1, 2, 3):
        project.flow("echo", ECHO.replace("1 ", f"{number} "))
        project.endpoint("echo")
        if number == 1:
            await bot.restart()
        else:
            await bot.api("POST", "/reload")
        await bot.api("POST", "/snapshots", {"name": f"e{number}"})
    stopped = asyncio.Event()
    sent = dict.fromkeys(map(str, range(4)), 0)

    async def send(session: str) -> None:
        while not stopped.is_set():
            await bot.send("echo", str(sent[session]), session=session)
            sent[session] += 1

    senders = [asyncio.create_task(send(session)) for session in sent]
    used = []
    for name in ["e1", "e2", None, "e1", "e3", "e2"] * 3:
        await use(bot, name, "echo")
        used.append((await bot.api("GET", "/endpoints/echo"))["snapshot"])
        await until(partial(grown, sent, sum(sent.values()) + 8))
    stopped.set()
    await asyncio.gather(*senders)
    await outside.until(sum(sent.values()))
    assert used == ["e1", "e2", None, "e1", "e3", "e2"] * 3
    served = set()
    for session, count in sent.items():
        answers = [text.split() for text in outside.texts(session)]
        assert [text for _, text in answers] == [str(number) for number in range(count)]
        served |= {version for version, _ in answers}
    assert served == {"1", "2", "3"}


async def test_a_killed_server_serves_what_it_served(project: Project, process: Process) -> None:
    """What an endpoint serves, and what sessions keep, is in the store."""
    project.endpoint("bot", session={"pin": True})
    project.flow("bot", FIRST)
    await process.start()
    await process.api("POST", "/snapshots", {"name": "v1"})
    assert await process.say("bot", "hi", session="old") == ["one: what?"]
    second(project)
    await process.kill()
    await process.start()
    assert await process.say("bot", "hi", session="new") == ["two: what?"]
    await process.api("POST", "/snapshots", {"name": "v2"})
    await use(process, "v1")
    await process.kill()
    await process.start()
    assert await process.say("bot", "hi", session="third") == ["one: what?"]
    assert await process.say("bot", "x", session="old") == ["one: x"]
    assert await process.say("bot", "y", session="new") == ["two: y"]


async def test_the_setting_of_an_endpoint_pins_it(project: Project, start: Start) -> None:
    """What was said last counts: the setting, or ``snapshots use``."""
    bot = await two_versions(project, start)
    project.endpoint("bot", snapshot="v1")
    await bot.restart()
    assert await bot.say("bot", "hi", session="a") == ["one: what?"]
    await use(bot, "v2")
    await bot.restart()
    assert await bot.say("bot", "hi", session="b") == ["two: what?"]
    project.endpoint("bot", snapshot="v1", locale="de")
    await bot.restart()
    assert await bot.say("bot", "hi", session="c") == ["two: what?"]  # the setting is as it was then
    project.endpoint("bot")
    project.flow("bot", SECOND.replace("two:", "three:"))
    await bot.restart()
    assert await bot.say("bot", "hi", session="d") == ["three: what?"]


async def test_the_setting_takes_effect_by_a_reload(project: Project, start: Start) -> None:
    """So do pins of sessions; a snapshot that is not there changes nothing."""
    bot = await two_versions(project, start)
    assert await bot.say("bot", "hi", session="a") == ["two: what?"]
    project.endpoint("bot", snapshot="v1", session={"pin": True})
    project.write()
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "hi", session="b") == ["one: what?"]
    project.endpoint("bot", snapshot="v9")
    project.write()
    refused = await bot.http.post("/api/reload", headers={"authorization": "Bearer the-admin-key"})
    assert refused.status_code == 422
    assert 'no snapshot "v9"' in str(refused.json()["errors"])
    project.endpoint("bot", session={"pin": True})
    project.write()
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "hi", session="c") == ["two: what?"]
    assert await bot.say("bot", "x", session="b") == ["one: x"]


async def test_an_endpoint_comes_back_after_its_snapshot_is_gone(project: Project, start: Start) -> None:
    """It serves the flows as they are: nothing names the snapshot any more."""
    bot = await two_versions(project, start)
    await use(bot, "v1")
    gone = project.endpoints.pop("bot")
    project.write()
    await bot.api("POST", "/reload")
    await bot.api("DELETE", "/snapshots/v1")
    project.endpoints["bot"] = gone
    project.write()
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "hi") == ["two: what?"]


async def test_edits_strand_nobody_who_does_not_follow_them(project: Project, start: Start) -> None:
    """Neither at an endpoint that serves a snapshot, nor a session that keeps its version."""
    project.endpoint("other", flow="bot", session={"pin": True})
    project.endpoint("third", flow="bot")
    bot = await two_versions(project, start)
    await use(bot, "v2")
    for endpoint in ("bot", "other", "third"):
        await bot.say(endpoint, "hi")
    standing = (await bot.api("GET", "/sessions/standing"))["standing"]
    assert [(row["endpoint"], row["node"]) for row in standing] == [("third", "bot/ask")]
    project.flow("bot", SECOND.replace("id: ask\n", "id: question\n"))
    assert (await bot.api("POST", "/reload"))["stranded"] == {"bot/ask": 1}
    assert await bot.say("bot", "x") == await bot.say("other", "x") == ["two: x"]


async def test_an_unknown_snapshot_is_no_start(project: Project, start: Start) -> None:
    """Better no server than one that serves something else."""
    project.endpoint("bot", snapshot="v9")
    project.flow("bot", FIRST)
    with pytest.raises(AssertionError, match='no snapshot "v9" for endpoint "bot"'):
        await start()


async def test_a_snapshot_in_use_is_not_deleted(project: Project, start: Start) -> None:
    """Who uses it is told; one that nobody uses goes with its texts."""
    bot = await two_versions(project, start, pin=True)
    await use(bot, "v1")
    await bot.say("bot", "hi")
    refused = await bot.http.delete("/api/snapshots/v1", headers={"authorization": "Bearer the-admin-key"})
    assert refused.status_code == 409
    assert "the endpoint bot, 1 session of bot" in refused.json()["detail"]
    await use(bot, None)
    refused = await bot.http.delete("/api/snapshots/v1", headers={"authorization": "Bearer the-admin-key"})
    assert "used by 1 session of bot" in refused.json()["detail"]
    await bot.say("bot", "x")
    await bot.api("DELETE", "/snapshots/v1")
    assert await snapshots(bot) == {"v2": []}


async def test_a_snapshot_holds_no_secret(project: Project, start: Start) -> None:
    """Neither what administration shows of it nor what the database keeps."""
    secret = "s3cr3t-c4n4ry"
    project.settings["connections"] = {
        "crm": {"base_url": f"https://crm.example/{secret}", "bearer": secret, "headers": {"x-key": secret}}
    }
    project.settings["plugins"] = {"settings": {"shout": {"key": secret}}}
    project.plugin(
        "shout",
        """
        from flowhook import Settings, hookimpl

        class Settings(Settings):
            key: str

        @hookimpl
        def transform_output(output, settings):
            return output
        """,
    )
    project.endpoint(
        "bot", inject_token=f"inject-{secret}", transformers={"use": [{"shout": {"key": secret}}]},
        webhook={"url": f"http://u:{secret}@127.0.0.1:9/{secret}", "user": "u", "password": secret,
                 "secret": "whsec_" + "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    )  # fmt: skip
    project.flow("bot", FIRST)
    bot = await start()
    await bot.api("POST", "/snapshots", {"name": "v1"})
    shown = await bot.api("GET", "/snapshots/v1")
    assert shown["connections"] == ["crm"]
    assert shown["endpoints"]["bot"]["transformers"] == {"use": ["shout"]}
    version = await bot.services.store.versions.get(shown["hash"])
    assert version is not None
    kept = str(shown) + version.manifest.decode() + str(version.blobs)
    assert secret not in kept
    assert "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw" not in kept
    assert "tok-bot" not in kept


async def test_equal_flows_are_stored_once(bot: Live) -> None:
    """A snapshot of what is kept already takes the place of a name."""
    first = await bot.api("POST", "/snapshots", {"name": "v3"})
    assert first["hash"] == (await bot.api("GET", "/snapshots/v2"))["hash"]
    taken = await bot.http.post(
        "/api/snapshots", json={"name": "v3"}, headers={"authorization": "Bearer the-admin-key"}
    )
    assert (taken.status_code, taken.json()["code"]) == (409, "name_taken")


async def test_what_differs_is_told_in_words(bot: Live, project: Project) -> None:
    """By flow and node."""
    project.flow("bot", SECOND + "  - say: bye\n")
    project.flow("more", "nodes: [{say: hello}]\n")
    await bot.api("POST", "/reload")
    assert (await bot.api("GET", "/snapshots/v1/diff/v2"))["lines"] == [
        "bot: 2 nodes changed (ask, done), its head changed",
        '  ask: text "one: what?" → "two: what?"',
        '  done: text "one: {{ context.what }}" → "two: {{ context.what }}"',
    ]
    assert (await bot.api("GET", "/snapshots/v2/diff/live"))["lines"] == [
        "bot: 1 node added (#2), 1 node changed (done)",
        "  #2: a new say",
        "  done: leads elsewhere",
        "more: added",
    ]
    assert (await bot.api("GET", "/snapshots/v2/diff/v2"))["same"]


async def test_another_version_of_a_plugin_is_told(project: Project, start: Start) -> None:
    """Its code is not part of a snapshot."""
    plugin = """
    from flowhook import hookimpl

    __version__ = "1.0"

    @hookimpl
    def register_filters():
        return {"loud": lambda text: text.upper() + "!"}
    """
    project.plugin("loud", plugin)
    project.endpoint("bot")
    project.flow("bot", "nodes: [{say: \"{{ 'hi' | loud }}\"}]\n")
    bot = await start()
    await bot.api("POST", "/snapshots", {"name": "v1"})
    project.plugin("loud", plugin.replace("1.0", "2.0").replace('"!"', '"!!"'))
    await bot.api("POST", "/reload")
    assert await use(bot, "v1") == ["the plugin loud is 2.0 here, 1.0 in the snapshot v1"]
    assert await bot.say("bot", "hi") == ["HI!!"]


async def test_a_snapshot_that_lacks_its_plugin_is_not_served(project: Project, start: Start) -> None:
    """The endpoint goes on with what it served; a reload that would break a snapshot is refused."""
    project.plugin("loud", 'from flowhook import hookimpl\n\n\n@hookimpl\ndef register_filters():\n'
                           '    return {"loud": str.upper}\n')  # fmt: skip
    project.endpoint("bot")
    project.flow("bot", "nodes: [{say: \"{{ 'hi' | loud }}\"}]\n")
    bot = await start()
    await bot.api("POST", "/snapshots", {"name": "v1"})
    project.flow("bot", FIRST)
    (project.root / "plugins" / "loud.py").rename(project.root / "loud.txt")
    await bot.api("POST", "/reload")
    headers = {"authorization": "Bearer the-admin-key"}
    refused = await bot.http.post("/api/endpoints/bot/snapshot", json={"snapshot": "v1"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (422, "snapshot_unusable")
    assert "loud" in str(refused.json()["errors"])
    assert await bot.say("bot", "hi") == ["one: what?"]

    (project.root / "loud.txt").rename(project.root / "plugins" / "loud.py")
    await bot.api("POST", "/reload")
    await use(bot, "v1")
    (project.root / "plugins" / "loud.py").unlink()
    refused = await bot.http.post("/api/reload", headers=headers)
    assert refused.status_code == 422
    assert await bot.say("bot", "hi", session="b") == ["HI"]


async def test_each_version_understands_its_own_intents(project: Project, start: Start) -> None:
    """The built-in engine learns the flows of each version by itself."""
    flow = """
    intents:
      buy: {examples: ["I want to buy", "buy something"], reply: "one buys"}
    nodes:
      - say: "one listens"
    """
    project.endpoint("bot")
    project.flow("bot", flow)
    bot = await start()
    await bot.api("POST", "/snapshots", {"name": "v1"})
    project.flow("bot", flow.replace("buy", "sell").replace("one", "two"))
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "sell something") == ["two sells"]
    await use(bot, "v1")
    assert await bot.say("bot", "I want to buy") == ["one buys"]
    await use(bot, None)
    assert await bot.say("bot", "sell something") == ["two sells"]


async def test_a_version_that_does_not_load_any_more_is_left(
    project: Project, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Its sessions go on with the one in force, at the nodes where they stand; the log tells."""
    project.plugin("loud", 'from flowhook import hookimpl\n\n\n@hookimpl\ndef register_filters():\n'
                           '    return {"loud": str.upper}\n')  # fmt: skip
    project.endpoint("bot", session={"pin": True})
    project.flow("bot", FIRST.replace("context.what }}", "context.what | loud }}"))
    bot = await start()
    assert await bot.say("bot", "hi", session="a") == ["one: what?"]
    assert await bot.say("bot", "hi", session="b") == ["one: what?"]
    second(project)
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "x", session="a") == ["one: X"]
    (project.root / "plugins" / "loud.py").unlink()
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "x", session="b") == ["two: x"]
    assert "which sessions keep, cannot serve" in caplog.text


async def test_few_versions_are_in_memory(
    project: Project, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was dropped is loaded again when one of its sessions speaks."""
    monkeypatch.setattr(versions, "MAX_LOADED", 1)
    project.endpoint("bot", session={"pin": True})
    bot = None
    for number in range(4):
        project.flow("bot", FIRST.replace("one:", f"v{number}:"))
        if bot is None:
            bot = await start()
        else:
            await bot.api("POST", "/reload")
        assert await bot.say("bot", "hi", session=str(number)) == [f"v{number}: what?"]
    assert bot is not None
    for number in (0, 2, 1, 3):
        assert await bot.say("bot", "x", session=str(number)) == [f"v{number}: x"]
        assert len(bot.services.projects._loaded) <= 1
    await bot.services.projects.prune()
    assert not bot.services.projects._loaded


async def test_a_precondition_is_held_against_the_version_of_the_session(
    project: Project, start: Start
) -> None:
    """A session stands at a node by the id that its version has."""
    project.endpoint("bot", session={"pin": True})
    project.flow("bot", FIRST)
    bot = await start()
    await bot.say("bot", "hi")
    project.flow("bot", SECOND.replace("id: ask\n", "id: question\n"))
    await bot.api("POST", "/reload")
    assert await bot.say("bot", "x", route="/inject", ifNode="bot/ask") == ["one: x"]


async def test_administration_moves_a_session_within_its_version(project: Project, start: Start) -> None:
    """``goto`` knows the nodes of the version; a reset lets it begin in the one in force."""
    project.endpoint("bot", session={"pin": True})
    project.flow("bot", FIRST)
    bot = await start()
    await bot.say("bot", "hi")
    project.flow("bot", SECOND.replace("id: done\n", "id: end\n"))
    await bot.api("POST", "/reload")
    await bot.api("POST", "/sessions/bot/u1/s1/goto", {"node": "bot/done"})
    assert await bot.say("bot", "x") == ["one: "]
    await bot.say("bot", "hi")
    project.flow("bot", FIRST.replace("one:", "three:"))
    await bot.api("POST", "/reload")
    await bot.api("POST", "/sessions/bot/u1/s1/reset")
    assert await bot.say("bot", "hi") == ["three: what?"]


async def test_a_turn_ends_in_the_version_in_which_it_began_whatever_dies(
    project: Project, process: Process, outside: Outside
) -> None:
    """The server is killed in the middle of turns, right after another version came into force: each message
    is answered once, in order, and all of its answer is of one version."""
    echo = 'nodes:\n  - say: "N a {{ input.text }}"\n  - sleep: 250ms\n  - say: "N b {{ input.text }}"\n'
    project.endpoint("echo", session={"pin": True})
    project.flow("echo", echo.replace("N", "1"))
    await process.start()
    await process.api("POST", "/snapshots", {"name": "e1"})
    project.flow("echo", echo.replace("N", "2"))
    await process.api("POST", "/reload")
    await process.api("POST", "/snapshots", {"name": "e2"})
    sessions, count = ("x", "y", "z"), 0
    for name in ("e1", "e2", "e1"):
        for _ in range(6):
            for session in sessions:
                await process.send("echo", str(count), session=session)
            count += 1
        await use(process, name, "echo")
        await process.kill()
        await process.start()

    def answers(session: str) -> list[str]:
        """What arrived, without repeats."""
        taken = [delivery for delivery in outside.taken() if delivery.json["sessionId"] == session]
        return list({delivery.id: delivery.text for delivery in taken}.values())

    await until(lambda: all(len(answers(session)) == 2 * count for session in sessions))
    for session in sessions:
        said = [text.split() for text in answers(session)]
        assert [text for _, _, text in said[::2]] == [str(number) for number in range(count)]
        assert [part for _, part, _ in said] == ["a", "b"] * count
        assert [(version, text) for version, _, text in said[::2]] == [
            (version, text) for version, _, text in said[1::2]
        ]
