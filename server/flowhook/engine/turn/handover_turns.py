"""Turns while a person speaks with the user, or is asked to: the flow rests at the node that asked, and what
comes in goes to the one or the other. What was agreed with whom stands in ``handovers.py``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from flowhook.engine.outcomes import BeginHandover, NodeFailed
from flowhook.engine.turn import handovers
from flowhook.engine.turn.analytics import AnalyticsNotes
from flowhook.engine.turn.view import TurnEnd
from flowhook.model.event import EventType
from flowhook.model.handover import Handover, HandoverRequest
from flowhook.model.inbound import Kind
from flowhook.model.session import Frame
from flowhook.model.trace import TraceStep

if TYPE_CHECKING:
    from flowhook.engine.flow import FlowNode
    from flowhook.engine.turn.executor import TurnExecutor


def start_in_handover(run: TurnExecutor) -> TurnEnd:
    """Begin the turn: something came in for, or of, the person."""
    turn, session, navigator = run.turn, run.session, run.navigator
    handover = session.handover
    if handover is not None:
        handovers.stand(session, handover)
    navigator.was_waiting = handover is not None and handover.watch is not None
    _begin_step(run)
    if turn.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
        session.execution += 1
        turn.input["execution"] = session.execution
    watching = handover.watch[0] if handover is not None and handover.watch is not None else None
    reaction = handovers.receive(turn)
    if reaction.what == "void" or handover is None:
        return TurnEnd("done", reason="void")
    if reaction.what == "quiet":
        if turn.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
            navigator.timer = handovers.rearm(turn, handover)
        return TurnEnd("done")
    return _kept(run, lambda: _react(run, handover, reaction, watching))


def begin_handover(run: TurnExecutor, node: FlowNode, outcome: BeginHandover) -> FlowNode | None:
    """Rest at the node until the conversation comes back from a person."""
    turn = run.turn
    run.navigator.keep_waiting(node)
    run.navigator.set_timer(None)
    frames = [frame.to_json() for frame in turn.session.frames]
    handover = Handover(turn.key, outcome.provider, frames, outcome.settings)
    if outcome.text:
        turn.say(outcome.text, outcome.shown, to="user")
    turn.session.handover = handover
    turn.handovers.append(HandoverRequest(handover.id, handover.provider, turn.at, handover.settings))
    turn.note_analytics(AnalyticsNotes(fields={"handover": 1}))
    handovers.show(turn, "queue")
    tells_now = outcome.settings.get("queue_event", True) and not outcome.settings.get("queue_updates")
    if tells_now and "on_queue" in node.branches:
        return run.navigator.take(node, "on_queue")
    return None


def _begin_step(run: TurnExecutor) -> None:
    """The first step of its trace stands at the node that asked."""
    turn, top = run.turn, run.session.top
    node = run.navigator.node_of(top)
    if node is not None:
        turn.node = node
    turn.step = TraceStep(top.flow, top.node or "", "handover")
    turn.steps.append(turn.step)


def _react(
    run: TurnExecutor, handover: Handover, reaction: handovers.Reaction, watching: str | None
) -> TurnEnd:
    """Run what the flow has for what happened."""
    turn, navigator = run.turn, run.navigator
    turn.step.went = reaction.branch
    if reaction.what == "timeout":
        watch = turn.library.node_at(watching or "")
        if watch is None or not watch.returns_from("on_timeout"):
            return TurnEnd("done")
        navigator.digress(turn.library.flows[(watching or "").partition("/")[0]], waiting=True)
        return run.loop(watch, partial(run.visit, how="timed_out"))
    node = navigator.node_of(turn.session.top)
    if reaction.what == "branch":
        if node is None or reaction.branch not in node.branches:
            return TurnEnd("done")
        return run.loop(node, partial(run.visit, how=reaction.branch, kept=handover.settings))
    return _end(run, node, handover, reaction)


def _end(
    run: TurnExecutor, node: FlowNode | None, handover: Handover, reaction: handovers.Reaction
) -> TurnEnd:
    """It is over: the flow goes on where the node that asked leads."""
    session, navigator, settings = run.session, run.navigator, handover.settings
    error = {"reason": reaction.reason, "message": reaction.message}
    more = {"error": error} if reaction.outcome == "error" else {}
    handovers.show(run.turn, reaction.outcome or "", **more)
    session.waiting = False
    navigator.was_waiting = True
    navigator.set_timer(None)
    if node is None:
        navigator.events.append(EventType.SESSION_STRANDED)
        navigator.end_turn()
        return TurnEnd("done")
    if reaction.outcome == "error":
        return run.loop(node, partial(_fail_at, run, error=error))
    silent = reaction.outcome == "completed" and not settings.get("resolve_event", True)
    if settings.get("continue") == "entry" and reaction.outcome == "completed":
        first = navigator.restart()
        if silent or first is None:
            navigator.end_turn()
            return TurnEnd("done")
        return run.loop(first, run.visit)
    if silent:
        target = navigator.take(node, reaction.branch)
        if target is not None:
            navigator.stand_at(target.key, waiting=False)
        return TurnEnd("done")
    return run.loop(node, partial(run.visit, how=reaction.branch, kept=settings))


def _fail_at(run: TurnExecutor, node: FlowNode, error: dict[str, str]) -> Any:
    """The node that asked fails late. Where nobody takes care of it the flow goes on below."""
    turn = run.turn
    turn.node = node
    if node.on_error is False and turn.flow.on_error is False:
        return None
    raise NodeFailed(error["reason"], error["message"])


def _kept(run: TurnExecutor, react: Callable[[], TurnEnd]) -> TurnEnd:
    """What an agent or a user said and did holds, also when the flow fails at what it makes of it: then
    the session stands at the node that asked, and the trace has the error."""
    turn, session = run.turn, run.session
    frames = [frame.to_json() for frame in session.frames]
    said, changes = list(turn.outputs), list(turn.handovers)
    handover = session.handover
    end = react()
    if end.status == "failed":
        turn.log("error", f"{end.error_at or turn.at}: {end.error}")
        turn.outputs[:], turn.handovers[:] = said, changes
        session.handover = handover
        session.frames = [Frame(*frame) for frame in frames]
        session.waiting = True
        return TurnEnd("done")
    return end
