"""Checks plain data with a pydantic model and says what is wrong in the file's own terms.

Two rules go beyond pydantic: an unquoted scalar counts as written where a text is expected (``say: 12:30``
and ``say: 1.10`` need no quotes), and what holds a template is left to be checked once it is rendered.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any, NamedTuple, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from flowhook.errors import UnregisteredName
from flowhook.problems.catalogue import BAD_VALUE, MISSING, UNKNOWN_KEY
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Document, Path

Model = TypeVar("Model", bound=BaseModel)
Templated = Callable[[Any], bool]
Hints = Callable[[str, Path], str]


class Requirement(ValueError):
    """What a value must be, such as ``must be a duration``: it is told with the key before it."""


#: What a value should have been, by pydantic's type of error.
_EXPECTED = {
    "string_type": "a text",
    "int_type": "a whole number",
    "int_parsing": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "float_parsing": "a number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
    "list_type": "a list",
    "tuple_type": "a list",
    "dict_type": "a mapping",
    "model_type": "a mapping",
    "model_attributes_type": "a mapping",
    "none_required": "null",
}

#: Sentences filled from the error's context.
_SENTENCES = {
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "multiple_of": "must be a multiple of {multiple_of}",
    "string_too_short": "must have at least {min_length} characters",
    "string_too_long": "must have at most {max_length} characters",
    "string_pattern_mismatch": "must match {pattern}",
    "too_short": "must have at least {min_length} items",
    "too_long": "must have at most {max_length} items",
    "finite_number": "must be a finite number",
}
_EMPTY = {"string_too_short", "too_short"}
_ONE_OF = {"literal_error", "enum"}
_ABOUT_THE_WHOLE = ("value_error", "assertion_error")


def validate_model(
    model_type: type[Model],
    data: Any,
    *,
    document: Document,
    path: Path = (),
    templated: Templated | None = None,
    hints: Hints | None = None,
) -> tuple[Model | None, list[Problem]]:
    """Validate what stands at ``path`` of a document: the instance, or None and every problem.

    ``templated(value)`` says which scalars are rendered later; errors there are left out, so that the
    instance may be None without a problem. ``hints(type, path)`` may say how to write what has no hint
    yet; ``type`` is pydantic's, ``path`` leads from the value that was validated.
    """
    written: set[Path] = set()
    while True:
        try:
            return model_type.model_validate(data), []
        except ValidationError as caught:
            faults = [_Fault.of(error, data) for error in caught.errors(include_url=False)]
        written_as = ((fault.path, _as_written(fault, document, path)) for fault in faults)
        texts = {at: text for at, text in written_as if text is not None}
        if not texts.keys() - written:
            break
        written |= texts.keys()
        for at, text in texts.items():
            data = with_value(data, at, text)
    rest = [fault for fault in faults if templated is None or not fault.is_left_to_rendering(templated)]
    groups = groupby(sorted(_telling(rest), key=lambda fault: fault.sort_key), key=lambda fault: fault.path)
    told = _Told(model_type, document, path, hints)
    return None, [problem for _, same in groups for problem in told.problems(list(same))]


class _Fault(NamedTuple):
    """One of pydantic's errors, at a path that exists in the data."""

    error: ErrorDetails
    path: Path  # of the value; of the parent when a key is missing
    fork: Path | None  # where a union was tried, when the error is of one of its members
    value: Any

    @classmethod
    def of(cls, error: ErrorDetails, data: Any) -> _Fault:
        """Drop from pydantic's location the names of union members, which are no keys."""
        path: Path = ()
        fork: Path | None = None
        value = data
        parts = error["loc"][:-1] if error["type"] == "missing" else error["loc"]
        for part in parts:
            if _holds(value, part):
                value = value[part]
                path = (*path, part)
            elif fork is None:
                fork = path
        return cls(error, path, fork, value)

    @property
    def type(self) -> str:
        """Pydantic's word for what is wrong."""
        return self.error["type"]

    @property
    def context(self) -> Mapping[str, Any]:
        """What pydantic tells beside the type, such as a limit."""
        return self.error.get("ctx", {})

    @property
    def is_requirement(self) -> bool:
        """Whether one of our own validators says what the value must be."""
        return "requirement" in self.context or isinstance(self.context.get("error"), Requirement)

    @property
    def sort_key(self) -> list[str]:
        """Brings faults of one place together."""
        return [str(part) for part in self.path]

    def is_left_to_rendering(self, templated: Templated) -> bool:
        """Whether the value is, or for a rule about all of it holds, a template."""
        if self.type in ("extra_forbidden", "missing"):
            return False
        leaves = _leaves(self.value) if self.type in _ABOUT_THE_WHOLE else [self.value]
        return any(templated(leaf) for leaf in leaves if not isinstance(leaf, list | dict))


def _holds(value: Any, part: str | int) -> bool:
    if isinstance(value, list):
        return isinstance(part, int) and part < len(value)
    return isinstance(value, Mapping) and part in value


def _leaves(value: Any) -> Iterator[Any]:
    todo = [value]
    while todo:
        value = todo.pop()
        if isinstance(value, Mapping):
            todo.extend(value.values())
        elif isinstance(value, list):
            todo.extend(value)
        else:
            yield value


def _as_written(fault: _Fault, document: Document, base: Path) -> str | None:
    """The source of an unquoted scalar that stands where a text is expected."""
    if fault.type != "string_type" or fault.value is None or isinstance(fault.value, str):
        return None
    text = document.as_written(base + fault.path, fault.value)
    return text if isinstance(text, str) else None


def with_value(data: Any, path: Path, value: Any) -> Any:
    """Return a copy of the data with another value at a path; what is shared by aliases stays as it is."""
    if not path:
        return value
    copy = data.copy()
    copy[path[0]] = with_value(data[path[0]], path[1:], value)
    return copy


def _telling(faults: Sequence[_Fault]) -> list[_Fault]:
    """Of the members of a union that failed, those that came furthest."""
    told = [fault for fault in faults if fault.fork is None]
    forks: dict[Path, list[_Fault]] = {}
    for fault in faults:
        if fault.fork is not None:
            forks.setdefault(fault.fork, []).append(fault)
    for fork, tried in forks.items():
        further = [fault for fault in tried if fault.path != fork]
        told += further or tried
    return told


# -- in words ----------------------------------------------------------------------------------------


class _Told:
    """Faults as problems of a document, in words of its authors."""

    def __init__(self, model: Any, document: Document, base: Path, hints: Hints | None) -> None:
        self.model = model
        self.document = document
        self.base = base
        self.hints = hints

    def problems(self, faults: list[_Fault]) -> Iterator[Problem]:
        """The problems of one place; the members of a union share a sentence."""
        kinds = [
            _EXPECTED[fault.type] for fault in faults if fault.fork is not None and fault.type in _EXPECTED
        ]
        if len(kinds) > 1:
            requirement = f"must be {_either(kinds)}, not {self._shown(faults[0])}"
            yield self._bad_value(faults[0], _named(self.base + faults[0].path, requirement))
            return
        for fault in faults:
            yield self._problem(fault)

    def _problem(self, fault: _Fault) -> Problem:
        path = self.base + fault.path
        if fault.type == "missing":
            key = fault.error["loc"][-1]
            return self.document.problem(MISSING, f'"{key}" is missing', path, at_key=True)
        if fault.type == "extra_forbidden":
            known = _keys_at(self.model, fault.path[:-1])
            hint = did_you_mean(str(path[-1]), known) or _known(known)
            return self.document.problem(
                UNKNOWN_KEY, f'unknown key "{path[-1]}"', path, at_key=True, hint=hint
            )
        return self._bad_value(fault, self._sentence(fault))

    def _bad_value(self, fault: _Fault, message: str) -> Problem:
        hint = did_you_mean(str(fault.value), _words(fault)) if fault.type in _ONE_OF else ""
        if not hint and self.hints is not None:
            hint = self.hints(fault.type, fault.path)
        is_key = fault.error["loc"][-1:] == ("[key]",)
        offset = getattr(fault.context.get("error"), "offset", None)  # of a PatternError
        path = self.base + fault.path
        problem = self.document.problem(BAD_VALUE, message, path, at_key=is_key, hint=hint, offset=offset)
        return replace(problem, unregistered=isinstance(fault.context.get("error"), UnregisteredName))

    def _sentence(self, fault: _Fault) -> str:
        """What is wrong with a value; a requirement with the nearest key in front of it."""
        requirement = self._requirement(fault)
        if requirement:
            return _named(self.base + fault.path, requirement)
        message = str(fault.context["error"]) if fault.type in _ABOUT_THE_WHOLE else fault.error["msg"]
        return message if fault.type in _ABOUT_THE_WHOLE else message[:1].lower() + message[1:]

    def _requirement(self, fault: _Fault) -> str:
        """``must be …``; empty when the error is a sentence of its own."""
        if fault.type in _EXPECTED:
            return f"must be {_EXPECTED[fault.type]}, not {self._shown(fault)}"
        if fault.type in _ONE_OF:
            return f"must be {_either(_quoted(word) for word in _words(fault))}, not {self._shown(fault)}"
        if fault.type in _EMPTY and fault.context.get("min_length") == 1:
            return "must not be empty"
        if fault.type in _SENTENCES:
            unit = " seconds" if _is_duration(fault.value) else ""
            return _SENTENCES[fault.type].format_map(_in_words(fault.context)) + unit
        return (
            str(fault.context.get("requirement", fault.context.get("error", "")))
            if fault.is_requirement
            else ""
        )

    def _shown(self, fault: _Fault) -> str:
        """A value as its author wrote it: ``"ten"``, ``12``, ``a list``. Never what a variable held."""
        if isinstance(fault.value, list | dict):
            return "a list" if isinstance(fault.value, list) else "a mapping"
        span = self.document.spans.get(self.base + fault.path)
        text = span.text if span is not None else None
        if isinstance(fault.value, str) or text is None:
            return _quoted(str(fault.value) if text is None else text)
        return text or "null"


def _words(fault: _Fault) -> list[str]:
    """The words of which a value must be one."""
    expected = str(fault.context["expected"]).replace(" or ", ", ")
    return [word.strip("'") for word in expected.split(", ")]


def _is_duration(value: Any) -> bool:
    """Whether a number is written as a duration, whose limits are seconds."""
    return (
        isinstance(value, str) and value.strip()[-1:] in ("s", "m", "h", "d") and value.strip()[:1].isdigit()
    )


def _in_words(context: Mapping[str, Any]) -> dict[str, Any]:
    """Limits as people write them: 60 and not 60.0."""
    return {name: f"{value:g}" if isinstance(value, float) else value for name, value in context.items()}


def _named(path: Path, requirement: str) -> str:
    """``"port" must be …``: a requirement with the nearest key in front of it."""
    key = next((part for part in reversed(path) if isinstance(part, str)), None)
    return requirement if key is None else f'"{key}" {requirement}'


def _quoted(text: str) -> str:
    return json.dumps(text if len(text) <= 40 else text[:39] + "…", ensure_ascii=False)


def _either(words: Iterable[str]) -> str:
    """``a, b or c``."""
    *first, last = dict.fromkeys(words)
    return f"{', '.join(first)} or {last}" if first else last


def _known(keys: Sequence[str]) -> str:
    return f"known here: {', '.join(sorted(keys))}" if 0 < len(keys) <= 12 else ""


def _keys_at(annotation: Any, path: Path) -> list[str]:
    """The keys that models take at a path below an annotation."""
    found = list(_models(annotation))
    for part in path:
        found = [model for parent in found for model in _models(_below(parent, part))]
    return sorted({key for model in found if isinstance(model, type) for key in _aliases(model)})


def _models(annotation: Any) -> Iterator[Any]:
    """Models inside ``X | None``, ``Annotated`` …; lists and dicts of them stand for themselves."""
    is_model = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    if is_model or get_origin(annotation) in (list, dict, tuple, Mapping, Sequence):
        yield annotation
    else:
        for argument in get_args(annotation):
            yield from _models(argument)


def _below(parent: Any, part: str | int) -> Any:
    """The annotation of what stands under a key or index."""
    if isinstance(parent, type) and issubclass(parent, BaseModel):
        fields = {(field.alias or name): field.annotation for name, field in parent.model_fields.items()}
        return fields.get(str(part))
    arguments = get_args(parent)
    return arguments[-1] if arguments and arguments[-1] is not ... else next(iter(arguments), None)


def _aliases(model: type[BaseModel]) -> Iterator[str]:
    for name, field in model.model_fields.items():
        yield field.alias or name
