"""What a session never comes to, or comes to in vain: unreachable nodes and intents, dead ends."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from flowhook.engine.flow import Flow, FlowNode
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import Jump, texts_in
from flowhook.flowfiles.rules.cross_references import entries_of_intents
from flowhook.flowfiles.rules.ways import (
    Entries,
    Jumps,
    is_offer,
    jumps_by_node,
    places_in,
    successors,
    waits,
)
from flowhook.problems.catalogue import (
    CALLER_FORGOTTEN,
    DEAD_END,
    GREEDY_OFFER,
    UNREACHABLE,
    UNREACHABLE_INTENT,
    Code,
)
from flowhook.problems.problem import Problem


def reach(compiled: CompiledFlow, entries: Entries) -> Iterator[Problem]:
    """Every rule about where the sessions of one flow come to."""
    flow = compiled.flow
    if flow is None:
        return
    yield from _unreachable(flow, compiled.jumps, entries.of(compiled))
    yield from _dead_ends(compiled, flow, entries)
    yield from _forgotten_callers(compiled, flow, entries)
    yield from _greedy_offers(flow)
    yield from _intents_in_no_state(compiled, flow)


# -- nodes ----------------------------------------------------------------------------------------


def _unreachable(flow: Flow, jumps: Sequence[Jump], entries: Collection[str]) -> Iterator[Problem]:
    """One warning for each piece of the graph that nothing leads to, at its first node."""
    own = jumps_by_node(jumps)
    seen: set[str] = set()
    starts = [
        *places_in([flow.first, flow.on_error]),
        *entries,
        *flow.moved.values(),
        *entries_of_intents(flow),
    ]
    _reach(flow, starts, own, seen)
    for place in flow.nodes.values():
        if place.key in seen:
            continue
        name = f'the node "{place.key}"' if place.has_id else f'this "{place.type.key}"'
        yield _at_node(flow, place, UNREACHABLE, f"nothing leads to {name}")
        _reach(flow, [place.key], own, seen)


def _reach(flow: Flow, starts: Iterable[str], jumps: Jumps, seen: set[str]) -> None:
    """Add to ``seen`` every place that can be reached from ``starts``."""
    todo = [start for start in starts if start in flow.nodes]
    while todo:
        key = todo.pop()
        if key in seen:
            continue
        seen.add(key)
        todo.extend(successors(flow, flow.nodes[key], jumps))


def _dead_ends(compiled: CompiledFlow, flow: Flow, entries: Entries) -> Iterator[Problem]:
    """Questions whose answer is kept nowhere and met with silence. Not where an intent may be meant, nor
    in a flow that another one goes on after."""
    if flow.intents or flow.attach or entries.may_be_called(flow.name):
        return
    for place in flow.nodes.values():
        if not place.type.is_question or not waits(place) or place.below is not None:
            continue
        settings = place.settings.raw
        if (
            "store" in settings
            or "slot" in settings
            or any(way.partition(".")[0] in place.type.intent_maps for way in place.branches)
        ):
            continue
        message = "the flow ends with this question: its answer is kept nowhere, and nothing is said to it"
        yield _at_node(flow, place, DEAD_END, message, 'give it a "store", or let a node follow')


def _forgotten_callers(compiled: CompiledFlow, flow: Flow, entries: Entries) -> Iterator[Problem]:
    """Jumps within a flow that others call: they mean ``next``, which comes back to the caller."""
    if not entries.is_called(flow.name):
        return
    for jump in compiled.jumps:
        if jump.comes_back or jump.anywhere or jump.node is None or jump.flow not in (None, flow.name):
            continue
        kind = flow.nodes[jump.source].type.key
        message = f'"{kind}" forgets the flow that called "{flow.name}": it is not come back to'
        hint = f'write "next: {jump.node}" beside the node before, or make this branch an id'
        yield Problem.at(CALLER_FORGOTTEN, message, flow.file, jump, hint)


def _greedy_offers(flow: Flow) -> Iterator[Problem]:
    for place in flow.nodes.values():
        kind = place.settings.raw.get("type", "text")
        if is_offer(place) and kind in ("text", "any") and not place.disabled:
            if "valid_if" in place.settings.raw:
                continue
            message = (
                "whatever is said next answers this offer, also what was meant for the question after it"
            )
            hint = 'give it a type such as yes_no or choice, or a "valid_if"'
            yield _at_node(flow, place, GREEDY_OFFER, message, hint)


# -- intents --------------------------------------------------------------------------------------


def _intents_in_no_state(compiled: CompiledFlow, flow: Flow) -> Iterator[Problem]:
    """Intents that every state holds back. Without a default state sessions begin in none, where all win."""
    if flow.state is None or flow.state not in flow.states:
        return
    for name in flow.intents:
        won = any(
            (name in state.allow) if state.allow is not None else (name not in state.block)
            for state in flow.states.values()
        )
        spot = compiled.intents.get(name)
        if not won and spot is not None and name not in _thought_of(flow):
            message = f'no state lets the intent "{name}" win'
            hint = "allow it in one, or take it away"
            yield Problem.at(UNREACHABLE_INTENT, message, flow.file, spot, hint)


def _thought_of(flow: Flow) -> set[str]:
    """The intents that nodes of the flow name in a setting: they win whatever the state."""
    return {
        text
        for place in flow.nodes.values()
        for path, text in texts_in((), place.settings.raw)
        if "intent" in place.settings.marks(path)
    }


def _at_node(flow: Flow, place: FlowNode, code: Code, message: str, hint: str = "") -> Problem:
    return Problem(code, message, flow.file, place.line, place.column, hint=hint)
