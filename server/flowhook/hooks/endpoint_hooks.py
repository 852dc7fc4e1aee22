"""The hooks at one endpoint, each in its calling mode."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, cast

from pydantic_core import from_json

from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.api.translator import Translated
from flowhook.hooks.calling.caller import BoundHook, PerCall, PipeWatch
from flowhook.hooks.calling.failures import describe
from flowhook.hooks.calling.results import (
    DISCARD,
    Discarded,
    Interpreted,
    OutputList,
    OutputResult,
    check_understanding,
    coerce_interpreted,
    coerce_nlu_input,
    coerce_output,
    coerce_turn,
    copy_output,
    output_arguments,
)
from flowhook.hooks.endpoint_binder import EndpointBinder
from flowhook.hooks.loading.kinds import BUILT_IN_NLU
from flowhook.hooks.loading.plugin import BUILTIN_NAME
from flowhook.hooks.message_transforms import TRANSFORMS, MessageTransforms
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound, JsonObject
from flowhook.model.output import Output
from flowhook.model.understanding import Understanding

if TYPE_CHECKING:
    from flowhook.hooks.api.request import Request, Response
    from flowhook.hooks.facade import Hooks
    from flowhook.hooks.loading.plugin import LoadedPlugin
    from flowhook.model.delivery import Delivery


class EndpointHooks:
    """The hooks at one endpoint, in the order of its ``transformers.use``.

    Ask ``has_…`` before building arguments that cost something. A plugin's failure is logged and counted
    here. Where the endpoint says ``abort_on_error`` it is then raised as PluginError, else the value goes
    on as if the plugin had not run. A plugin's Reject is always raised.
    """

    def __init__(self, endpoint: Endpoint, uses: Sequence[tuple[LoadedPlugin, Any]], hooks: Hooks) -> None:
        self.endpoint = endpoint
        self._caller = hooks.caller
        self._abort: bool = endpoint.config.transformers.abort_on_error
        privacy = getattr(endpoint.config, "privacy", None)
        self.masked = bool(privacy is not None and privacy.mask_logging)
        self._binder = bind = EndpointBinder(endpoint, uses, hooks, masked=self.masked)
        self._authenticate = bind.hook("authenticate")
        self._transforms = {route: bind.hook(hook) for route, hook in TRANSFORMS.items()}
        self._messages = MessageTransforms(
            endpoint.name, self._transforms, self._caller, abort=self._abort, masked=self.masked
        )
        self._answer = bind.hook("answer")
        self._turn = bind.hook("transform_turn")
        self._output = bind.hook("transform_output")
        self._delivered = bind.hook("delivery_finished")
        self._finished = bind.hook("turn_finished")
        self._before_nlu = bind.hook("before_nlu")
        self._after_nlu = bind.hook("after_nlu")
        translation = getattr(endpoint.config, "translation", None)
        self._translator = hooks.translators().get(translation.provider) if translation is not None else None
        self._bound_translator = bind.translator(self._translator) if self._translator is not None else None
        engine = getattr(endpoint.config, "nlu", "none")
        self._engine = bind.engine(engine)
        self.has_authenticate = bool(self._authenticate)
        self.has_answer = bool(self._answer)
        self.has_transform_turn = bool(self._turn)
        self.has_output = bool(self._output)
        self.has_delivery_finished = bool(self._delivered)
        self.has_turn_finished = bool(self._finished)
        self.has_before_nlu = bool(self._before_nlu)
        self.has_after_nlu = bool(self._after_nlu)
        #: whether plugins take part in understanding: by an engine, or by a hook around one
        self.read_messages = engine not in BUILT_IN_NLU or self.has_before_nlu or self.has_after_nlu
        #: whether each turn awaits plugins, on what it reads or on what it says
        self.awaited_in_turns = (
            translation is not None or self.has_output or self.has_transform_turn or self.read_messages
        )
        use = getattr(endpoint.config, "handover", None)
        #: the entry of ``handovers`` by which the endpoint hands over
        self.handover = hooks.handover_at(use.provider, endpoint) if use is not None else None

    def transforms(self, route: str) -> bool:
        """Whether a plugin looks at what arrives on a route."""
        return bool(self._transforms[route])

    # --- the way in ---

    async def authenticate(self, request: Request) -> None:
        """Let every plugin check the caller. Raises Reject, or ApiError 401 when one fails.

        Only None lets the caller in: a plugin that returns False meant to refuse it.
        """
        for hook in self._authenticate:
            try:
                returned = await self._caller.call(hook, {"request": request.copy()})
                if returned is not None:
                    kind = f"{type(returned).__name__} at {hook.implementation.position}"
                    raise hook.error(f"answered {kind}; authenticate returns None, or raises Reject")
            except PluginError as error:
                self._caller.report(error)
                raise ApiError(401, "unauthorized", "The caller could not be checked.") from error

    async def transform(
        self,
        route: str,
        request: Request | None,
        response: Response | None,
        message: JsonObject | None,
    ) -> JsonObject | list[JsonObject] | Discarded | None:
        """What plugins make of a request: see :meth:`MessageTransforms.transform`."""
        return await self._messages.transform(route, request, response, message)

    def message_refused(self, route: str, error: ApiError) -> None:
        """Report that the rules of the body refuse what plugins made of a request."""
        self._messages.refused(route, error)

    async def answer(
        self,
        outputs: Sequence[Output],
        request: Request,
        response: Response,
        user_id: str,
        session_id: str,
    ) -> None:
        """Let plugins make the response to a request out of what was said to it while it waited.

        Raises Reject, and PluginError with ``abort_on_error``.
        """
        for hook in self._answer:
            try:
                await self._caller.call(
                    hook,
                    {
                        "outputs": [copy_output(output) for output in outputs],
                        "request": request.copy(),
                        "response": response,
                        "user_id": user_id,
                        "session_id": session_id,
                    },
                )
            except PluginError as error:
                self._caller.report(error)
                if self._abort:
                    raise

    # --- the way out ---

    async def transform_turn(self, outputs: Sequence[Output], inbound: Inbound) -> Sequence[OutputResult]:
        """What becomes of outputs that leave together, in order; nothing when a plugin discards them."""
        ids = {"user_id": inbound.ref.user_id, "session_id": inbound.ref.session_id}
        result = await self._caller.pipe(
            [hook for hook in self._turn if outputs],
            OutputList(outputs),
            lambda current: {
                **ids,
                "outputs": [copy_output(one) if isinstance(one, Output) else one for one in current],
                "inbound": PerCall(lambda: copy.deepcopy(inbound)),
            },
            coerce_turn,
            abort=self._abort,
        )
        return [] if result is DISCARD else result

    async def transform_output(
        self,
        output: Output,
        envelope: JsonObject,
        user_id: str,
        session_id: str,
        inbound: Inbound | None = None,
    ) -> list[OutputResult]:
        """What becomes of an output: one thing or several, in order; nothing when a plugin discards it.

        ``output`` and ``envelope`` themselves are left alone.
        """
        seen = PerCall(lambda: copy.deepcopy(inbound))
        ids = {"user_id": user_id, "session_id": session_id, "inbound": seen}
        return await self._transform_output(self._output, output, envelope, ids)

    async def _transform_output(
        self, bound: Sequence[BoundHook], output: Output, envelope: JsonObject, ids: JsonObject
    ) -> list[OutputResult]:
        """An output from plugin to plugin. Where one makes several of it, each goes on alone."""
        current: OutputResult = output
        for position, hook in enumerate(bound, 1):
            result = await self._caller.pipe(
                [hook],
                cast("OutputResult | OutputList", current),
                lambda value: {**ids, **output_arguments(value, envelope)},
                coerce_output,
                abort=self._abort,
            )
            if isinstance(result, OutputList):
                return [
                    further
                    for item in result
                    for further in (
                        await self._transform_output(bound[position:], item, envelope, ids)
                        if isinstance(item, Output)
                        else [item]
                    )
                ]
            if result is DISCARD:
                return []
            current = result
            if not isinstance(current, Output):
                break
        return [current]

    async def delivery_finished(
        self, delivery: Delivery, outcome: str, status: int | None, body: bytes
    ) -> None:
        """Tell every plugin what became of a delivery: ``delivered`` or ``dead``, with what the receiver
        said. Never raises for a plugin's failure."""
        await self._caller.call_all(
            self._delivered,
            lambda: {
                "delivery": copy.deepcopy(delivery),
                "outcome": outcome,
                "status": status,
                "body": body,
            },
        )

    async def turn_finished(
        self, outputs: Sequence[Output], trace: bytes | list[JsonObject] | None, user_id: str, session_id: str
    ) -> None:
        """Tell every plugin that a turn has ended. Never raises for a plugin's failure.

        ``trace`` is the list of the turn's steps, or the same as JSON.
        """
        if not self._finished:
            return
        if isinstance(trace, bytes):
            trace = from_json(trace)
        steps = trace or []

        def arguments() -> JsonObject:
            return {
                "outputs": [copy_output(output) for output in outputs],
                "trace": copy.deepcopy(steps),
                "user_id": user_id,
                "session_id": session_id,
            }

        await self._caller.call_all(self._finished, arguments)

    def bound_output(self, name: str, timeout: float) -> BoundHook | None:
        """How the output of that name is called: see :meth:`EndpointBinder.output`."""
        return self._binder.output(name, timeout)

    # --- understanding ---

    async def before_nlu(
        self, text: str, data: JsonObject, language: str, watch: PipeWatch | None = None
    ) -> tuple[str, JsonObject] | Discarded:
        """Text and data as the engine is to read them; DISCARD: it is not to read them at all."""
        if not self._before_nlu:
            return text, data
        return await self._caller.pipe(
            self._before_nlu,
            (text, data),
            lambda current: {
                "text": current[0],
                "data": copy.deepcopy(current[1]),
                "language": language,
                "understanding": None,
            },
            coerce_nlu_input,
            abort=self._abort,
            watch=watch,
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
        bound = self._engine if engine is None else self._binder.engine(engine)
        if bound is None:
            return None
        is_own = bound.implementation.plugin == BUILTIN_NAME
        given = data if is_own else copy.deepcopy(data)
        arguments: JsonObject = {"text": text, "data": given, "language": language, "session": session}
        if bound.implementation.parameters is not None:  # not to one that takes **anything
            arguments |= {"flow": flow, "now": now}
        call = self._caller.call_own if is_own else self._caller.call
        try:
            understanding: Understanding | None = await call(bound, arguments)
            if understanding is not None and not is_own:
                check_understanding(understanding)
        except PluginError as error:
            self._caller.report(error)
            raise
        except Reject as error:
            raise self._caller.failed(bound, describe(error), error) from error
        except (TypeError, ValueError) as error:
            message = f"{error} at {bound.implementation.position}"
            raise self._caller.failed(bound, message, error) from error
        return understanding

    async def after_nlu(
        self, interpreted: Interpreted, language: str, watch: PipeWatch | None = None
    ) -> Interpreted:
        """What was heard and understood, once plugins had their say."""
        if not self._after_nlu:
            return interpreted
        result = await self._caller.pipe(
            self._after_nlu,
            interpreted,
            lambda current: {
                "text": current.text,
                "data": copy.deepcopy(current.data),
                "language": language,
                "understanding": copy.deepcopy(current.understanding),
            },
            coerce_interpreted,
            abort=self._abort,
            watch=watch,
        )
        return replace(interpreted, understanding=None) if result is DISCARD else result

    # --- translation ---

    @property
    def no_translation(self) -> tuple[str, str]:
        """The markup around what the endpoint's translator is to leave as it is."""
        around: tuple[str, str] = (
            self._translator.no_translation if self._translator is not None else ("", "")
        )
        return around

    def translator_setting(self, name: str, default: float) -> float:
        """A number of the translator's settings."""
        settings = self._translator.settings if self._translator is not None else None
        return float(getattr(settings, name, default))

    async def translate(self, arguments: JsonObject) -> list[Translated]:
        """What the endpoint's translator makes of ``texts``. Raises PluginError, which is not reported."""
        bound = self._bound_translator
        if bound is None:
            raise PluginError("", "translate", self.endpoint.name, "there is no translator")
        try:
            found = await self._caller.call(bound, arguments)
        except Reject as error:
            failure = bound.error(describe(error))
            raise failure from error
        count = len(arguments["texts"])
        if not isinstance(found, list) or len(found) != count or not all(map(_is_translated, found)):
            position = bound.implementation.position
            raise bound.error(f"answered no list of {count} Translated at {position}")
        return found


def _is_translated(value: Any) -> bool:
    return isinstance(value, Translated) and isinstance(value.text, str) and isinstance(value.language, str)
