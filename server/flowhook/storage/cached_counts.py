"""Counts that are not asked of the database more often than they are worth.

Counting is not free where much waits. So a count is used again for ten times as long as it took: on a small
database it is always fresh, and on a large one whoever asks, and however often, takes a tenth of one
processor at most.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

SLOW_SECONDS = 0.05  #: a count that took less is not used again
REUSE = 10.0  #: times what counting took


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
