"""The clock as a value that is passed in, so that tests move time instead of sleeping."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from datetime import UTC, datetime
from typing import Any, Protocol


class Clock(Protocol):
    """Wall time for what people and other machines see, monotonic time for waiting."""

    def now(self) -> float:
        """Return the wall time in POSIX seconds, UTC; it may be set back."""
        ...

    def monotonic(self) -> float:
        """Return seconds since an unknown moment, which never run backwards."""
        ...

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        """Wait for that many seconds; not at all when there are none."""
        ...


class SystemClock:
    """The clock of the machine. A message asks it two dozen times: nothing stands between."""

    now = staticmethod(time.time)
    monotonic = staticmethod(time.monotonic)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class SharedClock:
    """The clock of the machine, corrected by one that several machines share: that of their database."""

    monotonic = staticmethod(time.monotonic)

    def __init__(self) -> None:
        self.ahead = 0.0  #: seconds that the shared clock is ahead of the machine's

    def now(self) -> float:
        return time.time() + self.ahead

    def correct(self, shared: float, waited: float) -> None:
        """Take what the shared clock said: ``shared``, in POSIX seconds, at some moment of the last
        ``waited`` seconds. As long as both may be right nothing changes, so a slow answer moves no clock."""
        now = time.time()
        self.ahead = min(max(self.ahead, shared - now), shared - now + waited)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


def rfc3339(at: float) -> str:
    """Return POSIX seconds as ``2030-01-31T12:00:00.250Z``."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
