"""Retention: deleting what is old, a bounded piece at a time, by all processes beside each other.

Nothing of a session goes while it has inbounds that wait, deliveries that are pending or timers. Rows that
somebody else works on are left for the next sweep.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence

from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.locking import lock_sessions
from flowhook.storage.postgres.outbox import drop_deliveries
from flowhook.storage.postgres.part import Part
from flowhook.storage.records import KEY_LIFETIME

Drop = Callable[[Connection, Sequence[int]], Awaitable[int]]

PIECE = 500  #: rows deleted in one transaction
MODEL_LIFETIME = 7 * 86_400.0  #: seconds after the last process that needed it
EVENT_LIFETIME = 3600.0  #: seconds for which those who watch may come back

# A session's last delivery is pending as long as any before it is.
_AT_REST = """
s.backlog = 0
  AND NOT EXISTS (SELECT 1 FROM timers AS t WHERE t.shard = s.shard AND t.session = s.session)
  AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.shard = s.shard AND o.session = s.session
                  AND o.seq = s.next_out - 1 AND o.status = 'pending')
  AND NOT EXISTS (SELECT 1 FROM handovers AS h WHERE h.shard = s.shard AND h.session = s.session
                  AND h.status <> 'closed')
"""
# What is left of a session goes when nothing refers to it any more.
_UNREFERRED = """
NOT EXISTS (SELECT 1 FROM inbox AS i WHERE i.shard = s.shard AND i.session = s.session)
  AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.shard = s.shard AND o.session = s.session)
"""
_OLD = "s.created_at IS NOT NULL AND s.active_hour <= floor($1::float8 / 3600) AND s.updated_at < $1"
_GONE = "s.created_at IS NULL AND s.active_hour <= floor($1::float8 / 3600) AND s.updated_at < $1"
_PICKED = "s.shard = ANY ($2::smallint[]) AND s.session = ANY ($3::bytea[])"
OLD_SESSIONS = f"""
SELECT s.session FROM sessions AS s WHERE {_OLD} AND {_AT_REST} ORDER BY s.active_hour LIMIT $2
"""  # noqa: S608 - only constants of this module
END_SESSIONS = f"""
UPDATE sessions AS s SET created_at = NULL, node = NULL, flow_revision = '', revision = s.revision + 1
WHERE {_PICKED} AND {_OLD} AND {_AT_REST}
"""  # noqa: S608 - only constants of this module
EMPTY_SESSIONS = f"""
SELECT s.session FROM sessions AS s WHERE {_GONE} AND {_UNREFERRED} ORDER BY s.active_hour LIMIT $2
"""  # noqa: S608 - only constants of this module
DROP_SESSIONS = f"DELETE FROM sessions AS s WHERE {_PICKED} AND {_GONE} AND {_UNREFERRED}"  # noqa: S608 - likewise

# Rows of these are in order of time: what is old lies at the front, among what may not go yet.
FRONT_OF_INBOX = """
SELECT row, received_at, status <> 'queued' FROM inbox WHERE row > $1 ORDER BY row LIMIT $2
"""
FRONT_OF_OUTBOX = """
SELECT row, created_at, status = 'delivered' FROM outbox WHERE row > $1 ORDER BY row LIMIT $2
"""
FRONT_OF_DEAD = """
SELECT row, created_at, true FROM outbox WHERE status = 'dead' AND row > $1 ORDER BY row LIMIT $2
"""
# Those of turns in which something failed stay as long as what was said.
FRONT_OF_TRACES = "SELECT row, at, NOT failed FROM traces WHERE row > $1 ORDER BY row LIMIT $2"
FRONT_OF_ANALYTICS = "SELECT row, at, true FROM analytics WHERE row > $1 ORDER BY row LIMIT $2"

FRONT_OF_HANDOVERS = """
SELECT row, created_at, status = 'closed' AND next_at IS NULL FROM handovers
WHERE row > $1 ORDER BY row LIMIT $2
"""
DROP_HANDOVERS = """
WITH gone AS (
  DELETE FROM handovers WHERE row = ANY ($1::bigint[]) AND status = 'closed' RETURNING shard, session, id
), words AS (
  DELETE FROM handover_messages AS m USING gone AS g
  WHERE m.shard = g.shard AND m.session = g.session AND m.handover = g.id
)
SELECT count(*) FROM gone
"""

DROP_ANALYTICS = "DELETE FROM analytics WHERE row = ANY ($1::bigint[])"
DROP_TRACES = "DELETE FROM traces WHERE row = ANY ($1::bigint[])"
DROP_INBOUNDS = """
WITH gone AS (
  DELETE FROM inbox WHERE row = ANY ($1::bigint[]) AND status <> 'queued' RETURNING row
), gone_traces AS (
  DELETE FROM traces AS t USING gone AS g WHERE t.row = g.row
)
SELECT count(*) FROM gone
"""

LOOSE_LINKS = """
DELETE FROM profile_links WHERE (user_id, endpoint) IN (
  SELECT user_id, endpoint FROM profile_links AS l
  WHERE NOT EXISTS (SELECT 1 FROM profiles AS p WHERE p.user_id = l.main_user AND p.endpoint = l.endpoint)
  LIMIT $1
)
"""


DROP_FULL_BUCKETS = """
DELETE FROM rate_buckets WHERE name IN (
  SELECT name FROM rate_buckets WHERE at + make_interval(secs => used / rate) < clock_timestamp()
  LIMIT $1 FOR UPDATE SKIP LOCKED
)
"""


def _by_age(table: str, column: str) -> str:
    """A piece of a table whose rows hang on nothing, by its index on time."""
    return f"""
        DELETE FROM {table} WHERE ctid = ANY (ARRAY(
          SELECT ctid FROM {table} WHERE {column} < $1 ORDER BY {column} LIMIT $2 FOR UPDATE SKIP LOCKED))
        """  # noqa: S608 - only constants of this module


DROP_BY_AGE = {
    "profiles": _by_age("profiles", "updated_at"),
    "idempotency": _by_age("idempotency", "created_at"),
    "audit": _by_age("audit", "at"),
    "discards": _by_age("discards", "at"),
    "callbacks": _by_age("callbacks", "done_at"),
    "live_events": _by_age("live_events", "at"),
    "plugin_data": _by_age("plugin_data", "expires_at"),
    "trained_models": _by_age("trained_models", "used_at"),
}

#: What holds words of users.
SCRUBBED = (
    "sessions", "states", "inbox", "traces", "outbox", "attempts", "timers", "idempotency", "discards",
    "profiles", "profile_links", "steps", "plugin_data", "audit", "analytics",
    "handovers", "handover_messages",
)  # fmt: skip


class PostgresRetention(Part):
    """See :class:`flowhook.storage.protocols.Retention`."""

    async def sweep(self, now: float, ages: Mapping[str, float]) -> dict[str, int]:
        """A piece of everything that is too old. ``pages`` are the database's own affair: always 0."""
        all_ages = {
            "idempotency": KEY_LIFETIME,
            "plugin_data": 0.0,
            "live_events": EVENT_LIFETIME,
            "trained_models": MODEL_LIFETIME,
            **ages,
        }
        if "traces" in ages:
            all_ages |= dict.fromkeys(("discards", "callbacks"), ages["traces"])
        if "profiles" in ages:
            all_ages["profile_links"] = ages["profiles"]
        gone = {name: await self._sweep(name, now - age) for name, age in all_ages.items()}
        gone["rate_buckets"] = await self._database.writer.submit("", _drop_full_buckets)
        return {**gone, "pages": 0}

    async def scrub(self) -> None:
        """Let the space of what was deleted be free to be written again. Unlike SQLite's file, PostgreSQL's
        hold the old bytes until that happens, and its log until it is recycled."""
        for table in SCRUBBED:
            await self._database.listings.run(_vacuum, table)

    async def _sweep(self, name: str, before: float) -> int:
        if name in DROP_BY_AGE:
            return await self._database.writer.submit("", _drop, DROP_BY_AGE[name], before)
        if name == "sessions":
            return await self._sweep_sessions(OLD_SESSIONS, END_SESSIONS, before)
        if name == "transcripts":
            gone = await self._sweep_front(FRONT_OF_INBOX, _drop_inbounds, before)
            gone += await self._sweep_front(FRONT_OF_OUTBOX, _drop_resolved, before)
            gone += await self._sweep_front(FRONT_OF_HANDOVERS, _drop_handovers, before)
            return gone + await self._sweep_sessions(EMPTY_SESSIONS, DROP_SESSIONS, before)
        if name == "profile_links":
            return await self._database.writer.submit("", _drop_loose_links)
        fronts: dict[str, tuple[str, Drop]] = {
            "traces": (FRONT_OF_TRACES, _drop_traces),
            "analytics": (FRONT_OF_ANALYTICS, _drop_analytics),
            "dead_deliveries": (FRONT_OF_DEAD, _drop_resolved),
        }
        return await self._sweep_front(*fronts[name], before)

    async def _sweep_sessions(self, search: str, change: str, before: float) -> int:
        found = await self._database.listings.run(lambda db: db.fetch(search, before, PIECE))
        keys = [key for (key,) in found]
        return await self._database.writer.submit("", _change_sessions, change, keys, before) if keys else 0

    async def _sweep_front(self, front: str, drop: Drop, before: float) -> int:
        rows = await self._database.listings.run(_old_rows, front, before)
        return await self._database.writer.submit("", drop, rows) if rows else 0


async def _vacuum(db: Connection, table: str) -> None:
    await db.execute(f"VACUUM {table}")


async def _drop_traces(db: Connection, rows: Sequence[int]) -> int:
    """The inbounds stay."""
    return await db.execute(DROP_TRACES, list(rows))


async def _drop_analytics(db: Connection, rows: Sequence[int]) -> int:
    """They hang on nothing."""
    return await db.execute(DROP_ANALYTICS, list(rows))


async def _old_rows(db: Connection, front: str, before: float) -> list[int]:
    """From the front of a table: rows older than ``before`` that may go."""
    found: list[int] = []
    last = 0
    while rows := await db.fetch(front, last, PIECE):
        found += [row for row, at, may_go in rows if may_go and at < before]
        last = rows[-1][0]
        if len(found) >= PIECE or rows[-1][1] >= before:
            break
    return found[:PIECE]


async def _change_sessions(db: Connection, change: str, keys: Sequence[bytes], before: float) -> int:
    """End sessions (their state goes, counters stay), or drop what is left of them: looked at again behind
    their locks."""
    await lock_sessions(db, keys)
    return await db.execute(change, before, sorted({key[0] for key in keys}), list(keys))


async def _drop_inbounds(db: Connection, rows: Sequence[int]) -> int:
    """With their traces."""
    return int(await db.value(DROP_INBOUNDS, list(rows)))


async def _drop_handovers(db: Connection, rows: Sequence[int]) -> int:
    """With what was said in them."""
    return int(await db.value(DROP_HANDOVERS, list(rows)))


async def _drop_resolved(db: Connection, rows: Sequence[int]) -> int:
    """With their attempts."""
    return await drop_deliveries(db, rows, ["delivered", "dead"])


async def _drop_loose_links(db: Connection) -> int:
    """Links to profiles that are gone."""
    return await db.execute(LOOSE_LINKS, PIECE)


async def _drop_full_buckets(db: Connection) -> int:
    """Token buckets from which nothing is taken any more."""
    return await db.execute(DROP_FULL_BUCKETS, PIECE)


async def _drop(db: Connection, sql: str, before: float) -> int:
    """A piece of a small table."""
    return await db.execute(sql, before, PIECE)
