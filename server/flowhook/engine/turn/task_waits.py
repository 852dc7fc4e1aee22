"""Tasks: outside work whose result comes by a callback, while the session waits at their node.

``Session.tasks`` holds one :class:`~flowhook.model.session.TaskWait` for each task that the session waits
for, the deepest frame last.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowhook.engine.flow import Back, Flow, FlowNode, Library, Loop, Stay, Target
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session import Frame, Session, TaskWait


def find_task(session: Session, task: str | None) -> TaskWait | None:
    """A task that the session waits for, by its name."""
    return next((wait for wait in session.tasks if wait.task == task), None)


def begin_wait(session: Session, task: str, flow: str, node: str, settings: dict[str, Any]) -> None:
    """Wait for a task from now on; what waited at the same depth, or above, is over."""
    depth = len(session.frames)
    below = [wait for wait in session.tasks if wait.depth < depth]
    session.tasks = [*below, TaskWait(task, flow, node, depth, settings)]


def end_wait(session: Session, wait: TaskWait) -> None:
    """The task is over: the session stands at its node again, whatever it did meanwhile."""
    del session.frames[wait.depth :]
    session.tasks = [other for other in session.tasks if other.depth < wait.depth]
    frame = session.frames[-1]
    frame.node, frame.resting = wait.node, None
    session.waiting = False


def wait_at(session: Session, library: Library) -> TaskWait | None:
    """The task at whose node the session stands now; None when it stands elsewhere."""
    depth = len(session.frames)
    at_depth = (wait for wait in session.tasks if wait.depth == depth)
    return next((wait for wait in at_depth if _is_at(session.top, wait, library)), None)


def _is_at(frame: Frame, wait: TaskWait, library: Library) -> bool:
    """Whether a frame stands at the node of a task, also where the node was renamed since."""
    if frame.flow != wait.flow or frame.node is None:
        return False
    if frame.node == wait.node:
        return True
    flow = library.flows.get(frame.flow)
    node = flow.node_at(wait.node) if flow is not None else None
    return flow is not None and node is not None and node is flow.node_at(frame.node)


def prune(session: Session, library: Library) -> None:
    """Forget the tasks that the session has left for good: it stands neither at their node nor in a
    branch of it that leads back."""
    if session.tasks:
        session.tasks = [wait for wait in session.tasks if _lives(wait, session, library)]


def _lives(wait: TaskWait, session: Session, library: Library) -> bool:
    if wait.depth > len(session.frames):
        return False
    frame = session.frames[wait.depth - 1]
    if _is_at(frame, wait, library):
        return session.waiting or wait.depth < len(session.frames)
    flow = library.flows.get(frame.flow) if frame.flow == wait.flow else None
    node = flow.node_at(wait.node) if flow is not None else None
    return flow is not None and node is not None and frame.node in leading_back(flow, node)


def leading_back(flow: Flow, node: FlowNode) -> frozenset[str]:
    """The nodes from which the flow can get back to waiting at this one without running it anew."""
    known: frozenset[str] | None = node.derived.get("leading_back")
    if known is None:
        known = node.derived["leading_back"] = frozenset(_seek_back(flow, node))
    return known


def _seek_back(flow: Flow, waiting: FlowNode) -> set[str]:
    """Search the graph backwards from the branches that end in staying at the node."""
    comes_from: dict[str, set[str]] = {}
    found: set[str] = set()
    for key, node in flow.nodes.items():
        for target in _targets(node):
            if target == Stay(waiting.key):
                found.add(key)
            elif isinstance(target, str | Loop):
                target = target.node if isinstance(target, Loop) else target
                comes_from.setdefault(target, set()).add(key)
    found.discard(waiting.key)
    frontier = list(found)
    while frontier:
        for key in comes_from.get(frontier.pop(), ()):
            if key != waiting.key and key not in found:
                found.add(key)
                frontier.append(key)
    return found


def _targets(node: FlowNode) -> Iterator[Target | Back]:
    yield node.below
    yield from node.branches.values()
    if not isinstance(node.on_error, bool):
        yield node.on_error


def first_admitted(session: Session, library: Library, inbounds: list[Inbound]) -> Inbound | None:
    """Which of the inbounds that wait, in their order, has its turn next; None when the session takes none
    of them as long as it waits where it is."""
    if session.running is not None:  # the turn that was cut goes on, whatever came before it
        seq = session.running.seq
        cut = next((inbound for inbound in inbounds if inbound.seq == seq), None)
        if cut is not None:
            return cut
    node = _task_node(session, library)
    if node is None:
        return inbounds[0]
    return next((inbound for inbound in inbounds if node.type.admits(node, inbound.kind)), None)


def _task_node(session: Session, library: Library) -> FlowNode | None:
    """The node of the task that the session waits for."""
    wait = wait_at(session, library) if session.waiting else None
    flow = library.flows.get(wait.flow) if wait is not None else None
    node = flow.node_at(wait.node) if flow is not None and wait is not None else None
    return node if node is not None and node.type.waits and not node.disabled else None


def keep_outcome(session: Session, inbound: Inbound) -> bool:
    """After a turn that failed: its task is over, and the session stands at the task's node, which goes on
    with the outcome when it runs again. Whether there was anything to keep."""
    wait = find_task(session, inbound.task) if inbound.task is not None else None
    if wait is None:
        return False
    end_wait(session, wait)
    over = {"timedOut": True} if inbound.kind is Kind.TIMER else {"result": inbound.answer}
    session.memory[f"{wait.flow}/{wait.node}"] = {"over": over}
    return True
