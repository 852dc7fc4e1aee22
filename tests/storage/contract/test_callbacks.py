"""What the store promises about the callbacks of tasks."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from tests.storage.conftest import Desk

from flowhook.harness.clocks import FakeClock
from flowhook.ids import new_id
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.protocols import Store
from flowhook.storage.records import Accepted, OpenCallback, TaskChange


def opening(
    task: str, kind: Any = "callback", due_at: float | None = None, tells: bool = True
) -> OpenCallback:
    """A callback with a hash of its own."""
    return OpenCallback(hashlib.sha256(task.encode()).digest(), task, "pizza/work", kind, due_at, tells)


async def open_one(desk: Desk, task: str = "t1", session: SessionRef | None = None, **more: Any) -> bytes:
    """A turn that starts a task and waits; answers the hash."""
    callback = opening(task, **more)
    await desk.exchange(session, "started", tasks=TaskChange([callback], [task]))
    return callback.hash


async def use(desk: Desk, hash: bytes, expires_after: float | None = None, **content: Any) -> Accepted | None:
    """What the door does with a result."""
    inbound = Inbound(SessionRef("web", "", ""), Kind.CALLBACK, new_id(), desk.clock.now(), **content)
    shard = desk.session().key[0]
    return await desk.store.callbacks.use(shard, hash, inbound, expires_after)


async def state_of(desk: Desk, hash: bytes) -> str:
    row = await desk.store.callbacks.find(desk.session().key[0], hash)
    assert row is not None
    return row.status


@pytest.mark.parametrize("content", [{"data": {"a": 1}}, {"result": 0}, {"result": ""}, {"result": [1]}, {}])
async def test_it_is_used_once(desk: Desk, content: dict[str, Any]) -> None:
    """It enters its session's inbox with all that the callback knows, and comes back from there."""
    hash = await open_one(desk)
    accepted = await use(desk, hash, **content)
    assert accepted is not None
    inbound = accepted.inbound
    assert (inbound.ref, inbound.kind, inbound.task) == (desk.session(), Kind.CALLBACK, "t1")
    assert (inbound.callback, inbound.seq) == ("pizza/work", 2)
    assert await use(desk, hash) is None
    assert await state_of(desk, hash) == "used"
    _, _, (read,) = await desk.store.inbox.backlog(desk.session())
    assert read == inbound


async def test_unknown_ones(desk: Desk) -> None:
    """Nothing is known, and nothing is stored."""
    assert await desk.store.callbacks.find(1, b"x" * 32) is None
    assert await use(desk, b"x" * 32) is None


async def test_one_that_is_waited_for_no_longer_is_void(desk: Desk) -> None:
    """With the segment that says so; one that enters as an inject stays open."""
    waited = await open_one(desk)
    free = await open_one(desk, "t2", kind="inject")
    assert await state_of(desk, waited) == "void"  # the second segment waited for t2 only
    await desk.exchange(tasks=TaskChange())
    assert await state_of(desk, free) == "open"
    accepted = await use(desk, free, result=3)
    assert accepted is not None
    assert (accepted.inbound.kind, accepted.inbound.data) == (Kind.INJECT, {"value": 3})


async def test_one_that_could_not_be_started_is_void(desk: Desk) -> None:
    """Of either kind."""
    hash = await open_one(desk, kind="inject")
    await desk.exchange(tasks=TaskChange(dropped=["t1"]))
    assert await state_of(desk, hash) == "void"


async def test_opening_twice_is_opening_once(desk: Desk) -> None:
    """A turn that is run again finds it as it is, also when it was used meanwhile."""
    hash = await open_one(desk)
    assert await use(desk, hash) is not None
    await open_one(desk)
    assert await state_of(desk, hash) == "used"


async def test_its_time(desk: Desk, clock: FakeClock) -> None:
    """What is said meanwhile leaves it alone; a callback that comes first takes it away."""
    hash = await open_one(desk, due_at=clock.now() + 60)
    await desk.say()
    assert await desk.store.timers.next_due_at() == clock.now() + 60
    await clock.advance(61)
    (due,) = await desk.store.timers.due(clock.now(), 10)
    assert (due.inbound.kind, due.inbound.task, due.inbound.timer) == (Kind.TIMER, "t1", "pizza/work")
    assert await state_of(desk, hash) == "void"
    assert await use(desk, hash) is None
    other = await open_one(desk, "t2", desk.session(), due_at=clock.now() + 60)
    assert await use(desk, other) is not None
    assert await desk.store.timers.next_due_at() is None


async def test_nobody_is_told_of_the_time_of_one_that_nobody_waits_for(desk: Desk, clock: FakeClock) -> None:
    """It is void, and no turn takes place, unless the task has a branch for it."""
    hash = await open_one(desk, kind="inject", due_at=clock.now() + 60, tells=False)
    told = await open_one(desk, "t2", desk.session("u2"), kind="inject", due_at=clock.now() + 60)
    await clock.advance(61)
    (due,) = await desk.store.timers.due(clock.now(), 10)
    assert (due.inbound.kind, due.inbound.task, due.inbound.ref) == (Kind.TIMER, "t2", desk.session("u2"))
    assert await state_of(desk, hash) == "void"
    shard = desk.session("u2").key[0]
    row = await desk.store.callbacks.find(shard, told)
    assert row is not None
    assert row.status == "void"


@pytest.mark.parametrize("end", ["forget", "sweep", "renew", "reset"])
async def test_it_ends_with_its_session(desk: Desk, store: Store, clock: FakeClock, end: str) -> None:
    """However that ends; the void one is remembered for a while."""
    hash = await open_one(desk, kind="inject", due_at=None)
    if end == "forget":
        await store.sessions.forget(ref=desk.session())
    elif end == "sweep":
        (delivery,) = await desk.due()
        await desk.deliver(delivery)
        await clock.advance(100)
        await store.retention.sweep(clock.now(), {"sessions": 50.0, "traces": 1000.0})
        assert await store.sessions.get(desk.session()) is None
    elif end == "renew":
        await clock.advance(100)
        assert await use(desk, hash, expires_after=50.0) is None
        again = await open_one(desk, "t2", kind="inject")
        await clock.advance(100)
        (renewed,) = await store.inbox.accept([desk.arrival(expires_after=50.0)])
        assert isinstance(renewed, Accepted)
        assert renewed.fresh
        assert await state_of(desk, again) == "void"
    else:
        row = await store.sessions.get(desk.session())
        assert row is not None
        await store.sessions.change(
            desk.session(), row.revision, b"{}", None, None, TaskChange(all_void=True)
        )
    assert await state_of(desk, hash) == "void"
    assert await use(desk, hash) is None
    await clock.advance(2000)
    await store.retention.sweep(clock.now(), {"traces": 1000.0})
    assert await store.callbacks.find(desk.session().key[0], hash) is None


async def test_they_are_listed_and_ended(desk: Desk, store: Store, clock: FakeClock) -> None:
    """Those with a time first; ending one makes its time come now."""
    timed = await open_one(desk, due_at=clock.now() + 60)
    other = desk.session("u2")
    endless = await open_one(desk, "t2", other)
    first, second = await store.timers.find()
    assert (first.kind, first.ref, first.due_at) == ("task", desk.session(), clock.now() + 60)
    assert (second.kind, second.ref, second.due_at) == ("task", other, None)
    assert await store.timers.find(1) == [first]
    assert endless.hex() in second.timer_id
    assert await store.timers.cancel(second.timer_id, clock.now())
    (due,) = await store.timers.due(clock.now(), 10)
    assert (due.inbound.ref, due.inbound.task) == (other, "t2")
    assert not await store.timers.cancel(second.timer_id, clock.now())
    assert timed.hex() in first.timer_id


async def test_an_abandoned_turn_leaves_the_inbox(desk: Desk, store: Store) -> None:
    """Its inbound is discarded in the transaction that changes the session by hand."""
    await desk.exchange()
    begun = await desk.say()
    row = await store.sessions.get(desk.session())
    assert row is not None
    await store.sessions.change(desk.session(), row.revision, b"{}", None, None, None, begun.inbound.seq)
    receipt = await store.receipts.find(begun.inbound.trace_id)
    assert receipt is not None
    assert (receipt.status, receipt.reason) == ("discarded", "session_changed")
    assert (await store.inbox.backlog(desk.session()))[2] == []
    row = await store.sessions.get(desk.session())
    assert row is not None
    assert row.backlog == 0


async def test_sessions_are_counted_by_node(desk: Desk, store: Store) -> None:
    """Of one endpoint; those at the first node, and those that ended, are none of them."""
    for user, node in (("u1", "pizza/size"), ("u2", "pizza/size"), ("u3", "pizza/pay"), ("u4", None)):
        await desk.exchange(desk.session(user), node=node)
    await desk.exchange(desk.session("u5", endpoint="other"))
    assert sorted(await store.sessions.by_node("web")) == [("pizza/pay", 1), ("pizza/size", 2)]
    await store.sessions.forget(user_id="u2")
    await desk.exchange(desk.session("u3"), node="pizza/size")
    assert await store.sessions.by_node("web") == [("pizza/size", 2)]
    assert await store.sessions.by_node("nobody") == []


async def test_what_comes_once_is_not_cancelled(desk: Desk, store: Store, clock: FakeClock) -> None:
    """A callback or a timer in the inbox: its session would wait for ever."""
    used = await use(desk, await open_one(desk))
    other = desk.session("u2")
    await open_one(desk, "t2", other, due_at=clock.now() + 60)
    await clock.advance(61)
    (due,) = await store.timers.due(clock.now(), 10)
    assert used is not None
    for inbound in (used.inbound, due.inbound):
        assert await store.receipts.cancel(inbound.trace_id, clock.now()) == "begun"
