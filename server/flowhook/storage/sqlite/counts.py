"""How much there is, each from what it counts and not from what is stored.

Counting is not free where much waits. So a count is used again for ten times as long as it took: on a small
database it is always fresh, and on a large one whoever asks, and however often, takes a tenth of one
processor at most.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable

SLOW_SECONDS = 0.05  #: a count that took less is not used again
REUSE = 10.0  #: times what counting took

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


def read_counts(db: sqlite3.Connection) -> dict[str, int]:
    """By name."""
    return {name: db.execute(query).fetchone()[0] for name, query in COUNTS.items()}


class CachedCounts:
    """Counts once for all who ask at the same time, and not more often than the result is worth."""

    def __init__(self, read: Callable[[], Awaitable[dict[str, int]]]) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._counts: dict[str, int] = {}
        self._good_until = 0.0

    async def get(self) -> dict[str, int]:
        """By name."""
        async with self._lock:
            began = time.monotonic()
            if began >= self._good_until:
                self._counts = await self._read()
                took = time.monotonic() - began
                self._good_until = began + took * REUSE if took >= SLOW_SECONDS else 0.0
            return dict(self._counts)
