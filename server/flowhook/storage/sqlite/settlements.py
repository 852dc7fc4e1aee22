"""Quiet resolves: deliveries that were taken are written by their rows, all of a moment at once."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Sequence

from pydantic_core import to_json

from flowhook.model.delivery import Delivery
from flowhook.model.privacy import UNKEPT
from flowhook.storage.outcomes import OnSettled, tell_settled
from flowhook.storage.records import Attempt
from flowhook.storage.sqlite.outbox import promote, record_attempt
from flowhook.storage.sqlite.writer import Writer

SETTLE = """
UPDATE outbox SET status = 'delivered', head = 0, next_at = NULL, attempts = attempts + 1, done_at = ?,
                  last_status = ?, last_error = NULL
WHERE row = ? AND session = ? AND seq = ? AND status = 'pending'
"""

# What is parked right behind deliveries, by their rows in a JSON array.
PARKED_BEHIND = """
SELECT o.session, o.seq
FROM json_each(?) AS settled
CROSS JOIN outbox AS d ON d.row = settled.value
CROSS JOIN outbox AS o ON o.shard = d.shard AND o.session = d.session AND o.seq = d.seq + 1
WHERE o.status = 'pending' AND o.head = 0
"""


class Settlements:
    """Gathers what was taken, until the writer comes by."""

    def __init__(self) -> None:
        self._open = _Batch()
        self._open.close()

    def add(self, writer: Writer, attempt: Attempt, written: OnSettled) -> None:
        """Write with the next commit that a delivery was taken, or within a moment. ``written`` is told what
        may leave now."""
        if not self._open.add(attempt, written):
            self._open = batch = _Batch()
            batch.add(attempt, written)
            writer.submit_quietly("resolve", batch.write).add_done_callback(batch.tell)


class _Batch:
    """Those that one job of the writer writes: all that came before it began."""

    def __init__(self) -> None:
        self._lock = threading.Lock()  # the loop adds, the writer closes
        self._is_closed = False
        self._attempts: list[Attempt] = []
        self._waiters: list[OnSettled] = []

    def add(self, attempt: Attempt, written: OnSettled) -> bool:
        """False when it is too late."""
        with self._lock:
            if self._is_closed:
                return False
            self._attempts.append(attempt)
            self._waiters.append(written)
            return True

    def close(self) -> None:
        """Take no more."""
        with self._lock:
            self._is_closed = True

    def write(self, db: sqlite3.Connection) -> list[Delivery | None]:
        """The job; it may be run twice."""
        self.close()
        return settle(db, self._attempts)

    def tell(self, job: asyncio.Future[list[Delivery | None]]) -> None:
        """On the loop: all hear what became of the job."""
        self.close()
        error = job.exception()
        following = job.result() if error is None else [None] * len(self._waiters)
        tell_settled(self._waiters, following, error)


def settle(db: sqlite3.Connection, attempts: Sequence[Attempt]) -> list[Delivery | None]:
    """Write that deliveries were taken. Returns for each what was parked behind it, which may leave now."""
    promoted: dict[tuple[bytes, int], Delivery | None] = {}
    rows = []
    for attempt in attempts:
        delivery = attempt.delivery
        key, sequence = delivery.session_key, delivery.sequence
        if delivery.row and not delivery.privacy & UNKEPT:
            rows.append((attempt.at, attempt.http_status, delivery.row, key, sequence))
        else:
            promoted[key, sequence + 1] = record_attempt(db, attempt)
    if rows:
        db.executemany(SETTLE, rows)
        numbers = to_json([row for _, _, row, _, _ in rows]).decode()
        at = max(at for at, *_ in rows)
        for key, sequence in db.execute(PARKED_BEHIND, (numbers,)).fetchall():
            promoted[key, sequence] = promote(db, key, sequence, at)
    return [
        promoted.get((attempt.delivery.session_key, attempt.delivery.sequence + 1)) for attempt in attempts
    ]
