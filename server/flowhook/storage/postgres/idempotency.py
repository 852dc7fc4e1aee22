"""Requests that came with a key: a repeat is told what the first one was told, and runs nothing.

Whoever looks for a repeat holds the lock of the session's row, or has just made the row: two requests with
one key cannot both be the first. Where there is no session (a discard), the key itself is locked.
"""

from __future__ import annotations

from collections.abc import Sequence

from flowhook.model.session_ref import SessionRef
from flowhook.storage.postgres.connection import Connection, Row
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
TAKE_TURNS_ALL = "SELECT pg_advisory_xact_lock(name) FROM unnest($1::bigint[]) AS name"
READ_ALL = """
SELECT i.session, i.fingerprint, i.trace_id, i.created_at, i.wait
FROM unnest($1::smallint[], $2::bytea[], $3::text[], $4::text[]) AS d (shard, session, route, key)
JOIN idempotency AS i ON i.shard = d.shard AND i.session = d.session AND i.route = d.route AND i.key = d.key
"""
WRITE_ALL = """
INSERT INTO idempotency (shard, session, route, key, fingerprint, trace_id, created_at, wait)
SELECT * FROM unnest($1::smallint[], $2::bytea[], $3::text[], $4::text[], $5::bytea[], $6::text[],
                     $7::float8[], $8::float8[])
ON CONFLICT (shard, session, route, key) DO UPDATE SET fingerprint = excluded.fingerprint,
  trace_id = excluded.trace_id, created_at = excluded.created_at, wait = excluded.wait
"""
ENDED_AT = "SELECT done_at FROM inbox WHERE trace_id = $1 ORDER BY row LIMIT 1"
IS_DISCARD = "SELECT 1 FROM discards WHERE trace_id = $1"


async def find_repeat(
    db: Connection, ref: SessionRef, key: RequestKey | None, now: float
) -> Replayed | Refused | None:
    """What the first request with this key was told; None when this is the first."""
    if key is None:
        return None
    await db.execute(TAKE_TURNS, _lock_name(ref))
    row = await db.row(READ, ref.key[0], ref.key, key.route, key.stored)
    return await _repeat(db, ref, key, row, now) if row is not None else None


async def find_repeats(
    db: Connection, requests: Sequence[tuple[SessionRef, RequestKey | None, float]]
) -> dict[bytes, Replayed | Refused]:
    """The same for requests to different sessions, by their names, in the order of those: with a key, and the
    time of each. By session; without those that are the first."""
    keyed = {ref.key: (ref, key, now) for ref, key, now in requests if key is not None}
    if not keyed:
        return {}
    await db.fetch(TAKE_TURNS_ALL, [_lock_name(ref) for ref, _, _ in keyed.values()])
    places = [(ref.key[0], ref.key, key.route, key.stored) for ref, key, _ in keyed.values()]
    repeats: dict[bytes, Replayed | Refused] = {}
    for session, *row in await db.fetch(READ_ALL, *map(list, zip(*places, strict=True))):
        ref, key, now = keyed[session]
        repeat = await _repeat(db, ref, key, row, now)
        if repeat is not None:
            repeats[session] = repeat
    return repeats


async def remember_all(
    db: Connection, requests: Sequence[tuple[SessionRef, RequestKey | None, str, float]]
) -> None:
    """The same as :func:`remember` for requests to different sessions: key, trace id and time of each."""
    rows = [
        (ref.key[0], ref.key, key.route, key.stored, key.fingerprint, trace_id, now, key.wait)
        for ref, key, trace_id, now in requests
        if key is not None
    ]
    if rows:
        await db.execute(WRITE_ALL, *map(list, zip(*rows, strict=True)))


def _lock_name(ref: SessionRef) -> int:
    return int.from_bytes(ref.key[:8], "big", signed=True)


async def _repeat(
    db: Connection, ref: SessionRef, key: RequestKey, row: Row, now: float
) -> Replayed | Refused | None:
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
