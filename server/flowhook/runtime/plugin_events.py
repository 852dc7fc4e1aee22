"""Events for the ``on_event`` of plugins."""

from __future__ import annotations

import asyncio
from typing import Any

from flowhook.model.event import Event
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.project.current import CurrentProject


class PluginEvents:
    """Hands events to the plugins in force, while any of them listens."""

    def __init__(self, events: EventBus, current: CurrentProject, tasks: BackgroundTasks) -> None:
        self._events = events
        self._current = current
        self._tasks = tasks
        self._dispatching: asyncio.Task[Any] | None = None

    def update(self) -> None:
        """Begin or end to listen, as the plugins in force need it."""
        wanted = self._current.project.hooks.has("on_event")
        if wanted and self._dispatching is None:
            self._dispatching = self._tasks.spawn(self._events.dispatch(self._hear))
        elif not wanted and self._dispatching is not None:
            self._dispatching.cancel()
            self._dispatching = None

    async def _hear(self, event: Event) -> None:
        await self._current.project.hooks.event(event)
