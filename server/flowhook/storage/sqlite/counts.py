"""How much there is, each from what it counts and not from what is stored."""

from __future__ import annotations

import sqlite3

COUNTS = {
    "sessions": "SELECT value FROM counters WHERE name = 'sessions'",
    "queued": "SELECT count(*) FROM inbox WHERE status = 'queued'",
    "heads": "SELECT count(*) FROM outbox WHERE head = 1",
    "pending": """
        SELECT count(*)
        FROM (SELECT DISTINCT shard, session FROM outbox INDEXED BY outbox_heads WHERE head = 1) AS h
        CROSS JOIN outbox AS o ON o.shard = h.shard AND o.session = h.session
        WHERE o.status = 'pending'
        """,
    "dead": "SELECT count(*) FROM outbox WHERE status = 'dead'",
    "timers": "SELECT count(*) FROM timers",
}


def read_counts(db: sqlite3.Connection) -> dict[str, int]:
    """By name."""
    return {name: db.execute(query).fetchone()[0] for name, query in COUNTS.items()}
