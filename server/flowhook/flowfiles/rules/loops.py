"""Circles of nodes, within a flow and across flows, in which nothing waits for the user."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flowhook.engine.flow import Flow, FlowNode
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import Jump
from flowhook.flowfiles.rules.graph import cycles
from flowhook.flowfiles.rules.ways import called_name, flows_that_wait, jumps_by_node, successors, waits
from flowhook.problems.catalogue import ENDLESS_CALL, LOOP_WITHOUT_WAIT
from flowhook.problems.problem import Problem

_LONGEST_LOOP = 8  #: nodes that are named; the rest of a long one helps nobody
_BETWEEN = "\0"  #: in the keys of the graph: flow, place


def loops(by_name: Mapping[str, CompiledFlow]) -> Iterator[Problem]:
    """A warning for each circle of nodes at none of which the session waits; of those that share nodes,
    for one."""
    graph = _Graph(by_name)
    for circle in cycles(graph.keys(), graph.successors):
        yield graph.problem(circle)


class _Graph:
    """All places of all flows, and where a session may go from each without waiting."""

    def __init__(self, by_name: Mapping[str, CompiledFlow]) -> None:
        self.flows: dict[str, Flow] = {
            name: compiled.flow for name, compiled in by_name.items() if compiled.flow is not None
        }
        self.jumps = {name: jumps_by_node(by_name[name].jumps) for name in self.flows}
        self.waiting = flows_that_wait(by_name.values())

    def keys(self) -> Iterator[str]:
        for name, flow in self.flows.items():
            yield from (f"{name}{_BETWEEN}{key}" for key in flow.nodes)

    def place(self, key: str) -> tuple[Flow, FlowNode]:
        name, _, at = key.partition(_BETWEEN)
        return self.flows[name], self.flows[name].nodes[at]

    def successors(self, key: str) -> list[str]:
        flow, place = self.place(key)
        if waits(place):
            return []
        jumps = () if place.disabled else self.jumps[flow.name].get(place.key, ())
        if any(jump.waits for jump in jumps):
            return []
        left = [target for jump in jumps for target in self._entered(flow, jump)]
        if any(jump.comes_back and (jump.flow is None or jump.flow in self.waiting) for jump in jumps):
            return left  # it comes back in another turn
        own = (target for target in successors(flow, place, self.jumps[flow.name]) if target in flow.nodes)
        return [*(f"{flow.name}{_BETWEEN}{target}" for target in own), *left]

    def _entered(self, flow: Flow, jump: Jump) -> Iterator[str]:
        """Where a jump or call enters another flow; a call may enter its own."""
        if jump.anywhere or (not jump.comes_back and jump.flow in (None, flow.name)):
            return
        other = self.flows.get(jump.flow or flow.name)
        at = (jump.node or other.first) if other is not None else None
        if other is not None and at in other.nodes:
            yield f"{other.name}{_BETWEEN}{at}"

    def problem(self, circle: Sequence[str]) -> Problem:
        call = next((key for key in circle if self._calls_into(key, circle)), None)
        flow, place = self.place(call or circle[0])
        path = self._path(circle)
        where = (flow.file, place.line, place.column)
        if call is not None:
            message = f"a call that comes back to itself before anything waits: {path}"
            hint = "a condition has to end it, or a turn fails"
            return Problem(ENDLESS_CALL, message, *where, hint=hint)
        message = f"a loop in which nothing waits for the user: {path}"
        hint = f"a turn fails when it visits one node more than {flow.loop_limit} times"
        return Problem(LOOP_WITHOUT_WAIT, message, *where, hint=hint)

    def _calls_into(self, key: str, circle: Sequence[str]) -> bool:
        """Whether a node of a circle leads on in it by calling a flow."""
        flow, place = self.place(key)
        calls = [jump for jump in self.jumps[flow.name].get(place.key, ()) if jump.comes_back]
        following = circle[(list(circle).index(key) + 1) % len(circle)]
        return any(following in self._entered(flow, call) for call in calls)

    def _path(self, circle: Sequence[str]) -> str:
        several = len({self.place(key)[0].name for key in circle}) > 1
        names = []
        for key in circle[:_LONGEST_LOOP]:
            flow, place = self.place(key)
            names.append(f"{flow.name}/{called_name(place)}" if several else called_name(place))
        return " → ".join([*names, names[0] if len(circle) <= _LONGEST_LOOP else "…"])
