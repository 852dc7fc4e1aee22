"""The hooks as the rest of flowhook calls them: typed, in their calling mode, cheap when unused."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.errors import PluginError, PluginTimeout, Reject
from flowhook.hooks.api.node_turn import Templates
from flowhook.hooks.api.resources import Resources, ResourcesLike
from flowhook.hooks.calling.caller import BoundHook, HookCaller, Implementation, PerCall, per_call
from flowhook.hooks.calling.failures import FailureCounts, describe, innermost_position
from flowhook.hooks.calling.results import DISCARD, Body
from flowhook.hooks.endpoint_hooks import EndpointHooks
from flowhook.hooks.loading.kinds import HANDOVER, NLU, OUTPUT, TRANSLATOR, EngineKind
from flowhook.hooks.loading.plugin import Loaded, LoadedPlugin
from flowhook.logging_config import redact_urls
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import Event
from flowhook.model.secret import find_secret

if TYPE_CHECKING:
    import click

    from flowhook.flowfiles.compile.node_types import NodeTypes
    from flowhook.hooks.api.app import App
    from flowhook.hooks.api.engine import Engine
    from flowhook.hooks.api.handover_provider import HandoverProvider
    from flowhook.hooks.api.nlu_engine import NluEngine
    from flowhook.hooks.api.output_plugin import OutputPlugin
    from flowhook.hooks.api.storage import PluginStorage
    from flowhook.hooks.api.translator import Translator
    from flowhook.model.event import Event

__all__ = ["DISCARD", "Body", "EndpointHooks", "Hooks", "Resources"]

EVENT_TIMEOUT = 5.0  #: seconds for one plugin's ``on_event``
START_TIMEOUT = 60.0  #: seconds for one plugin's ``startup`` or ``shutdown``


class Hooks:
    """All plugins of one load. A reload makes another; turns in progress keep theirs."""

    def __init__(
        self,
        loaded: Loaded,
        resources: ResourcesLike | None = None,
        on_failure: Callable[[PluginError], None] | None = None,
    ) -> None:
        self.plugins: Sequence[LoadedPlugin] = loaded.plugins
        self.registry = loaded.registry
        self.warnings = loaded.warnings
        self.resources = resources
        self.caller = HookCaller(on_failure=on_failure, failures=loaded.registry.failures)
        self._loaded = loaded
        self._by_name = {plugin.name: plugin for plugin in loaded.plugins}
        self._implemented = frozenset(
            hook for plugin in self.plugins if not plugin.idle for hook in plugin.implementations
        )
        self._by_endpoint: dict[str, EndpointHooks] = {}
        self.handover_names = frozenset(loaded.handovers)  #: the entries of ``handovers``
        self.app: App | None = None  #: the running server, once ``startup`` was called
        self._owns_modules = True

    def for_endpoint(self, endpoint: Endpoint) -> EndpointHooks:
        """The hooks that run at an endpoint. Costs nothing from the second time on."""
        known = self._by_endpoint.get(endpoint.name)
        if known is None or known.endpoint is not endpoint:
            uses = self._loaded.uses.get(endpoint.name, [])
            known = self._by_endpoint[endpoint.name] = EndpointHooks(endpoint, uses, self)
        return known

    @property
    def failures(self) -> FailureCounts:
        """How often which hook of which plugin failed at which endpoint, since these plugins were loaded."""
        return self.registry.failures

    def failures_of(self, plugin: str, hook: str) -> int:
        """How often a hook of a plugin failed, at all endpoints."""
        failures = self.failures.items()
        return sum(count for (owner, name, _), count in failures if (owner, name) == (plugin, hook))

    def has(self, hook: str) -> bool:
        """Whether any plugin implements a hook."""
        return hook in self._implemented

    # --- what plugins brought along ---

    def node_types(self) -> list[type[Node]]:
        """The node types for flows, the built-in ones first."""
        return list(self.registry.node_types.values())

    @property
    def types(self) -> NodeTypes:
        """The node types by key, with the plugin each comes from."""
        return self.registry.node_types

    def filters(self) -> dict[str, Callable[..., Any]]:
        """Filters for expressions, by name."""
        return dict(self.registry.filters)

    def ask_types(self) -> dict[str, Any]:
        """Further types of ``ask``, by name."""
        return dict(self.registry.ask_types)

    def outputs(self) -> dict[str, OutputPlugin]:
        """The outputs that are set up, by name."""
        return cast("dict[str, OutputPlugin]", self._loaded.engines[OUTPUT])

    def handovers(self) -> dict[str, HandoverProvider]:
        """The ways to people, by the names of their entries in the configuration."""
        return cast("dict[str, HandoverProvider]", self._loaded.handovers)

    def handover_at(self, name: str, endpoint: Endpoint) -> str:
        """The entry of ``handovers`` that a name means at an endpoint: its own where it has settings of its
        own."""
        own = f"{name}@{endpoint.name}"
        return own if own in self.handover_names else name

    def nlu(self) -> dict[str, NluEngine]:
        """The NLU engines that are set up, by name."""
        return cast("dict[str, NluEngine]", self._loaded.engines[NLU])

    async def call_provider(
        self,
        provider: HandoverProvider,
        method: Callable[..., Any],
        arguments: Mapping[str, Any],
        *,
        timeout: float,
        endpoint: str,
        masked: bool,
    ) -> Any:
        """Call a method of a way to people. Raises its Reject and its NodeFailed as they are; whatever else
        goes wrong is reported with plugin, method, endpoint and line, and raised as PluginError."""
        try:
            async with asyncio.timeout(timeout):
                return await method(**arguments)
        except (Reject, NodeFailed, NotImplementedError):  # the last: it has no such method
            raise
        except TimeoutError as error:
            message = f"not done within {timeout:g} s"
            raise self.provider_failed(
                provider, method.__name__, endpoint, message, masked=masked, kind=PluginTimeout
            ) from error
        except Exception as error:
            raise self.provider_failed(
                provider, method.__name__, endpoint, describe(error), masked=masked, cause=error
            ) from error

    def provider_failed(
        self,
        provider: HandoverProvider,
        method: str,
        endpoint: str,
        message: str,
        *,
        masked: bool,
        cause: Exception | None = None,
        kind: type[PluginError] = PluginError,
    ) -> PluginError:
        """The failure of a way to people, which is reported with the plugin that brought it."""
        owner = self.registry.engines[HANDOVER].owners.get(provider.name, provider.name)
        failure = kind(owner, f"handover {provider.name}.{method}", endpoint, message)
        failure.masked, failure.__cause__ = masked, cause
        self.caller.report(failure)
        return failure

    def translators(self) -> dict[str, Translator]:
        """The translators that are set up, by name."""
        return cast("dict[str, Translator]", self._loaded.engines[TRANSLATOR])

    def commands(self) -> dict[str, click.Command]:
        """Commands under ``flowhook``, by name."""
        return dict(self.registry.commands)

    def routes(self) -> list[tuple[str, Any]]:
        """Plugin and Quart blueprint, to be served under ``/x/{plugin}``."""
        return list(self.registry.routes)

    def plugin_of(self, node_type: type[Node]) -> LoadedPlugin:
        """The plugin that brought a node type."""
        return self.plugin(self.registry.node_types.source(node_type.key))

    def plugin(self, name: str) -> LoadedPlugin:
        """The plugin of that name, which is one of ``plugins``."""
        return self._by_name[name]

    def settings_at(self, endpoint: Endpoint, plugin: LoadedPlugin) -> Any:
        """A plugin's settings at an endpoint: its own, or what the endpoint says over them."""
        for used, settings in self._loaded.uses.get(endpoint.name, ()):
            if used is plugin:
                return settings
        return plugin.settings

    def secret(self, endpoint: Endpoint, name: str) -> str | None:
        """A secret of a plugin at an endpoint, by its name ``telegram.bot_token``; None: it is not set."""
        plugins = [plugin for plugin in self.plugins if name.startswith(f"{plugin.name}.")]
        found = (find_secret(self.settings_at(endpoint, one), name[len(one.name) + 1 :]) for one in plugins)
        return next((value for value in found if value is not None), None)

    @cached_property
    def templates(self) -> Templates:
        """Compiles what plugins' nodes render."""
        return Templates(self.registry.filters)

    # --- the life of the server ---

    async def open_outputs(self, outputs: Mapping[str, OutputPlugin]) -> None:
        """Open outputs. Raises PluginError at the first that fails, with its plugin and what it says."""
        for name, output in outputs.items():
            try:
                await output.open()
            except Exception as error:
                owner = self.registry.engines[OUTPUT].owners.get(name, name)
                text = f"{describe(error)}: {redact_urls(str(error))}"
                failure = PluginError(owner, f"output {name}", message=f"open: {text}")
                failure.position = innermost_position(error)
                raise failure from error

    async def startup(self, app: App) -> None:
        """Call every ``startup``, each within 60 s.

        Raises PluginError at the first that fails; those that had started are shut down again.
        """
        started: set[str] = set()
        self.app = app
        for bound in self._bound_everywhere("startup", START_TIMEOUT):
            plugin = bound.implementation.plugin
            try:
                await self.caller.call(bound, {"app": app})
            except (PluginError, Reject) as error:
                failure = _with_text(bound, error)
                self.caller.report(failure)
                shutdowns = self._bound_everywhere("shutdown", START_TIMEOUT)
                await self.caller.call_all(
                    [hook for hook in shutdowns if hook.implementation.plugin in started],
                    lambda: {"app": app},
                )
                raise failure from failure.__cause__
            started.add(plugin)

    async def shutdown(self, app: App) -> None:
        """Call every ``shutdown``; a failure keeps none of the others from running."""
        await self.caller.call_all(self._bound_everywhere("shutdown", START_TIMEOUT), lambda: {"app": app})

    @property
    def listeners(self) -> frozenset[str]:
        """The plugins that have an ``on_event``."""
        return frozenset(self._listeners)

    async def event(self, event: Event, plugin: str) -> None:
        """Call the ``on_event`` of a plugin, within 5 s; a failure is logged. Nothing when it has none."""
        if (listener := self._listeners.get(plugin)) is not None:
            storage = PerCall(lambda: self._storage_of(event))
            await self.caller.call_all(
                [listener], lambda: {"event": copy.deepcopy(event), "app": self.app, "storage": storage}
            )

    def _storage_of(self, event: Event) -> PluginStorage | None:
        return None if self.resources is None else self.resources.storage_for(event.endpoint)

    def again(self, resources: ResourcesLike) -> Hooks:
        """The same plugins for another application; their modules stay with these hooks."""
        hooks = Hooks(self._loaded, resources, self.caller.on_failure)
        hooks._owns_modules = False
        return hooks

    def for_other_flows(self) -> Hooks:
        """The same plugins beside these hooks, with NLU engines of their own, which learn other flows.
        Threads and modules stay with these hooks, so there is nothing to close. Raises PluginError for an
        engine that cannot be made a second time."""
        engines: dict[EngineKind, dict[str, Engine]] = dict(self._loaded.engines)
        engines[NLU] = {name: self._made_again(name, engine) for name, engine in self.nlu().items()}
        hooks = Hooks(replace(self._loaded, engines=engines), self.resources, self.caller.on_failure)
        hooks.caller, hooks._owns_modules = self.caller, False
        return hooks

    def _made_again(self, name: str, engine: NluEngine) -> NluEngine:
        try:
            return type(engine)(engine.settings)
        except Exception as error:
            owner = self.registry.engines[NLU].owners[name.partition("@")[0]]
            text = f"{describe(error)}: {redact_urls(str(error))}"
            raise PluginError(owner, f"nlu {name}", message=text) from error

    def close(self) -> None:
        """Give back threads and modules, once no turn uses these hooks any more."""
        self.caller.threads.close()
        if self._owns_modules:
            self._loaded.modules.close()

    @cached_property
    def _listeners(self) -> dict[str, BoundHook]:
        bound = self._bound_everywhere("on_event", EVENT_TIMEOUT)
        return {hook.implementation.plugin: hook for hook in bound}

    def _bound_everywhere(self, hook: str, timeout: float) -> list[BoundHook]:
        """Every plugin's implementation of a hook that knows no endpoint."""
        return [
            BoundHook(
                implementation,
                {
                    "settings": per_call(plugin.settings),
                    "http": self.http_for(implementation),
                    "log": implementation.log,
                },
                timeout=timeout,
            )
            for plugin in self.plugins
            if not plugin.idle and (implementation := plugin.implementations.get(hook)) is not None
        ]

    def http_for(self, implementation: Implementation) -> Any:
        """Return the asynchronous client for async functions, the synchronous one for plain ones; None for
        those that do not ask."""
        names = implementation.parameters
        if self.resources is None or (names is not None and "http" not in names):
            return None
        return self.resources.http if implementation.is_async else self.resources.sync_http


def _with_text(bound: BoundHook, error: PluginError | Reject) -> PluginError:
    """The failure of a hook that sees no conversation: whoever starts the server may read all of it."""
    cause = error.__cause__ if isinstance(error, PluginError) else error
    if cause is None:
        return cast("PluginError", error)
    text = "" if isinstance(cause, Reject) else f": {redact_urls(str(cause))}"
    failure = bound.error(describe(cause) + text)
    failure.__cause__ = cause
    failure.position = innermost_position(cause)
    return failure
