"""A project: the flows and plugins that were loaded together and are replaced together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from flowhook import builtin
from flowhook.engine.flow import Flow, Library
from flowhook.engine.turn.intent_scope import contest
from flowhook.errors import FlowFileError
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.facade import DISCARD, Hooks
from flowhook.hooks.loading.loader import PluginRequirements, load_hooks
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.model.understanding import Understanding
from flowhook.problems.catalogue import UNKNOWN_FLOW
from flowhook.problems.problem import Problem, has_errors
from flowhook.problems.suggestion import did_you_mean
from flowhook.runtime.delivery.dispatcher import DeliveryTarget
from flowhook.runtime.project.nlu_training_data import teach

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.hooks.facade import Resources

BUILTIN = "builtin"
BUILT_IN_NLU = (BUILTIN, "none")


@dataclass(frozen=True, slots=True)
class Project:
    """Immutable: a turn runs on one project from end to end."""

    hooks: Hooks
    loaded: LoadedLibrary
    outputs: Mapping[str, OutputPlugin]
    roots: frozenset[str]  #: names that any flow's expressions read
    strange: bool = False  #: whether flows run code of plugins: node types, ask types or filters

    @property
    def library(self) -> Library:
        """The flows."""
        return self.loaded.library

    def again(self, resources: Resources) -> Project:
        """The same flows and plugins in another application: nothing is loaded anew."""
        return replace(self, hooks=self.hooks.again(resources))

    def sends(self, endpoint: Endpoint) -> bool:
        """Whether outputs of this endpoint have somewhere to go by themselves."""
        config = endpoint.config
        return bool(config.output != "webhook" or config.webhook.url)

    def understands(self, endpoint: Endpoint, flow: Flow | None) -> bool:
        """Whether messages of this endpoint pass an NLU engine, or a hook around it, while ``flow`` is in
        force. A plugin's engine reads all; the built-in one what a flow can do something with."""
        return self._plugins_understand(endpoint) or self._reads(endpoint.config.nlu, flow)

    def _plugins_understand(self, endpoint: Endpoint) -> bool:
        hooks = self.hooks.for_endpoint(endpoint)
        return endpoint.config.nlu not in BUILT_IN_NLU or hooks.has_before_nlu or hooks.has_after_nlu

    def _reads(self, engine: str, flow: Flow | None) -> bool:
        if engine != BUILTIN:
            return engine != "none"
        return flow is not None and contest(self.library, flow).reads

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
    ) -> Understanding | None:
        """What the endpoint's engine (or another one) makes of a text while ``flow`` is in force, between
        its two hooks. ``now`` is in the project's time zone. Raises PluginError."""
        hooks = self.hooks.for_endpoint(endpoint)
        reading = await hooks.before_nlu(text, data or {}, language)
        if reading is DISCARD:
            return None
        text, data = reading
        understanding = None
        if text and (engine is not None or self._reads(endpoint.config.nlu, flow)):
            understanding = await hooks.understand(
                text, data, language, session_id, engine, flow=flow.name if flow is not None else "", now=now
            )
        return await hooks.after_nlu(understanding, text, data, language)

    def runs_plugins(self, endpoint: Endpoint) -> bool:
        """Whether a turn at this endpoint may run code that is not ours."""
        return (
            self.strange or self.hooks.for_endpoint(endpoint).has_output or self._plugins_understand(endpoint)
        )

    async def open(self, endpoints: Iterable[Endpoint]) -> None:
        """Open the outputs, and let the engines that endpoints name prepare themselves."""
        for output in self.outputs.values():
            await output.open()
        locales: dict[str, dict[str, None]] = {}
        for endpoint in endpoints:
            locales.setdefault(endpoint.config.nlu, {})[endpoint.config.locale] = None
        for name, engine in self.hooks.nlu().items():
            if name in locales:
                await teach(engine, self.library, locales[name])

    def routes(self, endpoints: Sequence[Endpoint]) -> dict[str, DeliveryTarget]:
        """How deliveries of each endpoint leave."""
        return {
            endpoint.name: DeliveryTarget.of(endpoint, self.outputs[endpoint.config.output])
            for endpoint in endpoints
        }


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
    roots = frozenset().union(*(flow.roots for flow in loaded.library.flows.values()))
    return Project(hooks, loaded, hooks.outputs(), roots, _is_strange(hooks, loaded.library))


def _is_strange(hooks: Hooks, library: Library) -> bool:
    if hooks.filters() or hooks.ask_types():
        return True
    foreign = {kind for kind in hooks.node_types() if hooks.types.source(kind.key) != "flowhook"}
    places = (place for flow in library.flows.values() for place in flow.nodes.values())
    return bool(foreign) and any(place.type in foreign for place in places)


def load_flows(
    config: Config,
    hooks: Hooks,
    previous: LoadedLibrary | None = None,
    sources: Sequence[Path] | None = None,
) -> LoadedLibrary:
    """The flows of a configuration, with the endpoints' flows checked against them."""
    loaded = load_library(
        config.flows_dir if sources is None else sources,
        hooks.types,
        filters=hooks.filters(),
        vars=config.vars,
        connections=config.connections,
        root=config.root,
        previous=previous,
    )
    for number, endpoint in enumerate(config.endpoints):
        if endpoint.flow not in loaded.library.flows and not has_errors(loaded.problems):
            file, line, column = config.locate(("endpoints", number, "flow"))
            message = f'no flow "{endpoint.flow}" for endpoint "{endpoint.name}"'
            hint = did_you_mean(endpoint.flow, loaded.library.flows)
            loaded.problems.append(Problem(UNKNOWN_FLOW, message, file, line, column, hint=hint))
    return loaded
