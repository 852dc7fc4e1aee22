"""What stands in a flow and does nothing: nodes that lead nowhere, intents that nobody can mean."""

from __future__ import annotations

from collections.abc import Iterator

from flowhook.engine.flow import Flow, FlowNode
from flowhook.engine.settings.strings import strings_in
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.problems.catalogue import EMPTY_INTENT, NO_BRANCHES
from flowhook.problems.problem import Problem


def missing_branches(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each node that does nothing but choose a branch and has none."""
    for _, graph in flows.compiled:
        flow = graph.flow
        for node in flow.nodes.values():
            kind = node.type
            if node.disabled or not kind.decides:
                continue
            if kind.value_maps:
                if any(way.partition(".")[0] in kind.value_maps for way in node.branches):
                    continue
                cases = kind.value_maps[0]
                message, hint = f'this "{kind.key}" has no {cases}', f'write them under "{cases}"'
            else:
                if node.branches or (kind.leaves_result and _is_read(flow, node)):
                    continue
                message = f'this "{kind.key}" does nothing: it has no branch'
                hint = "add " + ", or ".join(f'"{branch}"' for branch in kind.branches)
            yield Problem(NO_BRANCHES, message, flow.file, node.line, node.column, hint=hint)


def _is_read(flow: Flow, finder: FlowNode) -> bool:
    """Whether what a node finds is kept, or may be read from ``input.result``."""
    if "store" in finder.settings.raw:
        return True
    read = {path for node in flow.nodes.values() for path in node.settings.paths}
    return any(path == "input" or path.startswith("input.result") for path in read)


# -- intents --------------------------------------------------------------------------------------


def empty_intents(flows: FlowSet) -> Iterator[Problem]:
    """Intents without anything to recognise them by, that nothing names either: an NLU engine of a plugin
    may know those that are named, or described."""
    if not flows.complete:
        return
    named = {use.name.rpartition("/")[2] for file in flows.files for use in file.uses if use.kind == "intent"}
    named |= {position.case for file in flows.files for position in file.cases}
    said: str | None = None
    for compiled, graph in flows.compiled:
        for name in _without_sign(graph.flow):
            position = compiled.intents.get(name)
            if position is None or name in named:
                continue
            if said is None:  # hardly ever needed
                said = _all_texts(flows)
            if any(mention in said for mention in (f"'{name}'", f'"{name}"', f"/{name}")):
                continue
            message = f'nothing tells when the intent "{name}" is meant'
            hint = "give it examples of what users say, or rules"
            yield Problem.at(EMPTY_INTENT, message, compiled.file, position, hint)


def _without_sign(flow: Flow) -> list[str]:
    """The intents that nothing recognises."""
    parents = {intent.parent for intent in flow.intents.values()}
    return [
        name
        for name, intent in flow.intents.items()
        if not (intent.examples or intent.rules or intent.description or name in parents)
    ]


def _all_texts(flows: FlowSet) -> str:
    """The expressions and texts of all nodes, with what stands in none of them between them."""
    nodes = (node for _, graph in flows.compiled for node in graph.flow.nodes.values())
    return "\0".join(text for node in nodes for _, text in strings_in((), node.settings.raw))
