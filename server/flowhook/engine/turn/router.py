"""Where an input enters: what it means, and who takes it. The first that applies wins:

1. the answer to "did you mean …?", when that was asked;
2. a branch of ``on_intent`` of the node that waits;
3. an intent won by rule, with ``entry``;
4. an offer that hears it, the newest first;
5. the question that waits, when the input answers it;
6. an intent won by its examples, with ``entry``, then one with ``reply`` only;
7. the question, as a wrong answer; with no question, the flow where it stood.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.engine.failures import TurnFailed
from flowhook.engine.outcomes import NodeFailed, Think, Understand
from flowhook.engine.turn.input import DEFAULT_STATE, is_understood, reading_of
from flowhook.engine.turn.intent_scope import contest, height_in_force, slots_in_force
from flowhook.engine.turn.intent_selection import Decision, IntentSelector
from flowhook.engine.turn.navigator import MAX_FRAMES, MAX_THINKS, Navigator, Rethink
from flowhook.engine.turn.view import same_place, shown
from flowhook.model.session import Frame, Session
from flowhook.model.trace import UNDERSTANDING, TraceStep

if TYPE_CHECKING:
    from flowhook.engine.flow import Flow, FlowNode, Intent, Library, SlotRule
    from flowhook.engine.node import Node
    from flowhook.engine.turn.intent_scope import IntentScope
    from flowhook.model.understanding import Understanding

SHOWN_RANKS = 5  #: of the ranking, in a trace
#: What an input holds that is confirmed later, beside what it was understood as.
_SAID = ("text", "data", "attachments", "mode", "slots", "type", "nlu")


class Router(Navigator):
    """A walk that finds its way in: the first node of a turn, and how it is entered."""

    __slots__ = ()

    # --- the way in ----------------------------------------------------------------------------------

    def route(self, place: FlowNode | None, *, waiting: bool) -> FlowNode | None:
        """The place where this input enters; ``_how`` tells how. ``place`` is where the session
        stands; ``waiting``: a node waits there. Raises TurnFailed."""
        session, understanding = self.session, self.surroundings.understanding
        if waiting and place is not None:
            self.input["activeQuestion"] = self._question(place)
        if (
            understanding is None
            and not session.offers
            and session.pending is None
            and height_in_force(self.library, session) is None
        ):
            if place is not None and self.flow.state is not None and session.state is None:
                self.input["state"] = self.flow.state
            self._how = "resume" if waiting else "run"
            return place
        offers = session.offers
        session.offers = [{**offer, "inputs": offer["inputs"] - 1} for offer in offers if offer["inputs"] > 1]
        return self._route(place, waiting, understanding, offers)

    def _route(
        self,
        place: FlowNode | None,
        waiting: bool,
        understanding: Understanding | None,
        offers: list[dict[str, Any]],
    ) -> FlowNode | None:
        """Read the input, decide what it means, and hand it to whoever takes it."""
        self.readings.clear()
        self.input.pop("slotsTaken", None)
        pending, self.session.pending = self.session.pending, None
        known = self._contest()
        if known is None:
            return None
        self._open_step(known, place, understanding, weighty=bool(pending or offers))
        self._read(understanding)
        mapper = IntentSelector(known, self.session.state, self.scope, self.step.warnings)
        if pending is not None and (asked := self._asked(known, pending)) is not None:
            yes = self._yes_or_no(understanding)
            if yes is not None:
                return self._confirmed(mapper, asked, pending, place, waiting, yes=yes)
        decision = mapper.decide(understanding)
        self._fill(mapper, decision)
        self._explain(mapper, decision)
        return self._precede(known, decision, place, waiting, offers)

    def _precede(
        self,
        known: IntentScope,
        decision: Decision,
        place: FlowNode | None,
        waiting: bool,
        offers: list[dict[str, Any]],
    ) -> FlowNode | None:
        """Who takes the input: the rules of the module's docstring, 2 to 7."""
        intent = decision.intent
        question = place if waiting else None
        if question is not None and (branch := _branch_for(question, decision.path)):
            if decision.doubtful and intent is not None:
                return self._ask_whether(known, decision, intent, waiting)
            return self._to(question, waiting, branch, went=branch)
        if decision.how in ("rule", "forced") and intent is not None and intent.entry is not None:
            return self._enter(known, decision, intent, waiting)
        if offers and decision.how != "forced" and (taken := self._take_offer(offers, waiting)):
            return taken
        if intent is None or (intent.entry is None and intent.reply is None and not decision.doubtful):
            return self._to(place, waiting, went=_fruitless(decision))
        if question is not None:
            if intent.entry is None and intent.reply is None:
                return self._to(place, waiting, went=f"intent {intent.name}")
            node = self._node_at(question)
            if node is None or node.digressions(self) == "none":
                return self._to(place, waiting, went="question")
            if self._hears(node):
                return self._to(place, waiting, went="answer")
        return self._divert(known, decision, intent, place, waiting)

    def _divert(
        self, known: IntentScope, decision: Decision, intent: Intent, place: FlowNode | None, waiting: bool
    ) -> FlowNode | None:
        """An intent takes the input: asked about, entered, replied to, or left to the flow."""
        if decision.doubtful:
            return self._ask_whether(known, decision, intent, waiting)
        if intent.entry is not None:
            return self._enter(known, decision, intent, waiting)
        if intent.reply is None:  # by its name alone it means something to the flow
            return self._to(place, waiting, went=f"intent {intent.name} ({decision.how})")
        return self._speak(known, intent, intent.reply, waiting, f"reply {intent.name} ({decision.how})")

    def _to(
        self, place: FlowNode | None, waiting: bool, how: str | None = None, went: str = "flow"
    ) -> FlowNode | None:
        """On to where the session stands: the question that waits, or the flow."""
        self._how = how or ("resume" if waiting else "run")
        self.step.went = "question" if waiting and went == "flow" else went
        if place is not None:
            self.flow = self.library.flows[self.session.top.flow]
        return place

    # --- intents -------------------------------------------------------------------------------------

    def _enter(
        self, known: IntentScope, decision: Decision, intent: Intent, waiting: bool
    ) -> FlowNode | None:
        """Go to an intent's entry: for good in an own flow, as a digression into an attached one."""
        assert intent.entry is not None
        flow, place = self._place_of_intent(known, intent, intent.entry)
        self.step.went = f"entry {intent.entry} ({decision.how})"
        if known.flow_of(intent):
            self._digress(flow, waiting)
        else:
            self._cut_to(height_in_force(self.library, self.session) or 0)
        self.flow = flow
        self._how = "run"
        if intent.reply is None:
            return place
        _, said = self._place_of_intent(known, intent, intent.reply)
        self._after_reply = place
        self.session.frames.append(Frame(flow.name))
        self.session.frames[-2].resting = "standing"
        return said

    def _ask_whether(
        self, known: IntentScope, decision: Decision, intent: Intent, waiting: bool
    ) -> FlowNode | None:
        """Ask whether an intent of a middling score was meant, and keep what was said for the answer."""
        assert intent.confirm is not None
        assert decision.won is not None
        self.session.pending = {
            "flow": decision.won.flow,
            "intent": intent.name,
            "score": decision.won.score,
            "input": {name: self.input[name] for name in _SAID},
        }
        self._quiet = True
        return self._speak(known, intent, intent.confirm, waiting, f"confirm {intent.name}?")

    def _speak(self, known: IntentScope, intent: Intent, key: str, waiting: bool, went: str) -> FlowNode:
        flow, place = self._place_of_intent(known, intent, key)
        self.step.went = went
        self._digress(flow, waiting)
        self.flow = flow
        self._how = "run"
        return place

    def _place_of_intent(self, known: IntentScope, intent: Intent, key: str) -> tuple[Flow, FlowNode]:
        flow = known.flows[known.flow_of(intent)]
        place = flow.node_at(key)
        if place is None:
            raise TurnFailed(f'the intent "{intent.name}" leads to "{key}", which is not there', flow.name)
        return flow, place

    def _digress(self, flow: Flow, waiting: bool) -> None:
        """Put a flow on top; the one below keeps its place and is come back to."""
        frames = self.session.frames
        if len(frames) >= MAX_FRAMES:
            raise TurnFailed(f"flows stand on each other more than {MAX_FRAMES} deep", flow.name)
        frames[-1].resting = "waiting" if waiting else "standing"
        frames.append(Frame(flow.name))

    def _cut_to(self, height: int) -> None:
        """Leave the flows above a frame, and its own place, for good."""
        frames = self.session.frames
        del frames[height + 1 :]
        frames[-1].node = frames[-1].resting = None

    # --- did you mean …? -----------------------------------------------------------------------------

    def _asked(self, known: IntentScope, pending: dict[str, Any]) -> Intent | None:
        """The intent that the user was asked about, if it still competes."""
        return known.intents.get((pending["flow"], pending["intent"]))

    def _yes_or_no(self, understanding: Understanding | None) -> bool | None:
        if understanding is None:
            return None
        if understanding.answer is None:
            return {"pAnswer": True, "nAnswer": False}.get(understanding.type or "")
        return understanding.answer

    def _confirmed(
        self,
        mapper: IntentSelector,
        intent: Intent,
        pending: dict[str, Any],
        place: FlowNode | None,
        waiting: bool,
        *,
        yes: bool,
    ) -> FlowNode | None:
        """Yes: the intent fires with what was said before. No: nothing was understood; a question that
        waits is asked again, and no attempt is counted."""
        known = mapper.contest
        if yes or not waiting:
            self.input.update(pending["input"])
            self.input["nlu"] = dict(self.input["nlu"])  # what is pending is kept for a turn that fails
        decision = mapper.force(intent, "confirmed", pending["score"]) if yes else Decision()
        self._fill(mapper, decision)
        self.input["nlu"]["confirmed"] = yes
        self._explain(mapper, decision)
        self.step.saw["confirmed"] = yes
        if not yes:
            return self._to(place, waiting, "again" if waiting else None, went=f"not {intent.name}")
        question = place if waiting else None
        if question is not None and (branch := _branch_for(question, decision.path)):
            return self._to(question, waiting, branch, went=branch)
        return self._divert(known, decision, intent, place, waiting)

    # --- offers --------------------------------------------------------------------------------------

    def _take_offer(self, offers: list[dict[str, Any]], waiting: bool) -> FlowNode | None:
        """The place of the newest offer that hears the input; the session goes over to it."""
        for offer in offers:
            flow = self.library.flows.get(offer["flow"])
            place = flow.node_at(offer["node"]) if flow is not None else None
            if flow is None or place is None or place.disabled:
                continue
            self.flow = flow
            node = self._node_at(place)
            if node is None or not self._hears(node, failing=False):
                continue
            session = self.session
            session.offers = [other for other in session.offers if not same_place(other, offer)]
            self._go_over_to(flow, waiting)
            self.step.went = f"offer {place.key}"
            self._how = "taken"
            return place
        return None

    def _go_over_to(self, flow: Flow, waiting: bool) -> None:
        """Stand in a flow: where it is among the frames, else on top of them."""
        frames = self.session.frames
        height = next((at for at in range(len(frames) - 1, -1, -1) if frames[at].flow == flow.name), None)
        if height is None:
            self._digress(flow, waiting)
        else:
            self._cut_to(height)

    def _hears(self, node: Node, *, failing: bool = True) -> bool:
        """Whether a node hears the input; one that breaks is left to break where it can be dealt with."""
        try:
            return node.hears(self)
        except Exception as error:
            self.warn(f"{self.at}: {error}")
            return failing

    def _node_at(self, place: FlowNode) -> Node | None:
        """The node of a place as its settings are now; None when they cannot be rendered."""
        self.place = place
        try:
            return place.settings.node(self.scope, self.step.warnings)
        except Exception as error:
            self.warn(f"{self.at}: {error}")
            return None

    # --- reading -------------------------------------------------------------------------------------

    def _contest(self) -> IntentScope | None:
        """The intents in force; where no flow has any, those (none) of the flow on top."""
        session, library = self.session, self.library
        height = height_in_force(library, session)
        flow = library.flows.get(session.frames[-1 if height is None else height].flow)
        return contest(library, flow) if flow is not None else None

    def _read(self, understanding: Understanding | None) -> None:
        """Take in what rules may read: slots and the kind of sentence, but nothing of intents."""
        self.input.update(reading_of(understanding))
        self.input.update(intent=None, intentScore=0.0, intentFlow=None, intentPath=[], intentOutOfState=None)
        if understanding is not None:
            self.fill_slots(understanding)

    def _fill(self, mapper: IntentSelector, decision: Decision) -> None:
        self.input.update(mapper.fields(decision))
        self.input["nlu"]["intents"] = mapper.listed(decision)
        self.input["understood"] = is_understood(self.input)
        self._name_state()

    def _name_state(self) -> None:
        if self.session.state is None:
            known = self._contest()
            if known is not None and known.flow.state is not None:
                self.input["state"] = known.flow.state

    def enter_state(self, name: str | None) -> None:
        known = self._contest()
        states = known.flow.states if known is not None else {}
        if name == DEFAULT_STATE and name not in states:
            name = None
        if known is not None and name is not None and name not in states:
            self.warn(f'the flow "{known.flow.name}" has no state "{name}", so no intent is held back')
        self.session.state = name or None
        self.input["state"] = name or DEFAULT_STATE
        self._name_state()
        self.step.changed["state"] = self.input["state"]

    def interpret(self, understanding: Understanding | None) -> dict[str, Any]:
        fields = reading_of(understanding)
        known = self._contest()
        if known is None:
            return fields
        mapper = IntentSelector(known, self.session.state, self.scope, self.step.warnings)
        decision = mapper.decide(understanding, rules=False)
        fields |= mapper.fields(decision)
        fields["nlu"]["intents"] = mapper.listed(decision)
        fields["understood"] = is_understood(fields)
        return fields

    def fill_slots(self, understanding: Understanding) -> None:
        rules: dict[str, SlotRule] = {}
        if understanding.found or understanding.slots:
            rules = slots_in_force(self.library, self.session)
        for name, rule in rules.items():
            if rule.store is None:
                continue
            value = _first(understanding, name)
            if value is None:
                continue
            try:
                self.set(rule.store, value)
            except NodeFailed as error:
                self.warn(str(error))

    def _question(self, place: FlowNode) -> dict[str, Any]:
        """``input.activeQuestion``: what the session waits for."""
        memory = self.session.memory.get(f"{self.flow.name}/{place.key}", {})
        kind = getattr(place.settings.always, "type", None) or place.settings.raw.get("type")
        if kind is None and "type" in place.type.model_fields:
            kind = place.type.model_fields["type"].default
        question = {"nodeId": place.key, "type": kind or place.type.key, "asked": memory.get("asked", 1)}
        return question | ({"tentativeAnswer": memory["tentative"]} if "tentative" in memory else {})

    # --- the trace -----------------------------------------------------------------------------------

    def _open_step(
        self,
        known: IntentScope,
        place: FlowNode | None,
        understanding: Understanding | None,
        *,
        weighty: bool,
    ) -> None:
        """The first step of a trace tells what was understood, where anything could be."""
        step = TraceStep(known.flow.name, place.key if place is not None else "", UNDERSTANDING)
        self.step = step
        if weighty or understanding is not None or known.ruled:
            self.steps.append(step)

    def _explain(self, mapper: IntentSelector, decision: Decision) -> None:
        """What the decision saw."""
        saw = self.step.saw
        if decision.candidates:
            ranking = mapper.listed(decision)[:SHOWN_RANKS]
            saw["ranking"] = [{key: item for key, item in each.items() if item != ""} for each in ranking]
        if decision.tried:
            saw["rules"] = {"tried": decision.tried, "held": decision.held}
        if decision.confidence is not None:
            saw["confidence"] = decision.confidence
        if decision.doubtful:
            saw["doubtful"] = True
        if self.session.state is not None or mapper.state is not None:
            saw["state"] = self.input["state"]
        if decision.out_of_state is not None:
            saw["outOfState"] = decision.out_of_state
        if self.input["slots"]:
            saw["slots"] = shown(self.input["slots"])
        if self.input["type"] is not None:
            saw["type"] = self.input["type"]
        if self.input["nlu"]["rejected"]:
            saw["rejected"] = True

    # --- think ---------------------------------------------------------------------------------------

    def _think(self, place: FlowNode, outcome: Think) -> FlowNode | None:
        """Run the turn again with another text, which is understood anew, or with an intent."""
        self._thinks += 1
        if self._thinks > MAX_THINKS:
            message = f"the turn began anew more than {MAX_THINKS} times (think at {self.at})"
            raise TurnFailed(message, self.at)
        self.step.went = "think" if outcome.intent is None else f"think {outcome.intent}"
        flow = self._reader_of(outcome.intent) if outcome.text else None
        if flow is not None and contest(self.library, flow).reads:
            self._thinking, self._thinking_of = outcome.text, outcome.intent
            self._ask_outside(place, Understand(outcome.text))
            return None
        return self._think_again(Rethink(outcome.text, None, outcome.intent))

    def _reader_of(self, intent: str | None) -> Flow | None:
        """The flow whose intents and slots count for the text of a ``think``. Raises NodeFailed."""
        return self._root_in_force() if intent is None else self._find_intent(intent)[0].flow

    @property
    def flow_that_reads(self) -> Flow | None:
        """The flow whose intents and slots count for the text of an Understand need."""
        if self._thinking is not None:
            try:
                return self._reader_of(self._thinking_of)
            except NodeFailed:  # the intent is gone since the turn began, which the think will tell
                return self._root_in_force()
        return in_force_of(self.library, self.session)

    def _root_in_force(self) -> Flow | None:
        return in_force_of(self.library, Session([Frame(self.session.frames[0].flow)]))

    def _think_again(self, thought: Rethink) -> FlowNode | None:
        """The turn begins anew at the first node, with a text that may enter elsewhere."""
        if thought.intent is not None:
            return self._think_of(thought.intent, thought)
        self.input.update(text=thought.text, data={}, attachments=[], mode="text", result=None)
        self.input.update(activeQuestion=None, understood=False)
        place = self._restart()
        return self._route(place, False, thought.understanding, self.session.offers)

    def _think_of(self, name: str, thought: Rethink) -> FlowNode | None:
        """The turn begins anew as if an intent had been meant. Raises NodeFailed for an unknown one."""
        known, intent = self._find_intent(name)
        self.input.update(result=None, activeQuestion=None)
        self._stand_under(known.flow)
        if thought.text:
            self.input.update(text=thought.text, data={}, attachments=[], mode="text")
            self.readings.clear()
            self.input.pop("slotsTaken", None)
            self._read(thought.understanding)
        return self._force(known, intent)

    def _find_intent(self, name: str) -> tuple[IntentScope, Intent]:
        """An intent of the flows in force here, or in force where the turn begins anew."""
        flow, _, plain = name.rpartition("/")
        for home in (in_force_of(self.library, self.session), self._root_in_force()):
            known = contest(self.library, home) if home is not None else None
            if known is not None and (intent := known.named(plain, flow)) is not None:
                return known, intent
        raise NodeFailed("unknown-intent", f'no intent "{name}" is in force here')

    def _stand_under(self, flow: Flow) -> None:
        """Stand at the first node of the flow whose intents are in force."""
        heights = [height for height, frame in enumerate(self.session.frames) if frame.flow == flow.name]
        self._cut_to(heights[-1] if heights else 0)
        self.session.waiting = False

    def _force(self, known: IntentScope, intent: Intent) -> FlowNode | None:
        """An intent is taken as meant; what was read of the text stays."""
        place = self.standing_place()
        self.session.pending = None
        self._open_step(known, place, None, weighty=True)
        mapper = IntentSelector(known, self.session.state, self.scope, self.step.warnings)
        decision = mapper.force(intent, "forced")
        self._fill(mapper, decision)
        self._explain(mapper, decision)
        return self._precede(known, decision, place, False, [])


def in_force_of(library: Library, session: Session) -> Flow | None:
    """The flow in force, or else the one on top."""
    height = height_in_force(library, session)
    return library.flows.get(session.frames[-1 if height is None else height].flow)


def _branch_for(place: FlowNode, path: list[str]) -> str | None:
    """The branch of ``on_intent`` for the most specific name of a path; case does not matter."""
    if not path or "on_intent" not in place.type.branch_maps:
        return None
    branches: dict[str, str] | None = place.derived.get("on_intent")
    if branches is None:
        names = (way for way in place.branches if way.startswith("on_intent."))
        branches = {way.removeprefix("on_intent.").casefold(): way for way in names}
        place.derived["on_intent"] = branches
    return next((branches[name.casefold()] for name in reversed(path) if name.casefold() in branches), None)


def _fruitless(decision: Decision) -> str:
    """Why no intent takes the input, in a few words."""
    if decision.won is not None:
        return f"intent {decision.won.name} ({decision.how})"
    if decision.out_of_state is not None:
        return f"{decision.out_of_state} is out of state"
    if decision.candidates:
        return f"nothing ≥ {decision.confidence or 0:g}"
    return "flow"


def _first(understanding: Understanding, name: str) -> Any:
    """The first value found of a slot that the user wants; None when there is none."""
    if name in understanding.found:
        return next((slot.value for slot in understanding.found[name] if not slot.negated), None)
    values = understanding.slots.get(name)
    return (values[0] if values else None) if isinstance(values, list) else values
