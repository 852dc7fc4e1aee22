"""Whether flows that are called come back, and whether they bring what the caller keeps."""

from __future__ import annotations

from collections.abc import Iterator

from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import FlowGraph
from flowhook.problems.catalogue import NEVER_RETURNS, NOTHING_RETURNED
from flowhook.problems.problem import Problem


def calls_without_return(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each call of a flow that ends every turn itself, although something is to follow, and for
    each that keeps what the flow does not return."""
    for compiled, graph in flows.compiled:
        for key, jumps in graph.jumps.items():
            node = graph.flow.nodes.get(key)
            jump = jumps[0] if len(jumps) == 1 else None
            if node is None or jump is None or not jump.comes_back or node.disabled or node.type.waits:
                continue
            called = flows.graphs.get(jump.flow or "")
            if called is None:
                continue
            if isinstance(node.below, str) and not _may_come_back(called):
                message = f'the flow "{jump.flow}" never comes back here: each way through it ends in "stop"'
                hint = 'leave out "stop" there: a flow that was called ends by itself'
                yield Problem.at(NEVER_RETURNS, message, compiled.file, jump, hint)
            store = node.settings.raw.get("store")
            if isinstance(store, str) and not _gives_back(called):
                region = compiled.variables.places.get((key, tuple(store.split("."))), jump)
                message = f'the flow "{jump.flow}" returns nothing, so that {store} is always null'
                yield Problem.at(NOTHING_RETURNED, message, compiled.file, region, 'end it with "return"')


def _may_come_back(graph: FlowGraph) -> bool:
    """Whether some way through a flow leads to its end, or to where nobody can tell."""
    flow = graph.flow
    if not isinstance(flow.first, str):
        return True
    for key in graph.reachable([flow.first, *graph.entries, *graph.interruptions()]):
        node = flow.nodes[key]
        leaves = any(not jump.comes_back for jump in graph.jumps.get(key, ()))
        if leaves or node.type.asynchronous or node.type.leads_anywhere or node.type.returned is not None:
            return True
        ends = [*node.branches.values(), node.on_error, node.below if node.goes_below else False]
        if any(end is None for end in ends):
            return True
    return False


def _gives_back(graph: FlowGraph) -> bool:
    """Whether a flow, or one that it leads to, may return a value."""
    leaves = any(not jump.comes_back for jumps in graph.jumps.values() for jump in jumps)
    nodes = graph.flow.nodes.values()
    return leaves or any(node.type.returned is not None or node.type.asynchronous for node in nodes)
