"""What can be wrong although every file compiles: rules about graphs, names and other flows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from flowhook.engine.flow import Flow, Place, Target
from flowhook.engine.input import INPUT_NAMES
from flowhook.flowfiles.compile import Compiled
from flowhook.flowfiles.crossings import across_flows, entries_of_intents
from flowhook.flowfiles.diagnostics import Problem, did_you_mean
from flowhook.flowfiles.graph import circles
from flowhook.flowfiles.references import ROOTS, Jump


def check(
    flows: Sequence[Compiled],
    *,
    vars: Collection[str] | None = None,
    connections: Collection[str] | None = None,
) -> list[Problem]:
    """Every rule over flows that were loaded together. ``vars`` and ``connections`` are the names
    that the configuration has; None: not known, so that nothing is said about them.
    """
    by_name: dict[str, Compiled] = {}
    problems: list[Problem] = []
    for compiled in flows:
        if compiled.name is None:
            continue
        first = by_name.setdefault(compiled.name, compiled)
        if first is not compiled:
            problems.append(_duplicate(first, compiled))
    waiting = _flows_that_wait(by_name.values())
    entries = _Entries(flows)
    problems += across_flows(flows, by_name)
    for compiled in flows:
        problems += _references(compiled, by_name)
        problems += _names(compiled, vars, connections)
        if compiled.flow is not None:
            problems += _unreachable(compiled.flow, compiled.jumps, entries.of(compiled))
            problems += _loops(compiled.flow, compiled.jumps, waiting)
    return problems


# -- other flows --------------------------------------------------------------------------------


def _duplicate(first: Compiled, second: Compiled) -> Problem:
    line, column = second.name_at
    message = f'the flow "{first.name}" is in two files: {first.file} and {second.file}'
    return Problem("duplicate-flow", message, second.file, line, column, length=len(first.name or ""))


def _references(compiled: Compiled, by_name: Mapping[str, Compiled]) -> Iterator[Problem]:
    for jump in compiled.jumps:
        if jump.flow is None or jump.flow == compiled.name:
            continue
        target = by_name.get(jump.flow)
        if target is None:
            hint = did_you_mean(jump.flow, list(by_name))
            if jump.comes_back and jump.flow.partition("/")[0] in by_name:
                hint = "a call begins at the first node of a flow: write its name alone"
            yield _at(compiled, jump, "unknown-flow", f'no flow "{jump.flow}"', hint)
        elif jump.node is not None and target.ids is not None and jump.node not in target.ids:
            hint = did_you_mean(jump.node, list(target.ids))
            yield _at(compiled, jump, "unknown-node", f'no node "{jump.node}" in flow "{jump.flow}"', hint)


def _at(compiled: Compiled, jump: Jump, code: str, message: str, hint: str) -> Problem:
    return Problem(code, message, compiled.file, jump.line, jump.column, hint=hint, length=jump.length)


class _Entries:
    """The places at which other flows, or jumps whose target is computed, may enter a flow."""

    def __init__(self, flows: Iterable[Compiled]) -> None:
        self._anywhere = False
        self._nodes: dict[str, set[str]] = {}
        for jump in (jump for compiled in flows for jump in compiled.jumps):
            self._anywhere |= jump.anywhere
            if jump.flow is not None and jump.node is not None:
                self._nodes.setdefault(jump.flow, set()).add(jump.node)

    def of(self, compiled: Compiled) -> Collection[str]:
        if self._anywhere:
            return compiled.ids or ()
        return self._nodes.get(compiled.name or "", ())


def _flows_that_wait(flows: Iterable[Compiled]) -> set[str]:
    """Flows in which a session can come to stand, themselves or through the flows they call."""
    flows = list(flows)
    waiting = {c.name for c in flows if c.flow is None or any(_waits(p) for p in c.flow.places.values())}
    callers: dict[str, list[str]] = {}
    for compiled in flows:
        for jump in compiled.jumps:
            if jump.comes_back and jump.flow is not None and compiled.name is not None:
                callers.setdefault(jump.flow, []).append(compiled.name)
    todo = [name for name in waiting if name is not None]
    while todo:
        for caller in callers.get(todo.pop(), ()):
            if caller not in waiting:
                waiting.add(caller)
                todo.append(caller)
    return {name for name in waiting if name is not None}


def _waits(place: Place) -> bool:
    return place.type.waits and not place.disabled


# -- names --------------------------------------------------------------------------------------


def _names(
    compiled: Compiled, variables: Collection[str] | None, connections: Collection[str] | None
) -> Iterator[Problem]:
    for use in compiled.uses:
        if use.kind == "root":
            message = f'expressions know no name "{use.name}"'
            hint = did_you_mean(use.name, ROOTS) or f"the names are {', '.join(ROOTS)}"
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
        code = "unknown-connection" if use.kind == "connection" else "unknown-name"
        yield Problem(code, message, compiled.file, use.line, use.column, hint=hint, length=use.length)


_LONGEST_LOOP = 8  #: nodes that are named; the rest of a long one helps nobody


# -- graphs -------------------------------------------------------------------------------------


def _places(targets: Iterable[Target | bool]) -> Iterator[str]:
    return (target for target in targets if isinstance(target, str))


def _ways_out(flow: Flow, place: Place, jumps: Mapping[str, Jump]) -> Iterator[str]:
    """The places of the same flow that may run after this one."""
    if place.disabled:
        yield from _places([place.below])
        return
    yield from _places(place.ways.values())
    yield from _places([place.on_error])
    if not place.type.ends:
        yield from _places([place.below])
    jump = jumps.get(place.key)
    if jump is not None and not jump.anywhere and jump.flow in (None, flow.name):
        yield from _places([jump.node or flow.first])


def _reach(flow: Flow, starts: Iterable[str], jumps: Mapping[str, Jump], seen: set[str]) -> None:
    """Add to ``seen`` every place that can be reached from ``starts``."""
    todo = [start for start in starts if start in flow.places]
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        todo.extend(_ways_out(flow, flow.places[key], jumps))


def _unreachable(flow: Flow, jumps: Sequence[Jump], entries: Collection[str]) -> Iterator[Problem]:
    """One warning for each piece of the graph that nothing leads to, at its first node."""
    own = {jump.place: jump for jump in jumps}
    seen: set[str] = set()
    starts = [
        *_places([flow.first, flow.on_error]),
        *entries,
        *flow.moved.values(),
        *entries_of_intents(flow),
    ]
    _reach(flow, starts, own, seen)
    for place in flow.places.values():
        if place.key in seen:
            continue
        name = f'the node "{place.key}"' if place.has_id else f'this "{place.type.key}"'
        message = f"nothing leads to {name}"
        yield Problem("unreachable", message, flow.file, place.line, place.column, severity="warning")
        _reach(flow, [place.key], own, seen)


def _loops(flow: Flow, jumps: Sequence[Jump], waiting: set[str]) -> Iterator[Problem]:
    """A warning for each circle of nodes at none of which the session waits."""
    own = {jump.place: jump for jump in jumps}

    def ways_out(key: str) -> list[str]:
        place = flow.places[key]
        jump = own.get(key)
        if _waits(place) or (jump and jump.waits):
            return []
        if jump and jump.comes_back and (jump.flow is None or jump.flow in waiting):
            return []
        return [target for target in _ways_out(flow, place, own) if target in flow.places]

    for circle in circles(flow.places, ways_out):
        names = [_called(flow.places[key]) for key in circle]
        path = " → ".join(
            [*names, names[0]] if len(names) <= _LONGEST_LOOP else [*names[:_LONGEST_LOOP], "…"]
        )
        place = flow.places[circle[0]]
        message = f"a loop in which nothing waits for the user: {path}"
        hint = f"a turn fails when it visits one node more than {flow.loop_limit} times"
        yield Problem(
            "loop-without-wait", message, flow.file, place.line, place.column, severity="warning", hint=hint
        )


def _called(place: Place) -> str:
    """What people call a place."""
    return place.key if place.has_id else f"{place.type.key} in line {place.line}"
