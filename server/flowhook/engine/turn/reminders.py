"""Reminders: what is done when an answer does not come, one step after the other.

``on_timeout: [{after: 10m, do: …}, {after: 1h, do: …}]`` arms the session's one timer for the first step;
when the list of a step has ended and the session still waits, for the next. Times count from when the
question was asked; what is said to the session meanwhile lets them begin anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.model.inbound import Kind

if TYPE_CHECKING:
    from flowhook.engine.flow import FlowNode
    from flowhook.engine.turn.view import Turn

Steps = tuple[tuple[float, str], ...]  #: seconds since the question, and the branch that is taken then


def steps_of(node: FlowNode) -> Steps:
    """The reminders of a node; empty where it has none."""
    steps: Steps = node.derived.get("reminders", ())
    return steps


def take_step(turn: Turn) -> str | None:
    """The branch of the step whose time has come, and count it; None when all are taken."""
    steps = steps_of(turn.node)
    memory = turn.memory
    index: int = memory.get("reminded", 0)
    if index >= len(steps):
        return None
    memory["reminded"] = index + 1
    memory.setdefault("since", turn.environment.now - steps[index][0])
    return steps[index][1]


def begin(turn: Turn) -> float | None:
    """The question was asked: seconds until the first step; None where there are no reminders."""
    steps = steps_of(turn.node)
    if not steps:
        return None
    turn.memory["reminded"], turn.memory["since"] = 0, turn.environment.now
    return steps[0][0]


def next_due(turn: Turn, node: FlowNode) -> float | None:
    """When the next step of a node falls due at which the session goes on waiting; None: no more."""
    steps = steps_of(node)
    if not steps:
        return None
    memory: dict[str, Any] = turn.session.memory.setdefault(f"{turn.flow.name}/{node.key}", {})
    if turn.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
        memory["reminded"], memory["since"] = 0, turn.environment.now
    index: int = memory.get("reminded", 0)
    return memory.get("since", turn.environment.now) + steps[index][0] if index < len(steps) else None
