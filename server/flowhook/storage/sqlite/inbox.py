"""Acceptance: the transaction behind every 202.

The usual case is one statement that finds or makes the session, counts the inbound in and answers the
session's state, and one that puts the inbound into the inbox. All that may be refused is refused before
anything is written, so a refusal costs nobody a rollback.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.sqlite.rows import inbound_body
from flowhook.storage.store import Acceptance, Accepted, Arrival, Refused, Replayed

KEY_LIFETIME = 24 * 3600.0  #: seconds for which an idempotency key is remembered
ALWAYS = -1e12  #: as ``gone_before``: sessions never expire
SPEAKS = frozenset({Kind.MESSAGE, Kind.INJECT})  #: kinds that void a running timer

ENTER = """
INSERT INTO sessions (part, session, endpoint, user_id, session_id, revision, next_in, next_out,
                      backlog, last_message_seq, created_at, updated_at)
VALUES (:part, :session, :endpoint, :user_id, :session_id, 0, 2, 1, 1, :speaks, :now, :now)
ON CONFLICT (part, session) DO UPDATE SET
  next_in = next_in + 1,
  backlog = backlog + 1,
  last_message_seq = iif(:speaks, next_in, last_message_seq),
  updated_at = :now
WHERE backlog < :limit AND created_at IS NOT NULL AND (updated_at > :gone_before OR backlog > 0)
RETURNING next_in - 1, backlog, revision, state
"""

ENTER_EXISTING = """
UPDATE sessions SET
  next_in = next_in + 1,
  backlog = backlog + 1,
  last_message_seq = iif(:speaks, next_in, last_message_seq),
  updated_at = :now
WHERE part = :part AND session = :session
  AND backlog < :limit AND created_at IS NOT NULL AND (updated_at > :gone_before OR backlog > 0)
RETURNING next_in - 1, backlog, revision, state
"""

# The session is gone: a new life on the old row, whose counters go on.
RENEW = """
UPDATE sessions SET
  endpoint = :endpoint, user_id = :user_id, session_id = :session_id,
  next_in = next_in + 1,
  backlog = 1,
  revision = revision + 1,
  last_message_seq = iif(:speaks, next_in, last_message_seq),
  created_at = :now, updated_at = :now,
  node = NULL, flow_revision = '', state = NULL
WHERE part = :part AND session = :session
RETURNING next_in - 1, backlog, revision, state
"""

LOOK = """
SELECT created_at, updated_at, backlog, revision, node FROM sessions WHERE part = ? AND session = ?
"""

ENQUEUE = """
INSERT INTO inbox (part, session, seq, trace_id, kind, status, received_at, body)
VALUES (?, ?, ?, ?, ?, 'queued', ?, ?)
"""

SCHEDULE = """
INSERT INTO timers (part, session, name, kind, due_at, armed_seq, endpoint, user_id, session_id,
                    inbound_kind, body)
VALUES (?, ?, ?, 'scheduled', ?, 0, ?, ?, ?, ?, ?)
"""

REMEMBERED = """
SELECT fingerprint, trace_id, created_at FROM idempotency
WHERE part = ? AND session = ? AND route = ? AND key = ?
"""

REMEMBER = """
INSERT OR REPLACE INTO idempotency (part, session, route, key, fingerprint, trace_id, created_at)
VALUES (?, ?, ?, ?, ?, ?, ?)
"""


@dataclass(slots=True)
class Entry:
    """An arrival with what can be computed before the writer's thread has it."""

    arrival: Arrival
    session: bytes
    body: bytes

    @classmethod
    def of(cls, arrival: Arrival) -> Entry:
        """Hash and serialise."""
        return cls(arrival, arrival.inbound.ref.key, inbound_body(arrival.inbound))


@dataclass(slots=True)
class _Standing:
    """A session as it is before the inbound, as far as acceptance cares."""

    exists: bool
    backlog: int = 0
    revision: int = 0
    node: str | None = None


def accept(db: sqlite3.Connection, entries: Sequence[Entry], now: float) -> list[Acceptance]:
    """All or none. A repeat of any of them makes the whole call a repeat."""
    replays = [answer for entry in entries if (answer := _remembered(db, entry, now)) is not None]
    if replays:
        mismatches: list[Acceptance] = [answer for answer in replays if isinstance(answer, Refused)]
        return mismatches or replays
    if len(entries) == 1:
        return [_accept_one(db, entries[0], now)]
    db.execute("SAVEPOINT arrivals")
    answers = [_accept_one(db, entry, now) for entry in entries]
    refusals: list[Acceptance] = [answer for answer in answers if isinstance(answer, Refused)]
    if refusals:
        db.execute("ROLLBACK TO arrivals")
    db.execute("RELEASE arrivals")
    return refusals or answers


def enter(db: sqlite3.Connection, inbound: Inbound, session: bytes, body: bytes, now: float) -> Accepted:
    """Put an inbound into its inbox without conditions: a timer or schedule that fell due."""
    arrival = Arrival(inbound, "", max_backlog=2**31)
    accepted = _enqueue(db, Entry(arrival, session, body), now)
    assert isinstance(accepted, Accepted)
    return accepted


def _accept_one(db: sqlite3.Connection, entry: Entry, now: float) -> Acceptance:
    arrival = entry.arrival
    inbound = arrival.inbound
    later = inbound.not_before is not None and inbound.not_before > now
    if (later and arrival.must_exist) or inbound.precondition is not None:
        standing = _standing(db, entry, now)
        if arrival.must_exist and not standing.exists:
            return Refused("session_not_found")
        if not later and standing.backlog == 0 and not _holds(arrival, standing):
            return Refused("precondition_failed")
    answer = _schedule(db, entry) if later else _enqueue(db, entry, now)
    if arrival.idempotency_key is not None and isinstance(answer, Accepted):
        _remember(db, entry, now)
    return answer


def _enqueue(db: sqlite3.Connection, entry: Entry, now: float) -> Accepted | Refused:
    arrival, session = entry.arrival, entry.session
    inbound = arrival.inbound
    names = inbound.ref
    values: dict[str, Any] = {
        "part": session[0],
        "session": session,
        "endpoint": names.endpoint,
        "user_id": names.user_id,
        "session_id": names.session_id,
        "speaks": inbound.kind in SPEAKS,
        "now": now,
        "limit": 1 if arrival.reject_when_busy else arrival.max_backlog,
        "gone_before": ALWAYS if arrival.expires_after is None else now - arrival.expires_after,
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
    seq, backlog, revision, state = row
    inbound.seq = seq
    db.execute(
        ENQUEUE, (session[0], session, seq, inbound.trace_id, inbound.kind, inbound.received_at, entry.body)
    )
    return Accepted(inbound, state, revision, backlog, fresh)


def _schedule(db: sqlite3.Connection, entry: Entry) -> Accepted:
    inbound, session = entry.arrival.inbound, entry.session
    names = inbound.ref
    db.execute(
        SCHEDULE,
        (
            session[0], session, inbound.trace_id, inbound.not_before,
            names.endpoint, names.user_id, names.session_id, inbound.kind, entry.body,
        ),
    )  # fmt: skip
    return Accepted(inbound, None, 0, 0, scheduled=True)


def _standing(db: sqlite3.Connection, entry: Entry, now: float) -> _Standing:
    arrival = entry.arrival
    row = db.execute(LOOK, (entry.session[0], entry.session)).fetchone()
    if row is None or row[0] is None:
        return _Standing(False)
    _, updated_at, backlog, revision, node = row
    if arrival.expires_after is not None and not backlog and updated_at <= now - arrival.expires_after:
        return _Standing(False, revision=revision)
    return _Standing(True, backlog, revision, node)


def _holds(arrival: Arrival, standing: _Standing) -> bool:
    condition = arrival.inbound.precondition
    if condition is None:
        return True
    if condition.if_revision is not None and condition.if_revision != standing.revision:
        return False
    wanted = condition.if_node
    if wanted is None:
        return True
    if standing.node is None:
        return False
    return wanted in (standing.node, standing.node.rpartition("/")[2]) or standing.node in arrival.nodes


def _remembered(db: sqlite3.Connection, entry: Entry, now: float) -> Acceptance | None:
    arrival = entry.arrival
    if arrival.idempotency_key is None:
        return None
    scope = (entry.session[0], entry.session, arrival.route, arrival.idempotency_key)
    row = db.execute(REMEMBERED, scope).fetchone()
    if row is None or row[2] <= now - KEY_LIFETIME:
        return None
    if row[0] != arrival.fingerprint:
        return Refused("idempotency_mismatch")
    names: SessionRef = arrival.inbound.ref
    return Replayed(row[1], names.user_id, names.session_id)


def _remember(db: sqlite3.Connection, entry: Entry, now: float) -> None:
    arrival = entry.arrival
    db.execute(
        REMEMBER,
        (
            entry.session[0], entry.session, arrival.route, arrival.idempotency_key,
            arrival.fingerprint, arrival.inbound.trace_id, now,
        ),
    )  # fmt: skip
