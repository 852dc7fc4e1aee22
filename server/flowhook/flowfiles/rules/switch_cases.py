"""Cases of a ``switch`` that can never match and comparisons that never hold, because the value is the
answer to questions whose answers are known: true and false of ``yes_no``, the values of a ``choice``,
numbers.

Said only where nothing else can be the value: no other node, slot, default, script or plugin keeps it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowhook.engine.flow import FlowNode
from flowhook.extraction.safe_regex import is_pattern
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import CaseSpot, is_template
from flowhook.flowfiles.compile.variable_usage import Comparison, FlowVariables, Names, touches
from flowhook.problems.catalogue import CASE_NEVER_MATCHES, NEVER_EQUAL
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean

_VALUE = re.compile(r"\s*((?:context|session)(?:\.\w+)+|input\.result)\s*\Z")
_YES = frozenset({"yes", "y", "ja", "oui", "sí", "si", "ok"})
_NO = frozenset({"no", "n", "nein", "non"})
RESULT = ("input", "result")


@dataclass(frozen=True, slots=True)
class Answers:
    """What a value may be, null aside."""

    values: tuple[str, ...]
    yes_no: bool = False
    numbers: bool = False  #: numbers, of which none is listed

    def plus(self, other: Answers) -> Answers:
        """What it may be when it comes from either of two questions."""
        values = tuple(dict.fromkeys([*self.values, *other.values]))
        return Answers(values, self.yes_no or other.yes_no, self.numbers or other.numbers)


YES_NO = Answers(("true", "false"), True)
NUMBERS = Answers((), numbers=True)


def never_matching(flows: Sequence[tuple[CompiledFlow, FlowVariables]]) -> Iterator[Problem]:
    """A warning for each case outside the answers that its switch can come to see, and for each text with
    which answers are compared that are none."""
    kept = _Kept([each for _, each in flows])
    for compiled, each in flows:
        cases: dict[str, list[CaseSpot]] = {}
        for spot in compiled.cases:
            cases.setdefault(spot.place, []).append(spot)
        for key, spots in cases.items():
            place = each.flow.nodes.get(key)
            source = str(place.settings.raw.get("value", "")) if place is not None else ""
            found = _VALUE.match(source)
            if place is None or place.disabled or found is None:
                continue
            names = tuple(found[1].split("."))
            answers = _just_given(each, place) if names == RESULT else kept.answers(names)
            if answers is not None and not answers.numbers:
                yield from _outside(compiled.file, source.strip(), spots, answers)
        for comparison in dict.fromkeys(each.variables.comparisons):
            answers = kept.answers(comparison.names)
            if answers is not None:
                yield from _never_equal(compiled.file, comparison, answers)


def _never_equal(file: str, comparison: Comparison, answers: Answers) -> Iterator[Problem]:
    """A number, or true, is no text, whatever the text says."""
    name, text = ".".join(comparison.names), comparison.text
    if answers == NUMBERS:
        what, hint = "a number, and not a text", f"write {text} without quotes" if _is_number(text) else ""
    elif answers == YES_NO:
        what, hint = "true or false, and not a text", f"write {name}, or not {name}"
    else:
        return
    message = f'{name} is {what}, so comparing it with "{text}" makes no sense'
    yield Problem.at(NEVER_EQUAL, message, file, comparison, hint)


def _is_number(text: str) -> bool:
    return re.fullmatch(r"-?[0-9]+(?:\.[0-9]+)?", text) is not None


def _outside(file: str, value: str, spots: Iterable[CaseSpot], answers: Answers) -> Iterator[Problem]:
    known = {each.casefold() for each in answers.values}
    for spot in spots:
        if is_pattern(spot.case) or spot.case.casefold() in known:
            continue
        message = f'the case "{spot.case}" never matches: {value} is {_either(answers.values)}'
        yield Problem.at(CASE_NEVER_MATCHES, message, file, spot, _hint(spot.case, answers))


def _hint(case: str, answers: Answers) -> str:
    if answers.yes_no:
        word = case.casefold()
        meant = "true" if word in _YES else "false" if word in _NO else ""
        if meant:
            return f"a yes_no answer is true or false: write {meant}:"
    return did_you_mean(case, answers.values)


def _either(values: Sequence[str]) -> str:
    shown = [*values] if len(values) <= 6 else [*values[:5], "…"]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)


_LISTED = {"yes_no": YES_NO, "number": NUMBERS, "integer": NUMBERS}

# -- what stands at a path ------------------------------------------------------------------------


class _Kept:
    """What the nodes of all flows keep at a path."""

    def __init__(self, flows: Sequence[FlowVariables]) -> None:
        self.flows = flows
        self.anything = any(flow.variables.anything for flow in flows)
        self._at: dict[Names, list[FlowNode | None]] = {}  #: who keeps something at a path
        self._below: dict[Names, list[FlowNode | None]] = {}  #: or further down
        self._known: dict[Names, Answers | None] = {}
        for flow in flows:
            for key, paths in flow.variables.settings.items():
                for path in paths:
                    place = flow.flow.nodes.get(key)
                    self._at.setdefault(path, []).append(place)
                    for length in range(1, len(path)):
                        self._below.setdefault(path[:length], []).append(place)

    def answers(self, names: Names) -> Answers | None:
        """The answers that may stand there; None where something else may."""
        if self.anything:
            return None
        if names not in self._known:
            self._known[names] = self._found(names)
        return self._known[names]

    def _found(self, names: Names) -> Answers | None:
        if any(_touched_before(flow, names) for flow in self.flows):
            return None
        places = list(self._below.get(names, ()))
        for length in range(1, len(names) + 1):
            places += self._at.get(names[:length], ())
        return _together([_kept_by(place, names) if place is not None else None for place in places])


def _touched_before(each: FlowVariables, names: Names) -> bool:
    """Whether a slot or a default of the flow has to do with the path. A default of null says nothing."""
    stored = [rule.store for rule in each.flow.slots.values() if rule.store]
    if touches(stored, names):
        return True
    value: Any = each.flow.context
    for name in names[1:] if names[0] == "context" else ():
        if not isinstance(value, Mapping) or name not in value:
            return value is not None and not isinstance(value, Mapping)
        value = value[name]
    return names[0] == "context" and value is not None


def _kept_by(place: FlowNode, names: Names) -> Answers | None:
    """What one place keeps there; None where that is not known."""
    path = ".".join(names)
    questions = place.type.questions_in(place.settings.raw)
    touching = [
        question
        for question in questions
        if touches([tuple(str(question.get("store", "")).split("."))], names)
    ]
    if not all(question.get("store") == path for question in touching):
        return None
    return _together([_answers_to(question) for question in touching])


def _answers_to(ask: Mapping[str, Any]) -> Answers | None:
    """The answers that a question may have; None for all that cannot be listed."""
    if "slot" in ask:
        return None
    if ask.get("type") in _LISTED:
        return _LISTED[ask["type"]]
    if ask.get("type") != "choice" or not isinstance(ask.get("choices"), list):
        return None
    written = [each.get("value") if isinstance(each, Mapping) else each for each in ask["choices"]]
    values = tuple(value for value in written if isinstance(value, str) and not is_template(value))
    return Answers(values) if len(values) == len(written) else None


def _together(sources: Sequence[Answers | None]) -> Answers | None:
    if not sources:
        return None
    answers = Answers(())
    for source in sources:
        if source is None:
            return None
        answers = answers.plus(source)
    return answers


# -- right after a question -----------------------------------------------------------------------


def _just_given(each: FlowVariables, switch: FlowNode) -> Answers | None:
    """The answers to the questions that alone lead to a switch over ``input.result``."""
    flow = each.flow
    if switch.key == flow.first or switch.key in each.entries:
        return None
    before = [place for place in flow.nodes.values() if switch.key in each.ways_out(place.key)]
    return _together([_given_at(place, switch.key) for place in before])


def _given_at(place: FlowNode, target: str) -> Answers | None:
    leads = [way for way, to in place.branches.items() if to == target]
    if (
        not (place.type.is_question and place.type.waits)
        or place.disabled
        or place.below != target
        or place.on_error == target
    ):
        return None
    if any(way != "on_fail" for way in leads) or "skip_if" in place.settings.raw:
        return None
    return _answers_to(place.settings.raw)
