"""Counts that are not asked of the database more often than they are worth.

Counting is not free where much waits. So a count is used again for ten times as long as it took: on a small
database it is always fresh, and on a large one whoever asks, and however often, takes a tenth of one
processor at most.
"""

from __future__ import annotations

import asyncio
import copy
import time
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

SLOW_SECONDS = 0.05  #: a count that took less is not used again
REUSE = 10.0  #: times what counting took

T = TypeVar("T")


class CachedCounts(Generic[T]):
    """Counts once for all who ask at the same time, and not more often than the result is worth."""

    def __init__(self, read: Callable[[], Awaitable[T]]) -> None:
        self._read = read
        self._lock = asyncio.Lock()
        self._counts: T
        self._good_until = float("-inf")

    async def get(self) -> T:
        """What was counted: a shallow copy, which the caller may change."""
        async with self._lock:
            began = time.monotonic()
            if began >= self._good_until:
                self._counts = await self._read()
                took = time.monotonic() - began
                self._good_until = began + took * REUSE if took >= SLOW_SECONDS else float("-inf")
            return copy.copy(self._counts)
