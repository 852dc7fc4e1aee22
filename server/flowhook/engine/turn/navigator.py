"""Where a turn goes: from a node to the next, into other flows and back, and on after a failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.failures import TurnFailed, failure_of
from flowhook.engine.flow import Back, Flow, FlowNode, Library, Stay, Target
from flowhook.engine.outcomes import (
    AwaitCallback,
    Call,
    Effect,
    Goto,
    HttpCall,
    Keep,
    NodeFailed,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Stop,
    Think,
    Understand,
    Wait,
)
from flowhook.engine.turn.task_waits import begin_wait
from flowhook.engine.turn.view import Timer, Turn
from flowhook.model.event import EventType
from flowhook.model.session import Frame
from flowhook.model.trace import TraceStep
from flowhook.model.understanding import Understanding

MAX_THINKS = 4  #: times a turn may begin anew
MAX_FRAMES = 30  #: flows that call each other
PASSED = 20  #: branches not taken that a trace names


@dataclass(frozen=True, slots=True)
class Rethink:
    """An NLU engine has read the text of a ``think``."""

    text: str
    understanding: Understanding | None
    intent: str | None = None  #: what is taken as meant by it


class Navigator(Turn):
    """A turn as a walk through flows: knows the ways, but lets no node run."""

    __slots__ = (
        "_after_reply",
        "_entered",
        "_how",
        "_quiet",
        "_rescued",
        "_thinking",
        "_thinking_of",
        "_thinks",
        "_was_waiting",
        "events",
        "library",
        "need",
        "need_key",
        "steps",
        "timer",
    )

    library: Library
    steps: list[TraceStep]
    events: list[EventType]  #: for the runtime to publish
    timer: Timer | None  #: None leaves the session's timer alone
    need: Effect | None
    need_key: str  #: stable over re-runs: hand it to the called as an idempotency key
    _thinks: int
    _rescued: list[str]  #: flows whose ``on_error`` was taken in this turn
    _was_waiting: bool
    _how: str  #: how the next place is entered: run, resume, again, taken, or a branch of it
    _entered: str  #: how the node that runs was entered
    _after_reply: FlowNode | None  #: where an intent leads once its reply was said
    _quiet: bool  #: the question that waits is not asked again after this digression
    _thinking: str | None  #: the text of a ``think`` while an NLU engine reads it
    _thinking_of: str | None  #: the intent of that ``think``

    # --- where a session stands --------------------------------------------------------------------

    def standing_place(self) -> FlowNode | None:
        """Where this turn begins."""
        frame = self.session.top
        if frame.node is None and frame.flow in self.library.flows:
            self.flow = self.library.flows[frame.flow]
            return self.flow.nodes[self.flow.first] if self.flow.first is not None else None
        place = self._place_of(frame)
        if place is None:
            self.events.append(EventType.SESSION_STRANDED)
            return self._restart()
        return place

    def _restart(self) -> FlowNode | None:
        """The first node of the session's flow, with nothing to come back to."""
        root = self.session.frames[0]
        flow = self.library.flows.get(root.flow)
        self.session.frames = [Frame(root.flow)]
        self.session.waiting = False
        if flow is None:
            return None
        self.flow = flow
        return flow.nodes[flow.first] if flow.first is not None else None

    def _place_of(self, frame: Frame) -> FlowNode | None:
        """The place where a frame stands; the run goes over to its flow."""
        flow = self.library.flows.get(frame.flow)
        place = flow.node_at(frame.node) if flow is not None and frame.node is not None else None
        if flow is not None and place is not None:
            self.flow = flow
        return place

    # --- where a node leads ------------------------------------------------------------------------

    def follow(self, place: FlowNode, outcome: Any) -> FlowNode | None:
        """The next place; None when the turn has ended or has a need."""
        if outcome is None:
            self.step.went = "next"
            if place.branches and not place.type.waits:
                self._pass("")
            return self._reach(place.below)
        if type(outcome) is str:
            return self._follow_branch(place, outcome)
        try:
            move = _MOVES[type(outcome)]
        except KeyError:
            message = f'"{place.type.key}" answered {type(outcome).__name__}, which is no outcome'
            raise NodeFailed("outcome", message) from None
        return move(self, place, outcome)

    def _follow_branch(self, place: FlowNode, branch: str) -> FlowNode | None:
        self.step.went = branch
        if len(place.branches) > 1 and not place.type.waits:
            self._pass(branch)
        if branch in place.branches:
            return self._reach(place.branches[branch])
        word = branch.partition(".")[0]
        if word in place.type.branches or word in place.type.branch_maps:
            return self._reach(place.below)
        raise NodeFailed("branch", f'"{place.type.key}" has no branch "{branch}"')

    def _pass(self, taken: str) -> None:
        """Note the branches that a decision did not take, a few of them."""
        self.step.passed = [branch for branch in self.place.branches if branch != taken][:PASSED]

    def _reach(self, target: Target) -> FlowNode | None:
        """The place behind a way; None when the turn ends there."""
        if target is None:
            return self._end_flow()
        if isinstance(target, Stay):
            self._stand(target.node, waiting=True)
            return None
        if isinstance(target, Back):
            return self._back()
        return self.flow.nodes[target]

    def _back(self) -> FlowNode | None:
        """The digression is over: the session stands again where it stood before."""
        frames = self.session.frames
        while len(frames) > 1:
            frames.pop()
            if frames[-1].resting is not None:
                return self._come_back(frames[-1], replied=True)
        return self._end_flow()

    def _come_back(self, frame: Frame, *, replied: bool = False) -> FlowNode | None:
        """Stand again at a frame's place: a question that waited is asked again or waits on in silence."""
        rested, frame.resting = frame.resting, None
        place = self._place_of(frame)
        if place is None:
            if frame.node is not None:
                self.events.append(EventType.SESSION_STRANDED)
                frame.node = None
            place = self.standing_place()
        if self._after_reply is not None:
            place, self._after_reply = self._after_reply, None
            return place
        if rested == "waiting" and frame.node is not None and place is not None:
            self._how = "again"
            return place
        if replied and not self._quiet and self.flow.settings.get("continue_after_reply"):
            return place
        self.session.waiting = False
        self._set_timer(None)
        return None

    def _end_flow(self) -> FlowNode | None:
        """Back to the flow that called this one; without one, the turn has ended."""
        frames = self.session.frames
        while len(frames) > 1:
            frames.pop()
            if frames[-1].resting is not None:
                return self._come_back(frames[-1])
            caller = self._place_of(frames[-1])
            if caller is None:
                self.events.append(EventType.SESSION_STRANDED)
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

    def _goto(self, place: FlowNode, outcome: Goto) -> FlowNode | None:
        flow, target = self._target(outcome.target)
        self.step.went = f"goto {outcome.target}"
        if len(self.session.frames) > 1:  # flows that wait for this one to end are not come back to
            self.step.saw["left"] = [f"{below.flow}/{below.node}" for below in self.session.frames[:-1]]
        if outcome.wait:
            self._end_turn(flow.name, target.key if target and not outcome.target.endswith("/") else None)
            return None
        self.flow = flow
        self.session.frames = [Frame(flow.name)]
        return target if target is not None else self._end_flow()

    def _target(self, written: str) -> tuple[Flow, FlowNode | None]:
        """What ``x``, ``x/`` or ``x/y`` names. Raises NodeFailed."""
        name, slash, key = written.partition("/")
        flow = self.library.flows.get(name) if slash else self.flow
        if flow is None:
            hint = "" if name else f'; a node of this flow is named without a slash: "{key}"'
            raise NodeFailed("unknown-target", f'no flow "{name}"{hint}')
        if not slash:
            key = name
        if not key:
            return flow, flow.nodes[flow.first] if flow.first is not None else None
        place = flow.node_at(key)
        if place is None:
            raise NodeFailed("unknown-target", f'no node "{key}" in flow "{flow.name}"')
        return flow, place

    def _call(self, place: FlowNode, outcome: Call) -> FlowNode | None:
        flow = self.library.flows.get(outcome.flow)
        if flow is None:
            raise NodeFailed("unknown-target", f'no flow "{outcome.flow}"')
        if len(self.session.frames) >= MAX_FRAMES:
            raise NodeFailed("call-depth", f"flows call each other more than {MAX_FRAMES} deep")
        self.step.went = f"call {outcome.flow}"
        self.session.frames[-1].node = place.key
        self.session.frames.append(Frame(flow.name))
        self.flow = flow
        return flow.nodes[flow.first] if flow.first is not None else self._end_flow()

    def _think(self, place: FlowNode, outcome: Think) -> FlowNode | None:
        """The turn begins anew; how is the matter of who routes inputs."""
        raise NotImplementedError

    def _think_again(self, thought: Rethink) -> FlowNode | None:
        """The text of a ``think`` was read."""
        raise NotImplementedError

    def _stop(self, place: FlowNode, outcome: Stop) -> None:
        self.step.went = "stop"
        self._end_turn(self.session.frames[0].flow)

    def _wait(self, place: FlowNode, outcome: Wait) -> None:
        self.step.went = "wait"
        self._stand(place.key, waiting=True)
        if self._entered != "run" and place.type.is_question:
            self.memory["asked"] = self.memory.get("asked", 1) + 1
        timer = None
        if outcome.timeout is not None:
            timer = Timer(self.at, self.surroundings.now + outcome.timeout)
        self._set_timer(timer)

    def _keep(self, place: FlowNode, outcome: Keep) -> None:
        self.step.went = "wait"
        self._stand(place.key, waiting=True)

    def _await_callback(self, place: FlowNode, outcome: AwaitCallback) -> None:
        self.step.went = "wait"
        self._stand(place.key, waiting=True)
        begin_wait(self.session, self.need_key, self.flow.name, place.key, outcome.settings)
        self._set_timer(None)

    def _ask_outside(self, place: FlowNode, outcome: Effect) -> None:
        self.need = outcome
        self.need_key = self.key
        self._need_count += 1
        self._stand(place.key, waiting=False)

    # --- failures ----------------------------------------------------------------------------------

    def rescue(self, error: Exception) -> FlowNode | None:
        """Where the flow goes on after a failure: the node's branch, the flow's, the caller's.

        Raises TurnFailed when nobody takes care of it.
        """
        if isinstance(error, TurnFailed):
            raise error
        failure, at = failure_of(error), self.at
        if failure.reason == "internal":
            self.log("error", f"{at}: {failure.message}")
        self.step.error = failure.message
        self.scope["error"] = {
            "reason": failure.reason,
            "message": failure.message,
            "node": at,
            "details": to_plain_json(failure.details),
        }
        place: FlowNode | None = self.place
        while True:
            if place is not None and place.on_error is not False:
                self.step.went = "on_error"
                return self._reach(_taken(place.on_error))
            if self.flow.on_error is not False and self.flow.name not in self._rescued:
                self._rescued.append(self.flow.name)
                self.step.went = "settings.on_error"
                return self._reach(_taken(self.flow.on_error))
            if not self._fall():
                raise TurnFailed(failure.message, at)
            frame = self.session.top
            place = self._place_of(frame) if frame.resting is None else None
            frame.resting = None  # its question did not fail, but its flow may have a branch for it

    def _fall(self) -> bool:
        """Leave the flow that failed for the one below, if there is one."""
        frames = self.session.frames
        if len(frames) == 1:
            return False
        frames.pop()
        below = self.library.flows.get(frames[-1].flow)
        if below is None:
            return False
        self.flow = below
        return True


_MOVES: dict[type, Callable[[Navigator, FlowNode, Any], FlowNode | None]] = {
    Goto: Navigator._goto,
    Call: Navigator._call,
    Think: lambda walk, place, outcome: walk._think(place, outcome),
    Rethink: lambda walk, place, outcome: walk._think_again(outcome),
    Stop: Navigator._stop,
    Wait: Navigator._wait,
    Keep: Navigator._keep,
    HttpCall: Navigator._ask_outside,
    Pause: Navigator._ask_outside,
    RunNode: Navigator._ask_outside,
    RunScript: Navigator._ask_outside,
    Understand: Navigator._ask_outside,
    StartTask: Navigator._ask_outside,
    AwaitCallback: Navigator._await_callback,
}


def _taken(target: Target | bool) -> Target:
    """``on_error`` without the False that stands for no branch."""
    assert not isinstance(target, bool)
    return target
