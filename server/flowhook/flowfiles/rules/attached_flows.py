"""Attached flows, whose intents compete with those of the flow that names them."""

from __future__ import annotations

from collections.abc import Iterator

from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import cycles
from flowhook.problems.catalogue import ATTACH_CIRCLE, IDLE_ATTACH, UNKNOWN_FLOW
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean


def attached_flows(flows: FlowSet) -> Iterator[Problem]:
    """Attached flows that are not there, that bring nothing, or that attach each other."""
    for compiled in flows.files:
        for use in compiled.attached:
            other = flows.by_name.get(use.name)
            if other is None:
                hint = did_you_mean(use.name, flows.by_name)
                yield Problem.at(UNKNOWN_FLOW, f'no flow "{use.name}"', compiled.file, use, hint)
            elif other.ids is not None and not other.intents:
                message = f'the flow "{use.name}" has no intents, so attaching it does nothing'
                yield Problem.at(IDLE_ATTACH, message, compiled.file, use)
    yield from _cycles(flows)


def _cycles(flows: FlowSet) -> Iterator[Problem]:
    """An error for each cycle of flows that are attached to each other, at the first of them."""
    by_name = flows.by_name

    def attached(name: str) -> list[str]:
        return [use.name for use in by_name[name].attached if use.name in by_name and use.name != name]

    for cycle in cycles(sorted(by_name), attached):
        compiled = by_name[cycle[0]]
        following = cycle[1] if len(cycle) > 1 else cycle[0]
        use = next(use for use in compiled.attached if use.name == following)
        ring = " → ".join([*cycle, cycle[0]])
        message = f"these flows are attached to each other in a circle: {ring}"
        hint = "an attached flow brings its own intents only: attach each flow where it is wanted"
        yield Problem.at(ATTACH_CIRCLE, message, compiled.file, use, hint)
