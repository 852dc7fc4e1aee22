"""Sessions as administration sees, changes and erases them."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.harness.clocks import FakeClock
from flowhook.storage.protocols import Store
from flowhook.storage.records import ProfileChange, Stale, TimerChange


async def test_sessions_are_listed_newest_first(store: Store, desk: Any, clock: FakeClock) -> None:
    """By endpoint, user and session id, page by page."""
    for number in range(4):
        await desk.say(desk.session(f"u{number}"))
        if number % 2:
            await clock.advance(1)
    rows = await store.sessions.find()
    assert [row.ref.user_id for row in rows] == ["u3", "u2", "u1", "u0"]
    page = await store.sessions.find(limit=2, before=(rows[0].updated_at, rows[0].ref.key))
    assert page == rows[1:3]
    assert await store.sessions.find(user_id="u1") == [rows[2]]
    assert await store.sessions.find(endpoint="other") == []


async def test_sessions_with_waiting_inputs_are_found(store: Store, desk: Any, clock: FakeClock) -> None:
    """One whose inputs are all done is not among them, by whatever else they are looked for."""
    done, waits = desk.session("u1"), desk.session("u2")
    await desk.exchange(session=done)
    await desk.say(waits)
    narrowed: list[dict[str, Any]] = [{}, {"user_id": "u2"}, {"endpoint": waits.endpoint}]
    for more in narrowed:
        assert [row.ref for row in await store.sessions.find(waiting=True, **more)] == [waits]
    assert await store.sessions.find(user_id="u1", waiting=True) == []
    assert await store.sessions.find(nodes=["x/y"], waiting=True) == []


async def test_a_state_written_by_hand_needs_the_revision(store: Store, desk: Any, clock: FakeClock) -> None:
    """Who edits an old revision is told; the timer follows the edit."""
    await desk.exchange(timer=TimerChange("a", clock.now() + 60))
    session = desk.session()
    assert await store.sessions.change(session, 1, b'{"frames":[2]}', "x/y", TimerChange()) == 2
    row = await store.sessions.get(session)
    assert row is not None
    assert (row.state, row.node) == ({"frames": [2]}, "x/y")
    assert await store.timers.find() == []
    with pytest.raises(Stale):
        await store.sessions.change(session, 1, b"{}", None, None)


async def test_what_is_kept_of_a_user_outlives_the_session(store: Store, desk: Any, clock: FakeClock) -> None:
    """An export finds what erasing would erase: ended sessions and plugins' data too."""
    await desk.exchange(None, "a")
    await desk.deliver((await desk.due())[0])
    await desk.exchange(desk.session("u2"), "b")
    await store.plugin_data.keep("web", "", "a", "b", {"x": 1}, ("u1", "s1"), clock.now() + 1000)
    await store.retention.sweep(clock.now() + 101, {"sessions": 100})
    (row,) = await store.sessions.of_user("u1")
    assert (row.ref, row.created_at, row.state) == (desk.session(), None, {})
    assert [entry["text"] for entry in await store.transcripts.entries(row.ref)] == ["hi"]
    kept = [{"endpoint": "web", "namespace": "", "a": "a", "b": "b", "data": {"x": 1}}]
    assert await store.plugin_data.of_user("u1") == kept
    assert await store.plugin_data.of_user("u2") == []
    await clock.advance(1000)
    assert await store.plugin_data.of_user("u1") == []


async def test_forgetting_a_user_leaves_nothing(store: Store, desk: Any, clock: FakeClock) -> None:
    """Sessions, what they said, profile, timers and plugins' data go; another user's stay."""
    accepted = await desk.say(idempotency_key="k")
    await desk.turn(
        accepted, "a", "b", profile=[ProfileChange("set", ("x",), 1)], timer=TimerChange("n", clock.now() + 9)
    )
    await desk.say()
    await desk.say(not_before=clock.now() + 60)
    await desk.say(desk.session("u1", "only-scheduled"), not_before=clock.now() + 60)
    await store.plugin_data.keep("web", "plugin", "a", "b", {"secret": 1}, ("u1", "s1"), None)
    await desk.exchange(desk.session("u2"))
    assert await store.sessions.forget(user_id="u1") == 1
    assert await store.sessions.get(desk.session()) is None
    assert await store.receipts.find(accepted.inbound.trace_id) is None
    assert await store.profiles.get("u1") == {}
    assert await store.timers.find() == []
    assert await store.plugin_data.get("web", "plugin", "a", "b", clock.now()) is None
    assert await store.transcripts.entries(desk.session()) == []
    assert await store.sessions.find(user_id="u1") == []
    counts = await store.counts()
    assert (counts["sessions"], counts["queued"], counts["pending"]) == (1, 0, 1)


async def test_a_forgotten_session_never_reuses_an_id(store: Store, desk: Any) -> None:
    """Receivers know delivery ids by heart: the counters go on, everything else is new."""
    await desk.exchange(None, "a", "b")
    assert await store.sessions.forget(ref=desk.session()) == 1
    accepted = await desk.say()
    assert (accepted.fresh, accepted.state) == (True, None)
    committed = await desk.turn(accepted, "c")
    assert (committed.deliveries[0].sequence, committed.ready) == (3, True)
    (row,) = await store.sessions.find(user_id="u1")
    assert row.ref == desk.session()


async def test_forgetting_stops_a_turn_that_runs(store: Store, desk: Any) -> None:
    """What it computed is not stored."""
    accepted = await desk.say()
    await store.sessions.forget(ref=desk.session())
    with pytest.raises(Stale):
        await desk.turn(accepted, "hello")
