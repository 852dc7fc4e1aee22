"""Timers of waiting nodes, and inbounds that wait for their time."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection

from pydantic_core import from_json

from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import Accepted, TimerChange, TimerRow
from flowhook.storage.sqlite.callbacks import TASK_PREFIX, end_now, time_out, without_timer
from flowhook.storage.sqlite.inbox import enter
from flowhook.storage.sqlite.part import Part, lists, reads, writes
from flowhook.storage.sqlite.receipts import cancel_inbound
from flowhook.storage.timer_rows import (
    NAMED_PREFIX,
    TASK,
    TIMEOUT_PREFIX,
    armed_name,
    due_inbound,
    timer_place,
    timer_row,
)

ARM = """
INSERT OR REPLACE INTO timers (shard, session, name, kind, due_at, armed_seq, node, endpoint, user_id,
                               session_id, inbound_kind, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'timer', x'')
"""
REMOVE = "DELETE FROM timers WHERE shard = ? AND session = ? AND name = ?"
REMOVE_NAMED = "DELETE FROM timers WHERE shard = ? AND session = ? AND kind = 'named'"
DUE = """
SELECT t.session, t.name,
       t.kind IN ('timeout', 'named')
         AND (s.created_at IS NULL OR (t.kind = 'timeout' AND s.last_message_seq > t.armed_seq)),
       t.kind, t.due_at, t.node, t.endpoint, t.user_id, t.session_id, t.inbound_kind, t.body
FROM timers AS t LEFT JOIN sessions AS s ON s.shard = t.shard AND s.session = t.session
WHERE t.due_at <= ? ORDER BY t.due_at, t.shard, t.session, t.name LIMIT ?
"""
# While some endpoints are full, which is seldom.
DUE_BUT_FULL = DUE.replace(
    "ORDER BY",
    "AND NOT (t.kind = 'scheduled' AND t.endpoint IN (SELECT value FROM json_each(?))) ORDER BY",
)
NEXT = "SELECT min(due_at) FROM timers"
COUNT_SCHEDULED = "SELECT endpoint, count(*) FROM timers WHERE kind = 'scheduled' GROUP BY endpoint"
LIST = """
SELECT session, name, kind, node, due_at, endpoint, user_id, session_id FROM timers ORDER BY due_at LIMIT ?
"""

SCHEDULED_OF_USER = """
SELECT endpoint, session_id, name, inbound_kind, due_at, body FROM timers
WHERE user_id = ? AND kind = 'scheduled' ORDER BY due_at
"""


class SqliteTimers(Part):
    """See :class:`flowhook.storage.protocols.Timers`."""

    @writes("accept")
    def due(
        self, db: sqlite3.Connection, now: float, limit: int, full: Collection[str] = ()
    ) -> list[Accepted]:
        """Into the inboxes; a timer whose session was spoken to since is void."""
        accepted = []
        query, values = (DUE_BUT_FULL, (now, json.dumps([*full]), limit)) if full else (DUE, (now, limit))
        for key, name, is_void, *timer in db.execute(query, values).fetchall():
            db.execute(REMOVE, (key[0], key, name))
            if timer[0] == TASK:
                if (timed_out := time_out(db, key, name, timer[1], timer[-2], now)) is not None:
                    accepted.append(timed_out)
            elif not is_void:
                inbound, body = due_inbound(name, *timer)
                accepted.append(enter(db, inbound, key, body, now))
        return accepted

    @reads
    def next_due_at(self, db: sqlite3.Connection) -> float | None:
        """None when no timer runs."""
        found: float | None = db.execute(NEXT).fetchone()[0]
        return found

    @reads
    def scheduled(self, db: sqlite3.Connection) -> dict[str, int]:
        """By the index of their names."""
        return dict(db.execute(COUNT_SCHEDULED).fetchall())

    @lists
    def find(self, db: sqlite3.Connection, limit: int = 50) -> list[TimerRow]:
        """Soonest first; tasks that wait without end come last."""
        found = [timer_row(*row) for row in db.execute(LIST, (limit,)).fetchall()]
        return found + without_timer(db, limit - len(found)) if len(found) < limit else found

    @lists
    def of_user(self, db: sqlite3.Connection, user_id: str) -> list[JsonObject]:
        """``{endpoint, sessionId, traceId, kind, dueAt, body}`` each."""
        rows = db.execute(SCHEDULED_OF_USER, (user_id,)).fetchall()
        names = ("endpoint", "sessionId", "traceId", "kind", "dueAt")
        return [{**dict(zip(names, row, strict=True)), "body": from_json(body)} for *row, body in rows]

    @writes()
    def cancel(self, db: sqlite3.Connection, timer_id: str, at: float) -> bool:
        """By the prefix of its id; one of a scheduled inbound is its trace id."""
        if timer_id.startswith((TIMEOUT_PREFIX, NAMED_PREFIX)):
            return _take_away(db, timer_id)
        if timer_id.startswith(TASK_PREFIX):
            return end_now(db, timer_id, at)
        return cancel_inbound(db, timer_id, at) == "cancelled"


def change_timer(db: sqlite3.Connection, ref: SessionRef, armed_seq: int, change: TimerChange) -> None:
    """Set, replace or take away the session's timer."""
    key = ref.key
    if change.every:
        db.execute(REMOVE_NAMED, (key[0], key))
    name, kind = armed_name(change)
    if change.due_at is None:
        db.execute(REMOVE, (key[0], key, name))
        return
    armed = (key[0], key, name, kind, change.due_at, armed_seq, change.node)
    db.execute(ARM, (*armed, ref.endpoint, ref.user_id, ref.session_id))


def _take_away(db: sqlite3.Connection, timer_id: str) -> bool:
    """A timer of a node, or one with a name."""
    if (place := timer_place(timer_id)) is None:
        return False
    key, name = place
    return db.execute(REMOVE, (key[0], key, name)).rowcount > 0
