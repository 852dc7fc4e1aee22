"""The inbox: acceptance, the transaction behind every 202, and what waits.

The usual case is one statement that finds or makes the session, counts the inbound in and returns the
session's state, and one that puts the inbound into the inbox. All that may be refused is refused before
anything is written, so a refusal costs nobody a rollback.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.arrivals import (
    SPEAKS,
    PreparedArrival,
    Standing,
    backlog_limit,
    gone_before,
    precondition_holds,
    standing_from,
)
from flowhook.storage.records import Acceptance, Accepted, Arrival, IdleRow, Refused
from flowhook.storage.rows import inbound_body, inbound_from
from flowhook.storage.sqlite.idempotency import find_repeat, remember
from flowhook.storage.sqlite.part import Part, reads

ENTER = """
INSERT INTO sessions (shard, session, endpoint, user_id, session_id, revision, next_in, next_out,
                      backlog, last_message_seq, test, created_at, updated_at)
VALUES (:shard, :session, :endpoint, :user_id, :session_id, 0, 2, 1, 1, :speaks, ifnull(:test, 0), :now, :now)
ON CONFLICT (shard, session) DO UPDATE SET
  next_in = next_in + 1,
  backlog = backlog + 1,
  last_message_seq = iif(:speaks, next_in, last_message_seq),
  test = ifnull(:test, test),
  updated_at = :now
WHERE backlog < :limit AND created_at IS NOT NULL AND (updated_at > :gone_before OR backlog > 0)
RETURNING next_in - 1, backlog, revision, state, test
"""

ENTER_EXISTING = """
UPDATE sessions SET
  next_in = next_in + 1,
  backlog = backlog + 1,
  last_message_seq = iif(:speaks, next_in, last_message_seq),
  test = ifnull(:test, test),
  updated_at = :now
WHERE shard = :shard AND session = :session
  AND backlog < :limit AND created_at IS NOT NULL AND (updated_at > :gone_before OR backlog > 0)
RETURNING next_in - 1, backlog, revision, state, test
"""

# The session is gone: a new life on the old row, whose counters go on.
RENEW = """
UPDATE sessions SET
  endpoint = :endpoint, user_id = :user_id, session_id = :session_id,
  next_in = next_in + 1,
  backlog = 1,
  revision = revision + 1,
  last_message_seq = iif(:speaks, next_in, last_message_seq),
  test = ifnull(:test, 0),
  created_at = :now, updated_at = :now,
  node = NULL, flow_revision = '', state = NULL
WHERE shard = :shard AND session = :session
RETURNING next_in - 1, backlog, revision, state, test
"""

LOOK = """
SELECT created_at, updated_at, backlog, revision, node FROM sessions WHERE shard = ? AND session = ?
"""

ENQUEUE = """
INSERT INTO inbox (shard, session, seq, trace_id, kind, status, received_at, body)
VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)
"""

SCHEDULE = """
INSERT INTO timers (shard, session, name, kind, due_at, armed_seq, endpoint, user_id, session_id,
                    inbound_kind, body)
VALUES (?, ?, ?, 'scheduled', ?, 0, ?, ?, ?, ?, ?)
"""

SCHEDULED_IN_SESSION = """
SELECT count(*) FROM timers WHERE shard = ? AND session = ? AND kind = 'scheduled'
"""

WITH_BACKLOG = """
SELECT s.endpoint, s.user_id, s.session_id
FROM (SELECT DISTINCT shard, session FROM inbox WHERE status = 'queued') AS q
CROSS JOIN sessions AS s ON s.shard = q.shard AND s.session = q.session
"""
STATE = "SELECT state, revision FROM sessions WHERE shard = ? AND session = ?"
IDLE = """
SELECT backlog, created_at, state, revision, next_in, node, test FROM sessions WHERE shard = ? AND session = ?
"""
QUEUED = """
SELECT kind, trace_id, received_at, seq, body FROM inbox
WHERE shard = ? AND session = ? AND status = 'queued' ORDER BY seq
"""


class SqliteInbox(Part):
    """See :class:`flowhook.storage.protocols.Inbox`."""

    async def accept(self, arrivals: Sequence[Arrival]) -> list[Acceptance]:
        """All or none."""
        entries = [PreparedArrival.of(arrival) for arrival in arrivals]
        return await self._database.writer.submit("accept", accept_entries, entries, self._now())

    @reads
    def sessions_with_backlog(self, db: sqlite3.Connection) -> list[SessionRef]:
        """In no order."""
        return [SessionRef(*row) for row in db.execute(WITH_BACKLOG).fetchall()]

    @reads
    def backlog(self, db: sqlite3.Connection, ref: SessionRef) -> tuple[bytes | None, int, list[Inbound]]:
        """State, revision and what waits, of one snapshot."""
        where = (ref.key[0], ref.key)
        with _one_snapshot(db):
            state, revision = db.execute(STATE, where).fetchone() or (None, 0)
            queued = db.execute(QUEUED, where).fetchall()
        return state, revision, [inbound_from(ref, *inbound) for inbound in queued]

    @reads
    def idle(self, db: sqlite3.Connection, ref: SessionRef) -> IdleRow | None:
        """By the session's key."""
        row = db.execute(IDLE, (ref.key[0], ref.key)).fetchone()
        if row is None:
            return IdleRow(None, 0, 1, None, False)
        backlog, created_at, state, revision, next_seq, node, test = row
        if backlog or created_at is None:
            return None
        return IdleRow(state, revision, next_seq, node, bool(test))


@contextmanager
def _one_snapshot(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


def accept_entries(
    db: sqlite3.Connection, entries: Sequence[PreparedArrival], now: float
) -> list[Acceptance]:
    """All or none of those that are no repeats."""
    repeats = [find_repeat(db, entry.arrival.inbound.ref, entry.arrival.key, now) for entry in entries]
    if mismatches := [repeat for repeat in repeats if isinstance(repeat, Refused)]:
        return [*mismatches]
    found = list(zip(entries, repeats, strict=True))
    first = entries[0].arrival.key
    if repeats[0] is not None and first is not None and first.of_request:
        return [repeat for repeat in repeats if repeat is not None]
    if len(found) == 1:
        return [repeats[0] or _accept_one(db, entries[0], now)]
    db.execute("SAVEPOINT arrivals")
    results = [repeat or _accept_one(db, entry, now) for entry, repeat in found]
    refusals: list[Acceptance] = [result for result in results if isinstance(result, Refused)]
    if refusals:
        db.execute("ROLLBACK TO arrivals")
    db.execute("RELEASE arrivals")
    return refusals or results


def enter(db: sqlite3.Connection, inbound: Inbound, key: bytes, body: bytes, now: float) -> Accepted:
    """Put an inbound into its inbox without conditions: a timer or schedule that fell due."""
    arrival = Arrival(inbound, max_backlog=2**31)
    accepted = _enqueue(db, PreparedArrival(arrival, key, body), now)
    assert isinstance(accepted, Accepted)
    return accepted


def _accept_one(db: sqlite3.Connection, entry: PreparedArrival, now: float) -> Acceptance:
    arrival = entry.arrival
    inbound = arrival.inbound
    later = inbound.not_before is not None and inbound.not_before > now
    if (later and arrival.must_exist) or inbound.precondition is not None:
        standing = _standing(db, entry, now)
        if arrival.must_exist and not standing.exists:
            return Refused("session_not_found")
        if not later and standing.backlog == 0 and not precondition_holds(arrival, standing):
            return Refused("precondition_failed")
    result = _schedule(db, entry, now) if later else _enqueue(db, entry, now)
    if arrival.key is not None and isinstance(result, Accepted):
        remember(db, inbound.ref, arrival.key, inbound.trace_id, now)
    return result


def _enqueue(db: sqlite3.Connection, entry: PreparedArrival, now: float) -> Accepted | Refused:
    arrival, key = entry.arrival, entry.key
    inbound = arrival.inbound
    ref = inbound.ref
    values: dict[str, Any] = {
        "shard": key[0],
        "session": key,
        "endpoint": ref.endpoint,
        "user_id": ref.user_id,
        "session_id": ref.session_id,
        "speaks": inbound.kind in SPEAKS,
        "test": inbound.test if inbound.kind is Kind.MESSAGE else None,
        "now": now,
        "limit": backlog_limit(arrival),
        "gone_before": gone_before(arrival.expires_after, now),
    }
    row = db.execute(ENTER_EXISTING if arrival.must_exist else ENTER, values).fetchone()
    fresh = row is not None and row[0] == 1
    if row is None:
        standing = _standing(db, entry, now)
        if standing.exists:
            return Refused("session_busy")
        if arrival.must_exist:
            return Refused("session_not_found")
        row = db.execute(RENEW, values).fetchone()
        fresh = True
    seq, backlog, revision, state, test = row
    inbound.seq = seq
    body = entry.body
    if test and not inbound.test:  # what follows from a test is one
        inbound.test = True
        body = inbound_body(inbound)
    db.execute(ENQUEUE, (key[0], key, seq, inbound.trace_id, inbound.kind, inbound.received_at, body))
    return Accepted(inbound, state, revision, backlog, fresh)


def _schedule(db: sqlite3.Connection, entry: PreparedArrival, now: float) -> Accepted | Refused:
    """Those that wait for their time count in the session's limit as those do that wait for their turn."""
    inbound, key = entry.arrival.inbound, entry.key
    (scheduled,) = db.execute(SCHEDULED_IN_SESSION, (key[0], key)).fetchone()
    if scheduled and scheduled + _standing(db, entry, now).backlog >= entry.arrival.max_backlog:
        return Refused("session_busy")
    ref = inbound.ref
    db.execute(
        SCHEDULE,
        (
            key[0], key, inbound.trace_id, inbound.not_before,
            ref.endpoint, ref.user_id, ref.session_id, inbound.kind, entry.body,
        ),
    )  # fmt: skip
    return Accepted(inbound, None, 0, 0, scheduled=True)


def _standing(db: sqlite3.Connection, entry: PreparedArrival, now: float) -> Standing:
    return standing_from(db.execute(LOOK, (entry.key[0], entry.key)).fetchone(), entry.arrival, now)
