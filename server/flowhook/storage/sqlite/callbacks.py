"""The one-time callback URLs of tasks: opened with the segment that starts the outside work, used at
most once, void when the session has left the task."""

from __future__ import annotations

import sqlite3
from typing import Any

from flowhook.ids import new_id
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.arrivals import gone_before
from flowhook.storage.records import Accepted, CallbackRow, OpenCallback, TaskChange, TimerRow
from flowhook.storage.rows import inbound_body
from flowhook.storage.sqlite.inbox import enter
from flowhook.storage.sqlite.part import Part, reads, writes
from flowhook.storage.timer_rows import TASK

TASK_PREFIX = "task_"

OPEN = """
INSERT OR IGNORE INTO callbacks (shard, hash, session, task, node, kind, status, created_at)
VALUES (?, ?, ?, ?, ?, ?, 'open', ?)
"""
ARM = """
INSERT OR IGNORE INTO timers (shard, session, name, kind, due_at, armed_seq, node, endpoint, user_id,
                              session_id, inbound_kind, body)
SELECT shard, session, ?, 'task', ?, ?, ?, endpoint, user_id, session_id, ?, x''
FROM sessions WHERE shard = ? AND session = ?
"""
HASTEN = """
INSERT OR REPLACE INTO timers (shard, session, name, kind, due_at, armed_seq, node, endpoint, user_id,
                               session_id, inbound_kind, body)
SELECT c.shard, c.session, ?, 'task', ?, 0, c.node, s.endpoint, s.user_id, s.session_id,
  coalesce((SELECT t.inbound_kind FROM timers AS t WHERE t.shard = c.shard AND t.session = c.session
            AND t.name = 'task_' || lower(hex(c.hash))), 'timer'), x''
FROM callbacks AS c CROSS JOIN sessions AS s ON s.shard = c.shard AND s.session = c.session
WHERE c.shard = ? AND c.hash = ? AND c.status = 'open'
"""
DISARM = "DELETE FROM timers WHERE shard = ? AND session = ? AND name = ?"
OF_SESSION = """
SELECT hash, task, kind FROM callbacks WHERE shard = ? AND session = ? AND status = 'open'
"""
FIND = """
SELECT c.status, c.kind, c.node, c.session, s.endpoint, s.user_id, s.session_id
FROM callbacks AS c LEFT JOIN sessions AS s ON s.shard = c.shard AND s.session = c.session
WHERE c.shard = ? AND c.hash = ?
"""
LIVES = """
SELECT 1 FROM sessions WHERE shard = ? AND session = ? AND created_at IS NOT NULL
  AND (updated_at > ? OR backlog > 0)
"""
CLOSE = """
UPDATE callbacks SET status = ?, done_at = ? WHERE shard = ? AND hash = ? AND status = 'open'
RETURNING task, node, kind, session
"""
# Open ones without a timer of their own; those with one are listed among the timers.
LIST = """
SELECT c.hash, c.node, s.endpoint, s.user_id, s.session_id
FROM callbacks AS c INDEXED BY callbacks_open CROSS JOIN sessions AS s
  ON s.shard = c.shard AND s.session = c.session
WHERE c.status = 'open'
  AND NOT EXISTS (SELECT 1 FROM timers AS t WHERE t.shard = c.shard AND t.session = c.session
                  AND t.name = 'task_' || lower(hex(c.hash)))
LIMIT ?
"""
NAMES = "SELECT endpoint, user_id, session_id FROM sessions WHERE shard = ? AND session = ?"


class SqliteCallbacks(Part):
    """See :class:`flowhook.storage.protocols.Callbacks`."""

    @reads
    def find(self, db: sqlite3.Connection, shard: int, hash: bytes) -> CallbackRow | None:
        """None when no such URL was given, or it is long over."""
        row = db.execute(FIND, (shard, hash)).fetchone()
        if row is None:
            return None
        status, kind, node, _, endpoint, user_id, session_id = row
        ref = SessionRef(endpoint, user_id, session_id) if endpoint is not None else None
        return CallbackRow(status, kind, node, ref)

    @writes("accept")
    def use(
        self, db: sqlite3.Connection, shard: int, hash: bytes, inbound: Inbound, expires_after: float | None
    ) -> Accepted | None:
        """Into the inbox of its session, or None. Fills in what the callback knows."""
        now = self._now()
        found = db.execute(FIND, (shard, hash)).fetchone()
        if found is None or found[0] != "open":
            return None
        _, _, _, key, *ref = found
        alive = db.execute(LIVES, (key[0], key, gone_before(expires_after, now))).fetchone() is not None
        status = "used" if alive else "void"
        task, node, kind, _ = db.execute(CLOSE, (status, now, shard, hash)).fetchone()
        _disarm(db, key, hash)
        if not alive:
            return None
        inbound.ref, inbound.kind = SessionRef(*ref), Kind(kind)
        inbound.task, inbound.callback = task, node
        if inbound.kind is Kind.INJECT and inbound.data is None:
            inbound.data, inbound.result = {"value": inbound.result}, None
        return enter(db, inbound, key, inbound_body(inbound), now)


def change_tasks(db: sqlite3.Connection, key: bytes, armed_seq: int, change: TaskChange, now: float) -> None:
    """Open what a segment starts; what the session waits for no longer is void."""
    for callback in change.opened:
        _open(db, key, armed_seq, callback, now)
    kept = {*change.waited, *(callback.task for callback in change.opened)}
    for hash, task, kind in db.execute(OF_SESSION, (key[0], key)).fetchall():
        left = task not in kept and (kind == Kind.CALLBACK or change.all_void)
        if left or task in change.dropped:
            db.execute(CLOSE, ("void", now, key[0], hash)).fetchall()
            _disarm(db, key, hash)


def _open(db: sqlite3.Connection, key: bytes, armed_seq: int, callback: OpenCallback, now: float) -> None:
    row = (key[0], callback.hash, key, callback.task, callback.node, callback.kind, now)
    opened = db.execute(OPEN, row).rowcount
    if opened and callback.due_at is not None:
        name = TASK_PREFIX + callback.hash.hex()
        apart = callback.kind == "inject" and callback.tells
        told_as = Kind.INJECT if apart else Kind.TIMER
        timer = (name, callback.due_at, armed_seq, callback.node, told_as, key[0], key)
        db.execute(ARM, timer)


def _disarm(db: sqlite3.Connection, key: bytes, hash: bytes) -> None:
    db.execute(DISARM, (key[0], key, TASK_PREFIX + hash.hex()))


def time_out(
    db: sqlite3.Connection, key: bytes, name: str, due_at: float, told_as: str, now: float
) -> Accepted | None:
    """A task's time is over: its URL is void, and a session that waits for it is told, or one that has gone
    on and has a branch for it (``told_as`` inject). None when it is over already, or nobody cares."""
    hash = bytes.fromhex(name.removeprefix(TASK_PREFIX))
    closed = db.execute(CLOSE, ("void", now, key[0], hash)).fetchone()
    if closed is None or (closed[2] != Kind.CALLBACK and told_as != Kind.INJECT):
        return None
    ref = db.execute(NAMES, (key[0], key)).fetchone()
    task, node, _, _ = closed
    inbound = Inbound(SessionRef(*ref), Kind.TIMER, new_id(), due_at, timer=node, task=task)
    return enter(db, inbound, key, inbound_body(inbound), now)


def end_now(db: sqlite3.Connection, timer_id: str, now: float) -> bool:
    """Let the time of a task, ``task_<hash>``, be over now. Whether there is such a task.

    Its shard is not known here: an administrator may wait for 256 look-ups.
    """
    try:
        hash = bytes.fromhex(timer_id.removeprefix(TASK_PREFIX))
    except ValueError:
        return False
    return any(db.execute(HASTEN, (timer_id, now, shard, hash)).rowcount > 0 for shard in range(256))


def without_timer(db: sqlite3.Connection, limit: int) -> list[TimerRow]:
    """Open callbacks that wait without end."""
    rows: list[tuple[Any, ...]] = db.execute(LIST, (limit,)).fetchall()
    return [
        TimerRow(TASK_PREFIX + hash.hex(), TASK, SessionRef(*ref), node, None) for hash, node, *ref in rows
    ]
