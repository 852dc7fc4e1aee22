"""Replacing flows and plugins while the server runs: all or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.engine.flow import Library
from flowhook.errors import FlowFileError, PluginError
from flowhook.flowfiles.changes import Changes, compare
from flowhook.flowfiles.orphaned_sessions import find_orphaned, session_counts
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.facade import Resources
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.model.event import Event, EventType
from flowhook.problems.catalogue import PLUGIN
from flowhook.problems.problem import Problem
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.delivery.targets import delivery_targets
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.plugin_events import PluginEvents
from flowhook.runtime.plugin_lifecycle import PluginLifecycle
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.loading import load_in_thread
from flowhook.runtime.project.project import Project
from flowhook.runtime.project.versions import VersionedProjects
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.storage.protocols import Sessions

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
    """Reloads one after the other. ``outputs`` take the place of endpoints' outputs, in tests."""

    def __init__(
        self,
        config: Config,
        resources: Resources,
        sessions: Sessions,
        clock: Clock,
        endpoints: Endpoints,
        current: CurrentProject,
        projects: VersionedProjects,
        dispatcher: Dispatcher,
        turns: TurnScheduler,
        events: EventBus,
        plugin_events: PluginEvents,
        tasks: BackgroundTasks,
        plugins: PluginLifecycle,
        outputs: Mapping[str, OutputPlugin],
    ) -> None:
        self._config = config
        self._resources = resources
        self._sessions = sessions
        self._clock = clock
        self._endpoints = endpoints
        self._current = current
        self._projects = projects
        self._dispatcher = dispatcher
        self._turns = turns
        self._events = events
        self._plugin_events = plugin_events
        self._tasks = tasks
        self._plugins = plugins
        self._outputs = outputs

    async def reload(self) -> Reloaded:
        """Load flows and plugins anew. With an error among the problems that it returns, the last
        good ones stay in force. Turns in progress end on theirs; waiting sessions and timers are
        not touched, but what a task that is gone kept back has its turn."""
        async with self._projects.changing:
            return await self._replace()

    async def _replace(self) -> Reloaded:
        old = self._current.project
        try:
            new = await load_in_thread(self._config, self._resources, old)
        except (FlowFileError, PluginLoadError) as error:
            return Reloaded(list(error.problems))
        try:
            staged = await self._projects.stage(new)
        except (FlowFileError, PluginError) as error:
            new.hooks.close()
            return Reloaded(_problems_of(error))
        if (failure := await self._start(new, old)) is not None:
            await new.close_outputs()
            new.hooks.close()
            return failure
        self._current.project = new
        self._projects.adopt(staged)
        self._dispatcher.use(delivery_targets(self._endpoints, new.hooks, self._outputs))
        self._plugin_events.update()
        self._tasks.spawn(self._retire(old))
        done = Reloaded(new.loaded.problems, compare(old.library, new.library))
        await self._count_stranded(done, old.library, new.library)
        await self._turns.retry_held_back()
        data = {
            "revision": new.library.revision,
            "changes": done.changes.to_json(),
            "stranded": done.stranded,
        }
        self._events.emit(Event(EventType.FLOW_RELOADED, self._clock.now(), data=data))
        return done

    async def _count_stranded(self, done: Reloaded, old: Library, new: Library) -> None:
        """Count live sessions at nodes that the old flows had and the new ones have not."""
        if old.revision == new.revision:
            return
        for endpoint in await self._projects.following_edits():
            counts = await self._sessions.by_node(endpoint.name)
            known = [group for group in session_counts(old, endpoint.name, counts) if group.fingerprint]
            for group in find_orphaned(known, new):
                done.stranded[group.node] = done.stranded.get(group.node, 0) + group.count
                if group.moved:
                    done.renames[group.node] = group.moved

    async def _start(self, new: Project, old: Project) -> Reloaded | None:
        """End the old plugins, then start the new ones: both may want the same port or queue. When the new
        ones do not start, the old ones are started again. Returns why nothing is to be replaced, or None."""
        try:
            await self._plugins.open(new)
        except Exception as error:
            return Reloaded([_problem_of(error)])
        await self._plugins.stop()
        try:
            await self._plugins.start(new)
        except Exception as error:
            problems = [_problem_of(error)]
            try:
                await self._plugins.start(old)
            except Exception as again:
                problems.append(_problem_of(again, "the plugins in force did not start again: "))
            return Reloaded(problems)
        return None

    async def _retire(self, old: Project) -> None:
        """Close what was replaced, once the turns that began on it have had time to end."""
        await self._clock.sleep(RETIRE_SECONDS)
        await old.close_outputs()
        old.hooks.close()


def _problems_of(error: FlowFileError | PluginError) -> list[Problem]:
    return list(error.problems) if isinstance(error, FlowFileError) else [_problem_of(error)]


def _problem_of(error: Exception, what: str = "") -> Problem:
    """Return the failure of a plugin as a problem, at its line where it is known."""
    position = error.position if isinstance(error, PluginError) else None
    file, line = position or ("plugins", 1)
    return Problem(PLUGIN, f"{what}{error}", file, line)
