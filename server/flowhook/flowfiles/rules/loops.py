"""Cycles of nodes, within a flow and across flows, in which nothing waits for the user."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowhook.engine.flow import Flow, FlowNode
from flowhook.flowfiles.compile.references import Jump
from flowhook.flowfiles.rules.flow_set import FlowSet, flows_that_wait
from flowhook.flowfiles.rules.graph import cycles, display_name, waits
from flowhook.problems.catalogue import ENDLESS_CALL, LOOP_WITHOUT_WAIT
from flowhook.problems.problem import Problem

_LONGEST_LOOP = 8  #: nodes that are named; the rest of a long one helps nobody
_BETWEEN = "\0"  #: in the keys of the graph: flow, node


def loops(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each cycle of nodes at none of which the session waits; of those that share nodes,
    for one."""
    graph = _TurnGraph(flows)
    for cycle in cycles(graph.keys(), graph.successors):
        yield graph.problem(cycle)


class _TurnGraph:
    """All nodes of all flows, and where a session may go from each within one turn."""

    def __init__(self, flows: FlowSet) -> None:
        self.graphs = flows.graphs
        self.waiting = flows_that_wait(flows)

    def keys(self) -> Iterator[str]:
        for name, graph in self.graphs.items():
            yield from (f"{name}{_BETWEEN}{key}" for key in graph.flow.nodes)

    def node(self, key: str) -> tuple[Flow, FlowNode]:
        name, _, at = key.partition(_BETWEEN)
        flow = self.graphs[name].flow
        return flow, flow.nodes[at]

    def successors(self, key: str) -> list[str]:
        flow, node = self.node(key)
        if waits(node):
            return []
        graph = self.graphs[flow.name]
        jumps = () if node.disabled else graph.jumps.get(node.key, ())
        entered: list[str] = []
        if jumps:
            if any(jump.waits for jump in jumps):
                return []
            entered = [target for jump in jumps for target in self._entered(flow, jump)]
            if any(jump.comes_back and (jump.flow is None or jump.flow in self.waiting) for jump in jumps):
                return entered  # it comes back in another turn
        within = graph.successors(node.key)
        if node.branches:
            # branches that are taken beside what the session does begin a turn of their own
            apart = {target for branch, target in node.branches.items() if node.returns_from(branch)}
            within = [target for target in within if target == node.below or target not in apart]
        return [f"{flow.name}{_BETWEEN}{target}" for target in within] + entered

    def _entered(self, flow: Flow, jump: Jump) -> Iterator[str]:
        """Where a jump or call enters another flow; a call may enter its own."""
        if jump.anywhere or (not jump.comes_back and jump.flow in (None, flow.name)):
            return
        graph = self.graphs.get(jump.flow or flow.name)
        at = (jump.node or graph.flow.first) if graph is not None else None
        if graph is not None and at in graph.flow.nodes:
            yield f"{graph.flow.name}{_BETWEEN}{at}"

    def problem(self, cycle: Sequence[str]) -> Problem:
        call = next((key for key in cycle if self._calls_into(key, cycle)), None)
        flow, node = self.node(call or cycle[0])
        path = self._path(cycle)
        position = (flow.file, node.line, node.column)
        if call is not None:
            message = f"a call that comes back to itself before anything waits: {path}"
            hint = "a condition has to end it, or a turn fails"
            return Problem(ENDLESS_CALL, message, *position, hint=hint)
        message = f"a loop in which nothing waits for the user: {path}"
        hint = f"a turn fails when it visits one node more than {flow.loop_limit} times"
        hint += ": let it wait in an ask or a wait"
        return Problem(LOOP_WITHOUT_WAIT, message, *position, hint=hint)

    def _calls_into(self, key: str, cycle: Sequence[str]) -> bool:
        """Whether a node of a cycle leads on in it by calling a flow."""
        flow, node = self.node(key)
        calls = [jump for jump in self.graphs[flow.name].jumps.get(node.key, ()) if jump.comes_back]
        following = cycle[(list(cycle).index(key) + 1) % len(cycle)]
        return any(following in self._entered(flow, call) for call in calls)

    def _path(self, cycle: Sequence[str]) -> str:
        several = len({self.node(key)[0].name for key in cycle}) > 1
        names = []
        for key in cycle[:_LONGEST_LOOP]:
            flow, node = self.node(key)
            names.append(f"{flow.name}/{display_name(node)}" if several else display_name(node))
        return " → ".join([*names, names[0] if len(cycle) <= _LONGEST_LOOP else "…"])
