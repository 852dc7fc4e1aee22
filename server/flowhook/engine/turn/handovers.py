"""Handovers: while a person speaks with the user, the flow rests at the node that asked for one.

The state machine, for one session::

    none ── node handover ──▶ queue ── active, message ──▶ active ── queue ──▶ queue
                                └──────────┬─────────────────┘
            resolved: completed · cancel button or intent: cancelled · error: error ──▶ none

``receive`` takes one inbound of a session that is handed over and says what follows from it, as a
:class:`Reaction`; the executor then runs what there is to run. What happened leaves the turn as changes
(``Turn.handovers``), which are committed with everything else of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from flowhook.engine.turn import interpretation
from flowhook.engine.turn.view import Timer
from flowhook.model.handover import (
    Handover,
    HandoverEnd,
    HandoverMove,
    HandoverOutcome,
    HandoverStatus,
    HandoverWords,
)
from flowhook.model.inbound import CONNECTED, Kind, presence_in
from flowhook.model.output import Output
from flowhook.model.session import Frame, Session

if TYPE_CHECKING:
    from flowhook.engine.turn.view import Turn

EVENTS = "events"  #: status that flows see for what a provider tells beside the rest
UPDATE = "genericHandoverUpdate"  #: status for a word of the provider itself
IN_PROGRESS = "handoverAlreadyInProgress"


class Reaction(NamedTuple):
    """What follows from an inbound. ``branch``: of the node that asked, or of the one that watches, which is
    taken and comes back. ``outcome``: it is over."""

    what: Literal["void", "quiet", "branch", "timeout", "over"]
    branch: str = ""
    outcome: HandoverOutcome | None = None
    reason: str = ""
    message: str = ""


VOID, QUIET = Reaction("void"), Reaction("quiet")


def receive(turn: Turn) -> Reaction:
    """Take the inbound of a turn into the session's handover. One of another handover changes nothing."""
    inbound, handover = turn.inbound, turn.session.handover
    if inbound.kind is Kind.HANDOVER:
        event = inbound.handover or {}
        if handover is None or event.get("id") != handover.id:
            return VOID
        return _EVENTS[event["event"]](turn, handover, event)
    if handover is None:
        return VOID
    if inbound.kind is Kind.TIMER:
        return _timed_out(turn, handover)
    if inbound.kind is Kind.PRESENCE:
        return _came_or_went(turn, handover)
    return _said_by_user(turn, handover)


def stand(session: Session, handover: Handover) -> None:
    """Stand at the node that asked, waiting."""
    session.frames = [Frame(*frame) for frame in handover.frames]  # type: ignore[arg-type]
    session.waiting = True


def show(turn: Turn, status: str, data: dict[str, Any] | None = None, **more: Any) -> None:
    """Fill in ``input.handover``. What came with an event stands in three places, where flows may look."""
    handover = turn.session.handover
    count = handover.inactive if handover is not None else 0
    turn.input["handover"] = {"status": status, "inactivityCount": count, "data": data or {}, **more}
    if data:
        turn.input["data"] = {**turn.input["data"], "request": data, "handover": data}


def end(turn: Turn, handover: Handover, outcome: HandoverOutcome, *, tells: bool = True, **more: Any) -> None:
    """End it: from here on it is over for the session."""
    turn.session.handover = None
    turn.handovers.append(HandoverEnd(handover.id, outcome, tells=tells, **more))


# --- what the user does ------------------------------------------------------------------------------


def _said_by_user(turn: Turn, handover: Handover) -> Reaction:
    """The button or the intent that cancels; else words for the provider."""
    inbound, settings = turn.inbound, handover.settings
    handover.inactive = 0
    cancel = settings.get("cancel") or {}
    pressed = bool(inbound.text) and inbound.text == (cancel.get("payload") or cancel.get("title"))
    if pressed or _means(turn, settings.get("cancel_intent")):
        end(turn, handover, "cancelled")
        return Reaction("over", "on_cancelled", "cancelled")
    text, data = turn.input["text"], turn.input["data"]  # as the flow would see it: translated, say
    words = HandoverWords(handover.id, "user", text, data, inbound.attachments, leaves=True)
    turn.handovers.append(words)
    show(turn, handover.status)
    if settings.get("repeat") and handover.status == "queue" and settings.get("text"):
        turn.say(settings["text"], settings.get("shown") or None)
    return QUIET


def _came_or_went(turn: Turn, handover: Handover) -> Reaction:
    """Tell the agent that the user has come or gone, with what the channel says of it."""
    data = turn.inbound.data or {}
    text = handover.settings.get("connected" if presence_in(data) == CONNECTED else "disconnected")
    if text:
        turn.handovers.append(HandoverWords(handover.id, "bot", text, data, leaves=True))
    return QUIET


def _means(turn: Turn, name: str | None) -> bool:
    """Whether the input means an intent, or one below it."""
    if name is None:
        return False
    intents = interpretation.scope_in_force(turn)
    if intents is None:
        return False
    understanding = turn.environment.understanding
    interpretation.read(turn, understanding)
    selector = interpretation.selector_for(turn, intents)
    decision = selector.decide(understanding)
    interpretation.decided(turn, selector, decision)
    return decision.won is not None and not decision.doubtful and name in decision.path


def rearm(turn: Turn, handover: Handover) -> Timer | None:
    """The timer that watches the user's silence, from now on; None where nobody watches."""
    if handover.watch is None:
        return None
    node, seconds = handover.watch
    return Timer(node, turn.environment.now + seconds)


def _timed_out(turn: Turn, handover: Handover) -> Reaction:
    """The user has been silent. Not repeated by itself: the node has to run again."""
    if handover.watch is None or handover.watch[0] != turn.inbound.timer:
        return VOID
    handover.inactive += 1
    handover.watch = None
    show(turn, handover.status)
    return Reaction("timeout", "on_timeout")


# --- what the provider tells -------------------------------------------------------------------------


def _message(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    """An agent speaks: to the user, in the order of everything else."""
    inbound = turn.inbound
    agent = event.get("agent") or ""
    data = dict(inbound.data or {})
    if inbound.attachments:
        data["attachments"] = inbound.attachments
    output = Output(inbound.text, data, inbound.trace_id, source="agent")
    output.blind = turn.session.blind
    turn.outputs.append(output)
    turn.step.said += 1
    turn.handovers.append(
        HandoverWords(
            handover.id, "agent", inbound.text, inbound.data or {}, inbound.attachments, agent=agent
        )
    )
    return _active(turn, handover, event)


def _active(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    """A person has it. Only the first time is an event of its own."""
    entered = handover.status != "active"
    _move(turn, handover, "active", event.get("agent") or "")
    show(turn, "active", agent=event.get("agent") or "")
    wanted = entered and handover.settings.get("active_event", True)
    return Reaction("branch", "on_active") if wanted else QUIET


def _queue(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    """It waits for a person, again or still; the place in the queue may come with it."""
    _move(turn, handover, "queue", "")
    show(turn, "queue", turn.inbound.data)
    return Reaction("branch", "on_queue") if handover.settings.get("queue_event", True) else QUIET


def _move(turn: Turn, handover: Handover, status: HandoverStatus, agent: str) -> None:
    if handover.status != status:
        handover.status = status
        turn.handovers.append(HandoverMove(handover.id, status, agent))


def _resolved(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    result, note, agent = event.get("result"), event.get("note") or "", event.get("agent") or ""
    end(turn, handover, "completed", result=result, note=note, tells=not event.get("closed"))
    turn.input["result"] = {"result": result, "note": note, "agent": agent}
    return Reaction("over", "on_completed", "completed")


def _error(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    reason, message = event.get("reason") or "error", turn.inbound.text
    end(turn, handover, "error", reason=reason, tells=not event.get("closed"))
    return Reaction("over", "on_error", "error", reason, message)


def _event(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    show(turn, EVENTS, turn.inbound.data)
    return Reaction("branch", "on_event")


def _update(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    show(turn, UPDATE, {**(turn.inbound.data or {}), "text": turn.inbound.text})
    return Reaction("branch", "on_event")


def _typing(turn: Turn, handover: Handover, event: dict[str, Any]) -> Reaction:
    return VOID


_EVENTS = {
    "message": _message,
    "active": _active,
    "queue": _queue,
    "resolved": _resolved,
    "error": _error,
    "event": _event,
    "update": _update,
    "typing": _typing,
}
