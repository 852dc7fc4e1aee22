"""Types for the settings of nodes that mean more to flowhook than their Python type says.

A node's field says with its type how the flow file's value is read:

- ``Condition``: a bare expression, compiled at load; ``turn.test(self.x)`` or ``turn.evaluate(self.x)``.
- ``Text``: a text; a template in it always renders to text, whatever its value.
- ``Word``: a text; a number that a template gives counts as text too.
- ``Duration``: seconds as float, written ``500ms``, ``10s``, ``5m``, ``2h``, ``7d`` or as a number.
- ``Path``: where a value is kept: ``context.order.size``; the root is context, profile or session.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, ValidationInfo, WithJsonSchema
from pydantic.fields import FieldInfo

from flowhook.engine.values import text_of

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ms|s|m|h|d)\Z")
_PATH = re.compile(r"(?:context|profile|session)(?:\.[^.\s{}\[\]]+)+\Z")


@dataclass(frozen=True, slots=True)
class Mark:
    """What the compile step has to know of a field."""

    kind: Literal["condition", "text", "path"]


def marks_of(field: FieldInfo) -> frozenset[str]:
    """The kinds of marks anywhere in a field's type: ``{"condition"}``, ``{"text"}`` …"""
    found = {mark.kind for mark in field.metadata if isinstance(mark, Mark)}
    return frozenset(found | {mark.kind for mark in _marks_in(field.annotation)})


def _marks_in(annotation: Any) -> Iterator[Mark]:
    yield from (mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, Mark))
    for argument in get_args(annotation):
        yield from _marks_in(argument)


def parse_duration(value: Any) -> Any:
    """Seconds of a duration as written; what is no duration is left to the field to refuse."""
    if not isinstance(value, str):
        return value
    found = _DURATION.match(value.strip())
    if found:
        return float(found[1]) * _UNITS[found[2]]
    try:
        return float(value)
    except ValueError:
        raise ValueError("a duration is written 500ms, 10s, 5m, 2h or 7d") from None


def _condition(value: Any) -> Any:
    """A scalar is its own expression: ``if: true``."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    return value


def is_rendered(info: ValidationInfo) -> bool:
    """Whether settings are validated in a turn, after rendering; False: as they stand in a file."""
    return bool(info.context and info.context.get("rendered"))


def _word(value: Any, info: ValidationInfo) -> Any:
    """In a file a number is left to whoever knows how it is written there."""
    return text_of(value) if isinstance(value, int | float) and is_rendered(info) else value


def _path(value: str) -> str:
    if not _PATH.match(value):
        raise ValueError("a path starts with context, profile or session, like context.size")
    return value


Condition = Annotated[
    str,
    BeforeValidator(_condition),
    Mark("condition"),
    WithJsonSchema({"type": ["string", "boolean", "number", "null"]}),
]
Text = Annotated[str, Mark("text")]
Word = Annotated[str, BeforeValidator(_word)]
Path = Annotated[str, AfterValidator(_path), Mark("path")]
Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": ["string", "number"], "description": "500ms, 10s, 5m, 2h, 7d, or seconds"}),
]
