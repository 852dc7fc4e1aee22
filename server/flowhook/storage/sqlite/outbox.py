"""The outbox: heads that fall due, attempts, and the step from one delivery to the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import Any

from flowhook.ids import delivery_id, parse_delivery_id
from flowhook.model.delivery import Delivery
from flowhook.model.session_ref import SessionRef
from flowhook.storage.sqlite.rows import DELIVERY_COLUMNS, delivery_from, said
from flowhook.storage.store import DeliveryRow, Outcome

RETRY = """
UPDATE outbox SET attempts = attempts + :counts, next_at = :next_at, last_status = :http_status,
                  last_error = :error
WHERE part = :part AND session = :session AND seq = :seq AND status = 'pending'
"""

# Answers whether a parked delivery waits right behind.
RESOLVE = """
UPDATE outbox SET status = :status, head = 0, next_at = NULL, attempts = attempts + :counts, done_at = :at,
                  last_status = :http_status, last_error = :error
WHERE part = :part AND session = :session AND seq = :seq AND status = 'pending'
RETURNING EXISTS (SELECT 1 FROM outbox AS o WHERE o.part = :part AND o.session = :session
                  AND o.seq = :seq + 1 AND o.status = 'pending' AND o.head = 0)
"""

PROMOTE = """
UPDATE outbox SET head = 1, next_at = ? WHERE part = ? AND session = ? AND seq = ?
"""

RECORD_ATTEMPT = """
INSERT OR REPLACE INTO attempts (part, session, seq, at, ms, http_status, error)
VALUES (:part, :session, :seq, :at, :ms, :http_status, :error)
"""

READ = f"""
SELECT {DELIVERY_COLUMNS} FROM outbox AS o JOIN sessions AS s ON s.part = o.part AND s.session = o.session
WHERE o.part = ? AND o.session = ? AND o.seq = ?
"""  # noqa: S608 - only constants of this module

NEXT_ENDPOINT = "SELECT min(endpoint) FROM outbox WHERE head = 1 AND endpoint > ?"

DUE = f"""
SELECT o.next_at, {DELIVERY_COLUMNS}
FROM outbox AS o CROSS JOIN sessions AS s ON s.part = o.part AND s.session = o.session
WHERE o.head = 1 AND o.endpoint = ? AND o.next_at <= ?
ORDER BY o.next_at LIMIT ?
"""  # noqa: S608 - only constants of this module

NEXT_AT = "SELECT min(next_at) FROM outbox WHERE head = 1 AND endpoint = ?"

WAKE = """
UPDATE outbox SET next_at = :now + :spread * (abs(random()) % 1000) / 1000.0
WHERE row IN (SELECT row FROM outbox
              WHERE head = 1 AND endpoint = :endpoint AND next_at > :now + :spread LIMIT :limit)
"""

REPLAY = """
UPDATE outbox SET status = 'pending', head = 1, next_at = :now, attempts = 0, done_at = NULL, replay = 1
WHERE part = :part AND session = :session AND seq = :seq AND status <> 'pending'
"""


def resolve(db: sqlite3.Connection, outcome: Outcome) -> Delivery | None:
    """Record an attempt; answer the delivery that may leave now, if one waited behind."""
    done = outcome.delivery
    values = {
        "part": done.session_key[0],
        "session": done.session_key,
        "seq": done.sequence,
        "status": outcome.status,
        "next_at": outcome.next_at if outcome.next_at is not None else outcome.at,
        "http_status": outcome.http_status,
        "error": outcome.error,
        "counts": outcome.counts,
        "ms": outcome.ms,
        "at": outcome.at,
    }
    if outcome.status == "pending":
        if db.execute(RETRY, values).rowcount:
            db.execute(RECORD_ATTEMPT, values)
        return None
    row = db.execute(RESOLVE, values).fetchone()
    if row is None:  # resolved before
        return None
    if outcome.status == "dead":
        db.execute(RECORD_ATTEMPT, values)
    return _promote(db, done.session_key, done.sequence + 1, outcome.at) if row[0] else None


def _promote(db: sqlite3.Connection, session: bytes, sequence: int, now: float) -> Delivery:
    db.execute(PROMOTE, (now, session[0], session, sequence))
    return delivery_from(db.execute(READ, (session[0], session, sequence)).fetchone())


def due_deliveries(db: sqlite3.Connection, now: float, limit: int, skip: Collection[str]) -> list[Delivery]:
    """Heads whose time has come, oldest first."""
    due: list[tuple[Any, ...]] = []
    for endpoint in endpoints_with_heads(db):
        if endpoint not in skip:
            due += db.execute(DUE, (endpoint, now, limit)).fetchall()
    due.sort(key=lambda row: row[0])
    return [delivery_from(row[1:]) for row in due[:limit]]


def next_delivery_at(db: sqlite3.Connection, skip: Collection[str]) -> float | None:
    """When the next head of an endpoint that is not skipped falls due."""
    times = [
        db.execute(NEXT_AT, (endpoint,)).fetchone()[0]
        for endpoint in endpoints_with_heads(db)
        if endpoint not in skip
    ]
    return min((at for at in times if at is not None), default=None)


def endpoints_with_heads(db: sqlite3.Connection) -> Iterator[str]:
    """One seek for each endpoint, however many deliveries wait."""
    endpoint = ""
    while (endpoint := db.execute(NEXT_ENDPOINT, (endpoint,)).fetchone()[0]) is not None:
        yield endpoint


def wake_deliveries(db: sqlite3.Connection, endpoint: str, now: float, spread: float, limit: int) -> int:
    """A bounded piece of the heads that would wait longer than ``spread``."""
    values = {"endpoint": endpoint, "now": now, "spread": spread, "limit": limit}
    return db.execute(WAKE, values).rowcount


def replay(db: sqlite3.Connection, ids: Sequence[str], now: float) -> list[Delivery]:
    """Those of ``ids`` that were resolved, due again."""
    again = []
    for session, sequence in filter(None, map(parse_delivery_id, ids)):
        where = {"part": session[0], "session": session, "seq": sequence}
        if db.execute(REPLAY, {**where, "now": now}).rowcount:
            again.append(delivery_from(db.execute(READ, tuple(where.values())).fetchone()))
    return again


# --- administration -------------------------------------------------------------------------------

_COLUMNS = """
SELECT o.session, o.seq, o.endpoint, s.user_id, s.session_id, o.status, o.attempts, o.created_at, o.next_at,
       o.last_status, o.last_error, o.trace_id, o.output, o.body
"""
_ROW = f"""
{_COLUMNS}
FROM outbox AS o CROSS JOIN sessions AS s ON s.part = o.part AND s.session = o.session
"""
_NAMED = """
  AND (:endpoint IS NULL OR o.endpoint = :endpoint)
  AND (:user_id IS NULL OR s.user_id = :user_id)
  AND (:session_id IS NULL OR s.session_id = :session_id)
"""

# Dead ones: newest first, by their own small index.
LIST_DEAD = f"""
{_ROW} WHERE o.status = 'dead' AND (:after_row IS NULL OR o.row < :after_row) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
"""
# Pending ones: each head, and what is parked behind it.
LIST_PENDING = f"""
{_COLUMNS}
FROM (SELECT DISTINCT part, session FROM outbox INDEXED BY outbox_heads WHERE head = 1) AS h
CROSS JOIN outbox AS o ON o.part = h.part AND o.session = h.session
CROSS JOIN sessions AS s ON s.part = o.part AND s.session = o.session
WHERE o.status = 'pending' AND (:after_row IS NULL OR o.row < :after_row) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
"""  # noqa: S608 - only constants of this module
# Those of one session: by its key.
LIST_OF_SESSION = f"""
{_ROW} WHERE o.part = :part AND o.session = :session AND (:after_seq IS NULL OR o.seq < :after_seq)
  AND (:status IS NULL OR o.status = :status)
ORDER BY o.seq DESC LIMIT :limit
"""
# All: newest first, as far back as it takes to fill a page.
LIST_ALL = f"""
{_ROW} WHERE (:after_row IS NULL OR o.row < :after_row) AND (:status IS NULL OR o.status = :status) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
"""

ONE = f"{_ROW} WHERE o.part = ? AND o.session = ? AND o.seq = ?"
ATTEMPTS = """
SELECT at, ms, http_status, error FROM attempts WHERE part = ? AND session = ? AND seq = ? ORDER BY at
"""

ROW_OF = "SELECT row FROM outbox WHERE part = ? AND session = ? AND seq = ?"


def find_deliveries(
    db: sqlite3.Connection,
    status: str | None,
    endpoint: str | None,
    user_id: str | None,
    session_id: str | None,
    limit: int,
    after: str | None,
) -> list[DeliveryRow]:
    """Newest first; ``after`` is the last delivery id of the page before. One that is gone by now
    ends the list, rather than to begin it anew."""
    values: dict[str, Any] = {
        "status": status, "endpoint": endpoint, "user_id": user_id, "session_id": session_id, "limit": limit,
        "after_row": None, "after_seq": None,
    }  # fmt: skip
    if after is not None and (place := parse_delivery_id(after)) is not None:
        found = db.execute(ROW_OF, (place[0][0], *place)).fetchone()
        values |= {"after_row": found[0] if found else 0, "after_seq": place[1]}
    if endpoint is not None and user_id is not None and session_id is not None:
        session = SessionRef(endpoint, user_id, session_id).key
        values |= {"part": session[0], "session": session}
        query = LIST_OF_SESSION
    else:
        query = {"dead": LIST_DEAD, "pending": LIST_PENDING}.get(status or "", LIST_ALL)
    return [_delivery_row(row) for row in db.execute(query, values).fetchall()]


def delivery(db: sqlite3.Connection, id: str) -> DeliveryRow | None:
    """One delivery with its failed attempts; None when there is none of that id."""
    place = parse_delivery_id(id)
    if place is None:
        return None
    where = (place[0][0], *place)
    row = db.execute(ONE, where).fetchone()
    if row is None:
        return None
    found = _delivery_row(row)
    for at, ms, code, error in db.execute(ATTEMPTS, where).fetchall():
        found.failures.append({"at": at, "ms": ms, "status": code, "error": error})
    return found


def _delivery_row(row: tuple[Any, ...]) -> DeliveryRow:
    session, seq, *columns, output, body = row
    endpoint, user_id, session_id, status, attempts, created_at, next_at, code, error, trace_id = columns
    return DeliveryRow(
        delivery_id(session, seq),
        endpoint,
        user_id,
        session_id,
        seq,
        status,
        attempts,
        created_at,
        next_at,
        code,
        error,
        trace_id,
        said(output, body),
    )
