"""Receipts: what became of an inbound, found by its trace id; and cancelling what has not begun."""

from __future__ import annotations

from typing import Literal

from flowhook.ids import delivery_id
from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.idempotency import find_repeat, remember
from flowhook.storage.postgres.locking import lock_sessions
from flowhook.storage.postgres.part import Part, lists, reads, writes
from flowhook.storage.records import Receipt, Refused, Replayed, RequestKey
from flowhook.storage.rows import is_test, said

FIND = """
SELECT i.shard, i.session, i.status, i.reason, i.revision, i.first_out, i.last_out, i.body, s.endpoint,
       s.user_id, s.session_id, i.merged_into
FROM inbox AS i JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session
WHERE i.trace_id = $1 ORDER BY i.row LIMIT 1
"""
TURN_OF = """
SELECT trace_id, status, reason, revision, first_out, last_out FROM inbox
WHERE shard = $1 AND session = $2 AND seq = $3
"""
SAID = """
SELECT seq, epoch, status, attempts, output, body, privacy FROM outbox
WHERE shard = $1 AND session = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq
"""
FIND_DISCARD = "SELECT endpoint, user_id, session_id, reason FROM discards WHERE trace_id = $1"
DISCARDS_OF_USER = """
SELECT trace_id, endpoint, session_id, reason, at FROM discards WHERE user_id = $1 ORDER BY at
"""
DISCARD = """
INSERT INTO discards (trace_id, endpoint, user_id, session_id, reason, at) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (trace_id) DO UPDATE SET reason = excluded.reason, at = excluded.at
"""
PLACES = "SELECT session FROM inbox WHERE trace_id = $1"
# A turn that committed a stretch already has begun, whatever its status. Timers and callbacks come once:
# without them a session would wait for ever.
CANCEL = """
UPDATE inbox SET status = 'discarded', reason = 'cancelled', done_at = $1
WHERE trace_id = $2 AND status = 'queued' AND first_out IS NULL AND kind NOT IN ('callback', 'timer')
RETURNING shard, session
"""
LEAVE = "UPDATE sessions SET backlog = backlog - 1 WHERE shard = $1 AND session = $2"
KNOWN = "SELECT 1 FROM inbox WHERE trace_id = $1"
UNSCHEDULE = "DELETE FROM timers WHERE shard = $1 AND session = $2 AND name = $3"
SCHEDULED = """
SELECT shard, session, endpoint, user_id, session_id, body FROM timers WHERE name = $1 AND kind = 'scheduled'
"""

Cancelled = Literal["cancelled", "begun", "unknown"]


class PostgresReceipts(Part):
    """See :class:`flowhook.storage.protocols.Receipts`."""

    @reads
    async def find(self, db: Connection, trace_id: str) -> Receipt | None:
        """In the inbox, among what is scheduled, among what was dropped."""
        row = await db.row(FIND, trace_id)
        if row is not None:
            return await _of_inbound(db, trace_id, row)
        if (waiting := await db.row(SCHEDULED, trace_id)) is not None:
            _, _, endpoint, user_id, session_id, body = waiting
            return Receipt(trace_id, endpoint, user_id, session_id, "scheduled", test=is_test(body))
        if (dropped := await db.row(FIND_DISCARD, trace_id)) is not None:
            endpoint, user_id, session_id, reason = dropped
            return Receipt(trace_id, endpoint, user_id, session_id, "discarded", reason)
        return None

    @lists
    async def discards_of(self, db: Connection, user_id: str) -> list[JsonObject]:
        """``{traceId, endpoint, sessionId, reason, at}`` each."""
        names = ("traceId", "endpoint", "sessionId", "reason", "at")
        return [dict(zip(names, row, strict=True)) for row in await db.fetch(DISCARDS_OF_USER, user_id)]

    @writes("accept")
    async def record_discard(
        self,
        db: Connection,
        trace_id: str,
        ref: SessionRef,
        reason: str,
        at: float,
        key: RequestKey | None = None,
    ) -> Replayed | Refused | None:
        """Until the retention of traces is over."""
        if (repeat := await find_repeat(db, ref, key, at)) is not None:
            return repeat
        await db.execute(DISCARD, trace_id, ref.endpoint, ref.user_id, ref.session_id, reason, at)
        if key is not None:
            await remember(db, ref, key, trace_id, at)
        return None

    @writes()
    async def cancel(self, db: Connection, trace_id: str, at: float) -> Cancelled:
        """What has begun goes on."""
        return await cancel_inbound(db, trace_id, at)


async def cancel_inbound(db: Connection, trace_id: str, at: float) -> Cancelled:
    """Discard a queued or scheduled inbound."""
    if (waiting := await db.row(f"{SCHEDULED} FOR UPDATE", trace_id)) is not None:
        shard, key, *ref, _ = waiting
        await db.execute(UNSCHEDULE, shard, key, trace_id)
        await db.execute(DISCARD, trace_id, *ref, "cancelled", at)
        return "cancelled"
    await lock_sessions(db, [key for (key,) in await db.fetch(PLACES, trace_id)])
    if (left := await db.row(CANCEL, at, trace_id)) is not None:
        await db.execute(LEAVE, *left)
        return "cancelled"
    known = await db.row(KNOWN, trace_id) or await db.row(FIND_DISCARD, trace_id)
    return "begun" if known else "unknown"


async def _of_inbound(db: Connection, trace_id: str, row: Row) -> Receipt:
    shard, key, status, reason, revision, first, last, body, endpoint, user_id, session_id, merged = row
    turn = None
    if merged is not None and (own := await db.row(TURN_OF, shard, key, merged)) is not None:
        turn, status, reason, revision, first, last = own
    receipt = Receipt(trace_id, endpoint, user_id, session_id, status, reason, revision, test=is_test(body))
    receipt.turn = turn
    if first is not None:
        for seq, epoch, state, attempts, output, body, privacy in await db.fetch(
            SAID, shard, key, first, last
        ):
            shown = {"deliveryId": delivery_id(key, seq, epoch), "status": state, "attempts": attempts}
            receipt.outputs.append(shown)
            if words := said(output, body, privacy):
                receipt.said.append(words)
                if state == "delivered" and not attempts:
                    receipt.held.append(words)
    return receipt
