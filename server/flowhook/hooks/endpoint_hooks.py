"""The hooks at one endpoint, each in its calling mode."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.calling.caller import BoundHook, Implementation
from flowhook.hooks.calling.readings import (
    MessageList,
    coerce_messages,
    coerce_nlu_input,
    coerce_output,
    coerce_understanding,
    copy_output,
    output_arguments,
)
from flowhook.hooks.calling.results import DISCARD, Body, Discarded
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.model.output import Deliver, Output
from flowhook.model.understanding import Understanding

if TYPE_CHECKING:
    from flowhook.hooks.api.request import Request, Response
    from flowhook.hooks.facade import Hooks
    from flowhook.hooks.loading.loader import LoadedPlugin

HOOK_OF_ROUTE = {
    "message": "transform_input",
    "test": "transform_input",
    "inject": "transform_inject",
    "notify": "transform_notify",
}
NLU_TIMEOUT = 10.0  #: seconds for one text


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
        bound: Sequence[BoundHook],
        message: JsonObject | None,
        request: JsonObject,
        passed: list[PluginError] | None,
    ) -> JsonObject | list[JsonObject] | Discarded | None:
        """One message from plugin to plugin. Where one makes several of it, each goes on alone."""
        untouched = True
        for position, each in enumerate(bound, 1):
            answer = await self._calls.pipe(
                [each],
                cast("JsonObject | MessageList | None", message),
                lambda now: {**request, "message": copy.deepcopy(now)},
                coerce_messages,
                abort=self._abort,
                passed=passed,
            )
            if isinstance(answer, MessageList):
                return await self._pass_on_each(bound[position:], answer, request, passed)
            if answer is DISCARD:
                return DISCARD
            untouched = untouched and answer is message
            message = answer
        return None if untouched else message

    async def _pass_on_each(
        self,
        bound: Sequence[BoundHook],
        messages: MessageList,
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
        return await self._calls.pipe(
            self._output,
            cast("Output | Deliver | Body", output),  # so it begins; it may end as another
            lambda now: {**names, **output_arguments(now, envelope)},
            coerce_output,
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
            "outputs": [copy_output(output) for output in outputs],
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
            coerce_nlu_input,
            abort=self._abort,
            passed=passed,
        )

    async def understand(
        self,
        text: str,
        data: JsonObject,
        language: str,
        session: str,
        engine: str | None = None,
        *,
        flow: str = "",
        now: datetime | None = None,
    ) -> Understanding | None:
        """What the engine named by the endpoint's ``nlu``, or by ``engine``, makes of a text.

        ``flow`` is the name of the flow in force, ``now`` the moment in the project's time zone; engines
        that name them get them. Raises PluginError. None when there is no such engine.
        """
        bound = self._engine if engine is None else self._bound_engine(engine)
        if bound is None:
            return None
        arguments: JsonObject = {"text": text, "data": data, "language": language, "session": session}
        if bound.implementation.wants is not None:  # not to one that takes **anything
            arguments |= {"flow": flow, "now": now}
        try:
            found: Understanding | None = await self._calls.one(bound, arguments)
            if found is not None:
                coerce_understanding(found, None)
        except PluginError as error:
            self._calls.report(error)
            raise
        except (Reject, TypeError) as error:
            plugin, hook = bound.implementation.plugin, bound.implementation.hook
            raise PluginError(plugin, hook, self.endpoint.name, str(error)) from error
        return found

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
            coerce_understanding,
            abort=self._abort,
            passed=passed,
        )
        return None if result is DISCARD else result

    def _bound(self, hook: str) -> list[BoundHook]:
        """The endpoint's implementations of a hook, in the endpoint's order."""
        return [
            BoundHook(
                each, self._fixed(plugin, each, settings), timeout=self._timeout, endpoint=self.endpoint.name
            )
            for plugin, settings in self._uses
            if (each := plugin.implementations.get(hook)) is not None
        ]

    def _bound_engine(self, name: str) -> BoundHook | None:
        engine = self._hooks.nlu().get(name)
        if engine is None:
            return None
        plugin = self._hooks.registry.nlu.owners[name]
        implementation = Implementation.of(plugin, f"nlu {name}", engine.understand)
        fixed = {"endpoint": self.endpoint, "http": self._hooks.http_for(implementation)}
        return BoundHook(implementation, fixed, timeout=NLU_TIMEOUT, endpoint=self.endpoint.name)

    def _fixed(
        self, plugin: LoadedPlugin, implementation: Implementation, settings: Any
    ) -> Mapping[str, Any]:
        resources = self._hooks.resources
        storage = None if resources is None else resources.storage_for(self.endpoint.name)
        return {
            "endpoint": self.endpoint,
            "settings": settings,
            "storage": storage,
            "http": self._hooks.http_for(implementation),
            "log": implementation.log,
        }
