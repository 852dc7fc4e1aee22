"""A whole turn in one transaction: compare and set, or an acceptance."""

from __future__ import annotations

import asyncio
from typing import Any

from flowhook.harness.clocks import FakeClock
from flowhook.model.inbound import Kind
from flowhook.storage.protocols import Store
from flowhook.storage.records import Accepted, Arrival, Committed, Refused, Replayed, Segment, TimerChange

STATE = b'{"frames":[["pizza","size"]]}'


def computed(
    desk: Any, arrival: Arrival, *texts: str, seq: int = 1, base_revision: int = 0, **more: Any
) -> Segment:
    """The turn of an inbound that is not accepted yet."""
    deliveries = [desk.delivery(Accepted(arrival.inbound, None, 0, 0), text) for text in texts]
    more = {"state": STATE, "node": "pizza/size", "trace": b'{"steps":[]}', **more}
    return Segment(arrival.inbound.ref, seq, base_revision, deliveries=deliveries, **more)


async def answer(desk: Any, *texts: str, seq: int = 1, base_revision: int = 0, **how: Any) -> Any:
    """Accept a message and commit its turn."""
    arrival = how.pop("arrival", None) or desk.arrival(idempotency_key=how.pop("key", None))
    segment = computed(desk, arrival, *texts, seq=seq, base_revision=base_revision, **how)
    return await desk.store.turns.accept_and_commit(arrival, segment)


async def test_a_first_message_makes_the_session(store: Store, desk: Any) -> None:
    """State, place, inbox, trace and outbox change together; nothing waits afterwards."""
    arrival = desk.arrival()
    committed = await answer(desk, "hello", "there", arrival=arrival, flow_revision="r1")
    assert isinstance(committed, Committed)
    assert (committed.revision, committed.ready) == (1, True)
    assert [delivery.sequence for delivery in committed.deliveries] == [1, 2]
    assert arrival.inbound.seq == 1
    row = await store.sessions.get(desk.session())
    assert row is not None
    assert (row.node, row.flow_revision, row.revision, row.backlog) == ("pizza/size", "r1", 1, 0)
    receipt = await store.receipts.find(arrival.inbound.trace_id)
    assert receipt is not None
    assert (receipt.status, receipt.revision) == ("done", 1)
    assert [said["text"] for said in receipt.said] == ["hello", "there"]
    assert len(await store.traces.of(arrival.inbound.trace_id)) == 1
    assert await store.inbox.sessions_with_backlog() == []


async def test_an_idle_session_goes_on(store: Store, desk: Any) -> None:
    """After turns of both kinds; sequences have no gaps."""
    await answer(desk, "a")
    usual = await desk.exchange(None, "b")
    assert usual.deliveries[0].sequence == 2
    committed = await answer(desk, "c", seq=3, base_revision=2)
    assert isinstance(committed, Committed)
    assert (committed.revision, committed.deliveries[0].sequence) == (3, 3)
    entries = await store.transcripts.entries(desk.session())
    assert [entry["seq"] for entry in entries] == [1, 2, 3]


async def test_behind_an_unresolved_delivery_it_waits(desk: Any) -> None:
    """Only the head may leave, whichever way the second came."""
    first = await answer(desk, "a")
    second = await answer(desk, "b", seq=2, base_revision=1)
    assert (first.ready, second.ready) == (True, False)
    assert [delivery.sequence for delivery in await desk.due()] == [1]
    assert (await desk.deliver(first.deliveries[0])).sequence == 2


async def test_a_session_that_is_another_by_now_only_takes_the_message_in(store: Store, desk: Any) -> None:
    """A higher revision, a later place, something that waits, a session that was not expected: nothing of
    the turn is stored, and the inbound waits in its place."""
    assert isinstance(await answer(desk), Committed)
    for seq, revision in ((1, 0), (2, 0), (3, 1)):
        accepted = await answer(desk, "lost", seq=seq, base_revision=revision)
        assert isinstance(accepted, Accepted)
        assert (accepted.revision, accepted.backlog, accepted.state) == (1, 1, STATE)
        assert await store.receipts.cancel(accepted.inbound.trace_id, desk.clock.now()) == "cancelled"
    waits = await desk.say()
    accepted = await answer(desk, "lost", seq=waits.inbound.seq + 1, base_revision=1)
    assert isinstance(accepted, Accepted)
    assert (accepted.inbound.seq, accepted.backlog) == (waits.inbound.seq + 1, 2)
    assert (await store.counts())["pending"] == 0


async def test_a_change_by_hand_is_never_overwritten(store: Store, desk: Any) -> None:
    """It makes another revision."""
    await answer(desk)
    await store.sessions.change(desk.session(), 1, b'{"frames":[]}', None, None)
    accepted = await answer(desk, "lost", seq=2, base_revision=1)
    assert isinstance(accepted, Accepted)
    assert (accepted.state, accepted.revision) == (b'{"frames":[]}', 2)


async def test_a_session_that_has_ended_begins_anew(store: Store, desk: Any, clock: FakeClock) -> None:
    """Expired or forgotten: the message is accepted in a new life."""
    await answer(desk)
    await clock.advance(100)
    arrival = desk.arrival(expires_after=60.0)
    accepted = await answer(desk, "lost", seq=2, base_revision=1, arrival=arrival)
    assert isinstance(accepted, Accepted)
    assert (accepted.fresh, accepted.state) == (True, None)
    await desk.turn(accepted)
    await store.sessions.forget(ref=desk.session())
    accepted = await answer(desk, "lost", seq=3, base_revision=3)
    assert isinstance(accepted, Accepted)
    assert (accepted.fresh, accepted.state) == (True, None)


async def test_an_idle_session_within_its_time_is_found(desk: Any, clock: FakeClock) -> None:
    """``expires_after`` is counted from its last inbound."""
    await answer(desk)
    await clock.advance(50)
    arrival = desk.arrival(expires_after=60.0)
    assert isinstance(await answer(desk, seq=2, base_revision=1, arrival=arrival), Committed)


async def test_a_repeat_is_told_so(desk: Any) -> None:
    """Whichever way the first came; another body is refused."""
    first = desk.arrival(idempotency_key="k", fingerprint=b"f")
    assert isinstance(await answer(desk, "a", arrival=first), Committed)
    again = await answer(
        desk, seq=2, base_revision=1, arrival=desk.arrival(idempotency_key="k", fingerprint=b"f")
    )
    assert isinstance(again, Replayed)
    assert again.trace_id == first.inbound.trace_id
    (usual,) = await desk.store.inbox.accept([desk.arrival(idempotency_key="k", fingerprint=b"f")])
    assert usual == again
    other = await answer(
        desk, seq=2, base_revision=1, arrival=desk.arrival(idempotency_key="k", fingerprint=b"g")
    )
    assert other == Refused("idempotency_mismatch")


async def test_who_must_exist_and_does_not_is_refused(desk: Any) -> None:
    """Also here, where its session is gone meanwhile."""
    arrival = desk.arrival(kind=Kind.INJECT, must_exist=True)
    assert await answer(desk, seq=2, base_revision=1, arrival=arrival) == Refused("session_not_found")


async def test_a_timer_is_set_and_older_ones_are_void(store: Store, desk: Any, clock: FakeClock) -> None:
    """A message overtakes the timer of the turn before, as always."""
    await answer(desk, timer=TimerChange("pizza/size", clock.now() + 10))
    assert await store.timers.next_due_at() == clock.now() + 10
    await answer(desk, seq=2, base_revision=1)
    await clock.advance(11)
    assert await store.timers.due(clock.now(), 10) == []


async def test_what_is_held_counts_as_delivered(store: Store, desk: Any) -> None:
    """Without a webhook nothing is to be sent."""
    held = await answer(desk, "a", hold=True)
    assert (held.ready, (await store.counts())["pending"]) == (False, 0)


async def test_of_many_at_once_one_wins(store: Store, desk: Any) -> None:
    """The others are accepted behind it, in their order."""
    results = await asyncio.gather(*(answer(desk, f"{n}") for n in range(5)))
    assert [type(result) for result in results] == [Committed, *[Accepted] * 4]
    assert [result.inbound.seq for result in results[1:]] == [2, 3, 4, 5]
    assert (await store.counts())["queued"] == 4
