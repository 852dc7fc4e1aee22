"""Sessions as administration sees them: show, find, change by hand, forget."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection
from typing import Any

from pydantic_core import from_json

from flowhook.model.session_ref import OPERATOR, SessionRef, contact_key
from flowhook.storage.records import SessionRow, Stale, TaskChange, TimerChange
from flowhook.storage.sqlite import analytics, audit, contact_index
from flowhook.storage.sqlite.callbacks import change_tasks
from flowhook.storage.sqlite.part import Part, lists, writes
from flowhook.storage.sqlite.profiles import ERASE_PROFILES
from flowhook.storage.sqlite.timers import change_timer

_ROW = """
SELECT endpoint, user_id, session_id, state, revision, node, flow_revision, backlog, created_at, updated_at,
       test
FROM sessions
"""
SHOW = f"{_ROW} WHERE shard = ? AND session = ? AND created_at IS NOT NULL"
# By activity: as far back as it takes to fill a page. That of the operator events is no conversation.
LIST = f"""
{_ROW} WHERE created_at IS NOT NULL AND endpoint <> '{OPERATOR.endpoint}' AND updated_at <= :before
  AND (updated_at < :before OR row < :before_row)
  AND (:endpoint IS NULL OR endpoint = :endpoint)
  AND (:session_id IS NULL OR session_id = :session_id) AND (:since IS NULL OR updated_at >= :since)
  AND (backlog > 0 OR NOT :waiting)
ORDER BY updated_at DESC, row DESC LIMIT :limit
"""
# Those that stand somewhere: by the index on nodes, however many others there are.
LIST_AT_NODES = f"""
WITH RECURSIVE known (name) AS (
  SELECT min(endpoint) FROM sessions WHERE node IS NOT NULL
  UNION ALL SELECT (SELECT min(endpoint) FROM sessions WHERE node IS NOT NULL AND endpoint > name) FROM known
  WHERE name IS NOT NULL
)
{_ROW} INDEXED BY sessions_standing
WHERE endpoint IN (SELECT name FROM known WHERE :endpoint IS NULL UNION SELECT :endpoint)
  AND node IN (SELECT value FROM json_each(:nodes)) AND created_at IS NOT NULL AND updated_at <= :before
  AND (updated_at < :before OR row < :before_row)
  AND (:user_id IS NULL OR user_id = :user_id)
  AND (:session_id IS NULL OR session_id = :session_id) AND (:since IS NULL OR updated_at >= :since)
  AND (backlog > 0 OR NOT :waiting)
ORDER BY updated_at DESC, row DESC LIMIT :limit
"""  # noqa: S608 - only constants of this module
LIST_OF_USER = f"""
{_ROW} WHERE created_at IS NOT NULL AND user_id = :user_id AND updated_at <= :before
  AND (updated_at < :before OR row < :before_row)
  AND (:endpoint IS NULL OR endpoint = :endpoint)
  AND (:session_id IS NULL OR session_id = :session_id) AND (:since IS NULL OR updated_at >= :since)
  AND (backlog > 0 OR NOT :waiting)
ORDER BY updated_at DESC, row DESC LIMIT :limit
"""
ALL_OF_USER = f"{_ROW} WHERE user_id = ? ORDER BY updated_at DESC, row DESC"
ROW_OF = "SELECT row FROM sessions WHERE shard = ? AND session = ?"

CHANGE = """
UPDATE sessions SET revision = revision + 1, state = ?, node = ?, version = ?
WHERE shard = ? AND session = ? AND revision = ? AND created_at IS NOT NULL
RETURNING revision, last_message_seq
"""
ABANDON = """
UPDATE inbox SET status = 'discarded', reason = 'session_changed', revision = ?, done_at = ?
WHERE shard = ? AND session = ? AND seq = ? AND status = 'queued'
"""
LEAVE = "UPDATE sessions SET backlog = backlog - 1 WHERE shard = ? AND session = ?"

BY_NODE = """
SELECT node, count(*) FROM sessions INDEXED BY sessions_standing
WHERE endpoint = ? AND node IS NOT NULL GROUP BY node
"""

OF_USER = "SELECT session FROM sessions WHERE user_id = ?"
# What stays is a hash and counters, so that delivery ids are not given twice; retention drops it.
EMPTY = """
UPDATE sessions SET endpoint = '', user_id = '', session_id = '', state = NULL, node = NULL,
                    flow_revision = '', backlog = 0, revision = revision + 1, created_at = NULL
WHERE shard = ? AND session = ? AND user_id <> ''
"""
ERASE_TRACES = "DELETE FROM traces WHERE row IN (SELECT row FROM inbox WHERE shard = ? AND session = ?)"
ERASE = (
    "DELETE FROM inbox WHERE shard = ? AND session = ?",
    "DELETE FROM outbox WHERE shard = ? AND session = ?",
    "DELETE FROM attempts WHERE shard = ? AND session = ?",
    "DELETE FROM timers WHERE shard = ? AND session = ?",
    "DELETE FROM steps WHERE shard = ? AND session = ?",
    "DELETE FROM idempotency WHERE shard = ? AND session = ?",
    "DELETE FROM handovers WHERE shard = ? AND session = ?",
    "DELETE FROM handover_messages WHERE shard = ? AND session = ?",
)
TIMERS_OF_USER = "SELECT DISTINCT session FROM timers WHERE user_id = ?"
ERASE_OF_USER = (
    "DELETE FROM plugin_data WHERE owner_user = ?",
    "DELETE FROM discards WHERE user_id = ?",
    audit.ERASE_OF_USER,
)
ERASE_OF_SESSION = (
    "DELETE FROM plugin_data WHERE endpoint = ? AND owner_user = ? AND owner_session = ?",
    "DELETE FROM discards WHERE endpoint = ? AND user_id = ? AND session_id = ?",
    audit.ERASE_OF_SESSION,
)

END_OF_TIME = 1e12


class SqliteSessions(Part):
    """See :class:`flowhook.storage.protocols.Sessions`."""

    @lists
    def get(self, db: sqlite3.Connection, ref: SessionRef) -> SessionRow | None:
        """None when there is none, or no longer."""
        row = db.execute(SHOW, (ref.key[0], ref.key)).fetchone()
        return _session_row(row) if row is not None else None

    @lists
    def find(
        self,
        db: sqlite3.Connection,
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
            found = db.execute(ROW_OF, (key[0], key)).fetchone()
            values |= {"before": at, "before_row": found[0] if found else 0}
        query = LIST if user_id is None else LIST_OF_USER
        if nodes is not None:
            query = LIST_AT_NODES
            values["nodes"] = json.dumps(list(nodes))
        return [_session_row(row) for row in db.execute(query, values).fetchall()]

    @lists
    def of_user(self, db: sqlite3.Connection, user_id: str) -> list[SessionRow]:
        """Also those that retention ended."""
        return [_session_row(row) for row in db.execute(ALL_OF_USER, (user_id,)).fetchall()]

    @lists
    def by_node(self, db: sqlite3.Connection, endpoint: str) -> list[tuple[str, int]]:
        """From an index alone."""
        return [(node, count) for node, count in db.execute(BY_NODE, (endpoint,)).fetchall()]

    @writes()
    def change(
        self,
        db: sqlite3.Connection,
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
        now, key = self._now(), ref.key
        row = db.execute(CHANGE, (state, node, version, key[0], key, base_revision)).fetchone()
        if row is None:
            raise Stale
        revision, last_message_seq = row
        if timer is not None:
            change_timer(db, ref, last_message_seq, timer)
        if tasks is not None:
            change_tasks(db, key, last_message_seq, tasks, now)
        if abandon is not None:
            abandoned = db.execute(ABANDON, (revision, now, key[0], key, abandon)).rowcount
            if abandoned:
                db.execute(LEAVE, (key[0], key))
        return int(revision)

    async def forget(self, user_id: str | None = None, ref: SessionRef | None = None) -> int:
        """How many sessions went. Those of a user go one by one, and the blocks of analytics, so that nobody
        waits for all of them."""
        submit = self._database.writer.submit
        gone = 0
        if ref is not None:
            gone = await submit("", _forget_session, ref)
            await self._forget_analytics(ref.user_id, ref.key)
        if user_id is None:
            return gone
        for key in await submit("", _sessions_of, user_id):
            gone += await submit("", _erase, key)
        await submit("", _forget_user, user_id)
        await self._forget_analytics(user_id)
        return gone

    async def _forget_analytics(self, user_id: str, session: bytes | None = None) -> None:
        submit, contact = self._database.writer.submit, contact_key(user_id)
        for block in await submit("", contact_index.blocks_of, contact):
            await submit("", analytics.forget, contact, session, block)


def _forget_session(db: sqlite3.Connection, ref: SessionRef) -> int:
    """Erase all that is kept of a session."""
    erased = _erase(db, ref.key)
    for statement in ERASE_OF_SESSION:
        db.execute(statement, (ref.endpoint, ref.user_id, ref.session_id))
    return erased


def _sessions_of(db: sqlite3.Connection, user_id: str) -> set[bytes]:
    """The keys of all sessions of a user, at all endpoints; also of those that begin with a schedule."""
    return {key for query in (OF_USER, TIMERS_OF_USER) for (key,) in db.execute(query, (user_id,)).fetchall()}


def _forget_user(db: sqlite3.Connection, user_id: str) -> None:
    """Erase what is kept of a user beside sessions."""
    for statement in (*ERASE_PROFILES, *ERASE_OF_USER):
        db.execute(statement, (user_id,))


def _erase(db: sqlite3.Connection, key: bytes) -> int:
    where = (key[0], key)
    db.execute(ERASE_TRACES, where)
    for statement in ERASE:
        db.execute(statement, where)
    return db.execute(EMPTY, where).rowcount


def _session_row(row: tuple[Any, ...]) -> SessionRow:
    *ref, state, revision, node, flow_revision, waiting, created_at, updated_at, test = row
    return SessionRow(
        SessionRef(*ref),
        from_json(state) if state is not None else {},
        revision,
        node,
        flow_revision,
        waiting,
        created_at,
        updated_at,
        bool(test),
    )
