"""Receipts: what became of an inbound, found by its trace id; and cancelling what has not begun."""

from __future__ import annotations

import sqlite3
from typing import Any, Literal

from flowhook.ids import delivery_id
from flowhook.storage.sqlite.rows import said
from flowhook.storage.sqlite.timers import REMOVE, scheduled
from flowhook.storage.store import Receipt

FIND = """
SELECT i.part, i.session, i.status, i.reason, i.revision, i.first_out, i.last_out, s.endpoint, s.user_id,
       s.session_id
FROM inbox AS i CROSS JOIN sessions AS s ON s.part = i.part AND s.session = i.session
WHERE i.trace_id = ? ORDER BY i.row
"""
SAID = """
SELECT seq, status, attempts, output, body FROM outbox
WHERE part = ? AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq
"""
FIND_DISCARD = "SELECT endpoint, user_id, session_id, reason FROM discards WHERE trace_id = ?"
DISCARD = """
INSERT OR REPLACE INTO discards (trace_id, endpoint, user_id, session_id, reason, at)
VALUES (?, ?, ?, ?, ?, ?)
"""
# A turn that committed a stretch already has begun, whatever its status. Timers and callbacks come once:
# without them a session would wait for ever.
CANCEL = """
UPDATE inbox SET status = 'discarded', reason = 'cancelled', done_at = ?
WHERE trace_id = ? AND status = 'queued' AND first_out IS NULL AND kind NOT IN ('callback', 'timer')
RETURNING part, session
"""
LEAVE = "UPDATE sessions SET backlog = backlog - 1 WHERE part = ? AND session = ?"
KNOWN = "SELECT 1 FROM inbox WHERE trace_id = ?"


def receipt(db: sqlite3.Connection, trace_id: str) -> Receipt | None:
    """None when no such trace id was given, or its retention is over."""
    row = db.execute(FIND, (trace_id,)).fetchone()
    if row is not None:
        return _of_inbound(db, trace_id, row)
    if (waiting := scheduled(db, trace_id)) is not None:
        _, _, endpoint, user_id, session_id = waiting
        return Receipt(trace_id, endpoint, user_id, session_id, "scheduled")
    if (dropped := db.execute(FIND_DISCARD, (trace_id,)).fetchone()) is not None:
        endpoint, user_id, session_id, reason = dropped
        return Receipt(trace_id, endpoint, user_id, session_id, "discarded", reason)
    return None


def _of_inbound(db: sqlite3.Connection, trace_id: str, row: tuple[Any, ...]) -> Receipt:
    part, session, status, reason, revision, first, last, endpoint, user_id, session_id = row
    receipt = Receipt(trace_id, endpoint, user_id, session_id, status, reason, revision)
    if first is not None:
        for seq, state, attempts, output, body in db.execute(SAID, (part, session, first, last)).fetchall():
            shown = {"deliveryId": delivery_id(session, seq), "status": state, "attempts": attempts}
            receipt.outputs.append(shown)
            receipt.said.append(said(output, body))
    return receipt


def record_discard(
    db: sqlite3.Connection,
    trace_id: str,
    endpoint: str,
    user_id: str,
    session_id: str,
    reason: str,
    at: float,
) -> None:
    """Remember that a request was dropped before it reached a session."""
    db.execute(DISCARD, (trace_id, endpoint, user_id, session_id, reason, at))


def cancel(db: sqlite3.Connection, trace_id: str, at: float) -> Literal["cancelled", "begun", "unknown"]:
    """Discard a queued or scheduled inbound."""
    if (waiting := scheduled(db, trace_id)) is not None:
        part, session, *names = waiting
        db.execute(REMOVE, (part, session, trace_id))
        db.execute(DISCARD, (trace_id, *names, "cancelled", at))
        return "cancelled"
    if (left := db.execute(CANCEL, (at, trace_id)).fetchone()) is not None:
        db.execute(LEAVE, left)
        return "cancelled"
    known = db.execute(KNOWN, (trace_id,)).fetchone() or db.execute(FIND_DISCARD, (trace_id,)).fetchone()
    return "begun" if known else "unknown"
