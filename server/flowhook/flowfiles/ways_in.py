"""What gets through to whom while a question waits: who may take the next input there, in the order of the
router, and which intents never do.

Pure, from compiled flows alone: ``flowhook explain`` shows it, and whoever draws a flow. What depends on a
turn (settings that are templates, conditions, the state) is taken as it can be and said in ``when``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal

from flowhook.engine.flow import Flow, FlowNode, Intent, Library
from flowhook.engine.node import Node
from flowhook.engine.turn.clear_intents import CLEAR, SHORT
from flowhook.engine.turn.intent_scope import IntentScope, intent_scope
from flowhook.nodes.parts.corrections import AsksQuestions
from flowhook.nodes.parts.question import WHOLE_TEXT

Kind = Literal["on_intent", "rule", "offer", "correction", "clear_intent", "answer", "intent", "again"]

#: The step of "How an input is routed" in docs/flows.md to which each kind belongs.
STEPS: Final[Mapping[str, int]] = {
    "on_intent": 2,
    "rule": 3,
    "offer": 4,
    "correction": 5,
    "clear_intent": 6,
    "answer": 6,
    "intent": 7,
    "again": 8,
}

_CLEARLY: Final = (
    f"when it is clearly meant: by a rule, by an example, or with a score of {CLEAR} by at most {SHORT} words"
)
_NO_ANSWER: Final = "when the input is no answer"


@dataclass(frozen=True, slots=True)
class WayIn:
    """One who may take an input while a question waits."""

    kind: Kind
    name: str  #: an intent (``flow/name`` of an attached one), a node, a path; the type of an answer
    leads_to: str = ""  #: the node that runs then; "" where the flow goes on below, or nothing is left
    does: str = ""  #: of an intent: entry, reply or do
    when: str = ""  #: in words; "" for always
    held_back_in: tuple[str, ...] = ()  #: states in which the intent does not win

    @property
    def step(self) -> int:
        """Its place in the order of docs/flows.md."""
        return STEPS[self.kind]


@dataclass(frozen=True, slots=True)
class ExcludedIntent:
    """An intent that never takes an input while this question waits, and why."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class WaysIn:
    """All that may take an input at one question, in order, and what never does."""

    ways: tuple[WayIn, ...] = ()
    kept_out: tuple[ExcludedIntent, ...] = ()
    any_text: bool = False  #: every text is an answer
    of_caller: bool = False  #: the flow has no intents: those of the flow that called it count beside these

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "anyText": self.any_text,
            "ofCaller": self.of_caller,
            "ways": [
                {
                    "step": way.step,
                    "kind": way.kind,
                    "name": way.name,
                    "leadsTo": way.leads_to,
                    "does": way.does,
                    "when": way.when,
                    "heldBackIn": list(way.held_back_in),
                }
                for way in self.ways
            ],
            "keptOut": [asdict(intent) for intent in self.kept_out],
        }


def ways_in(library: Library, flow: Flow, node: FlowNode) -> WaysIn | None:
    """Return what gets through while a session waits at a question; None for a node that is none."""
    if not node.type.waits or not node.type.questions_in(node.settings.raw):
        return None
    return _Reader(intent_scope(library, flow), flow, node).read()


@dataclass(slots=True)
class _Reader:
    scope: IntentScope
    flow: Flow
    node: FlowNode
    branches: Mapping[str, str] = field(init=False)

    def __post_init__(self) -> None:
        found = (name for name in self.node.branches if name.startswith("on_intent."))
        self.branches = {name.removeprefix("on_intent.").casefold(): name for name in found}

    def read(self) -> WaysIn:
        any_text = self._takes_any_text()
        closed = self._digression() == "none"
        kinds = list(dict.fromkeys(self._types()))
        answers = [WayIn("answer", kind, when=_ANY.get(kind, "") if any_text else "") for kind in kinds]
        free = () if closed else tuple(self._by_meaning("clear_intent" if any_text else "intent"))
        ways = [*self._branches(), *self._rules(), *self._offers(), *self._corrections()]
        ways += [*free, *answers] if any_text else [*answers, *free]
        if not any_text:
            ways.append(WayIn("again", self.node.key, self.node.key, when="as a wrong answer"))
        return WaysIn(tuple(ways), tuple(self._kept_out(closed)), any_text, not self._has_intents())

    # --- the question --------------------------------------------------------------------------------

    def _questions(self) -> list[Mapping[str, Any]]:
        return list(self.node.type.questions_in(self.node.settings.raw))

    def _types(self) -> Iterator[str]:
        for question in self._questions():
            yield str(question.get("type", "text"))

    def _takes_any_text(self) -> bool:
        """Whether one of its questions takes any text for an answer."""
        if self.node.type.takes_any_text is Node.takes_any_text:
            return False
        return any(
            question.get("type", "text") in WHOLE_TEXT and "valid_if" not in question
            for question in self._questions()
        )

    def _digression(self) -> Any:
        return self.node.settings.raw.get("digression") or self.flow.settings.get("digressions", "reask")

    # --- who takes the input -------------------------------------------------------------------------

    def _branches(self) -> Iterator[WayIn]:
        for branch in self.branches.values():
            name, target = branch.removeprefix("on_intent."), self.node.branches[branch]
            yield WayIn("on_intent", name, target if isinstance(target, str) else "")

    def _rules(self) -> Iterator[WayIn]:
        for intent in self.scope.ruled:
            if intent.entry is not None and not self._has_branch(intent):
                yield self._way("rule", intent, "when one of its rules holds")

    def _offers(self) -> Iterator[WayIn]:
        for node in self.flow.nodes.values():
            if node.type.taken is not Node.taken and not node.disabled:
                yield WayIn(
                    "offer", node.key, node.key, when="when it was made before, and the input answers it"
                )

    def _corrections(self) -> Iterator[WayIn]:
        if self.node.type.corrects is Node.corrects:
            return
        stores: dict[str, str] = {}
        for node in self.flow.nodes.values():
            raw = node.settings.raw
            if node is self.node or not issubclass(node.type, AsksQuestions) or node.type.asks_secret(raw):
                continue
            for question in node.type.questions_in(raw):
                if isinstance(store := question.get("store"), str):
                    stores.setdefault(store, node.key)
        for store in stores:
            yield WayIn("correction", store, self.node.key, when='when it was answered before: "no wait, …"')

    def _by_meaning(self, kind: Kind) -> Iterator[WayIn]:
        """Intents that go before an answer, or take what is none."""
        for intent in self.scope.intents.values():
            if self._has_branch(intent) or (intent.entry is None and intent.reply is None):
                continue
            if intent.entry is not None and not intent.examples and intent.rules:
                continue  # its rules go before all of this
            yield self._way(kind, intent, _CLEARLY if kind == "clear_intent" else _NO_ANSWER)

    def _way(self, kind: Kind, intent: Intent, when: str) -> WayIn:
        target = intent.entry or intent.reply or ""
        does = "entry" if intent.entry is not None else "do" if intent.does else "reply"
        return WayIn(kind, self._name(intent), target, does, when, self._states_against(intent))

    def _kept_out(self, closed: bool) -> Iterator[ExcludedIntent]:
        for intent in self.scope.intents.values():
            if self._has_branch(intent):
                continue
            if intent.entry is None and intent.reply is None:
                yield ExcludedIntent(
                    self._name(intent),
                    "it has neither entry, reply nor do, and the question has no on_intent for it",
                )
            elif closed and (intent.entry is None or not intent.rules):
                yield ExcludedIntent(self._name(intent), "digression: none")

    # --- intents -------------------------------------------------------------------------------------

    def _has_intents(self) -> bool:
        return bool(self.flow.intents or self.flow.attach)

    def _name(self, intent: Intent) -> str:
        flow = self.scope.flow_of(intent)
        return f"{flow}/{intent.name}" if flow else intent.name

    def _has_branch(self, intent: Intent) -> bool:
        return any(name.casefold() in self.branches for name in self.scope.lineage(intent))

    def _states_against(self, intent: Intent) -> tuple[str, ...]:
        names = frozenset(self.scope.lineage(intent))
        if flow := self.scope.flow_of(intent):
            names |= {f"{flow}/{name}" for name in names}
        return tuple(
            state.name
            for state in self.flow.states.values()
            if (state.allow is not None and not names & state.allow) or names & state.block
        )


_ANY: Final[Mapping[str, str]] = {"text": "any text", "any": "any text, or else any data"}
