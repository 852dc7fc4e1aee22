"""Requests that came with a key: a repeat is told what the first one was told, and runs nothing."""

from __future__ import annotations

import sqlite3

from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import Refused, Replayed, RequestKey

READ = """
SELECT fingerprint, trace_id, created_at, wait FROM idempotency
WHERE shard = ? AND session = ? AND route = ? AND key = ?
"""
WRITE = """
INSERT OR REPLACE INTO idempotency (shard, session, route, key, fingerprint, trace_id, created_at, wait)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
ENDED_AT = "SELECT done_at FROM inbox WHERE trace_id = ? ORDER BY row LIMIT 1"
IS_DISCARD = "SELECT 1 FROM discards WHERE trace_id = ?"


def find_repeat(
    db: sqlite3.Connection, ref: SessionRef, key: RequestKey | None, now: float
) -> Replayed | Refused | None:
    """What the first request with this key was told; None when this is the first."""
    if key is None:
        return None
    row = db.execute(READ, (ref.key[0], ref.key, key.route, key.stored)).fetchone()
    if row is None:
        return None
    fingerprint, trace_id, created_at, wait = row
    if created_at <= now - key.lifetime:
        return None
    if fingerprint not in (key.fingerprint, key.older_fingerprint):
        return Refused("idempotency_mismatch")
    replayed = Replayed(trace_id, ref.user_id, ref.session_id)
    if wait is not None:
        _wait_again(db, replayed, created_at, wait, key.wait, now)
    return replayed


def remember(db: sqlite3.Connection, ref: SessionRef, key: RequestKey, trace_id: str, now: float) -> None:
    """For as long as the key says, or until retention sweeps it."""
    where = (ref.key[0], ref.key, key.route, key.stored)
    db.execute(WRITE, (*where, key.fingerprint, trace_id, now, key.wait))


def _wait_again(
    db: sqlite3.Connection,
    replayed: Replayed,
    created_at: float,
    wait: float,
    own_wait: float | None,
    now: float,
) -> None:
    """The first request was told the outputs if its turn ended in time, so the repeat is told them, too.
    While nobody knows yet, a repeat that wants to wait does so, no longer than the first."""
    replayed.discarded = db.execute(IS_DISCARD, (replayed.trace_id,)).fetchone() is not None
    ended = db.execute(ENDED_AT, (replayed.trace_id,)).fetchone()
    ended_at: float | None = ended[0] if ended is not None else None
    until = created_at + wait
    if replayed.discarded or (ended_at is not None and ended_at <= until):
        replayed.wait, replayed.patience = wait, 0.0
    elif ended_at is None and own_wait is not None and now < until:
        replayed.wait, replayed.patience = wait, min(own_wait, until - now)
