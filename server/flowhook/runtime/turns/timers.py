"""Timers: timeouts and scheduled inbounds take their place in the inbox when they fall due."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from flowhook.clock import Clock
from flowhook.model.log_action import LogAction
from flowhook.runtime.turns.backlog import Backlog
from flowhook.storage.protocols import Timers as StoredTimers
from flowhook.storage.records import Accepted

log = logging.getLogger("flowhook.timers")

BATCH = 256
#: Inbounds of an endpoint in work, above which those that fall due wait: live messages find room.
DUE_BACKLOG = 1_000
LONGEST_SLEEP = 30.0  #: seconds; a clock that was set back must not stop the timers
RETRY_SECONDS = 1.0  #: after a failure of the store, and while due inbounds wait for room


class Timers:
    """Sleeps until the next timer of all sessions falls due. Timers live in the store only, so a
    restart loses none; those that fell due meanwhile fire at once, in their order."""

    def __init__(self, stored: StoredTimers, clock: Clock, backlog: Backlog) -> None:
        self._stored = stored
        self._backlog = backlog
        self._clock = clock
        self._next: float | None = None  #: when the next timer falls due, as far as is known
        self._earlier = asyncio.Event()
        self.resting = False  #: nothing is due, as far as is known; for tests that move the clock

    def note(self, due_at: float | None) -> None:
        """Note that a timer was set, which falls due at a time (POSIX seconds)."""
        if due_at is not None and (self._next is None or due_at < self._next):
            self._next = due_at
            self.wake()

    def wake(self) -> None:
        """Look for due timers now, whatever was known: somebody moved the clock, or set a timer."""
        self.resting = False
        self._earlier.set()

    async def run(self, fire: Callable[[Accepted], None]) -> None:
        """Hand each timer that falls due to ``fire``, as the inbound that it became; until cancelled."""
        while True:
            try:
                full = await self._fire_due(fire)
                self._next = None
                due_at, now = await self._stored.next_due_at(), self._clock.now()
                waits_for_room = full and due_at is not None and due_at <= now
                self.note(now + RETRY_SECONDS if waits_for_room else due_at)
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("timer loop failed", extra={"action": LogAction.TIMERS_FAILED})
                self._next = self._clock.now() + RETRY_SECONDS
            await self._wait()

    async def _fire_due(self, fire: Callable[[Accepted], None]) -> list[str]:
        """Fire what is due. Returns the endpoints that have no room for scheduled inbounds."""
        while True:
            full = self._backlog.above(DUE_BACKLOG)
            due = await self._stored.due(self._clock.now(), BATCH, full)
            for accepted in due:
                fire(accepted)
            if len(due) < BATCH:
                return full

    async def _wait(self) -> None:
        self._earlier.clear()
        now = self._clock.now()
        pause = LONGEST_SLEEP if self._next is None else min(LONGEST_SLEEP, max(0.0, self._next - now))
        sleeping = asyncio.ensure_future(self._clock.sleep(pause))
        earlier = asyncio.ensure_future(self._earlier.wait())
        self.resting = pause > 0
        try:
            await asyncio.wait((sleeping, earlier), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.resting = False
            sleeping.cancel()
            earlier.cancel()
