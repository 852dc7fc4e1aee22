"""Timers: timeouts and scheduled inbounds take their place in the inbox when they fall due."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from flowhook.model.log_action import LogAction

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

log = logging.getLogger("flowhook.timers")

BATCH = 256
SLOWEST_LOOK = 30.0  #: seconds; a clock that was set back must not stop the timers


class Timers:
    """Sleeps until the next timer of all sessions falls due. Timers live in the store only, so a
    restart loses none; those that fell due meanwhile fire at once, in their order."""

    def __init__(self, services: Application) -> None:
        self.services = services
        self._next: float | None = None
        self._earlier = asyncio.Event()
        self.resting = False  #: nothing is due, as far as is known; for tests that move the clock

    def note(self, due_at: float | None) -> None:
        """A timer was set."""
        if due_at is not None and (self._next is None or due_at < self._next):
            self._next = due_at
            self.resting = False
            self._earlier.set()

    def look(self) -> None:
        """Look now, whatever was known: somebody moved the clock."""
        self.resting = False
        self._earlier.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self._fire()
                self._next = None
                self.note(await self.services.store.timers.next_due_at())
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("timer loop failed", extra={"action": LogAction.TIMERS_FAILED})
                self._next = self.services.clock.now() + 1.0
            await self._wait()

    async def _fire(self) -> None:
        while True:
            due = await self.services.store.timers.due(self.services.clock.now(), BATCH)
            for accepted in due:
                self.services.turns.arrived(accepted)
            if len(due) < BATCH:
                return

    async def _wait(self) -> None:
        self._earlier.clear()
        now = self.services.clock.now()
        pause = SLOWEST_LOOK if self._next is None else min(SLOWEST_LOOK, max(0.0, self._next - now))
        sleeping = asyncio.ensure_future(self.services.clock.sleep(pause))
        earlier = asyncio.ensure_future(self._earlier.wait())
        self.resting = pause > 0
        try:
            await asyncio.wait((sleeping, earlier), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.resting = False
            sleeping.cancel()
            earlier.cancel()
