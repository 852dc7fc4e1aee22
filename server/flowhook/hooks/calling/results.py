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

from pydantic_core import to_json

from flowhook.hooks.calling.json_value import require_json
from flowhook.hooks.calling.transformed_message import transformed_message
from flowhook.model.inbound import JsonObject
from flowhook.model.output import Deliver, Output
from flowhook.model.understanding import Ranked, Slot, Understanding


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
    """Returned by ``transform_output``: the whole body of the delivery, in place of the usual envelope.

    ``value`` is any JSON value; anything else in it is refused.
    """

    value: Any


@dataclass(frozen=True, slots=True)
class Interpreted:
    """A message as it was read: its text and data, as plugins changed them, and what was understood."""

    text: str
    data: JsonObject
    understanding: Understanding | None = None


class MessageList(list[JsonObject]):
    """The messages that a plugin made of one request."""


#: What an output may become.
OutputResult = Output | Deliver | Body


class OutputList(list[OutputResult]):
    """What a plugin made of one output."""


# --- the way in ---


def coerce_messages(
    returned: Any, before: JsonObject | MessageList | None
) -> tuple[JsonObject | MessageList | None, bool]:
    """Of ``transform_input`` and its kin: a mapping or a Message, or a list of such."""
    assert not isinstance(before, MessageList)
    if not isinstance(returned, list):
        return transformed_message(before, returned), True
    if not returned:
        raise ValueError("answered an empty list; DISCARD drops a message")
    return MessageList(transformed_message(before, message) for message in returned), True


# --- the way out ---


def copy_output(output: Output) -> Output:
    """A copy that shares nothing with the original."""
    return replace(output, data=copy.deepcopy(output.data))


def output_arguments(value: OutputResult | OutputList, envelope: JsonObject) -> JsonObject:
    """``output`` and ``envelope`` for the next plugin: copies, so that only what it returns counts."""
    assert isinstance(value, Output)
    output = copy_output(value)
    shown = {**envelope, "disableSensitiveLogging": output.disable_sensitive_logging}
    return {"output": output, "envelope": {**shown, "AIOutput": copy.deepcopy(output.to_json())}}


def coerce_output(returned: Any, before: OutputResult | OutputList) -> tuple[OutputResult | OutputList, bool]:
    """Of ``transform_output``: an Output goes on; a Deliver and a Body end the pipe; or a list of them."""
    assert isinstance(before, Output)
    if not isinstance(returned, list):
        return _one_output(returned, before), isinstance(returned, Output)
    if not returned:
        raise ValueError("answered an empty list; DISCARD drops an output")
    return OutputList(_one_output(item, before) for item in returned), False


def coerce_turn(returned: Any, before: OutputList) -> tuple[OutputList, bool]:
    """Of ``transform_turn``: a list of Output, Deliver and Body, even an empty one."""
    if not isinstance(returned, list):
        raise TypeError(f"answered {type(returned).__name__}, not a list of Output, Deliver or Body")
    outputs = [item for item in before if isinstance(item, Output)]
    first = next((output for output in outputs if output.blind is not None), outputs[0])
    return OutputList(_one_output(item, first) for item in returned), True


def _one_output(returned: Any, before: Output) -> OutputResult:
    match returned:
        case Output():
            if not isinstance(returned.text or "", str) or not isinstance(returned.data or {}, dict):
                raise TypeError("answered an Output whose text is no string or whose data is no mapping")
            require_json(returned.text, "output.text")
            require_json(returned.data, "output.data")
            return _completed(returned, before)
        case Deliver():
            _check_deliver(returned)
            return returned
        case Body():
            require_json(returned.value, "body")
            return returned
    kind = type(returned).__name__
    raise TypeError(
        f"answered {kind}, not an Output, a Deliver, a list of such, DISCARD or None; "
        "Body(value) makes a value the whole body"
    )


def _completed(output: Output, before: Output) -> Output:
    """An Output that a plugin made anew still belongs to its turn, and stays as confidential."""
    return replace(
        output,
        text=output.text or "",
        data=output.data or {},
        trace_id=output.trace_id or before.trace_id,
        disable_sensitive_logging=output.disable_sensitive_logging or before.disable_sensitive_logging,
        blind=output.blind or before.blind,
    )


def _check_deliver(deliver: Deliver) -> None:
    require_json(deliver.json, "Deliver.json")
    if not isinstance(deliver.url, str) or not deliver.url.startswith(("http://", "https://")):
        raise ValueError("answered a Deliver whose url does not start with http:// or https://")
    texts = [deliver.method, *deliver.headers, *deliver.headers.values()]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("answered a Deliver whose method or headers are not texts")
    if not isinstance(deliver.body, bytes | None):
        raise TypeError("answered a Deliver whose body is not bytes")


def body_of(deliver: Deliver) -> bytes:
    """The bytes that a Deliver sends: its ``body``, even an empty one, else its ``json``; nothing at all
    when it has neither."""
    if deliver.body is not None:
        return deliver.body
    return to_json(deliver.json) if deliver.json is not None else b""


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
    require_json(data, "data")
    return (text, data), True


def coerce_interpreted(returned: Any, before: Interpreted) -> tuple[Interpreted, bool]:
    """Of ``after_nlu``: an Understanding, or a mapping with any of text, data."""
    if isinstance(returned, Understanding):
        check_understanding(returned)
        return replace(before, understanding=returned), True
    if not isinstance(returned, Mapping):
        raise TypeError(f"answered {type(returned).__name__}, not an Understanding or a mapping")
    (text, data), _ = coerce_nlu_input(returned, (before.text, before.data))
    return replace(before, text=text, data=data), True


def check_understanding(understanding: Understanding) -> None:
    """Of an NLU engine: raise TypeError or ValueError for what makes no sense."""
    if not isinstance(understanding, Understanding):
        raise TypeError(f"answered {type(understanding).__name__}, not an Understanding")
    _check_understanding(understanding)


def _check_understanding(understanding: Understanding) -> None:
    if understanding.intent is not None and not isinstance(understanding.intent, str):
        raise TypeError("answered an Understanding whose intent is no text")
    _require_score(understanding.score, "score")
    for candidate in understanding.ranking:
        if not isinstance(candidate, Ranked):
            raise TypeError(f"answered a ranking with {type(candidate).__name__}, not Ranked")
        if not isinstance(candidate.name, str):
            raise TypeError("answered a ranking with a name that is no text")
        _require_score(candidate.score, f"score of {candidate.name}")
    if not isinstance(understanding.slots, Mapping) or not isinstance(understanding.found, Mapping):
        raise TypeError("answered an Understanding whose slots or found is no mapping")
    for name, slots in understanding.found.items():
        if not isinstance(slots, list) or not all(isinstance(slot, Slot) for slot in slots):
            raise TypeError(f"answered found[{name!r}], which is not a list of Slot")
        require_json([[slot.value, slot.data] for slot in slots], f"found[{name!r}]")
    require_json(understanding.slots, "slots")


def _require_score(score: Any, name: str) -> None:
    if isinstance(score, bool) or not isinstance(score, int | float) or not 0 <= score <= 1:
        raise ValueError(f"answered the {name} {score!r:.40}, which is no number from 0 to 1")
