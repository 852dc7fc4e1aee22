"""What a session never comes to, or comes to in vain: unreachable nodes and intents, dead ends."""

from __future__ import annotations

from collections.abc import Iterator

from flowhook.engine.flow import Flow, FlowNode
from flowhook.engine.settings.strings import strings_in
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import is_offer, keys_in, waits
from flowhook.problems.catalogue import (
    CALLER_FORGOTTEN,
    DEAD_END,
    GREEDY_OFFER,
    UNREACHABLE,
    UNREACHABLE_INTENT,
    Code,
)
from flowhook.problems.problem import Problem


def unreachable_nodes(flows: FlowSet) -> Iterator[Problem]:
    """One warning for each piece of a graph that nothing leads to, at its first node."""
    for compiled, graph in flows.compiled:
        flow = graph.flow
        computed = any(node.type.leads_anywhere and not node.disabled for node in flow.nodes.values())
        entries = [*graph.entries, *(compiled.ids or ())] if computed else graph.entries
        seen = graph.reachable([*keys_in([flow.first]), *entries])
        for node in flow.nodes.values():
            if node.key not in seen:
                name = f'the node "{node.key}"' if node.has_id else f'this "{node.type.key}"'
                yield _at_node(flow, node, UNREACHABLE, f"nothing leads to {name}")
                seen |= graph.reachable([node.key], barriers=seen)


def dead_ends(flows: FlowSet) -> Iterator[Problem]:
    """Questions whose answer is kept nowhere and met with silence. Not where an intent may be meant, nor
    in a flow that another one goes on after."""
    for _, graph in flows.compiled:
        flow = graph.flow
        if flow.intents or flow.attach or flows.entries.may_be_called(flow.name):
            continue
        for node in flow.nodes.values():
            if not node.type.is_question or not waits(node) or node.below is not None:
                continue
            settings = node.settings.raw
            hears_intents = any(way.partition(".")[0] in node.type.intent_maps for way in node.branches)
            if "store" in settings or "slot" in settings or hears_intents:
                continue
            message = (
                "the flow ends with this question: its answer is kept nowhere, and nothing is said to it"
            )
            yield _at_node(flow, node, DEAD_END, message, 'give it a "store", or let a node follow')


def forgotten_callers(flows: FlowSet) -> Iterator[Problem]:
    """Jumps within a flow that others call: they mean ``next``, which comes back to the caller."""
    for compiled, graph in flows.compiled:
        flow = graph.flow
        if not flows.entries.is_called(flow.name):
            continue
        for jump in compiled.jumps:
            if jump.comes_back or jump.anywhere or jump.node is None or jump.flow not in (None, flow.name):
                continue
            kind = flow.nodes[jump.source].type.key
            message = f'"{kind}" forgets the flow that called "{flow.name}": it is not come back to'
            hint = f'write "next: {jump.node}" beside the node before, or make this branch an id'
            yield Problem.at(CALLER_FORGOTTEN, message, flow.file, jump, hint)


def greedy_offers(flows: FlowSet) -> Iterator[Problem]:
    """Offers that any text answers."""
    for _, graph in flows.compiled:
        for node in graph.flow.nodes.values():
            if not is_offer(node) or node.disabled:
                continue
            kind = node.settings.raw.get("type", "text")
            if kind not in ("text", "any") or "valid_if" in node.settings.raw:
                continue
            message = (
                "whatever is said next answers this offer, also what was meant for the question after it"
            )
            hint = 'give it a type such as yes_no or choice, or a "valid_if"'
            yield _at_node(graph.flow, node, GREEDY_OFFER, message, hint)


# -- intents --------------------------------------------------------------------------------------


def unreachable_intents(flows: FlowSet) -> Iterator[Problem]:
    """Intents that every state holds back. Without a default state sessions begin in none, where all win."""
    for compiled, graph in flows.compiled:
        flow = graph.flow
        if flow.state is None or flow.state not in flow.states:
            continue
        for name in flow.intents:
            won = any(
                (name in state.allow) if state.allow is not None else (name not in state.block)
                for state in flow.states.values()
            )
            position = compiled.intents.get(name)
            if not won and position is not None and name not in _thought_of(flow):
                message = f'no state lets the intent "{name}" win'
                hint = "allow it in one, or take it away"
                yield Problem.at(UNREACHABLE_INTENT, message, flow.file, position, hint)


def _thought_of(flow: Flow) -> set[str]:
    """The intents that nodes of the flow name in a setting: they win whatever the state."""
    return {
        text
        for node in flow.nodes.values()
        for path, text in strings_in((), node.settings.raw)
        if "intent" in node.settings.marks.at(path)
    }


def _at_node(flow: Flow, node: FlowNode, code: Code, message: str, hint: str = "") -> Problem:
    return Problem(code, message, flow.file, node.line, node.column, hint=hint)
