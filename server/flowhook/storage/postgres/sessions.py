"""Sessions as administration sees them: show, find, change by hand, forget."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic_core import from_json

from flowhook.model.session_ref import OPERATOR, SessionRef, contact_key
from flowhook.storage.postgres import audit
from flowhook.storage.postgres.callbacks import change_tasks
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.named import Named
from flowhook.storage.postgres.part import Part, lists
from flowhook.storage.postgres.profiles import ERASE_PROFILES
from flowhook.storage.postgres.timers import change_timer
from flowhook.storage.records import SessionRow, Stale, TaskChange, TimerChange

_ROW = """
SELECT s.endpoint, s.user_id, s.session_id, t.state, s.revision, s.node, s.flow_revision, s.backlog,
       s.created_at, s.updated_at, s.test
FROM sessions AS s LEFT JOIN states AS t ON t.shard = s.shard AND t.session = s.session
"""
SHOW = f"{_ROW} WHERE s.shard = $1 AND s.session = $2 AND s.created_at IS NOT NULL"
_PAGE = """
s.created_at IS NOT NULL AND s.active_hour <= floor(:before::float8 / 3600) AND s.updated_at <= :before
  AND (s.updated_at < :before OR s.row < :before_row)
  AND (:endpoint::text IS NULL OR s.endpoint = :endpoint)
  AND (:session_id::text IS NULL OR s.session_id = :session_id)
  AND (:since::float8 IS NULL OR s.updated_at >= :since) AND (s.backlog > 0 OR NOT :waiting::boolean)
"""
_ORDER = "ORDER BY s.active_hour DESC, s.updated_at DESC, s.row DESC LIMIT :limit"
# By activity: as far back as it takes to fill a page, an hour at a time.
LIST = Named(f"{_ROW} WHERE s.endpoint <> '{OPERATOR.endpoint}' AND {_PAGE} {_ORDER}")
# Those that stand somewhere: by the index on nodes, however many others there are.
LIST_AT_NODES = Named(f"""
{_ROW} WHERE s.node = ANY (:nodes::text[]) AND (:user_id::text IS NULL OR s.user_id = :user_id)
  AND {_PAGE} {_ORDER}
""")
LIST_OF_USER = Named(f"{_ROW} WHERE s.user_id = :user_id AND {_PAGE} {_ORDER}")
ALL_OF_USER = f"{_ROW} WHERE s.user_id = $1 ORDER BY s.updated_at DESC, s.row DESC"
ROW_OF = "SELECT row FROM sessions WHERE shard = $1 AND session = $2"

CHANGE = """
UPDATE sessions SET revision = revision + 1, node = $1, version = $2
WHERE shard = $3 AND session = $4 AND revision = $5 AND created_at IS NOT NULL
RETURNING revision, last_message_seq
"""
KEEP_STATE = """
INSERT INTO states (shard, session, state) VALUES ($1, $2, $3)
ON CONFLICT (shard, session) DO UPDATE SET state = excluded.state
"""
ABANDON = """
UPDATE inbox SET status = 'discarded', reason = 'session_changed', revision = $1, done_at = $2
WHERE shard = $3 AND session = $4 AND seq = $5 AND status = 'queued'
"""
LEAVE = "UPDATE sessions SET backlog = backlog - 1 WHERE shard = $1 AND session = $2"

BY_NODE = "SELECT node, count(*) FROM sessions WHERE endpoint = $1 AND node IS NOT NULL GROUP BY node"

# Also of sessions that begin with a schedule.
KEYS_OF_USER = """
SELECT session FROM sessions WHERE user_id = $1 UNION SELECT session FROM timers WHERE user_id = $1
"""
# What stays is a hash and counters, so that delivery ids are not given twice; retention drops it.
EMPTY = """
UPDATE sessions SET endpoint = '', user_id = '', session_id = '', node = NULL, flow_revision = '',
                    backlog = 0, revision = revision + 1, created_at = NULL
WHERE shard = $1 AND session = $2 AND user_id <> ''
"""
ERASE = (
    """
    DELETE FROM traces AS t USING inbox AS i WHERE i.shard = $1 AND i.session = $2 AND t.row = i.row
    """,
    "DELETE FROM inbox WHERE shard = $1 AND session = $2",
    "DELETE FROM outbox WHERE shard = $1 AND session = $2",
    "DELETE FROM attempts WHERE shard = $1 AND session = $2",
    "DELETE FROM timers WHERE shard = $1 AND session = $2",
    "DELETE FROM steps WHERE shard = $1 AND session = $2",
    "DELETE FROM states WHERE shard = $1 AND session = $2",
    "DELETE FROM idempotency WHERE shard = $1 AND session = $2",
    "DELETE FROM handovers WHERE shard = $1 AND session = $2",
    "DELETE FROM handover_messages WHERE shard = $1 AND session = $2",
)
ERASE_OF_USER = (
    *ERASE_PROFILES,
    "DELETE FROM plugin_data WHERE owner_user = $1",
    "DELETE FROM discards WHERE user_id = $1",
    "DELETE FROM live_events WHERE user_id = $1",
    audit.ERASE_OF_USER,
)
ERASE_ANALYTICS_OF_USER = "DELETE FROM analytics WHERE contact = $1"
ERASE_ANALYTICS_OF_SESSION = "DELETE FROM analytics WHERE contact = $1 AND session = $2"
ERASE_OF_SESSION = (
    "DELETE FROM plugin_data WHERE endpoint = $1 AND owner_user = $2 AND owner_session = $3",
    "DELETE FROM discards WHERE endpoint = $1 AND user_id = $2 AND session_id = $3",
    "DELETE FROM live_events WHERE endpoint = $1 AND user_id = $2 AND session_id = $3",
    audit.ERASE_OF_SESSION,
)

END_OF_TIME = 1e12


class PostgresSessions(Part):
    """See :class:`flowhook.storage.protocols.Sessions`."""

    @lists
    async def get(self, db: Connection, ref: SessionRef) -> SessionRow | None:
        """None when there is none, or no longer."""
        row = await db.row(SHOW, ref.key[0], ref.key)
        return _session_row(row) if row is not None else None

    @lists
    async def find(
        self,
        db: Connection,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        limit: int = 50,
        before: tuple[float, bytes] | None = None,
        *,
        nodes: Collection[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        waiting: bool = False,
    ) -> list[SessionRow]:
        """Newest activity first."""
        values: dict[str, Any] = {
            "endpoint": endpoint, "user_id": user_id, "session_id": session_id, "limit": limit,
            "before": END_OF_TIME if until is None else until, "before_row": 0, "since": since,
            "waiting": waiting,
        }  # fmt: skip
        if before is not None:
            at, key = before
            values |= {"before": at, "before_row": await db.value(ROW_OF, key[0], key) or 0}
        query = LIST if user_id is None else LIST_OF_USER
        if nodes is not None:
            query = LIST_AT_NODES
            values["nodes"] = list(nodes)
        return [_session_row(row) for row in await db.fetch(*query(values))]

    @lists
    async def of_user(self, db: Connection, user_id: str) -> list[SessionRow]:
        """Also those that retention ended."""
        return [_session_row(row) for row in await db.fetch(ALL_OF_USER, user_id)]

    @lists
    async def by_node(self, db: Connection, endpoint: str) -> list[tuple[str, int]]:
        """From an index alone."""
        return [(node, count) for node, count in await db.fetch(BY_NODE, endpoint)]

    async def change(
        self,
        ref: SessionRef,
        base_revision: int,
        state: bytes,
        node: str | None,
        timer: TimerChange | None,
        tasks: TaskChange | None = None,
        abandon: int | None = None,
        version: str | None = None,
    ) -> int:
        """Raises Stale."""

        async def change(db: Connection) -> int:
            now, key = self._now(), ref.key
            row = await db.row(CHANGE, node, version, key[0], key, base_revision)
            if row is None:
                raise Stale
            revision, last_message_seq = row
            await db.execute(KEEP_STATE, key[0], key, state)
            if timer is not None:
                await change_timer(db, ref, last_message_seq, timer)
            if tasks is not None:
                await change_tasks(db, key, last_message_seq, tasks, now)
            if abandon is not None and await db.execute(ABANDON, revision, now, key[0], key, abandon):
                await db.execute(LEAVE, key[0], key)
            return int(revision)

        revision = await self._database.writer.submit("", change, key=ref.key)
        self._database.ownership.wake([ref.key], due=True)
        return revision

    async def forget(self, user_id: str | None = None, ref: SessionRef | None = None) -> int:
        """How many sessions went. Those of a user go one by one, so that nobody waits for all of them."""
        submit = self._database.writer.submit
        gone = await submit("", _forget_session, ref, key=ref.key) if ref is not None else 0
        if user_id is None:
            return gone
        for key in await submit("", _sessions_of, user_id):
            gone += await submit("", _erase, key, key=key)
        await submit("", _forget_user, user_id)
        return gone


async def _forget_session(db: Connection, ref: SessionRef) -> int:
    """Erase all that is kept of a session."""
    erased = await _erase(db, ref.key)
    for statement in ERASE_OF_SESSION:
        await db.execute(statement, ref.endpoint, ref.user_id, ref.session_id)
    await db.execute(ERASE_ANALYTICS_OF_SESSION, contact_key(ref.user_id), ref.key)
    return erased


async def _sessions_of(db: Connection, user_id: str) -> list[bytes]:
    """The keys of all sessions of a user, at all endpoints."""
    return [key for (key,) in await db.fetch(KEYS_OF_USER, user_id)]


async def _forget_user(db: Connection, user_id: str) -> None:
    """Erase what is kept of a user beside sessions."""
    for statement in ERASE_OF_USER:
        await db.execute(statement, user_id)
    await db.execute(ERASE_ANALYTICS_OF_USER, contact_key(user_id))


async def _erase(db: Connection, key: bytes) -> int:
    for statement in ERASE:
        await db.execute(statement, key[0], key)
    return await db.execute(EMPTY, key[0], key)


def _session_row(row: Row) -> SessionRow:
    endpoint, user_id, session_id, state, *facts = row
    return SessionRow(
        SessionRef(endpoint, user_id, session_id), from_json(state) if state is not None else {}, *facts
    )
