"""``session.concurrency: merge``: messages that come soon one after the other are one input."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowhook.errors import ApiError
from flowhook.model.event import EventType
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import MergedInput, Segment, Stale

from .conftest import Open
from .test_timing import receipt, submit
from .test_turns import around

ECHO = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }}: {{ input.text | replace('\\n', ' / ') }} {{ input.data | default({}) }}"
"""
MERGE: dict[str, Any] = {"session": {"concurrency": "merge", "merge_window": "2s"}}


async def test_messages_within_the_window_are_one_input(open_turns: Open) -> None:
    """Texts one a line, data key by key; the window counts from the first. All receipts name the one turn and
    tell its outputs."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        first = await submit(bot, "message", "hi", data={"a": 1, "b": 1})
        assert await bot.clock.advance("1s") == []
        second = await submit(bot, "message", "how are you", data={"b": 2})
        third = await submit(bot, "message", "today")
        assert [(await receipt(bot, item))["status"] for item in (first, third)] == ["queued"] * 2
        assert await bot.clock.advance("1s") == ['1: hi / how are you / today {"a": 1, "b": 2}']
        late = await submit(bot, "message", "late")
        receipts = [await receipt(bot, item) for item in (first, second, third)]
        assert [row["status"] for row in receipts] == ["done"] * 3
        assert [row.get("turn") for row in receipts] == [None, first, first]
        assert len({row["outputs"][0]["deliveryId"] for row in receipts}) == 1
        assert {row["revision"] for row in receipts} == {1}
        assert await bot.clock.advance("1s") == []
        assert await bot.clock.advance("1s") == ["2: late {}"]
        assert "turn" not in await receipt(bot, late)


async def test_what_is_of_another_kind_closes_the_window(open_turns: Open) -> None:
    """Order is kept: what came before an inject is answered before it, what came after it behind it."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        for route, text in (("message", "a"), ("message", "b"), ("inject", "c"), ("message", "d")):
            await submit(bot, route, text)
        assert await bot.clock.advance("2s") == ["1: a / b {}", "2: c {}", "3: d {}"]


async def test_conditions_and_tests_stand_alone(open_turns: Open) -> None:
    """A message with a precondition, and one that is a test, are no part of another."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        await submit(bot, "message", "a")
        await submit(bot, "inject", "b", ifRevision=1)
        await submit(bot, "test", "c")
        assert await bot.clock.advance("2s") == ["1: a {}", "2: b {}", "3: c {}"]


async def test_a_repeat_is_told_what_the_first_was_told(open_turns: Open) -> None:
    """A message with an id that was accepted adds nothing, before and after its turn."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        await submit(bot, "message", "a", messageId="m1")
        second = await submit(bot, "message", "b", messageId="m2")
        assert await submit(bot, "message", "b", messageId="m2") == second
        assert await bot.clock.advance("2s") == ["1: a / b {}"]
        assert await submit(bot, "message", "b", messageId="m2") == second
        with pytest.raises(ApiError):
            await submit(bot, "message", "c", messageId="m2")
        assert await bot.clock.advance("9s") == []


async def test_one_that_is_cancelled_is_left_out(open_turns: Open) -> None:
    """The first as well as another, as long as the window is open."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        traces = [await submit(bot, "message", text) for text in "abc"]
        assert await bot.services.receipts.cancel(traces[1]) == "cancelled"
        assert await bot.clock.advance("2s") == ["1: a / c {}"]
        traces = [await submit(bot, "message", text) for text in "de"]
        assert await bot.services.receipts.cancel(traces[0]) == "cancelled"
        assert await bot.clock.advance("2s") == ["2: e {}"]
        assert await bot.services.receipts.cancel(traces[1]) == "begun"
        assert bot.services.turns.backlog == 0


async def test_those_who_wait_all_get_the_outputs(open_turns: Open) -> None:
    """``Prefer: wait`` at each of the messages."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        endpoint = bot.services.endpoints.by_name("test")
        assert endpoint is not None
        body = {"userId": "user", "sessionId": "session"}
        submitted = [
            await bot.services.intake.submit(endpoint, "message", {**body, "text": text}, wait=60.0)
            for text in "ab"
        ]
        waiting = [asyncio.ensure_future(item.outcome()) for item in submitted]
        await bot.clock.advance("2s")
        outcomes = await asyncio.gather(*waiting)
        assert [outcome and outcome["outputs"][0]["text"] for outcome in outcomes] == ["1: a / b {}"] * 2


async def test_it_survives_a_restart(open_turns: Open) -> None:
    """The window is counted from the acceptance: what came in it is one input after a restart, too; what
    comes later is not."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        traces = [await submit(bot, "message", text) for text in "ab"]
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        traces.append(await submit(bot, "message", "c"))
        assert await bot.clock.advance("2s") == ["1: a / b / c {}"]
        assert [(await receipt(bot, trace))["status"] for trace in traces] == ["done"] * 3


async def test_a_turn_that_was_cut_goes_on_with_all_of_it(open_turns: Open) -> None:
    """What was merged stays so over a restart in the middle of the turn, and what comes then is another
    input; the words lie in the transcript once."""
    flow = "nodes: [{say: one}, {sleep: 30s}, {say: \"{{ input.text | replace('\\n', ' / ') }}\"}]"
    async with open_turns(flow, endpoint=MERGE) as bot:
        first, second = [await submit(bot, "message", text) for text in ("alpha", "beta")]
        assert await bot.clock.advance("2s") == ["one"]
        assert (await receipt(bot, second))["turn"] == first
    async with open_turns(flow, endpoint=MERGE) as bot:
        await submit(bot, "message", "gamma")
        assert await bot.clock.advance("31s") == ["alpha / beta", "one"]
        assert (await receipt(bot, second))["status"] == "done"
        assert len((await receipt(bot, second))["outputs"]) == 2
        assert await bot.clock.advance("31s") == ["gamma"]
        entries = await bot.services.store.transcripts.entries(SessionRef("test", "user", "session"))
        texts = [(entry["text"], entry.get("mergedInto")) for entry in entries]
        assert texts == [("alpha\nbeta", None), ("", 1), ("gamma", None)]


async def test_a_session_that_was_changed_meanwhile(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A turn that has to be computed again takes the same messages, but for one that was cancelled in
    between; and where its own was, the others have theirs."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        traces: list[str] = []
        cancelled: list[int] = []

        async def meanwhile(commit: Any, segment: Segment) -> Any:
            if cancelled:
                number = cancelled.pop()
                await bot.services.store.receipts.cancel(traces[number], bot.clock.now())
            return await commit(segment)

        around(monkeypatch, bot.services.store.turns, "commit", meanwhile)
        # what is cancelled in the middle of the turn is left out when it is computed again
        for number, expected in ((2, ["1: a / b {}"]), (0, ["2: b / c {}"])):
            traces[:] = [await submit(bot, "message", text) for text in "abc"]
            cancelled.append(number)
            assert await bot.clock.advance("4s") == expected
            statuses = [(await receipt(bot, trace))["status"] for trace in traces]
            assert statuses.pop(number) == "discarded"
            assert statuses == ["done", "done"]
        assert bot.services.turns.backlog == 0


async def test_a_failed_turn_has_taken_all_of_it(open_turns: Open) -> None:
    """Its receipts say so, and nothing of it comes again."""
    flow = "nodes: [{set: {context.x: '{{ 1 / 0 }}'}}]"
    async with open_turns(flow, endpoint=MERGE) as bot:
        traces = [await submit(bot, "message", text) for text in "ab"]
        failed = []
        bot.services.events.subscribe(failed.append, (EventType.TURN_FAILED,))
        await bot.clock.advance("2s")
        assert [(await receipt(bot, trace))["status"] for trace in traces] == ["failed"] * 2
        assert len(failed) == 1


async def test_other_endpoints_wait_for_nothing(open_turns: Open) -> None:
    """Without the setting each message is answered at once."""
    async with open_turns(ECHO) as bot:
        await submit(bot, "message", "a")
        await submit(bot, "message", "b")
        await bot.settle()
        assert bot.texts == ["1: a {}", "2: b {}"]


async def test_the_store_refuses_what_waits_no_longer(open_turns: Open) -> None:
    """Nothing of the segment is stored then."""
    async with open_turns(ECHO, endpoint=MERGE) as bot:
        await submit(bot, "message", "a")
        ref = SessionRef("test", "user", "session")
        _, revision, (waiting,) = await bot.services.store.inbox.backlog(ref)
        segment = Segment(ref, waiting.seq, revision, b"{}", merged=MergedInput((99,), waiting))
        with pytest.raises(Stale):
            await bot.services.store.turns.commit(segment)
        assert (await bot.services.store.inbox.backlog(ref))[2] == [waiting]
        assert await bot.clock.advance("2s") == ["1: a {}"]
