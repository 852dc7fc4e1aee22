"""The workers of sessions: nothing that was accepted is lost, run twice or overtaken."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from flowhook.errors import ApiError, StorageError
from flowhook.model.event import Event
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import Segment, Stale
from flowhook.storage.sqlite.inbox import SqliteInbox
from flowhook.web.asgi_app import create_app

from .conftest import Open
from .test_timing import receipt, submit

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }} {{ input.text }}"
"""
SLEEPY = """
nodes:
  - say: "one {{ input.text }}"
  - sleep: 30s
  - say: "two {{ input.text }}"
"""


def around(
    monkeypatch: pytest.MonkeyPatch, part: Any, name: str, wrap: Callable[..., Awaitable[Any]]
) -> None:
    """Put something around a method of a part of the store."""
    real = getattr(part, name)

    async def wrapped(*args: Any) -> Any:
        return await wrap(real, *args)

    monkeypatch.setattr(part, name, wrapped)


async def test_what_is_accepted_while_a_backlog_is_read_is_neither_lost_nor_run_twice(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a start the inbox is read; messages that come before, during and behind the reading all
    take their place."""
    async with open_turns(SLEEPY) as bot:
        await submit(bot, "message", "a")
        await submit(bot, "message", "b")
        await bot.settle()
        assert bot.texts == ["one a"]
    before, read, after = asyncio.Event(), asyncio.Event(), asyncio.Event()
    real = SqliteInbox.backlog

    async def slowly(self: SqliteInbox, session: SessionRef) -> Any:
        await before.wait()
        found = await real(self, session)
        read.set()
        await after.wait()
        return found

    async def without_settling(_: Any) -> None:
        """The inbox is still being read when the project opens."""

    monkeypatch.setattr(SqliteInbox, "backlog", slowly)
    opening = pytest.MonkeyPatch()
    opening.setattr("flowhook.harness.application.until_idle", without_settling)
    async with open_turns(SLEEPY) as bot:
        opening.undo()
        await submit(bot, "message", "c")
        before.set()
        await read.wait()
        await submit(bot, "message", "d")
        after.set()
        await submit(bot, "message", "e")
        for _ in range(6):
            await bot.clock.advance("31s")
        assert bot.texts == ["two a", *(f"{n} {text}" for text in "bcde" for n in ("one", "two"))]
        assert bot.services.turns.backlog == 0
        assert (await bot.services.sessions.show(bot.session_id))["backlog"] == 0


async def test_an_inbound_that_is_announced_twice_runs_once(open_turns: Open) -> None:
    """Read from the store, and then told by its acceptance."""
    async with open_turns(SLEEPY) as bot:
        await submit(bot, "message", "a")
        await submit(bot, "message", "b")
        worker = next(iter(bot.services.turns._workers.values()))
        _, _, waiting = await bot.services.store.inbox.backlog(bot.session_id)
        for inbound in waiting:
            bot.services.turns._context.backlog.add("test")
            worker.put(inbound)
        await bot.clock.advance("2m")
        await bot.clock.advance("2m")
        assert bot.texts == ["one a", "two a", "one b", "two b"]
        assert bot.services.turns.backlog == 0


async def test_a_store_that_refuses_is_asked_again(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full disk for a while: the turn waits, the state is applied once, the order stays. (Only on the
    usual path is there a time between the acceptance and the turn.)"""
    async with open_turns(COUNT, fast_path=False) as bot:
        await bot.says("a")
        refusals = iter(range(4))

        async def refuses(real: Callable[..., Awaitable[Any]], *args: Any) -> Any:
            if next(refusals, None) is not None:
                raise StorageError("the disk is full")
            return await real(*args)

        around(monkeypatch, bot.services.store.turns, "commit", refuses)
        around(monkeypatch, bot.services.store.inbox, "backlog", refuses)
        first = await submit(bot, "message", "b")
        await submit(bot, "message", "c")
        assert (await receipt(bot, first))["status"] in ("queued", "running")
        for _ in range(8):
            await bot.clock.advance("31s")
        assert bot.texts == ["1 a", "2 b", "3 c"]


async def test_a_turn_that_breaks_is_given_up_and_the_session_goes_on(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours fails that inbound alone. (On the fast path it is met before anything is stored:
    ``test_fast_path.py``.)"""
    async with open_turns(COUNT, fast_path=False) as bot:
        await bot.says("a")

        async def breaks(real: Callable[..., Awaitable[Any]], segment: Any) -> Any:
            if segment.status == "done" and segment.seq == 2:
                raise RuntimeError("our mistake")
            return await real(segment)

        around(monkeypatch, bot.services.store.turns, "commit", breaks)
        broken = await submit(bot, "message", "b")
        assert await bot.says("c") == ["2 c"]
        found = await receipt(bot, broken)
        assert (found["status"], found["reason"]) == ("failed", "internal: RuntimeError")


async def test_a_change_by_hand_in_the_middle_of_a_turn_is_kept(open_turns: Open) -> None:
    """The turn is computed again from the changed session; what it said before is said once."""
    async with open_turns(SLEEPY.replace("two {{ input.text }}", "two {{ context.name }}")) as bot:
        trace_id = await submit(bot, "message", "a")
        await bot.settle()
        await bot.services.sessions.patch_context(bot.session_id, {"name": "Ada"})
        await bot.clock.advance("31s")
        await bot.clock.advance("31s")
        assert bot.texts == ["one a", "two Ada"]
        assert (await bot.context())["name"] == "Ada"
        assert len((await receipt(bot, trace_id))["outputs"]) == 2


async def test_whoever_waits_hears_all_of_a_turn_that_was_computed_again(open_turns: Open) -> None:
    """Also what was said before the change."""
    async with open_turns(SLEEPY) as bot:
        endpoint = bot.services.endpoints.by_name("test")
        assert endpoint is not None
        body = {"userId": "user", "sessionId": "session", "text": "a"}
        submitted = await bot.services.intake.submit(endpoint, "message", body)
        waiting = asyncio.create_task(submitted.outcome(10))
        await bot.settle()
        await bot.services.sessions.patch_context(bot.session_id, {"name": "Ada"})
        await bot.clock.advance("31s")
        await bot.clock.advance("31s")
        outcome = await waiting
        assert outcome is not None
        assert [output["text"] for output in outcome["outputs"]] == ["one a", "two a"]


async def test_a_stop_cuts_a_pause_and_tells_nobody_that_the_turn_failed(open_turns: Open) -> None:
    """Whoever waits gets the 202; the next start ends the turn."""
    async with open_turns(SLEEPY) as bot:
        endpoint = bot.services.endpoints.by_name("test")
        assert endpoint is not None
        body = {"userId": "user", "sessionId": "session", "text": "a"}
        submitted = await bot.services.intake.submit(endpoint, "message", body)
        waiting = asyncio.create_task(submitted.outcome(30))
        await bot.settle()
    assert await waiting is None
    async with open_turns(SLEEPY) as bot:
        await bot.settle()
        assert await bot.clock.advance("31s") == ["two a"]
        assert (await receipt(bot, submitted.trace_id))["status"] == "done"


async def test_a_turn_cancelled_after_a_crash_leaves_no_half_way_position(open_turns: Open) -> None:
    """What was begun and then cancelled: the session stands where it stood before."""
    flow = """
        nodes:
          - id: size
            ask: {text: "Which size?", type: text, store: context.size}
          - sleep: 30s
          - say: "{{ context.size }} it is."
        """
    async with open_turns(flow) as bot:
        assert await bot.says("hi") == ["Which size?"]
        trace_id = await submit(bot, "message", "large")
        await bot.settle()
    async with open_turns(flow) as bot:
        assert await bot.services.store.receipts.cancel(trace_id, bot.clock.now()) == "cancelled"
        await bot.clock.advance("31s")
        assert await bot.says("small") == []
        assert await bot.clock.advance("31s") == ["small it is."]


async def test_sessions_patch_before_the_first_turn(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A session exists from its 202; what is patched in before its first turn is there in that turn.
    (Only on the usual path is there a time between the two.)"""
    flow = 'context: {shop: Mario}\nnodes: [{say: "{{ context.name }} at {{ context.shop }}"}]'
    async with open_turns(flow, fast_path=False) as bot:
        gate = asyncio.Event()

        async def held(real: Callable[..., Awaitable[Any]], segment: Any) -> Any:
            await gate.wait()
            return await real(segment)

        around(monkeypatch, bot.services.store.turns, "commit", held)
        await submit(bot, "message", "x")
        await bot.services.sessions.patch_context(bot.session_id, {"name": "Ada"})
        gate.set()
        await bot.settle()
        assert bot.texts == ["Ada at Mario"]


async def test_administration_of_sessions(open_turns: Open) -> None:
    """Show, patch against a revision, go to, reset, export, forget."""
    flow = """
        context: {tries: 0}
        nodes:
          - once: session
            then: [{say: "Welcome!"}]
          - id: size
            ask: {text: "Which size?", type: text, store: context.size, timeout: 10m}
            on_timeout: [{say: "Still there?"}]
          - id: last
            say: "{{ context.size }}, {{ context.tries }}."
        """
    async with open_turns(flow) as bot:
        sessions, names = bot.services.sessions, bot.session_id
        assert await bot.says("hi") == ["Welcome!", "Which size?"]
        shown = await sessions.show(names)
        assert (shown["node"], shown["backlog"]) == ("main/size", 0)
        with pytest.raises(ApiError) as stale:
            await sessions.patch_context(names, {"tries": 1}, shown["revision"] - 1)
        assert stale.value.status == 409
        changed = await sessions.patch_context(names, {"tries": 3, "size": None}, shown["revision"])
        assert changed["revision"] == shown["revision"] + 1
        assert await bot.says("large") == ["large, 3."]
        with pytest.raises(ApiError) as unknown:
            await sessions.go_to(names, "main/nowhere")
        assert unknown.value.status == 404
        assert (await sessions.go_to(names, "last"))["node"] == "main/last"
        assert await bot.says("x") == ["large, 3."]
        await bot.says("again")
        await sessions.reset(names)
        assert await bot.clock.advance("1h") == []
        assert await bot.says("hi") == ["Welcome!", "Which size?"]
        assert await bot.context() == {"tries": 0}
        exported = await sessions.export(user_id="user")
        assert [item["text"] for item in exported["sessions"][0]["transcript"]][-1] == "hi"
        assert await sessions.forget(user_id="user") == 1
        with pytest.raises(ApiError):
            await sessions.show(names)
        assert await bot.clock.advance("1h") == []
        assert await bot.says("hi") == ["Welcome!", "Which size?"]


async def test_forgetting_in_the_middle_of_a_turn(open_turns: Open) -> None:
    """The turn is thrown away, and nothing of it comes back."""
    async with open_turns(SLEEPY) as bot:
        await submit(bot, "message", "a")
        await submit(bot, "message", "b")
        await bot.settle()
        await bot.services.sessions.forget(ref=bot.session_id)
        assert await bot.clock.advance("2m") == []
        assert await bot.services.store.sessions.get(bot.session_id) is None
        assert await bot.says("c") == ["one c"]
        assert bot.services.turns.backlog == 1


async def test_a_cached_call_is_asked_once_for_each_caller(open_turns: Open) -> None:
    """``cache`` knows credentials apart and hands out copies."""
    flow = """
        nodes:
          - http_request:
              {url: "https://x.test/me", auth: {bearer: "{{ input.text }}"}, cache: 10m, store: context.me}
          - append: {context.me.seen: "{{ input.text }}"}
          - say: "{{ context.me.seen | length }}"
        """
    async with open_turns(flow) as bot:
        bot.http.reply("GET", "https://x.test/me", json={"seen": []})
        assert [await bot.says(text) for text in ("ada", "bob", "ada")] == [["1"], ["1"], ["1"]]
        assert [call.headers["authorization"] for call in bot.http.calls] == ["Bearer ada", "Bearer bob"]


@pytest.mark.parametrize("url", ["../x", "/%2e%2e/x", "//evil.test/x", "https://evil.test/", "a\\b"])
async def test_a_connection_is_never_left(open_turns: Open, url: str) -> None:
    """Its secret goes to addresses under its base only."""
    flow = """
        nodes:
          - http_request: {connection: crm, url: "{{ input.text }}"}
            on_error: [{say: "no"}]
        """
    sections = {"connections": {"crm": {"base_url": "https://crm.test/base", "bearer": "hush"}}}
    async with open_turns(flow, **sections) as bot:
        assert await bot.says(url) == ["no"]
        assert bot.http.calls == []


async def test_stale_is_what_a_second_commit_gets(open_turns: Open) -> None:
    """The guard behind all of this: one inbound, one commit."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")
        with pytest.raises(Stale):
            await bot.services.store.turns.commit(Segment(bot.session_id, 1, 1, None))


@pytest.mark.parametrize("more", ["say: more", "say: '{{ input.text }}'", "stop: {}"])
async def test_a_turn_whose_flow_was_changed_meanwhile_ends(open_turns: Open, more: str) -> None:
    """At a node that is another one now it may fail; the session goes on."""
    async with open_turns(SLEEPY) as bot:
        trace_id = await submit(bot, "message", "a")
        await bot.settle()
    async with open_turns("nodes: [{say: 'new {{ input.text }}'}, {MORE}]".replace("MORE", more)) as bot:
        await bot.clock.advance("31s")
        assert (await receipt(bot, trace_id))["status"] in ("failed", "done")
        assert (await bot.says("b"))[0] == "new b"


async def test_a_full_disk_is_a_503_for_callers(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing was accepted; they may try again."""
    async with open_turns(COUNT) as bot:

        async def refuses(real: Callable[..., Awaitable[Any]], *args: Any) -> Any:
            raise StorageError("the disk is full")

        around(monkeypatch, bot.services.store.inbox, "accept", refuses)
        around(monkeypatch, bot.services.store.turns, "accept_and_commit", refuses)
        transport = httpx.ASGITransport(app=create_app(bot.services))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            body = {"userId": "u", "sessionId": "s", "text": "x"}
            answer = await client.post("/tok-test", json=body)
        assert (answer.status_code, answer.json()["code"]) == (503, "storage_unavailable")
        assert answer.headers["retry-after"]


FILTER = """
from flowhook import hookimpl

def broken(value):
    raise SystemExit(f"cannot read {value}")

@hookimpl
def register_filters():
    return {"broken": broken}
"""


@pytest.mark.parametrize("masked", [False, True])
async def test_the_log_of_a_mistake_holds_no_words_of_a_user_where_they_are_masked(
    open_turns: Open, caplog: pytest.LogCaptureFixture, masked: bool
) -> None:
    """A traceback is one, too."""
    endpoint = {"privacy": {"mask_logging": masked}}
    flow = "nodes:\n  - say: '{{ input.text | broken }}'\n"
    async with open_turns(flow, endpoint=endpoint, plugins={"filters": FILTER}) as bot:
        await bot.says("my card is 4711")
    assert "SystemExit" in caplog.text
    assert ("4711" in caplog.text) is not masked


async def test_events_tell_of_the_life_of_a_session(open_turns: Open) -> None:
    """It started, was moved and reset through the administration, started anew, and was forgotten."""
    async with open_turns(COUNT) as bot:
        heard: list[str] = []

        async def note(event: Event) -> None:
            if event.type.startswith("session."):
                assert event.user_id == bot.session_id.user_id
                heard.append(event.type)

        listening = asyncio.ensure_future(bot.services.events.dispatch(note, name="test"))
        await bot.settle()
        await bot.says("a")
        await bot.says("b")
        await bot.services.sessions.go_to(bot.session_id, "main/#1")
        await bot.services.sessions.reset(bot.session_id)
        await bot.says("c")
        await bot.services.sessions.forget(ref=bot.session_id)
        await bot.settle()
        listening.cancel()
        assert heard == [
            "session.started", "session.moved", "session.reset", "session.started", "session.forgotten",
        ]  # fmt: skip
