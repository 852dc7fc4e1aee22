"""Variables of a conversation, ``context.…`` and ``session.…``: who sets them, who reads them too early.

Said only what is certain. A backend may set any variable and so may the code of a plugin, so that a
reading is wrong only where nothing in the flows can have set it; and a reading that is prepared to find
nothing (``default``, ``is defined``, a bare test) is never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jinja2 import nodes

from flowhook.engine.flow import Flow
from flowhook.engine.settings import Settings
from flowhook.engine.trees import static_path
from flowhook.flowfiles.diagnostics import Problem, did_you_mean
from flowhook.flowfiles.positions import place_in
from flowhook.flowfiles.references import is_template, texts_in
from flowhook.flowfiles.source import Document

Names = tuple[str, ...]
WaysOut = Callable[[str], Iterable[str]]

ROOTS = ("context", "session")
_PATH = re.compile(r"(?:context|session)(?:\.[^.\s{}\[\]]+)+\Z")
_IN_SCRIPT = re.compile(r"\b(context)(?:\.(\w+)|\[\s*['\"](\w+)['\"]\s*\])")
#: Filters and tests for which a value need not be there.
_PATIENT_FILTERS = frozenset({"default", "d"})
_PATIENT_TESTS = frozenset({"defined", "undefined", "none"})


@dataclass(frozen=True, slots=True)
class Reading:
    """A variable read at a place. ``wants``: the reading makes no sense before it is set."""

    place: str
    names: Names
    wants: bool
    line: int
    column: int
    length: int


@dataclass(slots=True)
class Variables:
    """What one flow does with variables."""

    readings: list[Reading] = field(default_factory=list)
    settings: dict[str, set[Names]] = field(default_factory=dict)  #: by place
    anything: bool = False  #: a path is computed, or a plugin's code may set what it likes

    def take(self, place: str, settings: Settings, written: Document, lines: Sequence[str]) -> None:
        """Note what one node reads and sets."""
        sets, anything = _set_by(settings)
        if sets:
            self.settings.setdefault(place, set()).update(sets)
        self.anything |= anything
        self.readings += dict.fromkeys(_readings(place, settings, written, lines))


# --- who sets what ---------------------------------------------------------------------------------


def _set_by(settings: Settings) -> tuple[set[Names], bool]:
    """The paths that a node's settings name outside its expressions, and whether there may be more."""
    kind = settings.node_type
    defaults = {name: info.default for name, info in kind.model_fields.items()}
    paths: set[Names] = set()
    anything = kind.asynchronous
    for name, value in {**defaults, **settings.raw}.items():
        if "condition" in settings.marks(name):
            continue
        for text in _words_in(value):
            if _PATH.match(text):
                paths.add(tuple(text.split(".")))
            anything = anything or ("path" in settings.marks(name) and is_template(text))
        if kind.key == "code" and isinstance(value, str):
            paths |= {(found[1], found[2] or found[3]) for found in _IN_SCRIPT.finditer(value)}
    return paths, anything


def _words_in(value: Any) -> Iterator[str]:
    """Every text in a value, keys too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield str(key)
            yield from _words_in(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _words_in(part)


# --- who reads what --------------------------------------------------------------------------------


def _readings(place: str, settings: Settings, written: Document, lines: Sequence[str]) -> Iterator[Reading]:
    for path, text in texts_in((), written.data):
        if not (text in settings.conditions or is_template(text)):
            continue
        for names, wants in readings_of(settings.expressions.tree(text)).items():
            written_as = r"\s*\.\s*".join(map(re.escape, names))
            found = re.search(rf"\b{written_as}\b", text)
            start = found.start() if found else 0
            line, column = place_in(lines, written.mark(path), text, start)
            length = found.end() - start if found else 1
            yield Reading(place, names, wants, line, column, length)


def readings_of(tree: nodes.Node) -> dict[Names, bool]:
    """The variables that an expression reads; True for those that it needs to have a value."""
    found: dict[Names, bool] = {}
    patient: set[Names] = set()
    _collect(tree, found, patient, free=isinstance(tree, nodes.Expr))
    return {
        names: wants and not any(names[: len(each)] == each for each in patient)
        for names, wants in found.items()
    }


def _collect(node: nodes.Node, found: dict[Names, bool], patient: set[Names], *, free: bool) -> None:
    """``free``: here a variable is only asked whether it is there."""
    names = _variable(node)
    if names is not None:
        found[names] = found.get(names, False) or not free
        if free:
            patient.add(names)
        return
    if isinstance(node, nodes.Filter) and node.name in _PATIENT_FILTERS and node.node is not None:
        _forgive(node.node, patient)
        for argument in node.args:
            _collect(argument, found, patient, free=False)
        return
    if isinstance(node, nodes.Test) and node.name in _PATIENT_TESTS:
        _forgive(node.node, patient)
        return
    for child in node.iter_child_nodes():
        _collect(child, found, patient, free=_is_question(node, child, free))


def _forgive(node: nodes.Node, patient: set[Names]) -> None:
    """What a filter or test takes care of is no reading at all, wherever else it is read."""
    names = _variable(node)
    if names is not None:
        patient.add(names)
    else:
        for child in node.iter_child_nodes():
            _forgive(child, patient)


def _variable(node: nodes.Node) -> Names | None:
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        names = static_path(node)
        if names is not None and names[0] in ROOTS:
            return names
    return None


def _is_question(node: nodes.Node, child: nodes.Node, free: bool) -> bool:
    """Whether a child is only asked whether it holds, or compared for being the same."""
    if isinstance(node, nodes.Not | nodes.And | nodes.Or):
        return free
    if isinstance(node, nodes.CondExpr | nodes.If):
        return child is node.test
    if isinstance(node, nodes.Compare):
        return all(operand.op in ("eq", "ne", "in", "notin") for operand in node.ops)
    return isinstance(node, nodes.Operand) and node.op in ("eq", "ne", "in", "notin")


# --- rules over flows that were loaded together ----------------------------------------------------


@dataclass(frozen=True, slots=True)
class FlowVariables:
    """A flow with what it does with variables, and its graph."""

    flow: Flow
    variables: Variables
    ways_out: WaysOut
    entries: frozenset[str]  #: places at which it may be entered beside the first: by intents, from elsewhere


def check_variables(flows: Sequence[FlowVariables]) -> Iterator[Problem]:
    """A warning for each reading of what nothing sets, or what is set later only."""
    set_in = {each.flow.name: _all_set(each) for each in flows}
    known = frozenset().union(*set_in.values()) if set_in else frozenset()
    anything = any(each.variables.anything for each in flows)
    for each in flows:
        elsewhere = frozenset().union(*(paths for name, paths in set_in.items() if name != each.flow.name))
        defaults = frozenset(_leaves(("context",), each.flow.context))
        slots = frozenset(rule.store for rule in each.flow.slots.values() if rule.store)
        late: list[Reading] = []
        for reading in each.variables.readings:
            if not _touches(reading.names, known):
                problem = _unknown(reading, each.flow, known, sure=not anything)
                if problem is not None:
                    yield problem
            elif reading.wants and not _touches(reading.names, elsewhere | defaults | slots):
                late.append(reading)
        yield from _too_early(each, late)


def _all_set(each: FlowVariables) -> frozenset[Names]:
    stored = {rule.store for rule in each.flow.slots.values() if rule.store}
    defaults = set(_leaves(("context",), each.flow.context))
    return frozenset(stored | defaults).union(*each.variables.settings.values())


def _leaves(above: Names, value: Any) -> Iterator[Names]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _leaves((*above, str(key)), part)
    elif len(above) > 1:
        yield above


def _touches(names: Names, paths: Iterable[Names]) -> bool:
    """Whether one of the paths is the variable, holds it, or lies in it."""
    return any(names[: len(path)] == path or path[: len(names)] == names for path in paths)


def _unknown(reading: Reading, flow: Flow, known: Iterable[Names], *, sure: bool) -> Problem | None:
    name = ".".join(reading.names)
    hint = did_you_mean(name, sorted({".".join(path) for path in known}))
    if not sure and not hint:
        return None
    if not hint:
        hint = "set it, give it a default under \"context:\", or write | default('…')"
    message = f"nothing sets {name}"
    return _problem("unset-variable", message, reading, flow, hint)


def _too_early(each: FlowVariables, readings: Sequence[Reading]) -> Iterator[Problem]:
    """Readings at places that no setting of the variable leads to."""
    wanted = sorted({reading.names for reading in readings})
    if not wanted or each.variables.anything:
        return
    bits = {names: 1 << index for index, names in enumerate(wanted)}
    sets = {
        place: sum(bits[names] for names in wanted if _touches(names, paths))
        for place, paths in each.variables.settings.items()
    }
    before = _reaching(each, sets)
    for reading in readings:
        if reading.place in before and not before[reading.place] & bits[reading.names]:
            name = ".".join(reading.names)
            message = f"{name} is read before anything has set it"
            hint = "move what sets it up, or write | default('…')"
            yield _problem("read-too-early", message, reading, each.flow, hint)


def _reaching(each: FlowVariables, sets: Mapping[str, int]) -> dict[str, int]:
    """For each place that can be reached: what may have been set on the way there, as bits."""
    before: dict[str, int] = {}
    todo = [place for place in (each.flow.first, *each.entries) if place in each.flow.places]
    for place in todo:
        before[str(place)] = 0
    queue = [str(place) for place in todo]
    while queue:
        place = queue.pop()
        after = before[place] | sets.get(place, 0)
        for target in each.ways_out(place):
            known = before.get(target)
            if known is None or after & ~known:
                before[target] = after | (known or 0)
                queue.append(target)
    return before


def _problem(code: str, message: str, reading: Reading, flow: Flow, hint: str) -> Problem:
    return Problem(
        code, message, flow.file, reading.line, reading.column,
        severity="warning", hint=hint, length=reading.length,
    )  # fmt: skip
