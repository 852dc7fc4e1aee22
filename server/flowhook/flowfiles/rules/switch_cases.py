"""Cases of a ``switch`` that can never match, because the value is the answer to questions whose answers are
known: true and false of ``yes_no``, the values of a ``choice``; and cases that were meant as patterns.

The algorithm is a join over all sources of a value: each question gives the set of its answers, the sets of
all questions that keep something at the path are united, and a case outside the union is told. A source that
is not a question makes the union unknown, and nothing is said; see
:mod:`~flowhook.flowfiles.rules.known_values`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from flowhook.extraction.safe_regex import is_pattern
from flowhook.flowfiles.compile.operations import Operand
from flowhook.flowfiles.compile.references import CasePosition
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.known_values import NO, YES, Values, listed
from flowhook.flowfiles.rules.value_types import is_malformed, kinds_in_words
from flowhook.i18n.locales import canonical, is_locale, locale_of_language_name
from flowhook.problems.catalogue import CASE_NEVER_MATCHES
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

_VALUE = re.compile(r"\s*((?:context|session|input|args|now)(?:\.\w+)+)\s*\Z")
_SLOT = re.compile(r"\s*(input\.slots\.\w+)\s*\Z")


def impossible_cases(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each case outside the values that its switch can come to see."""
    known = flows.known
    for compiled, graph in flows.compiled if flows.complete else ():
        cases: dict[str, list[CasePosition]] = {}
        for position in compiled.cases:
            cases.setdefault(position.node, []).append(position)
        for key, positions in cases.items():
            node = graph.flow.nodes.get(key)
            source = str(node.settings.raw.get(node.type.main or "", "")) if node is not None else ""
            found = _VALUE.match(source)
            if node is None or node.disabled:
                continue
            if slot := _SLOT.match(source):
                message = f"{slot[1]} is a list, and no case is one"
                yield Problem.at(
                    CASE_NEVER_MATCHES, message, compiled.file, compiled.places[key], f"write {slot[1]}[0]"
                )
            if found is None:
                continue
            values = known.of(Operand(tuple(found[1].split("."))), graph, node)
            if values is not None and values.listed is not None:
                yield from _outside(compiled.file, source.strip(), positions, values, values.listed)
            elif values is not None and values.kinds and values.kinds <= {"mapping", "money", "list"}:
                part = _PARTS.get(source.strip()) or next(iter(values.parts), "")
                meant = f"{source.strip()}[0]" if values.kinds == {"list"} else f"{source.strip()}.{part}"
                message = f"{source.strip()} is {kinds_in_words(values)}, and no case is one"
                hint = f"write {meant}" if part or values.kinds == {"list"} else ""
                yield Problem.at(CASE_NEVER_MATCHES, message, compiled.file, compiled.places[key], hint)
            elif values is not None and len(values.kinds) == 1:
                yield from _malformed(compiled.file, source.strip(), positions, values)


def _outside(
    file: str, source: str, positions: Iterable[CasePosition], values: Values, possible: tuple[str, ...]
) -> Iterator[Problem]:
    folded = {value.casefold() for value in possible}
    for position in positions:
        if is_pattern(position.case) or position.case.casefold() in folded:
            continue
        message = f'the case "{position.case}" never matches: {source} is {listed(possible)}'
        hint = did_you_mean(position.case, possible) if "number" not in values.kinds else ""
        if "boolean" in values.kinds:
            word = position.case.casefold()
            meant = "true" if word in YES else "false" if word in NO else ""
            hint = f"a yes_no answer is true or false: write {meant}:" if meant else hint
        yield Problem.at(CASE_NEVER_MATCHES, message, file, position, hint)


_PARTS = {"input.handover": "status", "input.activeQuestion": "node"}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?\Z")
_NOTHING = frozenset({"", "none", "null"})
_FORMS = frozenset({"date", "time", "datetime"})


def _malformed(
    file: str, source: str, positions: Iterable[CasePosition], values: Values
) -> Iterator[Problem]:
    """Cases that are no number, date, time or locale, where the value is one."""
    (kind,) = values.kinds
    for position in positions:
        case = position.case
        if is_pattern(case) or case.casefold() in _NOTHING:
            continue
        hint = _locale_meant(case) if kind == "locale" else ""
        if (
            hint
            or (kind == "number" and not _NUMBER.match(case))
            or (kind in _FORMS and is_malformed(kind, case))
        ):
            message = f'the case "{case}" never matches: {source} is {kinds_in_words(values)}'
            yield Problem.at(CASE_NEVER_MATCHES, message, file, position, hint)


def _locale_meant(case: str) -> str:
    """What to write for the name of a language, or for a locale that is written otherwise."""
    meant = canonical(case) if is_locale(case) else locale_of_language_name(case)
    return f"write {meant}:" if meant is not None and meant.casefold() != case.casefold() else ""
