"""Timers of waiting nodes, and inbounds that wait for their time."""

from __future__ import annotations

import sqlite3
from typing import Any

from flowhook.ids import new_id
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.sqlite.callbacks import TASK, time_out, without_timer
from flowhook.storage.sqlite.inbox import enter
from flowhook.storage.sqlite.rows import inbound_body, inbound_from
from flowhook.storage.store import Accepted, TimerChange, TimerRow

TIMEOUT = "timeout"  #: the name and kind of a session's one timer
TIMEOUT_PREFIX = "timeout_"

ARM = """
INSERT OR REPLACE INTO timers (part, session, name, kind, due_at, armed_seq, node, endpoint, user_id,
                               session_id, inbound_kind, body)
VALUES (?, ?, 'timeout', 'timeout', ?, ?, ?, ?, ?, ?, 'timer', x'')
"""
REMOVE = "DELETE FROM timers WHERE part = ? AND session = ? AND name = ?"
DUE = """
SELECT t.session, t.name,
       t.kind = 'timeout' AND (s.created_at IS NULL OR s.last_message_seq > t.armed_seq),
       t.kind, t.due_at, t.node, t.endpoint, t.user_id, t.session_id, t.inbound_kind, t.body
FROM timers AS t LEFT JOIN sessions AS s ON s.part = t.part AND s.session = t.session
WHERE t.due_at <= ? ORDER BY t.due_at LIMIT ?
"""
NEXT = "SELECT min(due_at) FROM timers"
LIST = """
SELECT session, name, kind, node, due_at, endpoint, user_id, session_id FROM timers ORDER BY due_at LIMIT ?
"""
SCHEDULED = """
SELECT part, session, endpoint, user_id, session_id FROM timers WHERE name = ? AND kind = 'scheduled'
"""


def change_timer(
    db: sqlite3.Connection, names: SessionRef, session: bytes, armed_seq: int, change: TimerChange
) -> None:
    """Set, replace or take away the session's timer."""
    if change.due_at is None:
        db.execute(REMOVE, (session[0], session, TIMEOUT))
        return
    place = (session[0], session, change.due_at, armed_seq, change.node)
    db.execute(ARM, (*place, names.endpoint, names.user_id, names.session_id))


def due_timers(db: sqlite3.Connection, now: float, limit: int) -> list[Accepted]:
    """Move what fell due into the inboxes; a timer whose session was spoken to since is void."""
    accepted = []
    for session, name, is_void, *timer in db.execute(DUE, (now, limit)).fetchall():
        db.execute(REMOVE, (session[0], session, name))
        if timer[0] == TASK:
            if (timed_out := time_out(db, session, name, timer[1], now)) is not None:
                accepted.append(timed_out)
        elif not is_void:
            inbound, body = _inbound(name, *timer)
            accepted.append(enter(db, inbound, session, body, now))
    return accepted


def _inbound(
    name: str,
    kind: str,
    due_at: float,
    node: str | None,
    endpoint: str,
    user_id: str,
    session_id: str,
    inbound_kind: str,
    body: bytes,
) -> tuple[Inbound, bytes]:
    """What enters when a timer falls due, and its body as stored."""
    names = SessionRef(endpoint, user_id, session_id)
    if kind == TIMEOUT:
        timeout = Inbound(names, Kind.TIMER, new_id(), due_at, timer=node)
        return timeout, inbound_body(timeout)
    return inbound_from(names, inbound_kind, name, due_at, 0, body), body


def next_timer_at(db: sqlite3.Connection) -> float | None:
    """None when no timer runs."""
    found: float | None = db.execute(NEXT).fetchone()[0]
    return found


def find_timers(db: sqlite3.Connection, limit: int) -> list[TimerRow]:
    """Soonest first; tasks that wait without end come last."""
    found = [_timer_row(*row) for row in db.execute(LIST, (limit,)).fetchall()]
    return found + without_timer(db, limit - len(found)) if len(found) < limit else found


def cancel_timer(db: sqlite3.Connection, timer_id: str) -> bool:
    """Take away the timer of a node, ``timeout_…``. Whether there was such a timer."""
    try:
        session = bytes.fromhex(timer_id.removeprefix(TIMEOUT_PREFIX))
    except ValueError:
        return False
    return bool(session) and db.execute(REMOVE, (session[0], session, TIMEOUT)).rowcount > 0


def scheduled(db: sqlite3.Connection, trace_id: str) -> tuple[Any, ...] | None:
    """``part, session, endpoint, user_id, session_id`` of an inbound that waits for its time."""
    row: tuple[Any, ...] | None = db.execute(SCHEDULED, (trace_id,)).fetchone()
    return row


def _timer_row(
    session: bytes, name: str, kind: Any, node: str | None, due_at: float, *names: str
) -> TimerRow:
    if kind == TASK:
        return TimerRow(name, kind, SessionRef(*names), node, due_at)
    if kind == TIMEOUT:
        return TimerRow(TIMEOUT_PREFIX + session.hex(), kind, SessionRef(*names), node, due_at)
    return TimerRow(name, kind, SessionRef(*names), node, due_at, trace_id=name)
