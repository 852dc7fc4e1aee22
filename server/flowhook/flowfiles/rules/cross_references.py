"""References from one flow file to another: what a node leaves for, and flows that share a name."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.problems.catalogue import DUPLICATE_FLOW, UNKNOWN_FLOW, UNKNOWN_NODE
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean


def duplicate_flows(flows: FlowSet) -> Iterator[Problem]:
    """An error for each file whose flow has the name of another one."""
    for second in flows.files:
        first = flows.by_name.get(second.name or "")
        if first is not None and first is not second:
            line, column = second.name_at
            message = f'the flow "{first.name}" is in two files: {first.file} and {second.file}'
            yield Problem(DUPLICATE_FLOW, message, second.file, line, column, length=len(first.name or ""))


def with_flows_that_are_meant(compiled: CompiledFlow, names: Collection[str]) -> Iterator[Problem]:
    """The problems of one file; where a word that is no node is the name of a flow, the hint says so."""
    for index, problem in enumerate(compiled.problems):
        word = compiled.unknown_words.get(index)
        if word in names:
            problem = replace(problem, hint=f'to leave for the flow "{word}" write goto: {word}/')
        yield problem


def unknown_targets(flows: FlowSet) -> Iterator[Problem]:
    """An error for each jump or call into a flow, or to a node of one, that is not there."""
    for compiled in flows.files:
        for jump in compiled.jumps:
            if jump.flow is None or jump.flow == compiled.name:
                continue  # told where the flow is compiled
            target = flows.by_name.get(jump.flow)
            if target is None:
                hint = did_you_mean(jump.flow, list(flows.by_name))
                if jump.comes_back and jump.flow.partition("/")[0] in flows.by_name:
                    hint = "a call begins at the first node of a flow: write its name alone"
                yield Problem.at(UNKNOWN_FLOW, f'no flow "{jump.flow}"', compiled.file, jump, hint)
            elif jump.node is not None and target.ids is not None and jump.node not in target.ids:
                hint = did_you_mean(jump.node, list(target.ids))
                message = f'no node "{jump.node}" in flow "{jump.flow}"'
                yield Problem.at(UNKNOWN_NODE, message, compiled.file, jump, hint)
