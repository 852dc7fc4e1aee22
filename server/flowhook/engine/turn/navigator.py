"""Where a turn goes: from a node to the next, into other flows and back, and on after a failure.

The navigator owns the session's stack of frames. The top frame is where the session stands; the frames
below it wait for the ones above to end:

.. code-block:: text

    a node calls a flow            an intent of an attached flow is a digression
    ┌ delivery / address  ┐        ┌ faq / answer                    ┐
    │ pizza / call        │        │ pizza / ask_size  resting       │  its question is asked again
    └─────────────────────┘        └─────────────────────────────────┘  when the digression is over

``goto`` and an intent of the flow itself leave for good: what lies above the frame they lead to is gone.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.flow import Back, Flow, FlowNode, Loop, Stay, Target
from flowhook.engine.outcomes import Call, Goto, NodeFailed, Return, Stop, TurnFailed, Wait, failure_of
from flowhook.engine.turn import reminders
from flowhook.engine.turn.kept_slots import begin_intent
from flowhook.engine.turn.view import Timer
from flowhook.model.event import EventType
from flowhook.model.session import Frame

if TYPE_CHECKING:
    from flowhook.engine.turn.router import RoutingDecision
    from flowhook.engine.turn.view import Turn

MAX_FRAMES = 30  #: flows that stand on each other
MAX_PASSED = 20  #: branches not taken that a trace names


class Navigator:
    """Moves a session through its flows; lets no node run.

    Its methods return the node that runs next, and ``how`` tells how that is entered; None when the turn
    has ended.
    """

    __slots__ = (
        "_after_reply",
        "_rescued",
        "_returned",
        "entered",
        "events",
        "how",
        "silent",
        "timer",
        "turn",
        "was_waiting",
    )

    def __init__(self, turn: Turn) -> None:
        self.turn = turn
        self.how = "run"  #: how the next node is entered: run, resume, again, taken, or a branch of it
        self.entered = "run"  #: how the node that runs was entered
        self.events: list[EventType] = []  #: for the runtime to publish
        self.timer: Timer | None = None  #: None leaves the session's timer alone
        self.was_waiting = turn.session.waiting  #: when the turn began
        self.silent = False  #: the question that waits is not asked again after this digression
        self._after_reply: FlowNode | None = None  #: where an intent leads once its reply was said
        self._returned: Any = None  #: what the flow returned for which the next node is resumed
        self._rescued: list[str] = []  #: flows whose ``on_error`` was taken in this turn

    # --- where a session stands --------------------------------------------------------------------

    def standing_at(self) -> FlowNode | None:
        """The node where this turn begins."""
        turn = self.turn
        frame, flows = turn.session.frames[-1], turn.library.flows
        if frame.node is None and frame.flow in flows:
            flow = turn.flow = flows[frame.flow]
            return flow.nodes[flow.first] if flow.first is not None else None
        node = self.node_of(frame)
        if node is None:
            self.events.append(EventType.SESSION_STRANDED)
            return self.restart()
        return node

    def restart(self) -> FlowNode | None:
        """The first node of the session's flow, with nothing to come back to."""
        session = self.turn.session
        root = session.frames[0]
        flow = self.turn.library.flows.get(root.flow)
        session.frames = [Frame(root.flow)]
        session.waiting = False
        if flow is None:
            return None
        self.turn.flow = flow
        return flow.nodes[flow.first] if flow.first is not None else None

    def node_of(self, frame: Frame) -> FlowNode | None:
        """The node at which a frame stands; the turn goes over to its flow."""
        flow = self.turn.library.flows.get(frame.flow)
        node = flow.node_at(frame.node) if flow is not None and frame.node is not None else None
        if flow is not None and node is not None:
            self.turn.flow = flow
        return node

    def stand_at(self, key: str, *, waiting: bool) -> None:
        """Stand at a node of the flow in force."""
        session = self.turn.session
        session.frames[-1].node = key
        session.waiting = waiting

    def end_turn(self, flow: str | None = None, node: str | None = None) -> None:
        """Let the next input enter at this node, or at the first one, with nothing to come back to."""
        session = self.turn.session
        session.frames = [Frame(flow or session.frames[0].flow, node)]
        session.waiting = False
        if self.was_waiting:
            self.timer = Timer()

    def set_timer(self, timer: Timer | None) -> None:
        """Arm the session's timer; None: take away the one that may run."""
        if timer is not None or self.was_waiting:
            self.timer = timer or Timer()

    # --- where an input enters ---------------------------------------------------------------------

    def enter(self, entry: RoutingDecision, *, waiting: bool) -> FlowNode | None:
        """Go where the router sends an input; ``waiting``: a question waited for it."""
        turn, session = self.turn, self.turn.session
        turn.step.went = entry.reason
        self.how = entry.how
        if entry.offer is not None:
            session.offers = [offer for offer in session.offers if not offer.is_at(entry.offer)]
        if entry.pending is not None:
            session.pending, self.silent = entry.pending, True
        if entry.flow is None:
            if entry.node is not None:
                turn.flow = turn.library.flows[session.top.flow]
            return entry.node
        if entry.cut_to is None:
            self.digress(entry.flow, waiting=waiting, intent=entry.intent)
        else:
            self.cut_to(entry.cut_to)
            if entry.intent is not None:
                begin_intent(turn, entry.intent)
        turn.flow = entry.flow
        if entry.reply is None:
            return entry.node
        self._after_reply = entry.node
        session.frames.append(Frame(entry.flow.name))
        session.frames[-2].resting = "standing"
        return entry.reply

    def digress(self, flow: Flow, *, waiting: bool, intent: str | None = None) -> None:
        """Put a flow on top; the one below keeps its position and is come back to. The same intent once more
        begins its digression anew. Raises TurnFailed."""
        self.turn.flow = flow
        frames = self.turn.session.frames
        again = _digression_of(frames, flow, intent)
        if again is not None:
            del frames[again + 1 :]
            frames[again].node = frames[again].resting = None
            return
        if len(frames) >= MAX_FRAMES:
            raise TurnFailed(f"flows stand on each other more than {MAX_FRAMES} deep", flow.name)
        frames[-1].resting = "waiting" if waiting else "standing"
        frames.append(Frame(flow.name, values={} if intent is None else {"intent": intent}))

    def cut_to(self, height: int) -> None:
        """Leave the flows above a frame, and its own place, for good."""
        frames = self.turn.session.frames
        del frames[height + 1 :]
        frame = frames[-1]
        frame.node = frame.resting = None
        if frame.values:
            frame.values = {name: value for name, value in frame.values.items() if name in _OF_CALL}

    # --- where a node leads ------------------------------------------------------------------------

    def go_below(self, node: FlowNode) -> FlowNode | None:
        """Go on below a node: it took none of its branches."""
        step = self.turn.step
        step.went = "next"
        if node.branches and not node.type.waits:
            step.passed = _others(node, "")
        return self._reach(node.below)

    def take(self, node: FlowNode, branch: str) -> FlowNode | None:
        """Take a branch of a node; below, where the flow has none of that name. Raises NodeFailed."""
        step = self.turn.step
        step.went = branch
        if len(node.branches) > 1 and not node.type.waits:
            step.passed = _others(node, branch)
        if branch in node.branches:
            return self._reach(node.branches[branch])
        word = branch.partition(".")[0]
        if word in node.type.branches or word in node.type.branch_maps:
            return self._reach(node.below)
        raise NodeFailed("branch", f'"{node.type.key}" has no branch "{branch}"')

    def leave(self, outcome: Goto) -> FlowNode | None:
        """Leave for another node or flow, for good. Raises NodeFailed."""
        turn = self.turn
        frames = turn.session.frames
        flow, target = self._target(outcome.target)
        turn.step.went = f"goto {outcome.target}"
        if len(frames) > 1:  # flows that wait for this one to end are not come back to
            turn.step.saw["left"] = [f"{below.flow}/{below.node}" for below in frames[:-1]]
        if outcome.wait:
            self.end_turn(flow.name, target.key if target and not outcome.target.endswith("/") else None)
            return None
        turn.flow = flow
        turn.session.frames = [Frame(flow.name)]
        return target if target is not None else self._end_flow()

    def _target(self, written: str) -> tuple[Flow, FlowNode | None]:
        """What ``x``, ``x/`` or ``x/y`` names. Raises NodeFailed."""
        name, slash, key = written.partition("/")
        flow = self.turn.library.flows.get(name) if slash else self.turn.flow
        if flow is None:
            hint = "" if name else f'; a node of this flow is named without a slash: "{key}"'
            raise NodeFailed("unknown-target", f'no flow "{name}"{hint}')
        if not slash:
            key = name
        if not key:
            return flow, flow.nodes[flow.first] if flow.first is not None else None
        node = flow.node_at(key)
        if node is None:
            raise NodeFailed("unknown-target", f'no node "{key}" in flow "{flow.name}"')
        return flow, node

    def call(self, node: FlowNode, outcome: Call) -> FlowNode | None:
        """Enter a flow that comes back below this node. Raises NodeFailed."""
        turn = self.turn
        frames = turn.session.frames
        flow = turn.library.flows.get(outcome.flow)
        if flow is None:
            raise NodeFailed("unknown-target", f'no flow "{outcome.flow}"')
        if len(frames) >= MAX_FRAMES:
            raise NodeFailed("call-depth", f"flows call each other more than {MAX_FRAMES} deep")
        turn.step.went = f"call {outcome.flow}"
        frames[-1].node = node.key
        frames[-1].resting = "back" if outcome.back else "waiting" if outcome.asks_again else None
        values = {"args": to_plain_json(outcome.args), "store": outcome.store}
        frames.append(Frame(flow.name, values={name: value for name, value in values.items() if value}))
        if outcome.defaults:
            for names, value in list(_lacking(turn.session.context, flow.context, ("context",))):
                turn.set(names, copy.deepcopy(value))
        turn.flow = flow
        return flow.nodes[flow.first] if flow.first is not None else self._end_flow()

    def give_back(self, outcome: Return) -> FlowNode | None:
        """End the flow that was called, or a digression; without either, the turn."""
        self.turn.step.went = "return"
        return self._end_flow(to_plain_json(outcome.value))

    def stop(self, outcome: Stop) -> None:
        """End the turn."""
        self.turn.step.went = "stop"
        self.end_turn()

    def wait(self, node: FlowNode, outcome: Wait) -> None:
        """Wait at a node for an input, or for its timer."""
        turn = self.turn
        turn.step.went = "wait"
        self.stand_at(node.key, waiting=True)
        if self.entered != "run" and node.type.is_question:
            turn.memory["asked"] = turn.memory.get("asked", 1) + 1
        first = reminders.begin(turn) if node.derived else None
        timeout = outcome.timeout if first is None else first
        self.set_timer(None if timeout is None else Timer(turn.at, turn.environment.now + timeout))

    def keep_waiting(self, node: FlowNode) -> None:
        """Wait at a node as before: its timer, if it runs, runs on."""
        self.turn.step.went = "wait"
        self.stand_at(node.key, waiting=True)
        self._arm_next(node)

    def _arm_next(self, node: FlowNode) -> None:
        """The session goes on waiting at a node: arm the next of its reminders."""
        due = reminders.next_due(self.turn, node) if node.derived else None
        if due is not None:
            self.timer = Timer(f"{self.turn.flow.name}/{node.key}", due)

    def _reach(self, target: Target) -> FlowNode | None:
        """The node to which a branch leads."""
        if type(target) is str:
            return self.turn.flow.nodes[target]
        if target is None:
            return self._end_flow()
        if isinstance(target, Stay):
            self.stand_at(target.node, waiting=True)
            self._arm_next(self.turn.flow.nodes[target.node])
            return None
        if isinstance(target, Back):
            return self._back()
        if isinstance(target, Loop):
            self.how = "looped"
            return self.turn.flow.nodes[target.node]
        raise AssertionError(f"no way: {target!r}")

    # --- coming back -------------------------------------------------------------------------------

    def _back(self) -> FlowNode | None:
        """The digression is over: the session stands again where it stood before."""
        frames = self.turn.session.frames
        while len(frames) > 1:
            frames.pop()
            if frames[-1].resting is not None:
                return self._come_back(frames[-1], replied=True)
        return self._end_flow()

    def _end_flow(self, value: Any = None) -> FlowNode | None:
        """Back to the flow that called this one, with a value; without one, the turn has ended."""
        frames = self.turn.session.frames
        while len(frames) > 1:
            ended = frames.pop()
            if frames[-1].resting in (None, "back"):
                self._keep_returned(ended, value)
                self._returned = value if frames[-1].resting == "back" else None
                value = None
            if frames[-1].resting is not None:
                return self._come_back(frames[-1], attached=ended.flow)
            caller = self.node_of(frames[-1])
            if caller is None:
                self.events.append(EventType.SESSION_STRANDED)
                break
            if caller.below is not None:
                return self._reach(caller.below)
        self.end_turn()
        return None

    def take_returned(self) -> Any:
        """What the flow returned for which a node is resumed; None for any other reason."""
        value, self._returned = self._returned, None
        return value

    def _keep_returned(self, ended: Frame, value: Any) -> None:
        """A called flow has ended: its value is the result, and stands where the call says."""
        if value is not None:
            self.turn.input["result"] = value
        if ended.values and (store := ended.values.get("store")) is not None:
            self.turn.set(store, value)

    def _come_back(
        self, frame: Frame, *, replied: bool = False, attached: str | None = None
    ) -> FlowNode | None:
        """Stand again at a frame's node: a question that waited is asked again or waits on in silence.
        ``attached``: the flow that ended above it."""
        rested, frame.resting = frame.resting, None
        node = self.node_of(frame)
        if node is None:
            if frame.node is not None:
                self.events.append(EventType.SESSION_STRANDED)
                frame.node = None
            node = self.standing_at()
        if self._after_reply is not None:
            node, self._after_reply = self._after_reply, None
            return node
        if rested == "back" and frame.node is not None and node is not None:
            self.how = "returned"
            return node
        if rested == "waiting" and frame.node is not None and node is not None:
            self.how = "again"
            return node
        if replied and not self.silent and self.turn.flow.settings.get("continue_after_reply"):
            return node
        if (
            attached in self.turn.flow.attach
            and not self.silent
            and self.turn.flow.settings.get("continue_after_attached")
        ):
            return node
        self.turn.session.waiting = False
        self.set_timer(None)
        return None

    # --- failures ----------------------------------------------------------------------------------

    def rescue(self, error: Exception) -> FlowNode | None:
        """Go on after a failure: at the node's ``on_error``, the flow's, the caller's.

        Raises TurnFailed when nobody takes care of it.
        """
        if isinstance(error, TurnFailed):
            raise error
        turn = self.turn
        failure, at = failure_of(error), turn.at
        if failure.reason == "internal":
            turn.log("error", f"{at}: {failure.message}")
        turn.step.error = failure.message
        turn.scope["error"] = {
            "reason": failure.reason,
            "message": failure.message,
            "node": at,
            "details": to_plain_json(failure.details),
        }
        node: FlowNode | None = turn.node
        while True:
            if node is not None and node.on_error is not False:
                turn.step.went = "on_error"
                return self._reach(_branch_of(node.on_error))
            flow = turn.flow
            if flow.on_error is not False and flow.name not in self._rescued:
                self._rescued.append(flow.name)
                turn.step.went = "settings.on_error"
                return self._reach(_branch_of(flow.on_error))
            if not self._fall():
                raise TurnFailed(failure.message, at)
            frame = turn.session.top
            node = self.node_of(frame) if frame.resting in (None, "back") else None
            frame.resting = None  # its question did not fail, but its flow may have a branch for it

    def _fall(self) -> bool:
        """Leave the flow that failed for the one below, if there is one."""
        frames = self.turn.session.frames
        if len(frames) == 1:
            return False
        frames.pop()
        below = self.turn.library.flows.get(frames[-1].flow)
        if below is None:
            return False
        self.turn.flow = below
        return True

    # --- between two segments ----------------------------------------------------------------------

    def suspend(self) -> dict[str, Any]:
        """What :meth:`restore` wants, as JSON; what is as in a new turn is left out."""
        state = {"rescued": self._rescued, "wasWaiting": self.was_waiting, "events": self.events}
        return {name: value for name, value in state.items() if value}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what was suspended."""
        self._rescued = list(state.get("rescued", ()))
        self.was_waiting = state.get("wasWaiting", False)
        self.events = list(state.get("events", ()))


#: What a frame keeps of its call when an intent leads it elsewhere: names of rounds are gone.
_OF_CALL = frozenset({"args", "store", "intent"})


def _digression_of(frames: list[Frame], flow: Flow, intent: str | None) -> int | None:
    """The index of the frame that stands on the others because of this intent."""
    if intent is None:
        return None
    found = (
        at
        for at, frame in enumerate(frames)
        if frame.flow == flow.name and frame.values and frame.values.get("intent") == intent
    )
    return next(found, None)


def _others(node: FlowNode, taken: str) -> list[str]:
    """The branches that a decision did not take, a few of them."""
    return [branch for branch in node.branches if branch != taken][:MAX_PASSED]


def _branch_of(target: Target | bool) -> Target:
    """``on_error`` without the False that stands for no branch."""
    assert not isinstance(target, bool)
    return target


def _lacking(
    context: Mapping[str, Any], defaults: Mapping[str, Any], above: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The parts of a default context that a context does not have, each with its path."""
    for key, value in defaults.items():
        if key not in context:
            yield (*above, key), value
        elif isinstance(value, Mapping) and isinstance(there := context[key], Mapping):
            yield from _lacking(there, value, (*above, key))
