"""Turns that begin with something else than a message: a timer falls due, the result of a task comes.

Each counts only while the session waits for it, or where it has a branch of its own; else the turn is void.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from flowhook.engine.outcomes import TurnFailed
from flowhook.engine.turn.task_waits import end_wait, find_task
from flowhook.engine.turn.view import TurnEnd
from flowhook.model.event import EventType
from flowhook.model.inbound import Kind

if TYPE_CHECKING:
    from flowhook.engine.flow import FlowNode
    from flowhook.engine.turn.executor import TurnExecutor


def start_by_timer(run: TurnExecutor) -> TurnEnd:
    """A timer fell due: it counts only where it was armed."""
    session, timer = run.session, run.inbound.timer
    frame = session.top
    named = timer in (frame.node, f"{frame.flow}/{frame.node}")
    node = run.navigator.node_of(frame) if session.waiting and named else None
    if node is None:
        return TurnEnd("done", reason="void")
    return run.loop(node, partial(run.visit, how="timed_out"))


def start_by_task(run: TurnExecutor) -> TurnEnd:
    """The result of a task has come, or its time is over. It counts only while the session waits."""
    session, navigator = run.session, run.navigator
    wait = find_task(session, run.inbound.task)
    if wait is None:
        return _time_out_beside(run)
    navigator.was_waiting = True
    end_wait(session, wait)
    node = navigator.node_of(session.top)
    if node is None or not (node.type.awaits or node.type.asynchronous):
        navigator.events.append(EventType.SESSION_STRANDED)
        navigator.end_turn()
        return TurnEnd("done")
    how = "timed_out" if run.inbound.kind is Kind.TIMER else "resume"
    return run.loop(node, partial(run.visit, how=how, kept=wait.settings or None))


def _time_out_beside(run: TurnExecutor) -> TurnEnd:
    """The time of a task is over that the session never waited for: its branch is a digression, wherever
    the session stands. Without such a branch, and for a result, there is nothing to do."""
    position = run.inbound.timer or ""
    node = run.turn.library.node_at(position)
    if run.inbound.kind is not Kind.TIMER or node is None or not node.returns_from("on_timeout"):
        return TurnEnd("done", reason="void")
    return _interrupt(run, position.partition("/")[0], node, partial(run.visit, how="timed_out"))


def start_by_named_timer(run: TurnExecutor) -> TurnEnd:
    """A timer with a name fell due: its nodes are a digression, wherever the session stands. Where
    nothing is to be done any more, or ``unless`` holds, it is void."""
    turn = run.turn
    position = turn.inbound.timer or ""
    flow = turn.library.flows.get(position.partition("/")[0])
    node = turn.library.node_at(position)
    if flow is None:
        return TurnEnd("done", reason="void")
    unless = node.settings.raw.get("unless") if node is not None else None
    condition = node.settings.conditions.get(str(unless)) if node is not None else None
    if condition is not None and condition.test(turn.scope, []):
        return TurnEnd("done", reason="void")
    if node is not None and node.returns_from("on_timer"):
        kept = {"name": turn.inbound.name}
        return _interrupt(run, flow.name, node, partial(run.visit, how="timed_out", kept=kept))
    first = flow.nodes.get(flow.timers.get(turn.inbound.name or "", ""))
    return _interrupt(run, flow.name, first, run.visit) if first else TurnEnd("done", reason="void")


def _interrupt(run: TurnExecutor, flow: str, node: FlowNode, visit: Callable[[FlowNode], Any]) -> TurnEnd:
    """Run a node as a digression, wherever the session stands."""
    navigator, session = run.navigator, run.session
    standing = navigator.standing_at()
    waiting = session.waiting and standing is not None and standing.type.waits
    session.waiting = False
    try:
        navigator.digress(run.turn.library.flows[flow], waiting=waiting)
    except TurnFailed as failed:
        return TurnEnd("failed", str(failed), failed.at)
    return run.loop(node, visit)
