"""Requests that came with a key: a repeat is told what the first one was told, and runs nothing.

Whoever looks for a repeat holds the lock of the session's row, or has just made the row: two requests with
one key cannot both be the first. Where there is no session (a discard), the key itself is locked.
"""

from __future__ import annotations

from flowhook.model.session_ref import SessionRef
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.records import Refused, Replayed, RequestKey

READ = """
SELECT fingerprint, trace_id, created_at, wait FROM idempotency
WHERE shard = $1 AND session = $2 AND route = $3 AND key = $4
"""
WRITE = """
INSERT INTO idempotency (shard, session, route, key, fingerprint, trace_id, created_at, wait)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (shard, session, route, key) DO UPDATE SET fingerprint = excluded.fingerprint,
  trace_id = excluded.trace_id, created_at = excluded.created_at, wait = excluded.wait
"""
# Two processes may be told of a session's first message at the same moment: there is no row to be locked yet.
TAKE_TURNS = "SELECT pg_advisory_xact_lock($1)"
ENDED_AT = "SELECT done_at FROM inbox WHERE trace_id = $1 ORDER BY row LIMIT 1"
IS_DISCARD = "SELECT 1 FROM discards WHERE trace_id = $1"


async def find_repeat(
    db: Connection, ref: SessionRef, key: RequestKey | None, now: float
) -> Replayed | Refused | None:
    """What the first request with this key was told; None when this is the first."""
    if key is None:
        return None
    await db.execute(TAKE_TURNS, int.from_bytes(ref.key[:8], "big", signed=True))
    row = await db.row(READ, ref.key[0], ref.key, key.route, key.stored)
    if row is None:
        return None
    fingerprint, trace_id, created_at, wait = row
    if created_at <= now - key.lifetime:
        return None
    if fingerprint not in (key.fingerprint, key.older_fingerprint):
        return Refused("idempotency_mismatch")
    replayed = Replayed(trace_id, ref.user_id, ref.session_id)
    if wait is not None:
        await _wait_again(db, replayed, created_at, wait, key.wait, now)
    return replayed


async def remember(db: Connection, ref: SessionRef, key: RequestKey, trace_id: str, now: float) -> None:
    """For as long as the key says, or until retention sweeps it."""
    where = (ref.key[0], ref.key, key.route, key.stored)
    await db.execute(WRITE, *where, key.fingerprint, trace_id, now, key.wait)


async def _wait_again(
    db: Connection,
    replayed: Replayed,
    created_at: float,
    wait: float,
    own_wait: float | None,
    now: float,
) -> None:
    """The first request was told the outputs if its turn ended in time, so the repeat is told them, too.
    While nobody knows yet, a repeat that wants to wait does so, no longer than the first."""
    replayed.discarded = await db.value(IS_DISCARD, replayed.trace_id) is not None
    ended_at: float | None = await db.value(ENDED_AT, replayed.trace_id)
    until = created_at + wait
    if replayed.discarded or (ended_at is not None and ended_at <= until):
        replayed.wait, replayed.patience = wait, 0.0
    elif ended_at is None and own_wait is not None and now < until:
        replayed.wait, replayed.patience = wait, min(own_wait, until - now)
