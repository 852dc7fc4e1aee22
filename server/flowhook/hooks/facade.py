"""The hooks as the rest of flowhook calls them: typed, in their calling mode, cheap when unused."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic_core import PydanticSerializationError, from_json, to_json

from flowhook.clock import Clock
from flowhook.engine.node import Node
from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.answers import DISCARD, Body, Discarded
from flowhook.hooks.calls import Bound, Calls, Implementation
from flowhook.hooks.loading import Loaded, LoadedPlugin, Locate, Wishes, load_plugins
from flowhook.hooks.nodes import Templates
from flowhook.hooks.storage import Locks, PluginRows, PluginStorage
from flowhook.model.endpoint import Endpoint
from flowhook.model.output import Deliver, Output
from flowhook.model.understanding import Understanding

if TYPE_CHECKING:
    import click
    import httpx

    from flowhook.flowfiles.types import NodeTypes
    from flowhook.hooks.app import App, Event
    from flowhook.hooks.engines import NluEngine
    from flowhook.hooks.outputs import OutputPlugin
    from flowhook.hooks.request import Request, Response

__all__ = ["DISCARD", "Body", "EndpointHooks", "Hooks", "Resources", "load_hooks"]

JsonObject = dict[str, Any]
Route = Literal["message", "test", "inject", "notify"]

HOOK_OF_ROUTE = {
    "message": "transform_input",
    "test": "transform_input",
    "inject": "transform_inject",
    "notify": "transform_notify",
}
EVENT_TIMEOUT = 5.0  #: seconds for one plugin's ``on_event``
NLU_TIMEOUT = 10.0  #: seconds for one text
START_TIMEOUT = 60.0  #: seconds for one plugin's ``startup`` or ``shutdown``


class ResourcesLike(Protocol):
    """What hooks are given of the running server."""

    @property
    def http(self) -> Any: ...

    @property
    def sync_http(self) -> Any: ...

    def storage_for(self, plugin: str, endpoint: str) -> PluginStorage: ...


@dataclass(slots=True)
class Resources:
    """One for the life of the server, so that a reload keeps the locks of the storage."""

    http: httpx.AsyncClient
    sync_http: httpx.Client
    rows: PluginRows
    clock: Clock
    locks: Locks = field(default_factory=Locks)

    def storage_for(self, plugin: str, endpoint: str) -> PluginStorage:
        """The same data for every plugin of the endpoint."""
        return PluginStorage(self.rows, self.clock, self.locks, endpoint)


def load_hooks(
    wishes: Wishes,
    resources: ResourcesLike | None = None,
    *,
    locate: Locate | None = None,
    failed: Callable[[PluginError], None] | None = None,
) -> Hooks:
    """Load the plugins that a configuration asks for: ``load_hooks(Wishes.of(config))``.

    Raises loading.PluginLoadError. Without ``resources`` the hooks can be looked at, not called;
    ``hooks.resources`` may be set later. ``failed`` is told of every failure of a hook.
    """
    return Hooks(load_plugins(wishes, locate), resources, failed)


class Hooks:
    """All plugins of one load. A reload makes another; turns in progress keep theirs."""

    def __init__(
        self,
        loaded: Loaded,
        resources: ResourcesLike | None = None,
        failed: Callable[[PluginError], None] | None = None,
    ) -> None:
        self.plugins: Sequence[LoadedPlugin] = loaded.plugins
        self.registry = loaded.registry
        self.resources = resources
        self.calls = Calls(failed=failed)
        self._loaded = loaded
        self._hooks = frozenset(
            hook for plugin in self.plugins if not plugin.idle for hook in plugin.implementations
        )
        self._endpoints: dict[str, EndpointHooks] = {}

    def for_endpoint(self, endpoint: Endpoint) -> EndpointHooks:
        """The hooks that run at an endpoint."""
        known = self._endpoints.get(endpoint.name)
        if known is None or known.endpoint is not endpoint:
            uses = self._loaded.uses.get(endpoint.name, [])
            known = self._endpoints[endpoint.name] = EndpointHooks(endpoint, uses, self)
        return known

    def has(self, hook: str) -> bool:
        """Whether any plugin implements a hook."""
        return hook in self._hooks

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
        return self._loaded.outputs

    def nlu(self) -> dict[str, NluEngine]:
        """The NLU engines that are set up, by name."""
        return self._loaded.nlu

    def commands(self) -> dict[str, click.Command]:
        """Commands under ``flowhook``, by name."""
        return dict(self.registry.commands)

    def routes(self) -> list[tuple[str, Any]]:
        """Plugin and Quart blueprint, to be served under ``/x/{plugin}``."""
        return list(self.registry.routes)

    def plugin_of(self, node_type: type[Node]) -> LoadedPlugin:
        """The plugin that brought a node type."""
        name = self.registry.node_types.source(node_type.key)
        return next(plugin for plugin in self.plugins if plugin.name == name)

    def settings_at(self, endpoint: Endpoint, plugin: LoadedPlugin) -> Any:
        """A plugin's settings at an endpoint: its own, or what the endpoint says over them."""
        for used, settings in self._loaded.uses.get(endpoint.name, ()):
            if used is plugin:
                return settings
        return plugin.settings

    @cached_property
    def templates(self) -> Templates:
        """Compiles what plugins' nodes render."""
        return Templates(self.registry.filters)

    # --- the life of the server ---

    async def startup(self, app: App) -> None:
        """Call every ``startup``. Raises PluginError at the first that fails."""
        for bound in self._everywhere("startup", START_TIMEOUT):
            try:
                await self.calls.one(bound, {"app": app})
            except Reject as error:
                raise PluginError(bound.implementation.plugin, "startup", message=str(error)) from error

    async def shutdown(self, app: App) -> None:
        """Call every ``shutdown``; a failure keeps none of the others from running."""
        await self.calls.every(self._everywhere("shutdown", START_TIMEOUT), {"app": app})

    async def event(self, event: Event) -> None:
        """Tell every ``on_event``; ask ``has("on_event")`` first where making the event costs."""
        if "on_event" in self._hooks:
            await self.calls.every(self._listeners, {"event": event})

    def close(self) -> None:
        """Give back threads and modules, once no turn uses these hooks any more."""
        self.calls.workers.close()
        self._loaded.modules.close()

    @cached_property
    def _listeners(self) -> list[Bound]:
        return self._everywhere("on_event", EVENT_TIMEOUT)

    def _everywhere(self, hook: str, timeout: float) -> list[Bound]:
        return [
            Bound(
                each,
                {"settings": plugin.settings, "http": self._http(each), "log": each.log},
                timeout=timeout,
            )
            for plugin in self.plugins
            if not plugin.idle and (each := plugin.implementations.get(hook)) is not None
        ]

    def _http(self, implementation: Implementation) -> Any:
        if self.resources is None:
            return None
        return self.resources.http if implementation.waits else self.resources.sync_http


class EndpointHooks:
    """The hooks at one endpoint. Ask ``has_…`` before building arguments that cost something."""

    def __init__(self, endpoint: Endpoint, uses: Sequence[tuple[LoadedPlugin, Any]], hooks: Hooks) -> None:
        self.endpoint = endpoint
        self._hooks = hooks
        self._calls = hooks.calls
        self._uses = uses
        rules = endpoint.config.transformers
        self._abort: bool = rules.abort_on_error
        self._timeout: float = rules.timeout
        self._authenticate = self._bound("authenticate")
        self._transforms = {route: self._bound(hook) for route, hook in HOOK_OF_ROUTE.items()}
        self._output = self._bound("transform_output")
        self._finished = self._bound("turn_finished")
        self._before_nlu = self._bound("before_nlu")
        self._after_nlu = self._bound("after_nlu")
        self._engine = self._bound_engine(getattr(endpoint.config, "nlu", "none"))
        self.has_authenticate = bool(self._authenticate)
        self.has_input = bool(self._transforms["message"])
        self.has_inject = bool(self._transforms["inject"])
        self.has_notify = bool(self._transforms["notify"])
        self.has_output = bool(self._output)
        self.has_turn_finished = bool(self._finished)
        self.has_before_nlu = bool(self._before_nlu)
        self.has_after_nlu = bool(self._after_nlu)

    def transforms(self, route: str) -> bool:
        """Whether a plugin looks at what arrives on a route."""
        return bool(self._transforms[route])

    # --- the way in ---

    async def authenticate(self, request: Request) -> None:
        """Let every plugin look at the caller. Raises Reject, or ApiError 401 when one fails."""
        for bound in self._authenticate:
            try:
                await self._calls.one(bound, {"request": request})
            except PluginError as error:
                self._calls.report(error)
                raise ApiError(401, "unauthorized", "The caller could not be checked.") from error

    async def transform(
        self,
        route: str,
        request: Request | None,
        response: Response | None,
        message: JsonObject | None,
        passed: list[PluginError] | None = None,
    ) -> JsonObject | list[JsonObject] | Discarded | None:
        """What plugins make of a request; None when all left it as it is.

        ``message`` is what the body held, None when that was no JSON object. A mapping in the
        answer holds what the plugins gave over what the body held; its values are not checked yet.
        Raises Reject, and PluginError where the endpoint says ``abort_on_error``.
        """
        bound = self._transforms[route]
        if not bound:
            return None
        return await self._pass_on(bound, message, {"request": request, "response": response}, passed)

    async def _pass_on(
        self,
        bound: Sequence[Bound],
        message: JsonObject | None,
        request: JsonObject,
        passed: list[PluginError] | None,
    ) -> JsonObject | list[JsonObject] | Discarded | None:
        """One message from plugin to plugin. Where one makes several of it, each goes on alone."""
        untouched = True
        for position, each in enumerate(bound, 1):
            before: JsonObject | _Several | None = message
            answer = await self._calls.pipe(
                [each],
                before,
                lambda now: {**request, "message": copy.deepcopy(now)},
                _take_messages,
                abort=self._abort,
                passed=passed,
            )
            if isinstance(answer, _Several):
                return await self._pass_on_each(bound[position:], answer, request, passed)
            if answer is DISCARD:
                return DISCARD
            untouched = untouched and answer is before
            message = answer
        return None if untouched else message

    async def _pass_on_each(
        self,
        bound: Sequence[Bound],
        messages: _Several,
        request: JsonObject,
        passed: list[PluginError] | None,
    ) -> list[JsonObject] | Discarded:
        kept: list[JsonObject] = []
        for message in messages:
            answer = await self._pass_on(bound, message, request, passed)
            if answer is None:
                kept.append(message)
            elif isinstance(answer, list):
                kept.extend(answer)
            elif answer is not DISCARD:
                kept.append(answer)
        return kept or DISCARD

    # --- the way out ---

    async def transform_output(
        self,
        output: Output,
        envelope: JsonObject,
        user_id: str,
        session_id: str,
        passed: list[PluginError] | None = None,
    ) -> Output | Deliver | Body | Discarded:
        """What becomes of an output. ``output`` and ``envelope`` themselves are left alone."""
        if not self._output:
            return output
        names = {"user_id": user_id, "session_id": session_id}
        # the declared type of the pipe's value: it starts as an Output and may end as another
        value: Output | Deliver | Body = output
        return await self._calls.pipe(
            self._output,
            value,
            lambda now: {**names, **_outgoing(now, envelope)},
            _take_output,
            abort=self._abort,
            passed=passed,
        )

    async def turn_finished(
        self, outputs: Sequence[Output], trace: bytes | list[JsonObject] | None, user_id: str, session_id: str
    ) -> None:
        """Tell every plugin that a turn has ended. Never raises for a plugin's failure."""
        if not self._finished:
            return
        if isinstance(trace, bytes):
            trace = from_json(trace)
        arguments = {
            "outputs": [_copied(output) for output in outputs],
            "trace": trace or [],
            "user_id": user_id,
            "session_id": session_id,
        }
        await self._calls.every(self._finished, arguments)

    # --- understanding ---

    async def before_nlu(
        self, text: str, data: JsonObject, language: str, passed: list[PluginError] | None = None
    ) -> tuple[str, JsonObject] | Discarded:
        """Text and data as the engine is to read them; DISCARD: it is not to read them at all."""
        if not self._before_nlu:
            return text, data
        return await self._calls.pipe(
            self._before_nlu,
            (text, data),
            lambda now: {
                "text": now[0],
                "data": copy.deepcopy(now[1]),
                "language": language,
                "understanding": None,
            },
            _take_reading,
            abort=self._abort,
            passed=passed,
        )

    async def understand(
        self, text: str, data: JsonObject, language: str, session: str
    ) -> Understanding | None:
        """What the engine of a plugin, named by the endpoint's ``nlu``, makes of a text.

        Raises PluginError. None when the endpoint names no plugin's engine.
        """
        if self._engine is None:
            return None
        arguments = {"text": text, "data": data, "language": language, "session": session}
        try:
            found = await self._calls.one(self._engine, arguments)
            if found is not None:
                _take_understanding(found, None)
        except PluginError as error:
            self._calls.report(error)
            raise
        except (Reject, TypeError) as error:
            plugin, hook = self._engine.implementation.plugin, self._engine.implementation.hook
            raise PluginError(plugin, hook, self.endpoint.name, str(error)) from error
        return found  # type: ignore[no-any-return]

    async def after_nlu(
        self,
        understanding: Understanding | None,
        text: str,
        data: JsonObject,
        language: str,
        passed: list[PluginError] | None = None,
    ) -> Understanding | None:
        """What was understood, in the end."""
        if not self._after_nlu:
            return understanding
        result = await self._calls.pipe(
            self._after_nlu,
            understanding,
            lambda now: {
                "text": text,
                "data": copy.deepcopy(data),
                "language": language,
                "understanding": copy.deepcopy(now),
            },
            _take_understanding,
            abort=self._abort,
            passed=passed,
        )
        return None if result is DISCARD else result

    def _bound(self, hook: str) -> list[Bound]:
        """The endpoint's implementations of a hook, in the endpoint's order."""
        return [
            Bound(
                each, self._fixed(plugin, each, settings), timeout=self._timeout, endpoint=self.endpoint.name
            )
            for plugin, settings in self._uses
            if (each := plugin.implementations.get(hook)) is not None
        ]

    def _bound_engine(self, name: str) -> Bound | None:
        engine = self._hooks.nlu().get(name)
        if engine is None:
            return None
        plugin = self._hooks.registry.nlu.owners[name]
        implementation = Implementation.of(plugin, f"nlu {name}", engine.understand)
        fixed = {"endpoint": self.endpoint, "http": self._hooks._http(implementation)}
        return Bound(implementation, fixed, timeout=NLU_TIMEOUT, endpoint=self.endpoint.name)

    def _fixed(
        self, plugin: LoadedPlugin, implementation: Implementation, settings: Any
    ) -> Mapping[str, Any]:
        resources = self._hooks.resources
        storage = None if resources is None else resources.storage_for(plugin.name, self.endpoint.name)
        return {
            "endpoint": self.endpoint,
            "settings": settings,
            "storage": storage,
            "http": self._hooks._http(implementation),
            "log": implementation.log,
        }


class _Several(list[JsonObject]):
    """The messages that a plugin made of one request."""


def _take_messages(
    answer: Any, before: JsonObject | _Several | None
) -> tuple[JsonObject | _Several | None, bool]:
    assert not isinstance(before, _Several)
    if not isinstance(answer, list):
        return _over(before, answer), True
    if not answer:
        raise ValueError("answered an empty list; DISCARD drops a message")
    return _Several(_over(before, one) for one in answer), True


def _over(before: JsonObject | None, answer: Any) -> JsonObject:
    """What a plugin left out, or gave as None, is the original's."""
    if not isinstance(answer, Mapping):
        raise TypeError(f"answered {type(answer).__name__}, not a mapping, a list of such, DISCARD or None")
    return {**(before or {}), **{name: value for name, value in answer.items() if value is not None}}


def _copied(output: Output) -> Output:
    return replace(output, data=copy.deepcopy(output.data))


def _outgoing(value: Output | Deliver | Body, envelope: JsonObject) -> JsonObject:
    """``output`` and ``envelope`` for the next plugin: copies, so that only its answer counts."""
    assert isinstance(value, Output)
    output = _copied(value)
    shown = {**envelope, "disableSensitiveLogging": output.disable_sensitive_logging}
    return {"output": output, "envelope": {**shown, "AIOutput": copy.deepcopy(output.to_json())}}


def _take_output(answer: Any, before: Output | Deliver | Body) -> tuple[Output | Deliver | Body, bool]:
    match answer:
        case Output():
            if not isinstance(answer.text or "", str) or not isinstance(answer.data or {}, dict):
                raise TypeError("answered an Output whose text is no string or whose data is no mapping")
            _require_json(answer.data)
            return replace(answer, text=answer.text or "", data=answer.data or {}), True
        case Deliver():
            _require_json(answer.json)
            return answer, False
        case _:
            _require_json(answer)
            return Body(answer), False


def _require_json(value: Any) -> None:
    try:
        to_json(value)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise TypeError("answered something that is not JSON") from error


def _take_reading(answer: Any, before: tuple[str, JsonObject]) -> tuple[tuple[str, JsonObject], bool]:
    if not isinstance(answer, Mapping):
        raise TypeError(f"answered {type(answer).__name__}, not a mapping with text or data")
    text, data = before
    text = answer["text"] if answer.get("text") is not None else text
    data = answer["data"] if answer.get("data") is not None else data
    if not isinstance(text, str) or not isinstance(data, dict):
        raise TypeError("answered a text that is no string or data that is no mapping")
    return (text, data), True


def _take_understanding(answer: Any, before: Understanding | None) -> tuple[Understanding | None, bool]:
    if not isinstance(answer, Understanding):
        raise TypeError(f"answered {type(answer).__name__}, not an Understanding")
    return answer, True
