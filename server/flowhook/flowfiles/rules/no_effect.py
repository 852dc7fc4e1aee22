"""What stands in a flow and does nothing: nodes that lead nowhere, intents that nobody can mean."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowhook.engine.flow import Flow, FlowNode
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import texts_in
from flowhook.problems.catalogue import EMPTY_INTENT, NO_BRANCHES
from flowhook.problems.problem import Problem


def idle(compiled: CompiledFlow, flows: Sequence[CompiledFlow]) -> Iterator[Problem]:
    """Every rule about what does nothing, for one flow of those that were loaded together."""
    flow = compiled.flow
    if flow is None:
        return
    yield from _leading_nowhere(flow)
    yield from _meant_by_nobody(compiled, flow, flows)


def _leading_nowhere(flow: Flow) -> Iterator[Problem]:
    for place in flow.nodes.values():
        kind = place.type
        if place.disabled or not kind.decides:
            continue
        if kind.value_maps:
            if any(way.partition(".")[0] in kind.value_maps for way in place.branches):
                continue
            cases = kind.value_maps[0]
            message, hint = f'this "{kind.key}" has no {cases}', f'write them under "{cases}"'
        else:
            if place.branches or (kind.leaves_result and _is_read(flow, place)):
                continue
            message = f'this "{kind.key}" does nothing: it has no branch'
            hint = "add " + ", or ".join(f'"{branch}"' for branch in kind.branches)
        yield Problem(NO_BRANCHES, message, flow.file, place.line, place.column, hint=hint)


def _is_read(flow: Flow, finding: FlowNode) -> bool:
    """Whether what a node finds is kept, or may be read from ``input.result``."""
    if "store" in finding.settings.raw:
        return True
    read = {path for place in flow.nodes.values() for path in place.settings.paths}
    return any(path == "input" or path.startswith("input.result") for path in read)


# -- intents --------------------------------------------------------------------------------------


def _meant_by_nobody(compiled: CompiledFlow, flow: Flow, flows: Sequence[CompiledFlow]) -> Iterator[Problem]:
    """Intents without anything to recognise them by, that nothing names either: an NLU engine of a plugin
    may know those that are named, or described."""
    parents = {intent.parent for intent in flow.intents.values()}
    bare = [
        name
        for name, intent in flow.intents.items()
        if not (intent.examples or intent.rules or intent.description or name in parents)
    ]
    if not bare or any(each.flow is None for each in flows):
        return
    named = {use.name.rpartition("/")[2] for each in flows for use in each.uses if use.kind == "intent"}
    named |= {spot.case for each in flows for spot in each.cases}
    for name in bare:
        spot = compiled.intents.get(name)
        if spot is None or name in named or any(_mentions(each, name) for each in flows):
            continue
        message = f'nothing tells when the intent "{name}" is meant'
        hint = "give it examples of what users say, or rules"
        yield Problem.at(EMPTY_INTENT, message, compiled.file, spot, hint)


def _mentions(compiled: CompiledFlow, name: str) -> bool:
    """Whether an expression or a text of a flow holds the intent's name in quotes."""
    quoted = (f"'{name}'", f'"{name}"', f"/{name}")
    places = compiled.flow.nodes.values() if compiled.flow is not None else ()
    return any(
        any(each in text for each in quoted)
        for place in places
        for _, text in texts_in((), place.settings.raw)
    )
