"""Variables of a conversation, ``context.…`` and ``session.…``, that nothing sets or that are read too early.

Said only what is certain. A backend may set any variable and so may the code of a plugin, so that a
reading is wrong only where nothing in the flows can have set it; and a reading that is prepared to find
nothing (``default``, ``is defined``, a bare test) is never wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, partial
from typing import Any

from flowhook.engine.flow import Flow, FlowNode
from flowhook.engine.settings.strings import strings_in
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.variable_usage import Names, PathSet, Reading
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import FlowGraph, reached_from
from flowhook.flowfiles.rules.names import ERROR_NAMES
from flowhook.problems.catalogue import READ_TOO_EARLY, UNSET_VARIABLE
from flowhook.problems.problem import Problem, Region
from flowhook.problems.suggestion import did_you_mean

ALIKE = 0.75  #: of two names, one of which is the other misspelt; "returned" and "extended" are no such names
_PATH = re.compile(r"(?:context|session|profile)(?:\.[^.\s{}\[\]]+)+\Z")


def unset_variables(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each reading of what nothing sets, or what is set later only. Told once all flows can
    be read: what is missing could be set in the one that cannot."""
    if not flows.complete:
        return
    every = [FlowVariables(compiled, graph) for compiled, graph in flows.compiled]
    known = PathSet(path for variables in every for path in variables.set_anywhere)
    anything = any(variables.anything for variables in every)
    setters: dict[Names, set[str]] = {}  #: by path the flows that set it
    for variables in every:
        for path in variables.set_anywhere:
            setters.setdefault(path, set()).add(variables.flow.name)
    for variables in every:
        elsewhere = PathSet(path for path, names in setters.items() if names - {variables.flow.name})
        late: list[Reading] = []
        for reading in dict.fromkeys(variables.readings):
            if not known.overlaps(reading.names):
                sure = not anything and reading.wants and not variables.asked.overlaps(reading.names)
                yield from _unset(reading, variables.flow, known, sure=sure)
            elif reading.wants and not any(
                paths.overlaps(reading.names) for paths in (variables.always, elsewhere)
            ):
                late.append(reading)
        yield from _too_early(variables, late)


def misspelt_paths(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each path of the profile that is read, and each path that is emptied, which nothing sets
    and which looks like one that something does. A caller may keep in a profile what it likes."""
    if not flows.complete:
        return
    written = {compiled.file: list(_paths_in(graph.flow)) for compiled, graph in flows.compiled}
    set_here = [path for paths in written.values() for node, path in paths if not node.type.empties_paths]
    for _, graph in flows.compiled:
        set_here += [*_leaves(("context",), graph.flow.context), *_stores(graph.flow)]
    kept = PathSet(set_here)
    for compiled, _ in flows.compiled:
        read = (use for use in compiled.value_uses if use.operand.names[:1] == ("profile",))
        found: list[tuple[Names, Region]] = [(use.operand.names, use) for use in dict.fromkeys(read)]
        found += [
            (path, compiled.places[node.key])
            for node, path in written[compiled.file]
            if node.type.empties_paths
        ]
        for path, region in found:
            hint = "" if kept.overlaps(path) else _misspelt(path, kept)
            if hint:
                message = f"nothing here sets {'.'.join(path)}"
                yield Problem.at(UNSET_VARIABLE, message, compiled.file, region, hint)


def _paths_in(flow: Flow) -> Iterator[tuple[FlowNode, Names]]:
    """The paths that stand in the settings of nodes, outside of expressions."""
    for node in flow.nodes.values():
        for _, text in strings_in((), node.settings.raw, keys=True):
            if _PATH.match(text):
                yield node, tuple(text.split("."))


def _misspelt(path: Names, kept: PathSet) -> str:
    """Which path may have been meant: one name of it is spelt otherwise."""
    for other in sorted(one for one in kept.paths if len(one) == len(path)):
        different = [(one, two) for one, two in zip(path, other, strict=True) if one != two]
        if len(different) == 1 and did_you_mean(different[0][0], [different[0][1]], cutoff=ALIKE):
            return did_you_mean(".".join(path), [".".join(other)])
    return ""


def unhandled_errors(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each reading of ``error`` where no flow takes a failure: then there is none."""
    nodes = [node for _, graph in flows.compiled for node in graph.flow.nodes.values()]
    taken = any(node.on_error is not False or "on_error" in node.branches for node in nodes)
    taken = taken or any(graph.flow.on_error is not False for _, graph in flows.compiled)
    if taken or not flows.complete or any(node.type.asynchronous for node in nodes):
        return
    for compiled, _ in flows.compiled:
        for use in dict.fromkeys(use for use in compiled.uses if use.kind == "error"):
            if use.name not in ERROR_NAMES:
                continue  # which is told anyway
            message = "there is an error only behind on_error, and no flow has one"
            hint = "read it in the nodes of an on_error"
            yield Problem.at(READ_TOO_EARLY, message, compiled.file, use, hint)


class FlowVariables:
    """What a flow does with variables, on its graph."""

    def __init__(self, compiled: CompiledFlow, graph: FlowGraph) -> None:
        self.flow = graph.flow
        self.graph = graph
        self.readings = compiled.variables.readings
        self.readings_at: dict[str, list[Reading]] = {}
        for reading in self.readings:
            self.readings_at.setdefault(reading.node, []).append(reading)
        self.sets = compiled.variables.sets
        self.anything = compiled.variables.anything
        defaults = [*_leaves(("context",), self.flow.context), *_stores(self.flow)]
        #: what has a value from the beginning, or as soon as it is said
        self.always = PathSet(defaults)
        self.set_anywhere: set[Names] = {*defaults, *(path for paths in self.sets.values() for path in paths)}
        #: of which the flow asks somewhere whether they are there: it knows that they may not be
        self.asked = PathSet(reading.names for reading in self.readings if not reading.wants)


def _stores(flow: Flow) -> Iterator[Names]:
    """Where the flow's slots are kept."""
    return (rule.store for rule in flow.slots.values() if rule.store)


def _leaves(above: Names, value: Any) -> Iterator[Names]:
    if isinstance(value, Mapping) and value:
        for key, part in value.items():
            yield from _leaves((*above, str(key)), part)
    elif len(above) > 1:
        yield above


def _unset(reading: Reading, flow: Flow, known: PathSet, *, sure: bool) -> Iterator[Problem]:
    """A reading of what nothing sets. One that is prepared for that may wait for a backend to set it, and
    where code may set anything: only what looks misspelt is told."""
    name = ".".join(reading.names)
    hint = did_you_mean(name, sorted(_similar(reading.names, known)))
    if not hint and not sure:
        return
    if not hint:
        hint = f'set it, declare it under "context:", or write {name} | default(…)'
    yield Problem.at(UNSET_VARIABLE, f"nothing sets {name}", flow.file, reading, hint)


def _similar(names: Names, known: PathSet) -> Iterator[str]:
    """The known paths that may have been meant: of the same length, one name of them misspelt."""
    for path in known.paths | known.prefixes:
        different = [(one, two) for one, two in zip(names, path, strict=False) if one != two]
        if len(path) == len(names) and len(different) == 1:
            [(one, two)] = different
            if did_you_mean(one, [two], cutoff=ALIKE):
                yield ".".join(path)


# --- read before it is set -------------------------------------------------------------------------


def _too_early(variables: FlowVariables, readings: Sequence[Reading]) -> Iterator[Problem]:
    """Readings at nodes that no setting of the variable leads to. Where the flow asks anywhere whether
    the variable is there, it is taken to know what it does.

    A dataflow problem, answered by two searches of the graph for each that is left by a first one for all:
    what can be come to before a setter, less what can be come to after one, or in another round of the flow.
    """
    if not readings or variables.anything:
        return
    graph = variables.graph
    beside = graph.reachable(graph.digressions())
    sets = _Setters(variables)
    waiting: list[tuple[Reading, frozenset[str]]] = []
    for reading in readings:
        if variables.asked.overlaps(reading.names) or _sets_itself(variables, reading):
            continue
        setters = sets.of(reading.names)
        if setters and not beside & setters:
            waiting.append((reading, setters))
    before = cache(partial(_before, variables))
    for reading, setters in _never_behind(variables, waiting):
        if reading.node in before(setters):
            name = ".".join(reading.names)
            message = f"{name} is read before anything sets it"
            hint = f"move what sets it up, or write {name} | default(…)"
            yield Problem.at(READ_TOO_EARLY, message, variables.flow.file, reading, hint)


class _Setters:
    """The nodes that set a variable, what holds it, or what lies in it, by path."""

    def __init__(self, variables: FlowVariables) -> None:
        self._at: dict[Names, set[str]] = {}
        self._below: dict[Names, set[str]] = {}
        for key, paths in variables.sets.items():
            for path in paths:
                self._at.setdefault(path, set()).add(key)
                for length in range(1, len(path)):
                    self._below.setdefault(path[:length], set()).add(key)

    def of(self, names: Names) -> frozenset[str]:
        above = (self._at.get(names[:length], ()) for length in range(1, len(names) + 1))
        return frozenset(self._below.get(names, ())).union(*above)


def _never_behind(
    variables: FlowVariables, readings: Sequence[tuple[Reading, frozenset[str]]]
) -> Iterator[tuple[Reading, frozenset[str]]]:
    """The readings, each with its setters, that no setter leads to, and no way into the flow from elsewhere.
    All of them are answered by one search, a bit for each set of setters; few are left, as a rule."""
    graph, nodes = variables.graph, variables.graph.flow.nodes
    bits: dict[frozenset[str], int] = {}
    for _, setters in readings:
        bits.setdefault(setters, 1 << len(bits))
    seeds: dict[str, int] = {}
    for setters, bit in bits.items():
        for target in (target for key in setters if key in nodes for target in graph.next_from(key)):
            seeds[target] = seeds.get(target, 0) | bit
    known = reached_from(nodes, cache(graph.next_from), seeds)
    anyhow = graph.reachable([*graph.entries, *graph.interruptions()])
    for reading, setters in readings:
        if reading.node not in anyhow and not known.get(reading.node, 0) & bits[setters]:
            yield reading, setters


def _sets_itself(variables: FlowVariables, reading: Reading) -> bool:
    """Whether the node that reads it sets it, too, and may do so before: a question and its confirmation."""
    own = variables.sets.get(reading.node)
    node = variables.flow.nodes.get(reading.node)
    return own is not None and node is not None and node.type.waits and PathSet(own).overlaps(reading.names)


def _before(variables: FlowVariables, setters: frozenset[str]) -> set[str]:
    """The nodes that a session can only come to before it has been at one of ``setters``, ever."""
    graph = variables.graph
    early = graph.reachable([str(variables.flow.first)], barriers=setters)
    after = [target for key in setters if key in graph.flow.nodes for target in graph.next_from(key)]
    other_rounds = [*graph.entries, *graph.interruptions(), *_of_later_rounds(variables, early)]
    return early - graph.reachable([*after, *other_rounds])


def _of_later_rounds(variables: FlowVariables, early: set[str]) -> Iterator[str]:
    """Where a condition may lead that holds only when the flow runs another time."""
    graph = variables.graph
    sets = PathSet(path for key in early for path in variables.sets.get(key, ()))
    for key in early:
        node = variables.flow.nodes[key]
        if not node.type.decides:
            continue
        first = node.type.first_takes if node.type.remembers else None
        if first is not None:
            yield from (way for name, way in node.branches.items() if name != first and isinstance(way, str))
        if node.type.remembers:
            if first is None or isinstance(node.below, str):
                yield from graph.successors(key)
        elif _may_tell_rounds_apart(variables, node, sets):
            yield from graph.successors(key)


def _may_tell_rounds_apart(variables: FlowVariables, node: FlowNode, sets: PathSet) -> bool:
    """Whether a condition can know of an earlier round: from what is kept, or reads what nothing has set
    that a session has been at before this node; ``sets`` are the paths that it has set there."""
    if node.settings.names & {"profile", "history", "session"}:
        return True
    return any(
        not sets.overlaps(reading.names) and not variables.always.overlaps(reading.names)
        for reading in variables.readings_at.get(node.key, ())
    )
