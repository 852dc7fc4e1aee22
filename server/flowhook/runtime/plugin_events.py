"""Events for the ``on_event`` of plugins."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

from flowhook.model.event import Event
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.project.current import CurrentProject


class PluginEvents:
    """Hands events to the plugins in force that listen, each in a task of its own: one that hangs makes
    no other wait."""

    def __init__(self, events: EventBus, current: CurrentProject, tasks: BackgroundTasks) -> None:
        self._events = events
        self._current = current
        self._tasks = tasks
        self._dispatching: dict[str, asyncio.Task[Any]] = {}  #: by the name of the plugin

    def update(self) -> None:
        """Begin or end to listen, as the plugins in force need it."""
        listeners = self._current.project.hooks.listeners
        for plugin in self._dispatching.keys() - listeners:
            self._dispatching.pop(plugin).cancel()
        for plugin in listeners - self._dispatching.keys():
            dispatch = self._events.dispatch(partial(self._hear, plugin), name=f"plugin {plugin}")
            self._dispatching[plugin] = self._tasks.spawn(dispatch)

    async def _hear(self, plugin: str, event: Event) -> None:
        await self._current.project.hooks.event(event, plugin)
