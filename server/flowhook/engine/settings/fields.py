"""Types for the settings of nodes that mean more to flowhook than their Python type says.

A node's field says with its type how the flow file's value is read:

- ``Condition``: a bare expression, compiled at load; ``turn.test(self.x)`` or ``turn.evaluate(self.x)``.
- ``Text``: a text; a template in it always renders to text, whatever its value.
- ``Later``: a text that the node renders itself, by ``turn.text(self.x)``, when it is to be said.
- ``Word``: a text; a number that a template gives counts as text too.
- ``Duration``: seconds as float, written ``500ms``, ``10s``, ``5m``, ``2h``, ``7d`` or as a number.
- ``Script``: code in a language of its own; a template in it is never rendered.
- ``Path``: where a value is kept: ``context.order.size``; the root is context, profile or session.
- ``Python``: a script for the sandbox; its mistakes are told at load.

Other types say what a literal text names, so that the checks can tell when there is no such thing:
``Target`` (a node, ``flow/`` or ``flow/node`` to leave for), ``FlowName`` (a flow to call), ``IntentName``,
``SlotName``, ``StateName``, ``LocaleName``, ``ConnectionName``, ``TimerName``. ``Annotated[Condition,
SEES_ANSWER]`` is a condition that knows the ``answer`` to a question.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Annotated, Any, Literal, get_args
from weakref import WeakKeyDictionary

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    GetJsonSchemaHandler,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue

from flowhook.durations import parse_duration

_PATH = re.compile(r"(?:context|profile|session)(?:\.[^.\s{}\[\]]+)+\Z")


ReadAs = Literal["condition", "text", "later", "path", "script", "python"]
Named = Literal["target", "flow", "intent", "slot", "state", "locale", "connection", "timer"]
MarkKind = ReadAs | Named | Literal["answer"]

READ_AS: frozenset[str] = frozenset(get_args(ReadAs))
NAMES: frozenset[str] = frozenset(get_args(Named))
MARK_KINDS: frozenset[str] = READ_AS | NAMES | {"answer"}


@dataclass(frozen=True, slots=True)
class FieldMark:
    """What the compile step has to know of a field: how it is read (``READ_AS``), what it names
    (``NAMES``), and what its expressions know."""

    kind: MarkKind

    def __get_pydantic_json_schema__(self, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Keeps the mark where the schema for editors is made: it tells where a text by locale may stand."""
        schema = handler(core)
        schema[f"x-{self.kind}"] = True
        return schema


def marks_of(field: FieldInfo) -> frozenset[str]:
    """The kinds of marks anywhere in a field's type: ``{"condition"}``, ``{"text"}`` …"""
    found = {mark.kind for mark in field.metadata if isinstance(mark, FieldMark)}
    return frozenset(found | {mark.kind for mark in _marks_in(field.annotation)})


def marks_at(model: type[BaseModel], path: Sequence[str | int]) -> frozenset[str]:
    """The marks of the field to which a value at ``path`` of a model's data belongs, also where the
    path leads through models in its fields. What sees the answer does so in all that is below it."""
    return ModelMarks.of(model).at(path)


def marked(model: type[BaseModel], kind: MarkKind) -> list[str]:
    """The names of a model's fields that have a mark."""
    known = ModelMarks.of(model)
    if kind not in known.kinds:
        return []
    return [name for name in model.model_fields if kind in known.table[name][0]]


_NO_MARKS: frozenset[str] = frozenset()
_Table = dict[str | int, tuple[frozenset[str], tuple["type[BaseModel]", ...]]]


class ModelMarks:
    """The marks of a model's fields: worked out once, because every text of every node asks for them.

    ``table`` has the marks of each field and the models in it, by its name and by the alias under which files
    have it. ``kinds`` are the marks of any field, or of one of a model in it: what is not among them need not
    be looked for in the settings of a node.
    """

    __slots__ = ("kinds", "table")

    def __init__(self, model: type[BaseModel]) -> None:
        self.table = _table_of(model)
        self.kinds = self._all_kinds(model)

    @staticmethod
    def of(model: type[BaseModel]) -> ModelMarks:
        """Return the marks of a model."""
        known = _KNOWN.get(model)
        if known is None:
            known = _KNOWN[model] = ModelMarks(model)
        return known

    def at(self, path: Sequence[str | int]) -> frozenset[str]:
        """Return what :func:`marks_at` does."""
        if len(path) == 1:  # most are
            field = self.table.get(path[0])
            return _NO_MARKS if field is None else field[0]
        marks, tables = _NO_MARKS, [self.table]
        for part in path:
            inherited = marks & {SEES_ANSWER.kind}
            found = [table[part] for table in tables if part in table]
            if not found:
                continue
            if len(found) == 1:
                marks = found[0][0] | inherited
            else:
                marks = inherited.union(*(marks_of for marks_of, _ in found))
            tables = [ModelMarks.of(model).table for _, below in found for model in below]
        return marks

    def _all_kinds(self, model: type[BaseModel]) -> frozenset[str]:
        seen, todo, found = {model}, list(self.table.values()), set[str]()
        while todo:
            marks, models = todo.pop()
            found |= marks
            for one in models:
                if one not in seen:
                    seen.add(one)
                    todo += _table_of(one).values()
        return frozenset(found)


_KNOWN: WeakKeyDictionary[type[BaseModel], ModelMarks] = WeakKeyDictionary()


def _table_of(model: type[BaseModel]) -> _Table:
    found: _Table = {}
    for name, field in model.model_fields.items():
        found[name] = marks_of(field), tuple(_models_in(field.annotation))
        found.setdefault(field.alias or name, found[name])
    return found


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)


def _marks_in(annotation: Any) -> Iterator[FieldMark]:
    yield from (mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, FieldMark))
    for argument in get_args(annotation):
        yield from _marks_in(argument)


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
    if not isinstance(value, int | float) or not is_rendered(info):
        return value
    from flowhook.engine.expressions.values import text_of  # plugins import this module, and no templates

    return text_of(value)


@lru_cache(4_096)  # each turn validates the paths of what it sets
def _path(value: str) -> str:
    if not _PATH.match(value):
        raise ValueError("a path starts with context, profile or session, like context.size")
    return value


Condition = Annotated[
    str,
    BeforeValidator(_condition),
    FieldMark("condition"),
    WithJsonSchema({"type": ["string", "boolean", "number", "null"]}),
]
Text = Annotated[str, FieldMark("text")]
Deferred = Annotated[str, FieldMark("text"), FieldMark("later")]
Word = Annotated[str, BeforeValidator(_word)]
Script = Annotated[str, FieldMark("script")]
Python = Annotated[str, FieldMark("script"), FieldMark("python")]
Path = Annotated[str, AfterValidator(_path), FieldMark("path")]
Target = Annotated[str, FieldMark("text"), FieldMark("target")]
FlowName = Annotated[str, FieldMark("text"), FieldMark("flow")]
IntentName = Annotated[str, FieldMark("text"), FieldMark("intent")]
SlotName = Annotated[str, FieldMark("slot")]
StateName = Annotated[str, FieldMark("text"), FieldMark("state")]
LocaleName = Annotated[str, BeforeValidator(_word), FieldMark("text"), FieldMark("locale")]
ConnectionName = Annotated[str, FieldMark("connection")]
TimerName = Annotated[str, BeforeValidator(_word), FieldMark("text"), FieldMark("timer")]
SEES_ANSWER = FieldMark("answer")
Duration = Annotated[
    float,
    BeforeValidator(parse_duration),
    WithJsonSchema({"type": ["string", "number"], "description": "500ms, 10s, 5m, 2h, 7d, or seconds"}),
]
