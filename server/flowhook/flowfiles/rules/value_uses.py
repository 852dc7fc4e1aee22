"""Values that are used as what they are not: an amount that is said as it is kept, a list that a filter for
texts is given, the month of a date that is a text.

What a value is comes from :mod:`~flowhook.flowfiles.rules.known_values`; where that is not known, or where
one of the kinds that it may be fits, nothing is said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from flowhook.engine.turn.input import DEFAULT_STATE
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.operations import Operand, ValueKind
from flowhook.flowfiles.compile.value_uses import ValueUse
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.known_values import NO, YES, Values
from flowhook.flowfiles.rules.value_types import kinds_in_words
from flowhook.i18n.locales import is_locale, locale_of_language_name
from flowhook.problems.catalogue import (
    CONSTANT_CONDITION,
    DATE_PATTERN,
    FILTER_MISUSED,
    NEVER_EQUAL,
    SHOWN_AS_JSON,
    UNKNOWN_LOCALE,
    UNKNOWN_STATE,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

Kinds = frozenset[ValueKind]


def _kinds(*kinds: ValueKind) -> Kinds:
    return frozenset(kinds)


TEXTS = _kinds("text", "date", "time", "datetime", "locale")
SCALARS = TEXTS | _kinds("number", "boolean")
_CONTAINERS = _kinds("mapping", "money", "list")
_MOMENTS = _kinds("date", "time", "datetime", "locale")
_SINGLE = SCALARS | _kinds("money")
_COUNTLESS = _kinds("number", "boolean", "money")
_FROM_TEXTS = _kinds("mapping", "money", "list", "boolean")

#: What each filter is of no use for: it fails, or gives what nobody means.
_UNFIT: Mapping[str, Kinds] = {
    **dict.fromkeys(("int", "float"), _CONTAINERS | _MOMENTS),
    **dict.fromkeys(("round", "abs"), _CONTAINERS | TEXTS),
    "number": _CONTAINERS | _MOMENTS | _kinds("boolean"),
    "money": _MOMENTS | _kinds("mapping", "list", "boolean"),
    "date_format": _COUNTLESS | _kinds("mapping", "list", "locale"),
    **dict.fromkeys(("upper", "lower", "title", "capitalize", "trim", "truncate"), _FROM_TEXTS),
    **dict.fromkeys(("replace", "wordcount", "urlencode", "filesizeformat"), _CONTAINERS),
    **dict.fromkeys(("join", "sum", "map", "select", "reject"), _SINGLE),
    **dict.fromkeys(("selectattr", "rejectattr", "groupby", "sort", "unique"), _SINGLE),
    **dict.fromkeys(("max", "min"), _SINGLE),
    **dict.fromkeys(("first", "last"), _COUNTLESS),
    **dict.fromkeys(("length", "count"), _COUNTLESS),
    **dict.fromkeys(("items", "dictsort"), SCALARS | _kinds("list")),
}
#: What is no good for rounds, and for the number of them.
_NOT_LISTED = _SINGLE
_NO_COUNT = TEXTS | _FROM_TEXTS
#: By test the kinds of which it never holds.
_NEVER: Mapping[str, Kinds] = {
    **dict.fromkeys(("number", "integer", "float"), TEXTS | _kinds("boolean", "mapping", "money", "list")),
    **dict.fromkeys(("even", "odd", "divisibleby"), TEXTS | _kinds("mapping", "money", "list")),
    **dict.fromkeys(("boolean", "true", "false"), TEXTS | _kinds("number", "mapping", "money", "list")),
    "string": _kinds("number", "boolean", "mapping", "money", "list"),
    "mapping": SCALARS | _kinds("list"),
}
_OF_NUMBERS = frozenset({"number", "integer", "float", "even", "odd", "divisibleby"})
_OF_TEXTS = frozenset({"upper", "lower", "title", "capitalize", "trim", "truncate", "replace", "urlencode"})
_FORMATS = frozenset({"short", "medium", "long", "full"})
_QUOTED = re.compile(r"'[^']*'")


def values_shown_as_json(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each mapping or list that a text shows as it is: people read JSON."""
    for compiled, use, values in uses_of(flows, "shown"):
        if values.kinds <= _CONTAINERS:
            message = f"{use.operand} is {kinds_in_words(values)}, and is said as JSON"
            yield Problem.at(SHOWN_AS_JSON, message, compiled.file, use, _readable(use.operand, values))


def _readable(operand: Operand, values: Values) -> str:
    """How to say a value so that people can read it."""
    if values.kinds == {"money"}:
        return f"write {{{{ {operand} | money }}}}"
    if values.kinds == {"list"}:
        return f"write {{{{ {operand} | join(', ') }}}}, or tell each in a loop"
    parts = [f"{{{{ {operand}.{part} }}}}" for part in values.parts]
    return f"write {' and '.join(parts)}" if parts else f"write what you mean of it, such as {operand}.name"


def misused_filters(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each filter that is given what it can do nothing with."""
    for compiled, use, values in uses_of(flows, "filtered"):
        if values.kinds <= _UNFIT.get(use.by, frozenset()):
            message = f'{use.operand} is {kinds_in_words(values)}: "{use.by}" is not for that'
            yield Problem.at(FILTER_MISUSED, message, compiled.file, use, _instead(use, values))
        elif use.by == "money" and values.kinds == {"number"} and not use.given:
            message = f'{use.operand} is a number, and "money" is told no currency'
            yield Problem.at(FILTER_MISUSED, message, compiled.file, use, "write money('EUR')")
        elif use.by == "date_format" and use.given and isinstance(use.given[0], str):
            yield from _date_pattern(compiled, use, values, use.given[0])


def loops_over_no_list(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each loop through what is no list: the letters of a text, a number."""
    for compiled, use, values in uses_of(flows, "looped"):
        if use.by == "range" and values.kinds <= _NO_COUNT:
            message = f'{use.operand} is {kinds_in_words(values)}, and "range" wants a number'
            hint = f"write {use.operand} | int, or ask with type: integer" if values.kinds == {"text"} else ""
        elif use.by != "range" and values.kinds <= _NOT_LISTED:
            message = f"{use.operand} is {kinds_in_words(values)}, and no list to go through"
            hint = ""
            if values.kinds == {"number"}:
                hint = f"write {{{{ range({use.operand}) | list }}}}"
            elif values.kinds == {"text"}:
                hint = f"write {{{{ {use.operand}.split(',') }}}}"
        else:
            continue
        yield Problem.at(FILTER_MISUSED, message, compiled.file, use, hint)


def impossible_tests(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each test of what never passes it, and for each condition that is one of two words, both
    of which hold: yes and no."""
    for compiled, use, values in uses_of(flows, "tested"):
        listed = values.listed if values.kinds == {"text"} and values.listed else ()
        if use.by and values.kinds <= _NEVER.get(use.by, frozenset()):
            message = f'{use.operand} is {kinds_in_words(values)}, so that it is never "{use.by}"'
            hint = "ask with type: number" if values.kinds == {"text"} and use.by in _OF_NUMBERS else ""
            yield Problem.at(NEVER_EQUAL, message, compiled.file, use, hint)
        elif not use.by and listed and (YES | NO).issuperset(map(str.lower, listed)):
            message = f"{use.operand} is {' or '.join(listed)}: both are texts, and so it always holds"
            hint = f"write {use.operand} == '{listed[0]}', or ask with type: yes_no"
            yield Problem.at(CONSTANT_CONDITION, message, compiled.file, use, hint)


def unknown_locales_and_states(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each answer that is taken for a locale and is none, or for a state that no flow has."""
    states = {DEFAULT_STATE, *(name for compiled in flows.files for name in compiled.states)}
    for compiled, use, values in uses_of(flows, "named"):
        for word in values.listed or ():
            if use.by == "locale" and not is_locale(word):
                meant = locale_of_language_name(word) or "en"
                message = f'{use.operand} may be "{word}", which is no locale'
                hint = f"let the value be {meant}, and the title {word}: {{value: {meant}, title: {word}}}"
                yield Problem.at(UNKNOWN_LOCALE, message, compiled.file, use, hint, "warning")
                break
            if use.by == "state" and word not in states:
                message = f'{use.operand} may be "{word}", and no flow has a state of that name'
                yield Problem.at(UNKNOWN_STATE, message, compiled.file, use, did_you_mean(word, states))
                break


def _instead(use: ValueUse, values: Values) -> str:
    name, by = use.operand, use.by
    if by == "join" and values.kinds <= TEXTS:
        return "its letters would be joined: leave the filter away"
    if values.kinds == {"money"}:
        return f"write {name} | money" if by in ("number", "money", "join") else f"write {name}.value | {by}"
    if values.kinds == {"list"}:
        return f"write {name} | join(', ') | {by}" if by in _OF_TEXTS else f"write {name} | first | {by}"
    if values.kinds == {"mapping"} and values.parts:
        return f"write {name}.{next(iter(values.parts))} | {by}"
    if values.kinds <= {"date", "time", "datetime"} and by in ("int", "float", "number", "round"):
        pattern = "H" if values.kinds == {"time"} else "d"
        return f"write {name} | date_format('{pattern}') | int"
    if by == "date_format" and values.kinds == {"number"}:
        return "write number, or ask with type: date"
    return "leave the filter away, or keep something else"


def _date_pattern(compiled: CompiledFlow, use: ValueUse, values: Values, pattern: str) -> Iterator[Problem]:
    """A pattern for hours where the value is a day, or for days where it is a time."""
    bare = _QUOTED.sub("", pattern)
    if pattern in _FORMATS or len(values.kinds) != 1:
        return
    (kind,) = values.kinds
    if kind == "date" and re.search(r"[HhmsaK]", bare):
        message, hint = (
            f"{use.operand} is a day, which has no hours",
            "ask with type: datetime, or leave them out",
        )
    elif kind == "time" and re.search(r"[dMyEYD]", bare):
        message, hint = (
            f"{use.operand} is a time of day, which has no date",
            "write HH:mm, or ask with type: datetime",
        )
    else:
        return
    yield Problem.at(DATE_PATTERN, message, compiled.file, use, hint)


def uses_of(flows: FlowSet, how: str) -> Iterator[tuple[CompiledFlow, ValueUse, Values]]:
    """The uses of one sort, each with what the value may be."""
    known = flows.known
    for compiled, graph in flows.compiled:
        for use in dict.fromkeys(use for use in compiled.value_uses if use.how == how):
            node = graph.flow.nodes.get(use.node)
            is_run = node is not None and not node.disabled
            values = known.of(use.operand, graph, node, use.setting) if is_run else None
            if values is not None and values.kinds:
                yield compiled, use, values
