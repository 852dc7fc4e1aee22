"""One session's inbounds, taken in order, one turn at a time."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
from collections.abc import Callable
from dataclasses import dataclass, field

from pydantic_core import from_json

from flowhook.clock import Clock
from flowhook.engine.turn.task_waits import first_admitted
from flowhook.errors import FlowhookError, StorageError
from flowhook.model.inbound import Inbound
from flowhook.model.log_action import LogAction
from flowhook.model.output import Output
from flowhook.model.session import Session
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.observe.crash_guard import DEATHS, CrashGuard
from flowhook.runtime.observe.redaction import blind_mode_in
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.versions import Serving, VersionedProjects
from flowhook.runtime.turns.backlog import Backlog
from flowhook.runtime.turns.idle_sessions import IdleSession, IdleSessions
from flowhook.runtime.turns.merging import merged_input, merges, seconds_left, within_window
from flowhook.runtime.turns.outcomes import TurnOutcomes
from flowhook.runtime.turns.pauses import Pauses
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.runtime.turns.turn import TurnRunner
from flowhook.storage.ownership import SoleOwnership
from flowhook.storage.protocols import Inbox, Ownership
from flowhook.storage.records import Accepted, Committed, Segment, Stale

log = logging.getLogger("flowhook.turns")

MAX_FAILURES = 3  #: times a turn may raise, by a mistake of ours, before its inbound is given up
STORE_RETRY_SECONDS = 0.5  #: before a refused write is tried again; doubles
LONGEST_STORE_RETRY_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class WorkerContext:
    """What the workers of all sessions share."""

    inbox: Inbox
    clock: Clock
    endpoints: Endpoints
    projects: VersionedProjects
    turns: TurnRunner
    outcomes: TurnOutcomes
    backlog: Backlog
    pauses: Pauses
    crash_guard: CrashGuard
    idle_sessions: IdleSessions
    ownership: Ownership = field(default_factory=SoleOwnership)


class SessionWorker:
    """Takes the inbounds of one session in order, as long as there are any.

    Made for an inbound that was just ``accepted``, or for a session whose inbox is to be read.
    ``on_end`` is told when the worker has ended.
    """

    def __init__(
        self,
        context: WorkerContext,
        ref: SessionRef,
        on_end: Callable[[SessionWorker], None],
        accepted: Accepted | None = None,
    ) -> None:
        self._context = context
        self._on_end = on_end
        self.session = ref
        self.task: asyncio.Task[None] | None = None
        self.once = False  #: end after one turn
        self._queue: list[tuple[int, Inbound]] = []  #: a heap
        self._newest_taken = 0  #: position in the inbox of the newest inbound that was taken
        self._state = accepted.state if accepted is not None else None
        self._revision = accepted.revision if accepted is not None else 0
        self._node: str | None = None  #: where the session stands, as far as a turn here has moved it
        self._test = False  #: the newest inbound that was taken was a test
        self._merged: list[Inbound] = []  #: messages that are one input with the one whose turn it is
        self._merge_stored = False  #: the store knows of them
        self.idle: IdleSession | None = None  #: the session, once nothing waits in it
        # Others that wait came before and are not in memory: read them in order.
        self._complete = accepted is not None and accepted.backlog == 1

    def start(self, *, once: bool = False) -> None:
        """Run as a task of its own; ``once``: one turn, and no more unless that is taken back."""
        self.once = once
        self.task = asyncio.create_task(self._run())

    def put(self, inbound: Inbound) -> None:
        """Queue another inbound of this session that was accepted."""
        if inbound.seq <= self._newest_taken or any(seq == inbound.seq for seq, _ in self._queue):
            self._count(-1)  # it was read from the store before it was announced
        else:
            heapq.heappush(self._queue, (inbound.seq, inbound))
            self._context.outcomes.queued(inbound)

    def _count(self, number: int) -> None:
        self._context.backlog.add(self.session.endpoint, number)

    async def _run(self) -> None:
        try:
            if not self._complete:
                await self._reload()
            while self._may_go_on and (inbound := await self._next_known()) is not None:
                await self._handle(inbound)
                if self.once:
                    break
            if self._complete and not self._queue and self._newest_taken:
                next_seq = self._newest_taken + 1
                self.idle = IdleSession(self._state, self._revision, next_seq, self._node, self._test)
        except asyncio.CancelledError:
            raise
        except Exception:
            # The inbox still holds what is not done: the next arrival or the next start takes it up.
            log.exception("session worker stopped", extra={"action": LogAction.WORKER_FAILED})
        finally:
            self._context.outcomes.left(inbound for _, inbound in self._queue)
            self._count(-len(self._queue))
            self._on_end(self)

    @property
    def _may_go_on(self) -> bool:
        """Whether further turns may begin: a reload may have taken the endpoint away, and then what is left
        in the inbox waits there until it is configured again; and a session may be another process's by
        now."""
        context = self._context
        return (
            not context.pauses.stopping
            and context.endpoints.by_name(self.session.endpoint) is not None
            and context.ownership.owns(self.session.key)
        )

    def look_again(self) -> None:
        """Read the inbox once more before the end: another process may have put something into it."""
        self._complete = False

    async def _next_known(self) -> Inbound | None:
        """Return which inbound is to be taken, also of those that others accepted meanwhile."""
        inbound = await self._next()
        if inbound is None and not self._complete:
            await self._reload()
            inbound = await self._next()
        return inbound

    async def _next(self) -> Inbound | None:
        """Return which inbound is to be taken: the oldest, unless the session waits for a task that has to
        be over before anything is said. None when there is none, or none that may be taken now."""
        if not self._queue:
            return None
        state = self._state
        if state is None or not (b'"tasks"' in state or b'"running"' in state):
            return heapq.heappop(self._queue)[1]
        library = (await self._serving()).project.library
        queued = [inbound for _, inbound in sorted(self._queue, key=lambda entry: entry[0])]
        session = Session.from_json(from_json(state))
        chosen = first_admitted(session, library, queued)
        if chosen is not None:
            self._queue = [(inbound.seq, inbound) for inbound in queued if inbound is not chosen]
        return chosen

    async def _reload(self) -> None:
        """Read state and inbox anew: the store knows best."""
        announced, self._queue = self._queue, []
        self._state, self._revision, inbounds = await self._context.inbox.backlog(self.session)
        meanwhile, self._queue = self._queue, [(inbound.seq, inbound) for inbound in inbounds]
        self._count(len(self._queue) - len(announced) - len(meanwhile))
        self._complete = True
        for inbound in inbounds:
            self._context.outcomes.queued(inbound)
        newest = inbounds[-1].seq if inbounds else 0
        for seq, inbound in meanwhile:
            if seq > newest:  # accepted after what was read
                self._count(1)
                heapq.heappush(self._queue, (seq, inbound))

    async def _handle(self, inbound: Inbound) -> None:
        """Run the turn of an inbound, unless it was cancelled, and tell those who wait for it."""
        self._newest_taken, self._test = max(self._newest_taken, inbound.seq), inbound.test
        outcomes = self._context.outcomes
        status: str | None = None
        said: list[Output] = []
        self._merged, self._merge_stored = [], False
        try:
            may_merge = await self._await_window(inbound)
            if outcomes.take_skip(inbound.trace_id):
                status = "discarded"
                return
            if may_merge:
                self._take_merged(inbound)
            for member in (inbound, *self._merged):
                outcomes.began(member)
            status = await self._guarded(inbound, said)
        finally:
            for member in (inbound, *self._merged):
                outcomes.ended(member, status, said)
            self._count(-1 - len(self._merged))

    async def _await_window(self, inbound: Inbound) -> bool:
        """Wait for messages that are one input with this one, where the endpoint wants that. Returns whether
        there may be such. A turn that goes on after a crash has taken them already."""
        context = self._context
        endpoint = context.endpoints.by_name(self.session.endpoint)
        if endpoint is None or not merges(endpoint, inbound) or self._goes_on(inbound):
            return False
        seconds = seconds_left(endpoint, inbound, context.clock.now())
        if seconds > 0:
            await context.pauses.rest(seconds)
        return True

    def _goes_on(self, inbound: Inbound) -> bool:
        if self._state is None or b'"running"' not in self._state:
            return False
        running = Session.from_json(from_json(self._state)).running
        return running is not None and running.seq == inbound.seq

    def _take_merged(self, first: Inbound) -> None:
        """Take from the queue what is one input with a message; not what was cancelled."""
        context = self._context
        endpoint = context.endpoints.by_name(self.session.endpoint)
        if endpoint is None:
            return
        behind = sorted((seq, other) for seq, other in self._queue if seq > first.seq)
        for other in within_window(endpoint, first, (other for _, other in behind)):
            self._queue.remove((other.seq, other))
            self._newest_taken = max(self._newest_taken, other.seq)
            if context.outcomes.take_skip(other.trace_id):
                self._drop(other)
            else:
                self._merged.append(other)
        heapq.heapify(self._queue)

    def _drop(self, inbound: Inbound) -> None:
        """Tell that an inbound was cancelled before it had a turn."""
        self._context.outcomes.ended(inbound, "discarded", [])
        self._count(-1)

    async def _guarded(self, inbound: Inbound, said: list[Output]) -> str:
        """Let the crash guard know of the turn while it runs. Only code of plugins is expected to end the
        process, and worth a write."""
        context = self._context
        endpoint = context.endpoints.by_name(inbound.ref.endpoint)
        risky = endpoint is not None and (await self._serving()).project.runs_plugins(endpoint)
        key, guard = self.session.key, context.crash_guard
        if not guard.is_poison(key, inbound.seq):
            guard.begin(key, inbound.seq, self._revision, note=risky)
        try:
            return await self._turn(inbound, said)
        finally:
            guard.end(key, inbound.seq)

    async def _turn(self, inbound: Inbound, said: list[Output]) -> str:
        """Try until the turn ended one way or the other: nothing that was accepted is dropped in silence.

        What is said, and stays said, is added to ``said``.
        """
        context = self._context
        failures: list[Exception] = []
        for attempt in itertools.count():
            try:
                if attempt:
                    again = await self._read_again(inbound)
                    if again is None:
                        return "discarded"
                    inbound = again
                turn = self._new_turn(inbound, said, await self._serving())
                if len(failures) == MAX_FAILURES:
                    return await context.turns.give_up(turn, f"internal: {type(failures[-1]).__name__}")
                if await self._is_poison(inbound):
                    return await context.turns.give_up(turn, "poison")
                return await context.turns.run(turn)
            except Stale:
                # Somebody patched the session meanwhile: what was computed is thrown away.
                pass
            except StorageError as error:
                log.error("store refused the write: %s", error, extra={"action": LogAction.TURN_DELAYED})
                pause = STORE_RETRY_SECONDS * 2 ** min(attempt, 6)
                await context.pauses.rest(min(LONGEST_STORE_RETRY_SECONDS, pause))
            except Exception as error:
                log.exception(
                    "turn raised", extra={"action": LogAction.TURN_RAISED, "traceId": inbound.trace_id}
                )
                failures.append(error)
                if len(failures) > MAX_FAILURES:
                    raise
        raise AssertionError("unreachable")

    async def _is_poison(self, inbound: Inbound) -> bool:
        """Return whether a turn has ended the process too often, here or elsewhere, to run again; if not, it
        is known where the deaths are counted that it runs."""
        guard, key = self._context.crash_guard, self.session.key
        if guard.is_poison(key, inbound.seq):
            return True
        deaths = await guard.announce(key, inbound.seq, self._revision)
        if deaths > 1:
            log.warning(
                "processes died during a turn of session %s (death %d)",
                self.session.session_id,
                deaths,
                extra={"action": LogAction.SUSPECT},
            )
        return deaths >= DEATHS

    async def _serving(self) -> Serving:
        """Return what the session's next turn is to run on."""
        context = self._context
        return await context.projects.of(context.endpoints.by_name(self.session.endpoint), self._state)

    def _new_turn(self, inbound: Inbound, said: list[Output], serving: Serving) -> RunningTurn:
        context = self._context
        endpoint = context.endpoints.by_name(inbound.ref.endpoint)
        if endpoint is None:
            raise FlowhookError(f"endpoint {inbound.ref.endpoint} is no longer configured")
        blind = blind_mode_in(self._state)
        merged = None if self._merge_stored else merged_input(inbound, self._merged)
        return RunningTurn(
            merged.inbound if merged is not None else inbound,
            endpoint,
            serving.project,
            serving.version,
            self._state,
            self._revision,
            said,
            self._committed,
            context.clock.monotonic(),
            context.clock.now(),
            blind=blind,
            snapshot=serving.snapshot,
            merged=merged,
        )

    async def _read_again(self, inbound: Inbound) -> Inbound | None:
        """Read the session anew, and return the inbound if it still waits. What was to be merged with it and
        waits no longer is let go; what still waits without it has its own turn."""
        self._state, self._revision, waiting = await self._context.inbox.backlog(self.session)
        found = {other.seq: other for other in waiting}
        if self._merged and not self._merge_stored:
            for gone in [other for other in self._merged if other.seq not in found]:
                self._merged.remove(gone)
                self._drop(gone)
            if inbound.seq not in found:
                for other in self._merged:
                    self._context.outcomes.waits_again(other)
                    heapq.heappush(self._queue, (other.seq, other))
                self._merged = []
        return found.get(inbound.seq)

    def _committed(self, segment: Segment, committed: Committed) -> None:
        """Start the next segment from one that is durable."""
        if segment.state is not None:
            self._state, self._node = segment.state, segment.node
        if segment.merged is not None:
            self._merge_stored = True
        self._revision = committed.revision
