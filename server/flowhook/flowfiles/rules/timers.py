"""Timers with a name: what is done when they fall due, and who arms them."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from flowhook.engine.flow import FlowNode
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import NameUse
from flowhook.flowfiles.compile.written import is_template
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.problems.catalogue import UNKNOWN_TIMER
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean


def unknown_timers(flows: FlowSet) -> Iterator[Problem]:
    """A warning for each timer that does nothing when it falls due, and for each name that nothing arms.

    A name that a template gives may be any.
    """
    nodes = [node for _, graph in flows.compiled for node in graph.flow.nodes.values()]
    armed = {name for node in nodes for name in _armed(node)}
    computed = any(is_template(name) for name in armed)
    for compiled, graph in flows.compiled:
        for node in graph.flow.nodes.values():
            yield from _without_nodes(compiled, node, graph.flow.timers)
        if not flows.complete or computed or any(node.type.asynchronous for node in nodes):
            continue
        for use in (*compiled.timers, *(use for use in compiled.uses if use.kind == "timer")):
            if use.name not in armed:
                yield _not_armed(compiled, use, armed)


def _armed(node: FlowNode) -> Iterator[str]:
    """The names of timers that a node arms: those that have a branch for their time."""
    name = node.settings.raw.get("name")
    if "on_timer" in node.type.branches and isinstance(name, str):
        yield name


def _without_nodes(compiled: CompiledFlow, node: FlowNode, known: Collection[str]) -> Iterator[Problem]:
    for name in _armed(node):
        if "on_timer" in node.branches or name in known or is_template(name):
            continue
        message = f'nothing is done when the timer "{name}" falls due'
        hint = did_you_mean(name, known) or 'add "on_timer" beside it, or its nodes under "timers" at the top'
        yield Problem(UNKNOWN_TIMER, message, compiled.file, node.line, node.column, hint=hint)


def _not_armed(compiled: CompiledFlow, use: NameUse, armed: set[str]) -> Problem:
    message = f'no node "timer" arms a timer called "{use.name}"'
    return Problem.at(UNKNOWN_TIMER, message, compiled.file, use, did_you_mean(use.name, armed))
