"""A project: the flows and plugins that were loaded together and are replaced together."""

from __future__ import annotations

import asyncio
import copy
import logging
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowhook import builtin
from flowhook.engine.flow import Flow, Library
from flowhook.engine.turn.intent_scope import intent_scope
from flowhook.errors import FlowFileError, PluginError
from flowhook.flowfiles.library import LoadedLibrary, load_library, load_texts
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.calling.failures import describe, innermost_position
from flowhook.hooks.calling.results import Interpreted
from flowhook.hooks.facade import DISCARD, Hooks
from flowhook.hooks.loading.kinds import BUILTIN, NLU, OUTPUT, EngineKind, own_name
from flowhook.hooks.loading.loader import PluginRequirements, load_hooks
from flowhook.logging_config import redact_urls
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction
from flowhook.model.session import Frame, Session
from flowhook.model.understanding import Understanding
from flowhook.problems.catalogue import UNKNOWN_FLOW
from flowhook.problems.problem import Problem, has_errors
from flowhook.problems.suggestion import did_you_mean
from flowhook.runtime.project.nlu_training_data import prepare_engine
from flowhook.runtime.project.ready_texts import problems_of_ready_texts
from flowhook.slow import telling_if_slow, within

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.hooks.calling.caller import PipeWatch
    from flowhook.hooks.facade import Resources
    from flowhook.versions.contents import Contents

log = logging.getLogger("flowhook")

OPEN_SECONDS = 60.0  #: for one output to open
PREPARE_SECONDS = 600.0  #: for one engine to learn

#: Understands a text in the place of an engine that failed.
EngineFallback = Callable[[str, PluginError], Understanding]
OnChange = Callable[[str, JsonObject], None]  #: told the text and the data of a message


@dataclass(frozen=True, slots=True)
class Project:
    """Immutable: a turn runs on one project from end to end."""

    hooks: Hooks
    loaded: LoadedLibrary
    outputs: Mapping[str, OutputPlugin]
    roots: frozenset[str]  #: names that any flow's expressions read
    runs_plugin_code: bool = False  #: whether flows run node types, ask types or filters of plugins
    #: by endpoint, the flow that it enters here, where that is another one than its settings say
    entries: Mapping[str, str] = field(default_factory=dict)
    encoder: str = ""  #: the sentence encoder of the built-in understanding; "": none

    @property
    def library(self) -> Library:
        """The flows."""
        return self.loaded.library

    def again(self, resources: Resources) -> Project:
        """Return the same flows and plugins for another application: nothing is loaded anew."""
        return replace(self, hooks=self.hooks.again(resources))

    def new_session(self, endpoint: Endpoint) -> Session:
        """Return a session that has not spoken yet: at the first node of the endpoint's flow, with the
        flow's default context."""
        name = self.entries.get(endpoint.name, endpoint.flow)
        flow = self.library.flows.get(name)
        return Session([Frame(name)], copy.deepcopy(dict(flow.context)) if flow is not None else {})

    def sends(self, endpoint: Endpoint) -> bool:
        """Return whether outputs of this endpoint have somewhere to go by themselves."""
        config = endpoint.config
        return bool(config.output != "webhook" or config.webhook.url)

    def understands(self, endpoint: Endpoint, flow: Flow | None) -> bool:
        """Return whether messages of this endpoint pass an NLU engine, or a hook around it, while ``flow``
        is in force. A plugin's engine reads all; the built-in one what a flow can do something with."""
        hooks = self.hooks.for_endpoint(endpoint)
        return hooks.read_messages or self._reads(endpoint.config.nlu, flow)

    def reads_alone(self, endpoint: Endpoint) -> bool:
        """Return whether no plugin takes part in understanding: the built-in engine computes at once, and
        nothing is waited for."""
        return not self.hooks.for_endpoint(endpoint).read_messages

    def _reads(self, engine: str, flow: Flow | None) -> bool:
        if engine != BUILTIN:
            return engine != "none"
        return flow is not None and intent_scope(self.library, flow).reads

    async def understand(
        self,
        endpoint: Endpoint,
        text: str,
        data: JsonObject | None,
        language: str,
        session_id: str,
        flow: Flow | None,
        *,
        now: datetime,
        engine: str | None = None,
        fallback: EngineFallback | None = None,
        on_change: OnChange | None = None,
        watch: PipeWatch | None = None,
    ) -> Understanding | None:
        """Return what the endpoint's engine (or another one) makes of a text while ``flow`` is in force,
        between its two hooks. ``now`` is in the project's time zone.

        ``fallback`` understands in the place of an engine that fails; ``on_change`` is told the text and the
        data that the hooks made of the message, where they changed it; ``watch`` what each of them did.
        Raises PluginError: without a fallback, and where a hook fails and the endpoint says
        ``abort_on_error``."""
        hooks = self.hooks.for_endpoint(endpoint)
        changed = await hooks.before_nlu(text, data or {}, language, watch)
        if changed is DISCARD:
            return None
        message = Interpreted(*changed)
        if message.text and (engine is not None or self._reads(endpoint.config.nlu, flow)):
            flow_name = flow.name if flow is not None else ""
            try:
                understanding = await hooks.understand(
                    message.text, message.data, language, session_id, engine, flow=flow_name, now=now
                )
            except PluginError as error:
                if fallback is None:
                    raise
                understanding = fallback(message.text, error)
                if endpoint.config.nlu_fallback == BUILTIN != endpoint.config.nlu:
                    understanding = await hooks.understand(
                        message.text,
                        message.data,
                        language,
                        session_id,
                        BUILTIN,
                        flow=flow_name,
                        now=now,
                    )
            message = replace(message, understanding=understanding)
        message = await hooks.after_nlu(message, language, watch)
        if on_change is not None and (message.text, message.data) != (text, data or {}):
            on_change(message.text, message.data)
        return message.understanding

    def runs_plugins(self, endpoint: Endpoint) -> bool:
        """Return whether a turn at this endpoint may run code that is not ours."""
        return self.runs_plugin_code or self.hooks.for_endpoint(endpoint).awaited_in_turns

    async def open(self, endpoints: Iterable[Endpoint], cache: Path | None = None) -> None:
        """Open the outputs, and :meth:`prepare`; each within its time. Raises PluginError."""
        for name, output in self.outputs.items():
            await self._opened(OUTPUT, name, "open()", OPEN_SECONDS, output.open())
        await self.prepare(endpoints, cache)

    async def prepare(self, endpoints: Iterable[Endpoint], cache: Path | None = None) -> None:
        """Let the engines that endpoints name learn the flows. ``cache`` is the folder in which they may keep
        what they learned. Raises PluginError."""
        locales: dict[str, dict[str, None]] = {}
        for endpoint in endpoints:
            config = endpoint.config
            own = own_name(config.nlu, endpoint.name) if config.nlu_settings else config.nlu
            for engine in {own, config.nlu_fallback}:
                locales.setdefault(engine, {})[config.locale] = None
        for name, known in self.hooks.nlu().items():
            if name in locales:
                preparing = prepare_engine(known, self.library, locales[name], cache, self.encoder)
                await self._opened(NLU, name, "prepare()", PREPARE_SECONDS, preparing)

    async def _opened(
        self, kind: EngineKind, name: str, what: str, seconds: float, work: Coroutine[Any, Any, None]
    ) -> None:
        """Await the opening of an engine of a plugin; what goes wrong names the plugin."""
        plugin = self.hooks.registry.engines[kind].owners[name.partition("@")[0]]
        try:
            async with telling_if_slow(lambda: f"{what} of the {kind.name} {name} of the plugin {plugin}"):
                error = await within(seconds, _error_of(work))
            if error is not None:
                raise error
        except TimeoutError:
            message = f"{what} is not done within {seconds:g} s"
            raise PluginError(plugin, f"{kind.name} {name}", message=message) from None
        except asyncio.CancelledError:
            raise
        except BaseException as error:
            text = f"{what}: {describe(error)}: {redact_urls(str(error))}"
            failure = PluginError(plugin, f"{kind.name} {name}", message=text)
            failure.position = innermost_position(error)
            raise failure from error

    async def close_outputs(self) -> None:
        """Close the outputs. The failure of one keeps none of the others from closing."""
        for name, output in self.outputs.items():
            try:
                await output.close()
            except Exception:
                log.exception(
                    "output %s cannot be closed", name, extra={"action": LogAction.OUTPUT_NOT_CLOSED}
                )


async def _error_of(work: Coroutine[Any, Any, None]) -> BaseException | None:
    """Await a plugin's work, and return what it raises: SystemExit would end the event loop."""
    try:
        await work
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        return error
    return None


def load_project(
    config: Config,
    resources: Resources | None,
    previous: Project | None = None,
    *,
    sources: Sequence[Path] | None = None,
) -> Project:
    """Load flows and plugins. Raises PluginLoadError or FlowFileError with all problems, and then
    nothing of it stays. ``sources`` are files of flows to load in the place of all there are."""
    hooks = load_hooks(PluginRequirements.of(config), resources, builtin=builtin, locate=config.locate)
    loaded = load_flows(config, hooks, previous.loaded if previous else None, sources)
    if has_errors(loaded.problems):
        hooks.close()
        raise FlowFileError("the flows have errors", loaded.problems)
    return _project(hooks, loaded, config)


def load_version(config: Config, live: Project, contents: Contents) -> Project:
    """Compile the flows of a version for the plugins of ``live``. What did not change is shared with it.
    Raises FlowFileError with all problems; endpoints that the version does not know may enter none of its
    flows."""
    hooks = live.hooks.for_other_flows()
    loaded = load_texts(
        contents.flows,
        config.flows_dir,
        hooks.types,
        filters=hooks.filters(),
        vars=config.vars,
        connections=config.connections,
        root=config.root,
        previous=live.loaded,
    )
    if has_errors(loaded.problems):
        raise FlowFileError("the flows have errors", loaded.problems)
    entries = {
        name: settings["flow"]
        for name, settings in contents.manifest.endpoints.items()
        if settings.get("flow") in loaded.library.flows
    }
    return replace(_project(hooks, loaded, config), entries=entries)


def _project(hooks: Hooks, loaded: LoadedLibrary, config: Config) -> Project:
    roots = frozenset().union(*(flow.roots for flow in loaded.library.flows.values()))
    named = config.understanding.encoder
    encoder = named if named != "none" else ""
    runs_plugin_code = _runs_plugin_code(hooks, loaded.library)
    return Project(hooks, loaded, hooks.outputs(), roots, runs_plugin_code, encoder=encoder)


def _runs_plugin_code(hooks: Hooks, library: Library) -> bool:
    if hooks.filters() or hooks.ask_types():
        return True
    foreign = {kind for kind in hooks.node_types() if hooks.types.source(kind.key) != "flowhook"}
    flow_nodes = (flow_node for flow in library.flows.values() for flow_node in flow.nodes.values())
    return bool(foreign) and any(flow_node.type in foreign for flow_node in flow_nodes)


def load_flows(
    config: Config,
    hooks: Hooks,
    previous: LoadedLibrary | None = None,
    sources: Sequence[Path] | None = None,
    unsaved: Mapping[Path, str] | None = None,
) -> LoadedLibrary:
    """The flows of a configuration, with the endpoints' flows checked against them. ``unsaved`` are texts of
    an editor, by resolved path, that stand for what is on disk."""
    loaded = load_library(
        config.flows_dir if sources is None else sources,
        hooks.types,
        filters=hooks.filters(),
        vars=config.vars,
        connections=config.connections,
        root=config.root,
        previous=previous,
        unsaved=unsaved,
    )
    for number, endpoint in enumerate(config.endpoints):
        if endpoint.flow not in loaded.library.flows and not has_errors(loaded.problems):
            file, line, column = config.locate(("endpoints", number, "flow"))
            message = f'no flow "{endpoint.flow}" for endpoint "{endpoint.name}"'
            hint = did_you_mean(endpoint.flow, loaded.library.flows)
            loaded.problems.append(Problem(UNKNOWN_FLOW, message, file, line, column, hint=hint))
    for number, endpoint in enumerate(config.endpoints):
        copilot = endpoint.copilot
        if copilot is None or copilot.flow in loaded.library.flows or has_errors(loaded.problems):
            continue
        file, line, column = config.locate(("endpoints", number, "copilot"))
        message = f'no flow "{copilot.flow}" for the copilot of endpoint "{endpoint.name}"'
        hint = did_you_mean(copilot.flow, loaded.library.flows)
        loaded.problems.append(Problem(UNKNOWN_FLOW, message, file, line, column, hint=hint))
    loaded.problems.extend(problems_of_ready_texts(config, hooks.templates))
    loaded.problems.extend(hooks.warnings)
    return loaded
