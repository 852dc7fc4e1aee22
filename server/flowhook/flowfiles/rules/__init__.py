"""What can be wrong although every file compiles: rules about graphs, names and other flows."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from flowhook.engine.flow import Flow
from flowhook.engine.turn.input import INPUT_NAMES
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import ROOTS, Jump
from flowhook.flowfiles.compile.variable_usage import FlowVariables, check_variables
from flowhook.flowfiles.rules.cross_references import across_flows, entries_of_intents
from flowhook.flowfiles.rules.loops import loops
from flowhook.flowfiles.rules.no_effect import idle
from flowhook.flowfiles.rules.reachability import reach
from flowhook.flowfiles.rules.similar_examples import alike
from flowhook.flowfiles.rules.switch_cases import never_matching
from flowhook.flowfiles.rules.ways import Entries, is_offer, jumps_by_node, places_in, successors
from flowhook.problems.catalogue import (
    DUPLICATE_FLOW,
    MISSING_LOCALE,
    UNKNOWN_CONNECTION,
    UNKNOWN_FLOW,
    UNKNOWN_NAME,
    UNKNOWN_NODE,
    Code,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean


def check(
    flows: Sequence[CompiledFlow],
    *,
    vars: Collection[str] | None = None,
    connections: Collection[str] | None = None,
) -> list[Problem]:
    """Every rule over flows that were loaded together. ``vars`` and ``connections`` are the names
    that the configuration has; None: not known, so that nothing is said about them.
    """
    by_name: dict[str, CompiledFlow] = {}
    problems: list[Problem] = []
    for compiled in flows:
        if compiled.name is None:
            continue
        first = by_name.setdefault(compiled.name, compiled)
        if first is not compiled:
            problems.append(_duplicate(first, compiled))
    entries = Entries(flows)
    problems += across_flows(flows, by_name)
    problems += loops(by_name)
    problems += _variables(by_name.values(), entries)
    for compiled in flows:
        problems += _references(compiled, by_name)
        problems += _names(compiled, vars, connections)
        problems += _gaps(compiled)
        problems += reach(compiled, entries)
        problems += idle(compiled, flows)
        problems += alike(compiled, by_name)
    return problems


# -- other flows --------------------------------------------------------------------------------


def _duplicate(first: CompiledFlow, second: CompiledFlow) -> Problem:
    line, column = second.name_at
    message = f'the flow "{first.name}" is in two files: {first.file} and {second.file}'
    return Problem(DUPLICATE_FLOW, message, second.file, line, column, length=len(first.name or ""))


def _references(compiled: CompiledFlow, by_name: Mapping[str, CompiledFlow]) -> Iterator[Problem]:
    for jump in compiled.jumps:
        if jump.flow is None or jump.flow == compiled.name:
            continue
        target = by_name.get(jump.flow)
        if target is None:
            hint = did_you_mean(jump.flow, list(by_name))
            if jump.comes_back and jump.flow.partition("/")[0] in by_name:
                hint = "a call begins at the first node of a flow: write its name alone"
            yield _at(compiled, jump, UNKNOWN_FLOW, f'no flow "{jump.flow}"', hint)
        elif jump.node is not None and target.ids is not None and jump.node not in target.ids:
            hint = did_you_mean(jump.node, list(target.ids))
            yield _at(compiled, jump, UNKNOWN_NODE, f'no node "{jump.node}" in flow "{jump.flow}"', hint)


def _at(compiled: CompiledFlow, jump: Jump, code: Code, message: str, hint: str) -> Problem:
    return Problem.at(code, message, compiled.file, jump, hint)


# -- names --------------------------------------------------------------------------------------


_NAMES = f"the names are {', '.join(ROOTS)}"
_NULLS = frozenset({"null", "nil", "undefined", "None"})
_NOTHING = "write none, or x is defined"


def _names(
    compiled: CompiledFlow, variables: Collection[str] | None, connections: Collection[str] | None
) -> Iterator[Problem]:
    for use in compiled.uses:
        if use.kind == "root":
            message = f'expressions know no name "{use.name}"'
            hint = _NOTHING if use.name in _NULLS else did_you_mean(use.name, ROOTS) or _NAMES
        elif use.kind == "input" and use.name not in INPUT_NAMES:
            message = f'"input" has no "{use.name}"'
            hint = did_you_mean(use.name, INPUT_NAMES)
        elif use.kind == "answer":
            message = '"answer" is known in "valid_if", "skip_if" and "confirm" only'
            hint = "later it is in input.result, and where the question stores it"
        elif use.kind == "vars" and variables is not None and use.name not in variables:
            message = f'no "{use.name}" under "vars" in the configuration'
            hint = did_you_mean(use.name, variables)
        elif use.kind == "connection" and connections is not None and use.name not in connections:
            message = f'no connection "{use.name}" in the configuration'
            hint = did_you_mean(use.name, connections)
        else:
            continue
        code = UNKNOWN_CONNECTION if use.kind == "connection" else UNKNOWN_NAME
        yield Problem.at(code, message, compiled.file, use, hint)


# -- variables ------------------------------------------------------------------------------------


def _variables(flows: Iterable[CompiledFlow], entries: Entries) -> Iterator[Problem]:
    """Variables that nothing sets, or that are read too early. Told once all flows can be read: what is
    missing could be set in the one that cannot."""
    listed = list(flows)
    if any(compiled.flow is None for compiled in listed):
        return
    with_graphs = [_with_graph(compiled, entries) for compiled in listed]
    yield from check_variables(with_graphs)
    yield from never_matching(list(zip(listed, with_graphs, strict=True)))


def _with_graph(compiled: CompiledFlow, entries: Entries) -> FlowVariables:
    flow = compiled.flow
    assert flow is not None
    return FlowVariables(flow, compiled.variables, _steps(compiled, flow), _entered(compiled, flow, entries))


def _steps(compiled: CompiledFlow, flow: Flow) -> Callable[[str], Iterable[str]]:
    own = jumps_by_node(compiled.jumps)
    return lambda key: successors(flow, flow.nodes[key], own)


def _entered(compiled: CompiledFlow, flow: Flow, entries: Entries) -> frozenset[str]:
    """The places that may be come to at any time, whatever has run before."""
    offered = [way for place in flow.nodes.values() if is_offer(place) for way in place.branches.values()]
    places = places_in([flow.on_error, *offered, *(place.on_error for place in flow.nodes.values())])
    return frozenset([*places, *entries.of(compiled), *flow.moved.values(), *entries_of_intents(flow)])


# -- texts by locale ------------------------------------------------------------------------------


def _gaps(compiled: CompiledFlow) -> Iterator[Problem]:
    """Texts that a declared locale lacks: there another language is shown."""
    for gap in compiled.gaps if compiled.flow is not None else ():
        message = f"there is no text for {', '.join(gap.lacks)}"
        hint = f"until there is, {next(iter(compiled.locales))} is spoken there"
        yield Problem.at(MISSING_LOCALE, message, compiled.file, gap, hint)
