"""The fast path: a message whose turn needs nothing from outside is accepted, run and answered in one
transaction.

The turn is computed first, on the event loop, from what is known of the idle session; then one transaction
accepts the message and commits the turn if the session is still so, and only accepts it if not. All that
the fast path does not take is accepted as usual and gets its turn from the session's worker.
"""

from __future__ import annotations

import asyncio
from collections.abc import Hashable
from typing import NamedTuple, Protocol

from flowhook.clock import Clock
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Kind
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.observe.crash_guard import CrashGuard
from flowhook.runtime.observe.redaction import blind_mode_in
from flowhook.runtime.project.versions import Serving, VersionedProjects
from flowhook.runtime.turns.commit import PreparedSegment
from flowhook.runtime.turns.idle_sessions import NEW_SESSION, IdleSession, IdleSessions
from flowhook.runtime.turns.merging import merges
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.turns.turn import TurnRunner
from flowhook.storage.protocols import Inbox, Ownership, Turns
from flowhook.storage.records import Acceptance, Accepted, Arrival, Committed

KINDS = frozenset({Kind.MESSAGE, Kind.INJECT})
LONGEST_REST = 64  #: attempts that are left out after many in vain
REMEMBERED = 10_000  #: reasons to leave attempts out
UNKNOWN = "unknown"


class FastPathStore(Protocol):
    """What accepts an inbound, alone or with its turn."""

    @property
    def inbox(self) -> Inbox: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def ownership(self) -> Ownership: ...

    async def settled(self) -> None:
        """Return when all that was asked before is done."""
        ...


class Answered(NamedTuple):
    """A message that was accepted and whose turn ended, in one transaction."""

    turn: RunningTurn
    prepared: PreparedSegment
    committed: Committed


class FastPath:
    """Accepts single inbounds, with their whole turn where that is possible."""

    def __init__(
        self,
        store: FastPathStore,
        clock: Clock,
        projects: VersionedProjects,
        runner: TurnRunner,
        scheduler: TurnScheduler,
        sessions: IdleSessions,
        crash_guard: CrashGuard,
        dispatcher: Dispatcher,
        tasks: BackgroundTasks,
        *,
        enabled: bool = True,
    ) -> None:
        self._store = store
        self._clock = clock
        self._projects = projects
        self._runner = runner
        self._scheduler = scheduler
        self._sessions = sessions
        self._crash_guard = crash_guard
        self._dispatcher = dispatcher
        self._tasks = tasks
        self._enabled = enabled
        self._entering: set[bytes] = set()  #: sessions in which something is being accepted
        self._rests = Rests()
        self._is_shared = store.ownership.is_shared  #: other processes may serve the same sessions

    async def accept(self, endpoint: Endpoint, arrival: Arrival) -> Acceptance | Answered:
        """Accept an inbound, with its turn if that needs nothing else. Returns once it is durable."""
        ref = arrival.inbound.ref
        if not self._may_attempt(endpoint, arrival, ref.key):
            return await self._only_accept(arrival)
        self._entering.add(ref.key)
        try:
            session = await self._idle_session(endpoint, arrival)
            if session is None:
                return await self._only_accept(arrival)
            return await self._attempt(endpoint, arrival, session)
        except asyncio.CancelledError:
            self._tasks.spawn(self._take_up(ref))
            raise
        finally:
            self._entering.discard(ref.key)

    async def _attempt(
        self, endpoint: Endpoint, arrival: Arrival, session: IdleSession
    ) -> Acceptance | Answered:
        serving = self._projects.at_once(endpoint, session.state)
        if serving is None or serving.project.hooks.for_endpoint(endpoint).awaited_in_turns:
            return await self._only_accept(arrival)
        turn = self._new_turn(endpoint, arrival, session, serving)
        prepared = await self._compute(turn)
        node_ref = (endpoint.name, session.node)
        if prepared is None:
            self._rests.failed(node_ref)
            return await self._only_accept(arrival)
        if self._rests:
            self._rests.succeeded(node_ref)
        key = turn.ref.key
        guess = UNKNOWN if session is NEW_SESSION else key
        if self._is_shared and not self._scheduler.owns(key):
            prepared.segment.claim = self._dispatcher.claim(endpoint.name)
        result = await self._store.turns.accept_and_commit(arrival, prepared.segment)
        if not isinstance(result, Committed):
            if isinstance(result, Accepted):
                self._rests.failed(guess)
            return result
        if self._rests:
            self._rests.succeeded(guess)
        segment = prepared.segment
        test = arrival.inbound.test
        idle = IdleSession(segment.state, result.revision, session.next_seq + 1, segment.node, test)
        self._sessions.put(key, idle)
        return Answered(turn, prepared, result)

    def finish(self, answered: Answered) -> None:
        """Let all happen that follows the end of a turn, now that its message was announced."""
        self._runner.finish(answered.turn, answered.prepared, answered.committed)

    async def _only_accept(self, arrival: Arrival) -> Acceptance:
        (acceptance,) = await self._store.inbox.accept([arrival])
        return acceptance

    async def _take_up(self, ref: SessionRef) -> None:
        """Find what was stored for a caller who waits no longer: a turn to run, or deliveries to send."""
        await self._store.settled()
        self._scheduler.wake(ref)
        self._dispatcher.wake()

    def _may_attempt(self, endpoint: Endpoint, arrival: Arrival, key: bytes) -> bool:
        """Return whether the turn may be computed before its inbound is accepted, as far as is known here."""
        inbound, scheduler = arrival.inbound, self._scheduler
        return (
            self._enabled
            and scheduler.is_open
            and inbound.kind in KINDS
            and inbound.not_before is None
            and inbound.precondition is None
            and not arrival.reject_when_busy
            and not (endpoint.config.session.concurrency == "merge" and merges(endpoint, inbound))
            and key not in self._entering
            and (not self._is_shared or self._others_may_have_run or scheduler.owns(key))
            and not scheduler.has_worker(key)
            and not self._crash_guard.is_suspect(key)
        )

    @property
    def _others_may_have_run(self) -> bool:
        """Whether turns of any session run where their message came, so that no process knows for sure how it
        left one."""
        return self._is_shared and self._store.ownership.processes > 1

    async def _idle_session(self, endpoint: Endpoint, arrival: Arrival) -> IdleSession | None:
        """Return the session from which the turn may be computed; None: it is to be accepted only.

        One that is not in memory is taken for a new one. Where that was wrong of late it is read first.
        """
        ref = arrival.inbound.ref
        key = ref.key
        session = None if self._others_may_have_run else self._sessions.get(key)
        if session is None and (self._others_may_have_run or self._rests.skips(UNKNOWN)):
            session = await self._read(ref)
            if session is None:
                return None
        session = session or NEW_SESSION
        if session.is_new and arrival.must_exist:
            return None
        if self._rests and (self._rests.skips(key) or self._rests.skips((endpoint.name, session.node))):
            return None
        return session

    async def _read(self, ref: SessionRef) -> IdleSession | None:
        """Read from the store how a session was left, by whichever process; None: something waits in it."""
        found = await self._store.inbox.idle(ref)
        if found is None:
            return None
        return IdleSession(found.state, found.revision, found.next_seq, found.node, found.test)

    def _new_turn(
        self, endpoint: Endpoint, arrival: Arrival, session: IdleSession, serving: Serving
    ) -> RunningTurn:
        inbound = arrival.inbound
        inbound.seq = session.next_seq
        inbound.test = inbound.test or (session.test and inbound.kind is Kind.INJECT)
        return RunningTurn(
            inbound,
            endpoint,
            serving.project,
            serving.version,
            session.state,
            session.revision,
            [],
            None,
            self._clock.monotonic(),
            self._clock.now(),
            blind=blind_mode_in(session.state),
            snapshot=serving.snapshot,
            is_tentative=True,
        )

    async def _compute(self, turn: RunningTurn) -> PreparedSegment | None:
        """Run the turn, known to the crash guard. None when it cannot be stored in one piece."""
        key, seq, guard = turn.ref.key, turn.inbound.seq, self._crash_guard
        guard.begin(key, seq, turn.revision, note=turn.project.runs_plugin_code)
        try:
            return await self._runner.compute(turn)
        finally:
            guard.end(key, seq)


class Rests(dict[Hashable, tuple[int, int]]):
    """Bounds the work that is done in vain: after a failed attempt the next one of the same kind is left
    out, after another the next 2, then 4 … 64. A success ends that.

    Holds by kind the attempts to leave out, and of how many. Empty, as it is most of the time, it has nothing
    to say.
    """

    def skips(self, kind: Hashable) -> bool:
        """Return whether an attempt is to be left out; each time that it is counts."""
        left, length = self.get(kind, (0, 0))
        if left:
            self[kind] = (left - 1, length)
        return left > 0

    def failed(self, kind: Hashable) -> None:
        """Note that an attempt was in vain."""
        if len(self) >= REMEMBERED:
            self.clear()
        length = min(LONGEST_REST, 2 * self.get(kind, (0, 0))[1] or 1)
        self[kind] = (length, length)

    def succeeded(self, kind: Hashable) -> None:
        """Note that an attempt was worth it."""
        self.pop(kind, None)
