"""What a flow runs into: the node of an intent, because the list before it has no end."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from flowhook.engine.flow import FlowNode, Target
from flowhook.engine.settings.strings import strings_in
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import FlowGraph, display_name, keys_in, waits
from flowhook.problems.catalogue import FALLS_INTO_ENTRY
from flowhook.problems.problem import Problem


def forgotten_stops(flows: FlowSet) -> Iterator[Problem]:
    """A warning for the entry of an intent that the node above it runs into, where the entry says something
    and the turn ends: whoever is greeted is told that it was cancelled.

    Not where the entry is asked or waited at, or asks or suggests something, which is the way of the flow
    itself, nor where the node above leads there by ``next``, nor where branches or jumps lead there as well.
    """
    for _, graph in flows.compiled:
        flow = graph.flow
        entries = {intent.entry for intent in flow.intents.values() if intent.entry in flow.nodes}
        if not entries:
            continue
        come_to = graph.reachable([str(flow.first), *filter(None, entries)])
        above_of, led_to, goes_on = _predecessors(graph), _targets(graph), _where_it_goes_on(graph)
        for intent in flow.intents.values():
            entry = flow.nodes.get(intent.entry or "")
            above = _above(graph, above_of, entry) if entry is not None and entry.key != flow.first else None
            if entry is None or above is None or not _only_says(graph, entry, goes_on):
                continue
            if entry.key in led_to or above.key not in come_to:
                continue
            message = (
                f'the flow runs into the entry of the intent "{intent.name}" after "{display_name(above)}"'
            )
            hint = f'put "- stop:" before it, or, where that is meant, "next: {entry.key}" at the node above'
            yield Problem(FALLS_INTO_ENTRY, message, flow.file, entry.line, entry.column, hint=hint)


def _predecessors(graph: FlowGraph) -> dict[str, list[FlowNode]]:
    """For each node those that go on below into it."""
    found: dict[str, list[FlowNode]] = {}
    for node in graph.flow.nodes.values():
        if isinstance(node.below, str):
            found.setdefault(node.below, []).append(node)
    return found


def _above(graph: FlowGraph, above_of: Mapping[str, Sequence[FlowNode]], entry: FlowNode) -> FlowNode | None:
    """The node that goes on below into the entry, and was not told to, where the last that it and those above
    it did was to say something."""
    for node in above_of.get(entry.key, ()):
        if _runs_into(node, entry):
            said: FlowNode | None = node
            while said is not None and _keeps_books(graph, said):
                said = next(iter(above_of.get(said.key, ())), None)
            if said is not None and said.type.draws_as == "say":
                return node
    return None


def _runs_into(node: FlowNode, entry: FlowNode) -> bool:
    """Whether a node above the entry goes on into it by itself."""
    goes_on = node.goes_below and not node.derived.get("next")
    return goes_on and not node.disabled and node.line < entry.line


def _keeps_books(graph: FlowGraph, node: FlowNode) -> bool:
    """Whether a node does nothing that a user sees, and has one way on."""
    return node.type.draws_as in ("plain", "quiet") and not node.branches and not graph.jumps.get(node.key)


def _where_it_goes_on(graph: FlowGraph) -> set[str]:
    """The nodes that wait for the user, ask or suggest something, and those that lead to one of them."""
    nodes = graph.flow.nodes.values()
    return graph.leading_to(node.key for node in nodes if waits(node) or _invites(node))


def _only_says(graph: FlowGraph, entry: FlowNode, goes_on: Collection[str]) -> bool:
    """Whether the entry speaks, be it after something that nobody sees, and neither it nor what comes after
    it waits for the user, asks or suggests something: a last word."""
    nodes = graph.flow.nodes
    first: FlowNode | None = entry
    while first is not None and _keeps_books(graph, first) and first.goes_below:
        first = nodes.get(first.below) if isinstance(first.below, str) else None
    if first is None or first.type.draws_as != "say":
        return False
    return entry.key not in goes_on


def _invites(node: FlowNode) -> bool:
    """Whether a node that speaks asks something, or suggests what to say."""
    raw = node.settings.raw
    if node.type.draws_as != "say":
        return False
    asks = any(text.rstrip().endswith("?") for _, text in strings_in((), raw.get(node.type.main or "")))
    return asks or "buttons" in raw or "quick_replies" in raw


def _targets(graph: FlowGraph) -> frozenset[str]:
    """The nodes to which a branch, a ``next`` or a jump leads: they are places of the flow."""
    targets: list[Target | bool] = []
    for node in graph.flow.nodes.values():
        targets += [*node.branches.values(), node.on_error, node.below if node.derived.get("next") else None]
        targets += [jump.node for jump in graph.jumps.get(node.key, ())]
    return frozenset(keys_in(targets))
