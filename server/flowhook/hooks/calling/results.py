"""What turn hooks may return, and how each return value is checked and made the pipe's next value.

A ``coerce_…`` function takes what a plugin returned and the value that it was given. It returns the
next value and whether the pipe goes on, and raises TypeError or ValueError for what is not allowed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any, Final, Literal

from pydantic_core import PydanticSerializationError, to_json

from flowhook.model.inbound import JsonObject
from flowhook.model.output import Deliver, Output
from flowhook.model.understanding import Understanding


class Discard(Enum):
    """Has one member, so that a type checker can tell it from every other return value."""

    DISCARD = "discard"

    def __repr__(self) -> str:
        return "DISCARD"


#: Returned by a hook of mode pipe: drop the value, and call no further plugin.
DISCARD: Final = Discard.DISCARD
Discarded = Literal[Discard.DISCARD]


@dataclass(frozen=True, slots=True)
class Body:
    """The whole body of a delivery, in place of the usual envelope. ``value`` is any JSON value."""

    value: Any


class MessageList(list[JsonObject]):
    """The messages that a plugin made of one request."""


# --- the way in ---


def coerce_messages(
    returned: Any, before: JsonObject | MessageList | None
) -> tuple[JsonObject | MessageList | None, bool]:
    """Of ``transform_input`` and its kin: a mapping, or a list of such."""
    assert not isinstance(before, MessageList)
    if not isinstance(returned, list):
        return _merged(before, returned), True
    if not returned:
        raise ValueError("answered an empty list; DISCARD drops a message")
    return MessageList(_merged(before, message) for message in returned), True


def _merged(before: JsonObject | None, returned: Any) -> JsonObject:
    """What a plugin left out, or gave as None, is the original's."""
    if not isinstance(returned, Mapping):
        kind = type(returned).__name__
        raise TypeError(f"answered {kind}, not a mapping, a list of such, DISCARD or None")
    return {**(before or {}), **{name: value for name, value in returned.items() if value is not None}}


# --- the way out ---


def copy_output(output: Output) -> Output:
    """A copy that shares nothing with the original."""
    return replace(output, data=copy.deepcopy(output.data))


def output_arguments(value: Output | Deliver | Body, envelope: JsonObject) -> JsonObject:
    """``output`` and ``envelope`` for the next plugin: copies, so that only what it returns counts."""
    assert isinstance(value, Output)
    output = copy_output(value)
    shown = {**envelope, "disableSensitiveLogging": output.disable_sensitive_logging}
    return {"output": output, "envelope": {**shown, "AIOutput": copy.deepcopy(output.to_json())}}


def coerce_output(returned: Any, before: Output | Deliver | Body) -> tuple[Output | Deliver | Body, bool]:
    """Of ``transform_output``: an Output goes on; a Deliver and a whole body end the pipe."""
    assert isinstance(before, Output)
    match returned:
        case Output():
            if not isinstance(returned.text or "", str) or not isinstance(returned.data or {}, dict):
                raise TypeError("answered an Output whose text is no string or whose data is no mapping")
            _require_json([returned.text, returned.data])
            return _completed(returned, before), True
        case Deliver():
            _check_deliver(returned)
            return returned, False
        case _:
            _require_json(returned)
            return Body(returned), False


def _completed(output: Output, before: Output) -> Output:
    """An Output that a plugin made anew still belongs to its turn, and stays as confidential."""
    return replace(
        output,
        text=output.text or "",
        data=output.data or {},
        trace_id=output.trace_id or before.trace_id,
        disable_sensitive_logging=output.disable_sensitive_logging or before.disable_sensitive_logging,
    )


def _check_deliver(deliver: Deliver) -> None:
    _require_json(deliver.json)
    if not isinstance(deliver.url, str) or not deliver.url.startswith(("http://", "https://")):
        raise ValueError("answered a Deliver whose url does not start with http:// or https://")
    texts = [deliver.method, *deliver.headers, *deliver.headers.values()]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("answered a Deliver whose method or headers are not texts")
    if not isinstance(deliver.body, bytes | None):
        raise TypeError("answered a Deliver whose body is not bytes")


def _require_json(value: Any) -> None:
    try:
        to_json(value)
    except (PydanticSerializationError, ValueError, RecursionError) as error:
        raise TypeError("answered something that is not JSON") from error


# --- understanding ---


def coerce_nlu_input(returned: Any, before: tuple[str, JsonObject]) -> tuple[tuple[str, JsonObject], bool]:
    """Of ``before_nlu``: a mapping with any of text, data."""
    if not isinstance(returned, Mapping):
        raise TypeError(f"answered {type(returned).__name__}, not a mapping with text or data")
    text, data = before
    text = returned["text"] if returned.get("text") is not None else text
    data = returned["data"] if returned.get("data") is not None else data
    if not isinstance(text, str) or not isinstance(data, dict):
        raise TypeError("answered a text that is no string or data that is no mapping")
    return (text, data), True


def coerce_understanding(returned: Any, before: Understanding | None) -> tuple[Understanding | None, bool]:
    """Of ``after_nlu``, and of an NLU engine: an Understanding."""
    if not isinstance(returned, Understanding):
        raise TypeError(f"answered {type(returned).__name__}, not an Understanding")
    return returned, True
