"""Tasks: outside work whose result comes by a callback, while the session waits at their node.

``Session.tasks`` holds one entry for each task that the session waits for: ``{task, flow, node, depth,
settings}``. ``task`` names this very run of the node, ``depth`` is the number of frames up to its own,
``settings`` is what the node needs when the result comes: it is not rendered anew.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowhook.engine.flow import Back, Flow, FlowNode, Library, Stay, Target
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session import Frame, Session


def find_task(session: Session, task: str | None) -> dict[str, Any] | None:
    """The entry of a task that the session waits for."""
    return next((entry for entry in session.tasks if entry["task"] == task), None)


def begin_wait(session: Session, task: str, flow: str, node: str, settings: dict[str, Any]) -> None:
    """The session waits for a task from now on; what waited at the same depth, or above, is over."""
    depth = len(session.frames)
    below = [entry for entry in session.tasks if entry["depth"] < depth]
    entry = {"task": task, "flow": flow, "node": node, "depth": depth, "settings": settings}
    session.tasks = [*below, entry]


def end_wait(session: Session, entry: dict[str, Any]) -> None:
    """The task is over: the session stands at its node again, whatever it did meanwhile."""
    depth = entry["depth"]
    del session.frames[depth:]
    session.tasks = [other for other in session.tasks if other["depth"] < depth]
    frame = session.frames[-1]
    frame.node, frame.resting = entry["node"], None
    session.waiting = False


def entry_at(session: Session, library: Library) -> dict[str, Any] | None:
    """The task at whose node the session stands now; None when it stands elsewhere."""
    depth = len(session.frames)
    at_depth = (entry for entry in session.tasks if entry["depth"] == depth)
    return next((entry for entry in at_depth if _is_at(session.top, entry, library)), None)


def _is_at(frame: Frame, entry: dict[str, Any], library: Library) -> bool:
    """Whether a frame stands at the node of a task, also where the node was renamed since."""
    if frame.flow != entry["flow"] or frame.node is None:
        return False
    if frame.node == entry["node"]:
        return True
    flow = library.flows.get(frame.flow)
    place = flow.node_at(entry["node"]) if flow is not None else None
    return flow is not None and place is not None and place is flow.node_at(frame.node)


def prune(session: Session, library: Library) -> None:
    """Forget the tasks that the session has left for good: it stands neither at their node nor in a
    branch of it that leads back."""
    if session.tasks:
        session.tasks = [entry for entry in session.tasks if _lives(entry, session, library)]


def _lives(entry: dict[str, Any], session: Session, library: Library) -> bool:
    depth = entry["depth"]
    if depth > len(session.frames):
        return False
    frame = session.frames[depth - 1]
    if _is_at(frame, entry, library):
        return session.waiting or depth < len(session.frames)
    flow = library.flows.get(frame.flow) if frame.flow == entry["flow"] else None
    place = flow.node_at(entry["node"]) if flow is not None else None
    return flow is not None and place is not None and frame.node in leading_back(flow, place)


def leading_back(flow: Flow, place: FlowNode) -> frozenset[str]:
    """The places from which the flow can get back to waiting at this one without running it anew."""
    known: frozenset[str] | None = place.derived.get("leading_back")
    if known is None:
        known = place.derived["leading_back"] = frozenset(_seek_back(flow, place))
    return known


def _seek_back(flow: Flow, place: FlowNode) -> set[str]:
    comes_from: dict[str, set[str]] = {}
    found: set[str] = set()
    for key, each in flow.nodes.items():
        for target in _targets(each):
            if target == Stay(place.key):
                found.add(key)
            elif isinstance(target, str):
                comes_from.setdefault(target, set()).add(key)
    found.discard(place.key)
    frontier = list(found)
    while frontier:
        for key in comes_from.get(frontier.pop(), ()):
            if key != place.key and key not in found:
                found.add(key)
                frontier.append(key)
    return found


def _targets(place: FlowNode) -> Iterator[Target | Back]:
    yield place.below
    yield from place.branches.values()
    if not isinstance(place.on_error, bool):
        yield place.on_error


def first_admitted(session: Session, library: Library, inbounds: list[Inbound]) -> Inbound | None:
    """Which of the inbounds that wait, in their order, has its turn next; None when the session takes none
    of them as long as it waits where it is."""
    if session.running is not None:  # the turn that was cut goes on, whatever came before it
        seq = session.running["seq"]
        cut = next((inbound for inbound in inbounds if inbound.seq == seq), None)
        if cut is not None:
            return cut
    place = _waits_at(session, library)
    if place is None:
        return inbounds[0]
    return next((inbound for inbound in inbounds if place.type.admits(place, inbound.kind)), None)


def _waits_at(session: Session, library: Library) -> FlowNode | None:
    entry = entry_at(session, library) if session.waiting else None
    flow = library.flows.get(entry["flow"]) if entry is not None else None
    place = flow.node_at(entry["node"]) if flow is not None and entry is not None else None
    return place if place is not None and place.type.waits and not place.disabled else None


def keep_outcome(session: Session, inbound: Inbound) -> bool:
    """After a turn that failed: its task is over, and the session stands at the task's node, which goes on
    with the outcome when it runs again. Whether there was anything to keep."""
    entry = find_task(session, inbound.task) if inbound.task is not None else None
    if entry is None:
        return False
    end_wait(session, entry)
    at = f"{entry['flow']}/{entry['node']}"
    over = {"timedOut": True} if inbound.kind is Kind.TIMER else {"result": inbound.answer}
    session.memory[at] = {"over": over}
    return True
