"""Time as a value that is passed in, so that tests move it instead of sleeping."""

from __future__ import annotations

import asyncio
import contextlib
import heapq
import itertools
import math
import time
from types import TracebackType
from typing import Protocol


class Clock(Protocol):
    """Wall time for what people and other machines see, monotonic time for waiting."""

    def now(self) -> float:
        """POSIX seconds, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never run backwards."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when so many seconds have passed."""
        ...


class SystemClock:
    """The clock of the machine."""

    def now(self) -> float:
        return time.time()

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class FakeClock:
    """A clock that stands still until :meth:`advance` moves it."""

    def __init__(self, start: float = 1_750_000_000.0) -> None:
        self._now = start
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = itertools.count()

    def now(self) -> float:
        return self._now

    def monotonic(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        woken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + seconds, next(self._order), woken))
        await woken

    async def advance(self, seconds: float) -> None:
        """Move time; sleepers wake in the order in which they fall due, each at its own time."""
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
        """When the next sleeper falls due; None when nobody sleeps."""
        while self._sleepers and self._sleepers[0][2].done():  # it was cancelled
            heapq.heappop(self._sleepers)
        return self._sleepers[0][0] if self._sleepers else None

    def jump(self, at: float) -> None:
        """Move time at once; all who fell due meanwhile wake together."""
        self._now = max(self._now, at)
        while self._sleepers and self._sleepers[0][0] <= self._now:
            woken = heapq.heappop(self._sleepers)[2]
            if not woken.done():
                woken.set_result(None)

    async def settle(self, rounds: int = 20) -> None:
        """Let tasks that can run do so."""
        for _ in range(rounds):
            await asyncio.sleep(0)


class TravelClock:
    """The clock of the machine, which can be moved ahead of it: for trying a flow by hand."""

    def __init__(self) -> None:
        self._ahead = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        return time.time() + self._ahead

    def monotonic(self) -> float:
        return time.monotonic() + self._ahead

    async def sleep(self, seconds: float) -> None:
        due = self.monotonic() + seconds
        while (left := due - self.monotonic()) > 0:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._moved.wait(), left)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move time; those who sleep longer than that sleep on."""
        self._ahead += seconds
        self._moved.set()
        self._moved = asyncio.Event()


class Deadlines:
    """Time limits for many short waits, which share one timer of the event loop.

    ``asyncio.timeout`` arms a timer for each wait and takes it back, which costs more than most of
    what a message waits for. Here a limit is an entry in a set, and the timer rings when the first of
    those that were entered would be over.
    """

    def __init__(self) -> None:
        self._open: set[Deadline] = set()
        self._rings_at = math.inf

    def within(self, seconds: float) -> Deadline:
        """``with deadlines.within(10.0): await …`` raises TimeoutError when the time is up."""
        return Deadline(self, seconds)

    def enter(self, deadline: Deadline) -> None:
        """A wait begins."""
        self._open.add(deadline)
        if deadline.at < self._rings_at:
            self._ring_at(deadline.at)

    def leave(self, deadline: Deadline) -> None:
        """It has ended. The timer stays: taking it back would cost more than that it rings."""
        self._open.discard(deadline)

    def _ring_at(self, at: float) -> None:
        self._rings_at = at
        asyncio.get_running_loop().call_at(at, self._ring, at)

    def _ring(self, at: float) -> None:
        if at != self._rings_at:
            return  # an earlier one was entered later, and rang before
        for deadline in [each for each in self._open if each.at <= at]:
            deadline.expire()
        self._rings_at = math.inf
        if self._open:
            self._ring_at(min(each.at for each in self._open))


class Deadline:
    """One wait of the current task. Made by :meth:`Deadlines.within`."""

    __slots__ = ("_all", "_cancelling", "_expired", "_task", "at")

    def __init__(self, all: Deadlines, seconds: float) -> None:
        self._all = all
        self._expired = False
        self.at = asyncio.get_running_loop().time() + seconds

    def __enter__(self) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._cancelling = task.cancelling()
        self._all.enter(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._all.leave(self)
        if not self._expired:
            return
        others = self._task.uncancel() > self._cancelling  # somebody else wants the task to end
        if kind is asyncio.CancelledError and not others:
            raise TimeoutError from error

    def expire(self) -> None:
        """The time is up: stop the wait."""
        self._expired = True
        self._all.leave(self)
        self._task.cancel()
