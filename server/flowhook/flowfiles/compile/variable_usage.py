"""Variables of a conversation, ``context.…`` and ``session.…``: who sets them, who reads them too early.

Said only what is certain. A backend may set any variable and so may the code of a plugin, so that a
reading is wrong only where nothing in the flows can have set it; and a reading that is prepared to find
nothing (``default``, ``is defined``, a bare test) is never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from jinja2 import nodes

from flowhook.engine.expressions import Expressions
from flowhook.engine.expressions.analysis import static_path
from flowhook.engine.flow import Flow, FlowNode
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.flowfiles.compile.references import is_template, texts_in
from flowhook.problems.catalogue import READ_TOO_EARLY, UNSET_VARIABLE, Code
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Document, Path
from flowhook.yamldoc.source_map import position_of

Names = tuple[str, ...]
WaysOut = Callable[[str], Iterable[str]]

ROOTS = ("context", "session")
_PATH = re.compile(r"(?:context|session)(?:\.[^.\s{}\[\]]+)+\Z")
_IN_SCRIPT = re.compile(r"\b(context)(?:\.(\w+)|\[\s*['\"](\w+)['\"]\s*\])")
_OPERATOR = r"\s*(?:[=!<>]=|<|>)\s*['\"]"
_COMPARES = re.compile(r"[=!<>]=?\s*['\"]")
_MAY_READ = re.compile(r"\b(?:context|session)\b")
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


@dataclass(frozen=True, slots=True)
class Comparison:
    """A variable compared with a text that stands in the expression."""

    names: Names
    text: str
    line: int
    column: int
    length: int


@dataclass(slots=True)
class Variables:
    """What the nodes of one flow do with variables."""

    readings: list[Reading] = field(default_factory=list)
    comparisons: list[Comparison] = field(default_factory=list)
    settings: dict[str, set[Names]] = field(default_factory=dict)  #: by place
    anything: bool = False  #: a path is computed, or a plugin's code may set what it likes

    def take(self, place: str, settings: NodeSettings, written: Document, lines: Sequence[str]) -> None:
        """Note what one node reads and sets."""
        sets, anything = _set_by(settings)
        if sets:
            self.settings.setdefault(place, set()).update(sets)
        self.anything |= anything
        self.readings += dict.fromkeys(_readings(place, settings, written, lines))
        self.comparisons += dict.fromkeys(_comparisons(settings, written, lines))


# --- who sets what ---------------------------------------------------------------------------------


def _set_by(settings: NodeSettings) -> tuple[set[Names], bool]:
    """The paths that a node's settings name outside its expressions, and whether there may be more."""
    kind = settings.node_type
    if kind.empties_paths:
        return set(), False
    paths: set[Names] = set()
    anything = kind.sets_freely(settings.raw)
    for path, text in _words_in((), settings.raw):
        marks = settings.marks(path)
        if "script" in marks:
            paths |= {(found[1], found[2] or found[3]) for found in _IN_SCRIPT.finditer(text)}
        elif "condition" not in marks:
            if _PATH.match(text):
                paths.add(tuple(text.split(".")))
            anything = anything or ("path" in marks and is_template(text))
    for field_ in kind.model_fields.values():  # a plugin's node may keep something without being told where
        if isinstance(field_.default, str) and _PATH.match(field_.default):
            paths.add(tuple(field_.default.split(".")))
    return paths, anything


def _words_in(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """Every text in a value with its path, keys too."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, part in value.items():
            yield path, str(key)
            yield from _words_in((*path, key), part)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _words_in((*path, index), part)


# --- who reads what --------------------------------------------------------------------------------


def _readings(
    place: str, settings: NodeSettings, written: Document, lines: Sequence[str]
) -> Iterator[Reading]:
    for path, text in texts_in((), written.data):
        if not _MAY_READ.search(text) or not (text in settings.conditions or is_template(text)):
            continue
        for names, wants in _read_by(settings.expressions, text).items():
            written_as = r"\s*\.\s*".join(map(re.escape, names))
            found = re.search(rf"\b{written_as}\b", text)
            start = found.start() if found else 0
            line, column = position_of(lines, written.span(path), text, start)
            length = found.end() - start if found else 1
            yield Reading(place, names, wants, line, column, length)


def _comparisons(settings: NodeSettings, written: Document, lines: Sequence[str]) -> Iterator[Comparison]:
    for path, text in texts_in((), written.data):
        if not _COMPARES.search(text) or not (text in settings.conditions or is_template(text)):
            continue
        for names, other in _compared_by(settings.expressions, text):
            found = re.search(r"\s*\.\s*".join(map(re.escape, names)) + _OPERATOR + re.escape(other), text)
            if found:
                line, column = position_of(lines, written.span(path), text, found.start())
                yield Comparison(names, other, line, column, len(found[0]) + 1)


@lru_cache(maxsize=4096)
def _compared_by(expressions: Expressions, source: str) -> tuple[tuple[Names, str], ...]:
    tree = expressions.tree(source)
    compared = [tree] if isinstance(tree, nodes.Compare) else []
    found: list[tuple[Names, str]] = []
    for node in [*compared, *tree.find_all(nodes.Compare)]:
        names, other = _variable(node.expr), node.ops[0].expr
        if names and len(node.ops) == 1 and isinstance(other, nodes.Const) and isinstance(other.value, str):
            found.append((names, other.value))
    return tuple(dict.fromkeys(found))


@lru_cache(maxsize=4096)
def _read_by(expressions: Expressions, source: str) -> dict[Names, bool]:
    """Remembered: a reload compiles a whole flow again for one line of it."""
    return readings_of(expressions.tree(source))


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
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):  # of a method: what has it
        _collect(node.node.node, found, patient, free=False)
        for given in (*node.args, *node.kwargs):
            _collect(given, found, patient, free=False)
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
    if isinstance(node, nodes.Or):
        return free or child is node.left
    if isinstance(node, nodes.Not | nodes.And):
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
    entries: frozenset[str]  #: places that may be entered at any time: by intents, offers, from elsewhere


def check_variables(flows: Sequence[FlowVariables]) -> Iterator[Problem]:
    """A warning for each reading of what nothing sets, or what is set later only."""
    set_in = {flow.flow.name: _all_set(flow) for flow in flows}
    known = _Paths(path for paths in set_in.values() for path in paths)
    anything = any(flow.variables.anything for flow in flows)
    homes: dict[Names, set[str]] = {}
    for name, paths in set_in.items():
        for path in paths:
            homes.setdefault(path, set()).add(name)
    for flow in flows:
        always = _Paths([*_leaves(("context",), flow.flow.context), *_stored(flow.flow)])
        elsewhere = _Paths(path for path, names in homes.items() if names - {flow.flow.name})
        asked = _asked(flow)
        late: list[Reading] = []
        for reading in dict.fromkeys(flow.variables.readings):
            if not known.touch(reading.names):
                sure = not anything and reading.wants and not asked.touch(reading.names)
                yield from _unknown(reading, flow.flow, known, sure=sure)
            elif reading.wants and not always.touch(reading.names) and not elsewhere.touch(reading.names):
                late.append(reading)
        yield from _too_early(flow, late)


def touches(paths: Iterable[Names], names: Names) -> bool:
    """Whether one of the paths is a variable, holds it, or lies in it."""
    return _Paths(paths).touch(names)


class _Paths:
    """Paths, and whether one of them is a variable, holds it, or lies in it."""

    def __init__(self, paths: Iterable[Names]) -> None:
        self.paths = set(paths)
        self._above = {path[:length] for path in self.paths for length in range(1, len(path))}

    def touch(self, names: Names) -> bool:
        """Whether they have to do with the variable."""
        holds = any(names[:length] in self.paths for length in range(1, len(names) + 1))
        return holds or names in self._above


def _all_set(each: FlowVariables) -> set[Names]:
    own = (path for paths in each.variables.settings.values() for path in paths)
    return {*own, *_leaves(("context",), each.flow.context), *_stored(each.flow)}


def _stored(flow: Flow) -> Iterator[Names]:
    """Where the flow's slots are kept."""
    return (rule.store for rule in flow.slots.values() if rule.store)


def _leaves(above: Names, value: Any) -> Iterator[Names]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _leaves((*above, str(key)), part)
    elif len(above) > 1:
        yield above


def _unknown(reading: Reading, flow: Flow, known: _Paths, *, sure: bool) -> Iterator[Problem]:
    """A reading of what nothing sets. One that is prepared for that may wait for a backend to set it, and
    where code may set anything: only what looks misspelt is told."""
    name = ".".join(reading.names)
    hint = did_you_mean(name, sorted(_like(reading.names, known)))
    if not hint and not sure:
        return
    if not hint:
        hint = f'set it, declare it under "context:", or write {name} | default(…)'
    yield _problem(UNSET_VARIABLE, f"nothing sets {name}", reading, flow, hint)


def _like(names: Names, known: _Paths) -> Iterator[str]:
    """The known paths that may have been meant: of the same length, one name of them misspelt."""
    for path in known.paths | known._above:
        other = [(one, two) for one, two in zip(names, path, strict=False) if one != two]
        if len(path) == len(names) and len(other) == 1 and did_you_mean(*_pair(other[0])):
            yield ".".join(path)


def _pair(words: tuple[str, str]) -> tuple[str, list[str]]:
    return words[0], [words[1]]


# --- read before it is set -------------------------------------------------------------------------


def _too_early(each: FlowVariables, readings: Sequence[Reading]) -> Iterator[Problem]:
    """Readings at places that no setting of the variable leads to. Where the flow asks anywhere whether
    the variable is there, it is taken to know what it does."""
    if not readings or each.variables.anything:
        return
    asked = _asked(each)
    for reading in readings:
        if asked.touch(reading.names) or _sets_itself(each, reading):
            continue
        setters = [
            place for place, paths in each.variables.settings.items() if _Paths(paths).touch(reading.names)
        ]
        if setters and reading.place in _before(each, frozenset(setters)):
            name = ".".join(reading.names)
            message = f"{name} is read before anything sets it"
            hint = f"move what sets it up, or write {name} | default(…)"
            yield _problem(READ_TOO_EARLY, message, reading, each.flow, hint)


def _asked(each: FlowVariables) -> _Paths:
    """The variables of which a flow asks somewhere whether they are there: it knows that they may not be."""
    return _Paths(reading.names for reading in each.variables.readings if not reading.wants)


def _sets_itself(each: FlowVariables, reading: Reading) -> bool:
    """Whether the node that reads it sets it, too, and may do so before: a question and its confirmation."""
    own = each.variables.settings.get(reading.place)
    place = each.flow.nodes.get(reading.place)
    return own is not None and place is not None and place.type.waits and _Paths(own).touch(reading.names)


def _before(each: FlowVariables, setters: frozenset[str]) -> set[str]:
    """The places that a session can only come to before it has been at one of ``setters``, ever."""
    early = _reachable(each, [str(each.flow.first)], setters)
    after = [target for place in setters for target in each.ways_out(place)]
    later = _reachable(each, [*after, *each.entries, *_of_later_rounds(each, early)], frozenset())
    return early - later


def _of_later_rounds(each: FlowVariables, early: set[str]) -> Iterator[str]:
    """Where a condition may lead that holds only when the flow runs another time."""
    for key in early:
        place = each.flow.nodes[key]
        if not place.type.decides:
            continue
        first = place.type.first_takes if place.type.remembers else None
        if first is not None:
            yield from (way for name, way in place.branches.items() if name != first and isinstance(way, str))
        if place.type.remembers:
            if first is None or isinstance(place.below, str):
                yield from each.ways_out(key)
        elif _may_tell_rounds_apart(each, place, early):
            yield from each.ways_out(key)


def _may_tell_rounds_apart(each: FlowVariables, place: FlowNode, early: set[str]) -> bool:
    kept = place.settings.names & {"profile", "history", "session"}
    return bool(kept) or _asks_what_is_unset(each, place.key, early)


def _asks_what_is_unset(each: FlowVariables, key: str, early: set[str]) -> bool:
    """Whether a condition reads what no place sets that a session has been at before this one."""
    always = _Paths([*_leaves(("context",), each.flow.context), *_stored(each.flow)])
    sets = _Paths(path for place in early for path in each.variables.settings.get(place, ()))
    return any(
        reading.place == key and not sets.touch(reading.names) and not always.touch(reading.names)
        for reading in each.variables.readings
    )


def _reachable(each: FlowVariables, starts: Iterable[str], barriers: frozenset[str]) -> set[str]:
    """All places from ``starts`` on; what lies behind a barrier is not looked at."""
    seen: set[str] = set()
    todo = [start for start in starts if start in each.flow.nodes]
    while todo:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        if place not in barriers:
            todo.extend(target for target in each.ways_out(place) if target in each.flow.nodes)
    return seen


def _problem(code: Code, message: str, reading: Reading, flow: Flow, hint: str) -> Problem:
    return Problem.at(code, message, flow.file, reading, hint)
