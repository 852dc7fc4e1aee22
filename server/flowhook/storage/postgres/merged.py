"""Inbounds that a turn takes together with its own: they end with its first segment."""

from __future__ import annotations

from flowhook.model.privacy import DROPPED
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.records import MergedInput
from flowhook.storage.rows import inbound_body, private_body

WAITING = """
SELECT row, body FROM inbox
WHERE shard = $1 AND session = $2 AND seq = ANY ($3::bigint[]) AND status = 'queued'
"""
# Their words lie with the turn's own inbound, and nowhere twice.
END = "UPDATE inbox SET status = 'done', done_at = $1, merged_into = $2, body = $3 WHERE row = $4"
TAKE_WORDS = "UPDATE inbox SET body = $1 WHERE shard = $2 AND session = $3 AND seq = $4"
LEAVE = "UPDATE sessions SET backlog = backlog - $1 WHERE shard = $2 AND session = $3"


async def waiting_rows(db: Connection, merged: MergedInput, key: bytes) -> list[Row] | None:
    """Return row and body of each; None when one of them waits no longer."""
    rows = await db.fetch(WAITING, key[0], key, list(merged.seqs))
    return rows if len(rows) == len(merged.seqs) else None


async def end_merged(
    db: Connection, merged: MergedInput, rows: list[Row], key: bytes, seq: int, now: float
) -> None:
    """``seq`` is that of the turn's own inbound."""
    for row, body in rows:
        await db.execute(END, now, seq, private_body(body, DROPPED), row)
    await db.execute(TAKE_WORDS, inbound_body(merged.inbound), key[0], key, seq)
    await db.execute(LEAVE, len(rows), key[0], key)
