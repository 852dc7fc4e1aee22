"""The graph of a flow as the checks see it: where a session may go from each place."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from flowhook.engine.flow import Flow, FlowNode, Target
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import Jump


def places_in(targets: Iterable[Target | bool]) -> Iterator[str]:
    """Those of the targets that are places."""
    return (target for target in targets if isinstance(target, str))


Jumps = Mapping[str, Sequence[Jump]]


def jumps_by_node(jumps: Iterable[Jump]) -> dict[str, list[Jump]]:
    """The jumps and calls of a flow by the key of the node that makes them."""
    found: dict[str, list[Jump]] = {}
    for jump in jumps:
        found.setdefault(jump.source, []).append(jump)
    return found


def successors(flow: Flow, place: FlowNode, jumps: Jumps) -> Iterator[str]:
    """The places of the same flow that may run after this one."""
    if place.disabled:
        yield from places_in([place.below])
        return
    yield from places_in(place.branches.values())
    yield from places_in([place.on_error])
    if place.goes_below:
        yield from places_in([place.below])
    for jump in jumps.get(place.key, ()):
        if not jump.anywhere and not jump.comes_back and jump.flow in (None, flow.name):
            yield from places_in([jump.node or flow.first])


def waits(place: FlowNode) -> bool:
    """Whether a session stands here until something comes in."""
    return place.type.waits and not place.disabled


def is_offer(place: FlowNode) -> bool:
    """Whether a node asks and does not wait: a later input may answer it."""
    return place.type.is_question and not place.type.waits


def called_name(place: FlowNode) -> str:
    """What people call a place."""
    return place.key if place.has_id else f"{place.type.key} in line {place.line}"


class Entries:
    """The places at which other flows, or jumps whose target is computed, may enter a flow."""

    def __init__(self, flows: Iterable[CompiledFlow]) -> None:
        self._anywhere = False
        self._nodes: dict[str, set[str]] = {}
        self._called: set[str] = set()
        self._calls_anything = False
        for jump in (jump for compiled in flows for jump in compiled.jumps):
            self._anywhere |= jump.anywhere
            self._calls_anything |= jump.anywhere and jump.comes_back
            if jump.flow is not None and jump.node is not None:
                self._nodes.setdefault(jump.flow, set()).add(jump.node)
            if jump.comes_back and jump.flow is not None:
                self._called.add(jump.flow)

    def of(self, compiled: CompiledFlow) -> Collection[str]:
        """The ids at which a flow may be entered."""
        if self._anywhere:
            return compiled.ids or ()
        return self._nodes.get(compiled.name or "", ())

    def is_called(self, name: str) -> bool:
        """Whether a flow is called for certain."""
        return name in self._called

    def may_be_called(self, name: str) -> bool:
        """Whether it may be."""
        return self._calls_anything or name in self._called


def flows_that_wait(flows: Iterable[CompiledFlow]) -> set[str]:
    """Flows in which a session can come to stand, themselves or through the flows they call."""
    flows = list(flows)
    waiting = {c.name for c in flows if c.flow is None or any(waits(p) for p in c.flow.nodes.values())}
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
