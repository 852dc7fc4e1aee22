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
from functools import partial
from typing import Any

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.failures import TurnFailed
from flowhook.engine.flow import FlowNode, Library
from flowhook.engine.node import Node
from flowhook.engine.outcomes import (
    Effect,
    Failure,
    HttpCall,
    HttpResult,
    Keep,
    NodeFailed,
    NodeResult,
    Outcome,
    Pause,
    RunNode,
    RunScript,
    ScriptResult,
    StartTask,
    Understand,
)
from flowhook.engine.turn.input import input_of
from flowhook.engine.turn.navigator import Rethink
from flowhook.engine.turn.router import Router
from flowhook.engine.turn.task_waits import end_wait, entry_at, find_task
from flowhook.engine.turn.variables import Names, names_of
from flowhook.engine.turn.view import ProfileEdit, TurnEnd, TurnEnvironment, TurnScope
from flowhook.model.event import EventType
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.output import Output
from flowhook.model.session import Session
from flowhook.model.trace import TraceStep
from flowhook.model.understanding import Understanding

Answer = HttpResult | NodeResult | ScriptResult | Understanding | Failure | None

_NEEDS: dict[str, type[HttpCall] | type[RunNode] | type[RunScript] | type[StartTask] | type[Understand]] = {
    "HttpCall": HttpCall,
    "RunNode": RunNode,
    "RunScript": RunScript,
    "Understand": Understand,
    "StartTask": StartTask,
}


class TurnExecutor(Router):
    """One turn. ``start`` it (or ``restore`` it), then ``answer`` until its status is not ``needs``."""

    __slots__ = ("_lost", "_need_settings", "_node", "_visits")

    def __init__(
        self, library: Library, session: Session, inbound: Inbound, surroundings: TurnEnvironment
    ) -> None:
        self.library = library
        self.session = session
        self.inbound = inbound
        self.surroundings = surroundings
        self.outputs = []
        self.profile_changes = []
        self.logs = []
        self.readings = {}
        self.steps = []
        self.events = []
        self.timer = None
        self.need = None
        self.need_key = ""
        self.input = input_of(session, inbound, surroundings)
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
        self._rescued = []
        self._node: Node | None = None
        self._need_settings: dict[str, Any] | None = None
        self._need_count = 0
        self._was_waiting = session.waiting
        self._how = self._entered = "run"
        self._after_reply = None
        self._quiet = False
        self._thinking = self._thinking_of = None
        self.visit = 0
        self._lost = ""  #: the place of the need, when the library has it no longer

    # --- what drivers use ------------------------------------------------------------------------

    def start(self) -> TurnEnd:
        """Begin the turn where the session stands."""
        if self.inbound.task is not None and self.inbound.kind in (Kind.CALLBACK, Kind.TIMER):
            return self._start_by_task()
        if self.inbound.kind is Kind.TIMER:
            return self._start_by_timer()
        place = self.standing_place()
        waiting = self.session.waiting and place is not None and place.type.waits
        self.session.waiting = False
        if self.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
            self.session.execution += 1
            self.input["execution"] = self.session.execution
            try:
                place = self.route(place, waiting=waiting)
            except TurnFailed as failed:
                return TurnEnd("failed", str(failed), failed.at)
        else:
            self._how = "resume" if waiting else "run"
        if place is None:
            self._end_turn(self.session.frames[0].flow)
        return self._go(place, self._visit)

    def answer(self, answer: Answer) -> TurnEnd:
        """Go on with what became of the need."""
        if self._lost:
            return TurnEnd("failed", f"the node {self._lost} is gone since the turn began", self._lost)
        self.need = None
        return self._go(self.place, lambda place: self._outcome_of(answer))

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
            "thinking": self._thinking,
            "thinkingOf": self._thinking_of,
        }
        return state | {name: value for name, value in optional.items() if value}

    @classmethod
    def restore(
        cls,
        library: Library,
        session: Session,
        inbound: Inbound,
        surroundings: TurnEnvironment,
        state: dict[str, Any] | None = None,
    ) -> TurnExecutor:
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
        run._thinking = state.get("thinking")
        run._thinking_of = state.get("thinkingOf")
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
            self._roots["profile"] = self.scope["profile"] = to_plain_json(self.surroundings.profile)
        return names

    def choose(self, count: int) -> int:
        """One of so many, at random but the same whenever this turn is run again."""
        name = f"{self.surroundings.seed}/{self.at}/{self.visit}"
        return zlib.crc32(name.encode()) % count

    def _start_by_timer(self) -> TurnEnd:
        """A timer fell due: it counts only where it was armed."""
        frame = self.session.top
        named = self.inbound.timer in (frame.node, f"{frame.flow}/{frame.node}")
        place = self._place_of(frame) if self.session.waiting and named else None
        if place is None:
            return TurnEnd("done", reason="void")
        return self._go(place, partial(self._visit, how="timed_out"))

    def _start_by_task(self) -> TurnEnd:
        """The result of a task has come, or its time is over. It counts only while the session waits."""
        entry = find_task(self.session, self.inbound.task)
        if entry is None:
            return TurnEnd("done", reason="void")
        self._was_waiting = True
        end_wait(self.session, entry)
        place = self._place_of(self.session.top)
        if place is None or not place.type.awaits:
            self.events.append(EventType.SESSION_STRANDED)
            self._end_turn(self.session.frames[0].flow)
            return TurnEnd("done")
        how = "timed_out" if self.inbound.kind is Kind.TIMER else "resume"
        return self._go(place, partial(self._visit, how=how, kept=entry["settings"]))

    # --- the loop ----------------------------------------------------------------------------------

    def _go(self, place: FlowNode | None, outcome_at: Callable[[FlowNode], Any]) -> TurnEnd:
        """Run nodes until the turn ends or needs the outside; ``outcome_at`` tells the first outcome."""
        while place is not None:
            try:
                place = self._leave(place, outcome_at)
            except TurnFailed as failed:
                self.step.error = str(failed)
                return TurnEnd("failed", str(failed), failed.at)
            outcome_at = self._visit
        return TurnEnd("done" if self.need is None else "needs")

    def _leave(self, place: FlowNode, outcome_at: Callable[[FlowNode], Any]) -> FlowNode | None:
        """From one place to the next, or to where its failure is taken care of. Raises TurnFailed."""
        try:
            return self.follow(place, outcome_at(place))
        except Exception as error:
            return self.rescue(error)

    def _visit(self, place: FlowNode, how: str | None = None, kept: dict[str, Any] | None = None) -> Any:
        """Let one node do its work. Answers its outcome. ``kept`` are settings that were rendered when it
        began to wait for a callback."""
        if how is None:
            how, self._how = self._how, "run"
        self._entered = how
        self.place = place
        at = f"{self.flow.name}/{place.key}"
        self.visit = self._visits[at] = self._visits.get(at, 0) + 1
        step = self.step = TraceStep(self.flow.name, place.key, place.type.key)
        self.steps.append(step)
        self._need_count = 0
        if self.visit > self.flow.loop_limit:
            raise TurnFailed(self._loop_message(at), at)
        if len(self.steps) > self.surroundings.node_limit:
            raise TurnFailed(f"more than {self.surroundings.node_limit} nodes ran in one turn", at)
        if place.disabled:
            return None
        settings = place.settings
        if kept is None and how != "run" and place.type.awaits:
            kept = (entry_at(self.session, self.library) or {}).get("settings")
        if kept is not None:
            node, self._need_settings = place.type.model_construct(**kept), None
        elif settings.always is not None:
            node, self._need_settings = settings.always, None
        else:
            self._need_settings = settings.rendered(self.scope, step.warnings)
            node = settings.validated(self._need_settings)
        self._node = node
        if how == "run":
            return RunNode() if node.asynchronous else node.run(self)
        if how == "resume":
            return RunNode(resuming=True) if node.asynchronous else node.resume(self)
        return self._enter_otherwise(node, how)

    def _enter_otherwise(self, node: Node, how: str) -> Any:
        """A node is entered by its timer, after a digression, by an offer, or on the way to a branch."""
        if how == "timed_out":
            return RunNode(resuming=True) if node.resumes_late else node.timed_out(self)
        if how == "taken":
            return node.taken(self)
        if how == "again":
            silent = self._quiet or node.digressions(self) == "silent"
            return Keep() if silent else node.again(self)
        return how

    def _outcome_of(self, answer: Answer) -> Any:
        """What the node makes of the answer to its need."""
        thought, self._thinking = self._thinking, None
        meant, self._thinking_of = self._thinking_of, None
        if isinstance(answer, Failure):
            raise NodeFailed(answer.reason, answer.message, answer.details)
        if isinstance(answer, NodeResult):
            return self._apply(answer)
        if thought is not None:
            assert answer is None or isinstance(answer, Understanding)
            return Rethink(thought, answer, meant)
        return self.need_node.after_effect(self, answer)

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
            self.session.memory[self.at] = to_plain_json(result.memory)
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

    # --- suspending --------------------------------------------------------------------------------

    def _need_json(self, need: Effect) -> dict[str, Any]:
        if isinstance(need, Pause):  # a pause ends when it would have ended
            return {"until": self.surroundings.now + need.seconds}
        return asdict(need)

    def _come_back_to(self, state: dict[str, Any]) -> None:
        """Stand again at the place that needs, with its settings as they were rendered."""
        flow = self.library.flows.get(state["flow"])
        place = flow.node_at(state["place"]) if flow is not None else None
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


def _need_of(saved: tuple[str, dict[str, Any]], now: float) -> Effect:
    kind, values = saved
    if kind == "Pause":
        return Pause(max(0.0, values["until"] - now))
    return _NEEDS[kind](**values)
