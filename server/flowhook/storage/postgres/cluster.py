"""What the processes on one database tell each other beside the data: who they are, what happens, and how
much of their limits callers have used up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from pydantic_core import from_json, to_json

from flowhook.model.event import Event
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.part import Part, lists, reads, writes
from flowhook.storage.records import Member, PublishedEvent, Spending

KEPT_EVENTS = 4000
KEPT_MODELS = 256 * 1024 * 1024  #: bytes of all of them
EVENTS_LOCK = 0x464C4F59

MEMBERS = """
SELECT p.id::text, p.about, extract(epoch FROM p.started_at)::float8, extract(epoch FROM p.seen_at)::float8,
       count(o.shard), coalesce(sum(i.waiting), 0)::bigint, min(i.since),
       coalesce(sum(d.waiting), 0)::bigint, min(d.since)
FROM processes AS p
LEFT JOIN shard_owners AS o ON o.owner = p.id
LEFT JOIN (SELECT shard, count(*) AS waiting, min(received_at) AS since FROM inbox
           WHERE status = 'queued' GROUP BY shard) AS i ON i.shard = o.shard
LEFT JOIN (SELECT shard, count(*) AS waiting, min(next_at) AS since FROM outbox
           WHERE head AND next_at <= $1 GROUP BY shard) AS d ON d.shard = o.shard
GROUP BY p.id ORDER BY p.started_at, p.id
"""

TAKE_TURNS = "SELECT pg_advisory_xact_lock($1)"
PUBLISH = """
INSERT INTO live_events (at, endpoint, user_id, session_id, body)
SELECT * FROM unnest($1::float8[], $2::text[], $3::text[], $4::text[], $5::bytea[])
RETURNING row
"""
GAP = "INSERT INTO live_events (at, endpoint, user_id, session_id) VALUES ($1, '', '', '')"
DROP_OLD = "DELETE FROM live_events WHERE row <= $1"
PUBLISHED = "SELECT row, body FROM live_events WHERE row > $1 ORDER BY row LIMIT $2"
LAST = "SELECT row, body FROM live_events ORDER BY row DESC LIMIT $1"

# Sorted, so that processes do not wait for each other in a circle.
SPEND = """
INSERT INTO rate_buckets AS b (name, used, rate, at)
SELECT d.name, d.taken, d.rate, clock_timestamp()
FROM unnest($1::bytea[], $2::float8[], $3::float8[]) AS d (name, taken, rate) ORDER BY d.name
ON CONFLICT (name) DO UPDATE SET rate = excluded.rate, at = excluded.at,
  used = excluded.used + greatest(0, b.used - extract(epoch FROM excluded.at - b.at)::float8 * excluded.rate)
RETURNING b.name, b.used
"""

# Another inbound, or one that got further, has not ended anything yet but at most once.
NOTE_SUSPECT = """
UPDATE suspects SET running_in = $3, seq = $4, revision = $5,
  deaths = CASE WHEN seq IS NULL OR seq = $4 AND revision = $5 THEN deaths
                WHEN seq = $4 THEN least(deaths, 1) ELSE 0 END
WHERE shard = $1 AND session = $2 RETURNING deaths
"""
CLEAR_SUSPECT = """
DELETE FROM suspects WHERE shard = $1 AND session = $2 AND (running_in IS NULL OR running_in = $3)
"""

MODELS = "SELECT name FROM trained_models ORDER BY used_at DESC"
MODEL = "SELECT body FROM trained_models WHERE name = $1"
KEEP_MODEL = """
INSERT INTO trained_models (name, used_at, body) VALUES ($1, $2, $3)
ON CONFLICT (name) DO UPDATE SET used_at = excluded.used_at
"""
DROP_TOO_MANY = """
DELETE FROM trained_models WHERE name IN (
  SELECT name FROM (
    SELECT name, sum(octet_length(body)) OVER (ORDER BY used_at DESC, name) AS total FROM trained_models) AS m
  WHERE total > $1)
"""
USE_MODELS = """
UPDATE trained_models SET used_at = $2 WHERE name = ANY ($1::text[]) AND used_at < $2 - 86400
"""
KNOWN_MODELS = "SELECT name FROM trained_models WHERE name = ANY ($1::text[])"


class PostgresCluster(Part):
    """See :class:`flowhook.storage.protocols.Cluster`."""

    @property
    def life(self) -> str:
        """Of this database: one that was restored numbers anew."""
        return f"{self._database.epoch:08x}"

    @lists
    async def members(self, db: Connection) -> list[Member]:
        """Oldest first."""
        now = self._now()
        return [
            Member(id, from_json(about), started_at, seen_at, *work)
            for id, about, started_at, seen_at, *work in await db.fetch(MEMBERS, now)
        ]

    async def publish(self, events: Sequence[Event]) -> None:
        """In one transaction of its own."""
        rows = [
            (event.at, event.endpoint, event.user_id, event.session_id, to_json(event.to_json()))
            for event in events
        ]
        await self._database.listings.run(_publish, rows)

    @lists
    async def mark_gap(self, db: Connection) -> None:
        """Behind all that is there."""
        async with db.raw.transaction():
            await db.execute(TAKE_TURNS, EVENTS_LOCK)
            await db.execute(GAP, self._now())

    @reads
    async def published(self, db: Connection, after: int, limit: int) -> list[PublishedEvent]:
        """By their numbers."""
        return [_published(row) for row in await db.fetch(PUBLISHED, after, limit)]

    @lists
    async def last_published(self, db: Connection, limit: int) -> list[PublishedEvent]:
        """By their numbers."""
        return [_published(row) for row in (await db.fetch(LAST, limit))[::-1]]

    @reads
    async def spend(self, db: Connection, spent: Sequence[Spending]) -> dict[bytes, float]:
        """In one statement, whatever their number."""
        columns = [list(column) for column in zip(*((s.name, s.taken, s.rate) for s in spent), strict=True)]
        return {name: used for name, used in await db.fetch(SPEND, *columns)} if spent else {}

    @writes()
    async def note_suspect(self, db: Connection, key: bytes, seq: int, revision: int) -> int | None:
        """In a transaction of its own."""
        process = self._database.ownership.id
        deaths: int | None = await db.value(NOTE_SUSPECT, key[0], key, process, seq, revision)
        return deaths

    def clear_suspect(self, key: bytes) -> None:
        """Where that fails, nothing is lost: the next turn of the session does it again."""
        process = self._database.ownership.id
        cleared = self._database.writer.submit("", _clear_suspect, key, process)
        cleared.add_done_callback(lambda done: done.cancelled() or done.exception())

    @lists
    async def models(self, db: Connection) -> list[str]:
        """Those that were used last come first."""
        return [name for (name,) in await db.fetch(MODELS)]

    @lists
    async def model(self, db: Connection, name: str) -> bytes | None:
        """As it was kept."""
        body: bytes | None = await db.value(MODEL, name)
        return body

    @writes()
    async def keep_model(self, db: Connection, name: str, body: bytes) -> None:
        """One that another process kept meanwhile is the same."""
        await db.execute(KEEP_MODEL, name, self._now(), body)
        await db.execute(DROP_TOO_MANY, KEPT_MODELS)

    @writes()
    async def use_models(self, db: Connection, names: Collection[str]) -> set[str]:
        """Written once a day for each."""
        await db.execute(USE_MODELS, list(names), self._now())
        return {name for (name,) in await db.fetch(KNOWN_MODELS, list(names))}


async def _clear_suspect(db: Connection, key: bytes, process: UUID) -> None:
    await db.execute(CLEAR_SUSPECT, key[0], key, process)


async def _publish(db: Connection, rows: Sequence[tuple[object, ...]]) -> None:
    async with db.raw.transaction():
        await db.execute(TAKE_TURNS, EVENTS_LOCK)
        numbers = await db.fetch(PUBLISH, *map(list, zip(*rows, strict=True)))
        await db.execute(DROP_OLD, numbers[-1][0] - KEPT_EVENTS)


def _published(row: tuple[int, bytes | None]) -> PublishedEvent:
    number, body = row
    return PublishedEvent(number, None if body is None else Event.from_json(from_json(body)), body is None)
