"""What flowhook makes of a text that somebody types in a page: ranking, thresholds, slots, and which words
counted. The text enters no session."""

from __future__ import annotations

import copy
import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from flowhook.engine.flow import Flow
from flowhook.engine.turn import interpretation
from flowhook.engine.turn.intent_scope import IntentScope, intent_scope
from flowhook.engine.turn.intent_selection import Candidate, Decision, IntentSelector
from flowhook.engine.turn.view import Turn, TurnEnvironment
from flowhook.errors import ApiError, PluginError
from flowhook.harness.application import stand_in
from flowhook.hooks.calling.results import DISCARD, Interpreted
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session import Frame, Session
from flowhook.model.session_ref import SessionRef
from flowhook.model.trace import UNDERSTANDING, TraceStep
from flowhook.model.understanding import Understanding

if TYPE_CHECKING:
    from flowhook.hooks.calling.caller import Implementation
    from flowhook.runtime.application import Application
    from flowhook.runtime.project.project import Project

MOST_WORDS = 40  #: of which it is told what they count
_WORD = re.compile(r"[^\W_]+(?:['’-][^\W_]+)*")


@dataclass(slots=True)
class InterpretedText:
    """A text as it was understood while a flow is in force."""

    turn: Turn
    intents: IntentScope
    selector: IntentSelector
    decision: Decision
    understanding: Understanding
    hooks: list[dict[str, Any]]  #: what each hook of a plugin did, as it is told

    @property
    def best(self) -> float:
        """The score of the winner, or of the best that did not win."""
        decision = self.decision
        first = decision.won or next(iter(decision.candidates), None)
        return first.score if first is not None else 0.0


class TextInterpreter:
    """Reads texts as the turns of an endpoint do, while a flow is in force: by its engine, hooks included."""

    def __init__(
        self,
        application: Application,
        endpoint: str | None = None,
        flow: str | None = None,
        locale: str | None = None,
        state: str | None = None,
    ) -> None:
        self._application = application
        self._project: Project = application.project
        self.endpoint = self._endpoint(endpoint, flow)
        name = flow or self.endpoint.flow
        found = self._project.library.flows.get(name)
        if found is None:
            raise ApiError(404, "unknown_flow", f"There is no flow {name!r}.")
        self.flow: Flow = found
        self.locale = locale or self.endpoint.config.locale
        self._state = state

    @property
    def is_quick(self) -> bool:
        """Whether reading costs no call of a plugin."""
        return self._project.reads_alone(self.endpoint)

    def rejects(self, text: str) -> bool:
        """Whether a text is an example of ``reject``, of the flow or one that it attaches."""
        wanted = _folded(text)
        flows = intent_scope(self._project.library, self.flow).flows.values()
        return any(
            _folded(known) == wanted for flow in flows for texts in flow.reject.values() for known in texts
        )

    def _endpoint(self, name: str | None, flow: str | None) -> Endpoint:
        endpoints = self._application.endpoints
        if name is not None:
            found = endpoints.by_name(name)
            if found is None:
                raise ApiError(404, "unknown_endpoint", f"There is no endpoint {name!r}.")
            return found
        fitting = [endpoint for endpoint in endpoints if endpoint.flow == flow]
        if fitting:
            return fitting[0]
        config = stand_in(None, "reading", flow=flow or "")
        return Endpoint(config.name, config.token or "", config.flow, config)

    async def read(self, text: str) -> InterpretedText:
        """Return what comes of a text. Raises PluginError where an engine of a plugin fails."""
        application, endpoint, flow = self._application, self.endpoint, self.flow
        now, zone, hooks = application.clock.now(), application.config.zone, list[dict[str, Any]]()
        heard: list[tuple[str, dict[str, Any]]] = []
        understanding = await self._project.understand(
            endpoint,
            text,
            None,
            self.locale,
            "reading",
            flow,
            now=datetime.fromtimestamp(now, zone),
            on_change=lambda text, data: heard.append((text, data)),
            watch=lambda hook, before, after: hooks.append(_told_of(hook, before, after)),
        )
        session = Session(
            [Frame(flow.name)], copy.deepcopy(dict(flow.context)), locale=self.locale, state=self._state
        )
        inbound = Inbound(SessionRef(endpoint.name, "reading", "reading"), Kind.MESSAGE, "0" * 32, now, text)
        environment = TurnEnvironment(
            now, zone, application.config.vars, endpoint=endpoint.name, locale=self.locale,
            understanding=understanding, stopwatch=application.clock.monotonic,
            heard=heard[-1] if heard else None,
        )  # fmt: skip
        turn = Turn(self._project.library, session, inbound, environment)
        turn.flow = flow
        turn.step = TraceStep(flow.name, "", UNDERSTANDING)
        intents = intent_scope(self._project.library, flow)
        interpretation.read(turn, understanding)
        selector = interpretation.selector_for(turn, intents)
        decision = selector.decide(understanding)
        return InterpretedText(turn, intents, selector, decision, understanding or Understanding(), hooks)

    async def words(self, text: str, reading: InterpretedText) -> list[dict[str, Any]]:
        """Return what each word counts: how far the score of the first in the ranking falls when it is left
        out. Nothing where a plugin would be asked, a rule won, or nothing was ranked."""
        first = next(iter(reading.decision.candidates), None)
        found = list(_WORD.finditer(text))[:MOST_WORDS]
        if first is None or reading.decision.how == "rule" or not self.is_quick:
            return []
        told = []
        for word in found:
            without = " ".join((text[: word.start()] + text[word.end() :]).split())
            score = 0.0
            if without:
                understood = await self.read(without)
                candidates = understood.decision.candidates
                score = next((one.score for one in candidates if _is_same(one, first)), 0.0)
            told.append({"text": word[0], "start": word.start(), "counts": round(first.score - score, 4)})
        return told


def shown(reading: InterpretedText) -> dict[str, Any]:
    """Return a reading as JSON: who won, or why nobody did; every intent that competes, best first, with its
    score and the one that it needed."""
    decision, selector, intents = reading.decision, reading.selector, reading.intents
    ranked = [
        {
            "name": candidate.name,
            "flow": candidate.flow or intents.flow.name,
            "score": round(candidate.score, 4),
            "needs": selector.confidence(candidate),
            "reason": decision.how if candidate is decision.won else candidate.reason,
        }
        for candidate in decision.candidates
    ]
    seen = {(one["flow"], one["name"]) for one in ranked}
    silent = [
        {"name": intent.name, "flow": intent.flow, "score": 0.0, "needs": None, "reason": ""}
        for intent in intents.intents.values()
        if (intent.flow, intent.name) not in seen
    ]
    understood = reading.understanding
    return {
        "flow": intents.flow.name,
        "intent": decision.won.name if decision.won is not None else None,
        "intentFlow": (decision.won.flow or intents.flow.name) if decision.won is not None else None,
        "score": round(reading.best, 4),
        "confidence": decision.confidence,
        "doubtful": decision.doubtful,
        "outOfState": decision.out_of_state,
        "rejected": understood.rejected,
        "type": understood.type,
        "denied": understood.denied,
        "ranking": ranked + silent,
        "slots": [
            {"name": name, "value": slot.value, "text": slot.text, "start": slot.start, "end": slot.end,
             "negated": slot.negated}
            for name, slots in understood.found.items()
            for slot in slots
        ],
        "hooks": reading.hooks,
        "warnings": reading.turn.step.warnings,
    }  # fmt: skip


def _is_same(one: Candidate, other: Candidate) -> bool:
    return (one.flow, one.name) == (other.flow, other.name)


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())


def _told_of(hook: Implementation, before: Any, after: Any) -> dict[str, Any]:
    """What one hook made of a message or of its understanding: what differs, as ``[before, after]``."""
    told: dict[str, Any] = {"plugin": hook.plugin, "hook": hook.hook}
    if after is DISCARD:
        return {**told, "did": "discarded"}
    if isinstance(after, PluginError):
        return {**told, "did": "failed", "error": after.message}
    old, new = _facts(before), _facts(after)
    changed = {name: [old[name], new[name]] for name in new if old[name] != new[name]}
    return {**told, "did": "changed" if changed else "nothing", "changed": changed}


def _facts(value: Any) -> dict[str, Any]:
    if not isinstance(value, Interpreted):  # of before_nlu
        text, data = value
        return {"text": text, "data": data}
    understood = value.understanding
    facts: dict[str, Any] = {"text": value.text, "data": value.data}
    if understood is None:
        return facts | {"intent": None, "score": 0.0, "slots": {}, "type": None}
    return facts | {
        "intent": understood.intent,
        "score": round(understood.score, 4),
        "slots": understood.wanted() or understood.slots,
        "type": understood.type,
    }
