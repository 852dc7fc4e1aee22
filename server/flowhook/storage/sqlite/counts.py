"""How much there is, each from what it counts and not from what is stored."""

from __future__ import annotations

import sqlite3

from flowhook.storage.records import Waiting
from flowhook.storage.waiting import waiting_of

COUNTS = {
    "sessions": "SELECT value FROM counters WHERE name = 'sessions'",
    "queued": "SELECT count(*) FROM inbox WHERE status = 'queued'",
    "heads": "SELECT count(*) FROM outbox WHERE head = 1",
    # Everything behind a head is pending, so the sequence numbers tell how many, without a look at them;
    # but where a delivery is replayed, what is behind it may have been delivered long ago.
    "pending": """
        SELECT coalesce(sum(CASE WHEN h.is_replayed THEN
            (SELECT count(*) FROM outbox AS o
             WHERE o.shard = h.shard AND o.session = h.session AND o.status = 'pending')
          ELSE s.next_out - h.first END), 0)
        FROM (SELECT shard, session, min(seq) AS first, max(replay) AS is_replayed
              FROM outbox INDEXED BY outbox_heads WHERE head = 1 GROUP BY shard, session) AS h
        CROSS JOIN sessions AS s ON s.shard = h.shard AND s.session = h.session
        """,
    "dead": "SELECT count(*) FROM outbox WHERE status = 'dead'",
    "timers": "SELECT count(*) FROM timers",
}

INPUTS = """
    SELECT s.endpoint, count(*), min(i.received_at) FROM inbox AS i
    JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session
    WHERE i.status = 'queued' GROUP BY s.endpoint
    """
# The head of a session is its oldest delivery that waits.
DELIVERIES = """
    SELECT endpoint, min(CASE WHEN replay THEN next_at ELSE created_at END)
    FROM outbox INDEXED BY outbox_heads WHERE head = 1 GROUP BY endpoint
    """


def read_counts(db: sqlite3.Connection) -> dict[str, int]:
    """By name."""
    return {name: db.execute(query).fetchone()[0] for name, query in COUNTS.items()}


def read_waiting(db: sqlite3.Connection) -> list[Waiting]:
    """By endpoint."""
    return waiting_of(db.execute(INPUTS).fetchall(), db.execute(DELIVERIES).fetchall())
