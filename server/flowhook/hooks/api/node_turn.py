"""Running a plugin's asynchronous node: what it gets as ``turn``, and what its run leaves behind."""

from __future__ import annotations

import base64
import copy
import inspect
import logging
import sys
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit, urlunsplit

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, from_json, to_json

from flowhook.engine.effects import Failure, Interim, NodeResult
from flowhook.engine.expressions import Expressions
from flowhook.engine.node import Node, node_seconds
from flowhook.engine.outcomes import Call, Goto, NodeFailed, Outcome, Stop, Think, Wait
from flowhook.engine.turn.analytics import AnalyticsNotes
from flowhook.engine.turn.intent_scope import in_force
from flowhook.engine.turn.variables import Variables
from flowhook.engine.turn.view import Turn, TurnScope
from flowhook.errors import PluginError, PluginTimeout, Reject
from flowhook.hooks.calling.caller import BoundHook, Implementation, Timing
from flowhook.hooks.calling.failures import describe
from flowhook.model.inbound import Inbound, JsonObject
from flowhook.model.output import Output
from flowhook.nodes.analytics import Analytics
from flowhook.nodes.track import Track
from flowhook.storage.protocols import Steps

if TYPE_CHECKING:
    import httpx

    from flowhook.hooks.api.resources import ResourcesLike
    from flowhook.hooks.api.storage import PluginStorage
    from flowhook.hooks.calling.threads import ThreadPool
    from flowhook.hooks.facade import EndpointHooks, Hooks
    from flowhook.model.endpoint import Endpoint
    from flowhook.model.understanding import Understanding

TIMEOUT = 20.0  #: seconds for one run of a node whose class does not say
TEMPLATES = 256  #: compiled texts that are kept for ``turn.render``
_RESPONSE = "$response"  #: marks a kept httpx.Response


class EffectView(Protocol):
    """A turn of the engine that waits for a plugin's node."""

    @property
    def turn(self) -> Turn: ...

    @property
    def effect_node(self) -> Node: ...

    @property
    def effect_key(self) -> str: ...

    @property
    def interim(self) -> Interim | None: ...

    @property
    def early(self) -> int: ...


class Templates:
    """Compiles the texts of ``turn.render`` once. Starts anew before it holds too many."""

    def __init__(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        self._filters = filters
        self._expressions = Expressions(filters)
        self._compiled: dict[tuple[str, bool], Any] = {}

    def compile(self, source: str, *, text: bool = False) -> Any:
        """A template; with ``text`` even exactly one ``{{ … }}`` gives text. Raises ExpressionError."""
        known = self._compiled.get((source, text))
        if known is None:
            if len(self._compiled) >= TEMPLATES:
                self._expressions, self._compiled = Expressions(self._filters), {}
            known = self._compiled[source, text] = self._expressions.compile_value(source, text=text)
        return known


class NodeTurn:
    """The turn as a plugin's node sees it. What it does is applied when the node has ended.

    ``input``, ``context``, ``profile`` and ``session`` are read-only: change them with ``set``,
    ``unset`` and ``append``, whose paths look like ``context.order.size``. ``memory`` is the node's
    own durable dictionary, ``key`` names this visit of the node, also when it is run again.
    """

    def __init__(
        self,
        view: EffectView,
        *,
        settings: Any,
        resources: ResourcesLike,
        storage: PluginStorage,
        log: logging.Logger,
        steps: Steps,
        templates: Templates,
        threads: ThreadPool,
        hooks: EndpointHooks,
        returned: bool = False,
        result: Any = None,
    ) -> None:
        turn = view.turn
        self._hooks = hooks
        self._interim = view.interim
        self._early = view.early  #: outputs that an earlier run of this visit has said already
        self.returned = returned
        self.result = result
        self.node_id = turn.node.key
        self._inbound = turn.inbound
        self.key = view.effect_key
        self.settings = settings
        self._resources = resources
        self.storage = storage
        self.log = log
        self.memory: JsonObject = copy.deepcopy(turn.memory)
        self._turn = turn
        self._steps = steps
        self._templates = templates
        self._threads = threads
        self._visits: dict[str, int] = {}
        self._variables = Variables({
            "context": copy.deepcopy(turn.session.context),
            "profile": copy.deepcopy(turn.environment.profile),
            "session": copy.deepcopy(turn.session.values),
        })  # fmt: skip
        self._result = NodeResult()
        self._ended = False

    @property
    def http(self) -> httpx.AsyncClient:
        """The HTTP client, under the rules about addresses."""
        client: httpx.AsyncClient = self._resources.http
        return client

    @property
    def now(self) -> datetime:
        """When the turn began, in the configured timezone."""
        environment = self._turn.environment
        return datetime.fromtimestamp(environment.now, environment.timezone)

    @property
    def input(self) -> Mapping[str, Any]:
        """What flows see as ``input``: a copy."""
        return self._input

    @cached_property
    def _input(self) -> Mapping[str, Any]:
        return MappingProxyType(copy.deepcopy(self._turn.input))

    @cached_property
    def inbound(self) -> Inbound:
        """What came in, with its kind: a copy."""
        return copy.deepcopy(self._inbound)

    @property
    def context(self) -> Mapping[str, Any]:
        """The session's context, with the changes made so far."""
        return MappingProxyType(self._variables.roots["context"])

    @property
    def profile(self) -> Mapping[str, Any]:
        """The user's profile, with the changes made so far."""
        return MappingProxyType(self._variables.roots["profile"])

    @property
    def session(self) -> Mapping[str, Any]:
        """What flows see as ``session``, with the changes made so far."""
        return MappingProxyType(self._variables.roots["session"])

    async def say(
        self, text: str | None = None, data: JsonObject | None = None, *, now: bool = False
    ) -> None:
        """Say something to the user, once the node has ended; with ``now`` at once, with all that was said
        before it. Raises TypeError for what is no text, and RuntimeError when the node has ended: nobody
        would hear it."""
        self._not_ended("say")
        if not isinstance(text, str | None):
            raise TypeError(f"a node says a text, not {type(text).__name__}")
        if text or data or not now:
            output = Output(text or "", _json(data or {}), self._inbound.trace_id)
            if self._early:  # said before a crash
                self._early -= 1
            else:
                self._result.outputs.append(output)
        if now and self._result.outputs and self._interim is not None:
            outputs, self._result.outputs = self._result.outputs, []
            await self._interim.say(outputs)

    async def understand(
        self, text: str, *, engine: str = "builtin", language: str | None = None
    ) -> Understanding | None:
        """What an engine makes of a text while the flow in force is: flowhook's own, or that of a plugin.
        ``language`` is a locale, by default the session's. Raises PluginError for an engine that fails. The
        built-in one knows the intents where the endpoint's ``nlu`` or ``nlu_fallback`` is ``builtin``."""
        turn = self._turn
        flow = in_force(turn.library, turn.session)
        return await self._hooks.understand(
            text,
            {},
            language or turn.session.locale or turn.environment.locale,
            self._inbound.ref.session_id,
            engine,
            flow=flow.name if flow is not None else "",
            now=self.now,
        )

    async def callback(self) -> str:
        """A URL that works once: what is posted to it resumes the node, which returns ``Wait()``. In
        ``resume``, ``turn.inbound.kind`` is ``"callback"`` and ``turn.inbound.answer`` what was posted, any
        JSON. The URL is the same when the node is run again, and void once it has gone on.
        """
        self._not_ended("callback")
        if self._interim is None:
            raise RuntimeError("turn.callback: nothing could come back here")
        return await self._interim.open_callback()

    async def step(self, name: str, function: Callable[[], Any]) -> Any:
        """The result of ``function()``, kept: when the node is run again, it is not called again.

        The function may be async, or plain (then it runs in a worker thread). Its result must be
        JSON or an ``httpx.Response``.
        """
        self._not_ended("step")
        visit = self._visits[name] = self._visits.get(name, 0) + 1
        kept_as = f"{self.key}:{name}:{visit}"
        session, seq = self._inbound.ref, self._inbound.seq
        kept = await self._steps.get(session, seq, kept_as)
        if kept is None:
            plain = not inspect.iscoroutinefunction(function)
            result = await self._threads.run(function) if plain else function()
            if inspect.isawaitable(result):
                result = await result
            kept = _kept(name, result)
            await self._steps.keep(session, seq, kept_as, kept)
        return _given_back(kept)

    def get(self, path: str, default: Any = None) -> Any:
        """The value at a path; ``default`` when there is none."""
        return copy.deepcopy(self._variables.get(path, default))

    def set(self, path: str, value: Any) -> None:
        """Put a JSON value at a path such as ``context.order.size``; missing objects are made.

        Raises TypeError for what is not JSON.
        """
        self._not_ended("set")
        value = _json(value)
        self._variables.set(path, value)
        self._result.changes.append(("set", path, value))

    def unset(self, path: str) -> None:
        """Take the value at a path away."""
        self._not_ended("unset")
        self._variables.unset(path)
        self._result.changes.append(("unset", path, None))

    def append(self, path: str, value: Any) -> None:
        """Add a JSON value to the list at a path."""
        self._not_ended("append")
        value = _json(value)
        self._variables.append(path, value)
        self._result.changes.append(("append", path, value))

    def analytics(self, **fields: Any) -> None:
        """Overwrite fields of this input's record in the analytics: the settings of the node ``analytics``,
        such as ``custom1="web"``. Raises TypeError for a field that is unknown or a wrong value."""
        self._not_ended("analytics")
        try:
            notes, _ = Analytics.model_validate(fields).notes(frozenset(fields))
        except ValidationError as error:
            raise TypeError(f"turn.analytics: {_wrong(error)}") from None
        self._notes().add(notes)

    def track(self, goal: str | None = None, step: str | None = None) -> None:
        """Note a goal or a step that is reached, as the node ``track`` does. Raises TypeError for a name that
        cannot be one."""
        self._not_ended("track")
        try:
            Track.model_validate({"goal": goal, "step": step})
        except ValidationError as error:
            raise TypeError(f"turn.track: {_wrong(error)}") from None
        if step is not None:
            self._notes().track("steps", step, of_user=True)
        if goal is not None:
            self._notes().track("goals", goal, of_user=True)

    def _notes(self) -> AnalyticsNotes:
        if self._result.analytics is None:
            self._result.analytics = AnalyticsNotes()
        return self._result.analytics

    def render(self, source: str) -> Any:
        """A template such as ``"Hi {{ profile.firstname }}"``, of the plugin's own making: never a
        text that a user typed. Exactly one ``{{ … }}`` keeps its type."""
        scope = TurnScope.of({**self._turn.scope, **self._variables.roots}, self._turn.scope)
        warnings: list[str] = []
        value = self._templates.compile(source).evaluate(scope, warnings)
        for warning in warnings:
            self.log.warning("%s", warning)
        return value

    def _not_ended(self, what: str) -> None:
        """Raise RuntimeError when what is done now would be lost without a word."""
        if self._ended:
            raise RuntimeError(f"turn.{what}: the node has ended, so that nothing would come of it")

    def end(self) -> None:
        """Take nothing more: a task that the node left behind is told so."""
        self._ended = True

    def finish(self, outcome: Outcome) -> NodeResult:
        """All that the node did. Nothing that it does from now on counts."""
        self.end()
        self._result.outcome = outcome
        if self.memory != self._turn.memory:
            self._result.memory = _json(self.memory)
        return self._result


async def run_node(
    view: EffectView,
    resuming: bool,
    endpoint: Endpoint,
    hooks: Hooks,
    steps: Steps,
    *,
    returned: bool = False,
    result: Any = None,
) -> NodeResult | Failure:
    """Run the node that the engine waits for. Whatever goes wrong in it is a Failure."""
    node = view.effect_node
    plugin = hooks.plugin_of(type(node))
    timing = plugin.node_timings.setdefault(node.key, Timing())
    function = node.resume if resuming else node.run
    wants = frozenset({"turn"})
    implementation = Implementation(plugin.name, f"node {node.key}", function, wants, True, timing)
    resources, own = hooks.resources, hooks.for_endpoint(endpoint)
    assert resources is not None, "hooks that run need resources"
    turn = NodeTurn(
        view,
        settings=hooks.settings_at(endpoint, plugin),
        resources=resources,
        storage=resources.storage_for(endpoint.name),
        log=implementation.log,
        steps=steps,
        templates=hooks.templates,
        threads=hooks.caller.threads.of(plugin.name),
        hooks=own,
        returned=returned,
        result=copy.deepcopy(result),
    )
    masked = own.masked
    seconds = node_seconds(type(node)) or TIMEOUT
    bound = BoundHook(implementation, {}, timeout=seconds, endpoint=endpoint.name, masked=masked)
    try:
        outcome = await hooks.caller.call(bound, {"turn": turn})
        return turn.finish(_outcome(bound, node, outcome))
    except PluginError as error:
        if isinstance(error.__cause__, NodeFailed):  # on purpose: for the flow to deal with
            return _failure_of(error.__cause__, plugin.name, node.key)
        hooks.caller.report(error)
        reason = "timeout" if isinstance(error, PluginTimeout) else "plugin"
        return Failure(reason, str(error), {"plugin": plugin.name, "node": node.key})
    except (Reject, TypeError) as error:
        hooks.caller.failed(bound, describe(error) if isinstance(error, Reject) else str(error), error)
        return Failure("plugin", f"plugin {plugin.name}, node {node.key}: {error}", {"plugin": plugin.name})
    finally:
        turn.end()


def _failure_of(error: NodeFailed, plugin: str, node: str) -> Failure:
    """What a node raised for its ``on_error``; its details are JSON, or say what they are."""
    try:
        details = _json(error.details)
    except TypeError as wrong:
        details = {"details": str(wrong)}
    return Failure(str(error.reason), str(error), {**details, "plugin": plugin, "node": node})


def _outcome(bound: BoundHook, node: Node, outcome: Any) -> Outcome:
    """What a node may return; anything else is its failure."""
    if outcome is None or isinstance(outcome, Goto | Think | Stop):
        return outcome
    if isinstance(outcome, Call) and outcome.back and type(node).resume is Node.resume:
        raise bound.error("answered Call(…, back=True), but its class has no resume")
    if isinstance(outcome, str) and (outcome in node.branches or node.branch_maps):
        return outcome
    if isinstance(outcome, Wait) and node.waits:
        return outcome
    if isinstance(outcome, Call):
        return outcome
    branches = ", ".join(node.branches) or "none"
    answered = type(outcome).__name__ if bound.masked else f"{outcome!r:.80}"
    message = f"answered {answered}, which is neither a branch (known: {branches}) nor an outcome"
    if isinstance(outcome, Wait):
        message = "answered Wait, but its class does not say waits = True"
    raise bound.error(message)


def _wrong(error: ValidationError) -> str:
    """What is wrong with settings, without their values."""
    problems = error.errors(include_url=False, include_input=False)
    return "; ".join(
        f"{'.'.join(map(str, problem['loc']))}: {problem['msg']}".lstrip(": ") for problem in problems
    )


def _json(value: Any) -> Any:
    """A copy of a JSON value. Raises TypeError for anything else."""
    try:
        return from_json(to_json(value))
    except (PydanticSerializationError, ValueError) as error:
        raise TypeError(f"{type(value).__name__} is not JSON") from error


def _kept(name: str, result: Any) -> bytes:
    httpx = sys.modules.get("httpx")  # where nobody has imported it, nobody can have a response of it
    if httpx is not None and isinstance(result, httpx.Response):
        result = {_RESPONSE: _record(result)}
    try:
        return to_json(result)
    except (PydanticSerializationError, ValueError) as error:
        kind = type(result).__name__
        message = f"step {name!r} answered {kind}, which is neither JSON nor an httpx.Response"
        raise TypeError(message) from error


def _given_back(kept: bytes) -> Any:
    value = from_json(kept)
    if isinstance(value, dict) and value.keys() == {_RESPONSE}:
        return _replayed(value[_RESPONSE])
    return value


def _record(response: httpx.Response) -> JsonObject:
    """A response as JSON; of its request only what holds no secret."""
    url = urlsplit(str(response.request.url))
    decoded = ("content-encoding", "content-length", "transfer-encoding", "set-cookie")
    return {
        "status": response.status_code,
        "headers": [[name, value] for name, value in response.headers.multi_items() if name not in decoded],
        "body": base64.b64encode(response.content).decode(),
        "method": response.request.method,
        "url": urlunsplit((url.scheme, url.hostname or "", url.path, "", "")),
    }


def _replayed(record: JsonObject) -> httpx.Response:
    import httpx  # it takes long, and few plugins keep responses

    return httpx.Response(
        record["status"],
        headers=[(name, value) for name, value in record["headers"]],
        content=base64.b64decode(record["body"]),
        request=httpx.Request(record["method"], record["url"]),
    )
