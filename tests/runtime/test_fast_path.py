"""The fast path: what takes it, what does not, and that nothing is lost between the two."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

import pytest

from flowhook.errors import StorageError
from flowhook.runtime.turns.fast_path import LONGEST_REST, Answered, FastPath, Rests
from flowhook.runtime.turns.idle_sessions import IdleSession, IdleSessions
from flowhook.runtime.turns.outputs import OutputSerializer

from .conftest import Open
from .test_timing import receipt, submit
from .test_turns import around

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }} {{ input.text }}"
"""
ASK = """
nodes:
  - id: size
    ask: {text: "Which size?", type: text, store: context.size, timeout: 30s}
    on_timeout: [{say: "Too late."}]
  - say: "{{ context.size }} it is."
"""
CALL = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - sleep: 1s
  - say: "{{ context.n }} {{ input.text }}"
"""


class Ways:
    """Which way each message went: ``answered`` in one transaction, or ``accepted``; ``ran`` counts the
    turns that were computed for it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.went: list[str] = []
        self.ran = 0
        accept, compute = FastPath.accept, FastPath._compute
        ways = self

        async def noting(self: FastPath, *args: Any) -> Any:
            result = await accept(self, *args)
            ways.went.append("answered" if isinstance(result, Answered) else "accepted")
            return result

        async def counting(self: FastPath, *args: Any) -> Any:
            ways.ran += 1
            return await compute(self, *args)

        monkeypatch.setattr(FastPath, "accept", noting)
        monkeypatch.setattr(FastPath, "_compute", counting)

    def take(self) -> list[str]:
        went, self.went = self.went, []
        return went


@pytest.fixture
def ways(monkeypatch: pytest.MonkeyPatch) -> Ways:
    """Looks on."""
    return Ways(monkeypatch)


async def test_a_turn_that_needs_nothing_is_one_transaction(open_turns: Open, ways: Ways) -> None:
    """Of a new session, and of one that is known; the receipt says so at once."""
    async with open_turns(COUNT) as bot:
        assert await bot.says("a") == ["1 a"]
        trace_id = await submit(bot, "message", "b")
        assert (await receipt(bot, trace_id))["status"] == "done"
        assert await bot.says("c") == ["3 c"]
        await bot.inject("d")
        assert bot.texts[-1] == "4 d"
    assert ways.take() == ["answered"] * 4


async def test_a_question_with_a_timeout_takes_it(open_turns: Open, ways: Ways) -> None:
    """Its timer is set with the turn, and an answer voids it."""
    async with open_turns(ASK) as bot:
        assert await bot.says("hi") == ["Which size?"]
        assert await bot.says("large") == ["large it is."]
        await bot.says("hi")
        assert await bot.clock.advance("31s") == ["Too late."]
    assert ways.take() == ["answered"] * 3


@pytest.mark.parametrize(
    "flow",
    [
        CALL,
        "nodes: [{say: '{{ 1 / (context.n or 0) }}'}]",
        "nodes: [{set: {profile.name: '{{ input.text }}'}}, {say: ok}]",
    ],
    ids=["effect", "failure", "profile"],
)
async def test_what_needs_more_is_accepted_first(open_turns: Open, ways: Ways, flow: str) -> None:
    """An effect, a failure, a change of the profile; nothing of the attempt is left."""
    async with open_turns(flow) as bot:
        trace_id = await submit(bot, "message", "a")
        assert ways.take() == ["accepted"]
        await bot.clock.advance("2s")
        assert (await receipt(bot, trace_id))["status"] in ("done", "failed")
        row = await bot.services.store.sessions.get(bot.session_id)
        assert row is not None
        assert row.backlog == 0


async def test_attempts_in_vain_get_rare(open_turns: Open, ways: Ways) -> None:
    """A place whose turns always need more costs hardly any second computation."""
    async with open_turns(CALL) as bot:
        for _ in range(40):
            await submit(bot, "message", "a")
            await bot.clock.advance("2s")
        assert bot.texts[-1] == "40 a"
    assert 2 <= ways.ran <= 6


async def test_at_once_in_one_session(open_turns: Open, ways: Ways) -> None:
    """One may be computed, the others wait behind it; each once, in the order of the receipts."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")
        await asyncio.gather(*(submit(bot, "message", f"{n}") for n in range(10)))
        await bot.settle()
        assert [text.split()[0] for text in bot.texts] == [str(n) for n in range(1, 12)]
        assert sorted(text.split()[1] for text in bot.texts[1:]) == [str(n) for n in range(10)]
        assert await bot.says("b") == ["12 b"]
    assert ways.take()[-1] == "answered"


async def test_a_change_between_computing_and_storing_wins(
    open_turns: Open, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A patch by hand: the message is accepted, and its turn runs on what was patched."""
    async with open_turns("nodes: [{say: 'hi {{ context.name }}'}]") as bot:
        await bot.says("a")

        async def patched(real: Callable[..., Awaitable[Any]], *args: Any) -> Any:
            await bot.services.sessions.patch_context(bot.session_id, {"name": "Ada"})
            return await real(*args)

        around(monkeypatch, bot.services.store.turns, "accept_and_commit", patched)
        assert await bot.says("b") == ["hi Ada"]
    assert ways.take() == ["answered", "accepted"]


async def test_a_mistake_of_ours_is_met_before_anything_is_stored(
    open_turns: Open, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is accepted, and fails on the usual path alone."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")
        real = OutputSerializer.add_deliveries

        async def breaks(self: OutputSerializer, turn: Any, *args: Any) -> Any:
            if turn.inbound.text == "b":
                raise RuntimeError("our mistake")
            return await real(self, turn, *args)

        monkeypatch.setattr(OutputSerializer, "add_deliveries", breaks)
        broken = await submit(bot, "message", "b")
        await bot.settle()
        found = await receipt(bot, broken)
        assert (found["status"], found["reason"]) == ("failed", "internal: RuntimeError")
        assert await bot.says("c") == ["2 c"]


async def test_a_store_that_refuses_has_promised_nothing(
    open_turns: Open, ways: Ways, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The caller is told; the next one is fine, and nothing was counted."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")

        async def refuses(real: Callable[..., Awaitable[Any]], *args: Any) -> Any:
            raise StorageError("the disk is full")

        with monkeypatch.context() as patch:
            around(patch, bot.services.store.turns, "accept_and_commit", refuses)
            with pytest.raises(StorageError):
                await submit(bot, "message", "b")
        assert await bot.says("c") == ["2 c"]


@pytest.mark.parametrize("flow", [COUNT, CALL], ids=["answered", "accepted"])
async def test_a_caller_who_gives_up_loses_nothing(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    """Cancelled while the store writes: what it wrote has its turn and is delivered."""
    async with open_turns(flow) as bot:
        gate, handed_in = asyncio.Event(), asyncio.Event()

        async def held(real: Callable[..., Awaitable[Any]], *args: Any) -> Any:
            writing = asyncio.ensure_future(real(*args))
            handed_in.set()
            await gate.wait()
            return await writing

        around(monkeypatch, bot.services.store.turns, "accept_and_commit", held)
        around(monkeypatch, bot.services.store.inbox, "accept", held)
        caller = asyncio.create_task(submit(bot, "message", "a"))
        await handed_in.wait()
        caller.cancel()
        await asyncio.wait([caller])
        await bot.clock.advance("2s")
        assert bot.texts == ["1 a"]


async def test_a_suspect_is_accepted_before_it_runs(open_turns: Open, ways: Ways) -> None:
    """A turn that was not accepted yet ran when the process died: repeated, it is accepted first, in the
    same place, so that its deaths are counted; after a turn of the session all is as before."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")
        bot.services.crash_guard.begin(bot.session_id.key, 2, 1)
        bot.services.crash_guard._file = -1  # it dies here, in the middle of the second
    ways.take()
    async with open_turns(COUNT) as bot:
        assert bot.services.crash_guard._known[bot.session_id.key, 2].deaths == 1
        assert await bot.says("b") == ["2 b"]
        assert await bot.says("c") == ["3 c"]
        assert bot.services.crash_guard._known == {}
    assert ways.take() == ["accepted", "answered"]


async def test_a_suspect_that_never_comes_again_is_forgotten(open_turns: Open) -> None:
    """Its note stays for one life."""
    async with open_turns(COUNT) as bot:
        bot.services.crash_guard.begin(bot.session_id.key, 1, 0)
        bot.services.crash_guard._file = -1
    for known in (1, 0):
        async with open_turns(COUNT) as bot:
            assert len(bot.services.crash_guard._known) == known


async def test_what_was_forgotten_is_not_in_memory(open_turns: Open) -> None:
    """Neither a user who was forgotten nor a session that was."""
    async with open_turns(COUNT) as bot:
        for _ in range(2):
            await bot.says("a")
            idle = bot.services.turns._context.idle_sessions
            assert idle.get(bot.session_id.key) is not None
            await bot.services.sessions.forget(ref=bot.session_id)
            assert idle.get(bot.session_id.key) is None
        assert await bot.says("b") == ["1 b"]


async def test_a_session_that_is_reset_begins_anew(open_turns: Open, ways: Ways) -> None:
    """What is in memory of it is another revision; after such a loss one attempt is left out."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")
        await bot.services.sessions.reset(bot.session_id)
        await bot.settle()
        assert [(await bot.says(text))[0] for text in "bcd"] == ["1 b", "2 c", "3 d"]
    assert ways.take() == ["answered", "accepted", "accepted", "answered"]


async def test_sessions_of_an_earlier_life_are_learned(open_turns: Open, ways: Ways) -> None:
    """Their first message is accepted as usual."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")
    async with open_turns(COUNT) as bot:
        assert [*await bot.says("b"), *await bot.says("c")] == ["2 b", "3 c"]
    assert ways.take() == ["answered", "accepted", "answered"]


async def test_where_sessions_turned_out_to_be_old_they_are_read(open_turns: Open, ways: Ways) -> None:
    """One guess in vain, and the next strangers are looked up, old ones and new ones: one transaction."""
    users = [f"user{number}" for number in range(3)]
    async with open_turns(COUNT) as bot:
        for user in users:
            await bot.says("a", userId=user)
    ways.take()
    async with open_turns(COUNT) as bot:
        said = [await bot.says("b", userId=user) for user in users[:2]]
        assert ways.take() == ["accepted", "answered"]
        assert await bot.says("b", userId="stranger") == ["1 b"]
        said.append(await bot.says("b", userId=users[2]))
    assert said == [["2 b"]] * 3
    assert ways.take()[0] == "answered"


async def test_hooks_on_what_is_read_or_said_keep_it_away(open_turns: Open, ways: Ways) -> None:
    """They are awaited in the middle of a turn, after its acceptance."""
    plugin = """
        from flowhook import hookimpl

        @hookimpl
        async def transform_output(output):
            output.text += "!"
            return output
    """
    async with open_turns(
        COUNT, plugins={"loud": plugin}, endpoint={"transformers": {"use": ["loud"]}}
    ) as bot:
        assert await bot.says("a") == ["1 a!"]
    assert ways.take() == ["accepted"]


async def test_it_can_be_turned_off(open_turns: Open, ways: Ways) -> None:
    """For tests that look between acceptance and turn."""
    async with open_turns(COUNT, fast_path=False) as bot:
        assert await bot.says("a") == ["1 a"]
    assert ways.take() == ["accepted"]


def test_rests_double_and_end() -> None:
    """One, two, four … are left out, then one is tried; a success starts anew."""
    rests, tried = Rests(), []
    for n in range(300):
        if not rests.skips("x"):
            rests.failed("x")
            tried.append(n)
    assert tried[:5] == [0, 2, 5, 10, 19]
    assert max(later - earlier for earlier, later in pairwise(tried)) == LONGEST_REST + 1
    rests.succeeded("x")
    assert not rests.skips("x")


def test_idle_sessions_are_bounded() -> None:
    """By number and by bytes, oldest first; a very large one is not kept."""
    sessions = IdleSessions(limit=3, bytes_limit=100)
    for n in range(5):
        sessions.put(bytes([n]), IdleSession(b"x" * 10, n, n))
    assert [sessions.get(bytes([n])) is not None for n in range(5)] == [False, False, True, True, True]
    sessions.put(b"big", IdleSession(b"x" * 95, 1, 1))
    assert sessions.get(b"\4") is None
    sessions.put(b"huge", IdleSession(b"x" * 70_000, 1, 1))
    assert sessions.get(b"huge") is None
    assert sessions.get(b"big") is not None


async def test_a_stop_closes_it(open_turns: Open, ways: Ways) -> None:
    """What arrives while the server stops is accepted, and has its turn in the next life."""
    async with open_turns(COUNT) as bot:
        await bot.says("a")
        bot.services.turns.begin_to_stop()
        trace_id = await submit(bot, "message", "b")
    async with open_turns(COUNT) as bot:
        await bot.settle()
        assert (await receipt(bot, trace_id))["status"] == "done"
        assert await bot.says("c") == ["3 c"]
    assert ways.take() == ["answered", "accepted", "answered"]
