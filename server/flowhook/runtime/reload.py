"""Replacing flows and plugins while the server runs: all or nothing."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from flowhook.errors import FlowFileError
from flowhook.flowfiles.changes import Changes, changes
from flowhook.flowfiles.orphaned_sessions import standing_at, stranded
from flowhook.hooks.calling.threads import ThreadPool
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.model.event import Event, EventType
from flowhook.problems.catalogue import PLUGIN
from flowhook.problems.problem import Problem
from flowhook.runtime.lifecycle import close_outputs, tell_plugins
from flowhook.runtime.plugin_app import PluginApp
from flowhook.runtime.project.project import Project, load_project

if TYPE_CHECKING:
    from flowhook.engine.flow import Library
    from flowhook.runtime.application import Application

LOAD_SECONDS = 60.0  #: for all flows and plugins
RETIRE_SECONDS = 60.0  #: turns that began on the old project have so long to end


@dataclass(slots=True)
class Reloaded:
    """What a reload came to. With an error among the problems nothing was replaced."""

    problems: list[Problem] = field(default_factory=list)
    changes: Changes = field(default_factory=Changes)  #: which flows are not as they were
    #: "flow/node" that is gone → live sessions that stand there; they enter at their first node
    stranded: dict[str, int] = field(default_factory=dict)
    #: "flow/node" that is gone → the ``moved:`` line that would keep its sessions, where a rename was seen
    renames: dict[str, str] = field(default_factory=dict)


class Reloader:
    """Reloads one after the other."""

    def __init__(self, services: Application) -> None:
        self.services = services
        self._one_at_a_time = asyncio.Lock()

    async def reload(self) -> Reloaded:
        """Load flows and plugins anew. With an error among the problems that it answers, the last
        good ones stay in force. Turns in progress end on theirs; waiting sessions and timers are
        not touched, but what a task that is gone kept back has its turn."""
        async with self._one_at_a_time:
            return await self._replace()

    async def _replace(self) -> Reloaded:
        services, old = self.services, self.services.project
        try:
            new = await self._load(old)
        except (FlowFileError, PluginLoadError) as error:
            return Reloaded(list(error.problems))
        except TimeoutError:
            return Reloaded([Problem(PLUGIN, f"loading takes more than {LOAD_SECONDS:g} s", "plugins")])
        app = PluginApp(services)
        try:
            await new.open(services.endpoints)
            await new.hooks.startup(app)
        except Exception as error:
            await close_outputs(new)
            new.hooks.close()
            return Reloaded([Problem(PLUGIN, str(error), "plugins")])
        services.project = new
        services.dispatcher.use(new.routes(list(services.endpoints)))
        tell_plugins(services)
        await old.hooks.shutdown(app)
        services.spawn(self._retire(old))
        done = Reloaded(new.loaded.problems, changes(old.library, new.library))
        await self._count_stranded(done, old.library, new.library)
        await services.turns.look_again()
        told = done.changes.to_json()
        data = {"revision": new.library.revision, "changes": told, "stranded": done.stranded}
        services.events.emit(Event(EventType.FLOW_RELOADED, services.clock.now(), data=data))
        return done

    async def _count_stranded(self, done: Reloaded, old: Library, new: Library) -> None:
        """Live sessions at nodes that the old flows had and the new ones have not."""
        if old.revision == new.revision:
            return
        for endpoint in self.services.endpoints:
            counts = await self.services.store.sessions.by_node(endpoint.name)
            known = [each for each in standing_at(old, endpoint.name, counts) if each.fingerprint]
            for each in stranded(known, new):
                done.stranded[each.node] = done.stranded.get(each.node, 0) + each.count
                if each.moved:
                    done.renames[each.node] = each.moved

    async def _load(self, old: Project) -> Project:
        """In a thread of its own: messages go on, whatever a plugin does while it is loaded."""
        services, worker = self.services, ThreadPool(1)
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
