"""Ends a process whose event loop stands still, so that its supervisor starts another.

Nothing inside a loop can interrupt code that never gives it back, a plugin's ``while True`` for
instance. A thread can see it, though: it looks once a second whether the loop still beats. It counts
looks, not seconds, so a process that was stopped as a whole (SIGSTOP, a laptop that slept) and goes
on is left alone: the thread slept too. Nor does it count the time in which the loop wanted to run and the
machine had no processor for it: that is no fault of what it runs, and another process would fare no better.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

LOOKS = 10  #: in a row without a heartbeat
LOOK_SECONDS = 1.0
EXIT_STATUS = 70


class Watchdog:
    """``with watchdog.watching():`` around the life of a loop, in the loop's own thread."""

    def __init__(
        self,
        looks: int = LOOKS,
        look_seconds: float = LOOK_SECONDS,
        bite: Callable[[], None] | None = None,
        starved: Callable[[int], float] | None = None,
    ) -> None:
        """``starved`` tells for how many seconds a thread (its native id) has waited for a processor."""
        self._looks = looks
        self._pause = look_seconds
        self._bite = bite or end_process
        self._starved = starved or starved_seconds
        self._last_words: Callable[[], None] = lambda: None
        self._beats = 0
        self._over = threading.Event()

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Watchdog:
        """``FLOWHOOK_WATCHDOG`` gives the seconds; 0 turns it off, for a debugger."""
        try:
            return cls(max(0, int(environment.get("FLOWHOOK_WATCHDOG", LOOKS))))
        except ValueError:
            return cls()

    @contextmanager
    def watching(self, last_words: Callable[[], None] = lambda: None) -> Iterator[None]:
        """Watch the running loop. ``last_words`` is called, in another thread, before the process ends."""
        self._last_words = last_words
        if not self._looks:
            yield
            return
        beating = asyncio.get_running_loop().create_task(self._beat())
        loop = threading.get_native_id()
        threading.Thread(target=self._watch, args=(loop,), name="flowhook-watchdog", daemon=True).start()
        try:
            yield
        finally:
            self._over.set()
            beating.cancel()

    async def _beat(self) -> None:
        while True:
            self._beats += 1
            await asyncio.sleep(self._pause / 2)

    def _watch(self, loop: int) -> None:
        seen, still, starved = -1, 0.0, self._starved(loop)
        while not self._over.wait(self._pause):
            beats, before, starved = self._beats, starved, self._starved(loop)
            if beats != seen:
                seen, still = beats, 0.0
                continue
            still += max(0.0, 1 - (starved - before) / self._pause)
            if still >= self._looks:
                with suppress(Exception):  # nothing may keep the process from ending
                    self._last_words()
                self._bite()
                return


def starved_seconds(thread: int) -> float:
    """Return how long a thread of this process could have run and had to wait for a processor; 0 where the
    system does not tell. Linux does: nanoseconds, the second number of ``schedstat``."""
    try:
        return int(Path(f"/proc/self/task/{thread}/schedstat").read_text("ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0


def end_process() -> None:
    """Say where every thread stands, and end. What was promised is on the disk."""
    with suppress(Exception):  # stderr may be closed
        os.write(2, b"flowhook: the event loop stands still; all threads, then exit 70:\n")
        faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr, all_threads=True)
    os._exit(EXIT_STATUS)
