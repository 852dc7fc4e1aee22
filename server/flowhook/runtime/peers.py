"""What other processes on the same database did, noticed here; and what they are told of this one."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
from collections.abc import Collection, Sequence
from typing import Any

from flowhook.errors import StorageError
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction
from flowhook.problems.problem import has_errors
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.observe.shared_events import SharedEvents
from flowhook.runtime.project.api_keys import ApiKeys
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.reload import Reloader
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.turns.timers import Timers
from flowhook.storage.ownership import PeerListener
from flowhook.storage.protocols import Store
from flowhook.version import __version__

log = logging.getLogger("flowhook")

RETRY_SECONDS = 1.0  #: after a failure of the store
FOLLOW_SECONDS, LOOK_SECONDS = 10.0, 0.25  #: for others to follow a reload; between two looks


class Peers(PeerListener):
    """Looks for what waits, reads anew what is kept in memory, and reloads, when it is told to."""

    def __init__(
        self,
        store: Store,
        current: CurrentProject,
        turns: TurnScheduler,
        dispatcher: Dispatcher,
        timers: Timers,
        keys: ApiKeys,
        endpoints: Endpoints,
        reloader: Reloader,
        events: SharedEvents | None,
    ) -> None:
        """``events``: of all processes; None where there are no others."""
        self._store = store
        self._current = current
        self._turns = turns
        self._dispatcher = dispatcher
        self._timers = timers
        self._keys = keys
        self._endpoints = endpoints
        self._reloader = reloader
        self._events = events
        self._told = asyncio.Event()
        self._has_changed = False
        self._is_due = False
        self._is_to_reload = False
        reloader.on_replaced.append(self._replaced)

    # --- what others did -------------------------------------------------------------------------

    def wake(self, due: bool) -> None:
        """Note that something may wait in inboxes which nobody here knows of; ``due``: timers and deliveries
        may have come, too."""
        self._is_due = self._is_due or due
        self._told.set()

    def changed(self) -> None:
        """Note that keys, switches or pauses have changed."""
        self._has_changed = True
        self._told.set()

    def heard(self, message: JsonObject) -> None:
        """Take what another process told: one key says what it is about. What a newer version tells may not
        be known here."""
        if "breaker" in message:
            self._dispatcher.heard_breaker(*message["breaker"])
        elif "reload" in message:
            self._is_to_reload = True
            self._told.set()
        elif "events" in message and self._events is not None:
            self._events.heard()

    async def run(self) -> None:
        """Look whenever it was told; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            if self._events is not None:
                tasks.create_task(self._events.run())
            tasks.create_task(self._run())

    async def _run(self) -> None:
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
        if self._is_to_reload:
            self._is_to_reload = False
            await self._follow()

    async def _follow(self) -> None:
        """Reload as another process did."""
        done = await self._reloader.reload(alone=True)
        if has_errors(done.problems):
            log.error(
                "another process has reloaded, and here nothing could be replaced: %s",
                "; ".join(str(problem) for problem in done.problems if problem.severity == "error"),
                extra={"action": LogAction.RELOAD_FAILED},
            )
        self._store.ownership.beat_soon()

    # --- what others are told --------------------------------------------------------------------

    def about(self) -> JsonObject:
        """Return what this process says of itself."""
        return {
            "version": __version__,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "flowRevision": self._current.project.library.revision,
            "watches": self._events is not None and self._events.is_watched,
        }

    def met(self, others: Sequence[JsonObject]) -> None:
        """Note whether somebody watches at another process."""
        if self._events is not None:
            self._events.update(watched_elsewhere=any(other.get("watches") for other in others))

    def suspected(self, sessions: Collection[bytes], is_wary: bool) -> None:
        """Hand it to those who run turns."""
        self._turns.suspect(sessions, is_wary)

    def _replaced(self) -> None:
        self._store.ownership.tell({"reload": self._current.project.library.revision})
        self._store.ownership.beat_soon()

    # --- all together ----------------------------------------------------------------------------

    async def members(self) -> list[JsonObject]:
        """Return all processes that serve: who they are and what they have to do. Times are POSIX seconds."""
        cluster = self._store.cluster
        if cluster is None:
            return []
        return [
            {
                "id": member.id,
                **{name: member.about.get(name) for name in ("version", "host", "pid", "flowRevision")},
                "startedAt": member.started_at,
                "seenAt": member.seen_at,
                "shards": member.shards,
                "waiting": member.waiting,
                "waitingSince": member.waiting_since,
                "due": member.due,
                "dueSince": member.due_since,
            }
            for member in await cluster.members()
        ]

    async def followed(self) -> JsonObject:
        """Wait until all processes have the flows of this one, as long as that may take. Return how many
        there are, and those that have others."""
        revision = self._current.project.library.revision
        until = asyncio.get_running_loop().time() + FOLLOW_SECONDS
        while True:
            others = await self._others(revision)
            if not others or asyncio.get_running_loop().time() >= until:
                return {"count": self._store.ownership.processes, "differ": others}
            await asyncio.sleep(LOOK_SECONDS)

    async def _others(self, revision: str) -> list[dict[str, Any]]:
        return [
            {name: member[name] for name in ("id", "host", "pid", "version", "flowRevision")}
            for member in await self.members()
            if member["flowRevision"] != revision
        ]
