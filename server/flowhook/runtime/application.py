"""Services: the one object that names every part of a running server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.model.log_action import LogAction
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.turns.overrides import Overrides
from flowhook.storage.protocols import Store

if TYPE_CHECKING:
    from flowhook.hooks.facade import Resources
    from flowhook.net.client import Outgoing
    from flowhook.runtime.delivery.dispatcher import Dispatcher
    from flowhook.runtime.intake.intake import Intake
    from flowhook.runtime.project.api_keys import Keys
    from flowhook.runtime.project.project import Project
    from flowhook.runtime.reload import Reloaded, Reloader
    from flowhook.runtime.session_admin import SessionAdmin
    from flowhook.runtime.turns.callback_urls import Callbacks
    from flowhook.runtime.turns.effects import Effects
    from flowhook.runtime.turns.scheduler import TurnScheduler
    from flowhook.runtime.turns.scripts import Scripts
    from flowhook.runtime.turns.timers import Timers

log = logging.getLogger("flowhook")


@dataclass
class Application:
    """Made by :func:`flowhook.app.open_services`, closed in the reverse order."""

    config: Config
    clock: Clock
    store: Store
    metrics: Metrics
    outgoing: Outgoing
    endpoints: Endpoints
    project: Project  #: flows and plugins in force; replaced as a whole by a reload
    resources: Resources
    admin_key: str
    events: EventBus = field(default_factory=EventBus)
    rehearsal: Overrides = field(default_factory=Overrides)
    state: Literal["starting", "ready", "stopping"] = "starting"
    turns: TurnScheduler = field(init=False)
    intake: Intake = field(init=False)
    effects: Effects = field(init=False)
    scripts: Scripts = field(init=False)
    timers: Timers = field(init=False)
    callbacks: Callbacks = field(init=False)
    dispatcher: Dispatcher = field(init=False)
    sessions: SessionAdmin = field(init=False)
    reloader: Reloader = field(init=False)
    keys: Keys = field(init=False)
    telling: asyncio.Task[Any] | None = None  #: hands events to plugins, while any of them listens
    _tasks: set[asyncio.Task[Any]] = field(default_factory=set)

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run something beside; its failure is logged, and it is cut at the stop of the server."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background task failed", exc_info=error, extra={"action": LogAction.TASK_FAILED})

    async def reload(self) -> Reloaded:
        """Load flows and plugins anew, all or nothing; answers the problems found, and what changed."""
        return await self.reloader.reload()

    async def cut(self) -> None:
        """Cancel what still runs beside."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
