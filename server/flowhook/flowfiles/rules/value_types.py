"""Comparisons that never hold and arithmetic that gives nonsense, because of what questions keep.

A small inference of types: each side of an operation is given the set of kinds that it may be, from the
questions that keep something at its path (:mod:`~flowhook.flowfiles.rules.known_values`), from a filter, or
because it is a constant. Something is said only where both sets are known and no pair of them fits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from flowhook.durations import parse_duration
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.operations import ITEM, Operand, Operation, ValueKind
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.known_values import Values
from flowhook.i18n.locales import canonical, is_locale, locale_of_language_name
from flowhook.problems.catalogue import NEVER_EQUAL, NOT_A_NUMBER
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

_TEXTS: frozenset[ValueKind] = frozenset({"text", "date", "time", "datetime", "locale"})
_ORDERS = ("<", "<=", ">", ">=")
_NAMED: Mapping[ValueKind, str] = {
    "text": "a text",
    "boolean": "true or false",
    "number": "a number",
    "date": "a date such as 2027-05-12",
    "time": "a time such as 08:00",
    "datetime": "a moment such as 2027-05-12T08:00",
    "locale": "a locale such as de or de-AT",
    "money": "an amount, {value, currency}",
    "mapping": "a mapping",
    "list": "a list",
    "moment": "a moment of the clock",
}
#: What to write for a moment beside each of them.
_MOMENTS: Mapping[ValueKind | None, str] = {
    "date": "write now.date().isoformat()",
    "time": "write now.strftime('%H:%M')",
    "datetime": "write now.isoformat()",
    "number": "write now.hour, now.year …",
}
_FORMS: Mapping[ValueKind, re.Pattern[str]] = {
    "date": re.compile(r"\d{4}-\d\d-\d\d"),
    "time": re.compile(r"\d\d:\d\d"),
    "datetime": re.compile(r"\d{4}-\d\d-\d\d"),
}
_EXAMPLES: Mapping[ValueKind, str] = {
    "date": "2027-05-12",
    "time": "08:00",
    "datetime": "2027-05-12T08:00",
    "locale": "de",
}


class _Side(NamedTuple):
    """One side of an operation, with what is known of it."""

    operand: Operand
    values: Values

    @property
    def kind(self) -> ValueKind | None:
        """What it is; None where it may be several things."""
        return next(iter(self.values.kinds)) if len(self.values.kinds) == 1 else None

    @property
    def in_words(self) -> str:
        """What it is: ``a text or a number``."""
        return kinds_in_words(self.values)


_CASES = {"lower": "small", "upper": "capital"}
#: What lies between 0 and 1.
_SCORES = (("input", "intentScore"), ("input", "nlu", "intents", ITEM, "score"))


def impossible_comparisons(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each comparison of values that are never of one kind."""
    for compiled, operation, left, right in _known_operations(flows):
        if not operation.is_comparison:
            continue
        message, hint = _mismatch(operation, left, right)
        if message:
            yield Problem.at(NEVER_EQUAL, message, compiled.file, operation, hint)


def letter_case_mismatches(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each text in capitals with which one is compared that was put in small letters, or the
    other way round."""
    for compiled, _ in flows.compiled:
        for operation in dict.fromkeys(compiled.operations):
            for side, other in ((operation.left, operation.right), (operation.right, operation.left)):
                if not side.letter_case or not operation.is_comparison:
                    continue
                change = str.lower if side.letter_case == "lower" else str.upper
                constants = other.items or (other.constant,)
                wrong = [text for text in constants if isinstance(text, str) and change(text) != text]
                wrong = [text for text in wrong if change(text) not in constants]
                if wrong:
                    is_in = operation.operator in ("in", "not in") and side is operation.right
                    relation = "nothing is in it like" if is_in else "it is never"
                    letters = _CASES[side.letter_case]
                    message = f'{side.shown or "this"} has only {letters} letters: {relation} "{wrong[0]}"'
                    hint = f"write '{change(wrong[0])}'"
                    yield Problem.at(NEVER_EQUAL, message, compiled.file, operation, hint)


def impossible_arithmetic(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each computation with what is no number."""
    for compiled, operation, left, right in _known_operations(flows):
        if operation.is_comparison:
            continue
        for side, other in ((left, right), (right, left)):
            kinds = side.values.kinds
            if kinds & {"number", "boolean", "null", "list"} or not _computes(operation, side, other):
                continue
            message = f"{side.operand} is {side.in_words}, so {operation.operator} does not compute with it"
            if operation.operator == "*" and kinds <= _TEXTS:
                message = f"{side.operand} is {side.in_words}: it is repeated, not multiplied"
            yield Problem.at(NOT_A_NUMBER, message, compiled.file, operation, _as_number(operation, side))
            break


def _computes(operation: Operation, side: _Side, other: _Side) -> bool:
    """Whether the operation wants a number on this side."""
    if operation.operator == "*" and not side.operand.names:
        return False  # a line of dashes
    if operation.operator == "+":
        return "number" in other.values.kinds and len(other.values.kinds) == 1
    if operation.operator == "%":
        return not side.values.kinds <= _TEXTS or bool(other.values.kinds & {"number"})
    return True


def _as_number(operation: Operation, side: _Side) -> str:
    name = side.operand
    if side.kind == "money":
        return f"write {name}.value"
    if side.operand.names and side.values.kinds == {"text"}:
        return f"ask with type: number, or write {name} | float"
    return "join texts with ~" if operation.operator == "+" else ""


# -- what is known of the two sides ---------------------------------------------------------------


def _known_operations(flows: FlowSet) -> Iterator[tuple[CompiledFlow, Operation, _Side, _Side]]:
    """The operations of which both sides are known, one of them by its path."""
    known = flows.known
    for compiled, graph in flows.compiled:
        for operation in dict.fromkeys(compiled.operations):
            node = graph.flow.nodes.get(operation.node)
            if node is None and operation.node:
                continue
            if operation.operator in ("in", "not in"):
                operation = _of_each(operation)
            left = known.of(operation.left, graph, node, operation.setting)
            right = known.of(operation.right, graph, node, operation.setting)
            if left is not None and right is not None:
                yield compiled, operation, _Side(operation.left, left), _Side(operation.right, right)


def _of_each(operation: Operation) -> Operation:
    """``'large' in input.slots.size`` as a comparison with each of the values."""
    names = operation.right.names
    if operation.left.is_read or names[:2] != ("input", "slots") or len(names) != 3:
        return operation
    each = Operand(names=(*names, ITEM), shown=f"a value of {operation.right}")
    return operation._replace(operator="==", right=each)


# -- what does not fit ----------------------------------------------------------------------------


def _mismatch(operation: Operation, left: _Side, right: _Side) -> tuple[str, str]:
    """Why a comparison makes no sense, and what to write; empty where it may make sense."""
    if operation.operator in ("in", "not in"):
        return _mismatch_in_list(operation, left) if left.operand.is_read else _mismatch_in(left, right)
    if left.operand.is_read and right.operand.is_read:
        if _may_compare(operation, left, right):
            return "", ""
        one, two = (
            f"{left.operand} is {left.in_words}",
            f"{right.operand} is {right.in_words}",
        )
        hint = next(
            (_MOMENTS.get(b.kind, "") for a, b in ((left, right), (right, left)) if a.kind == "moment"), ""
        )
        return f"{one} and {two}, so comparing them makes no sense", hint
    side, other = (left, right) if left.operand.is_read else (right, left)
    if not side.operand.is_read or other.operand.kind in (None, "null"):
        return "", ""
    constant = other.operand.constant
    if side.operand.names in _SCORES and isinstance(constant, int | float) and constant > 1:
        message = f"{side.operand} lies between 0 and 1"
        return f"{message}, and not at {constant}", f"write {constant / 100:g}" if constant <= 100 else ""
    if not _may_compare(operation, left, right):
        message = f"{side.operand} is {side.in_words}, and not {_NAMED[other.operand.kind]}, so comparing it"
        return f"{message} with {other.operand} makes no sense", _instead(side, other.operand, operation)
    if side.values.listed is not None and operation.operator in ("==", "!="):
        is_mark = isinstance(constant, int) and not isinstance(constant, bool)
        if isinstance(constant, str) or (side.kind == "number" and is_mark):
            return _not_listed(side, str(constant))
    if isinstance(constant, str) and side.kind is not None and is_malformed(side.kind, constant):
        message = f"{side.operand} is {side.in_words}, so comparing it with {other.operand} makes no sense"
        return message, f"write '{_in_form(side.kind, constant)}'"
    return "", ""


def _may_compare(operation: Operation, left: _Side, right: _Side) -> bool:
    """Whether some value of the one side may be compared with one of the other."""
    return any(_compares(operation, one, two) for one in left.values.kinds for two in right.values.kinds)


def _compares(operation: Operation, one: ValueKind, two: ValueKind) -> bool:
    if "null" in (one, two):
        return True
    if one in _TEXTS and two in _TEXTS:
        return True
    numeric = {"number", "boolean"}  # true is 1
    if operation.operator in _ORDERS:
        return (one == two and one != "mapping" and one != "money") or {one, two} <= numeric
    return one == two or {one, two} <= numeric or {one, two} == {"money", "mapping"}


def _mismatch_in(left: _Side, right: _Side) -> tuple[str, str]:
    """A constant that is looked for in something that holds nothing."""
    if not right.operand.is_read or not right.values.kinds <= {"number", "boolean", "money"}:
        return "", ""
    if left.operand.constant in right.values.parts:
        return "", ""
    hint = f"compare {right.operand}.value" if right.kind == "money" else f"write {right.operand} == …"
    return f"{right.operand} is {right.in_words}, and nothing is in it", hint


def _mismatch_in_list(operation: Operation, left: _Side) -> tuple[str, str]:
    """A value that is none of a list of constants, because of their kind."""
    items = operation.right.items
    if not left.operand.is_read or not items:
        return "", ""
    equal = operation._replace(operator="==")
    kinds: list[ValueKind | None] = [_kind(item) for item in items]
    if any(kind is None or any(_compares(equal, one, kind) for one in left.values.kinds) for kind in kinds):
        return _mismatch_in_texts(left, [item for item in items if isinstance(item, str)])
    shown = ", ".join(f'"{item}"' if isinstance(item, str) else str(item) for item in items[:3])
    return f"{left.operand} is {left.in_words}, so it is none of {shown}", ""


def _mismatch_in_texts(left: _Side, items: Sequence[str]) -> tuple[str, str]:
    """The same of texts: one that is none of the values of a choice, or all of them no time or date."""
    if left.values.listed is not None:
        return next((found for found in (_not_listed(left, item) for item in items) if found[0]), ("", ""))
    kind = left.kind
    if kind is None or not items or not all(is_malformed(kind, item) for item in items):
        return "", ""
    message = f"{left.operand} is {left.in_words}, so it is none of {', '.join(map(repr, items[:3]))}"
    return message, f"write '{_in_form(kind, items[0])}'"


def _kind(item: Any) -> ValueKind | None:
    if isinstance(item, bool):
        return "boolean"
    if isinstance(item, int | float):
        return "number"
    return "text" if isinstance(item, str) else "null" if item is None else None


def _not_listed(side: _Side, text: str) -> tuple[str, str]:
    listed = side.values.listed or ()
    if text in listed or "boolean" in side.values.kinds:
        return "", ""
    hint = did_you_mean(text, listed)
    shown = text if side.kind == "number" else f'"{text}"'
    return f"{side.operand} is never {shown}: it is one of {', '.join(listed[:6])}", hint


def kinds_in_words(values: Values) -> str:
    """What a value is, in words: ``a text or a number``."""
    return " or ".join(sorted(_NAMED[kind] for kind in values.kinds if kind in _NAMED))


def _instead(side: _Side, constant: Operand, operation: Operation) -> str:
    """What to write for a comparison with a constant of another kind."""
    name, value, kind = side.operand, constant.constant, side.kind
    if kind == "number" and isinstance(value, str):
        return _as_plain_number(value)
    if kind == "list" and isinstance(value, int | float) and name.names:
        return f"write {name} | length {operation.operator} {constant}"
    if kind == "mapping" and side.operand.names == ("input", "handover"):
        return "write input.handover.status"
    if kind == "mapping" and side.values.parts:
        return f"write {name}.{next(iter(side.values.parts))}"
    if kind == "text" and isinstance(value, bool):
        return "keep true or false there, without quotes: yes and no are texts"
    if kind == "boolean":
        return f"write {name}, or not {name}"
    if kind == "money":
        return f"write {name}.value"
    if kind == "list" and name.names and isinstance(value, str):
        return f"write '{value}' in {name}"
    if kind is not None and (kind in _FORMS or kind == "locale"):
        return f"write '{_in_form(kind, str(value))}'"
    if side.values.listed is not None:
        return f"write '{value}' in quotes" if str(value) in side.values.listed else ""
    if kind == "text" and isinstance(value, int | float) and name.names[:1] not in ((), ("input",)):
        return f"ask with type: number, or write {name} | float"
    return ""


def _as_plain_number(text: str) -> str:
    """How to write a number that was written as a text; durations are seconds."""
    if re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text):
        return f"write {text} without quotes"
    if found := re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)\s*%", text):
        return f"write {found[1]}"
    try:
        return f"write {parse_duration(text):g}, in seconds"
    except (TypeError, ValueError):
        return ""


def is_malformed(kind: ValueKind, text: str) -> bool:
    """Whether a text is none that a date, a time or a locale may be."""
    if kind == "locale":
        return not is_locale(text) or canonical(text) != text
    return kind in _FORMS and not _FORMS[kind].match(text)


def _in_form(kind: ValueKind, text: str) -> str:
    """A constant as times, dates and locales are kept, as far as it is clear what was meant."""
    if kind == "locale":
        return canonical(text) if is_locale(text) else locale_of_language_name(text) or _EXAMPLES[kind]
    if kind == "time" and re.fullmatch(r"\d{1,2}(?::\d\d)?", text):
        hour, _, minute = text.partition(":")
        return f"{int(hour):02d}:{minute or '00'}"
    return _EXAMPLES.get(kind, "")
