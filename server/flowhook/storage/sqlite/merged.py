"""Inbounds that a turn takes together with its own: they end with its first segment."""

from __future__ import annotations

import sqlite3
from typing import Any

from flowhook.model.privacy import DROPPED
from flowhook.storage.records import MergedInput, Stale
from flowhook.storage.rows import inbound_body, private_body

WAITING = """
SELECT row, body FROM inbox
WHERE shard = :shard AND session = :session AND seq = :seq AND status = 'queued'
"""
# Their words lie with the turn's own inbound, and nowhere twice.
END = "UPDATE inbox SET status = 'done', done_at = ?, merged_into = ?, body = ? WHERE row = ?"
TAKE_WORDS = "UPDATE inbox SET body = :body WHERE shard = :shard AND session = :session AND seq = :seq"
LEAVE = "UPDATE sessions SET backlog = backlog - :number WHERE shard = :shard AND session = :session"


def waiting_rows(
    db: sqlite3.Connection, merged: MergedInput, where: dict[str, Any]
) -> list[tuple[int, bytes]]:
    """Return row and body of each. Raises Stale when one of them waits no longer."""
    rows = [db.execute(WAITING, {**where, "seq": seq}).fetchone() for seq in merged.seqs]
    if None in rows:
        raise Stale
    return rows


def end_merged(
    db: sqlite3.Connection,
    merged: MergedInput,
    rows: list[tuple[int, bytes]],
    where: dict[str, Any],
    now: float,
) -> None:
    """``where`` names the turn's own inbound."""
    for row, body in rows:
        db.execute(END, (now, where["seq"], private_body(body, DROPPED), row))
    db.execute(TAKE_WORDS, {**where, "body": inbound_body(merged.inbound)})
    names = {"shard": where["shard"], "session": where["session"]}
    db.execute(LEAVE, {**names, "number": len(rows)})
