"""The loop: one turn, from the inbound to its end or to its next effect.

A ``TurnExecutor`` is pure: it never waits, reads no clock and opens nothing. Where a node wants something
of the outside, the turn stops with an *effect*; whoever drives it performs the effect and hands in the
result. Between the two it can be suspended to JSON and restored in another process.

.. code-block:: text

    TurnExecutor ── runs nodes, stops for effects
      ├─ Turn          what a node sees: input, variables, what was said
      ├─ Navigator     the stack of frames: where a node leads
      ├─ Router        who takes an input
      ├─ Opening       reads an input, asks the router, lets the navigator go there
      ├─ Rethinker     begins the turn anew
      ├─ triggers      begin a turn by a timer, or by the result of a task
      ├─ handover_turns   begin it while a person speaks with the user
      └─ suspension    the turn as JSON, and back
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from flowhook.engine.effects import (
    CheckAvailability,
    Effect,
    EffectResult,
    Failure,
    HttpCall,
    NodeResult,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)
from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.outcomes import (
    AwaitCallback,
    BeginHandover,
    Call,
    Goto,
    Keep,
    NodeFailed,
    Outcome,
    Return,
    Stop,
    Think,
    TurnFailed,
    Wait,
)
from flowhook.engine.turn import handover_turns, handovers, kept_slots, secrets, suspension, triggers
from flowhook.engine.turn.flow_roots import count_visit
from flowhook.engine.turn.navigator import Navigator
from flowhook.engine.turn.opening import Opening, active_question, is_plain
from flowhook.engine.turn.rethink import Rethinker, ThoughtRead
from flowhook.engine.turn.router import Router
from flowhook.engine.turn.task_waits import begin_wait, wait_at
from flowhook.engine.turn.view import NamedTimer, ProfileEdit, Timer, Turn, TurnEnd, TurnEnvironment
from flowhook.model.event import EventType
from flowhook.model.handover import HandoverChange
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.trace import TraceStep
from flowhook.model.understanding import Understanding

if TYPE_CHECKING:
    from flowhook.engine.effects import Interim
    from flowhook.engine.flow import Flow, FlowNode, Library
    from flowhook.engine.node import Node
    from flowhook.model.event_post import EventPost
    from flowhook.model.output import Output
    from flowhook.model.session import Session


class TurnExecutor:
    """One turn. ``start`` it (or ``restore`` it), then ``resume`` until its status is not ``effect``."""

    __slots__ = (
        "_rethinker", "early", "effect", "effect_key", "instance", "interim", "lost", "navigator", "rendered",
        "session", "turn", "visits",
    )  # fmt: skip

    def __init__(
        self, library: Library, session: Session, inbound: Inbound, environment: TurnEnvironment
    ) -> None:
        self.session = session  #: which the turn changes
        self.turn = Turn(library, session, inbound, environment)
        self.navigator = Navigator(self.turn)
        self.effect: Effect | None = None  #: to be performed before the turn can go on
        self.effect_key = ""  #: stable over re-runs: hand it to the called as an idempotency key
        self.early = 0  #: outputs of the effect that were committed before it ended
        self.interim: Interim | None = None  #: who commits while the node of a plugin runs
        self._rethinker: Rethinker | None = None
        self.visits: dict[str, int] = {}  #: "flow/node" → how often it ran
        self.instance: Node | None = None  #: the node that runs, with its settings as they are now
        self.rendered: dict[str, Any] | None = None  #: these settings, where they are not constant
        self.lost = ""  #: the node of the effect, when the library has it no longer

    # --- what drivers use ------------------------------------------------------------------------

    def start(self) -> TurnEnd:
        """Begin the turn where the session stands."""
        turn, navigator, session = self.turn, self.navigator, self.turn.session
        kind = turn.inbound.kind
        turn.budget.start()
        if turn.inbound.task is not None and kind in (Kind.CALLBACK, Kind.TIMER):
            return triggers.start_by_task(self)
        if kind is Kind.HANDOVER or (session.handover is not None and turn.inbound.name is None):
            return handover_turns.start_in_handover(self)
        if kind is Kind.PRESENCE:
            return TurnEnd("done")  # who comes and goes is of no concern to flows
        if kind is Kind.TIMER:
            named = turn.inbound.name is not None
            return triggers.start_by_named_timer(self) if named else triggers.start_by_timer(self)
        node = navigator.standing_at()
        waiting = session.waiting and node is not None and node.type.waits
        session.waiting = False
        navigator.how = "resume" if waiting else "run"
        if kind is Kind.MESSAGE or kind is Kind.INJECT:
            session.execution += 1
            turn.input["execution"] = session.execution
            try:
                node = self._open(node, waiting=waiting)
            except TurnFailed as failed:
                return TurnEnd("failed", str(failed), failed.at or None)
        if node is None:
            navigator.end_turn()
        return self.loop(node, self.visit)

    def resume(self, result: EffectResult) -> TurnEnd:
        """Go on with what came of the effect."""
        if self.lost:
            return TurnEnd("failed", f"the node {self.lost} is gone since the turn began", self.lost)
        self.effect = None
        self.turn.budget.start()
        return self.loop(self.turn.node, lambda node: self._outcome_of(result))

    def take_outputs(self) -> list[Output]:
        """What was said since this was last asked."""
        outputs, self.turn.outputs = self.turn.outputs, []
        return outputs

    def speak(self, outputs: Sequence[Output]) -> None:
        """Say what the node of a plugin said before it has ended."""
        self.early += len(outputs)
        self._say(outputs)

    def take_event_posts(self) -> list[EventPost]:
        """What event webhooks are to be told since this was last asked."""
        posts, self.turn.event_posts = self.turn.event_posts, []
        return posts

    def take_named_timers(self) -> list[NamedTimer]:
        """What becomes of timers with a name since this was last asked."""
        timers, self.turn.named_timers = self.turn.named_timers, []
        return timers

    def take_handover_changes(self) -> list[HandoverChange]:
        """What happened to handovers since this was last asked."""
        changes, self.turn.handovers = self.turn.handovers, []
        return changes

    def take_profile_changes(self) -> list[ProfileEdit]:
        """What was changed in the profile since this was last asked."""
        changes, self.turn.profile_changes = self.turn.profile_changes, []
        return changes

    @property
    def has_more(self) -> bool:
        """Whether a node did anything to handovers, timers with a name, or the profile that was not taken."""
        turn = self.turn
        return bool(turn.handovers or turn.named_timers or turn.profile_changes)

    @property
    def inbound(self) -> Inbound:
        """What the turn handles."""
        return self.turn.inbound

    @property
    def environment(self) -> TurnEnvironment:
        """What the turn was given of the world."""
        return self.turn.environment

    @property
    def outputs(self) -> list[Output]:
        """What was said, and not taken yet."""
        return self.turn.outputs

    @property
    def steps(self) -> list[TraceStep]:
        """The trace so far."""
        return self.turn.steps

    @property
    def events(self) -> list[EventType]:
        """What happened to the session, for the runtime to publish."""
        return self.navigator.events

    @property
    def timer(self) -> Timer | None:
        """What becomes of the session's timer; None: it stays as it is."""
        if self.turn.watch is not None and self.turn.session.handover is not None:
            return self.turn.watch
        return self.navigator.timer

    @property
    def position(self) -> str | None:
        """Where the session stands: "flow/node"; None where the next input enters at the first node."""
        top = self.turn.session.top
        return f"{top.flow}/{top.node}" if top.node is not None else None

    @property
    def effect_node(self) -> Node:
        """The node that wants the effect, with its settings validated."""
        assert self.instance is not None
        return self.instance

    @property
    def effect_at(self) -> str:
        """Where that node is: "flow/node"."""
        return self.turn.at

    @property
    def flow_that_reads(self) -> Flow | None:
        """The flow whose intents and slots count for the text of an Understand effect."""
        return self.rethinker.flow_that_reads

    @property
    def rethinker(self) -> Rethinker:
        """Begins the turn anew; made when it is first needed, which few turns do."""
        if self._rethinker is None:
            self._rethinker = Rethinker(self.turn, self.navigator, self._opening())
        return self._rethinker

    def _opening(self) -> Opening:
        return Opening(self.turn, self.navigator, Router(self.turn))

    # --- how it begins -----------------------------------------------------------------------------

    def _open(self, node: FlowNode | None, *, waiting: bool) -> FlowNode | None:
        """The node that runs first. Raises TurnFailed."""
        turn = self.turn
        if waiting and node is not None:
            turn.input["activeQuestion"] = active_question(turn, node)
        if not is_plain(turn):
            return self._opening().open(node, waiting=waiting)
        if node is not None and turn.flow.state is not None and turn.session.state is None:
            turn.input["state"] = turn.flow.state
        return node

    # --- the loop ----------------------------------------------------------------------------------

    def loop(self, node: FlowNode | None, outcome_at: Callable[[FlowNode], Any]) -> TurnEnd:
        """Run nodes until the turn ends or wants an effect; ``outcome_at`` gives the first outcome."""
        while node is not None:
            try:
                node = self._follow(node, outcome_at(node))
            except Exception as error:
                try:
                    node = self.navigator.rescue(error)
                except TurnFailed as failed:
                    self.turn.step.error = str(failed)
                    return TurnEnd("failed", str(failed), failed.at or self.turn.at)
            outcome_at = self.visit
        self.turn.budget.stop()
        if self.effect is not None:
            return TurnEnd("effect")
        turn, session = self.turn, self.session
        if turn.library.secrets or session.blind is not None:
            secrets.note_waiting(turn)
        if turn.library.kept_slots:
            kept_slots.keep_untaken(turn)
        if session.answered and session.is_at_rest:
            session.answered = []
        if session.handover is not None:
            handovers.stand(session, session.handover)
        return TurnEnd("done")

    def visit(self, node: FlowNode, how: str | None = None, kept: dict[str, Any] | None = None) -> Any:
        """Let one node do its work; its outcome. ``kept`` are settings that were rendered when it began to
        wait for a callback."""
        turn, navigator = self.turn, self.navigator
        if how is None:
            how, navigator.how = navigator.how, "run"
        navigator.entered = how
        turn.node = node
        flow = turn.flow
        at = f"{flow.name}/{node.key}"
        turn.visit = self.visits[at] = self.visits.get(at, 0) + 1
        step = turn.step = TraceStep(flow.name, node.key, node.type.key)
        turn.steps.append(step)
        turn.effects = 0
        values = self.session.frames[-1].values
        if values is not turn.frame_values and (values or turn.frame_values):
            turn.adopt_names()
        turn.budget.check()
        if turn.visit > flow.loop_limit:
            raise TurnFailed(self._loop_message(at), at)
        if len(turn.steps) > turn.environment.node_limit:
            raise TurnFailed(f"more than {turn.environment.node_limit} nodes ran in one turn", at)
        if node.disabled:
            return None
        if how == "run":
            if flow.counts and node.key in flow.counts:
                count_visit(turn, at)
            instance = self.instance = self._instantiate(node)
            return RunNode() if instance.asynchronous else instance.run(turn)
        instance = self.instance = self._instantiate_as(node, kept)
        if how in ("resume", "returned"):
            result = navigator.take_returned()
            resuming = RunNode(resuming=True, returned=how == "returned", result=result)
            return resuming if instance.asynchronous else instance.resume(turn)
        return self._enter_otherwise(instance, how)

    def _instantiate(self, node: FlowNode) -> Node:
        """A node with its settings as they are now."""
        settings = node.settings
        if settings.always is not None:
            self.rendered = None
            return settings.always
        self.rendered = settings.rendered(self.turn.scope, self.turn.step.warnings)
        return settings.validated(self.rendered)

    def _instantiate_as(self, node: FlowNode, kept: dict[str, Any] | None) -> Node:
        """A node at which the session waited: with its settings as they were when it began to wait, where
        these were kept."""
        if kept is None and node.type.awaits:
            wait = wait_at(self.turn.session, self.turn.library)
            kept = wait.settings if wait is not None else None
        if kept is None:
            return self._instantiate(node)
        self.rendered = None
        return node.type.model_construct(**kept)

    def _enter_otherwise(self, instance: Node, how: str) -> Any:
        """A node is entered by its timer, after a digression, by an offer or a correction of earlier answers,
        or on the way to a branch."""
        turn = self.turn
        if how == "timed_out":
            return RunNode(resuming=True) if instance.resumes_late else instance.timed_out(turn)
        if how == "taken":
            return instance.taken(turn)
        if how == "corrected":
            instance.correct(turn)
            self.instance = self._instantiate(turn.node)  # what it asks may name what was corrected
            return self.instance.again(turn)
        if how == "looped":
            return instance.looped(turn)
        if how == "again":
            silent = self.navigator.silent or instance.digressions(turn) == "silent"
            return Keep() if silent else instance.again(turn)
        return how

    def _follow(self, node: FlowNode, outcome: Any) -> FlowNode | None:
        """The next node; None when the turn has ended or wants an effect."""
        if outcome is None:
            return self.navigator.go_below(node)
        if type(outcome) is str:
            return self.navigator.take(node, outcome)
        follow = _FOLLOWING.get(type(outcome))
        if follow is None:
            message = f'"{node.type.key}" returned {type(outcome).__name__}, which is no outcome'
            raise NodeFailed("outcome", message)
        return follow(self, node, outcome)

    def _want(self, node: FlowNode, effect: Effect) -> None:
        """Stop until an effect was performed."""
        self.effect = effect
        self.effect_key = self.turn.key
        self.early = 0
        self.turn.effects += 1
        self.navigator.stand_at(node.key, waiting=False)

    def _await_callback(self, node: FlowNode, outcome: AwaitCallback) -> None:
        """Wait for the callback of the task that the last effect started."""
        self.navigator.keep_waiting(node)
        begin_wait(self.turn.session, self.effect_key, self.turn.flow.name, node.key, outcome.settings)
        self.navigator.set_timer(None)

    def _think(self, node: FlowNode, thought: Think) -> FlowNode | None:
        """Begin the turn anew, once an NLU engine has read the text, if one reads it."""
        effect = self.rethinker.text_to_read(thought)
        if effect is None:
            return self.rethinker.again(thought)
        self._want(node, effect)
        return None

    def _loop_message(self, at: str) -> str:
        turn = self.turn
        trail = [turn.step.node]
        for step in reversed(turn.steps[:-1]):
            trail.append(step.node)
            if f"{step.flow}/{step.node}" == at:
                break
        way = " → ".join(reversed(trail))
        limit = turn.flow.loop_limit
        return f"the flow runs in a circle: {way} (node {at} ran {limit} times in one turn)"

    # --- results of effects ------------------------------------------------------------------------

    def _outcome_of(self, result: EffectResult) -> Any:
        """What the node makes of what came of its effect."""
        thought = self._rethinker.take_thought() if self._rethinker is not None else None
        if isinstance(result, Failure):
            return self.effect_node.effect_failed(self.turn, result)
        if isinstance(result, NodeResult):
            return self._apply(result)
        if thought is not None:
            assert result is None or isinstance(result, Understanding)
            return ThoughtRead(thought, result)
        return self.effect_node.after_effect(self.turn, result)

    def _say(self, outputs: Sequence[Output]) -> None:
        turn = self.turn
        for output in outputs:
            output.trace_id = turn.inbound.trace_id
            output.blind = turn.blind_for(output)
            turn.outputs.append(output)
            turn.step.said += 1

    def _apply(self, result: NodeResult) -> Outcome:
        """Do all that a plugin's node did, at once."""
        turn = self.turn
        self._say(result.outputs)
        for op, path, value in result.changes:
            if op == "unset":
                turn.unset(path)
            elif op == "append":
                turn.append(path, value)
            else:
                turn.set(path, value)
        if result.memory is not None:
            turn.session.memory[turn.at] = to_plain_json(result.memory)
        if not turn.memory:
            turn.forget()
        turn.logs += result.logs
        if result.analytics is not None:
            turn.note_analytics(result.analytics)
        return result.outcome

    # --- suspending --------------------------------------------------------------------------------

    def suspend(self) -> dict[str, Any]:
        """All that :meth:`restore` wants, as JSON. Only while an effect is wanted."""
        return suspension.suspended(self) | (self._rethinker.suspend() if self._rethinker is not None else {})

    @classmethod
    def restore(
        cls,
        library: Library,
        session: Session,
        inbound: Inbound,
        environment: TurnEnvironment,
        state: dict[str, Any],
    ) -> TurnExecutor:
        """The turn again, at the effect where it was suspended: the very same call, under the same key."""
        run = cls(library, session, inbound, environment)
        suspension.restore(run, state)
        return run


#: What becomes of an outcome that is neither None nor a branch, by its type.
_FOLLOWING: dict[type, Callable[[TurnExecutor, FlowNode, Any], FlowNode | None]] = {
    Goto: lambda run, node, outcome: run.navigator.leave(outcome),
    Call: lambda run, node, outcome: run.navigator.call(node, outcome),
    Return: lambda run, node, outcome: run.navigator.give_back(outcome),
    Stop: lambda run, node, outcome: run.navigator.stop(outcome),
    Wait: lambda run, node, outcome: run.navigator.wait(node, outcome),
    Keep: lambda run, node, outcome: run.navigator.keep_waiting(node),
    Think: TurnExecutor._think,
    ThoughtRead: lambda run, node, read: run.rethinker.again(read.thought, read.understanding),
    AwaitCallback: TurnExecutor._await_callback,
    BeginHandover: handover_turns.begin_handover,
    **dict.fromkeys(
        (HttpCall, Pause, RunNode, RunScript, Understand, StartTask, CheckAvailability), TurnExecutor._want
    ),
}
