"""The outbox: heads that fall due, attempts, and the step from one delivery to the next."""

from __future__ import annotations

from asyncio import CancelledError, Future
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from flowhook.ids import delivery_id, parse_delivery_id
from flowhook.model.delivery import Delivery
from flowhook.model.privacy import HIDDEN, UNKEPT
from flowhook.model.session_ref import SessionRef
from flowhook.storage.outcomes import OnSettled
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.named import Named
from flowhook.storage.postgres.part import Part, lists, reads, writes
from flowhook.storage.records import Attempt, DeliveryFilter, DeliveryRow, GivenUp
from flowhook.storage.rows import (
    DELIVERY_COLUMNS,
    delivery_from,
    masked_output,
    private_delivery_body,
    said,
)

WAKE_PIECE = 1000  #: heads woken in one transaction

RETRY = Named("""
UPDATE outbox SET attempts = attempts + :counts::integer, next_at = :next_at, last_status = :http_status,
                  last_error = :error, claimed_by = NULL
WHERE shard = :shard AND session = :session AND seq = :seq AND status = 'pending'
""")

# Returns whether a parked delivery waits right behind.
RESOLVE = Named("""
UPDATE outbox SET status = :status, head = false, next_at = NULL, attempts = attempts + :counts::integer,
                  done_at = :at, last_status = :http_status, last_error = :error
WHERE shard = :shard AND session = :session AND seq = :seq AND status = 'pending'
RETURNING 1
""")

# Deliveries that were taken, so many at once; what is parked behind them becomes the heads, and is returned.
SETTLE = f"""
WITH settled AS (
  UPDATE outbox AS o SET status = 'delivered', head = false, next_at = NULL, attempts = o.attempts + 1,
                         done_at = d.at, last_status = d.http_status, last_error = NULL
  FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::float8[], $5::integer[], $6::float8[])
    AS d (shard, session, seq, at, http_status, claim)
  WHERE o.shard = d.shard AND o.session = d.session AND o.seq = d.seq AND o.status = 'pending'
  RETURNING o.shard, o.session, o.seq, d.at, d.claim
), promoted AS (
  UPDATE outbox AS o SET head = true, next_at = d.at + d.claim,
                         claimed_by = CASE WHEN d.claim > 0 THEN $7::uuid END
  FROM settled AS d
  WHERE o.shard = d.shard AND o.session = d.session AND o.seq = d.seq + 1
    AND o.status = 'pending' AND NOT o.head
  RETURNING o.*
)
SELECT {DELIVERY_COLUMNS} FROM promoted AS o JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
"""  # noqa: S608 - only constants of this module

# Of a delivery that was taken: where it went and what it said goes, as far as it is not to be kept.
WORDS = "SELECT output, body FROM outbox WHERE shard = $1 AND session = $2 AND seq = $3"
KEEP_LESS = """
UPDATE outbox SET url = NULL, headers = NULL, output = NULL, body = $4
WHERE shard = $1 AND session = $2 AND seq = $3
"""

# What is parked right behind becomes the head: behind the lock on the session's row, without which a commit
# that does not see this resolve yet could park its first delivery behind nothing.
PROMOTE = """
UPDATE outbox SET head = true, next_at = $1, claimed_by = $5
WHERE shard = $2 AND session = $3 AND seq = $4 AND status = 'pending' AND NOT head
"""

RECORD_ATTEMPT = Named("""
INSERT INTO attempts (shard, session, seq, at, ms, http_status, error, response)
VALUES (:shard, :session, :seq, :at, :ms, :http_status, :error, :response)
ON CONFLICT (shard, session, seq, at) DO UPDATE SET ms = excluded.ms, http_status = excluded.http_status,
  error = excluded.error, response = excluded.response
""")

READ = f"""
SELECT {DELIVERY_COLUMNS} FROM outbox AS o JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE o.shard = $1 AND o.session = $2 AND o.seq = $3
"""  # noqa: S608 - only constants of this module

# One seek for each endpoint, however many deliveries wait (a loose index scan).
_ENDPOINTS = """
WITH RECURSIVE known (name) AS (
  (SELECT endpoint FROM outbox WHERE head ORDER BY endpoint LIMIT 1)
  UNION ALL
  SELECT (SELECT endpoint FROM outbox WHERE head AND endpoint > known.name ORDER BY endpoint LIMIT 1)
  FROM known WHERE known.name IS NOT NULL
)
"""
DUE = f"""
{_ENDPOINTS}
SELECT {DELIVERY_COLUMNS}
FROM known CROSS JOIN LATERAL (
  SELECT * FROM outbox AS h
  WHERE h.head AND h.endpoint = known.name AND h.next_at <= $1 AND h.shard = ANY ($4::smallint[])
  ORDER BY h.next_at LIMIT $2
) AS o JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE known.name IS NOT NULL AND known.name <> ALL ($3::text[])
ORDER BY o.next_at, o.row LIMIT $2
"""  # noqa: S608 - only constants of this module
NEXT_AT = f"""
{_ENDPOINTS}
SELECT min(o.next_at) FROM known CROSS JOIN LATERAL (
  SELECT h.next_at FROM outbox AS h
  WHERE h.head AND h.endpoint = known.name AND h.shard = ANY ($2::smallint[]) ORDER BY h.next_at LIMIT 1
) AS o WHERE known.name IS NOT NULL AND known.name <> ALL ($1::text[])
"""  # noqa: S608 - only constants of this module

WAKE = """
UPDATE outbox SET next_at = $2
WHERE row IN (SELECT row FROM outbox WHERE head AND endpoint = $1 AND next_at > $2
              ORDER BY shard, session LIMIT $3 FOR UPDATE SKIP LOCKED)
"""

REPLAY = """
UPDATE outbox SET status = 'pending', head = true, next_at = $5, attempts = 0, done_at = NULL, replay = true,
                  claimed_by = NULL
WHERE shard = $1 AND session = $2 AND seq = $3 AND epoch IS NOT DISTINCT FROM $4 AND status <> 'pending'
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
FROM outbox AS o JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
"""
_TIMES = """
  AND (:since::float8 IS NULL OR o.created_at >= :since) AND (:until::float8 IS NULL OR o.created_at < :until)
"""
_NAMED = f"""
  {_TIMES}
  AND (:endpoint::text IS NULL OR o.endpoint = :endpoint)
  AND (:user_id::text IS NULL OR s.user_id = :user_id)
  AND (:session_id::text IS NULL OR s.session_id = :session_id)
"""

# Dead ones: newest first, by their own small index.
LIST_DEAD = Named(f"""
{_ROW} WHERE o.status = 'dead' AND (:after_row::bigint IS NULL OR o.row < :after_row) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
""")
# Pending ones: each head, and what is parked behind it.
LIST_PENDING = Named(f"""
{_COLUMNS}
FROM (SELECT DISTINCT shard, session FROM outbox WHERE head) AS h
JOIN outbox AS o ON o.shard = h.shard AND o.session = h.session
JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE o.status = 'pending' AND (:after_row::bigint IS NULL OR o.row < :after_row) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
""")  # noqa: S608 - only constants of this module
# Those of one session: by its key.
LIST_OF_SESSION = Named(f"""
{_ROW} WHERE o.shard = :shard AND o.session = :session AND (:after_seq::bigint IS NULL OR o.seq < :after_seq)
  AND (:status::text IS NULL OR o.status = :status) {_TIMES}
ORDER BY o.seq DESC LIMIT :limit
""")
# All: newest first, as far back as it takes to fill a page.
LIST_ALL = Named(f"""
{_ROW} WHERE (:after_row::bigint IS NULL OR o.row < :after_row)
  AND (:status::text IS NULL OR o.status = :status) {_NAMED}
ORDER BY o.row DESC LIMIT :limit
""")

ONE = f"{_ROW} WHERE o.shard = $1 AND o.session = $2 AND o.seq = $3 AND o.epoch IS NOT DISTINCT FROM $4"
ATTEMPTS = """
SELECT at, ms, http_status, error, response FROM attempts
WHERE shard = $1 AND session = $2 AND seq = $3 ORDER BY at
"""

# What stands with one: is it pending, and the head of its session?
STANDING = """
SELECT status, head FROM outbox
WHERE shard = $1 AND session = $2 AND seq = $3 AND epoch IS NOT DISTINCT FROM $4
"""

DEAD_ROWS = Named(f"""
SELECT o.row FROM outbox AS o JOIN sessions AS s ON s.shard = o.shard AND s.session = o.session
WHERE o.status = 'dead' {_NAMED} ORDER BY o.row LIMIT :limit
""")  # noqa: S608 - only constants of this module
DROP = """
WITH gone AS (
  DELETE FROM outbox WHERE row = ANY ($1::bigint[]) AND status = ANY ($2::text[])
  RETURNING shard, session, seq
), gone_attempts AS (
  DELETE FROM attempts AS a USING gone AS g
  WHERE a.shard = g.shard AND a.session = g.session AND a.seq = g.seq
)
SELECT count(*) FROM gone
"""

ROW_OF = """
SELECT row FROM outbox WHERE shard = $1 AND session = $2 AND seq = $3 AND epoch IS NOT DISTINCT FROM $4
"""


class PostgresOutbox(Part):
    """See :class:`flowhook.storage.protocols.Outbox`."""

    async def record_attempt(self, attempt: Attempt) -> Delivery | None:
        """Return the delivery that may leave now, if one waited behind."""
        key, process = attempt.delivery.session_key, self._database.ownership.id
        return await self._database.writer.submit("resolve", record_attempt, attempt, process, key=key)

    def settle(self, attempt: Attempt, written: OnSettled) -> None:
        """Rides with the next commit, or has one after 20 ms."""
        key, process = attempt.delivery.session_key, self._database.ownership.id
        submit = self._database.writer.submit_together
        settling = submit("resolve", settle_attempts, (attempt, process), key=key, is_quiet=True)

        def tell(job: Future[Delivery | None]) -> None:
            error = CancelledError() if job.cancelled() else job.exception()
            written(job.result() if error is None else None, error)

        settling.add_done_callback(tell)

    @reads
    async def due(self, db: Connection, now: float, limit: int, skip: Collection[str] = ()) -> list[Delivery]:
        """Of the shards that are this process's, longest due first."""
        return [
            delivery_from(row) for row in await db.fetch(DUE, now, limit, list(skip), self._database.shards)
        ]

    @reads
    async def next_due_at(self, db: Connection, skip: Collection[str] = ()) -> float | None:
        """None when nothing waits."""
        found: float | None = await db.value(NEXT_AT, list(skip), self._database.shards)
        return found

    async def wake(self, endpoint: str, now: float) -> int:
        """A bounded number of heads in each transaction."""
        woken = 0
        while piece := await self._database.writer.submit("", _wake, endpoint, now):
            woken += piece
        self._database.ownership.wake_all()
        return woken

    async def replay(self, delivery_ids: Sequence[str], now: float) -> list[Delivery]:
        """Those that were resolved."""
        again = await self._database.writer.submit("", _replay, delivery_ids, now)
        self._database.ownership.wake((delivery.session_key for delivery in again), due=True)
        return again

    async def give_up(self, delivery_id: str, reason: str, at: float) -> GivenUp:
        """As an attempt that found the receiver gone."""
        position = parse_delivery_id(delivery_id)
        if position is None:
            return GivenUp("unknown")
        submit = self._database.writer.submit
        ownership = self._database.ownership
        given_up = await submit("resolve", _give_up, position, reason, at, ownership.id, key=position[0])
        ownership.wake([position[0]], due=True)
        return given_up

    @writes()
    async def drop_dead(self, db: Connection, wanted: DeliveryFilter, limit: int) -> int:
        """With their attempts."""
        found = await db.fetch(*DEAD_ROWS({**wanted._asdict(), "limit": limit}))
        return await drop_deliveries(db, [row for (row,) in found], ["dead"])

    @writes()
    async def drop_one(self, db: Connection, delivery_id: str) -> bool:
        """With its attempts."""
        position = parse_delivery_id(delivery_id)
        if position is None:
            return False
        rows = [row for (row,) in await db.fetch(ROW_OF, position[0][0], *position)]
        return await drop_deliveries(db, rows, ["dead"]) > 0

    @lists
    async def find(
        self,
        db: Connection,
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
            values |= {"after_row": await db.value(ROW_OF, position[0][0], *position) or 0}
            values |= {"after_seq": position[1]}
        if wanted.endpoint is not None and wanted.user_id is not None and wanted.session_id is not None:
            key = SessionRef(wanted.endpoint, wanted.user_id, wanted.session_id).key
            values |= {"shard": key[0], "session": key}
            query = LIST_OF_SESSION
        else:
            query = {"dead": LIST_DEAD, "pending": LIST_PENDING}.get(wanted.status or "", LIST_ALL)
        return [_delivery_row(row) for row in await db.fetch(*query(values))]

    @lists
    async def get(self, db: Connection, delivery_id: str) -> DeliveryRow | None:
        """With its failed attempts, and what is sent."""
        position = parse_delivery_id(delivery_id)
        if position is None:
            return None
        key, sequence, _ = position
        row = await db.row(ONE, key[0], *position)
        if row is None:
            return None
        found = _delivery_row(row)
        found.request = delivery_from(await db.row(READ, key[0], key, sequence) or ())
        for at, ms, code, error, response in await db.fetch(ATTEMPTS, key[0], key, sequence):
            found.failures.append({"at": at, "ms": ms, "status": code, "error": error, "response": response})
        return found


async def record_attempt(db: Connection, attempt: Attempt, process: UUID) -> Delivery | None:
    """What the writer runs for :meth:`PostgresOutbox.record_attempt`, with the session's row locked."""
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
        if await db.execute(*RETRY(values)):
            await db.execute(*RECORD_ATTEMPT(values))
        return None
    if await db.row(*RESOLVE(values)) is None:  # resolved before
        return None
    if attempt.status == "dead":
        await db.execute(*RECORD_ATTEMPT(values))
    elif delivery.privacy & UNKEPT:
        await keep_less_of_delivery(db, key, delivery.sequence, delivery.privacy)
    return await _promote(db, attempt, process)


async def settle_attempts(
    db: Connection, settled_here: Sequence[tuple[Attempt, UUID]]
) -> list[Delivery | None]:
    """What the writer runs for :meth:`PostgresOutbox.settle`, of one session each, with this process."""
    following: dict[bytes, Delivery | None] = {}
    attempts = [attempt for attempt, _ in settled_here]
    process = settled_here[0][1]
    plain = []
    for attempt in attempts:
        if attempt.delivery.privacy & UNKEPT:
            following[attempt.delivery.session_key] = await record_attempt(db, attempt, process)
        else:
            plain.append(attempt)
    if plain:
        rows = [
            (key[0], key, attempt.delivery.sequence, attempt.at, attempt.http_status, attempt.claim)
            for attempt in plain
            for key in [attempt.delivery.session_key]
        ]
        behind = await db.fetch(SETTLE, *map(list, zip(*rows, strict=True)), process)
        promoted = {delivery.session_key: delivery for delivery in map(delivery_from, behind)}
        for attempt in plain:
            if attempt.claim and (delivery := promoted.get(attempt.delivery.session_key)) is not None:
                delivery.claimed_until = attempt.at + attempt.claim
        following |= promoted
    return [following.get(attempt.delivery.session_key) for attempt in attempts]


async def drop_deliveries(db: Connection, rows: Sequence[int], statuses: Sequence[str]) -> int:
    """Delete deliveries by row with their attempts, where they have one of the statuses; return how many."""
    return int(await db.value(DROP, list(rows), list(statuses)) or 0) if rows else 0


async def keep_less_of_delivery(db: Connection, key: bytes, sequence: int, privacy: int) -> None:
    """A private delivery was taken: what it said goes, as far as it is not to be kept."""
    output, body = await db.row(WORDS, key[0], key, sequence) or (None, b"{}")
    await db.execute(KEEP_LESS, key[0], key, sequence, private_delivery_body(output, body, privacy))


async def _promote(db: Connection, attempt: Attempt, process: UUID) -> Delivery | None:
    """Let the delivery that is parked behind an attempt's be its session's head, and return it; None where
    nothing is parked."""
    key, sequence = attempt.delivery.session_key, attempt.delivery.sequence + 1
    until = attempt.at + attempt.claim
    claimed_by = process if attempt.claim else None
    if not await db.execute(PROMOTE, until, key[0], key, sequence, claimed_by):
        return None
    delivery = delivery_from(await db.row(READ, key[0], key, sequence) or ())
    delivery.claimed_until = until if attempt.claim else None
    return delivery


async def _give_up(
    db: Connection, position: tuple[bytes, int, int | None], reason: str, at: float, process: UUID
) -> GivenUp:
    key, sequence, _ = position
    found = await db.row(STANDING, key[0], *position)
    if found is None:
        return GivenUp("unknown")
    status, head = found
    if status != "pending" or not head:
        return GivenUp("parked" if status == "pending" else "resolved")
    delivery = delivery_from(await db.row(READ, key[0], key, sequence) or ())
    given_up = Attempt(delivery, "dead", error=reason, counts=False, at=at)
    following = await record_attempt(db, given_up, process)
    return GivenUp("given up", following)


async def _replay(db: Connection, delivery_ids: Sequence[str], now: float) -> list[Delivery]:
    again = []
    for key, sequence, epoch in filter(None, map(parse_delivery_id, delivery_ids)):
        if await db.execute(REPLAY, key[0], key, sequence, epoch, now):
            again.append(delivery_from(await db.row(READ, key[0], key, sequence) or ()))
    return again


async def _wake(db: Connection, endpoint: str, now: float) -> int:
    return await db.execute(WAKE, endpoint, now, WAKE_PIECE)


def _delivery_row(row: Row) -> DeliveryRow:
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
        test=test,
        done_at=done_at,
    )
