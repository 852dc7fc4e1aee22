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
      └─ Rethinker     begins the turn anew
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any, cast

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
from flowhook.engine.turn import handovers, kept_slots, secrets
from flowhook.engine.turn.analytics import AnalyticsNotes
from flowhook.engine.turn.flow_roots import count_visit
from flowhook.engine.turn.navigator import Navigator
from flowhook.engine.turn.opening import Opening, active_question, is_plain
from flowhook.engine.turn.rethink import Rethinker, ThoughtRead
from flowhook.engine.turn.router import Router
from flowhook.engine.turn.task_waits import begin_wait, end_wait, find_task, wait_at
from flowhook.engine.turn.view import NamedTimer, ProfileEdit, Timer, Turn, TurnEnd, TurnEnvironment
from flowhook.model.event import EventType
from flowhook.model.handover import Handover, HandoverChange, HandoverRequest
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session import Frame
from flowhook.model.trace import TraceStep
from flowhook.model.understanding import Understanding

if TYPE_CHECKING:
    from flowhook.engine.effects import Interim
    from flowhook.engine.flow import Flow, FlowNode, Library
    from flowhook.engine.node import Node
    from flowhook.model.event_post import EventPost
    from flowhook.model.output import Output
    from flowhook.model.session import Session

#: Effects by the name under which a suspended turn keeps them.
_EFFECTS: dict[str, type[Any]] = {
    effect.__name__: effect
    for effect in (HttpCall, RunNode, RunScript, Understand, StartTask, CheckAvailability)
}


class TurnExecutor:
    """One turn. ``start`` it (or ``restore`` it), then ``resume`` until its status is not ``effect``."""

    __slots__ = (
        "_instance", "_lost", "_rendered", "_rethinker", "_visits", "early", "effect", "effect_key",
        "interim", "navigator", "session", "turn",
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
        self._visits: dict[str, int] = {}  #: "flow/node" → how often it ran
        self._instance: Node | None = None  #: the node that runs, with its settings as they are now
        self._rendered: dict[str, Any] | None = None  #: these settings, where they are not constant
        self._lost = ""  #: the node of the effect, when the library has it no longer

    # --- what drivers use ------------------------------------------------------------------------

    def start(self) -> TurnEnd:
        """Begin the turn where the session stands."""
        turn, navigator, session = self.turn, self.navigator, self.turn.session
        kind = turn.inbound.kind
        turn.budget.start()
        if turn.inbound.task is not None and kind in (Kind.CALLBACK, Kind.TIMER):
            return self._start_by_task()
        if kind is Kind.HANDOVER or (session.handover is not None and turn.inbound.name is None):
            return self._start_in_handover()
        if kind is Kind.TIMER:
            return self._start_by_timer() if turn.inbound.name is None else self._start_by_named_timer()
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
        return self._loop(node, self._visit)

    def resume(self, result: EffectResult) -> TurnEnd:
        """Go on with what came of the effect."""
        if self._lost:
            return TurnEnd("failed", f"the node {self._lost} is gone since the turn began", self._lost)
        self.effect = None
        self.turn.budget.start()
        return self._loop(self.turn.node, lambda node: self._outcome_of(result))

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
        assert self._instance is not None
        return self._instance

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

    def _start_by_timer(self) -> TurnEnd:
        """A timer fell due: it counts only where it was armed."""
        session, timer = self.turn.session, self.turn.inbound.timer
        frame = session.top
        named = timer in (frame.node, f"{frame.flow}/{frame.node}")
        node = self.navigator.node_of(frame) if session.waiting and named else None
        if node is None:
            return TurnEnd("done", reason="void")
        return self._loop(node, partial(self._visit, how="timed_out"))

    def _start_by_task(self) -> TurnEnd:
        """The result of a task has come, or its time is over. It counts only while the session waits."""
        session, navigator = self.turn.session, self.navigator
        wait = find_task(session, self.turn.inbound.task)
        if wait is None:
            return self._time_out_beside()
        navigator.was_waiting = True
        end_wait(session, wait)
        node = navigator.node_of(session.top)
        if node is None or not (node.type.awaits or node.type.asynchronous):
            navigator.events.append(EventType.SESSION_STRANDED)
            navigator.end_turn()
            return TurnEnd("done")
        how = "timed_out" if self.turn.inbound.kind is Kind.TIMER else "resume"
        return self._loop(node, partial(self._visit, how=how, kept=wait.settings or None))

    def _time_out_beside(self) -> TurnEnd:
        """The time of a task is over that the session never waited for: its branch is a digression, wherever
        the session stands. Without such a branch, and for a result, there is nothing to do."""
        turn = self.turn
        position = turn.inbound.timer or ""
        node = turn.library.node_at(position)
        if turn.inbound.kind is not Kind.TIMER or node is None or not node.returns_from("on_timeout"):
            return TurnEnd("done", reason="void")
        return self._interrupt(position.partition("/")[0], node, partial(self._visit, how="timed_out"))

    def _start_by_named_timer(self) -> TurnEnd:
        """A timer with a name fell due: its nodes are a digression, wherever the session stands. Where
        nothing is to be done any more, or ``unless`` holds, it is void."""
        turn = self.turn
        position = turn.inbound.timer or ""
        flow = turn.library.flows.get(position.partition("/")[0])
        node = turn.library.node_at(position)
        if flow is None:
            return TurnEnd("done", reason="void")
        unless = node.settings.raw.get("unless") if node is not None else None
        condition = node.settings.conditions.get(str(unless)) if node is not None else None
        if condition is not None and condition.test(turn.scope, []):
            return TurnEnd("done", reason="void")
        if node is not None and node.returns_from("on_timer"):
            kept = {"name": turn.inbound.name}
            return self._interrupt(flow.name, node, partial(self._visit, how="timed_out", kept=kept))
        first = flow.nodes.get(flow.timers.get(turn.inbound.name or "", ""))
        return self._interrupt(flow.name, first, self._visit) if first else TurnEnd("done", reason="void")

    def _interrupt(self, flow: str, node: FlowNode, visit: Callable[[FlowNode], Any]) -> TurnEnd:
        """Run a node as a digression, wherever the session stands."""
        turn, navigator, session = self.turn, self.navigator, self.turn.session
        standing = navigator.standing_at()
        waiting = session.waiting and standing is not None and standing.type.waits
        session.waiting = False
        try:
            navigator.digress(turn.library.flows[flow], waiting=waiting)
        except TurnFailed as failed:
            return TurnEnd("failed", str(failed), failed.at)
        return self._loop(node, visit)

    def _start_in_handover(self) -> TurnEnd:
        """A person speaks with the user: the flow rests, and what comes in goes to the one or the other."""
        turn, session, navigator = self.turn, self.turn.session, self.navigator
        handover = session.handover
        if handover is not None:
            handovers.stand(session, handover)
        navigator.was_waiting = handover is not None and handover.watch is not None
        self._begin_handover_step()
        if turn.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
            session.execution += 1
            turn.input["execution"] = session.execution
        watching = handover.watch[0] if handover is not None and handover.watch is not None else None
        reaction = handovers.receive(turn)
        if reaction.what == "void" or handover is None:
            return TurnEnd("done", reason="void")
        if reaction.what == "quiet":
            if turn.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
                navigator.timer = handovers.rearm(turn, handover)
            return TurnEnd("done")
        return self._kept(lambda: self._react(handover, reaction, watching))

    def _begin_handover_step(self) -> None:
        """The first step of its trace stands at the node that asked."""
        turn = self.turn
        top = turn.session.top
        node = self.navigator.node_of(top)
        if node is not None:
            turn.node = node
        turn.step = TraceStep(top.flow, top.node or "", "handover")
        turn.steps.append(turn.step)

    def _react(self, handover: Handover, reaction: handovers.Reaction, watching: str | None) -> TurnEnd:
        """Run what the flow has for what happened."""
        turn, navigator = self.turn, self.navigator
        turn.step.went = reaction.branch
        if reaction.what == "timeout":
            watch = turn.library.node_at(watching or "")
            if watch is None or not watch.returns_from("on_timeout"):
                return TurnEnd("done")
            navigator.digress(turn.library.flows[(watching or "").partition("/")[0]], waiting=True)
            return self._loop(watch, partial(self._visit, how="timed_out"))
        node = navigator.node_of(turn.session.top)
        if reaction.what == "branch":
            if node is None or reaction.branch not in node.branches:
                return TurnEnd("done")
            return self._loop(node, partial(self._visit, how=reaction.branch, kept=handover.settings))
        return self._end_handover(node, handover, reaction)

    def _end_handover(
        self, node: FlowNode | None, handover: Handover, reaction: handovers.Reaction
    ) -> TurnEnd:
        """It is over: the flow goes on where the node that asked leads."""
        turn, session, navigator = self.turn, self.turn.session, self.navigator
        settings = handover.settings
        error = {"reason": reaction.reason, "message": reaction.message}
        more = {"error": error} if reaction.outcome == "error" else {}
        handovers.show(turn, reaction.outcome or "", **more)
        session.waiting = False
        navigator.was_waiting = True
        navigator.set_timer(None)
        if node is None:
            navigator.events.append(EventType.SESSION_STRANDED)
            navigator.end_turn()
            return TurnEnd("done")
        if reaction.outcome == "error":
            return self._loop(node, partial(self._fail_at, error=error))
        silent = reaction.outcome == "completed" and not settings.get("resolve_event", True)
        if settings.get("continue") == "entry" and reaction.outcome == "completed":
            first = navigator.restart()
            if silent or first is None:
                navigator.end_turn()
                return TurnEnd("done")
            return self._loop(first, self._visit)
        if silent:
            target = navigator.take(node, reaction.branch)
            if target is not None:
                navigator.stand_at(target.key, waiting=False)
            return TurnEnd("done")
        return self._loop(node, partial(self._visit, how=reaction.branch, kept=settings))

    def _fail_at(self, node: FlowNode, error: dict[str, str]) -> Any:
        """The node that asked fails late. Where nobody takes care of it the flow goes on below."""
        turn = self.turn
        turn.node = node
        if node.on_error is False and turn.flow.on_error is False:
            return None
        raise NodeFailed(error["reason"], error["message"])

    def _kept(self, run: Callable[[], TurnEnd]) -> TurnEnd:
        """What an agent or a user said and did holds, also when the flow fails at what it makes of it: then
        the session stands at the node that asked, and the trace has the error."""
        turn, session = self.turn, self.turn.session
        frames = [frame.to_json() for frame in session.frames]
        said, changes = list(turn.outputs), list(turn.handovers)
        handover = session.handover
        end = run()
        if end.status == "failed":
            turn.log("error", f"{end.error_at or turn.at}: {end.error}")
            turn.outputs[:], turn.handovers[:] = said, changes
            session.handover = handover
            session.frames = [Frame(*frame) for frame in frames]
            session.waiting = True
            return TurnEnd("done")
        return end

    # --- the loop ----------------------------------------------------------------------------------

    def _loop(self, node: FlowNode | None, outcome_at: Callable[[FlowNode], Any]) -> TurnEnd:
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
            outcome_at = self._visit
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

    def _visit(self, node: FlowNode, how: str | None = None, kept: dict[str, Any] | None = None) -> Any:
        """Let one node do its work; its outcome. ``kept`` are settings that were rendered when it began to
        wait for a callback."""
        turn, navigator = self.turn, self.navigator
        if how is None:
            how, navigator.how = navigator.how, "run"
        navigator.entered = how
        turn.node = node
        flow = turn.flow
        at = f"{flow.name}/{node.key}"
        turn.visit = self._visits[at] = self._visits.get(at, 0) + 1
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
            instance = self._instance = self._instantiate(node)
            return RunNode() if instance.asynchronous else instance.run(turn)
        instance = self._instance = self._instantiate_as(node, kept)
        if how in ("resume", "returned"):
            resuming = RunNode(resuming=True, returned=how == "returned")
            return resuming if instance.asynchronous else instance.resume(turn)
        return self._enter_otherwise(instance, how)

    def _instantiate(self, node: FlowNode) -> Node:
        """A node with its settings as they are now."""
        settings = node.settings
        if settings.always is not None:
            self._rendered = None
            return settings.always
        self._rendered = settings.rendered(self.turn.scope, self.turn.step.warnings)
        return settings.validated(self._rendered)

    def _instantiate_as(self, node: FlowNode, kept: dict[str, Any] | None) -> Node:
        """A node at which the session waited: with its settings as they were when it began to wait, where
        these were kept."""
        if kept is None and node.type.awaits:
            wait = wait_at(self.turn.session, self.turn.library)
            kept = wait.settings if wait is not None else None
        if kept is None:
            return self._instantiate(node)
        self._rendered = None
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
            self._instance = self._instantiate(turn.node)  # what it asks may name what was corrected
            return self._instance.again(turn)
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

    def _begin_handover(self, node: FlowNode, outcome: BeginHandover) -> FlowNode | None:
        """Rest at the node until the conversation comes back from a person."""
        turn = self.turn
        self.navigator.keep_waiting(node)
        self.navigator.set_timer(None)
        frames = [frame.to_json() for frame in turn.session.frames]
        handover = Handover(turn.key, outcome.provider, frames, outcome.settings)
        if outcome.text:
            turn.say(outcome.text, outcome.shown, to="user")
        turn.session.handover = handover
        turn.handovers.append(HandoverRequest(handover.id, handover.provider, turn.at, handover.settings))
        turn.note_analytics(AnalyticsNotes(fields={"handover": 1}))
        handovers.show(turn, "queue")
        tells_now = outcome.settings.get("queue_event", True) and not outcome.settings.get("queue_updates")
        if tells_now and "on_queue" in node.branches:
            return self.navigator.take(node, "on_queue")
        return None

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
        assert self.effect is not None
        turn = self.turn
        state: dict[str, Any] = {
            "flow": turn.flow.name,
            "place": turn.node.key,
            "need": [type(self.effect).__name__, self._effect_json(self.effect)],
            "needKey": self.effect_key,
            "needs": turn.effects,
            "visits": self._visits,
            "input": turn.input,
            "steps": [step.to_json() for step in turn.steps],
        }
        optional = {"settings": self._rendered, "error": turn.scope.get("error"), "early": self.early}
        state |= {name: value for name, value in optional.items() if value}
        if turn.analytics is not None:
            state["analytics"] = turn.analytics.to_json()
        state |= self.navigator.suspend()
        return state | (self._rethinker.suspend() if self._rethinker is not None else {})

    def _effect_json(self, effect: Effect) -> dict[str, Any]:
        if isinstance(effect, Pause):  # a pause ends when it would have ended
            return {"until": self.turn.environment.now + effect.seconds}
        return asdict(effect)

    @classmethod
    def restore(
        cls,
        library: Library,
        session: Session,
        inbound: Inbound,
        environment: TurnEnvironment,
        state: dict[str, Any],
    ) -> TurnExecutor:
        """The turn again, at the effect where it was suspended: the very same call, under the same key.

        When its node is gone from the library, resuming it fails the turn.
        """
        run = cls(library, session, inbound, environment)
        turn = run.turn
        said = cast(dict[str, Any], turn.input)  # the very mapping that expressions read
        said.clear()
        said.update(state["input"])
        if "error" in state:
            turn.scope["error"] = state["error"]
        turn.steps = [TraceStep(**step) for step in state["steps"]]
        turn.effects = state["needs"]
        run.early = state.get("early", 0)
        if "analytics" in state:
            turn.analytics = AnalyticsNotes(**state["analytics"])
        run.navigator.restore(state)
        if state.get("thinks"):
            run.rethinker.restore(state)
        run._visits = dict(state["visits"])
        run.effect_key = state["needKey"]
        run.effect = _effect_of(state["need"], environment.now)
        run._return_to_node(state)
        return run

    def _return_to_node(self, state: dict[str, Any]) -> None:
        """Stand again at the node that wants the effect, with its settings as they were rendered."""
        turn = self.turn
        flow = turn.library.flows.get(state["flow"])
        node = flow.node_at(state["place"]) if flow is not None else None
        turn.step = turn.steps[-1]
        at = f"{state['flow']}/{state['place']}"
        if flow is None or node is None:
            self._lost = at
            self.effect = Pause(0.0)
            return
        turn.flow, turn.node = flow, node
        turn.visit = self._visits.get(at, 1)
        self._rendered = state.get("settings")
        self._instance = node.settings.always or node.settings.validated(self._rendered or {})


def _effect_of(saved: tuple[str, dict[str, Any]], now: float) -> Effect:
    name, values = saved
    if name == "Pause":
        return Pause(max(0.0, values["until"] - now))
    effect: Effect = _EFFECTS[name](**values)
    return effect


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
    BeginHandover: TurnExecutor._begin_handover,
    **dict.fromkeys(
        (HttpCall, Pause, RunNode, RunScript, Understand, StartTask, CheckAvailability), TurnExecutor._want
    ),
}
