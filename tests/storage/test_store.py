"""What a store promises, whichever database stands behind it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowhook.harness.clocks import FakeClock
from flowhook.ids import delivery_id
from flowhook.model.inbound import Inbound, Kind, Precondition
from flowhook.model.session_ref import SessionRef
from flowhook.storage.protocols import Store
from flowhook.storage.records import Accepted, ApiKey, ProfileChange, Refused, Replayed, Stale, TimerChange

DAY = 24 * 3600.0


# --- acceptance -----------------------------------------------------------------------------------


async def test_the_first_message_makes_the_session(desk: Any) -> None:
    """A new session is fresh, without state, at revision 0, and its first inbound is number 1."""
    accepted = await desk.say()
    assert (accepted.fresh, accepted.state, accepted.revision, accepted.backlog) == (True, None, 0, 1)
    assert accepted.inbound.seq == 1


async def test_inbounds_are_numbered_in_the_order_of_acceptance(desk: Any) -> None:
    """One order for all kinds; backlog counts those that wait."""
    kinds = [Kind.MESSAGE, Kind.INJECT, Kind.NOTIFY]
    accepted = [await desk.say(kind=kind) for kind in kinds]
    assert [one.inbound.seq for one in accepted] == [1, 2, 3]
    assert [one.backlog for one in accepted] == [1, 2, 3]


async def test_acceptance_answers_the_state_as_committed(desk: Any) -> None:
    """The next turn needs no read."""
    await desk.exchange(state=b'{"frames":[["a","b"]]}')
    accepted = await desk.say()
    assert (accepted.state, accepted.revision, accepted.fresh) == (b'{"frames":[["a","b"]]}', 1, False)


async def test_an_inbound_comes_back_as_it_went_in(store: Store, desk: Any) -> None:
    """Nothing of an inbound is lost in storage."""
    inbound = Inbound(
        desk.session(), Kind.INJECT, "0" * 32, desk.clock.now(), "text ü", {"a": [1, None]}, [{"url": "x"}],
        test=True, precondition=Precondition("f/n", 3, 5.0), remote_address="::1",
    )  # fmt: skip
    arrival = desk.arrival()
    arrival.inbound = inbound
    await desk.say()
    await store.inbox.accept([arrival])
    _, _, waiting = await store.inbox.backlog(desk.session())
    assert waiting[1] == inbound


async def test_data_that_is_empty_is_still_data(store: Store, desk: Any) -> None:
    """``{}`` is not the same as absent."""
    arrival = desk.arrival(text="")
    arrival.inbound.data = {}
    await store.inbox.accept([arrival])
    _, _, (inbound,) = await store.inbox.backlog(desk.session())
    assert inbound.data == {}


async def test_a_repeat_with_the_same_key_is_answered_again(store: Store, desk: Any) -> None:
    """Same key, same body: the first answer, and nothing is stored."""
    first = desk.arrival(idempotency_key="k", fingerprint=b"1")
    await store.inbox.accept([first])
    (answer,) = await store.inbox.accept([desk.arrival(idempotency_key="k", fingerprint=b"1")])
    assert answer == Replayed(first.inbound.trace_id, "u1", "s1")
    assert (await store.counts())["queued"] == 1


async def test_a_repeat_with_another_body_is_refused(store: Store, desk: Any) -> None:
    """The same key must mean the same request."""
    await store.inbox.accept([desk.arrival(idempotency_key="k", fingerprint=b"1")])
    answer = await store.inbox.accept([desk.arrival(idempotency_key="k", fingerprint=b"2")])
    assert answer == [Refused("idempotency_mismatch")]


async def test_a_key_belongs_to_session_and_route(store: Store, desk: Any) -> None:
    """The same key elsewhere is another request."""
    await store.inbox.accept([desk.arrival(idempotency_key="k")])
    for other in (
        desk.arrival(desk.session("u2"), idempotency_key="k"),
        desk.arrival(route="inject", idempotency_key="k"),
    ):
        assert isinstance((await store.inbox.accept([other]))[0], Accepted)


async def test_a_key_is_forgotten_after_a_day(store: Store, desk: Any, clock: FakeClock) -> None:
    """Then the same request is a new one."""
    await store.inbox.accept([desk.arrival(idempotency_key="k")])
    await clock.advance(DAY + 1)
    (answer,) = await store.inbox.accept([desk.arrival(idempotency_key="k", fingerprint=b"other")])
    assert isinstance(answer, Accepted)


async def test_only_what_was_accepted_is_remembered(store: Store, desk: Any) -> None:
    """A refused request may be repeated with its key and then runs."""
    refused = desk.arrival(kind=Kind.INJECT, must_exist=True, idempotency_key="k")
    assert await store.inbox.accept([refused]) == [Refused("session_not_found")]
    await desk.say()
    again = desk.arrival(kind=Kind.INJECT, must_exist=True, idempotency_key="k")
    assert isinstance((await store.inbox.accept([again]))[0], Accepted)


async def test_concurrent_repeats_run_once(store: Store, desk: Any) -> None:
    """Of many equal requests at the same moment one is accepted, the others are its echo."""
    many = [store.inbox.accept([desk.arrival(idempotency_key="k", fingerprint=b"1")]) for _ in range(20)]
    answers = [answer for (answer,) in await asyncio.gather(*many)]
    assert sum(isinstance(answer, Accepted) for answer in answers) == 1
    traces = {answer.trace_id for answer in answers if isinstance(answer, Replayed)}
    assert traces == {answer.inbound.trace_id for answer in answers if isinstance(answer, Accepted)}


async def test_inject_needs_a_session(store: Store, desk: Any) -> None:
    """With ``must_exist`` an unknown session is refused and not made."""
    answer = await store.inbox.accept([desk.arrival(kind=Kind.INJECT, must_exist=True)])
    assert answer == [Refused("session_not_found")]
    assert await store.sessions.get(desk.session()) is None


async def test_a_session_exists_from_its_first_message(store: Store, desk: Any) -> None:
    """Also while the first turn has not run."""
    await desk.say()
    await desk.say(kind=Kind.INJECT, must_exist=True)


async def test_a_session_expires(store: Store, desk: Any, clock: FakeClock) -> None:
    """After so long without an inbound it begins anew; its counters go on."""
    await desk.exchange()
    await clock.advance(100)
    refused = await store.inbox.accept([desk.arrival(kind=Kind.INJECT, must_exist=True, expires_after=100)])
    assert refused == [Refused("session_not_found")]
    accepted = await desk.say(expires_after=100)
    assert (accepted.fresh, accepted.state, accepted.inbound.seq) == (True, None, 2)
    committed = await desk.turn(accepted, "again")
    assert committed.deliveries[0].sequence == 2


async def test_a_session_with_work_does_not_expire(desk: Any, clock: FakeClock) -> None:
    """What waits keeps it alive."""
    await desk.say()
    await clock.advance(1000)
    accepted = await desk.say(expires_after=100)
    assert not accepted.fresh
    assert accepted.backlog == 2


async def test_a_busy_session_may_refuse(store: Store, desk: Any) -> None:
    """With ``reject_when_busy`` one inbound at a time; with ``max_backlog`` so many."""
    await desk.say(reject_when_busy=True)
    busy = [Refused("session_busy")]
    assert await store.inbox.accept([desk.arrival(reject_when_busy=True)]) == busy
    await desk.say(max_backlog=2)
    assert await store.inbox.accept([desk.arrival(max_backlog=2)]) == busy


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        (Precondition(if_node="pizza/size"), True),
        (Precondition(if_node="size"), True),
        (Precondition(if_node="pizza/other"), False),
        (Precondition(if_revision=1), True),
        (Precondition(if_revision=7), False),
    ],
)
async def test_a_false_precondition_is_refused_at_once(
    store: Store, desk: Any, condition: Precondition, holds: bool
) -> None:
    """When nothing waits, nothing can make it true again before the turn."""
    await desk.exchange()
    (answer,) = await store.inbox.accept([desk.arrival(kind=Kind.INJECT, precondition=condition)])
    assert isinstance(answer, Accepted) is holds
    assert holds or answer == Refused("precondition_failed")


async def test_a_precondition_waits_for_what_is_queued(store: Store, desk: Any) -> None:
    """With inbounds before it, only its own turn can tell."""
    await desk.say()
    await desk.say(kind=Kind.INJECT, precondition=Precondition(if_revision=1))


async def test_several_arrivals_are_accepted_together(store: Store, desk: Any) -> None:
    """In their order, each with its place."""
    answers = await store.inbox.accept([desk.arrival(), desk.arrival(), desk.arrival(desk.session("u2"))])
    assert [answer.inbound.seq for answer in answers if isinstance(answer, Accepted)] == [1, 2, 1]


async def test_several_arrivals_are_refused_together(store: Store, desk: Any) -> None:
    """All or none: one refusal undoes the others, and others' work in the same commit stays."""
    bad = [desk.arrival(), desk.arrival(desk.session("u2"), must_exist=True)]
    answer, other = await asyncio.gather(store.inbox.accept(bad), desk.say(desk.session("u3")))
    assert answer == [Refused("session_not_found")]
    assert await store.sessions.get(desk.session()) is None
    assert other.inbound.seq == 1


async def test_several_arrivals_are_repeated_together(store: Store, desk: Any) -> None:
    """A repeat runs nothing, also not the arrivals that carry no key."""
    await store.inbox.accept([desk.arrival(idempotency_key="k"), desk.arrival()])
    answers = await store.inbox.accept([desk.arrival(idempotency_key="k"), desk.arrival()])
    assert [type(answer) for answer in answers] == [Replayed]
    assert (await store.counts())["queued"] == 2


# --- commit ---------------------------------------------------------------------------------------


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
    """Sequence and id come from the store, and the id can be computed again."""
    first = await desk.exchange(None, "a", "b")
    second = await desk.exchange(None, "c")
    deliveries = first.deliveries + second.deliveries
    assert [delivery.sequence for delivery in deliveries] == [1, 2, 3]
    assert deliveries[2].delivery_id == delivery_id(desk.session().key, 3)


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
    await desk.turn(accepted, "done", base_revision=first.revision)
    receipt = await store.receipts.find(accepted.inbound.trace_id)
    assert receipt is not None
    assert [output["deliveryId"] for output in receipt.outputs] == [
        delivery_id(desk.session().key, 1),
        delivery_id(desk.session().key, 2),
    ]
    assert [said["text"] for said in receipt.said] == ["wait …", "done"]


async def test_a_segment_without_state_leaves_it(store: Store, desk: Any) -> None:
    """A notify says something and moves nothing."""
    await desk.exchange(state=b'{"frames":[1]}', node="a/b")
    await desk.exchange(state=None, node=None)
    row = await store.sessions.get(desk.session())
    assert row is not None
    assert (row.state, row.node, row.revision) == ({"frames": [1]}, "a/b", 2)


async def test_steps_are_kept_until_the_turn_ends(store: Store, desk: Any) -> None:
    """A turn that runs again finds what it did; the next turn does not."""
    accepted = await desk.say()
    seq = accepted.inbound.seq
    await store.steps.keep(desk.session(), seq, "pay", b"1")
    assert await store.steps.get(desk.session(), seq, "pay") == b"1"
    await desk.turn(accepted)
    assert await store.steps.get(desk.session(), seq, "pay") is None


async def test_profile_changes_meet_what_is_stored(store: Store, desk: Any) -> None:
    """Two sessions of a user change different paths and neither undoes the other."""
    await desk.exchange(profile=[ProfileChange("set", ("name",), "Ann")])
    await desk.exchange(
        desk.session("u1", "s2"),
        "x",
        profile=[
            ProfileChange("set", ("address", "city"), "Bonn"),
            ProfileChange("append", ("tags",), "vip"),
            ProfileChange("append", ("tags",), "new"),
            ProfileChange("unset", ("gone", "deep")),
        ],
    )
    assert await store.profiles.get("u1") == {
        "name": "Ann",
        "address": {"city": "Bonn"},
        "tags": ["vip", "new"],
    }
    assert await store.profiles.get("nobody") == {}


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


# --- delivery -------------------------------------------------------------------------------------


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
    assert await store.outbox.get(delivery_id(b"\1" * 16, 1)) is None
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
    rows = await store.outbox.find()
    assert [(row.sequence, row.output["text"]) for row in rows] == [(1, "d"), (3, "c"), (2, "b"), (1, "a")]
    assert [row.sequence for row in await store.outbox.find(status="dead")] == [1]
    pending = await store.outbox.find(status="pending")
    assert [row.delivery_id for row in pending] == [
        other.deliveries[0].delivery_id, first.deliveries[2].delivery_id, second.delivery_id,
    ]  # fmt: skip
    page = await store.outbox.find(status="pending", limit=2, after=pending[0].delivery_id)
    assert page == pending[1:]
    gone = delivery_id(b"\1" * 16, 1)
    assert await store.outbox.find(status="pending", after=gone) == []
    mine = await store.outbox.find(endpoint="web", user_id="u1", session_id="s1", limit=1)
    assert [row.sequence for row in mine] == [3]
    assert await store.outbox.find(user_id="u2") == [pending[0]]


# --- timers and schedules -------------------------------------------------------------------------


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


# --- coming back ----------------------------------------------------------------------------------


async def test_what_waits_is_found_again(store: Store, desk: Any) -> None:
    """Sessions with a backlog, their state, and their inbounds in order."""
    await desk.exchange()
    await desk.say(text="one")
    await desk.say(text="two")
    await desk.exchange(desk.session("u2"))
    assert await store.inbox.sessions_with_backlog() == [desk.session()]
    state, revision, waiting = await store.inbox.backlog(desk.session())
    assert (state, revision) == (b'{"frames":[["pizza","size"]]}', 1)
    assert [inbound.text for inbound in waiting] == ["one", "two"]
    assert await store.inbox.backlog(desk.session("nobody")) == (None, 0, [])


# --- receipts -------------------------------------------------------------------------------------


async def test_a_receipt_follows_the_inbound(store: Store, desk: Any) -> None:
    """Queued, then done with the revision after it and its outputs."""
    accepted = await desk.say()
    trace = accepted.inbound.trace_id
    receipt = await store.receipts.find(trace)
    assert receipt is not None
    assert (receipt.status, receipt.user_id, receipt.outputs) == ("queued", "u1", [])
    await desk.turn(accepted, "hello")
    receipt = await store.receipts.find(trace)
    assert receipt is not None
    assert (receipt.status, receipt.revision) == ("done", 1)
    assert receipt.outputs == [
        {"deliveryId": delivery_id(desk.session().key, 1), "status": "pending", "attempts": 0}
    ]
    assert await store.receipts.find("0" * 32) is None


async def test_a_receipt_tells_why(store: Store, desk: Any) -> None:
    """Failed and discarded turns have a reason; so has what a plugin dropped."""
    accepted = await desk.say()
    await desk.turn(accepted, status="failed", reason="boom")
    receipt = await store.receipts.find(accepted.inbound.trace_id)
    assert receipt is not None
    assert (receipt.status, receipt.reason) == ("failed", "boom")
    await store.receipts.record_discard("f" * 32, desk.session(), "discarded_by_plugin", 1.0)
    receipt = await store.receipts.find("f" * 32)
    assert receipt is not None
    assert (receipt.status, receipt.reason) == ("discarded", "discarded_by_plugin")


async def test_what_has_not_begun_can_be_cancelled(store: Store, desk: Any, clock: FakeClock) -> None:
    """Queued or scheduled: then its turn can no longer commit. Begun or done: too late."""
    accepted = await desk.say()
    trace = accepted.inbound.trace_id
    assert await store.receipts.cancel(trace, clock.now()) == "cancelled"
    assert await store.receipts.cancel(trace, clock.now()) == "begun"
    with pytest.raises(Stale):
        await desk.turn(accepted)
    assert (await desk.say()).backlog == 1
    later = await desk.say(not_before=clock.now() + 60)
    assert await store.receipts.cancel(later.inbound.trace_id, clock.now()) == "cancelled"
    receipt = await store.receipts.find(later.inbound.trace_id)
    assert receipt is not None
    assert (receipt.status, receipt.reason) == ("discarded", "cancelled")
    assert await store.receipts.cancel("0" * 32, clock.now()) == "unknown"


async def test_a_turn_with_a_committed_stretch_has_begun(store: Store, desk: Any, clock: FakeClock) -> None:
    """What was said cannot be taken back."""
    accepted = await desk.say()
    await desk.turn(accepted, "wait …", ends=False)
    assert await store.receipts.cancel(accepted.inbound.trace_id, clock.now()) == "begun"


# --- history and transcripts ----------------------------------------------------------------------


async def test_history_is_what_was_said(store: Store, desk: Any) -> None:
    """The last messages of both sides, oldest first, without the turn that runs."""
    await desk.turn(await desk.say(text="one"), "a", "b")
    await desk.turn(await desk.say(text="", kind=Kind.NOTIFY), "news")
    await desk.turn(await desk.say(text="two"), "c")
    await desk.say(text="three")
    spoken = [
        (message["role"], message["text"]) for message in await store.transcripts.history(desk.session(), 10)
    ]
    assert spoken == [
        ("user", "one"), ("bot", "a"), ("bot", "b"), ("bot", "news"), ("user", "two"), ("bot", "c"),
    ]  # fmt: skip
    assert len(await store.transcripts.history(desk.session(), 2)) == 2
    assert (await store.transcripts.history(desk.session(), 2))[-1]["text"] == "c"


async def test_history_shows_the_output_not_the_body(store: Store, desk: Any) -> None:
    """What a plugin sent in another shape is remembered as what was said."""
    accepted = await desk.say()
    delivery = desk.delivery(accepted, "x")
    delivery.body = b"<xml/>"
    await desk.turn(accepted, deliveries=[delivery], outputs=[{"text": "said", "source": "agent"}])
    (message,) = await store.transcripts.history(desk.session(), 1)
    assert (message["role"], message["text"], message["data"]) == ("agent", "said", {})


async def test_history_begins_with_the_session(store: Store, desk: Any, clock: FakeClock) -> None:
    """A session that expired and came back does not remember."""
    await desk.exchange()
    await clock.advance(100)
    await desk.say(expires_after=100)
    assert await store.transcripts.history(desk.session(), 10) == []


async def test_a_transcript_holds_everything(store: Store, desk: Any) -> None:
    """Inbounds with traces and outputs, oldest first."""
    await desk.turn(await desk.say(text="one"), "a", trace=b'{"steps":[]}')
    await desk.say(text="two")
    one, two = await store.transcripts.entries(desk.session())
    assert (one["text"], one["trace"], one["status"]) == ("one", {"steps": []}, "done")
    assert one["outputs"][0]["output"]["text"] == "a"
    assert (two["text"], two["status"], two["outputs"]) == ("two", "queued", [])


# --- administration -------------------------------------------------------------------------------


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
    await swept(store, clock.now() + 101, sessions=100)
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


async def test_keys_come_and_go(store: Store) -> None:
    """A key is added, listed and revoked at its endpoint only."""
    key = ApiKey("k1", "web", "crm", b"hash", "…abcd", 1.0)
    await store.api_keys.add(key)
    assert await store.api_keys.all() == [key]
    assert not await store.api_keys.revoke("other", "k1")
    assert await store.api_keys.revoke("web", "k1")
    assert await store.api_keys.all() == []


async def test_settings_are_found_by_prefix(store: Store) -> None:
    """Small facts of the installation."""
    await store.settings.set("token:web", "1")
    await store.settings.set("token:web", "2")
    await store.settings.set("tokens", "x")
    assert await store.settings.with_prefix("token:") == {"token:web": "2"}
    assert await store.settings.get("token:web") == "2"
    await store.settings.set("token:web", None)
    assert await store.settings.get("token:web") is None


async def test_plugin_data_expires(store: Store, clock: FakeClock) -> None:
    """After its time it is as if it had not been kept; None removes it."""
    keep = ("web", "plugin", "a", "b")
    await store.plugin_data.keep(*keep, {"x": 1}, None, clock.now() + 10)
    assert await store.plugin_data.get(*keep, clock.now()) == {"x": 1}
    assert await store.plugin_data.get(*keep, clock.now() + 10) is None
    assert (await store.retention.sweep(clock.now() + 11, {}))["plugin_data"] == 1
    await store.plugin_data.keep(*keep, {"x": 2}, None, None)
    await store.plugin_data.keep(*keep, None, None, None)
    assert await store.plugin_data.get(*keep, 0) is None


# --- retention ------------------------------------------------------------------------------------


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
    assert await store.outbox.find() == []
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
    assert len(await store.outbox.find(status="dead")) == 1
    await swept(store, clock.now() + 101, dead_deliveries=100)
    assert await store.outbox.find(status="dead") == []
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
    arrivals = [desk.arrival(SessionRef("web", f"u{n}", "s")) for n in range(1100)]
    accepted = [one for one in await store.inbox.accept(arrivals) if isinstance(one, Accepted)]
    await asyncio.gather(*(desk.turn(one) for one in accepted))
    later = clock.now() + 101
    pieces = [(await store.retention.sweep(later, {"sessions": 100}))["sessions"] for _ in range(4)]
    assert pieces == [500, 500, 100, 0]
