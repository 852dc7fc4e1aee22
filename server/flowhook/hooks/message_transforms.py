"""What plugins make of what arrives at a public route, before the rules of its body are asked."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from flowhook.errors import ApiError, PluginError
from flowhook.hooks.calling.caller import BoundHook, HookCaller
from flowhook.hooks.calling.results import DISCARD, Discarded, MessageList, coerce_messages
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction
from flowhook.problems.suggestion import did_you_mean

if TYPE_CHECKING:
    from flowhook.hooks.api.request import Request, Response

#: The hook that sees what arrives at a public route.
TRANSFORMS = {
    "message": "transform_input",
    "test": "transform_input",
    "inject": "transform_inject",
    "notify": "transform_notify",
}
#: What a message may hold; other keys are ignored.
MESSAGE_KEYS = frozenset(
    [
        "userId",
        "sessionId",
        "text",
        "data",
        "messageId",
        "attachments",
        "notBefore",
        "expiresAt",
        "ifNode",
        "ifRevision",
    ]
)


class MessageTransforms:
    """The hooks ``transform_…`` at one endpoint, ``by_route`` for each public route. ``abort``: what fails is
    raised; ``masked``: no word of a conversation may reach the log."""

    def __init__(
        self,
        endpoint: str,
        by_route: Mapping[str, Sequence[BoundHook]],
        caller: HookCaller,
        *,
        abort: bool,
        masked: bool,
    ) -> None:
        self._endpoint = endpoint
        self._by_route = by_route
        self._caller = caller
        self._abort = abort
        self._masked = masked
        self._misspelled: set[tuple[str, str]] = set()  #: plugin and key, which was logged

    async def transform(
        self,
        route: str,
        request: Request | None,
        response: Response | None,
        message: JsonObject | None,
    ) -> JsonObject | list[JsonObject] | Discarded | None:
        """What plugins make of a request; None when all left it as it is.

        ``message`` is what the body held, None when that was no JSON object. A mapping that is returned
        holds what the plugins gave over what the body held; its values are not checked yet.
        """
        bound = self._by_route[route]
        if not bound:
            return None
        return await self._transform(bound, message, {"request": request, "response": response})

    def refused(self, route: str, error: ApiError) -> None:
        """Report that the rules of the body refuse what plugins made of a request: the caller, who sent
        something else, cannot mend it."""
        bound = self._by_route[route]
        plugins = ", ".join(dict.fromkeys(hook.implementation.plugin for hook in bound))
        failure = PluginError(plugins, TRANSFORMS[route], self._endpoint, f"made no message: {error.detail}")
        failure.masked = self._masked
        self._caller.report(failure)
        error.__cause__ = failure

    def _warn_of_misspelled(self, hook: BoundHook, before: JsonObject | None, message: JsonObject) -> None:
        """Log, once, a key of a plugin's message that no rule knows and that looks like one of them."""
        for key in message.keys() - MESSAGE_KEYS - (before or {}).keys():
            plugin = hook.implementation.plugin
            hint = did_you_mean(key, MESSAGE_KEYS, cutoff=0.8)
            if hint and (plugin, key) not in self._misspelled:
                self._misspelled.add((plugin, key))
                hook.implementation.log.warning(
                    "plugin %s, hook %s: %r of the message is ignored; %s",
                    plugin,
                    hook.implementation.hook,
                    key,
                    hint,
                    extra={"action": LogAction.PLUGIN_KEY_IGNORED, "endpoint": self._endpoint},
                )

    async def _transform(
        self,
        bound: Sequence[BoundHook],
        message: JsonObject | None,
        request: JsonObject,
    ) -> JsonObject | list[JsonObject] | Discarded | None:
        """One message from plugin to plugin. Where one makes several of it, each goes on alone."""
        untouched = True
        for position, hook in enumerate(bound, 1):
            result = await self._caller.pipe(
                [hook],
                cast("JsonObject | MessageList | None", message),
                lambda current: {**_copied(request), "message": copy.deepcopy(current)},
                coerce_messages,
                abort=self._abort,
                may_reject=True,
            )
            if isinstance(result, MessageList):
                return await self._transform_each(bound[position:], result, request)
            if result is DISCARD:
                return DISCARD
            if result is not None and result is not message:
                self._warn_of_misspelled(hook, message, result)
            untouched = untouched and result is message
            message = result
        return None if untouched else message

    async def _transform_each(
        self,
        bound: Sequence[BoundHook],
        messages: MessageList,
        request: JsonObject,
    ) -> list[JsonObject] | Discarded:
        kept: list[JsonObject] = []
        for message in messages:
            result = await self._transform(bound, message, request)
            if result is None:
                kept.append(message)
            elif isinstance(result, list):
                kept.extend(result)
            elif result is not DISCARD:
                kept.append(result)
        return kept or DISCARD


def _copied(request: JsonObject) -> JsonObject:
    """The arguments of a request for one plugin: what it does to its request, others do not see."""
    original = request["request"]
    return {**request, "request": original.copy() if original is not None else None}
