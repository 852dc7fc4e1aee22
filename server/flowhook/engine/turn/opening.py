"""How a turn opens: an input is read, the router decides who takes it, the navigator goes there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.engine.turn import interpretation
from flowhook.engine.turn.intent_scope import height_in_force
from flowhook.engine.turn.router import Arrival
from flowhook.extraction.corrections import takes_back
from flowhook.model.session import Offer
from flowhook.model.trace import UNDERSTANDING, TraceStep

if TYPE_CHECKING:
    from flowhook.engine.flow import FlowNode, Intent
    from flowhook.engine.turn.intent_scope import IntentScope
    from flowhook.engine.turn.navigator import Navigator
    from flowhook.engine.turn.router import Router
    from flowhook.engine.turn.view import Turn
    from flowhook.model.understanding import Understanding


def is_plain(turn: Turn) -> bool:
    """Whether nothing can take the input but the node where the session stands: there is nothing to
    decide, as in flows without intents, slots and offers where nobody corrects an answer."""
    session = turn.session
    return (
        turn.environment.understanding is None
        and not session.offers
        and not (session.answered and may_correct(turn))
        and session.pending is None
        and not (turn.library.understands and height_in_force(turn.library, session) is not None)
    )


def may_correct(turn: Turn) -> bool:
    """Whether the input may correct an answer: there is one, and words that take something back."""
    said = turn.input
    return bool(turn.session.answered) and takes_back(said["text"], said["locale"])


class Opening:
    """Opens one turn, and opens it anew for a ``think``."""

    __slots__ = ("_navigator", "_router", "_turn")

    def __init__(self, turn: Turn, navigator: Navigator, router: Router) -> None:
        self._turn = turn
        self._navigator = navigator
        self._router = router

    def open(self, node: FlowNode | None, *, waiting: bool) -> FlowNode | None:
        """The node that runs first. ``node`` is where the session stands; ``waiting``: for an input, there.
        Raises TurnFailed."""
        session = self._turn.session
        offers = session.offers
        session.offers = [
            Offer(offer.flow, offer.node, offer.inputs - 1) for offer in offers if offer.inputs > 1
        ]
        return self.receive(node, self._turn.environment.understanding, offers, waiting=waiting)

    def receive(
        self,
        node: FlowNode | None,
        understanding: Understanding | None,
        offers: list[Offer],
        *,
        waiting: bool = False,
    ) -> FlowNode | None:
        """Read an input, and go to whoever takes it."""
        turn, session = self._turn, self._turn.session
        turn.readings.clear()
        turn.input.pop("slotsTaken", None)
        pending, session.pending = session.pending, None
        intents = interpretation.scope_in_force(turn)
        if intents is None:
            return None
        arrival = Arrival(intents, node, waiting, understanding, tuple(offers), pending)
        self._begin_step(arrival, weighty=bool(pending or offers))
        interpretation.read(turn, understanding)
        return self._navigator.enter(self._router.route(arrival), waiting=waiting)

    def force(self, intents: IntentScope, intent: Intent) -> FlowNode | None:
        """Go where an intent leads that is taken as meant."""
        node = self._navigator.standing_at()
        self._turn.session.pending = None
        arrival = Arrival(intents, node, False)
        self._begin_step(arrival, weighty=True)
        return self._navigator.enter(self._router.force(arrival, intent), waiting=False)

    def _begin_step(self, arrival: Arrival, *, weighty: bool) -> None:
        """The first step of a trace tells what was understood, where anything could be."""
        flow, node = arrival.intents.flow, arrival.node
        step = TraceStep(flow.name, node.key if node is not None else "", UNDERSTANDING)
        self._turn.step = step
        if arrival.understanding is not None and (engine := self._turn.environment.engine):
            step.saw["engine"] = engine
        if weighty or arrival.understanding is not None or arrival.intents.ruled:
            self._turn.steps.append(step)


def active_question(turn: Turn, node: FlowNode) -> dict[str, Any]:
    """``input.activeQuestion``: what the session waits for."""
    memory = turn.session.memory.get(f"{turn.flow.name}/{node.key}", {})
    kind = getattr(node.settings.always, "type", None) or node.settings.raw.get("type")
    if kind is None and "type" in node.type.model_fields:
        kind = node.type.model_fields["type"].default
    question = {"nodeId": node.key, "type": kind or node.type.key, "asked": memory.get("asked", 1)}
    return question | ({"tentativeAnswer": memory["tentative"]} if "tentative" in memory else {})
