"""Commits: a segment is stored as a whole, by revision."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowhook.ids import parse_delivery_id
from flowhook.storage.protocols import Store
from flowhook.storage.records import MergedInput, ProfileChange, Stale


async def test_a_turn_advances_the_session(store: Store, desk: Any) -> None:
    """State, place, revision and inbox change together."""
    committed = await desk.exchange(state=b'{"frames":[]}', node="a/b", flow_revision="r1")
    row = await store.sessions.get(desk.session())
    assert row is not None
    assert (row.state, row.node, row.flow_revision, row.revision, row.backlog) == (
        {"frames": []}, "a/b", "r1", 1, 0,
    )  # fmt: skip
    assert committed.revision == 1


async def test_a_stale_turn_stores_nothing(store: Store, desk: Any) -> None:
    """Who computed from an older revision has to compute again."""
    accepted = await desk.say()
    await store.sessions.change(desk.session(), 0, b'{"frames":[]}', None, None)
    with pytest.raises(Stale):
        await desk.turn(accepted, "hello")
    assert (await store.counts())["pending"] == 0
    assert (await store.counts())["queued"] == 1


async def test_a_turn_cannot_end_twice(desk: Any) -> None:
    """Its inbound must still wait."""
    accepted = await desk.say()
    await desk.turn(accepted)
    with pytest.raises(Stale):
        await desk.turn(accepted, base_revision=1)


async def test_deliveries_are_numbered_without_gaps(desk: Any) -> None:
    """Sequence and id come from the store: an id holds session, sequence, and the epoch of the database."""
    first = await desk.exchange(None, "a", "b")
    second = await desk.exchange(None, "c")
    deliveries = first.deliveries + second.deliveries
    assert [delivery.sequence for delivery in deliveries] == [1, 2, 3]
    ids = [parse_delivery_id(delivery.delivery_id) for delivery in deliveries]
    assert [id and id[:2] for id in ids] == [(desk.session().key, number) for number in (1, 2, 3)]
    assert len({id and id[2] for id in ids}) == 1


async def test_only_the_head_may_leave(desk: Any) -> None:
    """The others of its session are parked until it is resolved."""
    first = await desk.exchange(None, "a", "b")
    second = await desk.exchange(None, "c")
    assert (first.ready, second.ready) == (True, False)
    assert [delivery.sequence for delivery in await desk.due()] == [1]


async def test_a_turn_without_outputs_has_nothing_ready(desk: Any) -> None:
    """Saying nothing is fine."""
    committed = await desk.turn(await desk.say())
    assert (committed.ready, committed.deliveries) == (False, [])


async def test_what_is_held_counts_as_delivered(store: Store, desk: Any) -> None:
    """Without a webhook nothing is to be sent, and what follows is not blocked."""
    held = await desk.exchange(hold=True)
    after = await desk.exchange()
    assert (held.ready, after.ready) == (False, True)
    receipt = await store.receipts.find(held.deliveries[0].trace_id)
    assert receipt is not None
    assert receipt.outputs[0]["status"] == "delivered"


async def test_what_is_held_does_not_overtake(desk: Any) -> None:
    """Behind an unresolved delivery it waits its turn, so that order stays."""
    first = await desk.exchange()
    await desk.exchange(hold=True)
    third = await desk.exchange()
    assert not third.ready
    second = await desk.deliver(first.deliveries[0])
    assert second.sequence == 2
    assert (await desk.deliver(second)).sequence == 3


async def test_a_turn_of_several_segments(store: Store, desk: Any) -> None:
    """What was said before a slow node leaves before it; the inbound is done with the last segment."""
    accepted = await desk.say()
    first = await desk.turn(accepted, "wait …", ends=False)
    assert first.ready
    assert (await store.counts())["queued"] == 1
    second = await desk.turn(accepted, "done", base_revision=first.revision)
    receipt = await store.receipts.find(accepted.inbound.trace_id)
    assert receipt is not None
    assert [output["deliveryId"] for output in receipt.outputs] == [
        delivery.delivery_id for delivery in first.deliveries + second.deliveries
    ]
    assert [said["text"] for said in receipt.said] == ["wait …", "done"]


async def test_a_segment_without_state_leaves_it(store: Store, desk: Any) -> None:
    """A notify says something and moves nothing."""
    await desk.exchange(state=b'{"frames":[1]}', node="a/b")
    await desk.exchange(state=None, node=None)
    row = await store.sessions.get(desk.session())
    assert row is not None
    assert (row.state, row.node, row.revision) == ({"frames": [1]}, "a/b", 2)


async def test_what_cannot_be_stored_fails_alone(store: Store, desk: Any) -> None:
    """A value that breaks in the middle of its commit takes nothing and nobody with it."""
    broken, fine = await desk.say(), await desk.say(desk.session("u2"))
    answers = await asyncio.gather(
        desk.turn(broken, profile=[ProfileChange("set", ("x",), object())]),
        desk.turn(fine, "hello"),
        return_exceptions=True,
    )
    assert isinstance(answers[0], Exception)
    assert not isinstance(answers[1], BaseException)
    row = await store.sessions.get(desk.session())
    assert row is not None
    assert (row.revision, row.backlog) == (0, 1)


async def test_a_turn_takes_further_inbounds_with_it(store: Store, desk: Any) -> None:
    """They end with its first segment: their receipts are its receipt, their words lie with its own."""
    first, second, third = [await desk.say(text=text) for text in ("a", "b", "c")]
    first.inbound.text = "a b c"
    seqs = (second.inbound.seq, third.inbound.seq)
    await desk.turn(first, "hello", merged=MergedInput(seqs, first.inbound))
    row = await store.sessions.get(desk.session())
    assert row is not None
    assert row.backlog == 0
    receipt = await store.receipts.find(second.inbound.trace_id)
    assert receipt is not None
    assert (receipt.status, receipt.turn) == ("done", first.inbound.trace_id)
    assert [said["text"] for said in receipt.said] == ["hello"]
    history = await store.transcripts.history(desk.session(), 10)
    assert [message["text"] for message in history] == ["a b c", "hello"]
    entries = await store.transcripts.entries(desk.session())
    assert [entry.get("mergedInto") for entry in entries] == [None, 1, 1]


async def test_further_inbounds_must_still_wait(store: Store, desk: Any) -> None:
    """One that was cancelled meanwhile: the turn is computed again, and nothing was stored."""
    first, second = [await desk.say(text=text) for text in ("a", "b")]
    assert await store.receipts.cancel(second.inbound.trace_id, 1.0) == "cancelled"
    with pytest.raises(Stale):
        await desk.turn(first, merged=MergedInput((second.inbound.seq,), first.inbound))
    assert (await store.counts())["queued"] == 1
