"""Deliveries leave in their session's order; attempts, replays, lists."""

from __future__ import annotations

import asyncio
from typing import Any

from flowhook.harness.clocks import FakeClock
from flowhook.ids import delivery_id
from flowhook.storage.protocols import Store
from flowhook.storage.records import DeliveryFilter


async def test_resolving_promotes_the_next(store: Store, desk: Any) -> None:
    """Delivered or dead: the next of the session leaves, whole."""
    committed = await desk.exchange(None, "a", "b", "c")
    second = await desk.deliver(committed.deliveries[0])
    assert second == committed.deliveries[1]
    third = await desk.deliver(second, "dead", error="gone")
    assert third == committed.deliveries[2]
    assert await desk.deliver(third) is None
    counts = await store.counts()
    assert (counts["pending"], counts["dead"]) == (0, 1)


async def test_settling_promotes_the_next(store: Store, desk: Any) -> None:
    """The same as a resolve, with a transaction that comes along; until then the delivery is due."""
    committed = await desk.exchange(None, "a", "b")
    settling = desk.settle(desk.outcome(committed.deliveries[0], http_status=200))
    later = await desk.exchange(None, "c")
    assert await settling == committed.deliveries[1]
    assert not later.ready
    settling = desk.settle(desk.outcome(committed.deliveries[1]))
    assert await settling == later.deliveries[0]
    assert await desk.settle(desk.outcome(later.deliveries[0])) is None
    assert await desk.settle(desk.outcome(later.deliveries[0])) is None
    assert (await store.counts())["pending"] == 0


async def test_many_that_are_settled_at_once(store: Store, desk: Any) -> None:
    """Of several sessions, some with another one behind, one that waits in the store, one twice."""
    heads = []
    for number in range(6):
        texts = ("a", "b") if number % 2 else ("a",)
        heads.append((await desk.exchange(desk.session(f"u{number}"), *texts)).deliveries[0])
    found = {delivery.user_id: delivery for delivery in await desk.due()}
    settling = [desk.settle(desk.outcome(found[head.user_id], http_status=204)) for head in heads]
    settling.append(desk.settle(desk.outcome(heads[0])))
    following = [await entry for entry in settling]
    assert [entry and (entry.user_id, entry.sequence) for entry in following] == [
        None, ("u1", 2), None, ("u3", 2), None, ("u5", 2), None,
    ]  # fmt: skip
    assert {(delivery.user_id, delivery.sequence) for delivery in await desk.due()} == {
        ("u1", 2), ("u3", 2), ("u5", 2),
    }  # fmt: skip
    row = await store.outbox.get(heads[0].delivery_id)
    assert row is not None
    assert (row.status, row.attempts, row.last_status) == ("delivered", 1, 204)


async def test_what_is_settled_blocks_nothing_that_is_handed_in_later(store: Store, desk: Any) -> None:
    """The order of what is handed in is kept, also where it is quiet."""
    first = await desk.exchange()
    desk.settle(desk.outcome(first.deliveries[0]))
    assert (await desk.exchange()).ready


async def test_who_fails_at_the_news_keeps_nobody_from_it(store: Store, desk: Any) -> None:
    """Several are told of one commit: a mistake of one is the event loop's to tell, and his alone."""
    loop, mistakes = asyncio.get_running_loop(), []
    loop.set_exception_handler(lambda _, context: mistakes.append(context["exception"]))
    heads = [(await desk.exchange(desk.session(f"u{number}"))).deliveries[0] for number in range(3)]

    def fail(following: Any, error: BaseException | None) -> None:
        raise LookupError("a listener failed")

    first = desk.settle(desk.outcome(heads[0]))
    store.outbox.settle(desk.outcome(heads[1]), fail)
    last = desk.settle(desk.outcome(heads[2]))
    assert await asyncio.gather(first, last) == [None, None]
    await desk.exchange(desk.session("u3"))  # whatever the order in which they are told
    assert [str(mistake) for mistake in mistakes] == ["a listener failed"]
    loop.set_exception_handler(None)


async def test_resolving_twice_changes_nothing(store: Store, desk: Any) -> None:
    """The second word on a delivery is not heard."""
    committed = await desk.exchange(None, "a", "b")
    await desk.deliver(committed.deliveries[0])
    assert await desk.deliver(committed.deliveries[0]) is None
    assert await desk.deliver(committed.deliveries[0], "dead") is None
    assert (await store.counts())["dead"] == 0


async def test_a_failed_attempt_waits_and_is_recorded(store: Store, desk: Any, clock: FakeClock) -> None:
    """It is due again at its time; what did not count is not counted."""
    (delivery,) = (await desk.exchange()).deliveries
    later = clock.now() + 30
    await desk.deliver(delivery, "pending", next_at=later, http_status=500, error="status", ms=12)
    assert await desk.due() == []
    assert await store.outbox.next_due_at() == later
    await clock.advance(30)
    (again,) = await desk.due()
    assert (again.attempts, again.body, again.delivery_id) == (1, delivery.body, delivery.delivery_id)
    await desk.deliver(delivery, "pending", next_at=later, http_status=429, counts=False)
    assert (await desk.due())[0].attempts == 1
    found = await store.outbox.get(delivery.delivery_id)
    assert found is not None
    assert [(one["status"], one["error"]) for one in found.failures] == [(500, "status"), (429, None)]
    assert found.request is not None
    assert (found.request.body, found.request.url) == (delivery.body, delivery.url)
    assert await store.outbox.get(delivery_id(b"\1" * 16, 1, None)) is None
    assert await store.outbox.get("nonsense") is None


async def test_heads_fall_due_oldest_first(desk: Any, clock: FakeClock) -> None:
    """Over all endpoints, as many as asked for, except those of paused endpoints."""
    for number, endpoint in enumerate(["b", "a", "b", "c"]):
        await desk.exchange(desk.session(f"u{number}", endpoint=endpoint))
        await clock.advance(1)
    assert [delivery.user_id for delivery in await desk.due()] == ["u0", "u1", "u2", "u3"]
    assert [delivery.user_id for delivery in await desk.due(skip=["b"])] == ["u1", "u3"]
    assert len(await desk.store.outbox.due(clock.now(), 2)) == 2
    assert await desk.store.outbox.next_due_at(["a", "b", "c"]) is None


async def test_a_well_endpoint_wakes_its_heads(store: Store, desk: Any, clock: FakeClock) -> None:
    """All that wait fall due at once; other endpoints' do not."""
    far = clock.now() + 5000
    for number in range(3):
        committed = await desk.exchange(desk.session(f"u{number}"))
        await desk.deliver(committed.deliveries[0], "pending", next_at=far)
    other = await desk.exchange(desk.session(endpoint="other"))
    await desk.deliver(other.deliveries[0], "pending", next_at=far)
    assert await store.outbox.wake("web", clock.now()) == 3
    assert {delivery.endpoint for delivery in await desk.due()} == {"web"}
    assert len(await desk.due()) == 3


async def test_a_replay_keeps_id_and_bytes(store: Store, desk: Any) -> None:
    """Dead or delivered, it is due again and marked; what is pending is left alone."""
    users = ("u1", "u2", "u3")
    dead, delivered, pending = [(await desk.exchange(desk.session(user))).deliveries[0] for user in users]
    await desk.deliver(dead, "dead")
    await desk.deliver(delivered)
    ids = [one.delivery_id for one in (dead, delivered, pending)]
    again = await store.outbox.replay([*ids, "evt_nonsense"], desk.clock.now())
    assert [one.delivery_id for one in again] == ids[:2]
    assert all(one.replay and one.attempts == 0 for one in again)
    assert again[0].body == dead.body
    assert len(await desk.due()) == 3
    await desk.deliver(again[0])
    assert (await store.counts())["dead"] == 0


async def test_deliveries_are_listed(store: Store, desk: Any) -> None:
    """By status, names, page by page, newest first."""
    first = await desk.exchange(None, "a", "b", "c")
    other = await desk.exchange(desk.session("u2"), "d")
    second = await desk.deliver(first.deliveries[0], "dead", error="no")
    rows = await store.outbox.find(DeliveryFilter())
    assert [(row.sequence, row.output["text"]) for row in rows] == [(1, "d"), (3, "c"), (2, "b"), (1, "a")]
    assert [row.sequence for row in await store.outbox.find(DeliveryFilter(status="dead"))] == [1]
    pending = await store.outbox.find(DeliveryFilter(status="pending"))
    assert [row.delivery_id for row in pending] == [
        other.deliveries[0].delivery_id, first.deliveries[2].delivery_id, second.delivery_id,
    ]  # fmt: skip
    page = await store.outbox.find(DeliveryFilter(status="pending"), limit=2, after=pending[0].delivery_id)
    assert page == pending[1:]
    gone = delivery_id(b"\1" * 16, 1, None)
    assert await store.outbox.find(DeliveryFilter(status="pending"), after=gone) == []
    mine = await store.outbox.find(DeliveryFilter(endpoint="web", user_id="u1", session_id="s1"), limit=1)
    assert [row.sequence for row in mine] == [3]
    assert await store.outbox.find(DeliveryFilter(user_id="u2")) == [pending[0]]


async def test_what_is_pending_is_counted(store: Store, desk: Any) -> None:
    """Heads and what is parked behind them; what is replayed, and what comes to stand behind that."""
    committed = await desk.exchange(None, "a", "b", "c")
    await desk.exchange(desk.session("u2"), "d")
    assert (await store.counts())["pending"] == 4
    second = await desk.deliver(committed.deliveries[0], "dead")
    third = await desk.deliver(second)
    await desk.deliver(third)
    assert (await store.counts())["pending"] == 1
    await store.outbox.replay([committed.deliveries[0].delivery_id], desk.clock.now())
    assert (await store.counts())["pending"] == 2
    await store.outbox.replay([third.delivery_id], desk.clock.now())
    await desk.exchange(None, "e")
    assert (await store.counts())["pending"] == 4


async def test_deliveries_are_found_by_time(store: Store, desk: Any, clock: FakeClock) -> None:
    """Those made from one moment until another, the latter not included."""
    moments = []
    for text in "abc":
        moments.append(clock.now())
        await desk.exchange(None, text)
        await clock.advance(60)
    wanted = DeliveryFilter(since=moments[1], until=moments[2])
    assert [row.output["text"] for row in await store.outbox.find(wanted)] == ["b"]
    mine = DeliveryFilter(endpoint="web", user_id="u1", session_id="s1", since=moments[1])
    assert [row.output["text"] for row in await store.outbox.find(mine)] == ["c", "b"]


async def test_a_stuck_head_is_given_up(store: Store, desk: Any, clock: FakeClock) -> None:
    """It is dead with its reason, and what was parked behind it is free; nothing else can be given up."""
    first, second, third = (await desk.exchange(None, "a", "b", "c")).deliveries
    await desk.deliver(first, "pending", next_at=clock.now() + 60, http_status=500, error="HTTP 500")
    parked = await store.outbox.give_up(second.delivery_id, "no", clock.now())
    assert (parked.outcome, parked.following) == ("parked", None)
    given_up = await store.outbox.give_up(first.delivery_id, "by Ada", clock.now())
    assert (given_up.outcome, given_up.following) == ("given up", second)
    assert (await desk.due()) == [second]
    row = await store.outbox.get(first.delivery_id)
    assert row is not None
    assert (row.status, row.last_error, row.attempts) == ("dead", "by Ada", 1)
    assert (await store.outbox.give_up(first.delivery_id, "no", clock.now())).outcome == "resolved"
    assert (await store.outbox.give_up("evt_nonsense", "no", clock.now())).outcome == "unknown"
    assert await desk.deliver(first) is None  # an attempt that was under way
    assert await desk.deliver(second) == third


async def test_dead_deliveries_are_dropped(store: Store, desk: Any, clock: FakeClock) -> None:
    """One, or those that a filter names; what is pending or delivered stays, and the order goes on."""
    first, second, third = (await desk.exchange(None, "a", "b", "c")).deliveries
    await desk.deliver(first, "dead", error="gone")
    await desk.deliver(second)
    other = (await desk.exchange(desk.session("u2"))).deliveries[0]
    await desk.deliver(other, "dead")
    assert not await store.outbox.drop_one(second.delivery_id)
    assert not await store.outbox.drop_one("evt_nonsense")
    assert await store.outbox.drop_one(first.delivery_id)
    assert await store.outbox.get(first.delivery_id) is None
    assert await store.outbox.drop_dead(DeliveryFilter(user_id="u1"), 10) == 0
    assert await store.outbox.drop_dead(DeliveryFilter(endpoint="web"), 10) == 1
    assert [row.sequence for row in await store.outbox.find(DeliveryFilter())] == [3, 2]
    assert await desk.due() == [third]


async def test_what_the_receiver_said_is_kept(store: Store, desk: Any, clock: FakeClock) -> None:
    """With each attempt that failed."""
    (delivery,) = (await desk.exchange()).deliveries
    await desk.deliver(delivery, "pending", next_at=clock.now(), http_status=500, response="<h1>Oops</h1>")
    row = await store.outbox.get(delivery.delivery_id)
    assert row is not None
    assert [one["response"] for one in row.failures] == ["<h1>Oops</h1>"]
