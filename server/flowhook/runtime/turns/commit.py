"""Committing what a turn leaves behind: state, deliveries, timers, callbacks, profile, trace."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from pydantic_core import from_json, to_json

from flowhook import failpoints
from flowhook.clock import Clock
from flowhook.engine.effects import StartTask
from flowhook.engine.turn import task_waits
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.model.handover import HandoverEnd
from flowhook.model.output import Output
from flowhook.model.privacy import UNKEPT
from flowhook.model.session import Session
from flowhook.model.trace import TraceStep
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.turns.analytics_record import analytics_record
from flowhook.runtime.turns.callback_urls import CallbackUrls, key_of
from flowhook.runtime.turns.event_webhooks import EventWebhooks
from flowhook.runtime.turns.handovers import HandoverListener
from flowhook.runtime.turns.outputs import OutputSerializer, check_size
from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.runtime.turns.request_answers import RequestAnswers
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.runtime.turns.timers import Timers
from flowhook.runtime.turns.translation import Translations
from flowhook.storage.protocols import Outbox, Turns
from flowhook.storage.records import (
    Committed,
    OpenCallback,
    ProfileChange,
    Segment,
    TaskChange,
    TimerChange,
)

STATE_BODIES = 4  #: times the bytes of a request that a session's state may have as JSON
REASON_LENGTH = 500


class PreparedSegment(NamedTuple):
    """A segment with its deliveries, not stored yet, and what is said once it is."""

    segment: Segment
    said: list[Output]
    answers: bool = False  #: what is said is the response to the caller, who waits for it
    held: bool = False  #: the same, but the caller waits at another process


class Committer:
    """Stores segments of turns, and tells those who act on what became durable."""

    def __init__(
        self,
        turns: Turns,
        outbox: Outbox,
        clock: Clock,
        outputs: OutputSerializer,
        callback_urls: CallbackUrls,
        profiles: ProfileCache,
        timers: Timers,
        dispatcher: Dispatcher,
        event_webhooks: EventWebhooks,
        translations: Translations,
        answers: RequestAnswers,
        tasks: BackgroundTasks,
        handovers: HandoverListener,
        *,
        max_body: int,
    ) -> None:
        self._translations = translations
        self._answers = answers
        self._turns = turns
        self._outbox = outbox
        self._clock = clock
        self._outputs = outputs
        self._callback_urls = callback_urls
        self._profiles = profiles
        self._timers = timers
        self._dispatcher = dispatcher
        self._event_webhooks = event_webhooks
        self._tasks = tasks
        self._handovers = handovers
        self._max_body = max_body

    async def outputs_only(self, turn: RunningTurn, outputs: list[Output]) -> None:
        """End a turn that says something and changes nothing else."""
        if turn.endpoint.config.translation is not None:
            session = Session.from_json(from_json(turn.state)) if turn.state is not None else Session([])
            await self._translations.to_user(turn, session, outputs)
        await self._commit(turn, _segment(turn), outputs)

    async def discard(self, turn: RunningTurn, reason: str, *, gone: str | None = None) -> None:
        """End a turn that does not take place. ``gone`` is a handover that its session does not know."""
        segment = _segment(turn, status="discarded", reason=reason)
        if gone is not None:
            segment.handovers = [HandoverEnd(gone, "error", reason="session_gone")]
        await self._commit(turn, segment, [])

    async def segment(
        self, turn: RunningTurn, run: TurnExecutor, *, ends: bool, opened: Sequence[OpenCallback] = ()
    ) -> None:
        """Commit what was said and changed since the last segment. ``ends``: the turn is over; ``opened``:
        callbacks that the node of a plugin hands out."""
        outputs = run.take_outputs()
        if turn.endpoint.config.translation is not None:
            await self._translations.to_user(turn, run.session, outputs)
        segment = await self._segment_of(turn, run, ends=ends, opened=opened)
        await self._commit(turn, segment, outputs, traced=ends)

    async def callback(self, turn: RunningTurn, task: str, position: str) -> tuple[str, OpenCallback]:
        """Return a URL that resumes a node, and what is to be stored for it to work."""
        key = key_of(await self._callback_urls.token(turn.ref, task))
        assert key is not None
        url = await self._callback_urls.url(turn.ref, task)
        return url, OpenCallback(key[1], task, position, "callback")

    async def prepare(self, turn: RunningTurn, run: TurnExecutor) -> PreparedSegment:
        """Return the one segment of a turn that has ended, for somebody else to store. Raises PluginError,
        and TurnTooLarge."""
        outputs = run.take_outputs()
        return await self._prepared(turn, await self._segment_of(turn, run, ends=True), outputs, traced=True)

    def committed(self, turn: RunningTurn, prepared: PreparedSegment, committed: Committed) -> None:
        """Tell everybody of a segment that became durable, and let its deliveries leave."""
        segment = prepared.segment
        turn.revision, turn.merged = committed.revision, None
        if segment.state is not None:
            turn.state = segment.state
        if turn.on_commit is not None:
            turn.on_commit(segment, committed)
        turn.said.extend(prepared.said)
        if prepared.answers:
            answered = [] if committed.blocked else prepared.said  # what waits its turn is delivered
            self._answers.took(turn.inbound.trace_id, answered)
        late = prepared.held and self._answers.is_too_late(turn.inbound, self._clock.now())
        if late and not committed.blocked:
            self._tasks.spawn(self._release([delivery.delivery_id for delivery in committed.deliveries]))
        self._tell_event_webhooks(turn, prepared)
        failpoints.hit("turn.committed")
        if segment.timer is not None or segment.named_timers or segment.tasks is not None:
            self._note_timers(segment)
        if prepared.said:
            self._handovers.said(turn.ref, prepared.said, turn.redactor)
        if segment.handovers:
            self._handovers.committed(
                turn.ref, turn.inbound.trace_id, segment.handovers, turn.redactor, test=turn.inbound.test
            )
        if segment.profile:
            if any(change.op in ("merge", "erase") for change in segment.profile):
                self._profiles.clear()
            self._profiles.forget(turn.ref.user_id, segment.profile_endpoint)
        if committed.deliveries and not segment.hold:
            self._dispatcher.enqueue(committed.deliveries, committed.ready)
        if segment.ends and turn.hooks.has_turn_finished:
            ref, steps = turn.ref, turn.redactor.steps(turn.steps)
            self._tasks.spawn(turn.hooks.turn_finished(turn.said, steps, ref.user_id, ref.session_id))

    async def _release(self, delivery_ids: Sequence[str]) -> None:
        """Deliver what was held for a request that was answered before it could be found."""
        await self._outbox.replay(delivery_ids, self._clock.now())
        self._dispatcher.wake()

    async def _segment_of(
        self, turn: RunningTurn, run: TurnExecutor, *, ends: bool, opened: Sequence[OpenCallback] = ()
    ) -> Segment:
        segment, session = _segment(turn, ends=ends), run.session
        if ends and session.tasks:
            task_waits.prune(session, turn.library)
        if opened or run.effect is not None or session.tasks or turn.has_tasks:
            segment.tasks = await self._task_change(turn, run, opened)
        ended = turn.version is not None and ends and session.is_at_rest  # its conversation
        session.version = segment.version = None if ended else turn.version
        segment.state = to_json(session.to_json())
        most = STATE_BODIES * turn.endpoint.config.body_limit(self._max_body)
        check_size("the session", segment.state, most)
        segment.node = run.position
        segment.flow_revision = turn.library.revision
        segment.profile_endpoint = turn.profile_endpoint
        if (timer := run.timer) is not None:
            segment.timer = TimerChange(timer.node, timer.due_at)
        if run.has_more:
            _add_more(segment, turn, run)
        if ends:
            turn.steps = run.steps
            segment.analytics = analytics_record(turn, ms=self._ms(turn))
            segment.failed = bool([step for step in turn.steps if step.error])
        return segment

    async def failure(
        self, turn: RunningTurn, error: str, at: str | None, steps: Sequence[TraceStep]
    ) -> None:
        """End a turn that failed: what was committed stays, and the session waits again where it waited
        when the turn began. ``error`` is why, as it may be kept; ``at`` the "flow/node" that failed."""
        segment = _segment(turn, status="failed", reason=error[:REASON_LENGTH])
        segment.failed = True
        if turn.state is not None:
            kept = Session.from_json(from_json(turn.state))
            changed = kept.running is not None
            if kept.running is not None:
                kept.return_to(kept.running.origin)
            if task_waits.keep_outcome(kept, turn.inbound) or changed:
                segment.tasks = _tasks_left(turn, kept)
                segment.state = to_json(kept.to_json())
                segment.node = _position_of(kept)
                segment.version = kept.version
                segment.flow_revision = turn.library.revision
        turn.steps = steps
        if turn.endpoint.config.traces != "off":
            segment.trace = self._trace(turn, error=error, at=at)
        segment.analytics = analytics_record(turn, ms=self._ms(turn), failed=True)
        await self._commit(turn, segment, [])

    def _trace(self, turn: RunningTurn, **more: Any) -> bytes:
        """Return why the turn did what it did, which plugins failed in it, and how long it took: waiting for
        its place, and itself."""
        if turn.failures:
            more["failures"] = turn.redactor.failures(turn.failures)
        waited = max(0.0, turn.began_at - (turn.inbound.not_before or turn.inbound.received_at))
        times = {"ms": self._ms(turn), "waitedMs": round(waited * 1000, 3)}
        if turn.inbound.test:
            more["test"] = True
        return to_json(
            {
                "steps": turn.redactor.stored_steps(turn.steps),
                **times,
                "flows": turn.library.revision,
                **more,
            }
        )

    def _ms(self, turn: RunningTurn) -> float:
        """Return how long the turn has taken until now, in milliseconds."""
        return round((self._clock.monotonic() - turn.started) * 1000, 3)

    async def _task_change(
        self, turn: RunningTurn, run: TurnExecutor, by_node: Sequence[OpenCallback]
    ) -> TaskChange | None:
        """Return what becomes of the session's callbacks; None when it has none."""
        opened = list(by_node)
        if isinstance(run.effect, StartTask):
            key = key_of(await self._callback_urls.token(turn.ref, run.effect_key))
            assert key is not None
            due_at = self._clock.now() + run.effect.lasts if run.effect.lasts is not None else None
            kind: Literal["callback", "inject"] = "callback" if run.effect.waits else "inject"
            node = turn.library.node_at(run.effect_at)
            tells = run.effect.waits or (node is not None and node.returns_from("on_timeout"))
            opened.append(OpenCallback(key[1], run.effect_key, run.effect_at, kind, due_at, tells))
        if not (opened or run.session.tasks or turn.has_tasks):
            return None
        turn.has_tasks = True
        return _tasks_left(turn, run.session, opened)

    async def _commit(
        self, turn: RunningTurn, segment: Segment, outputs: list[Output], *, traced: bool = False
    ) -> None:
        prepared = await self._prepared(turn, segment, outputs, traced=traced)
        self.committed(turn, prepared, await self._turns.commit(segment))

    async def _prepared(
        self, turn: RunningTurn, segment: Segment, outputs: Sequence[Output], *, traced: bool
    ) -> PreparedSegment:
        segment.privacy = turn.redactor.row_privacy
        said = await self._outputs.add_deliveries(turn, segment, outputs) if outputs else []
        if traced:  # now that all plugins had their say
            segment.failed = segment.failed or bool(turn.failures)
            kept = turn.endpoint.config.traces
            if kept == "all" or (kept == "failed" and segment.failed):
                segment.trace = self._trace(turn)
        if segment.deliveries and not turn.project.sends(turn.endpoint):
            segment.hold = all(delivery.url is None for delivery in segment.deliveries)
        answers = bool(segment.deliveries) and self._answers.begin(turn.inbound.trace_id)
        waits = turn.inbound.held_until is not None and not answers and bool(segment.deliveries)
        held = waits and self._holds_for_another(turn, segment)
        segment.hold = segment.hold or answers or held
        return PreparedSegment(segment, said, answers, held)

    def _holds_for_another(self, turn: RunningTurn, segment: Segment) -> bool:
        """Return whether what is said is held for a request at another process, which finds it in the store:
        so not where the store keeps less of it."""
        kept = not any(delivery.privacy & UNKEPT for delivery in segment.deliveries)
        return kept and self._answers.holds(turn.inbound, self._clock.now())

    def _tell_event_webhooks(self, turn: RunningTurn, prepared: PreparedSegment) -> None:
        """Tell what was said, and what nodes want told; of a failed turn only what was kept of it."""
        if prepared.said and turn.endpoint.config.events.url:
            self._event_webhooks.said(turn.endpoint, turn.inbound, prepared.said, turn.redactor)
        run = turn.execution
        if run is not None and run.turn.event_posts and prepared.segment.status == "done":
            posts = run.take_event_posts()
            self._event_webhooks.posted(turn.endpoint, turn.inbound, posts, turn.redactor)

    def _note_timers(self, segment: Segment) -> None:
        if segment.timer is not None and segment.timer.due_at is not None:
            self._timers.note(segment.timer.due_at)
        for named in segment.named_timers:
            if named.due_at is not None:
                self._timers.note(named.due_at)
        for callback in segment.tasks.opened if segment.tasks is not None else ():
            self._timers.note(callback.due_at)


def _add_more(segment: Segment, turn: RunningTurn, run: TurnExecutor) -> None:
    """Add to a segment what few turns do: to handovers, timers with a name, the profile."""
    segment.handovers = run.take_handover_changes()
    segment.named_timers = [
        TimerChange(timer.node, timer.due_at, timer.name) for timer in run.take_named_timers()
    ]
    changes = [ProfileChange(*change) for change in run.take_profile_changes()]
    segment.profile = changes if turn.endpoint.config.privacy.contact_profiles else []


def _segment(
    turn: RunningTurn,
    *,
    ends: bool = True,
    status: Literal["done", "failed", "discarded"] = "done",
    reason: str | None = None,
) -> Segment:
    seq, revision = turn.inbound.seq, turn.revision
    return Segment(
        turn.ref,
        seq,
        revision,
        None,
        ends=ends,
        status=status,
        reason=reason,
        merged=turn.merged,
        trace_id=turn.inbound.trace_id,
    )


def _tasks_left(turn: RunningTurn, session: Session, opened: Sequence[OpenCallback] = ()) -> TaskChange:
    waited = [wait.task for wait in session.tasks]
    return TaskChange(list(opened), waited, dropped=turn.not_started)


def _position_of(session: Session) -> str | None:
    """Return the "flow/node" where the session stands, as lists and conditions name it."""
    frame = session.top
    return f"{frame.flow}/{frame.node}" if frame.node else None
