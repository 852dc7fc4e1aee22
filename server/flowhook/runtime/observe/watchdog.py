"""Ends a process whose event loop stands still, so that its supervisor starts another.

Nothing inside a loop can interrupt code that never gives it back, a plugin's ``while True`` for
instance. A thread can see it, though: it looks once a second whether the loop still beats. It counts
looks, not seconds, so a process that was stopped as a whole (SIGSTOP, a laptop that slept) and goes
on is left alone: the thread slept too.
"""

from __future__ import annotations

import asyncio
import faulthandler
import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress

LOOKS = 10  #: in a row without a heartbeat
LOOK_SECONDS = 1.0
EXIT_STATUS = 70


class Watchdog:
    """``with watchdog.watching():`` around the life of a loop, in the loop's own thread."""

    def __init__(
        self, looks: int = LOOKS, look_seconds: float = LOOK_SECONDS, bite: Callable[[], None] | None = None
    ) -> None:
        self._looks = looks
        self._pause = look_seconds
        self._bite = bite or end_process
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
        threading.Thread(target=self._watch, name="flowhook-watchdog", daemon=True).start()
        try:
            yield
        finally:
            self._over.set()
            beating.cancel()

    async def _beat(self) -> None:
        while True:
            self._beats += 1
            await asyncio.sleep(self._pause / 2)

    def _watch(self) -> None:
        seen, still = -1, 0
        while not self._over.wait(self._pause):
            still = still + 1 if self._beats == seen else 0
            seen = self._beats
            if still >= self._looks:
                with suppress(Exception):  # nothing may keep the process from ending
                    self._last_words()
                self._bite()
                return


def end_process() -> None:
    """Say where every thread stands, and end. What was promised is on the disk."""
    with suppress(Exception):  # stderr may be closed
        os.write(2, b"flowhook: the event loop stands still; all threads, then exit 70:\n")
        faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr, all_threads=True)
    os._exit(EXIT_STATUS)
