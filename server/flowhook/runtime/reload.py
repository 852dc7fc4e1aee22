"""Replacing flows and plugins while the server runs: all or nothing."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from flowhook.errors import FlowFileError
from flowhook.flowfiles.diagnostics import Problem
from flowhook.hooks.loading import PluginLoadError
from flowhook.hooks.workers import Workers
from flowhook.runtime.background import close_outputs, tell_plugins
from flowhook.runtime.events import Event
from flowhook.runtime.plugin_app import PluginApp
from flowhook.runtime.project import Project, load_project

if TYPE_CHECKING:
    from flowhook.runtime.services import Services

LOAD_SECONDS = 60.0  #: for all flows and plugins
RETIRE_SECONDS = 60.0  #: turns that began on the old project have so long to end


class Reloader:
    """Reloads one after the other."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self._one_at_a_time = asyncio.Lock()

    async def reload(self) -> list[Problem]:
        """Load flows and plugins anew. With an error among the problems that it answers, the last
        good ones stay in force. Turns in progress end on theirs; waiting sessions and timers are
        not touched."""
        async with self._one_at_a_time:
            return await self._replace()

    async def _replace(self) -> list[Problem]:
        services, old = self.services, self.services.project
        try:
            new = await self._load(old)
        except (FlowFileError, PluginLoadError) as error:
            return list(error.problems)
        except TimeoutError:
            return [Problem("plugin", f"loading takes more than {LOAD_SECONDS:g} s", "plugins")]
        app = PluginApp(services)
        try:
            await new.open(services.endpoints)
            await new.hooks.startup(app)
        except Exception as error:
            await close_outputs(new)
            new.hooks.close()
            return [Problem("plugin", str(error), "plugins")]
        services.project = new
        services.dispatcher.use(new.routes(list(services.endpoints)))
        tell_plugins(services)
        await old.hooks.shutdown(app)
        services.spawn(self._retire(old))
        now = services.clock.now()
        services.events.emit(Event("flow.reloaded", now, data={"revision": new.library.revision}))
        return new.loaded.problems

    async def _load(self, old: Project) -> Project:
        """In a thread of its own: messages go on, whatever a plugin does while it is loaded."""
        services, worker = self.services, Workers(1)
        try:
            async with asyncio.timeout(LOAD_SECONDS):
                new: Project = await worker.run(
                    lambda: load_project(services.config, services.resources, old)
                )
                return new
        finally:
            worker.close()

    async def _retire(self, old: Project) -> None:
        """Close what was replaced, once the turns that began on it have had time to end."""
        await self.services.clock.sleep(RETIRE_SECONDS)
        await close_outputs(old)
        old.hooks.close()
