"""Sessions as runners and administration see them: what waits, show, find, change by hand, forget."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from flowhook.model.inbound import Inbound
from flowhook.model.session_ref import SessionRef
from flowhook.storage.sqlite.callbacks import change_tasks
from flowhook.storage.sqlite.rows import inbound_from
from flowhook.storage.sqlite.timers import change_timer
from flowhook.storage.store import SessionRow, Stale, TaskChange, TimerChange

WITH_BACKLOG = """
SELECT s.endpoint, s.user_id, s.session_id
FROM (SELECT DISTINCT part, session FROM inbox WHERE status = 'queued') AS q
CROSS JOIN sessions AS s ON s.part = q.part AND s.session = q.session
"""
STATE = "SELECT state, revision FROM sessions WHERE part = ? AND session = ?"
QUEUED = """
SELECT kind, trace_id, received_at, seq, body FROM inbox
WHERE part = ? AND session = ? AND status = 'queued' ORDER BY seq
"""

_ROW = """
SELECT endpoint, user_id, session_id, state, revision, node, flow_revision, backlog, created_at, updated_at
FROM sessions
"""
SHOW = f"{_ROW} WHERE part = ? AND session = ? AND created_at IS NOT NULL"
# By activity: as far back as it takes to fill a page.
LIST = f"""
{_ROW} WHERE created_at IS NOT NULL AND updated_at <= :before
  AND (updated_at < :before OR row < :before_row)
  AND (:endpoint IS NULL OR endpoint = :endpoint)
  AND (:session_id IS NULL OR session_id = :session_id)
ORDER BY updated_at DESC, row DESC LIMIT :limit
"""
LIST_OF_USER = f"""
{_ROW} WHERE created_at IS NOT NULL AND user_id = :user_id AND updated_at <= :before
  AND (updated_at < :before OR row < :before_row)
  AND (:endpoint IS NULL OR endpoint = :endpoint)
  AND (:session_id IS NULL OR session_id = :session_id)
ORDER BY updated_at DESC, row DESC LIMIT :limit
"""
ALL_OF_USER = f"{_ROW} WHERE user_id = ? ORDER BY updated_at DESC, row DESC"
ROW_OF = "SELECT row FROM sessions WHERE part = ? AND session = ?"

CHANGE = """
UPDATE sessions SET revision = revision + 1, state = ?, node = ?
WHERE part = ? AND session = ? AND revision = ? AND created_at IS NOT NULL
RETURNING revision, last_message_seq, endpoint, user_id, session_id
"""
ABANDON = """
UPDATE inbox SET status = 'discarded', reason = 'session_changed', revision = ?, done_at = ?
WHERE part = ? AND session = ? AND seq = ? AND status = 'queued'
"""
LEAVE = "UPDATE sessions SET backlog = backlog - 1 WHERE part = ? AND session = ?"

BY_NODE = """
SELECT node, count(*) FROM sessions INDEXED BY sessions_standing
WHERE endpoint = ? AND node IS NOT NULL GROUP BY node
"""

OF_USER = "SELECT session FROM sessions WHERE user_id = ?"
# What stays is a hash and counters, so that delivery ids are not given twice; retention drops it.
EMPTY = """
UPDATE sessions SET endpoint = '', user_id = '', session_id = '', state = NULL, node = NULL,
                    flow_revision = '', backlog = 0, revision = revision + 1, created_at = NULL
WHERE part = ? AND session = ? AND user_id <> ''
"""
ERASE_TRACES = "DELETE FROM traces WHERE row IN (SELECT row FROM inbox WHERE part = ? AND session = ?)"
ERASE = (
    "DELETE FROM inbox WHERE part = ? AND session = ?",
    "DELETE FROM outbox WHERE part = ? AND session = ?",
    "DELETE FROM attempts WHERE part = ? AND session = ?",
    "DELETE FROM timers WHERE part = ? AND session = ?",
    "DELETE FROM steps WHERE part = ? AND session = ?",
    "DELETE FROM idempotency WHERE part = ? AND session = ?",
)
TIMERS_OF_USER = "SELECT DISTINCT session FROM timers WHERE user_id = ?"
ERASE_OF_USER = (
    "DELETE FROM profiles WHERE user_id = ?",
    "DELETE FROM plugin_data WHERE owner_user = ?",
    "DELETE FROM discards WHERE user_id = ?",
)
ERASE_OF_SESSION = (
    "DELETE FROM plugin_data WHERE endpoint = ? AND owner_user = ? AND owner_session = ?",
    "DELETE FROM discards WHERE endpoint = ? AND user_id = ? AND session_id = ?",
)

END_OF_TIME = 1e12


def sessions_with_backlog(db: sqlite3.Connection) -> list[SessionRef]:
    """All sessions whose inbox is not empty."""
    return [SessionRef(*row) for row in db.execute(WITH_BACKLOG).fetchall()]


def backlog(
    db: sqlite3.Connection, names: SessionRef, session: bytes
) -> tuple[bytes | None, int, list[Inbound]]:
    """State, revision and the waiting inbounds in order, all of one moment."""
    with _one_moment(db):
        row = db.execute(STATE, (session[0], session)).fetchone() or (None, 0)
        queued = db.execute(QUEUED, (session[0], session)).fetchall()
    return row[0], row[1], [inbound_from(names, *inbound) for inbound in queued]


def session(db: sqlite3.Connection, key: bytes) -> SessionRow | None:
    """None when there is none, or no longer."""
    row = db.execute(SHOW, (key[0], key)).fetchone()
    return _session_row(row) if row is not None else None


def find_sessions(
    db: sqlite3.Connection,
    endpoint: str | None,
    user_id: str | None,
    session_id: str | None,
    limit: int,
    before: tuple[float, bytes] | None,
) -> list[SessionRow]:
    """Newest activity first; ``before`` is ``(updated_at, key)`` of the last one of the page before."""
    values: dict[str, Any] = {
        "endpoint": endpoint, "user_id": user_id, "session_id": session_id, "limit": limit,
        "before": END_OF_TIME, "before_row": 0,
    }  # fmt: skip
    if before is not None:
        at, key = before
        found = db.execute(ROW_OF, (key[0], key)).fetchone()
        values |= {"before": at, "before_row": found[0] if found else 0}
    query = LIST if user_id is None else LIST_OF_USER
    return [_session_row(row) for row in db.execute(query, values).fetchall()]


def sessions_of(db: sqlite3.Connection, user_id: str) -> list[SessionRow]:
    """Also those that retention ended, whose transcript may still be there."""
    return [_session_row(row) for row in db.execute(ALL_OF_USER, (user_id,)).fetchall()]


@dataclass(frozen=True, slots=True)
class Change:
    """A session's state written by hand, and what goes with it."""

    state: bytes
    node: str | None
    timer: TimerChange | None = None
    tasks: TaskChange | None = None
    abandon: int | None = None  #: the seq of an inbound whose turn has begun and shall not go on


def change_session(db: sqlite3.Connection, key: bytes, base_revision: int, change: Change, now: float) -> int:
    """Write a state by hand. Answers the new revision; raises :class:`Stale`."""
    row = db.execute(CHANGE, (change.state, change.node, key[0], key, base_revision)).fetchone()
    if row is None:
        raise Stale
    revision, last_message_seq, *names = row
    if change.timer is not None:
        change_timer(db, SessionRef(*names), key, last_message_seq, change.timer)
    if change.tasks is not None:
        change_tasks(db, key, last_message_seq, change.tasks, now)
    if change.abandon is not None:
        abandoned = db.execute(ABANDON, (revision, now, key[0], key, change.abandon)).rowcount
        if abandoned:
            db.execute(LEAVE, (key[0], key))
    return int(revision)


def sessions_by_node(db: sqlite3.Connection, endpoint: str) -> list[tuple[str, int]]:
    """Live sessions by where they stand, from an index alone."""
    return [(node, count) for node, count in db.execute(BY_NODE, (endpoint,)).fetchall()]


def forget_session(db: sqlite3.Connection, names: SessionRef) -> int:
    """Erase all that is kept of a session."""
    erased = _erase(db, names.key)
    for statement in ERASE_OF_SESSION:
        db.execute(statement, (names.endpoint, names.user_id, names.session_id))
    return erased


def forget_user(db: sqlite3.Connection, user_id: str) -> int:
    """Erase all that is kept of a user, at all endpoints."""
    keys = {key for (key,) in db.execute(OF_USER, (user_id,)).fetchall()}
    scheduled = {key for (key,) in db.execute(TIMERS_OF_USER, (user_id,)).fetchall()}
    erased = sum(_erase(db, key) for key in keys | scheduled)
    for statement in ERASE_OF_USER:
        db.execute(statement, (user_id,))
    return erased


def _erase(db: sqlite3.Connection, key: bytes) -> int:
    where = (key[0], key)
    db.execute(ERASE_TRACES, where)
    for statement in ERASE:
        db.execute(statement, where)
    return db.execute(EMPTY, where).rowcount


@contextmanager
def _one_moment(db: sqlite3.Connection) -> Iterator[None]:
    """Several reads of one snapshot."""
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.execute("COMMIT")


def _session_row(row: tuple[Any, ...]) -> SessionRow:
    endpoint, user_id, session_id, state, revision, node, flow_revision, waiting, created_at, updated_at = row
    return SessionRow(
        SessionRef(endpoint, user_id, session_id),
        from_json(state) if state is not None else {},
        revision,
        node,
        flow_revision,
        waiting,
        created_at,
        updated_at,
    )
