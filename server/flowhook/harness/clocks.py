"""Clocks that are moved: one that stands still for tests, one that runs ahead for trying a flow by hand."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import time
from collections.abc import Coroutine
from typing import Any, Protocol

from flowhook.clock import Clock

BEYOND_SECONDS = 0.001  #: past the moment at which somebody falls due, so that it is really over


class MovableClock(Clock, Protocol):
    """A clock that whoever holds it can move forward."""

    @property
    def next_at(self) -> float | None:
        """When the next sleeper falls due, in POSIX seconds; None when nobody sleeps."""
        ...

    def jump(self, at: float) -> None:
        """Move time to POSIX seconds ``at``; all who fall due until then wake together."""
        ...


class FakeClock:
    """A clock that stands still until :meth:`advance` moves it. ``start`` is in POSIX seconds."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        """Return the time in POSIX seconds."""
        return self._now

    def monotonic(self) -> float:
        """Return the same: nobody sets this clock back."""
        return self._now

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Wait until somebody has moved the clock so far. The time runs from the call, not from the first
        step of a task that is made of it: between both somebody may move the clock."""
        if seconds <= 0:
            return asyncio.sleep(0)
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        return _end_of(woken)

    async def advance(self, seconds: float) -> None:
        """Move time by seconds; sleepers wake in the order in which they fall due, each at its own time."""
        target = self._now + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, woken = heapq.heappop(self._sleepers)
            self._now = max(self._now, due)
            if not woken.done():
                woken.set_result(None)
            await self.settle()
        self._now = target
        await self.settle()

    @property
    def next_at(self) -> float | None:
        """When the next sleeper falls due, in POSIX seconds; None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():  # it was cancelled
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def jump(self, at: float) -> None:
        """Move time to ``at`` (POSIX seconds) in one step; all who fell due meanwhile wake together."""
        self._now = max(self._now, at)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)

    async def settle(self, rounds: int = 20) -> None:
        """Yield to the event loop so many times, so that tasks that can run do so."""
        for _ in range(rounds):
            await asyncio.sleep(0)


async def _end_of(woken: asyncio.Future[None]) -> None:
    await woken


class TravelClock:
    """The clock of the machine, which can be moved ahead of it: for trying a flow by hand."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._moved = asyncio.Event()
        self._due: list[float] = []  #: monotonic, of those who sleep

    def now(self) -> float:
        return time.time() + self._ahead

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        due = self.monotonic() + seconds
        self._due.append(due)
        try:
            while (left := due - self.monotonic()) > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left):
                        await self._moved.wait()
        finally:
            self._due.remove(due)
        await asyncio.sleep(0)

    @property
    def next_at(self) -> float | None:
        """When the next sleeper falls due, in POSIX seconds; None when nobody sleeps."""
        if not self._due:
            return None
        return self.now() + min(self._due) - self.monotonic() + BEYOND_SECONDS

    def jump(self, at: float) -> None:
        """Move time to POSIX seconds ``at``; those who sleep longer than that sleep on."""
        self._ahead += max(0.0, at - self.now())
        self._moved.set()
        self._moved = asyncio.Event()
