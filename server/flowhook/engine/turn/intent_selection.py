"""What becomes of an understanding: which intent wins under rules, conditions, states and thresholds.

Rules come first and win outright, with score 1. Else the ranking of the NLU engine counts, as far as a
score reaches its intent's confidence and its condition holds. Last comes the state: an intent that it
does not let through has not won, and no other one wins in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from flowhook.engine.turn.input import DEFAULT_STATE
from flowhook.model.understanding import Ranked

if TYPE_CHECKING:
    from flowhook.engine.expressions import Scope
    from flowhook.engine.flow import Flow, Intent, State
    from flowhook.engine.turn.input import TurnInput
    from flowhook.engine.turn.intent_scope import IntentScope
    from flowhook.model.understanding import Understanding

CONFIDENCE = 0.4  #: a score of at least this counts
CONFIRM_BELOW = 0.6  #: below this an intent with a ``confirm`` is confirmed first
SHOWN_INTENTS = 10  #: of the ranking, in ``input.nlu.intents``

How = Literal["", "rule", "examples", "forced", "confirmed"]


@dataclass(slots=True)
class Candidate:
    """An intent of the ranking, and why it does not count, if it does not."""

    name: str
    score: float
    flow: str  #: "" for the flow in force
    intent: Intent | None = None  #: None: one that only the engine knows
    reason: str = ""


@dataclass(slots=True)
class Decision:
    """Which intent won, if any did."""

    won: Candidate | None = None
    how: How = ""
    path: list[str] = field(default_factory=list)  #: from the uppermost parent to the winner
    out_of_state: str | None = None  #: the intent that would have won in another state
    doubtful: bool = False  #: the user is to be asked whether this was meant
    candidates: list[Candidate] = field(default_factory=list)  #: best first
    held: list[str] = field(default_factory=list)  #: the intents with a rule that holds
    tried: int = 0  #: intents whose rules were tried
    confidence: float | None = None  #: what the winner, or else the best, had to reach

    @property
    def intent(self) -> Intent | None:
        """The winner as its flow defines it."""
        return self.won.intent if self.won is not None else None


class IntentSelector:
    """Decides for one input. ``state`` is the name of the session's state; None: the flow's default."""

    def __init__(self, intents: IntentScope, state: str | None, scope: Scope, warnings: list[str]) -> None:
        self.intents = intents
        self.scope = scope
        self.warnings = warnings
        self.state = self._state(state)

    def decide(self, understanding: Understanding | None, *, rules: bool = True) -> Decision:
        """The winner among the rules, else among what the engine ranked."""
        decision = Decision()
        ruled = list(self._that_hold(decision)) if rules else []
        decision.candidates = self._ranked(understanding, ruled)
        if ruled:
            self._decide_by_rules(decision, ruled)
        elif understanding is not None:
            self._decide_by_scores(decision)
        return decision

    def force(self, intent: Intent, how: How, score: float = 1.0) -> Decision:
        """An intent that wins whatever was said: states do not hold it, conditions are not asked."""
        candidate = Candidate(intent.name, score, self.intents.flow_of(intent), intent)
        return Decision(candidate, how, self._path(candidate), candidates=[candidate])

    # --- rules ---------------------------------------------------------------------------------------

    def _that_hold(self, decision: Decision) -> Iterator[Candidate]:
        for intent in self.intents.ruled:
            decision.tried += 1
            if any(rule.test(self.scope, self.warnings) for rule in intent.rules):
                flow = self.intents.flow_of(intent)
                decision.held.append(f"{flow}/{intent.name}" if flow else intent.name)
                yield Candidate(intent.name, 1.0, flow, intent)

    def _decide_by_rules(self, decision: Decision, ruled: list[Candidate]) -> None:
        for candidate in ruled:
            if self._lets_through(candidate):
                decision.won, decision.how = candidate, "rule"
                decision.path = self._path(candidate)
                return
            candidate.reason = "state"
        decision.out_of_state = ruled[0].name

    # --- scores --------------------------------------------------------------------------------------

    def _ranked(self, understanding: Understanding | None, ruled: list[Candidate]) -> list[Candidate]:
        candidates = list(ruled)
        seen = {(candidate.flow, candidate.name) for candidate in ruled}
        for ranked in _ranking(understanding):
            candidate = self._candidate(ranked)
            if (candidate.flow, candidate.name) not in seen:
                seen.add((candidate.flow, candidate.name))
                candidates.append(candidate)
        if understanding is not None and understanding.rejected:
            for candidate in candidates[len(ruled) :]:
                candidate.reason = candidate.reason or "rejected"
        return candidates

    def _candidate(self, ranked: Ranked) -> Candidate:
        intent = self.intents.named(ranked.name, ranked.flow)
        flow = self.intents.flow_of(intent) if intent is not None else ranked.flow
        candidate = Candidate(ranked.name, ranked.score, flow, intent)
        if intent is None and (ranked.flow, ranked.name) in self.intents.disabled:
            candidate.reason = "disabled"
        return candidate

    def _decide_by_scores(self, decision: Decision) -> None:
        for group in self._groups(decision.candidates):
            best = self._best(group)
            if best is None:
                continue
            decision.confidence = self.confidence(best)
            if not self._lets_through(best):
                best.reason = "state"
                decision.out_of_state = best.name
                return
            decision.won, decision.how = best, "examples"
            decision.path = self._path(best)
            decision.doubtful = self._is_doubtful(best)
            return
        if decision.candidates:
            decision.confidence = self.confidence(decision.candidates[0])

    def _groups(self, candidates: list[Candidate]) -> Iterator[list[Candidate]]:
        """Who competes with whom, as the setting ``mapping`` says."""
        mapping = self.intents.flow.settings.get("mapping", "joint")
        if mapping == "joint" or len(self.intents.flows) == 1:
            yield candidates
            return
        own = [candidate for candidate in candidates if not candidate.flow]
        attached = [candidate for candidate in candidates if candidate.flow]
        yield from (own, attached) if mapping == "main_first" else (attached, own)

    def _best(self, group: list[Candidate]) -> Candidate | None:
        """The highest score that counts; of equal ones the most specific intent, then the first."""
        counting = [candidate for candidate in group if self._counts(candidate)]
        if not counting:
            return None
        return max(counting, key=lambda candidate: (round(candidate.score, 6), len(self._path(candidate))))

    def _counts(self, candidate: Candidate) -> bool:
        if candidate.reason:
            return False
        if candidate.score < self.confidence(candidate):
            candidate.reason = "confidence"
            return False
        condition = candidate.intent.condition if candidate.intent is not None else None
        if condition is not None and not condition.test(self.scope, self.warnings):
            candidate.reason = "condition"
            return False
        return True

    def confidence(self, candidate: Candidate) -> float:
        """The score that an intent has to reach: its own, its flow's, or that of the flow in force."""
        own = candidate.intent.confidence if candidate.intent is not None else None
        return own if own is not None else self._setting(candidate, "confidence", self._usual())

    def _usual(self) -> float:
        """Where no flow defines intents, whatever the engine answers counts."""
        return CONFIDENCE if self.intents.intents else 0.0

    def _is_doubtful(self, candidate: Candidate) -> bool:
        if candidate.intent is None or candidate.intent.confirm is None:
            return False
        return candidate.score < self._setting(candidate, "confirm_below", CONFIRM_BELOW)

    def _setting(self, candidate: Candidate, name: str, usual: float) -> float:
        home: Flow | None = self.intents.flows.get(candidate.flow)
        value = home.settings.get(name) if home is not None else None
        return float(value if value is not None else self.intents.flow.settings.get(name, usual))

    # --- states --------------------------------------------------------------------------------------

    def _state(self, name: str | None) -> State | None:
        states: Mapping[str, State] = self.intents.flow.states
        if name is None or (name == DEFAULT_STATE and name not in states):
            name = self.intents.flow.state
            return states.get(name) if name is not None else states.get(DEFAULT_STATE)
        if name not in states:
            flow = self.intents.flow.name
            self.warnings.append(f'the flow "{flow}" has no state "{name}", so no intent is held back')
        return states.get(name)

    def _lets_through(self, candidate: Candidate) -> bool:
        """Whether the state allows an intent; one that names a parent means its children too."""
        if self.state is None:
            return True
        names = frozenset(self._path(candidate))
        if candidate.flow:
            names |= {f"{candidate.flow}/{name}" for name in names}
        if self.state.allow is not None and not names & self.state.allow:
            return False
        return not names & self.state.block

    def _path(self, candidate: Candidate) -> list[str]:
        return list(self.intents.lineage(candidate.intent)) if candidate.intent else [candidate.name]

    # --- what expressions see ------------------------------------------------------------------------

    def fields(self, decision: Decision) -> TurnInput:
        """The fields of ``input`` that tell of the winner."""
        won = decision.won
        return {
            "intent": won.name if won is not None else None,
            "intentScore": won.score if won is not None else 0.0,
            "intentFlow": self._flow_name(won.flow) if won is not None else None,
            "intentPath": decision.path,
            "intentOutOfState": decision.out_of_state,
        }

    def listed(self, decision: Decision) -> list[dict[str, Any]]:
        """The ranking as ``input.nlu.intents`` and the trace show it."""
        return [
            {
                "name": candidate.name,
                "score": round(candidate.score, 4),
                "flow": self._flow_name(candidate.flow),
                "reason": decision.how if candidate is decision.won else candidate.reason,
            }
            for candidate in decision.candidates[:SHOWN_INTENTS]
        ]

    def _flow_name(self, flow: str) -> str:
        return flow or self.intents.flow.name


def _ranking(understanding: Understanding | None) -> list[Ranked]:
    """The ranking of an engine. An intent that stands beside it (a hook's) comes before it."""
    if understanding is None:
        return []
    ranking = understanding.ranking
    name = understanding.intent
    if name is None or (ranking and ranking[0].name == name):
        return ranking
    return [Ranked(name, understanding.score), *(ranked for ranked in ranking if ranked.name != name)]
