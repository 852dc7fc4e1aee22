"""What a flow runs into: the node of an intent, because the list before it has no end."""

from __future__ import annotations

from collections.abc import Iterator

from flowhook.engine.flow import Flow, FlowNode
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import FlowGraph, display_name, waits
from flowhook.problems.catalogue import FALLS_INTO_ENTRY
from flowhook.problems.problem import Problem


def forgotten_stops(flows: FlowSet) -> Iterator[Problem]:
    """A warning for the entry of an intent that the node above it runs into, where the entry says something
    and the turn ends: whoever is greeted is told that it was cancelled.

    Not where the entry is asked or waited at, which is the way of the flow itself, nor where the node above
    leads there by ``next``, nor where branches or jumps lead there as well.
    """
    for _, graph in flows.compiled:
        flow = graph.flow
        for intent in flow.intents.values():
            entry = flow.nodes.get(intent.entry or "")
            above = _above(flow, entry) if entry is not None and entry.key != flow.first else None
            if entry is None or above is None or not _only_says(graph, entry):
                continue
            if _is_led_to(graph, entry) or not graph.reachable([str(flow.first)]) >= {above.key}:
                continue
            message = (
                f'the flow runs into the entry of the intent "{intent.name}" after "{display_name(above)}"'
            )
            hint = f'put "- stop:" before it, or, where that is meant, "next: {entry.key}" at the node above'
            yield Problem(FALLS_INTO_ENTRY, message, flow.file, entry.line, entry.column, hint=hint)


def _above(flow: Flow, entry: FlowNode) -> FlowNode | None:
    """The node of the same list that goes on below into the entry, and was not told to; it says something."""
    for node in flow.nodes.values():
        if node.below != entry.key or node.derived.get("next") or not node.goes_below or node.disabled:
            continue
        if node.type.draws_as == "say" and node.line < entry.line:
            return node
    return None


def _only_says(graph: FlowGraph, entry: FlowNode) -> bool:
    """Whether the entry speaks, and nothing after it waits for the user: a last word."""
    nodes = graph.flow.nodes
    seen = graph.reachable([entry.key])
    return entry.type.draws_as == "say" and not any(waits(nodes[key]) for key in seen)


def _is_led_to(graph: FlowGraph, entry: FlowNode) -> bool:
    """Whether a branch, a ``next`` or a jump leads to the entry: it is a place of the flow then."""
    for node in graph.flow.nodes.values():
        targets = [*node.branches.values(), node.on_error, node.below if node.derived.get("next") else None]
        if entry.key in targets or any(jump.node == entry.key for jump in graph.jumps.get(node.key, ())):
            return True
    return False
