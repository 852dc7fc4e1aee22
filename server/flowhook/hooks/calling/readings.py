"""What the answers of turn hooks mean: each function takes an answer and the value before it.

A TypeError or ValueError says that the answer is not allowed.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic_core import PydanticSerializationError, to_json

from flowhook.hooks.calling.results import Body
from flowhook.model.inbound import JsonObject
from flowhook.model.output import Deliver, Output
from flowhook.model.understanding import Understanding


class MessageList(list[JsonObject]):
    """The messages that a plugin made of one request."""


def coerce_messages(
    answer: Any, before: JsonObject | MessageList | None
) -> tuple[JsonObject | MessageList | None, bool]:
    assert not isinstance(before, MessageList)
    if not isinstance(answer, list):
        return _over(before, answer), True
    if not answer:
        raise ValueError("answered an empty list; DISCARD drops a message")
    return MessageList(_over(before, one) for one in answer), True


def _over(before: JsonObject | None, answer: Any) -> JsonObject:
    """What a plugin left out, or gave as None, is the original's."""
    if not isinstance(answer, Mapping):
        raise TypeError(f"answered {type(answer).__name__}, not a mapping, a list of such, DISCARD or None")
    return {**(before or {}), **{name: value for name, value in answer.items() if value is not None}}


def copy_output(output: Output) -> Output:
    return replace(output, data=copy.deepcopy(output.data))


def output_arguments(value: Output | Deliver | Body, envelope: JsonObject) -> JsonObject:
    """``output`` and ``envelope`` for the next plugin: copies, so that only its answer counts."""
    assert isinstance(value, Output)
    output = copy_output(value)
    shown = {**envelope, "disableSensitiveLogging": output.disable_sensitive_logging}
    return {"output": output, "envelope": {**shown, "AIOutput": copy.deepcopy(output.to_json())}}


def coerce_output(answer: Any, before: Output | Deliver | Body) -> tuple[Output | Deliver | Body, bool]:
    assert isinstance(before, Output)
    match answer:
        case Output():
            if not isinstance(answer.text or "", str) or not isinstance(answer.data or {}, dict):
                raise TypeError("answered an Output whose text is no string or whose data is no mapping")
            _require_json([answer.text, answer.data])
            return _completed(answer, before), True
        case Deliver():
            _check_deliver(answer)
            return answer, False
        case _:
            _require_json(answer)
            return Body(answer), False


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


def coerce_nlu_input(answer: Any, before: tuple[str, JsonObject]) -> tuple[tuple[str, JsonObject], bool]:
    if not isinstance(answer, Mapping):
        raise TypeError(f"answered {type(answer).__name__}, not a mapping with text or data")
    text, data = before
    text = answer["text"] if answer.get("text") is not None else text
    data = answer["data"] if answer.get("data") is not None else data
    if not isinstance(text, str) or not isinstance(data, dict):
        raise TypeError("answered a text that is no string or data that is no mapping")
    return (text, data), True


def coerce_understanding(answer: Any, before: Understanding | None) -> tuple[Understanding | None, bool]:
    if not isinstance(answer, Understanding):
        raise TypeError(f"answered {type(answer).__name__}, not an Understanding")
    return answer, True
