"""The outbox: heads that fall due, attempts, and the step from one delivery to the next."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from flowhook.ids import delivery_id, parse_delivery_id
from flowhook.model.delivery import Delivery
from flowhook.model.privacy import HIDDEN, UNKEPT
from flowhook.model.session_ref import SessionRef
from flowhook.storage.outcomes import OnSettled
from flowhook.storage.records import Attempt, DeliveryFilter, DeliveryRow, GivenUp
from flowhook.storage.rows import (
    DELIVERY_COLUMNS,
    delivery_from,
    masked_output,
    private_delivery_body,
    said,
)
from flowhook.storage.sqlite.connection import StatementRunner
from flowhook.storage.sqlite.part import Part, lists, reads, writes

if TYPE_CHECKING:
    from flowhook.storage.sqlite.database import Database
    from flowhook.storage.sqlite.settlements import Settlements

WAKE_PIECE = 1000  #: heads woken in one transaction

RETRY = """
UPDATE outbox SET attempts = attempts + :counts, next_at = :next_at, last_status = :http_status,
                  last_error = :error
WHERE shard = :shard AND session = :session AND seq = :seq AND status = 'pending'
"""

# Returns whether a parked delivery waits right behind.
RESOLVE = """
UPDATE outbox SET status = :status, head = 0, next_at = NULL, attempts = attempts + :counts, done_at = :at,
                  last_status = :http_status, last_error = :error
WHERE shard = :shard AND session = :session AND seq = :seq AND status = 'pending'
RETURNING EXISTS (SELECT 1 FROM outbox AS o WHERE o.shard = :shard AND o.session = :session
                  AND o.seq = :seq + 1 AND o.status = 'pending' AND o.head = 0)
"""

# Of a delivery that was taken: where it went and what it said goes, as far as it is not to be kept.
WORDS = "SELECT output, body FROM outbox WHERE shard = ? AND session = ? AND seq = ?"
KEEP_LESS = """
UPDATE outbox SET url = NULL, headers = NULL, output = NULL, body = ?
WHERE shard = ? AND session = ? AND seq = ?
"""

PROMOTE = """
UPDATE outbox SET head = 1, next_at = ? WHERE shard = ? AND session = ? AND seq = ?
"""

RECORD_ATTEMPT = """
INSERT OR REPLACE INTO attempts (shard, session, seq, at, ms, http_status, error, response)
VALUES (:shard, :session, :seq, :at, :ms, :http_status, :error, :response)
"""

READ = f"""
SELECT {DELIVERY_COLUMNS} FROM outbox AS o JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE o.shard = ? AND o.session = ? AND o.seq = ?
"""  # noqa: S608 - only constants of this module

NEXT_ENDPOINT = "SELECT min(endpoint) FROM outbox WHERE head = 1 AND endpoint > ?"

DUE = f"""
SELECT o.next_at, {DELIVERY_COLUMNS}
FROM outbox AS o CROSS JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE o.head = 1 AND o.endpoint = ? AND o.next_at <= ?
ORDER BY o.next_at LIMIT ?
"""  # noqa: S608 - only constants of this module

NEXT_AT = "SELECT min(next_at) FROM outbox WHERE head = 1 AND endpoint = ?"

WAKE = """
UPDATE outbox SET next_at = :now
WHERE row IN (SELECT row FROM outbox
              WHERE head = 1 AND endpoint = :endpoint AND next_at > :now LIMIT :limit)
"""

REPLAY = """
UPDATE outbox SET status = 'pending', head = 1, next_at = :now, attempts = 0, done_at = NULL, replay = 1
WHERE shard = :shard AND session = :session AND seq = :seq AND epoch IS :epoch AND status <> 'pending'
  AND (status = 'dead' OR coalesce(privacy, 0) & 6 = 0)  -- else its words are gone
"""

# --- of administration
_COLUMNS = """
SELECT o.session, o.seq, o.epoch, o.endpoint, s.user_id, s.session_id, o.status, o.attempts, o.created_at,
       o.next_at, o.last_status, o.last_error, o.trace_id, o.test, o.done_at, o.privacy, o.output,
       o.body
"""
_ROW = f"""
{_COLUMNS}
FROM outbox AS o CROSS JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
"""
_NAMED = """
  AND (:since IS NULL OR o.created_at >= :since) AND (:until IS NULL OR o.created_at < :until)
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
FROM (SELECT DISTINCT shard, session FROM outbox INDEXED BY outbox_heads WHERE head = 1) AS h
CROSS JOIN outbox AS o ON o.shard = h.shard AND o.session = h.session
CROSS JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE o.status = 'pending' AND (:after_row IS NULL OR o.row < :after_row) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
"""  # noqa: S608 - only constants of this module
# Those of one session: by its key.
LIST_OF_SESSION = f"""
{_ROW} WHERE o.shard = :shard AND o.session = :session AND (:after_seq IS NULL OR o.seq < :after_seq)
  AND (:status IS NULL OR o.status = :status)
  AND (:since IS NULL OR o.created_at >= :since) AND (:until IS NULL OR o.created_at < :until)
ORDER BY o.seq DESC LIMIT :limit
"""
# All: newest first, as far back as it takes to fill a page.
LIST_ALL = f"""
{_ROW} WHERE (:after_row IS NULL OR o.row < :after_row) AND (:status IS NULL OR o.status = :status) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
"""

ONE = f"{_ROW} WHERE o.shard = ? AND o.session = ? AND o.seq = ? AND o.epoch IS ?"
ATTEMPTS = """
SELECT at, ms, http_status, error, response FROM attempts
WHERE shard = ? AND session = ? AND seq = ? ORDER BY at
"""

# What stands with one: is it pending, and the head of its session?
STANDING = "SELECT status, head FROM outbox WHERE shard = ? AND session = ? AND seq = ? AND epoch IS ?"

DEAD_ROWS = f"""
SELECT o.row FROM outbox AS o CROSS JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE o.status = 'dead' {_NAMED} ORDER BY o.row LIMIT :limit
"""  # noqa: S608 - only constants of this module
DROP_ATTEMPTS = """
DELETE FROM attempts WHERE (shard, session, seq) =
  (SELECT shard, session, seq FROM outbox WHERE row = ? AND status = 'dead')
"""
DROP_DEAD = "DELETE FROM outbox WHERE row = ? AND status = 'dead'"

ROW_OF = "SELECT row FROM outbox WHERE shard = ? AND session = ? AND seq = ? AND epoch IS ?"


class SqliteOutbox(Part):
    """See :class:`flowhook.storage.protocols.Outbox`."""

    def __init__(self, database: Database, settlements: Settlements) -> None:
        super().__init__(database)
        self._settlements = settlements

    async def record_attempt(self, attempt: Attempt) -> Delivery | None:
        """Return the delivery that may leave now, if one waited behind."""
        return await self._database.writer.submit("resolve", record_attempt, attempt)

    def settle(self, attempt: Attempt, written: OnSettled) -> None:
        """Rides with the next commit, or has one after 20 ms."""
        self._settlements.add(self._database.writer, attempt, written)

    @reads
    def due(
        self, db: sqlite3.Connection, now: float, limit: int, skip: Collection[str] = ()
    ) -> list[Delivery]:
        """Longest due first."""
        due: list[tuple[Any, ...]] = []
        for endpoint in _endpoints_with_heads(db):
            if endpoint not in skip:
                due += db.execute(DUE, (endpoint, now, limit)).fetchall()
        due.sort(key=lambda row: row[0])
        return [delivery_from(row[1:]) for row in due[:limit]]

    @reads
    def next_due_at(self, db: sqlite3.Connection, skip: Collection[str] = ()) -> float | None:
        """None when nothing waits."""
        times = [
            db.execute(NEXT_AT, (endpoint,)).fetchone()[0]
            for endpoint in _endpoints_with_heads(db)
            if endpoint not in skip
        ]
        return min((at for at in times if at is not None), default=None)

    async def wake(self, endpoint: str, now: float) -> int:
        """A bounded number of heads in each transaction."""
        woken = 0
        while piece := await self._database.writer.submit("", _wake, endpoint, now):
            woken += piece
        return woken

    @writes()
    def replay(self, db: sqlite3.Connection, delivery_ids: Sequence[str], now: float) -> list[Delivery]:
        """Those that were resolved."""
        again = []
        for key, sequence, epoch in filter(None, map(parse_delivery_id, delivery_ids)):
            where = {"shard": key[0], "session": key, "seq": sequence}
            if db.execute(REPLAY, {**where, "epoch": epoch, "now": now}).rowcount:
                again.append(delivery_from(db.execute(READ, tuple(where.values())).fetchone()))
        return again

    @writes("resolve")
    def give_up(self, db: sqlite3.Connection, delivery_id: str, reason: str, at: float) -> GivenUp:
        """As an attempt that found the receiver gone."""
        position = parse_delivery_id(delivery_id)
        where = (position[0][0], *position) if position is not None else None
        found = db.execute(STANDING, where).fetchone() if where is not None else None
        if where is None or found is None:
            return GivenUp("unknown")
        status, head = found
        if status != "pending" or not head:
            return GivenUp("parked" if status == "pending" else "resolved")
        delivery = delivery_from(db.execute(READ, where[:3]).fetchone())
        following = record_attempt(db, Attempt(delivery, "dead", error=reason, counts=False, at=at))
        return GivenUp("given up", following)

    @writes()
    def drop_dead(self, db: sqlite3.Connection, wanted: DeliveryFilter, limit: int) -> int:
        """With their attempts."""
        found = db.execute(DEAD_ROWS, {**wanted._asdict(), "limit": limit}).fetchall()
        return drop_dead_deliveries(db, [row for (row,) in found])

    @writes()
    def drop_one(self, db: sqlite3.Connection, delivery_id: str) -> bool:
        """With its attempts."""
        position = parse_delivery_id(delivery_id)
        if position is None:
            return False
        rows = [row for (row,) in db.execute(ROW_OF, (position[0][0], *position)).fetchall()]
        return drop_dead_deliveries(db, rows) > 0

    @lists
    def find(
        self,
        db: sqlite3.Connection,
        wanted: DeliveryFilter,
        limit: int = 50,
        after: str | None = None,
    ) -> list[DeliveryRow]:
        """Where ``after`` is gone by now the list ends, rather than to begin anew."""
        values: dict[str, Any] = {
            "status": wanted.status, "endpoint": wanted.endpoint, "user_id": wanted.user_id,
            "session_id": wanted.session_id, "since": wanted.since, "until": wanted.until,
            "limit": limit, "after_row": None, "after_seq": None,
        }  # fmt: skip
        if after is not None and (position := parse_delivery_id(after)) is not None:
            found = db.execute(ROW_OF, (position[0][0], *position)).fetchone()
            values |= {"after_row": found[0] if found else 0, "after_seq": position[1]}
        if wanted.endpoint is not None and wanted.user_id is not None and wanted.session_id is not None:
            key = SessionRef(wanted.endpoint, wanted.user_id, wanted.session_id).key
            values |= {"shard": key[0], "session": key}
            query = LIST_OF_SESSION
        else:
            query = {"dead": LIST_DEAD, "pending": LIST_PENDING}.get(wanted.status or "", LIST_ALL)
        return [_delivery_row(row) for row in db.execute(query, values).fetchall()]

    @lists
    def get(self, db: sqlite3.Connection, delivery_id: str) -> DeliveryRow | None:
        """With its failed attempts, and what is sent."""
        position = parse_delivery_id(delivery_id)
        if position is None:
            return None
        where = (position[0][0], *position)
        row = db.execute(ONE, where).fetchone()
        if row is None:
            return None
        found = _delivery_row(row)
        found.request = delivery_from(db.execute(READ, where[:3]).fetchone())
        for at, ms, code, error, response in db.execute(ATTEMPTS, where[:3]).fetchall():
            found.failures.append({"at": at, "ms": ms, "status": code, "error": error, "response": response})
        return found


def record_attempt(db: sqlite3.Connection, attempt: Attempt) -> Delivery | None:
    """What the writer runs for :meth:`SqliteOutbox.record_attempt`."""
    delivery = attempt.delivery
    key = delivery.session_key
    values = {
        "shard": key[0],
        "session": key,
        "seq": delivery.sequence,
        "status": attempt.status,
        "next_at": attempt.next_at if attempt.next_at is not None else attempt.at,
        "http_status": attempt.http_status,
        "error": attempt.error,
        "counts": attempt.counts,
        "ms": attempt.ms,
        "at": attempt.at,
        "response": attempt.response,
    }
    if attempt.status == "pending":
        if db.execute(RETRY, values).rowcount:
            db.execute(RECORD_ATTEMPT, values)
        return None
    row = db.execute(RESOLVE, values).fetchone()
    if row is None:  # resolved before
        return None
    if attempt.status == "dead":
        db.execute(RECORD_ATTEMPT, values)
    elif delivery.privacy & UNKEPT:
        keep_less_of_delivery(db, key, delivery.sequence, delivery.privacy)
    return promote(db, key, delivery.sequence + 1, attempt.at) if row[0] else None


def drop_dead_deliveries(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """Delete dead deliveries by row with their attempts, and return how many there were."""
    places = [(row,) for row in rows]
    db.executemany(DROP_ATTEMPTS, places)
    return max(0, db.executemany(DROP_DEAD, places).rowcount)


def keep_less_of_delivery(db: StatementRunner, key: bytes, sequence: int, privacy: int) -> None:
    """A private delivery was taken: what it said goes, as far as it is not to be kept."""
    where = (key[0], key, sequence)
    output, body = db.execute(WORDS, where).fetchone()
    db.execute(KEEP_LESS, (private_delivery_body(output, body, privacy), *where))


def promote(db: sqlite3.Connection, key: bytes, sequence: int, now: float) -> Delivery:
    """Let a parked delivery be its session's head, and return it."""
    db.execute(PROMOTE, (now, key[0], key, sequence))
    return delivery_from(db.execute(READ, (key[0], key, sequence)).fetchone())


def _endpoints_with_heads(db: sqlite3.Connection) -> Iterator[str]:
    """One seek for each endpoint, however many deliveries wait."""
    endpoint = ""
    while (endpoint := db.execute(NEXT_ENDPOINT, (endpoint,)).fetchone()[0]) is not None:
        yield endpoint


def _wake(db: sqlite3.Connection, endpoint: str, now: float) -> int:
    values = {"endpoint": endpoint, "now": now, "limit": WAKE_PIECE}
    return db.execute(WAKE, values).rowcount


def _delivery_row(row: tuple[Any, ...]) -> DeliveryRow:
    key, seq, epoch, *columns, output, body = row
    *columns, test, done_at, privacy = columns
    shown = said(output, body, privacy)
    endpoint, user_id, session_id, status, attempts, created_at, next_at, code, error, trace_id = columns
    return DeliveryRow(
        delivery_id(key, seq, epoch),
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
        masked_output(shown) if privacy and privacy & HIDDEN else shown,
        test=bool(test),
        done_at=done_at,
    )
