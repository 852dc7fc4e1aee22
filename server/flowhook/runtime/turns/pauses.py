"""Waits of turns for the clock: counted, and cut when the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from flowhook.clock import Clock


class Pauses:
    """Counts turns that wait for nothing but the clock, and knows whether new turns may begin."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stopping = asyncio.Event()
        self.count = 0  #: turns that wait now

    @property
    def stopping(self) -> bool:
        """Whether the server stops: no new turn begins."""
        return self._stopping.is_set()

    def stop(self) -> None:
        """Cut the pauses that last, and let no new turn begin."""
        self._stopping.set()

    @contextmanager
    def waiting(self) -> Iterator[None]:
        """Count a wait for the clock while it lasts."""
        self.count += 1
        try:
            yield
        finally:
            self.count -= 1

    async def sleep(self, seconds: float) -> None:
        """Wait in a turn. The stop of the server does not cut it."""
        with self.waiting():
            await self._clock.sleep(seconds)

    async def rest(self, seconds: float) -> None:
        """Wait in a turn. The stop of the server cuts it with CancelledError: the next start takes the
        turn up there."""
        resting = asyncio.ensure_future(self._clock.sleep(seconds))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            with self.waiting():
                await asyncio.wait((resting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not resting.done():
                raise asyncio.CancelledError
        finally:
            resting.cancel()
            stopping.cancel()
