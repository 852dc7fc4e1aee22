"""Parts and methods that values do not have: the month of a date that is a text, an amount's ``amount``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flowhook.engine.expressions.guarded_calls import METHODS
from flowhook.flowfiles.compile.operations import ITEM, Operand, ValueKind
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.known_values import Values
from flowhook.flowfiles.rules.value_types import kinds_in_words
from flowhook.flowfiles.rules.value_uses import SCALARS, TEXTS, uses_of
from flowhook.problems.catalogue import UNKNOWN_NAME
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

_TYPES: Mapping[ValueKind, type] = {
    **dict.fromkeys(TEXTS, str),
    "money": Mapping,
    "mapping": Mapping,
    "list": list,
    "number": float,
}
_DATE_PARTS = {
    "day": "d", "month": "MMMM", "year": "yyyy", "weekday": "EEEE", "hour": "H", "minute": "mm",
    "time": "HH:mm",
}  # fmt: skip


def unknown_methods(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each method that the value does not have: ``strftime`` of a date, which is a text."""
    for compiled, use, values in uses_of(flows, "called"):
        if not values.kinds <= set(_TYPES):
            continue
        known = {name for kind in values.kinds for name in _methods_of(_TYPES[kind])}
        if use.by in known:
            continue
        message = f'{use.operand} is {kinds_in_words(values)}, and has no method "{use.by}"'
        hint = did_you_mean(use.by, known)
        if values.kinds <= {"date", "time", "datetime"} and use.by in ("strftime", "weekday", "isoweekday"):
            pattern = (
                "HH:mm" if values.kinds == {"time"} else "EEEE" if use.by != "strftime" else "d MMMM yyyy"
            )
            hint = f"write {use.operand} | date_format('{pattern}')"
        yield Problem.at(UNKNOWN_NAME, message, compiled.file, use, hint, "warning")


def _methods_of(kind: type) -> frozenset[str]:
    return next((names for known, names in METHODS if known is kind), frozenset())


def unknown_parts(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each part that a value does not have: of an amount, a span, a text, a list."""
    known = flows.known
    for compiled, graph in flows.compiled:
        for reading in compiled.variables.readings:
            for length in range(2, len(reading.names)):
                values = known.at(reading.names[:length])
                found = _no_part(".".join(reading.names[:length]), values, reading.names[length])
                if found is not None:
                    yield Problem.at(UNKNOWN_NAME, found[0], compiled.file, reading, found[1], "warning")
                    break
        for use in dict.fromkeys(use for use in compiled.value_uses if use.how == "read"):
            node = graph.flow.nodes.get(use.node)
            names = use.operand.names
            values = known.of(Operand(names[:-1]), graph, node, use.setting) if node is not None else None
            found = _no_part(".".join(names[:-1]), values, names[-1])
            if found is not None:
                yield Problem.at(UNKNOWN_NAME, found[0], compiled.file, use, found[1], "warning")


def _no_part(whole: str, values: Values | None, part: str) -> tuple[str, str] | None:
    """Why a value has no part of this name, and what to write; None where it may have one."""
    if values is None or part in values.parts or part == ITEM:
        return None
    if values.parts and values.kinds <= {"mapping", "money"}:
        hint = did_you_mean(part, values.parts) or f"there are {' and '.join(values.parts)}"
        return f'{whole} has no "{part}"', hint
    if values.kinds == {"list"}:
        return (
            f'{whole} is a list, and has no "{part}"',
            f"write {whole}[0].{part}, or go through it in a loop",
        )
    if not values.kinds or not values.kinds <= SCALARS:
        return None
    hint = ""
    if values.kinds <= {"date", "datetime", "time"} and part in _DATE_PARTS:
        hint = f"write {whole} | date_format('{_DATE_PARTS[part]}')"
    return f'{whole} is {kinds_in_words(values)}, and has no "{part}"', hint
