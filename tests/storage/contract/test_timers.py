"""Timers and scheduled inbounds fall due, are void, are cancelled."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.harness.clocks import FakeClock
from flowhook.model.inbound import Kind
from flowhook.storage.protocols import Store
from flowhook.storage.records import Refused, TimerChange


async def test_a_timer_falls_due(store: Store, desk: Any, clock: FakeClock) -> None:
    """It enters the inbox as an inbound of its own, with the session's state."""
    due_at = clock.now() + 60
    await desk.exchange(timer=TimerChange("size", due_at))
    assert await store.timers.next_due_at() == due_at
    assert await store.timers.due(clock.now(), 10) == []
    await clock.advance(60)
    (accepted,) = await store.timers.due(clock.now(), 10)
    assert (accepted.inbound.kind, accepted.inbound.timer, accepted.inbound.seq) == (Kind.TIMER, "size", 2)
    assert accepted.state is not None
    assert await store.timers.next_due_at() is None
    _, _, (stored,) = await store.inbox.backlog(desk.session())
    assert stored == accepted.inbound


@pytest.mark.parametrize(("kind", "void"), [(Kind.MESSAGE, True), (Kind.INJECT, True), (Kind.NOTIFY, False)])
async def test_a_timer_is_void_once_somebody_spoke(
    store: Store, desk: Any, clock: FakeClock, kind: Kind, void: bool
) -> None:
    """A message or an inject accepted since voids it, a notify does not."""
    await desk.exchange(timer=TimerChange("size", clock.now() + 60))
    await desk.say(kind=kind)
    await clock.advance(60)
    assert (await store.timers.due(clock.now(), 10) == []) is void


async def test_a_turn_replaces_or_removes_the_timer(store: Store, desk: Any, clock: FakeClock) -> None:
    """A session has one timer at most."""
    await desk.exchange(timer=TimerChange("a", clock.now() + 60))
    await desk.exchange(timer=TimerChange("b", clock.now() + 30))
    assert [(timer.node, timer.kind) for timer in await store.timers.find()] == [("b", "timeout")]
    await desk.exchange()
    assert len(await store.timers.find()) == 1
    await desk.exchange(timer=TimerChange())
    assert await store.timers.find() == []


async def test_timers_with_a_name(store: Store, desk: Any, clock: FakeClock) -> None:
    """Stand beside the session's own, are not void when somebody spoke, and are known by their names."""
    now = clock.now()
    first, second = (TimerChange("main/arm", now + 60, name) for name in ("a", "b_c"))
    await desk.exchange(timer=TimerChange("size", now + 90), named_timers=[first, second])
    await desk.exchange(named_timers=[TimerChange("main/again", now + 30, "a")])
    rows = {row.name: row for row in await store.timers.find()}
    assert {name: (row.kind, row.due_at, row.node) for name, row in rows.items()} == {
        None: ("timeout", now + 90, "size"),
        "a": ("named", now + 30, "main/again"),
        "b_c": ("named", now + 60, "main/arm"),
    }
    await clock.advance(30)
    (accepted,) = await store.timers.due(clock.now(), 10)
    assert (accepted.inbound.kind, accepted.inbound.name) == (Kind.TIMER, "a")
    assert accepted.inbound.timer == "main/again"
    assert await store.timers.cancel(rows["b_c"].timer_id, clock.now())
    assert not await store.timers.cancel(rows["b_c"].timer_id, clock.now())
    assert not await store.timers.cancel("named_nonsense_a", clock.now())
    await desk.exchange(named_timers=[TimerChange("x", now + 99, "x"), TimerChange("x", None, "x")])
    await desk.exchange(named_timers=[TimerChange("y", now + 99, "y")])
    assert [row.name for row in await store.timers.find() if row.kind == "named"] == ["y"]
    await desk.exchange(timer=TimerChange(every=True))
    assert await store.timers.find() == []


async def test_a_scheduled_inbound_takes_its_place_when_due(
    store: Store, desk: Any, clock: FakeClock
) -> None:
    """Until then it has no number and its receipt says scheduled."""
    await desk.exchange()
    later = await desk.say(kind=Kind.INJECT, not_before=clock.now() + 60, must_exist=True)
    trace = later.inbound.trace_id
    assert (later.scheduled, later.inbound.seq) == (True, 0)
    await desk.say()
    receipt = await store.receipts.find(trace)
    assert receipt is not None
    assert receipt.status == "scheduled"
    await clock.advance(60)
    (accepted,) = await store.timers.due(clock.now(), 10)
    assert (accepted.inbound.seq, accepted.inbound.trace_id, accepted.backlog) == (3, trace, 2)


async def test_a_schedule_needs_its_session_too(store: Store, desk: Any, clock: FakeClock) -> None:
    """An inject for later to nobody is refused now."""
    answer = await store.inbox.accept([desk.arrival(not_before=clock.now() + 60, must_exist=True)])
    assert answer == [Refused("session_not_found")]


async def test_timers_are_cancelled_by_id(store: Store, desk: Any, clock: FakeClock) -> None:
    """Both kinds; once."""
    await desk.exchange(timer=TimerChange("a", clock.now() + 60))
    await desk.say(not_before=clock.now() + 90)
    for timer in await store.timers.find():
        assert await store.timers.cancel(timer.timer_id, clock.now())
        assert not await store.timers.cancel(timer.timer_id, clock.now())
    assert await store.timers.find() == []


async def test_scheduled_inbounds_are_counted_and_may_wait_for_room(
    store: Store, desk: Any, clock: FakeClock
) -> None:
    """Those of an endpoint that is full stay; timers of nodes do not."""
    await desk.exchange(timer=TimerChange("size", clock.now() + 60))
    await desk.say(kind=Kind.NOTIFY, not_before=clock.now() + 30)
    endpoint = desk.session().endpoint
    assert await store.timers.scheduled() == {endpoint: 1}
    await clock.advance(60)
    (timeout,) = await store.timers.due(clock.now(), 10, [endpoint])
    assert timeout.inbound.kind is Kind.TIMER
    (notify,) = await store.timers.due(clock.now(), 10, ["another"])
    assert notify.inbound.kind is Kind.NOTIFY
    assert await store.timers.scheduled() == {}


async def test_scheduled_inbounds_count_in_their_session(store: Store, desk: Any, clock: FakeClock) -> None:
    """With the inbounds that wait for their turn."""
    await desk.say(max_backlog=3)
    for _ in range(2):
        await desk.say(kind=Kind.NOTIFY, not_before=clock.now() + 30, max_backlog=3)
    one_more = desk.arrival(kind=Kind.NOTIFY, not_before=clock.now() + 30, max_backlog=3)
    assert await store.inbox.accept([one_more]) == [Refused("session_busy")]
