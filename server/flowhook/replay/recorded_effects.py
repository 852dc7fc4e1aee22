"""What the outside answers in a replay: what it answered when the session took place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowhook.engine.effects import Failure, HttpCall, HttpResult, NodeResult
from flowhook.engine.outcomes import Call, Goto, Outcome, Stop, Wait
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.model.output import Output
from flowhook.model.understanding import Ranked, Understanding
from flowhook.replay.recording import RecordedTurn, Recording
from flowhook.runtime.observe.redaction import redacted_url

if TYPE_CHECKING:
    from flowhook.engine.flow import Library
    from flowhook.engine.turn.executor import TurnExecutor

NEAR = 2.0  #: seconds by which a timer may fall due at another time and still be the same


@dataclass(slots=True)
class Unknown:
    """Something outside that the recording tells nothing of."""

    trace_id: str
    what: str


class RecordedEffects:
    """Follows a replay, and knows which recorded turn is being run again."""

    def __init__(self, recording: Recording, library: Library) -> None:
        self.recording = recording
        self.library = library
        self.unknown: list[Unknown] = []
        self.pairs: dict[str, RecordedTurn] = {}  #: trace id in the replay → the turn that was recorded
        self.current: RecordedTurn | None = None
        self.now = ""  #: trace id of the turn that runs
        self._used: set[int] = set()  #: steps that have answered

    # --- which turn ------------------------------------------------------------------------------

    def begin(self, inbound: Inbound) -> RecordedTurn | None:
        """A turn of the replay begins; the one that was recorded, if there was one."""
        self.now = inbound.trace_id
        known = self.pairs.get(inbound.trace_id)
        if known is None and inbound.kind is Kind.TIMER:
            known = self._timer(inbound.received_at)
        if known is not None:
            self.pairs[inbound.trace_id] = known
        self.current = known
        return known

    def _timer(self, at: float) -> RecordedTurn | None:
        taken = {turn.trace_id for turn in self.pairs.values()}
        timers = [t for t in self.recording.turns if t.kind == "timer" and t.trace_id not in taken]
        near = [turn for turn in timers if abs(turn.at - at) <= NEAR]
        return min(near, key=lambda turn: abs(turn.at - at), default=None)

    # --- what was answered -----------------------------------------------------------------------

    def call(self, run: TurnExecutor, http_call: HttpCall) -> tuple[HttpResult | Failure, float]:
        """An HTTP answer, and how many seconds it took."""
        step = self._called(http_call, run.effect_at)
        if step is None:
            self._miss(f"{http_call.method} {http_call.url} was not called then: nobody knows its answer")
            return Failure("replay", "the recording has no answer to this call"), 0.0
        self._used.add(id(step))
        call, seconds = step["call"], float(step.get("ms", 0.0)) / 1000
        if call.get("status") is None:
            return Failure(str(call.get("error", "failed")), str(step.get("error", "failed"))), seconds
        if "body" not in call:
            self._miss(f"what {http_call.method} {http_call.url} answered was too large to be kept")
        return HttpResult(call["status"], {}, call.get("body")), seconds

    def _called(self, http_call: HttpCall, position: str) -> JsonObject | None:
        """The recorded call: of this turn and node, else of this turn, else of any turn."""
        here = self.current.steps if self.current is not None else []
        everywhere = [step for turn in self.recording.turns for step in turn.steps]
        groups = ((step for step in here if self.is_at(step, position)), here, everywhere)
        for steps in groups:
            for step in steps:
                call = step.get("call")
                if call is None or id(step) in self._used:
                    continue
                told = (call.get("method"), call.get("url"), call.get("connection"))
                if told == (http_call.method, redacted_url(http_call.url), http_call.connection):
                    return step
        return None

    def node(self, run: TurnExecutor) -> NodeResult | Failure:
        """What a plugin's node did."""
        steps = self.current.steps if self.current is not None else []
        for number, step in enumerate(steps):
            if id(step) not in self._used and self.is_at(step, run.effect_at):
                self._used.add(id(step))
                return self._result(step, self._said(steps, number), run)
        self._miss(f"the node {run.effect_at} of a plugin did not run then: nobody knows what it does")
        return Failure("replay", "the recording does not tell what this node does")

    def _said(self, steps: list[JsonObject], number: int) -> list[JsonObject]:
        assert self.current is not None
        before = sum(step.get("said", 0) for step in steps[:number])
        return self.current.outputs[before : before + steps[number].get("said", 0)]

    def _result(self, step: JsonObject, said: list[JsonObject], run: TurnExecutor) -> NodeResult | Failure:
        if "error" in step:
            return Failure("plugin", str(step["error"]))
        changes = [("set", path, value) for path, value in step.get("changed", {}).items()]
        outputs: list[Any] = [
            Output(output["text"], dict(output["data"]), source=output["source"]) for output in said
        ]
        return NodeResult(self._outcome(str(step.get("went", "")), run), outputs, changes)

    def _outcome(self, went: str, run: TurnExecutor) -> Outcome:
        word, _, rest = went.partition(" ")
        match word:
            case "" | "next":
                return None
            case "wait":
                return Wait()
            case "stop":
                return Stop()
            case "goto" if rest:
                return Goto(rest)
            case "call" if rest:
                return Call(rest)
        if went in run.effect_node.branches or run.effect_node.branch_maps:
            return went
        self._miss(f"the node {run.effect_at} went to {went!r}, which it cannot do any more")
        return None

    def understanding(self) -> Understanding | None:
        """What an engine of a plugin understood."""
        step = self.current.understanding if self.current is not None else None
        if step is None:
            return None
        saw = step.get("saw", {})
        ranking = [
            Ranked(ranked["name"], float(ranked.get("score", 0.0)), _other(ranked.get("flow"), step["flow"]))
            for ranked in saw.get("ranking", ())
        ]
        best = ranking[0] if ranking else None
        slots = saw.get("slots")
        return Understanding(
            best.name if best else None,
            best.score if best else 0.0,
            dict(slots) if isinstance(slots, dict) else {},
            ranking=ranking,
            rejected=bool(saw.get("rejected")),
        )

    def is_at(self, step: JsonObject, position: str) -> bool:
        """Whether a recorded step is of this place, also under the id that it had then."""
        flow, _, key = position.partition("/")
        if step["flow"] != flow:
            return False
        known = self.library.flows.get(flow)
        return key in (step["node"], known.moved.get(step["node"]) if known is not None else None)

    def _miss(self, what: str) -> None:
        self.unknown.append(Unknown(self.now, what))


def _other(flow: str | None, own: str) -> str:
    """The flow of an intent as an engine names it: the one in force has no name."""
    return flow if flow and flow != own else ""


@dataclass(slots=True)
class Tasks:
    """The tasks that a replay started: "flow/node" and the name of its run, oldest first."""

    started: list[tuple[str, str]] = field(default_factory=list)

    def take(self, position: str | None, library: Library) -> str | None:
        """The name of the run whose callback comes now: the latest at that node, else the latest of all."""
        flow, _, key = (position or "").partition("/")
        known = library.flows.get(flow)
        names = {position, f"{flow}/{known.moved.get(key, key)}" if known is not None else position}
        for number in range(len(self.started) - 1, -1, -1):
            if self.started[number][0] in names:
                return self.started.pop(number)[1]
        return self.started.pop()[1] if self.started else None
