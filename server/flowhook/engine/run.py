"""The loop: one turn, from the inbound to its end or to its next need of the outside.

A ``Run`` is pure: it never waits, reads no clock and opens nothing. Where a node needs the outside,
the run stops with a *need*; whoever drives it meets the need and hands in the answer. Between the
two it can be suspended to JSON and restored in another process.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from pydantic import ValidationError

from flowhook.engine.expressions import ExpressionError
from flowhook.engine.flow import Flow, Library, Place, Stay, Target
from flowhook.engine.node import Node
from flowhook.engine.outcome import (
    Call,
    Failure,
    Goto,
    HttpAnswer,
    HttpCall,
    Keep,
    Need,
    NodeFailed,
    NodeResult,
    Outcome,
    Pause,
    RunNode,
    Stop,
    Think,
    Wait,
)
from flowhook.engine.paths import Names, names_of
from flowhook.engine.sandbox import plain
from flowhook.engine.turn import ProfileEdit, Surroundings, Timer, Turn, TurnEnd, TurnScope
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.output import Output
from flowhook.model.session import Frame, Session
from flowhook.model.trace import TraceStep

MAX_THINKS = 4  #: times a turn may begin anew
MAX_FRAMES = 30  #: flows that call each other

Answer = HttpAnswer | NodeResult | Failure | None

_NEEDS: dict[str, type[HttpCall] | type[RunNode]] = {"HttpCall": HttpCall, "RunNode": RunNode}


class TurnFailed(Exception):
    """The turn cannot go on, whatever ``on_error`` says."""


class Run(Turn):
    """One turn. ``start`` it (or ``restore`` it), then ``answer`` until its status is not ``needs``."""

    __slots__ = (
        "_lost",
        "_need_settings",
        "_node",
        "_rescued",
        "_thinks",
        "_visits",
        "_was_waiting",
        "events",
        "library",
        "need",
        "need_key",
        "steps",
        "timer",
    )

    def __init__(
        self, library: Library, session: Session, inbound: Inbound, surroundings: Surroundings
    ) -> None:
        self.library = library
        self.session = session
        self.inbound = inbound
        self.surroundings = surroundings
        self.outputs = []
        self.profile_changes = []
        self.logs = []
        self.steps: list[TraceStep] = []
        self.events: list[str] = []  #: "session.stranded"
        self.timer: Timer | None = None  #: None leaves the session's timer alone
        self.need: Need | None = None
        self.need_key = ""  #: stable over re-runs: hand it to the called as an idempotency key
        self.input = _input_of(session, inbound, surroundings)
        self._roots = {"context": session.context, "session": session.values, "profile": surroundings.profile}
        self.scope = TurnScope(
            {
                "input": self.input,
                "context": session.context,
                "session": session.values,
                "profile": surroundings.profile,
                "vars": surroundings.vars,
                "history": surroundings.history,
            },
            surroundings,
        )
        self._visits: dict[str, int] = {}
        self._thinks = 0
        self._rescued: list[str] = []
        self._node: Node | None = None
        self._need_settings: dict[str, Any] | None = None
        self._need_count = 0
        self._was_waiting = session.waiting
        self._lost = ""  #: the place of the need, when the library has it no longer

    # --- what drivers use ------------------------------------------------------------------------

    def start(self) -> TurnEnd:
        """Begin the turn where the session stands."""
        if self.inbound.kind is Kind.TIMER:
            return self._start_by_timer()
        if self.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
            self.session.execution += 1
            self.input["execution"] = self.session.execution
        place = self._standing_place()
        how = "resume" if self.session.waiting and place is not None and place.type.waits else "run"
        self.session.waiting = False
        if place is None:
            self._end_turn(self.session.frames[0].flow)
        return self._go(place, how)

    def answer(self, answer: Answer) -> TurnEnd:
        """Go on with what became of the need."""
        if self._lost:
            return TurnEnd("failed", f"the node {self._lost} is gone since the turn began", self._lost)
        self.need = None
        try:
            following = self._follow(self.place, self._outcome_of(answer))
        except Exception as error:
            return self._go_on_after(error)
        return self._go(following)

    def take_outputs(self) -> list[Output]:
        """What was said since this was last asked."""
        outputs, self.outputs = self.outputs, []
        return outputs

    def take_profile_changes(self) -> list[ProfileEdit]:
        """What was changed in the profile since this was last asked."""
        changes, self.profile_changes = self.profile_changes, []
        return changes

    @property
    def position(self) -> str | None:
        """Where the session stands: "flow/key"; None where the next input enters at the first node."""
        top = self.session.top
        return f"{top.flow}/{top.node}" if top.node is not None else None

    @property
    def need_node(self) -> Node:
        """The node that needs, with its settings validated."""
        assert self._node is not None
        return self._node

    @property
    def need_place(self) -> str:
        """Its place, "flow/key"."""
        return self.at

    def suspend(self) -> dict[str, Any]:
        """All that :meth:`restore` wants, as JSON. Only while there is a need."""
        assert self.need is not None
        state: dict[str, Any] = {
            "flow": self.flow.name,
            "place": self.place.key,
            "need": [type(self.need).__name__, self._need_json(self.need)],
            "needKey": self.need_key,
            "needs": self._need_count,
            "visits": self._visits,
            "input": self.input,
            "steps": [step.to_json() for step in self.steps],
        }
        optional = {
            "settings": self._need_settings,
            "thinks": self._thinks,
            "rescued": self._rescued,
            "error": self.scope.get("error"),
            "wasWaiting": self._was_waiting,
            "events": self.events,
        }
        return state | {name: value for name, value in optional.items() if value}

    @classmethod
    def restore(
        cls,
        library: Library,
        session: Session,
        inbound: Inbound,
        surroundings: Surroundings,
        state: dict[str, Any] | None = None,
    ) -> Run:
        """The run again, at the need where it was suspended: the very same call, under the same key.

        When its node is gone from the library, answering the need fails the turn.
        """
        state = state if state is not None else session.running
        assert state is not None
        run = cls(library, session, inbound, surroundings)
        run.input.clear()
        run.input.update(state["input"])
        if "error" in state:
            run.scope["error"] = state["error"]
        run.steps = [TraceStep(**step) for step in state["steps"]]
        run.events = list(state.get("events", ()))
        run._visits = dict(state["visits"])
        run._thinks = state.get("thinks", 0)
        run._rescued = list(state.get("rescued", ()))
        run._was_waiting = state.get("wasWaiting", False)
        run._need_count = state["needs"]
        run.need_key = state["needKey"]
        run.need = _need_of(state["need"], surroundings.now)
        run._come_back_to(state)
        return run

    # --- of Turn -----------------------------------------------------------------------------------

    @property
    def key(self) -> str:
        """Names this need of this visit of this node in this turn: the same when it is run again."""
        name = f"{self.inbound.trace_id}:{self.at}:{self.visit}:{self._need_count}"
        return hashlib.sha256(name.encode()).hexdigest()[:32]

    def _writable(self, path: str | Names) -> Names:
        names = names_of(path)
        if names[0] == "profile" and self._roots["profile"] is self.surroundings.profile:
            self._roots["profile"] = self.scope["profile"] = plain(self.surroundings.profile)
        return names

    def choose(self, count: int) -> int:
        """One of so many, at random but the same whenever this turn is run again."""
        name = f"{self.surroundings.seed}/{self.at}/{self.visit}"
        return zlib.crc32(name.encode()) % count

    # --- entering ----------------------------------------------------------------------------------

    def _standing_place(self) -> Place | None:
        """Where this turn begins."""
        frame = self.session.top
        if frame.node is None and frame.flow in self.library.flows:
            self.flow = self.library.flows[frame.flow]
            return self.flow.places[self.flow.first] if self.flow.first is not None else None
        place = self._place_of(frame)
        if place is None:
            self.events.append("session.stranded")
            return self._restart()
        return place

    def _restart(self) -> Place | None:
        """The first node of the session's flow, with nothing to come back to."""
        root = self.session.frames[0]
        flow = self.library.flows.get(root.flow)
        self.session.frames = [Frame(root.flow)]
        self.session.waiting = False
        if flow is None:
            return None
        self.flow = flow
        return flow.places[flow.first] if flow.first is not None else None

    def _start_by_timer(self) -> TurnEnd:
        """A timer fell due: it counts only where it was armed."""
        frame = self.session.top
        named = self.inbound.timer in (frame.node, f"{frame.flow}/{frame.node}")
        place = self._place_of(frame) if self.session.waiting and named else None
        if place is None:
            return TurnEnd("done", reason="void")
        return self._go(place, "timed_out")

    # --- the loop ----------------------------------------------------------------------------------

    def _go(self, place: Place | None, how: str = "run") -> TurnEnd:
        """Run nodes until the turn ends or needs the outside."""
        while place is not None:
            try:
                place = self._follow(place, self._visit(place, how))
            except Exception as error:
                return self._go_on_after(error)
            how = "run"
        return TurnEnd("done" if self.need is None else "needs")

    def _go_on_after(self, error: Exception) -> TurnEnd:
        """Go on where the failure of a node is taken care of, if it is."""
        at = self.at
        try:
            following = self._rescue(error)
        except TurnFailed as failed:
            self.step.error = str(failed)
            return TurnEnd("failed", str(failed), at)
        return self._go(following)

    def _visit(self, place: Place, how: str) -> Any:
        """Let one node do its work. Answers its outcome."""
        self.place = place
        at = f"{self.flow.name}/{place.key}"
        self.visit = self._visits[at] = self._visits.get(at, 0) + 1
        step = self.step = TraceStep(self.flow.name, place.key, place.type.key)
        self.steps.append(step)
        self._need_count = 0
        if self.visit > self.flow.loop_limit:
            raise TurnFailed(self._loop_message(at))
        if len(self.steps) > self.surroundings.node_limit:
            raise TurnFailed(f"more than {self.surroundings.node_limit} nodes ran in one turn")
        if place.disabled:
            return None
        settings = place.settings
        if settings.always is not None:
            node, self._need_settings = settings.always, None
        else:
            self._need_settings = settings.rendered(self.scope, step.warnings)
            node = settings.validated(self._need_settings)
        self._node = node
        if how == "timed_out":
            return node.timed_out(self)
        if node.asynchronous:
            return RunNode(resuming=how == "resume")
        return node.run(self) if how == "run" else node.resume(self)

    def _outcome_of(self, answer: Answer) -> Any:
        """What the node makes of the answer to its need."""
        if isinstance(answer, Failure):
            raise NodeFailed(answer.reason, answer.message, answer.details)
        if isinstance(answer, NodeResult):
            return self._apply(answer)
        return self.need_node.answered(self, answer)

    def _apply(self, result: NodeResult) -> Outcome:
        """All that a plugin's node did, at once."""
        for output in result.outputs:
            output.trace_id = self.inbound.trace_id
            self.outputs.append(output)
            self.step.said += 1
        for op, path, value in result.changes:
            if op == "unset":
                self.unset(path)
            elif op == "append":
                self.append(path, value)
            else:
                self.set(path, value)
        if result.memory is not None:
            self.session.memory[self.at] = plain(result.memory)
        if not self.memory:
            self.forget()
        self.logs += result.logs
        return result.outcome

    def _loop_message(self, at: str) -> str:
        trail = [self.step.node]
        for step in reversed(self.steps[:-1]):
            trail.append(step.node)
            if f"{step.flow}/{step.node}" == at:
                break
        way = " → ".join(reversed(trail))
        limit = self.flow.loop_limit
        return f"the flow runs in a circle: {way} (node {at} ran {limit} times in one turn)"

    # --- where a node leads ------------------------------------------------------------------------

    def _follow(self, place: Place, outcome: Any) -> Place | None:
        """The next place; None when the turn has ended or has a need."""
        if outcome is None:
            self.step.went = "next"
            return self._reach(place.below)
        if type(outcome) is str:
            return self._follow_branch(place, outcome)
        try:
            move = _MOVES[type(outcome)]
        except KeyError:
            message = f'"{place.type.key}" answered {type(outcome).__name__}, which is no outcome'
            raise NodeFailed("outcome", message) from None
        return move(self, place, outcome)

    def _follow_branch(self, place: Place, branch: str) -> Place | None:
        self.step.went = branch
        if branch in place.ways:
            return self._reach(place.ways[branch])
        word = branch.partition(".")[0]
        if word in place.type.branches or word in place.type.branch_maps:
            return self._reach(place.below)
        raise NodeFailed("branch", f'"{place.type.key}" has no branch "{branch}"')

    def _reach(self, target: Target) -> Place | None:
        """The place behind a way; None when the turn ends there."""
        if target is None:
            return self._end_flow()
        if isinstance(target, Stay):
            self._stand(target.place, waiting=True)
            return None
        return self.flow.places[target]

    def _end_flow(self) -> Place | None:
        """Back to the flow that called this one; without one, the turn has ended."""
        frames = self.session.frames
        while len(frames) > 1:
            frames.pop()
            caller = self._place_of(frames[-1])
            if caller is None:
                self.events.append("session.stranded")
                break
            if caller.below is not None:
                return self._reach(caller.below)
        self._end_turn(frames[0].flow)
        return None

    def _end_turn(self, flow: str, node: str | None = None) -> None:
        """The next input enters at this node, or at the first one, with nothing to come back to."""
        self.session.frames = [Frame(flow, node)]
        self.session.waiting = False
        self._set_timer(None)

    def _stand(self, key: str, *, waiting: bool) -> None:
        self.session.frames[-1].node = key
        self.session.waiting = waiting

    def _set_timer(self, timer: Timer | None) -> None:
        if timer is not None or self._was_waiting:
            self.timer = timer or Timer()

    def _goto(self, place: Place, outcome: Goto) -> Place | None:
        flow, target = self._target(outcome.target)
        self.step.went = f"goto {outcome.target}"
        if outcome.wait:
            self._end_turn(flow.name, target.key if target and not outcome.target.endswith("/") else None)
            return None
        self.flow = flow
        self.session.frames = [Frame(flow.name)]
        return target if target is not None else self._end_flow()

    def _target(self, written: str) -> tuple[Flow, Place | None]:
        """What ``x``, ``x/`` or ``x/y`` names. Raises NodeFailed."""
        name, slash, key = written.partition("/")
        flow = self.library.flows.get(name) if slash else self.flow
        if flow is None:
            raise NodeFailed("unknown-target", f'no flow "{name}"')
        if not slash:
            key = name
        if not key:
            return flow, flow.places[flow.first] if flow.first is not None else None
        place = _place_in(flow, key)
        if place is None:
            raise NodeFailed("unknown-target", f'no node "{key}" in flow "{flow.name}"')
        return flow, place

    def _call(self, place: Place, outcome: Call) -> Place | None:
        flow = self.library.flows.get(outcome.flow)
        if flow is None:
            raise NodeFailed("unknown-target", f'no flow "{outcome.flow}"')
        if len(self.session.frames) >= MAX_FRAMES:
            raise NodeFailed("call-depth", f"flows call each other more than {MAX_FRAMES} deep")
        self.step.went = f"call {outcome.flow}"
        self.session.frames[-1].node = place.key
        self.session.frames.append(Frame(flow.name))
        self.flow = flow
        return flow.places[flow.first] if flow.first is not None else self._end_flow()

    def _think(self, place: Place, outcome: Think) -> Place | None:
        self._thinks += 1
        if self._thinks > MAX_THINKS:
            raise TurnFailed(f"the turn began anew more than {MAX_THINKS} times (think at {self.at})")
        self.step.went = "think"
        self.input.update(text=outcome.text, data={}, attachments=[], mode="text", result=None)
        self.input.update(intent=None, intentScore=0.0, slots={})
        return self._restart()

    def _stop(self, place: Place, outcome: Stop) -> None:
        self.step.went = "stop"
        self._end_turn(self.session.frames[0].flow)

    def _wait(self, place: Place, outcome: Wait) -> None:
        self.step.went = "wait"
        self._stand(place.key, waiting=True)
        timer = None
        if outcome.timeout is not None:
            timer = Timer(self.at, self.surroundings.now + outcome.timeout)
        self._set_timer(timer)

    def _keep(self, place: Place, outcome: Keep) -> None:
        self.step.went = "wait"
        self._stand(place.key, waiting=True)

    def _ask_outside(self, place: Place, outcome: Need) -> None:
        self.need = outcome
        self.need_key = self.key
        self._need_count += 1
        self._stand(place.key, waiting=False)

    # --- failures ----------------------------------------------------------------------------------

    def _rescue(self, error: Exception) -> Place | None:
        """Where the flow goes on after a failure: the node's branch, the flow's, the caller's.

        Raises TurnFailed when nobody takes care of it.
        """
        if isinstance(error, TurnFailed):
            raise error
        failure = _failure_of(error)
        if failure.reason == "internal":
            self.log("error", f"{self.at}: {failure.message}")
        self.step.error = failure.message
        self.scope["error"] = {
            "reason": failure.reason,
            "message": failure.message,
            "node": self.at,
            "details": plain(failure.details),
        }
        place: Place | None = self.place
        while place is not None:
            if place.on_error is not False:
                self.step.went = "on_error"
                return self._reach(_taken(place.on_error))
            if self.flow.on_error is not False and self.flow.name not in self._rescued:
                self._rescued.append(self.flow.name)
                self.step.went = "settings.on_error"
                return self._reach(_taken(self.flow.on_error))
            if len(self.session.frames) == 1:
                break
            self.session.frames.pop()
            place = self._place_of(self.session.frames[-1])
        raise TurnFailed(failure.message)

    def _place_of(self, frame: Frame) -> Place | None:
        """The place where a frame stands; the run goes over to its flow."""
        flow = self.library.flows.get(frame.flow)
        place = _place_in(flow, frame.node) if flow is not None and frame.node is not None else None
        if flow is not None and place is not None:
            self.flow = flow
        return place

    # --- suspending --------------------------------------------------------------------------------

    def _need_json(self, need: Need) -> dict[str, Any]:
        if isinstance(need, Pause):  # a pause ends when it would have ended
            return {"until": self.surroundings.now + need.seconds}
        return asdict(need)

    def _come_back_to(self, state: dict[str, Any]) -> None:
        """Stand again at the place that needs, with its settings as they were rendered."""
        flow = self.library.flows.get(state["flow"])
        place = _place_in(flow, state["place"]) if flow is not None else None
        self.step = self.steps[-1]
        if flow is None or place is None:
            self._lost = f"{state['flow']}/{state['place']}"
            self.need = Pause(0.0)
            return
        self.flow, self.place = flow, place
        self.visit = self._visits.get(f"{state['flow']}/{state['place']}", 1)
        settings = place.settings
        self._need_settings = state.get("settings")
        self._node = settings.always or settings.validated(self._need_settings or {})


_MOVES: dict[type, Callable[[Run, Place, Any], Place | None]] = {
    Goto: Run._goto,
    Call: Run._call,
    Think: Run._think,
    Stop: Run._stop,
    Wait: Run._wait,
    Keep: Run._keep,
    HttpCall: Run._ask_outside,
    Pause: Run._ask_outside,
    RunNode: Run._ask_outside,
}


def _taken(target: Target | bool) -> Target:
    """``on_error`` without the False that stands for no branch."""
    assert not isinstance(target, bool)
    return target


def _place_in(flow: Flow, key: str) -> Place | None:
    """A node of a flow, also under the id that it had before."""
    return flow.places.get(key) or flow.places.get(flow.moved.get(key, ""))


def _failure_of(error: Exception) -> Failure:
    if isinstance(error, NodeFailed):
        return Failure(error.reason, str(error), error.details)
    if isinstance(error, ExpressionError):
        return Failure("expression", error.message)
    if isinstance(error, ValidationError):
        parts = [f"{'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors()]
        return Failure("settings", "; ".join(parts))
    return Failure("internal", f"{type(error).__name__}: {error}")


def _need_of(saved: tuple[str, dict[str, Any]], now: float) -> Need:
    kind, values = saved
    if kind == "Pause":
        return Pause(max(0.0, values["until"] - now))
    return _NEEDS[kind](**values)


def _input_of(session: Session, inbound: Inbound, surroundings: Surroundings) -> dict[str, Any]:
    """What expressions see as ``input``."""
    who = inbound.session
    understood = surroundings.understanding
    return {
        "text": inbound.text,
        "data": inbound.data or {},
        "attachments": inbound.attachments,
        "mode": inbound.mode,
        "kind": inbound.kind.value,
        "test": inbound.test,
        "intent": understood.intent if understood else None,
        "intentScore": understood.score if understood else 0.0,
        "slots": understood.slots if understood else {},
        "type": understood.type if understood else None,
        "userId": who.user_id,
        "sessionId": who.session_id,
        "traceId": inbound.trace_id,
        "URLToken": surroundings.url_token,
        "endpoint": surroundings.endpoint or who.endpoint,
        "channel": surroundings.channel,
        "locale": session.locale or surroundings.locale,
        "execution": session.execution,
        "result": None,
        "flow": session.top.flow,
        "node": session.top.node,
    }
