"""Turns: the road of one inbound from the inbox to its outputs in the outbox.

A turn is a chain of committed segments. The engine runs until it needs the outside or ends; what it
said and changed so far is committed and sent before the outside is touched. Each session with a
backlog has one runner, which takes its inbounds in order; sessions never wait for each other.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from flowhook import failpoints
from flowhook.engine.outcome import Failure
from flowhook.engine.run import Run
from flowhook.engine.turn import Surroundings, TurnEnd
from flowhook.errors import FlowhookError, PluginError, StorageError
from flowhook.hooks.facade import DISCARD, Body
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound, Kind, SessionId
from flowhook.model.output import Deliver, Delivery, Output
from flowhook.model.session import Frame, Session
from flowhook.model.trace import TraceStep
from flowhook.runtime.events import Event
from flowhook.storage.store import Accepted, Committed, ProfileChange, Segment, Stale, TimerChange

if TYPE_CHECKING:
    from flowhook.runtime.project import Project
    from flowhook.runtime.services import Services

log = logging.getLogger("flowhook.turns")
flow_log = logging.getLogger("flowhook.flow")  #: what ``log`` nodes write

HISTORY = 50  #: messages that ``history`` holds
PROFILES = 10_000  #: profiles kept in memory
POISON_TRIES = 3  #: times a turn may break, by a mistake of ours, before its inbound is given up


class Turns:
    """Runs the turns of all sessions."""

    def __init__(self, services: Services) -> None:
        self.services = services
        self.backlog = 0  #: inbounds accepted and not finished, over all sessions
        self._runners: dict[bytes, Runner] = {}
        self._running: set[str] = set()
        self._skipped: set[str] = set()
        self._waiters: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._profiles: dict[str, dict[str, Any]] = {}
        self._stopping = False

    # --- coming in ------------------------------------------------------------------------------

    def arrived(self, accepted: Accepted) -> None:
        """An inbound is in the inbox: its session's runner takes it, now or in its place."""
        key = accepted.inbound.session.key
        if self.services.endpoints.by_name(accepted.inbound.session.endpoint) is None:
            return  # it stays in the inbox until its endpoint is configured again
        self.backlog += 1
        runner = self._runners.get(key)
        if runner is None:
            runner = self._runners[key] = Runner(self, accepted)
            if not self._stopping:
                runner.begin()
        runner.put(accepted.inbound)

    async def recover(self) -> int:
        """After a start: take up every session whose inbox is not empty. Answers how many."""
        sessions = await self.services.store.sessions_with_backlog()
        for session in sessions:
            if session.key not in self._runners and self.services.endpoints.by_name(session.endpoint):
                runner = self._runners[session.key] = Runner(self, None, session)
                runner.begin()
        return len(sessions)

    async def stop(self, seconds: float) -> None:
        """Start no new turns and give those that run so long to end; any of them may be cut."""
        self._stopping = True
        tasks = [runner.task for runner in self._runners.values() if runner.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)

    @property
    def stopping(self) -> bool:
        """No new turn begins."""
        return self._stopping

    def ended(self, runner: Runner) -> None:
        """The inbox of a session is empty."""
        self._runners.pop(runner.session_id.key, None)

    # --- receipts -------------------------------------------------------------------------------

    def is_running(self, trace_id: str) -> bool:
        """Whether the turn of this inbound has begun and not ended."""
        return trace_id in self._running

    def skip(self, trace_id: str) -> None:
        """Do not begin this inbound's turn: it is about to be cancelled."""
        self._skipped.add(trace_id)

    def unskip(self, trace_id: str) -> None:
        """It was not cancelled after all."""
        self._skipped.discard(trace_id)

    def is_skipped(self, trace_id: str) -> bool:
        """Whether the inbound was cancelled; asked once, when its turn would begin."""
        if trace_id in self._skipped:
            self._skipped.discard(trace_id)
            return True
        return False

    async def outcome(self, trace_id: str, seconds: float) -> dict[str, Any] | None:
        """``{status, outputs}`` of a turn that ends within so many seconds, else None."""
        waiter = self._waiters.get(trace_id)
        if waiter is None:
            waiter = self._waiters[trace_id] = asyncio.get_running_loop().create_future()
            receipt = None if self._is_known(trace_id) else await self.services.store.receipt(trace_id)
            if receipt is not None and receipt.status in ("done", "failed", "discarded"):
                self._waiters.pop(trace_id, None)
                return {"status": receipt.status, "outputs": receipt.said}
        try:
            return await asyncio.wait_for(asyncio.shield(waiter), seconds)
        except TimeoutError:
            return None
        finally:
            if not waiter.done():
                self._waiters.pop(trace_id, None)

    def _is_known(self, trace_id: str) -> bool:
        return trace_id in self._running or any(runner.holds(trace_id) for runner in self._runners.values())

    def begun(self, inbound: Inbound) -> None:
        """For receipts and cancellation."""
        self._running.add(inbound.trace_id)

    def finished(self, inbound: Inbound, status: str, outputs: list[Output]) -> None:
        """For receipts and for those who wait."""
        self._running.discard(inbound.trace_id)
        self.backlog -= 1
        waiter = self._waiters.pop(inbound.trace_id, None)
        if waiter is not None and not waiter.done():
            waiter.set_result({"status": status, "outputs": [output.to_json() for output in outputs]})

    # --- profiles: read often, changed seldom, all changes go through here -----------------------

    async def profile(self, user_id: str) -> dict[str, Any]:
        """What is kept of a user. Do not change it."""
        profile = self._profiles.get(user_id)
        if profile is None:
            if len(self._profiles) >= PROFILES:
                self._profiles.clear()
            profile = self._profiles[user_id] = await self.services.store.profile(user_id)
        return profile

    def forget_profile(self, user_id: str) -> None:
        """It changed in the store."""
        self._profiles.pop(user_id, None)


class Runner:
    """Takes the inbounds of one session in order, as long as there are any."""

    def __init__(self, turns: Turns, accepted: Accepted | None, session: SessionId | None = None) -> None:
        self.turns = turns
        self.services = turns.services
        self.task: asyncio.Task[None] | None = None
        self._queue: list[tuple[int, Inbound]] = []
        if accepted is not None:
            self.session_id = accepted.inbound.session
            self._state = accepted.state
            self._revision = accepted.revision
            # Others that wait came before and are not in memory: read them in order.
            self._complete = accepted.backlog == 1
        else:
            assert session is not None
            self.session_id = session
            self._state = None
            self._revision = 0
            self._complete = False

    def begin(self) -> None:
        """Run as a task of its own."""
        self.task = asyncio.create_task(self._run())

    def put(self, inbound: Inbound) -> None:
        """Another inbound of this session was accepted."""
        heapq.heappush(self._queue, (inbound.seq, inbound))

    def holds(self, trace_id: str) -> bool:
        """Whether an inbound waits here."""
        return any(inbound.trace_id == trace_id for _, inbound in self._queue)

    async def _run(self) -> None:
        try:
            if not self._complete:
                await self._reload()
            while self._queue and not self.turns.stopping:
                await self._take(heapq.heappop(self._queue)[1])
        except asyncio.CancelledError:
            raise
        except Exception:
            # The inbox still holds what is not done: the next arrival or the next start takes it up.
            log.exception("a session's turns stopped", extra={"action": "runner_failed"})
        finally:
            self.turns.backlog -= len(self._queue)
            self.turns.ended(self)

    async def _reload(self) -> None:
        """Read state and inbox anew: the store knows best."""
        before = len(self._queue)
        self._state, self._revision, inbounds = await self.services.store.backlog(self.session_id)
        self._queue = [(inbound.seq, inbound) for inbound in inbounds]
        self.turns.backlog += len(self._queue) - before
        self._complete = True

    async def _take(self, inbound: Inbound) -> None:
        if self.turns.is_skipped(inbound.trace_id):
            self.turns.finished(inbound, "discarded", [])
            return
        self.turns.begun(inbound)
        status: str = "failed"
        said: list[Output] = []
        try:
            status, said = await self._turn(inbound)
        finally:
            self.turns.finished(inbound, status, said)

    async def _turn(self, inbound: Inbound) -> tuple[str, list[Output]]:
        """Try until it ended one way or the other: nothing that was accepted is dropped in silence."""
        failures = 0
        for attempt in itertools.count():
            turn = OneTurn(self, inbound, self._state, self._revision)
            try:
                return await turn.run(), turn.said
            except Stale:
                # Somebody patched the session meanwhile: what was computed is thrown away.
                pass
            except StorageError as error:
                log.error("the store refuses: %s", error, extra={"action": "turn_waits"})
                await self.services.clock.sleep(min(30.0, 0.5 * 2**attempt))
            except Exception as error:
                log.exception("a turn broke", extra={"action": "turn_broke", "traceId": inbound.trace_id})
                failures += 1
                if failures == POISON_TRIES:
                    return await turn.poisoned(error), []
            self._state, self._revision, waiting = await self.services.store.backlog(self.session_id)
            if all(other.seq != inbound.seq for other in waiting):
                return "discarded", []
        raise AssertionError("unreachable")

    def committed(self, state: bytes | None, committed: Committed) -> None:
        """A segment is durable: this is where the next one starts from."""
        if state is not None:
            self._state = state
        self._revision = committed.revision


class OneTurn:
    """One inbound, handled to its end."""

    def __init__(self, runner: Runner, inbound: Inbound, state: bytes | None, revision: int) -> None:
        self.runner = runner
        self.services = runner.services
        self.project: Project = runner.services.project
        self.inbound = inbound
        self.session_id = inbound.session
        endpoint = runner.services.endpoints.by_name(inbound.session.endpoint)
        if endpoint is None:
            raise FlowhookError(f"endpoint {inbound.session.endpoint} is no longer configured")
        self.endpoint: Endpoint = endpoint
        self.state = state
        self.revision = revision
        self.said: list[Output] = []
        self._started = self.services.clock.monotonic()

    async def run(self) -> str:
        """Answers how the turn ended: done, failed or discarded. Raises :class:`Stale`."""
        if reason := self._refused():
            await self._commit(None, [], status="discarded", reason=reason)
            status = "discarded"
        else:
            handle = self._notify if self.inbound.kind is Kind.NOTIFY else self._converse
            try:
                status = await handle()
            except PluginError as error:
                status = await self._fail(str(error), None, [])
        self.services.metrics.turn(self.endpoint.name, status, self.services.clock.monotonic() - self._started)
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
        return node in (frame.node, f"{frame.flow}/{frame.node}")

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
        flow = self.project.library.flows.get(session.frames[0].flow)
        if flow is None:
            return await self._fail(f"flow {session.frames[0].flow!r} does not exist", None, [])
        surroundings = await self._surroundings(flow.name)
        if running is not None and running.get("seq") == self.inbound.seq:
            self._origin = running["origin"]
            session.running = None
            run = Run.restore(self.project.library, session, self.inbound, surroundings, running["run"])
            end = TurnEnd("needs")
        else:
            session.running = None
            self._origin = _position(session)
            run = Run(self.project.library, session, self.inbound, surroundings)
            end = self._guarded(run.start)
        while end.status == "needs":
            if running is None:
                await self._segment(run)
            running = None
            end = self._guarded(run.answer, await self._meet(run))
        if end.status == "failed":
            self._write_logs(run)
            return await self._fail(end.error or "failed", end.error_place, run.steps)
        await self._finish(run)
        return "done"

    def _guarded(self, advance: Callable[..., TurnEnd], *answer: Any) -> TurnEnd:
        """A mistake inside a node type fails its turn and nothing else."""
        try:
            return advance(*answer)
        except Exception as error:
            log.exception("a node broke", extra={"action": "node_broke", "traceId": self.inbound.trace_id})
            return TurnEnd("failed", f"{type(error).__name__}: {error}")

    def _session(self) -> Session:
        if self.state is not None:
            return Session.from_json(from_json(self.state))
        flow = self.project.library.flows.get(self.endpoint.flow)
        context = from_json(to_json(flow.context)) if flow is not None and flow.context else {}
        return Session([Frame(self.endpoint.flow)], context)

    async def _surroundings(self, flow: str) -> Surroundings:
        services, inbound = self.services, self.inbound
        config = services.config
        surroundings = Surroundings(
            services.clock.now(),
            config.zone,
            config.vars,
            endpoint=self.endpoint.name,
            url_token=self.endpoint.token,
            locale=self.endpoint.config.locale,
            seed=int(inbound.trace_id[-8:], 16),
        )
        roots = self.project.roots
        if "profile" in roots:
            surroundings.profile = dict(await self.runner.turns.profile(inbound.session.user_id))
        if "history" in roots:
            surroundings.history = await services.store.history(inbound.session, HISTORY)
        if inbound.kind is not Kind.TIMER and self.project.understands(self.endpoint):
            surroundings.understanding = await self.project.understand(self.endpoint, inbound)
        return surroundings

    async def _meet(self, run: Run) -> Any:
        """Meet the engine's need; what goes wrong outside is an answer, not an exception."""
        started = self.services.clock.monotonic()
        try:
            return await self.services.effects.meet(run, self.endpoint, self.project)
        except asyncio.CancelledError:
            raise
        except Exception as error:
            log.exception("a need could not be met", extra={"action": "need_failed"})
            return Failure("internal", f"{type(error).__name__}: {error}")
        finally:
            run.step.ms = round((self.services.clock.monotonic() - started) * 1000, 3)

    # --- committing -----------------------------------------------------------------------------

    async def _segment(self, run: Run) -> None:
        """Commit what was said and changed so far, before the outside is touched."""
        run.session.running = {"seq": self.inbound.seq, "origin": self._origin, "run": run.suspend()}
        await self._commit(run, run.take_outputs(), ends=False)
        run.session.running = None

    async def _finish(self, run: Run) -> None:
        await self._commit(run, run.take_outputs())
        self._write_logs(run)
        for name in run.events:
            self._tell(name)

    def _write_logs(self, run: Run) -> None:
        """What nodes had to say to the operator; the engine itself logs nothing."""
        for level, text in run.logs:
            flow_log.log(
                logging.getLevelNamesMapping()[level.upper()],
                "%s",
                text,
                extra={"action": "flow", "traceId": self.inbound.trace_id, "endpoint": self.endpoint.name},
            )

    async def _fail(self, error: str, place: str | None, steps: list[TraceStep]) -> str:
        """Keep what was committed, drop the rest; the session waits again where it waited."""
        log.warning(
            "turn failed at %s: %s",
            place or "the flow",
            error,
            extra={"action": "turn_failed", "traceId": self.inbound.trace_id, "endpoint": self.endpoint.name},
        )
        state = None
        if self.state is not None:
            kept = Session.from_json(from_json(self.state))
            if kept.running is not None:
                origin = kept.running["origin"]
                kept.frames = [Frame(flow, node) for flow, node in origin["frames"]]
                kept.waiting = origin["waiting"]
                kept.running = None
                state = to_json(kept.to_json())
        trace = to_json({"steps": [step.to_json() for step in steps], "error": error, "at": place})
        await self._store(Segment(
            self.session_id, self.inbound.seq, self.revision, state,
            status="failed", reason=error[:500], trace=trace,
        ), [])
        self._tell("turn.failed", {"error": error, "at": place})
        return "failed"

    async def poisoned(self, error: Exception) -> str:
        """Give the inbound up, so that the session can go on."""
        return await self._fail(f"internal: {type(error).__name__}", None, [])

    async def _commit(
        self,
        run: Run | None,
        outputs: list[Output],
        *,
        ends: bool = True,
        status: str = "done",
        reason: str | None = None,
    ) -> None:
        segment = Segment(
            self.session_id, self.inbound.seq, self.revision, None, ends=ends, status=status, reason=reason  # type: ignore[arg-type]
        )
        if run is not None:
            segment.state = to_json(run.session.to_json())
            segment.node = run.position
            segment.flow_revision = self.project.library.revision
            if run.timer is not None:
                segment.timer = TimerChange(run.timer.node, run.timer.due_at)
            segment.profile = [ProfileChange(op, path, value) for op, path, value in run.take_profile_changes()]
            if ends:
                segment.trace = to_json({"steps": [step.to_json() for step in run.steps]})
        await self._store(segment, outputs)

    async def _store(self, segment: Segment, outputs: list[Output]) -> None:
        services = self.services
        for output in outputs:
            await self._add_delivery(segment, output)
        if segment.deliveries and not self.project.sends(self.endpoint):
            segment.hold = all(delivery.url is None for delivery in segment.deliveries)
        committed = await services.store.commit(segment)
        self.revision = committed.revision
        if segment.state is not None:
            self.state = segment.state
        self.runner.committed(segment.state, committed)
        self.said.extend(outputs)
        failpoints.hit("turn.committed")
        if segment.profile:
            self.runner.turns.forget_profile(self.session_id.user_id)
        if segment.timer is not None and segment.timer.due_at is not None:
            services.timers.note(segment.timer.due_at)
        if committed.deliveries and not segment.hold:
            services.dispatcher.enqueue(committed.deliveries, committed.ready)
        if segment.ends and (hooks := self.project.hooks.for_endpoint(self.endpoint)).has_turn_finished:
            sid = self.session_id
            services.spawn(hooks.turn_finished(self.said, segment.trace, sid.user_id, sid.session_id))

    async def _add_delivery(self, segment: Segment, output: Output) -> None:
        """Serialise an output once: these bytes go out on every attempt."""
        sid = self.session_id
        envelope = {
            "userId": sid.user_id,
            "sessionId": sid.session_id,
            "disableSensitiveLogging": output.disable_sensitive_logging,
            "AIOutput": output.to_json(),
        }
        delivery = Delivery(
            sid.endpoint, sid.key, 0, "", b"", output.trace_id, sid.user_id, sid.session_id,
            created_at=self.services.clock.now(),
        )
        hooks = self.project.hooks.for_endpoint(self.endpoint)
        shown: dict[str, Any] | None = None
        if hooks.has_output:
            answer = await hooks.transform_output(output, envelope, sid.user_id, sid.session_id)
            if answer is DISCARD:
                return
            shown = output.to_json()
            if isinstance(answer, Deliver):
                delivery.url, delivery.method, delivery.headers = answer.url, answer.method, dict(answer.headers)
                delivery.body = answer.body if answer.body is not None else to_json(answer.json)
            elif isinstance(answer, Body):
                delivery.body = to_json(answer.value)
            else:
                envelope["AIOutput"] = answer.to_json()
                envelope["disableSensitiveLogging"] = answer.disable_sensitive_logging
                shown = None
        if not delivery.body:
            delivery.body = to_json(envelope)
        segment.deliveries.append(delivery)
        segment.outputs.append(shown)

    def _tell(self, name: str, data: dict[str, Any] | None = None) -> None:
        if self.services.events.heard:
            sid = self.session_id
            self.services.events.emit(
                Event(name, self.services.clock.now(), sid.endpoint, sid.user_id, sid.session_id,
                      self.inbound.trace_id, data or {})
            )


def _position(session: Session) -> dict[str, Any]:
    return {"frames": [[frame.flow, frame.node] for frame in session.frames], "waiting": session.waiting}


