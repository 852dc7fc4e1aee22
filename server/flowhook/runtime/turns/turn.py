"""One turn: a chain of committed segments.

The engine runs until it needs the outside or ends; what it said and changed so far is committed and
sent before the outside is touched. After a crash the turn goes on from its last committed segment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic_core import from_json, to_json

from flowhook import failpoints
from flowhook.engine.outcomes import Effect, Failure, HttpCall, HttpResult, RunScript, StartTask, Understand
from flowhook.engine.turn import task_waits
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.engine.turn.intent_scope import in_force
from flowhook.engine.turn.view import TurnEnd, TurnEnvironment
from flowhook.errors import FlowhookError, PluginError, Reject, TurnTooLarge
from flowhook.hooks.facade import DISCARD, Body
from flowhook.model.delivery import Delivery
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.log_action import LogAction
from flowhook.model.output import Deliver, Output
from flowhook.model.session import Frame, Session
from flowhook.model.trace import TraceStep
from flowhook.rich import cognigy
from flowhook.runtime.intake.intake import names_of_node
from flowhook.runtime.observe.redaction import MASK, call_of, steps_of
from flowhook.runtime.project.project import BUILT_IN_NLU
from flowhook.runtime.turns.callback_urls import key_of
from flowhook.storage.records import OpenCallback, ProfileChange, Segment, TaskChange, TimerChange

if TYPE_CHECKING:
    from flowhook.runtime.project.project import Project
    from flowhook.runtime.turns.scheduler import SessionWorker

log = logging.getLogger("flowhook.turns")
flow_log = logging.getLogger("flowhook.flow")  #: what ``log`` nodes write

HISTORY = 50  #: messages that ``history`` holds
#: How many times ``server.max_body`` a session's state and one delivery may have as JSON.
STATE_BODIES, DELIVERY_BODIES = 4, 2


class TurnRunner:
    """One inbound, handled to its end."""

    def __init__(
        self, runner: SessionWorker, inbound: Inbound, state: bytes | None, revision: int, said: list[Output]
    ) -> None:
        self.runner = runner
        self.services = runner.services
        self.project: Project = runner.services.project
        self.inbound = inbound
        self.session_id = inbound.ref
        endpoint = runner.services.endpoints.by_name(inbound.ref.endpoint)
        if endpoint is None:
            raise FlowhookError(f"endpoint {inbound.ref.endpoint} is no longer configured")
        self.endpoint: Endpoint = endpoint
        self.state = state
        self.revision = revision
        self.said = said
        self.ran: TurnExecutor | None = None  #: the engine's side of it
        self.failure: tuple[str, str | None] | None = None  #: why the turn failed, and where
        self._has_tasks = False  #: the session waits for one, or may have begun to
        self._not_started: list[str] = []  #: tasks whose call failed
        self._steps: list[dict[str, Any]] = []  #: of the trace, once the turn has ended
        self._started = self.services.clock.monotonic()
        self._began = self.services.clock.now()

    async def run(self) -> str:
        """Answers how the turn ended: done, failed or discarded. Raises :class:`Stale`."""
        if reason := self._refused():
            await self._discard(reason)
            status = "discarded"
        else:
            handle = self._notify if self.inbound.kind is Kind.NOTIFY else self._converse
            try:
                status = await handle()
            except (PluginError, Reject, TurnTooLarge) as error:
                status = await self._fail(str(error), None, [])
        self.services.metrics.turn(
            self.endpoint.name, status, self.services.clock.monotonic() - self._started
        )
        self.services.rehearsal.ended(self, status)
        return status

    def _refused(self) -> str | None:
        """Why the preconditions of an inject or notify no longer hold."""
        condition = self.inbound.precondition
        if condition is None:
            return None
        if condition.expires_at is not None and condition.expires_at <= self.services.clock.now():
            return "expired"
        if condition.if_revision is not None and condition.if_revision != self.revision:
            return "precondition_failed"
        if condition.if_node is not None and not self._stands_at(condition.if_node):
            return "precondition_failed"
        return None

    def _stands_at(self, node: str) -> bool:
        if self.state is None:
            return False
        frame = Session.from_json(from_json(self.state)).top
        stands = f"{frame.flow}/{frame.node}"
        return node in (frame.node, stands) or stands in names_of_node(
            self.project.library, self.inbound.precondition
        )

    # --- notify ---------------------------------------------------------------------------------

    async def _notify(self) -> str:
        """Straight to the user: no flow, no NLU."""
        inbound = self.inbound
        data = dict(inbound.data or {})
        if inbound.attachments:
            data["attachments"] = inbound.attachments
        await self._commit(None, [Output(inbound.text, data, inbound.trace_id)])
        return "done"

    # --- a conversation's turn ------------------------------------------------------------------

    async def _converse(self) -> str:
        session = self._session()
        running = session.running
        self._has_tasks = bool(session.tasks) or running is not None
        flow = self.project.library.flows.get(session.frames[0].flow)
        if flow is None:
            return await self._fail(f"flow {session.frames[0].flow!r} does not exist", None, [])
        surroundings = await self._surroundings(session)
        if running is not None and running.get("seq") == self.inbound.seq:
            self._origin = running["origin"]
            session.running = None
            library = self.project.library
            try:
                run = TurnExecutor.restore(library, session, self.inbound, surroundings, running["run"])
            except Exception as error:
                self._report("turn cannot be resumed", LogAction.TURN_NOT_RESTORED, error)
                return await self._fail(f"cannot go on in the changed flow: {type(error).__name__}", None, [])
            end = TurnEnd("needs")
        else:
            if running is not None:  # of a turn that was given up halfway
                _return_to_origin(session)
            self._origin = _position(session)
            run = TurnExecutor(self.project.library, session, self.inbound, surroundings)
            end = self._guarded(run.start)
        self.ran = run
        while end.status == "needs":
            if running is None and self._reaches_out(run.need):
                await self._segment(run)
            running = None
            answer = await self._meet(run)
            self._go_on_at(run, self.services.clock.now())
            end = self._guarded(run.answer, answer)
        if end.status == "failed":
            self._write_logs(run)
            return await self._fail(end.error or "failed", end.error_place, run.steps)
        if end.reason == "void":
            await self._discard("void")
            return "discarded"
        await self._finish(run)
        return "done"

    def _reaches_out(self, need: Effect | None) -> bool:
        """Whether others see the need being met. What does not is done again after a crash, with all that
        came before it, so that nothing has to be committed first."""
        if isinstance(need, Understand):
            return (need.engine or self.endpoint.config.nlu) not in BUILT_IN_NLU
        return not isinstance(need, RunScript)

    def _go_on_at(self, run: TurnExecutor, now: float) -> None:
        """Time went on while the outside worked: what is armed from now on counts from here."""
        run.surroundings.now = now
        run.scope.pop("now", None)

    def _guarded(self, advance: Callable[..., TurnEnd], *answer: Any) -> TurnEnd:
        """A mistake inside a node type or filter fails its turn and nothing else; also one that
        raises SystemExit, which would end the event loop."""
        try:
            return advance(*answer)
        except BaseException as error:
            self._report("node raised", LogAction.NODE_RAISED, error)
            return TurnEnd("failed", f"{type(error).__name__}: {error}")

    def _session(self) -> Session:
        if self.state is not None:
            return Session.from_json(from_json(self.state))
        return self.services.rehearsal.new_session(self.endpoint, self.project.library)

    async def _surroundings(self, session: Session) -> TurnEnvironment:
        services, inbound = self.services, self.inbound
        config = services.config
        surroundings = TurnEnvironment(
            services.clock.now(),
            config.zone,
            config.vars,
            endpoint=self.endpoint.name,
            url_token=self.endpoint.token,
            locale=self.endpoint.config.locale,
            seed=services.rehearsal.seed(inbound),
        )
        roots = self.project.roots
        if "profile" in roots and self.endpoint.config.privacy.contact_profiles:
            surroundings.profile = dict(await self.runner.turns.profile(inbound.ref.user_id))
        if "history" in roots:
            surroundings.history = await services.store.transcripts.history(inbound.ref, HISTORY)
        if inbound.kind not in (Kind.TIMER, Kind.CALLBACK):
            await self._understand(session, surroundings)
        return surroundings

    async def _understand(self, session: Session, surroundings: TurnEnvironment) -> None:
        """Let an NLU engine read the message, where anything could come of it."""
        flow = in_force(self.project.library, session)
        if self.project.understands(self.endpoint, flow):
            surroundings.understanding = await self.project.understand(
                self.endpoint,
                self.inbound.text,
                self.inbound.data,
                session.locale or surroundings.locale,
                self.inbound.ref.session_id,
                flow,
                now=datetime.fromtimestamp(surroundings.now, surroundings.timezone),
            )

    async def _meet(self, run: TurnExecutor) -> Any:
        """Meet the engine's need; what goes wrong outside is an answer, not an exception."""
        started = self.services.clock.monotonic()
        try:
            answer = await self.services.effects.meet(run, self.endpoint, self.project)
            if isinstance(run.need, HttpCall):
                run.step.call = call_of(run.need, answer)
            if isinstance(run.need, StartTask) and _is_refusal(answer):
                self._not_started.append(run.need_key)
            return answer
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._report("effect failed", LogAction.EFFECT_FAILED, error)
            return Failure("internal", f"{type(error).__name__}: {error}")
        finally:
            run.step.ms = round((self.services.clock.monotonic() - started) * 1000, 3)

    # --- committing -----------------------------------------------------------------------------

    async def _segment(self, run: TurnExecutor) -> None:
        """Commit what was said and changed so far, before the outside is touched."""
        run.session.running = {"seq": self.inbound.seq, "origin": self._origin, "run": run.suspend()}
        await self._commit(run, run.take_outputs(), ends=False)
        run.session.running = None

    async def _finish(self, run: TurnExecutor) -> None:
        await self._commit(run, run.take_outputs())
        self._write_logs(run)
        for name in run.events:
            self._tell(name)

    def _write_logs(self, run: TurnExecutor) -> None:
        """What nodes had to say to the operator; the engine itself logs nothing."""
        for level, text in run.logs:
            flow_log.log(
                logging.getLevelNamesMapping()[level.upper()],
                "%s",
                MASK if self._masked else text,
                extra={
                    "action": LogAction.FLOW,
                    "traceId": self.inbound.trace_id,
                    "endpoint": self.endpoint.name,
                },
            )

    async def _fail(self, error: str, place: str | None, steps: list[TraceStep]) -> str:
        """Keep what was committed, drop the rest; the session waits again where it waited."""
        self.failure = (error, place)
        log.warning(
            "turn failed at %s: %s",
            place or "the flow",
            MASK if self._masked else error,
            extra={
                "action": LogAction.TURN_FAILED,
                "traceId": self.inbound.trace_id,
                "endpoint": self.endpoint.name,
            },
        )
        segment = Segment(
            self.session_id,
            self.inbound.seq,
            self.revision,
            None,
            status="failed",
            reason=error[:500],
            failed=True,
        )
        if self.state is not None:
            kept = Session.from_json(from_json(self.state))
            changed = kept.running is not None
            if changed:
                _return_to_origin(kept)
            if task_waits.keep_outcome(kept, self.inbound) or changed:
                segment.tasks = self._task_change(kept)
                segment.state = to_json(kept.to_json())
                segment.node = _place(kept)
                segment.flow_revision = self.project.library.revision
        segment.trace = self._trace(steps, error=MASK if self._masked else error, at=place)
        await self._store(segment, [])
        self._tell(EventType.TURN_FAILED, {"error": error, "at": place})
        return "failed"

    def _report(self, what: str, action: LogAction, error: BaseException) -> None:
        """A mistake of ours or of a plugin's, for the log. Its words may hold what a user typed."""
        log.error(
            "%s: %s",
            what,
            type(error).__name__,
            exc_info=None if self._masked else error,
            extra={"action": action, "traceId": self.inbound.trace_id},
        )

    @property
    def _masked(self) -> bool:
        return bool(self.endpoint.config.privacy.mask_logging)

    def _trace(self, steps: list[TraceStep], **more: Any) -> bytes:
        """Why the turn did what it did, and how long it took: waiting for its place, and itself."""
        self._steps = steps_of(steps, mask=self._masked)
        took = self.services.clock.monotonic() - self._started
        waited = max(0.0, self._began - (self.inbound.not_before or self.inbound.received_at))
        times = {"ms": round(took * 1000, 3), "waitedMs": round(waited * 1000, 3)}
        return to_json({"steps": self._steps, **times, "flows": self.project.library.revision, **more})

    async def poisoned(self, error: Exception) -> str:
        """Give the inbound up, so that the session can go on."""
        return await self._fail(f"internal: {type(error).__name__}", None, [])

    async def given_up(self) -> str:
        """The turn killed the process again and again: its inbound is not tried any more."""
        return await self._fail("poison", None, [])

    async def _discard(self, reason: str) -> None:
        """The turn does not take place."""
        segment = Segment(
            self.session_id, self.inbound.seq, self.revision, None, status="discarded", reason=reason
        )
        await self._store(segment, [])

    async def _commit(self, run: TurnExecutor | None, outputs: list[Output], *, ends: bool = True) -> None:
        segment = Segment(self.session_id, self.inbound.seq, self.revision, None, ends=ends)
        if run is not None:
            if ends:
                task_waits.prune(run.session, self.project.library)
            segment.tasks = await self._tasks_of(run)
            segment.state = to_json(run.session.to_json())
            self._limit("the session", segment.state, STATE_BODIES)
            segment.node = run.position
            segment.flow_revision = self.project.library.revision
            if run.timer is not None:
                segment.timer = TimerChange(run.timer.node, run.timer.due_at)
            changes = [ProfileChange(*change) for change in run.take_profile_changes()]
            segment.profile = changes if self.endpoint.config.privacy.contact_profiles else []
            if ends:
                segment.trace = self._trace(run.steps)
                segment.failed = any(step.error for step in run.steps)
        await self._store(segment, outputs)

    async def _tasks_of(self, run: TurnExecutor) -> TaskChange | None:
        """What becomes of the session's callbacks; None when it has none."""
        opened = []
        if isinstance(run.need, StartTask):
            key = key_of(await self.services.callbacks.token(self.session_id, run.need_key))
            assert key is not None
            due_at = self.services.clock.now() + run.need.lasts if run.need.lasts is not None else None
            kind: Literal["callback", "inject"] = "callback" if run.need.waits else "inject"
            opened.append(OpenCallback(key[1], run.need_key, run.need_place, kind, due_at))
        if not (opened or run.session.tasks or self._has_tasks):
            return None
        self._has_tasks = True
        return self._task_change(run.session, opened)

    def _task_change(self, session: Session, opened: Sequence[OpenCallback] = ()) -> TaskChange:
        waited = [entry["task"] for entry in session.tasks]
        return TaskChange(list(opened), waited, dropped=self._not_started)

    async def _store(self, segment: Segment, outputs: list[Output]) -> None:
        services = self.services
        said = [output for each in outputs if (output := await self._add_delivery(segment, each)) is not None]
        if segment.deliveries and not self.project.sends(self.endpoint):
            segment.hold = all(delivery.url is None for delivery in segment.deliveries)
        committed = await services.store.turns.commit(segment)
        self.revision = committed.revision
        if segment.state is not None:
            self.state = segment.state
        self.runner.committed(segment.state, committed)
        self.said.extend(said)
        failpoints.hit("turn.committed")
        if segment.profile:
            self.runner.turns.forget_profile(self.session_id.user_id)
        if segment.timer is not None and segment.timer.due_at is not None:
            services.timers.note(segment.timer.due_at)
        for callback in segment.tasks.opened if segment.tasks is not None else ():
            services.timers.note(callback.due_at)
        if committed.deliveries and not segment.hold:
            services.dispatcher.enqueue(committed.deliveries, committed.ready)
        if segment.ends and (hooks := self.project.hooks.for_endpoint(self.endpoint)).has_turn_finished:
            sid = self.session_id
            services.spawn(hooks.turn_finished(self.said, self._steps, sid.user_id, sid.session_id))

    async def _add_delivery(self, segment: Segment, output: Output) -> Output | None:
        """Serialise an output once: these bytes go out on every attempt. Answers what is said in the
        end; None when a plugin discards it."""
        sid = self.session_id
        output.disable_sensitive_logging = output.disable_sensitive_logging or self._masked
        envelope = {
            "userId": sid.user_id,
            "sessionId": sid.session_id,
            "disableSensitiveLogging": output.disable_sensitive_logging,
            "AIOutput": output.to_json(),
        }
        delivery = Delivery(
            sid.endpoint,
            sid.key,
            0,
            "",
            b"",
            output.trace_id,
            sid.user_id,
            sid.session_id,
            created_at=self.services.clock.now(),
        )
        hooks = self.project.hooks.for_endpoint(self.endpoint)
        shown: dict[str, Any] | None = None
        if hooks.has_output:
            answer = await hooks.transform_output(output, envelope, sid.user_id, sid.session_id)
            if answer is DISCARD:
                return None
            shown = output.to_json()
            if isinstance(answer, Deliver):
                delivery.url, delivery.method, delivery.headers = (
                    answer.url,
                    answer.method,
                    dict(answer.headers),
                )
                delivery.body = answer.body if answer.body is not None else to_json(answer.json)
            elif isinstance(answer, Body):
                delivery.body = to_json(answer.value)
            else:
                output = answer
                envelope["AIOutput"] = output.to_json()
                envelope["disableSensitiveLogging"] = output.disable_sensitive_logging
                shown = None
        if not delivery.body:
            if self.endpoint.config.rich_format == "cognigy" and "rich" in output.data:
                output = cognigy.rendered(output)
                envelope["AIOutput"] = output.to_json()
            delivery.body = to_json(envelope)
        self._limit("an output", delivery.body, DELIVERY_BODIES)
        segment.deliveries.append(delivery)
        segment.outputs.append(shown)
        return output

    def _limit(self, what: str, content: bytes, bodies: int) -> None:
        """A flow that piles up data fails, rather than making every later turn slower."""
        allowed = bodies * self.services.config.server.max_body
        if len(content) > allowed:
            raise TurnTooLarge(f"{what} would have {len(content)} bytes; {allowed} are allowed")

    def _tell(self, name: EventType, data: dict[str, Any] | None = None) -> None:
        if self.services.events.heard:
            sid = self.session_id
            self.services.events.emit(
                Event(
                    name,
                    self.services.clock.now(),
                    sid.endpoint,
                    sid.user_id,
                    sid.session_id,
                    self.inbound.trace_id,
                    data or {},
                )
            )


def _position(session: Session) -> dict[str, Any]:
    position = {"frames": [frame.to_json() for frame in session.frames], "waiting": session.waiting}
    optional = {"tasks": session.tasks, "pending": session.pending, "offers": session.offers}
    return position | {name: value for name, value in optional.items() if value}


def _return_to_origin(session: Session) -> None:
    """Stand again where the session stood when the turn began that ``running`` tells of."""
    assert session.running is not None
    origin = session.running["origin"]
    session.frames = [Frame(*frame) for frame in origin["frames"]]
    session.waiting = origin["waiting"]
    session.tasks = origin.get("tasks", [])
    session.pending = origin.get("pending")
    session.offers = origin.get("offers", [])
    session.running = None


def _is_refusal(answer: Any) -> bool:
    """Whether the call that starts a task came to nothing."""
    return isinstance(answer, Failure) or (isinstance(answer, HttpResult) and answer.status > 299)


def _place(session: Session) -> str | None:
    """Where the session stands, as lists and conditions name it."""
    frame = session.top
    return f"{frame.flow}/{frame.node}" if frame.node else None
