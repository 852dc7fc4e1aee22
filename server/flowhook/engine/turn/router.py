"""Who takes an input. The first that applies wins:

.. code-block:: text

    input ─┬─ 1. the answer to "did you mean …?", when that was asked
           ├─ 2. a branch of ``on_intent`` of the node that waits
           ├─ 3. an intent won by rule, with ``entry``
           ├─ 4. an offer that hears it, the newest first
           ├─ 5. an answer to an earlier question, when the input corrects it; an example of an intent
           │     goes before
           ├─ 6. the question that waits, when the input answers it; at one that takes any text
           │     an intent that is clearly meant goes before
           ├─ 7. an intent won by its examples: with ``entry``, then one with ``reply`` only
           └─ 8. the question, as a wrong answer; with no question, the flow where it stood

The router decides and changes nothing of the session: it returns an :class:`Entry`, and the navigator goes
there. What was understood is in ``input`` and in the trace when it has decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from flowhook.engine.outcomes import TurnFailed
from flowhook.engine.turn import interpretation
from flowhook.engine.turn.clear_intents import is_clear, is_example, says_back
from flowhook.engine.turn.intent_scope import height_in_force
from flowhook.engine.turn.intent_selection import Decision, IntentSelector
from flowhook.engine.turn.view import shown
from flowhook.model.session import Offer, PendingIntent

if TYPE_CHECKING:
    from flowhook.engine.flow import Flow, FlowNode, Intent
    from flowhook.engine.node import Node
    from flowhook.engine.turn.intent_scope import IntentScope
    from flowhook.engine.turn.view import Turn
    from flowhook.model.understanding import Understanding

SHOWN_RANKS = 5  #: of the ranking, in a trace
#: What an input holds that is confirmed later, beside what it was understood as.
_SAID = ("text", "data", "attachments", "mode", "slots", "type", "nlu")


class Arrival(NamedTuple):
    """An input that has come, and where the session stands."""

    intents: IntentScope  #: that compete for it
    node: FlowNode | None  #: where the session stands
    waiting: bool  #: for an input, at that node
    understanding: Understanding | None = None
    offers: tuple[Offer, ...] = ()  #: newest first
    pending: PendingIntent | None = None  #: the user was asked whether this was meant

    @property
    def question(self) -> FlowNode | None:
        """The node that waits for the input."""
        return self.node if self.waiting else None


class RoutingDecision(NamedTuple):
    """Where an input enters: a node, how that is entered, and why.

    Without ``flow`` the session stays where it stands. Else it goes over to that flow: on top of all
    others, as a digression, or with ``cut_to`` to the frame of that index, for good.
    """

    node: FlowNode | None
    how: str  #: run, resume, again, taken, or a branch of the node
    reason: str  #: for the trace
    flow: Flow | None = None
    cut_to: int | None = None
    reply: FlowNode | None = None  #: a reply that is said before the node
    offer: Offer | None = None  #: that takes the input, and is over
    pending: PendingIntent | None = None  #: the node asks whether this was meant
    intent: str | None = None  #: whose entry, or whose digression with nodes of its own, it is


class Router:
    """Decides for one turn who takes its input."""

    __slots__ = ("_turn",)

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def route(self, arrival: Arrival) -> RoutingDecision:
        """Where an input enters. Raises TurnFailed where an intent leads nowhere."""
        turn = self._turn
        selector = interpretation.selector_for(turn, arrival.intents)
        pending = arrival.pending
        if pending is not None:
            asked = arrival.intents.intents.get((pending.flow, pending.intent))
            yes = _yes_or_no(arrival.understanding)
            if asked is not None and yes is not None:  # else it does not compete any more, or is no answer
                return self._confirmed(arrival, selector, asked, pending, yes=yes)
        decision = selector.decide(arrival.understanding)
        self._note(selector, decision)
        return self._precedence(arrival, decision)

    def force(self, arrival: Arrival, intent: Intent) -> RoutingDecision:
        """Where an intent enters that is taken as meant; what was read of the text stays."""
        selector = interpretation.selector_for(self._turn, arrival.intents)
        decision = selector.force(intent, "forced")
        self._note(selector, decision)
        return self._precedence(arrival, decision)

    def _note(self, selector: IntentSelector, decision: Decision) -> None:
        interpretation.decided(self._turn, selector, decision)
        self._explain(selector, decision)

    # --- the order -----------------------------------------------------------------------------------

    def _precedence(self, arrival: Arrival, decision: Decision) -> RoutingDecision:
        """The rules of the module's docstring, 2 to 8."""
        intent, question = decision.intent, arrival.question
        if question is not None and (branch := _branch_for(question, decision.path)):
            if decision.doubtful and intent is not None:
                return self._ask_whether(arrival, decision, intent)
            return RoutingDecision(question, branch, branch)
        if decision.how in ("rule", "forced") and intent is not None and intent.entry is not None:
            return self._intent_entry(arrival, decision, intent)
        if arrival.offers and (taken := self._offer_that_hears(arrival.offers)):
            return taken
        if question is not None and self._corrects(arrival, decision, question):
            return RoutingDecision(question, "corrected", "correction of an earlier answer")
        if intent is None or (intent.entry is None and intent.reply is None and not decision.doubtful):
            return _stay(arrival, _fruitless(decision))
        if question is not None:
            if intent.entry is None and intent.reply is None:
                return _stay(arrival, f"intent {intent.name}")
            kept = self._kept_by_question(arrival, decision, question)
            if kept:
                return _stay(arrival, kept)
        return self._intent_takes(arrival, decision, intent)

    def _corrects(self, arrival: Arrival, decision: Decision, question: FlowNode) -> bool:
        """Whether the input corrects answers to questions before the one that waits."""
        turn = self._turn
        if not turn.session.answered or decision.how in ("forced", "confirmed") or is_example(decision):
            return False
        node = self._instance_at(arrival, question)
        try:
            return node is not None and node.corrects(turn)
        except Exception as error:
            turn.warn(f"{turn.at}: {error}")
            return False

    def _kept_by_question(self, arrival: Arrival, decision: Decision, question: FlowNode) -> str:
        """Why the question that waits keeps the input from an intent; "": the intent takes it."""
        turn = self._turn
        node = self._instance_at(arrival, question)
        if node is None or node.digressions(turn) == "none":
            return "question"
        text = turn.input["text"]
        if says_back(decision, text, node.wording(turn), turn.input["locale"]):
            return "words of the question"
        if node.takes_any_text(turn) and is_clear(decision, text) and not _leads_to(decision, question):
            return ""
        return "answer" if self._hears(node) else ""

    def _intent_takes(self, arrival: Arrival, decision: Decision, intent: Intent) -> RoutingDecision:
        """An intent takes the input: asked about, entered, replied to, or left to the flow."""
        if decision.doubtful:
            return self._ask_whether(arrival, decision, intent)
        if intent.entry is not None:
            return self._intent_entry(arrival, decision, intent)
        reason = f"intent {intent.name} ({decision.how})"
        if intent.reply is None:  # by its name alone it means something to the flow
            return _stay(arrival, reason)
        flow, reply = _node_of(arrival.intents, intent, intent.reply)
        word = "do" if intent.does else "reply"
        own = intent.name if intent.does else None
        return RoutingDecision(reply, "run", f"{word} {intent.name} ({decision.how})", flow, intent=own)

    # --- intents -------------------------------------------------------------------------------------

    def _intent_entry(self, arrival: Arrival, decision: Decision, intent: Intent) -> RoutingDecision:
        """An intent's entry: for good in an own flow, as a digression into an attached one."""
        assert intent.entry is not None
        intents, turn = arrival.intents, self._turn
        flow, node = _node_of(intents, intent, intent.entry)
        own = not intents.flow_of(intent)
        return RoutingDecision(
            node,
            "run",
            f"entry {intent.entry} ({decision.how})",
            flow,
            cut_to=_height_to_leave(turn) if own else None,
            intent=intent.name if own else None,
            reply=_node_of(intents, intent, intent.reply)[1] if intent.reply is not None else None,
        )

    def _ask_whether(self, arrival: Arrival, decision: Decision, intent: Intent) -> RoutingDecision:
        """Ask whether an intent of a middling score was meant, and keep what was said for the answer."""
        assert intent.confirm is not None
        assert decision.won is not None
        flow, node = _node_of(arrival.intents, intent, intent.confirm)
        said = cast(dict[str, Any], self._turn.input)
        pending = PendingIntent(
            decision.won.flow, intent.name, decision.won.score, {name: said[name] for name in _SAID}
        )
        return RoutingDecision(node, "run", f"confirm {intent.name}?", flow, pending=pending)

    def _confirmed(
        self, arrival: Arrival, selector: IntentSelector, intent: Intent, pending: PendingIntent, *, yes: bool
    ) -> RoutingDecision:
        """Yes: the intent fires with what was said before. No: nothing was understood; a question that
        waits is asked again, and no attempt is counted."""
        turn_input = self._turn.input
        if yes or not arrival.waiting:
            cast(dict[str, Any], turn_input).update(pending.input)
            turn_input["nlu"] = dict(turn_input["nlu"])  # what is pending is kept for a turn that fails
        decision = selector.force(intent, "confirmed", pending.score) if yes else Decision()
        interpretation.decided(self._turn, selector, decision)
        turn_input["nlu"]["confirmed"] = yes
        self._explain(selector, decision)
        self._turn.step.saw["confirmed"] = yes
        question = arrival.question
        if not yes:
            entry = _stay(arrival, f"not {intent.name}")
            return entry._replace(how="again") if question is not None else entry
        if question is not None and (branch := _branch_for(question, decision.path)):
            return RoutingDecision(question, branch, branch)
        return self._intent_takes(arrival, decision, intent)

    # --- offers --------------------------------------------------------------------------------------

    def _offer_that_hears(self, offers: Iterable[Offer]) -> RoutingDecision | None:
        """The entry at the newest offer that hears the input, in the frame of its flow or on top."""
        turn = self._turn
        frames = turn.session.frames
        for offer in offers:
            flow = turn.library.flows.get(offer.flow)
            node = flow.node_at(offer.node) if flow is not None else None
            if flow is None or node is None or node.disabled:
                continue
            instance = self._instance(flow, node)
            if instance is not None and self._hears(instance, failing=False):
                height = next(
                    (at for at in reversed(range(len(frames))) if frames[at].flow == flow.name), None
                )
                return RoutingDecision(node, "taken", f"offer {node.key}", flow, cut_to=height, offer=offer)
        return None

    # --- hearing -------------------------------------------------------------------------------------

    def _hears(self, instance: Node, *, failing: bool = True) -> bool:
        """Whether a node hears the input; one that raises is left to raise where it can be dealt with."""
        try:
            return instance.hears(self._turn)
        except Exception as error:
            self._turn.warn(f"{self._turn.at}: {error}")
            return failing

    def _instance_at(self, arrival: Arrival, node: FlowNode) -> Node | None:
        return self._instance(self._turn.library.flows[self._turn.session.top.flow], node)

    def _instance(self, flow: Flow, node: FlowNode) -> Node | None:
        """A node with its settings as they are now; None when they cannot be rendered."""
        turn = self._turn
        turn.flow, turn.node = flow, node
        try:
            return node.settings.node(turn.scope, turn.step.warnings)
        except Exception as error:
            turn.warn(f"{turn.at}: {error}")
            return None

    # --- the trace -----------------------------------------------------------------------------------

    def _explain(self, selector: IntentSelector, decision: Decision) -> None:
        """Keep for the trace what the decision saw."""
        saw, said = self._turn.step.saw, self._turn.input
        if decision.candidates:
            ranking = selector.listed(decision)[:SHOWN_RANKS]
            saw["ranking"] = [{key: item for key, item in rank.items() if item != ""} for rank in ranking]
        if decision.tried:
            saw["rules"] = {"tried": decision.tried, "held": decision.held}
        if decision.confidence is not None:
            saw["confidence"] = decision.confidence
        if decision.doubtful:
            saw["doubtful"] = True
        if self._turn.session.state is not None or selector.state is not None:
            saw["state"] = said["state"]
        if decision.out_of_state is not None:
            saw["outOfState"] = decision.out_of_state
        if said["slots"]:
            saw["slots"] = shown(said["slots"])
        if said["type"] is not None:
            saw["type"] = said["type"]
        if said["nlu"]["rejected"]:
            saw["rejected"] = True
        for name in ("denied", "also"):
            if said["nlu"].get(name):
                saw[name] = said["nlu"][name]


def _height_to_leave(turn: Turn) -> int:
    """The index of the frame from which an entry leaves: that of the flow in force, or the one below it that
    rests while the flow does what another intent of its own wants."""
    frames = turn.session.frames
    height = height_in_force(turn.library, turn.session) or 0
    while (
        height and frames[height - 1].resting is not None and frames[height - 1].flow == frames[height].flow
    ):
        height -= 1
    return height


def _stay(arrival: Arrival, reason: str) -> RoutingDecision:
    """Where the session stands: the question that waits, or the flow."""
    if arrival.waiting:
        return RoutingDecision(arrival.node, "resume", "question" if reason == "flow" else reason)
    return RoutingDecision(arrival.node, "run", reason)


def _yes_or_no(understanding: Understanding | None) -> bool | None:
    if understanding is None:
        return None
    if understanding.answer is None:
        return {"pAnswer": True, "nAnswer": False}.get(understanding.type or "")
    return understanding.answer


def _node_of(intents: IntentScope, intent: Intent, key: str) -> tuple[Flow, FlowNode]:
    """The flow of an intent, and the node there to which it leads."""
    flow = intents.flows[intents.flow_of(intent)]
    node = flow.node_at(key)
    if node is None:
        raise TurnFailed(f'the intent "{intent.name}" leads to "{key}", which is not there', flow.name)
    return flow, node


def _branch_for(node: FlowNode, path: list[str]) -> str | None:
    """The branch of ``on_intent`` for the most specific name of a path; case does not matter."""
    if not path or "on_intent" not in node.type.branch_maps:
        return None
    branches: dict[str, str] | None = node.derived.get("on_intent")
    if branches is None:
        names = (branch for branch in node.branches if branch.startswith("on_intent."))
        branches = {name.removeprefix("on_intent.").casefold(): name for name in names}
        node.derived["on_intent"] = branches
    return next((branches[name.casefold()] for name in reversed(path) if name.casefold() in branches), None)


def _leads_to(decision: Decision, question: FlowNode) -> bool:
    """Whether the intent leads to the question that waits: who answers it is not asked again."""
    intent, won = decision.intent, decision.won
    return intent is not None and won is not None and not won.flow and intent.entry == question.key


def _fruitless(decision: Decision) -> str:
    """Why no intent takes the input, in a few words."""
    if decision.won is not None:
        return f"intent {decision.won.name} ({decision.how})"
    if decision.out_of_state is not None:
        return f"{decision.out_of_state} is out of state"
    if decision.candidates:
        return f"nothing ≥ {decision.confidence or 0:g}"
    return "flow"
