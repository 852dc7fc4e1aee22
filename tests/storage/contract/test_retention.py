"""What is old goes, piece by piece; what has work stays."""

from __future__ import annotations

import asyncio
from typing import Any

from flowhook.harness.clocks import FakeClock
from flowhook.model.session_ref import SessionRef
from flowhook.storage.protocols import Store
from flowhook.storage.records import Accepted, DeliveryFilter, ProfileChange, TimerChange

DAY = 24 * 3600.0


async def swept(store: Store, now: float, **retention: float) -> dict[str, int]:
    """Sweep until nothing is left to sweep."""
    total: dict[str, int] = {}
    while any((gone := await store.retention.sweep(now, retention)).values()):
        total = {name: total.get(name, 0) + count for name, count in gone.items()}
    return total


async def test_old_sessions_end_and_their_counters_stay(store: Store, desk: Any, clock: FakeClock) -> None:
    """The next message begins anew, with the next numbers."""
    await desk.exchange()
    await desk.deliver((await desk.due())[0])
    assert (await swept(store, clock.now() + 50, sessions=100)) == {}
    assert (await swept(store, clock.now() + 101, sessions=100))["sessions"] == 1
    assert await store.sessions.get(desk.session()) is None
    assert (await store.counts())["sessions"] == 0
    accepted = await desk.say()
    assert (accepted.fresh, accepted.state, accepted.inbound.seq) == (True, None, 2)
    assert (await store.counts())["sessions"] == 1


async def test_what_has_work_is_not_swept(store: Store, desk: Any, clock: FakeClock) -> None:
    """A backlog, a pending delivery or a timer keeps its session and its rows."""
    await desk.say(desk.session("queued"))
    await desk.exchange(desk.session("pending"))
    timed = await desk.exchange(desk.session("timer"), "x", timer=TimerChange("n", clock.now() + 1e9))
    await desk.deliver(timed.deliveries[0])
    gone = await swept(store, clock.now() + 1e6, sessions=1, transcripts=1)
    assert gone.get("sessions", 0) == 0
    counts = await store.counts()
    assert (counts["sessions"], counts["queued"], counts["pending"]) == (3, 1, 1)


async def test_transcripts_go_with_their_counters_last(store: Store, desk: Any, clock: FakeClock) -> None:
    """Once nothing of a session is left, its row goes too."""
    committed = await desk.exchange(trace=b"{}")
    await desk.deliver(committed.deliveries[0])
    await swept(store, clock.now() + 101, sessions=100, transcripts=100)
    assert await store.transcripts.entries(desk.session()) == []
    assert await store.outbox.find(DeliveryFilter()) == []
    assert (await desk.say()).inbound.seq == 1


async def test_traces_and_dead_deliveries_have_their_own_time(
    store: Store, desk: Any, clock: FakeClock
) -> None:
    """A trace goes before its transcript, a dead delivery stays longer."""
    committed = await desk.exchange(trace=b"{}")
    await desk.deliver(committed.deliveries[0], "dead")
    await swept(store, clock.now() + 101, traces=100)
    (entry,) = await store.transcripts.entries(desk.session())
    assert "trace" not in entry
    await swept(store, clock.now() + 101, transcripts=100)
    assert len(await store.outbox.find(DeliveryFilter(status="dead"))) == 1
    await swept(store, clock.now() + 101, dead_deliveries=100)
    assert await store.outbox.find(DeliveryFilter(status="dead")) == []
    assert await store.outbox.get(committed.deliveries[0].delivery_id) is None


async def test_traces_where_something_failed_stay_as_long_as_their_inbound(
    store: Store, desk: Any, clock: FakeClock
) -> None:
    """They are found at once, and outlast the others."""
    await desk.exchange(trace=b'{"steps": []}')
    await desk.exchange(trace=b'{"steps": [{"error": "no answer"}]}', failed=True)
    await desk.exchange(trace=b'{"steps": []}', status="failed", reason="why", failed=True)
    assert [row.failed for row in await store.traces.find()] == [True, True, False]
    failed = await store.traces.find(failed=True, limit=1)
    assert [(row.status, row.reason) for row in failed] == [("failed", "why")]
    (second,) = await store.traces.find(failed=True, before=failed[-1].row)
    assert second.trace == {"steps": [{"error": "no answer"}]}
    assert await store.traces.of(second.trace_id) == [second]
    assert await store.traces.find("elsewhere") == []
    await swept(store, clock.now() + 101, traces=100)
    assert len(await store.traces.find()) == 2
    await swept(store, clock.now() + 101, traces=100, transcripts=100)
    assert await store.traces.find() == []


async def test_profiles_keys_and_discards_age(store: Store, desk: Any, clock: FakeClock) -> None:
    """Each by its own clock; idempotency keys after a day."""
    await desk.turn(await desk.say(idempotency_key="k"), profile=[ProfileChange("set", ("x",), 1)])
    await store.receipts.record_discard("f" * 32, desk.session(), "why", clock.now())
    gone = await swept(store, clock.now() + 2 * DAY, profiles=DAY, traces=DAY)
    assert (gone["profiles"], gone["idempotency"], gone["discards"]) == (1, 1, 1)


async def test_a_sweep_is_a_bounded_piece(store: Store, desk: Any, clock: FakeClock) -> None:
    """Large piles go in several calls, so that nobody waits for one."""
    for first in range(0, 1100, 100):  # no more at once, for which a busy database has its deadline
        arrivals = [desk.arrival(SessionRef("web", f"u{first + n}", "s")) for n in range(100)]
        accepted = [one for one in await store.inbox.accept(arrivals) if isinstance(one, Accepted)]
        await asyncio.gather(*(desk.turn(one) for one in accepted))
    later = clock.now() + 101
    pieces = [(await store.retention.sweep(later, {"sessions": 100}))["sessions"] for _ in range(4)]
    assert pieces == [500, 500, 100, 0]
