"""What other processes on the same database did, noticed here."""

from __future__ import annotations

import asyncio
import logging

from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.project.api_keys import ApiKeys
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.turns.timers import Timers

log = logging.getLogger("flowhook")

RETRY_SECONDS = 1.0  #: after a failure of the store


class Peers:
    """Looks for what waits, and reads anew what is kept in memory, when it is told to."""

    def __init__(
        self,
        turns: TurnScheduler,
        dispatcher: Dispatcher,
        timers: Timers,
        keys: ApiKeys,
        endpoints: Endpoints,
    ) -> None:
        self._turns = turns
        self._dispatcher = dispatcher
        self._timers = timers
        self._keys = keys
        self._endpoints = endpoints
        self._told = asyncio.Event()
        self._has_changed = False
        self._is_due = False

    def wake(self, due: bool) -> None:
        """Note that something may wait in inboxes which nobody here knows of; ``due``: timers and deliveries
        may have come, too."""
        self._is_due = self._is_due or due
        self._told.set()

    def changed(self) -> None:
        """Note that keys, switches or pauses have changed."""
        self._has_changed = True
        self._told.set()

    async def run(self) -> None:
        """Look whenever it was told; until cancelled."""
        while True:
            await self._told.wait()
            self._told.clear()
            try:
                await self._look()
            except StorageError as error:
                log.warning(
                    "what waits could not be read: %s", error, extra={"action": LogAction.POLL_FAILED}
                )
                await asyncio.sleep(RETRY_SECONDS)
            except Exception:
                log.exception("what waits could not be read", extra={"action": LogAction.POLL_FAILED})

    async def _look(self) -> None:
        if self._has_changed:
            self._has_changed = False
            await self._keys.load()
            await self._endpoints.read_switches()
            await self._dispatcher.read_pauses()
        if self._is_due:
            self._is_due = False
            self._dispatcher.wake()
            self._timers.wake()
        await self._turns.look()
