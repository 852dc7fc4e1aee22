"""Time limits for many short waits, cheaper than ``asyncio.timeout``."""

from __future__ import annotations

import asyncio
import math
from types import TracebackType


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
        """Watch a wait that begins."""
        self._open.add(deadline)
        if deadline.at < self._rings_at:
            self._ring_at(deadline.at)

    def leave(self, deadline: Deadline) -> None:
        """Forget a wait that ended. The timer stays: taking it back would cost more than that it rings."""
        self._open.discard(deadline)

    def _ring_at(self, at: float) -> None:
        self._rings_at = at
        asyncio.get_running_loop().call_at(at, self._ring, at)

    def _ring(self, at: float) -> None:
        if at != self._rings_at:
            return  # an earlier one was entered later, and rang before
        for deadline in [deadline for deadline in self._open if deadline.at <= at]:
            deadline.expire()
        self._rings_at = math.inf
        if self._open:
            self._ring_at(min(deadline.at for deadline in self._open))


class Deadline:
    """The time limit of one wait of the current task. Made by :meth:`Deadlines.within`."""

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
        """Cancel the wait, whose time is up."""
        self._expired = True
        self._all.leave(self)
        self._task.cancel()
