"""Acceptance: what enters a session, in which order, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from flowhook.harness.clocks import FakeClock
from flowhook.model.inbound import Inbound, Kind, Precondition
from flowhook.storage.protocols import Store
from flowhook.storage.records import Accepted, IdleRow, Refused, Replayed

DAY = 24 * 3600.0


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
    """A repeat of the request runs nothing, also not what it holds more than the first time."""

    def request(count: int) -> list[Any]:
        keys = [{"of_request": True, "number": number} for number in range(count)]
        return [desk.arrival(idempotency_key="k", key=key) for key in keys]

    first = await store.inbox.accept(request(2))
    again = await store.inbox.accept(request(3))
    assert [type(answer) for answer in again] == [Replayed, Replayed]
    assert [answer.trace_id for answer in again] == [answer.inbound.trace_id for answer in first]
    assert (await store.counts())["queued"] == 2


async def test_repeats_in_a_list_are_repeats_and_the_rest_is_new(store: Store, desk: Any) -> None:
    """By the ids of the messages: a platform sends what it is unsure of together with what is new."""

    def batch(*ids: str) -> list[Any]:
        return [desk.arrival(idempotency_key=id, fingerprint=id.encode()) for id in ids]

    (one,) = await store.inbox.accept(batch("1"))
    two, repeat, three = await store.inbox.accept(batch("2", "1", "3"))
    assert (two.inbound.seq, three.inbound.seq) == (2, 3)
    assert repeat == Replayed(one.inbound.trace_id, "u1", "s1")
    again = await store.inbox.accept(batch("3", "2"))
    assert [answer.trace_id for answer in again] == [three.inbound.trace_id, two.inbound.trace_id]
    refused = [*batch("4", "1"), desk.arrival(must_exist=True, session=desk.session("nobody"))]
    assert await store.inbox.accept(refused) == [Refused("session_not_found")]
    assert (await store.counts())["queued"] == 3


async def test_a_key_lives_as_long_as_it_says(store: Store, desk: Any, clock: FakeClock) -> None:
    """Longer or shorter than a day."""
    for lifetime in (2 * DAY, 100.0):
        key = {"key": {"lifetime": lifetime}, "idempotency_key": f"k{lifetime}"}
        await store.inbox.accept([desk.arrival(**key)])
        await clock.advance(lifetime - 1)
        assert isinstance((await store.inbox.accept([desk.arrival(**key)]))[0], Replayed)
        await clock.advance(2)
        assert isinstance((await store.inbox.accept([desk.arrival(**key)]))[0], Accepted)


async def test_fingerprints_of_older_versions_count(store: Store, desk: Any) -> None:
    """They were made of the bytes of the request."""
    await store.inbox.accept([desk.arrival(idempotency_key="k", fingerprint=b"bytes")])
    repeat = desk.arrival(idempotency_key="k", fingerprint=b"new", key={"older_fingerprint": b"bytes"})
    assert isinstance((await store.inbox.accept([repeat]))[0], Replayed)


async def test_a_repeat_is_told_whether_the_first_was_told_the_outputs(
    store: Store, desk: Any, clock: FakeClock
) -> None:
    """It was, if it waited and the turn ended in time."""

    async def repeat(name: str, wait: float | None = None) -> tuple[float | None, float]:
        ref = desk.session(name)
        (again,) = await store.inbox.accept([desk.arrival(ref, idempotency_key="k", key={"wait": wait})])
        assert isinstance(again, Replayed)
        return again.wait, again.patience

    for name, wait, took in (("in time", 10.0, 5), ("late", 10.0, 11), ("never waited", None, 1)):
        accepted = await desk.say(desk.session(name), idempotency_key="k", key={"wait": wait})
        await clock.advance(took)
        await desk.turn(accepted, "said")
    assert await repeat("in time") == (10.0, 0.0)
    assert await repeat("late", 10.0) == (None, 0.0)
    assert await repeat("never waited", 10.0) == (None, 0.0)
    await desk.say(desk.session("runs"), idempotency_key="k", key={"wait": 10.0})
    await clock.advance(4)
    assert await repeat("runs") == (None, 0.0)
    assert await repeat("runs", 2.0) == (10.0, 2.0)
    assert await repeat("runs", 30.0) == (10.0, 6.0)


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


async def test_a_session_in_which_nothing_waits_is_read(store: Store, desk: Any) -> None:
    """With the place of its next inbound; one that does not exist, one with a backlog, one that has ended."""
    ref = desk.session()
    assert await store.inbox.idle(ref) == IdleRow(None, 0, 1, None, test=False)
    accepted = await desk.say(ref)
    assert await store.inbox.idle(ref) is None
    await desk.turn(accepted, "hello", state=b'{"n":1}', node="pizza/size")
    assert await store.inbox.idle(ref) == IdleRow(b'{"n":1}', 1, 2, "pizza/size", test=False)
    await store.sessions.forget(ref=ref)
    assert await store.inbox.idle(ref) is None
