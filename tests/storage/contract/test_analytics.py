"""What is counted of inputs: written with the turn, found by time, gone with the user or its own age."""

from __future__ import annotations

from typing import Any

from flowhook.harness.clocks import FakeClock
from flowhook.model.session_ref import SessionRef, contact_key
from flowhook.storage.protocols import Store
from flowhook.storage.records import AnalyticsRecord, Segment


def record(ref: SessionRef, at: float, name: str = "", *, test: bool = False) -> AnalyticsRecord:
    """Something counted of an input."""
    content = f'{{"inputId":"{name}"}}'.encode()
    return AnalyticsRecord(at, ref.endpoint, ref.key, contact_key(ref.user_id), test, content)


def names(rows: list[AnalyticsRecord]) -> str:
    """The names of records, one behind the other."""
    return "".join(row.record.decode().split('"')[3] for row in rows)


async def test_records_are_found_by_time(store: Store, desk: Any) -> None:
    """Oldest first, whatever the order in which turns ended; by endpoint; tests where they are asked for."""
    web, other = desk.session(), desk.session(endpoint="other")
    for ref, at, name, test in [
        (web, 3.0, "c", False), (web, 1.0, "a", False), (other, 2.0, "b", False), (web, 2.5, "t", True),
        (web, 3.0, "d", False),
    ]:  # fmt: skip
        await desk.exchange(ref, analytics=record(ref, at, name, test=test))
    find = store.analytics.find
    assert names(await find()) == "abcd"
    assert names(await find(tests=True)) == "abtcd"
    assert names(await find(endpoint="web")) == "acd"
    assert names(await find(since=2.0, until=3.0)) == "b"
    pages, after = [], None
    while page := await find(limit=1, after=after):
        pages.append(names(page))
        after = (page[-1].at, page[-1].row)
    assert pages == ["a", "b", "c", "d"]
    (first,) = await find(limit=1)
    assert (first.endpoint, first.session, first.contact) == ("web", web.key, contact_key("u1"))


async def test_a_record_is_written_with_the_turn_or_not_at_all(
    store: Store, desk: Any, clock: FakeClock
) -> None:
    """Also where acceptance and turn are one transaction, and not where the turn was computed in vain."""
    ref = desk.session()
    arrival = desk.arrival(ref)
    arrival.inbound.seq = 1
    segment = Segment(ref, 1, 0, b"{}", analytics=record(ref, clock.now(), "a"))
    await store.turns.accept_and_commit(arrival, segment)
    assert names(await store.analytics.find()) == "a"
    again = desk.arrival(ref)
    again.inbound.seq = 7
    stale = Segment(ref, 7, 99, b"{}", analytics=record(ref, clock.now(), "b"))
    await store.turns.accept_and_commit(again, stale)
    assert names(await store.analytics.find()) == "a"


async def test_who_is_forgotten_has_no_records(store: Store, desk: Any) -> None:
    """A session's go with it, a user's with him, also those of sessions that are long gone."""
    for user, session, name in [("u1", "s1", "a"), ("u1", "s2", "b"), ("u2", "s1", "c")]:
        ref = desk.session(user, session)
        await desk.exchange(ref, analytics=record(ref, 1.0, name))
    await store.sessions.forget(ref=desk.session("u1", "s1"))
    assert names(await store.analytics.find()) == "bc"
    assert names(await store.analytics.of_user("u1")) == "b"
    await store.sessions.forget(user_id="u1")
    assert names(await store.analytics.find()) == "c"


async def test_records_have_their_own_age(store: Store, desk: Any) -> None:
    """They are swept by it, and by no other."""
    ref = desk.session()
    for at, name in ((1.0, "a"), (50.0, "b")):
        await desk.exchange(ref, analytics=record(ref, at, name))
    await store.retention.sweep(100.0, {"transcripts": 1e9})
    assert names(await store.analytics.find()) == "ab"
    assert (await store.retention.sweep(100.0, {"analytics": 60.0}))["analytics"] == 1
    assert names(await store.analytics.find()) == "b"
