"""The conditions of an inject or notify: ``ifNode``, ``ifRevision`` and ``expiresAt``."""

from __future__ import annotations

from pydantic_core import from_json

from flowhook.engine.flow import Library
from flowhook.model.inbound import Precondition
from flowhook.model.session import Session
from flowhook.runtime.turns.running_turn import RunningTurn


def unmet(turn: RunningTurn, now: float) -> str | None:
    """Return why a turn is not to take place: ``expired`` or ``precondition_failed``; else None."""
    condition = turn.inbound.precondition
    if condition is None:
        return None
    if condition.expires_at is not None and condition.expires_at <= now:
        return "expired"
    if condition.if_revision is not None and condition.if_revision != turn.revision:
        return "precondition_failed"
    if condition.if_node is not None and not _stands_at(turn, condition.if_node):
        return "precondition_failed"
    return None


def node_names(library: Library, condition: Precondition | None) -> frozenset[str]:
    """Return every "flow/node" under which a session may stand at the node that ``ifNode`` names: also
    under an id that it had before, or has now."""
    wanted = condition.if_node if condition is not None else None
    if wanted is None:
        return frozenset()
    flow_name, _, key = wanted.rpartition("/")
    flows = [library.flows[flow_name]] if flow_name in library.flows else library.flows.values()
    names: set[str] = set()
    for flow in flows if not flow_name or flow_name in library.flows else ():
        now = flow.moved.get(key, key)
        olds = (old for old, new in flow.moved.items() if new == now)
        names.update(f"{flow.name}/{name}" for name in (now, *olds))
    return frozenset(names)


def _stands_at(turn: RunningTurn, node: str) -> bool:
    if turn.state is None:
        return False
    frame = Session.from_json(from_json(turn.state)).top
    stands = f"{frame.flow}/{frame.node}"
    return node in (frame.node, stands) or stands in node_names(turn.library, turn.inbound.precondition)
