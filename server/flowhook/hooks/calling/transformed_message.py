"""Messages on their way in, with what only plugins can say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowhook.hooks.api.messages import Message
from flowhook.hooks.calling.json_value import json_copy
from flowhook.model.inbound import JsonObject

LONGEST_WAIT = 30.0  #: seconds that a response waits for what is said


class TransformedMessage(dict[str, Any]):
    """The fields of a message as a body holds them, and beside them what no caller can say.

    ``route`` is message, inject or notify, None for that of the request; ``wait`` the seconds that the
    response waits; ``private`` what only hooks see.
    """

    route: str | None = None
    wait: float | None = None
    private: JsonObject | None = None


def transformed_message(before: JsonObject | None, returned: Any) -> TransformedMessage:
    """Return what a plugin made of a message. What it left out, or gave as None, is the original's. Raises
    TypeError and ValueError for what is no message."""
    is_message = isinstance(returned, Message)
    if not is_message and not isinstance(returned, Mapping):
        kind = type(returned).__name__
        raise TypeError(f"answered {kind}, not a mapping, a Message, a list of such, DISCARD or None")
    fields = returned.fields() if is_message else returned
    given = {name: value for name, value in fields.items() if value is not None}
    draft = TransformedMessage({**(before or {}), **json_copy(given, "a message")})
    if isinstance(before, TransformedMessage):
        draft.route, draft.wait, draft.private = before.route, before.wait, before.private
    if is_message:
        draft.route = returned.route
        if returned.wait is not None:
            draft.wait = _seconds(returned.wait)
        if returned.private is not None:
            draft.private = _private(returned.private)
    return draft


def _seconds(wait: Any) -> float:
    if isinstance(wait, bool) or not isinstance(wait, int | float) or not wait > 0:
        raise TypeError(f"answered a message whose wait is {wait!r:.40}, no number of seconds")
    return min(LONGEST_WAIT, float(wait))


def _private(private: Any) -> JsonObject:
    if not isinstance(private, Mapping):
        raise TypeError(f"answered a message whose private is {type(private).__name__}, not a mapping")
    kept: JsonObject = json_copy(private, "private")
    return kept
