"""Receipts: what became of an inbound, found by its trace id; and cancelling what has not begun."""

from __future__ import annotations

import sqlite3
from typing import Any, Literal

from flowhook.ids import delivery_id
from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import Receipt, Refused, Replayed, RequestKey
from flowhook.storage.rows import is_test, said
from flowhook.storage.sqlite.idempotency import find_repeat, remember
from flowhook.storage.sqlite.part import Part, lists, reads, writes

FIND = """
SELECT i.shard, i.session, i.status, i.reason, i.revision, i.first_out, i.last_out, i.body, s.endpoint,
       s.user_id, s.session_id, i.merged_into
FROM inbox AS i CROSS JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session
WHERE i.trace_id = ? ORDER BY i.row
"""
TURN_OF = """
SELECT trace_id, status, reason, revision, first_out, last_out FROM inbox
WHERE shard = ? AND session = ? AND seq = ?
"""
SAID = """
SELECT seq, epoch, status, attempts, output, body, privacy FROM outbox
WHERE shard = ? AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq
"""
FIND_DISCARD = "SELECT endpoint, user_id, session_id, reason FROM discards WHERE trace_id = ?"
DISCARDS_OF_USER = """
SELECT trace_id, endpoint, session_id, reason, at FROM discards WHERE user_id = ? ORDER BY at
"""
DISCARD = """
INSERT OR REPLACE INTO discards (trace_id, endpoint, user_id, session_id, reason, at)
VALUES (?, ?, ?, ?, ?, ?)
"""
# A turn that committed a stretch already has begun, whatever its status. Timers and callbacks come once:
# without them a session would wait for ever.
CANCEL = """
UPDATE inbox SET status = 'discarded', reason = 'cancelled', done_at = ?
WHERE trace_id = ? AND status = 'queued' AND first_out IS NULL AND kind NOT IN ('callback', 'timer')
RETURNING shard, session
"""
LEAVE = "UPDATE sessions SET backlog = backlog - 1 WHERE shard = ? AND session = ?"
KNOWN = "SELECT 1 FROM inbox WHERE trace_id = ?"
UNSCHEDULE = "DELETE FROM timers WHERE shard = ? AND session = ? AND name = ?"
SCHEDULED = """
SELECT shard, session, endpoint, user_id, session_id, body FROM timers WHERE name = ? AND kind = 'scheduled'
"""


Cancelled = Literal["cancelled", "begun", "unknown"]


class SqliteReceipts(Part):
    """See :class:`flowhook.storage.protocols.Receipts`."""

    @reads
    def find(self, db: sqlite3.Connection, trace_id: str) -> Receipt | None:
        """In the inbox, among what is scheduled, among what was dropped."""
        row = db.execute(FIND, (trace_id,)).fetchone()
        if row is not None:
            return _of_inbound(db, trace_id, row)
        if (waiting := db.execute(SCHEDULED, (trace_id,)).fetchone()) is not None:
            _, _, endpoint, user_id, session_id, body = waiting
            return Receipt(trace_id, endpoint, user_id, session_id, "scheduled", test=is_test(body))
        if (dropped := db.execute(FIND_DISCARD, (trace_id,)).fetchone()) is not None:
            endpoint, user_id, session_id, reason = dropped
            return Receipt(trace_id, endpoint, user_id, session_id, "discarded", reason)
        return None

    @lists
    def discards_of(self, db: sqlite3.Connection, user_id: str) -> list[JsonObject]:
        """``{traceId, endpoint, sessionId, reason, at}`` each."""
        names = ("traceId", "endpoint", "sessionId", "reason", "at")
        return [dict(zip(names, row, strict=True)) for row in db.execute(DISCARDS_OF_USER, (user_id,))]

    @writes("accept")
    def record_discard(
        self,
        db: sqlite3.Connection,
        trace_id: str,
        ref: SessionRef,
        reason: str,
        at: float,
        key: RequestKey | None = None,
    ) -> Replayed | Refused | None:
        """Until the retention of traces is over."""
        if (repeat := find_repeat(db, ref, key, at)) is not None:
            return repeat
        db.execute(DISCARD, (trace_id, ref.endpoint, ref.user_id, ref.session_id, reason, at))
        if key is not None:
            remember(db, ref, key, trace_id, at)
        return None

    @writes()
    def cancel(self, db: sqlite3.Connection, trace_id: str, at: float) -> Cancelled:
        """What has begun goes on."""
        return cancel_inbound(db, trace_id, at)


def cancel_inbound(db: sqlite3.Connection, trace_id: str, at: float) -> Cancelled:
    """Discard a queued or scheduled inbound."""
    if (waiting := db.execute(SCHEDULED, (trace_id,)).fetchone()) is not None:
        shard, key, *ref, _ = waiting
        db.execute(UNSCHEDULE, (shard, key, trace_id))
        db.execute(DISCARD, (trace_id, *ref, "cancelled", at))
        return "cancelled"
    if (left := db.execute(CANCEL, (at, trace_id)).fetchone()) is not None:
        db.execute(LEAVE, left)
        return "cancelled"
    known = db.execute(KNOWN, (trace_id,)).fetchone() or db.execute(FIND_DISCARD, (trace_id,)).fetchone()
    return "begun" if known else "unknown"


def _of_inbound(db: sqlite3.Connection, trace_id: str, row: tuple[Any, ...]) -> Receipt:
    shard, key, status, reason, revision, first, last, body, endpoint, user_id, session_id, merged = row
    turn = None
    if merged is not None and (own := db.execute(TURN_OF, (shard, key, merged)).fetchone()) is not None:
        turn, status, reason, revision, first, last = own
    receipt = Receipt(trace_id, endpoint, user_id, session_id, status, reason, revision, test=is_test(body))
    receipt.turn = turn
    if first is not None:
        for seq, epoch, state, attempts, output, body, privacy in db.execute(SAID, (shard, key, first, last)):
            shown = {"deliveryId": delivery_id(key, seq, epoch), "status": state, "attempts": attempts}
            receipt.outputs.append(shown)
            if words := said(output, body, privacy):
                receipt.said.append(words)
                if state == "delivered" and not attempts:
                    receipt.held.append(words)
    return receipt
