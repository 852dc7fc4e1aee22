"""Replacing flows, plugins and the configuration while the server runs: all or nothing.

The configuration is read again where the application was opened with its source. Everything takes effect
but what :data:`flowhook.config.models.NEEDS_RESTART` names. An endpoint whose way out was changed is tried
again at once; one that is gone keeps what it has (inbounds, timers, deliveries) until it is configured again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.config.changes import ConfigChanges, compare_configs
from flowhook.config.source import ConfigSource
from flowhook.engine.flow import Library
from flowhook.errors import FlowFileError, PluginError
from flowhook.flowfiles.changes import Changes, compare
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.facade import Resources
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.model.event import Event, EventType
from flowhook.model.session_ref import OPERATOR
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing
from flowhook.problems.catalogue import PLUGIN
from flowhook.problems.problem import Problem, has_errors
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.delivery.operator_endpoint import operator_endpoint
from flowhook.runtime.delivery.targets import delivery_targets
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.plugin_events import PluginEvents
from flowhook.runtime.plugin_lifecycle import PluginLifecycle
from flowhook.runtime.project.blocked_addresses import blocked_addresses
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.loading import load_in_thread
from flowhook.runtime.project.project import Project
from flowhook.runtime.project.versions import Staged, VersionedProjects
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.storage.protocols import Sessions

PROBLEMS_TOLD = 20  #: errors that the event ``flow.rejected`` lists
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
    config: ConfigChanges = field(default_factory=ConfigChanges)  #: what differs in config.yaml


class _Prepared(NamedTuple):
    """What a reload is to bring into force."""

    config: Config
    endpoints: Endpoints
    project: Project
    staged: Staged
    problems: list[Problem]  #: warnings
    changes: Changes  #: of the flows


class Reloader:
    """Reloads one after the other. ``outputs`` take the place of endpoints' outputs, in tests."""

    def __init__(
        self,
        config: Config,
        resources: Resources,
        outgoing: Outgoing,
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
        source: ConfigSource | None,
        serving: bool,
    ) -> None:
        """``serving``: turns, deliveries and plugins run here; else only what is shown is replaced."""
        self._config = config
        self._source = source
        self._serving = serving
        self.on_config: list[Callable[[Config], None]] = []  #: called when a configuration came into force
        self.on_replaced: list[Callable[[], None]] = []  #: called after a reload that others should follow
        self._resources = resources
        self._outgoing = outgoing
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

    async def reload(self, text: str | None = None, *, alone: bool = False) -> Reloaded:
        """Read the configuration again, and load flows and plugins anew. With an error among the problems
        that it returns, the last good ones stay in force. Turns in progress end on theirs; waiting sessions
        and timers are not touched, but what a task that is gone kept back has its turn. ``text`` is what
        config.yaml is to hold, where it is not written yet; ``alone``: no other process is to follow."""
        async with self._projects.changing:
            prepared = await self._prepare(text)
            done = prepared if isinstance(prepared, Reloaded) else await self._replace(prepared)
        if has_errors(done.problems):
            self._tell_rejected(done.problems)
        elif not alone:
            for told in self.on_replaced:
                told()
        return done

    async def check(self, text: str) -> Reloaded:
        """Return what a reload would come to if config.yaml held ``text``, and change nothing."""
        async with self._projects.changing:
            prepared = await self._prepare(text)
            if isinstance(prepared, Reloaded):
                return prepared
            await prepared.project.close_outputs()
            prepared.project.hooks.close()
            return Reloaded(
                prepared.problems, prepared.changes, config=compare_configs(self._config, prepared.config)
            )

    async def _prepare(self, text: str | None) -> _Prepared | Reloaded:
        """Make ready what is to come into force, or return why nothing can."""
        config, problems = self._config, list[Problem]()
        if self._source is not None:
            read, problems = await asyncio.to_thread(self._source.read, text)
            if read is None:
                return Reloaded(problems)
            config = read
            problems += blocked_addresses(config)
        endpoints = await self._endpoints.staged(config.endpoints)
        try:
            new = await load_in_thread(config, self._resources, self._current.project)
        except (FlowFileError, PluginLoadError) as error:
            return Reloaded(problems + list(error.problems))
        try:
            staged = await self._projects.stage(new, config, endpoints)
        except (FlowFileError, PluginError) as error:
            new.hooks.close()
            return Reloaded(problems + _problems_of(error))
        changes = await asyncio.to_thread(compare, self._current.project.library, new.library)
        return _Prepared(config, endpoints, new, staged, problems + new.loaded.problems, changes)

    async def _replace(self, prepared: _Prepared) -> Reloaded:
        """Bring what was made ready into force, all at once."""
        old, new = self._current.project, prepared.project
        self._obey(prepared.config)
        if (failure := await self._start(new, old, prepared.endpoints)) is not None:
            self._obey(self._config)
            await new.close_outputs()
            new.hooks.close()
            return failure
        changes = compare_configs(self._config, prepared.config)
        retried = _other_ways_out(self._endpoints, prepared.endpoints)
        if self._config.operator_events != prepared.config.operator_events:
            retried.append(OPERATOR.endpoint)
        self._current.project = new
        self._config.adopt(prepared.config)
        self._endpoints.adopt(prepared.endpoints)
        self._projects.adopt(prepared.staged)
        operator = operator_endpoint(self._config)
        self._dispatcher.use(
            delivery_targets(self._endpoints, new.hooks, self._outputs, self._tasks, operator)
        )
        self._plugin_events.update()
        for told in self.on_config:
            told(self._config)
        if self._serving:
            self._tasks.spawn(self._retire(old))
        else:
            old.hooks.close()
        done = Reloaded(prepared.problems, prepared.changes, config=changes)
        for name in retried:
            await self._dispatcher.enable(name)
        await self._count_stranded(done, old.library, new.library)
        if self._serving:
            await self._turns.retry_held_back()
        data = {
            "revision": new.library.revision,
            "changes": done.changes.to_json(),
            "stranded": done.stranded,
            "config": done.config.to_json(),
        }
        self._events.emit(Event(EventType.FLOW_RELOADED, self._clock.now(), data=data))
        return done

    def _tell_rejected(self, problems: Sequence[Problem]) -> None:
        """Tell where the errors are; not what they say, since texts of the configuration may be secret."""
        errors = [problem for problem in problems if problem.severity == "error"]
        places = [
            {"code": error.code, "file": error.file, "line": error.line} for error in errors[:PROBLEMS_TOLD]
        ]
        data = {"errors": len(errors), "problems": places}
        self._events.emit(Event(EventType.FLOW_REJECTED, self._clock.now(), data=data))

    def _obey(self, config: Config) -> None:
        """Let outgoing calls keep to the addresses that a configuration allows, where one was read."""
        if self._source is None:
            return
        self._outgoing.use(AddressRules(config.outgoing.allow, config.allow_private_addresses))

    async def _count_stranded(self, done: Reloaded, old: Library, new: Library) -> None:
        """Count live sessions at nodes that the old flows had and the new ones have not."""
        if old.revision == new.revision:
            return
        from flowhook.flowfiles.orphaned_sessions import find_orphaned, session_counts

        for endpoint in await self._projects.following_edits():
            counts = await self._sessions.by_node(endpoint.name)
            known = [group for group in session_counts(old, endpoint.name, counts) if group.fingerprint]
            for group in find_orphaned(known, new):
                done.stranded[group.node] = done.stranded.get(group.node, 0) + group.count
                if group.moved:
                    done.renames[group.node] = group.moved

    async def _start(self, new: Project, old: Project, endpoints: Endpoints) -> Reloaded | None:
        """End the old plugins, then start the new ones: both may want the same port or queue. When the new
        ones do not start, the old ones are started again. Returns why nothing is to be replaced, or None."""
        if not self._serving:
            return None
        try:
            await self._plugins.open(new, endpoints)
        except Exception as error:
            return Reloaded([_problem_of(error)])
        await self._plugins.stop()
        try:
            await self._plugins.start(new, endpoints)
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


def _other_ways_out(before: Endpoints, after: Endpoints) -> list[str]:
    """Return the endpoints whose deliveries go elsewhere, or otherwise, from now on."""
    known = {endpoint.name: endpoint.config for endpoint in before}
    return [
        endpoint.name
        for endpoint in after
        if (old := known.get(endpoint.name)) is not None
        and (old.output, old.webhook) != (endpoint.config.output, endpoint.config.webhook)
    ]


def _problems_of(error: FlowFileError | PluginError) -> list[Problem]:
    return list(error.problems) if isinstance(error, FlowFileError) else [_problem_of(error)]


def _problem_of(error: Exception, what: str = "") -> Problem:
    """Return the failure of a plugin as a problem, at its line where it is known."""
    position = error.position if isinstance(error, PluginError) else None
    file, line = position or ("plugins", 1)
    return Problem(PLUGIN, f"{what}{error}", file, line)
