"""Turns: what waits in the inboxes is taken up, each session's in order.

Each session with a backlog has one runner, which takes its inbounds one at a time; sessions never wait
for each other. What happens to one inbound is in ``runtime/turn.py``.
"""

from __future__ import annotations

import asyncio
import heapq
import itertools
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from flowhook.engine.turn.task_waits import first_admitted
from flowhook.errors import StorageError
from flowhook.model.inbound import Inbound
from flowhook.model.log_action import LogAction
from flowhook.model.output import Output
from flowhook.model.session import Session
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.observe.crash_guard import CrashGuard
from flowhook.runtime.turns.turn import TurnRunner
from flowhook.storage import database_file
from flowhook.storage.records import Accepted, Committed, Stale

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

log = logging.getLogger("flowhook.turns")

PROFILES = 10_000  #: profiles kept in memory
ALONE_SECONDS = 2.0  #: that a suspect runs before the next one begins
ALL_ALONE_SECONDS = 10.0  #: and all of them before everything else begins
POISON_TRIES = 3  #: times a turn may break, by a mistake of ours, before its inbound is given up


class TurnScheduler:
    """Runs the turns of all sessions."""

    def __init__(self, services: Application) -> None:
        self.services = services
        self.backlog = 0  #: inbounds accepted and not finished, over all sessions
        self._runners: dict[bytes, SessionWorker] = {}
        self._known: set[str] = set()  #: trace ids of inbounds that wait or run here
        self._running: set[str] = set()
        self._skipped: set[str] = set()
        self._waiters: dict[str, list[asyncio.Future[dict[str, Any] | None]]] = {}
        self._profiles: dict[str, dict[str, Any]] = {}
        self.pauses = 0  #: turns that wait for the clock
        self._alive = False  #: turns run here; not where administration opened the storage alone
        self._stopping = asyncio.Event()
        database = database_file(services.config.storage, services.config.root)
        self.suspects = CrashGuard(database and database.with_name(database.name + ".inflight"))

    # --- coming in ------------------------------------------------------------------------------

    def arrived(self, accepted: Accepted) -> None:
        """An inbound is in the inbox: its session's runner takes it, now or in its place."""
        key = accepted.inbound.ref.key
        if self.services.endpoints.by_name(accepted.inbound.ref.endpoint) is None:
            return  # it stays in the inbox until its endpoint is configured again
        self.backlog += 1
        runner = self._runners.get(key)
        if runner is None:
            runner = self._runners[key] = SessionWorker(self, accepted)
            if not self.stopping:
                runner.begin()
        runner.put(accepted.inbound)

    async def recover(self) -> int:
        """After a start: take up every session whose inbox is not empty. Answers how many."""
        self._alive = True
        sessions = await self.services.store.inbox.sessions_with_backlog()
        await self._run_suspects({session.key: session for session in sessions})
        for session in sessions:
            self._take_up(session)
        return len(sessions)

    def _take_up(self, session: SessionRef, *, once: bool = False) -> SessionWorker | None:
        if session.key in self._runners or self.services.endpoints.by_name(session.endpoint) is None:
            return None
        runner = self._runners[session.key] = SessionWorker(self, None, session)
        runner.begin(once=once)
        return runner

    async def _run_suspects(self, waiting: Mapping[bytes, SessionRef]) -> None:
        """What ran when the process died goes first, one turn at a time, nothing beside it."""
        patience = ALL_ALONE_SECONDS
        for suspect in self.suspects.open():
            session = waiting.get(suspect.session)
            runner = self._take_up(session, once=True) if session is not None else None
            if runner is None or runner.task is None:
                self.suspects.end(suspect.session, suspect.seq)  # it was done, or cannot run
                continue
            log.warning(
                "the process died during a turn of session %s (death %d); it runs alone",
                runner.session_id.session_id,
                suspect.deaths,
                extra={"action": LogAction.SUSPECT},
            )
            started = time.monotonic()
            await asyncio.wait((runner.task,), timeout=min(ALONE_SECONDS, patience))
            patience = max(0.0, patience - (time.monotonic() - started))
            if runner.task.done():
                self.suspects.end(suspect.session, suspect.seq)
            else:
                runner.once = False  # it takes its time: the rest of its session follows it

    def begin_to_stop(self) -> None:
        """Start no new turns, cut those that pause, and let go who waits for an outcome."""
        self._stopping.set()
        for waiters in self._waiters.values():
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    async def stop(self, seconds: float) -> None:
        """Give the turns that run so long to end; any of them may be cut."""
        self.begin_to_stop()
        tasks = [runner.task for runner in self._runners.values() if runner.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self.suspects.close()

    @property
    def stopping(self) -> bool:
        """No new turn begins."""
        return self._stopping.is_set()

    async def rest(self, seconds: float) -> None:
        """A pause in a turn. The stop of the server cuts it: the next start takes the turn up there."""
        resting = asyncio.ensure_future(self.services.clock.sleep(seconds))
        stopping = asyncio.ensure_future(self._stopping.wait())
        try:
            with self.pausing():
                await asyncio.wait((resting, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not resting.done():
                raise asyncio.CancelledError
        finally:
            resting.cancel()
            stopping.cancel()

    @contextmanager
    def pausing(self) -> Iterator[None]:
        """A turn waits for nothing but the clock."""
        self.pauses += 1
        try:
            yield
        finally:
            self.pauses -= 1

    @property
    def resting(self) -> bool:
        """No turn moves: each has ended or waits for the clock. For tests that move it."""
        return len(self._runners) == self.pauses

    def left(self, inbounds: Sequence[Inbound]) -> None:
        """A runner ends before these had their turn: they wait in the store."""
        self.backlog -= len(inbounds)
        self._known.difference_update(inbound.trace_id for inbound in inbounds)

    async def look_again(self) -> None:
        """What kept inbounds back may be gone, since the flows were replaced: let them try."""
        for session in await self.services.store.inbox.sessions_with_backlog():
            self._take_up(session)

    def wake(self, session: SessionRef) -> None:
        """The session was changed by hand: what was kept back may have its turn now."""
        if self._alive and not self.stopping:
            self._take_up(session)

    def ended(self, runner: SessionWorker) -> None:
        """The inbox of a session is empty."""
        self._runners.pop(runner.session_id.key, None)

    # --- receipts -------------------------------------------------------------------------------

    def is_running(self, trace_id: str) -> bool:
        """Whether the turn of this inbound has begun and not ended."""
        return trace_id in self._running

    def is_known(self, trace_id: str) -> bool:
        """Whether this inbound waits or runs here; else it is in the store only."""
        return trace_id in self._known

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
        waiter: asyncio.Future[dict[str, Any] | None] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(trace_id, [])
        waiters.append(waiter)
        try:
            receipt = None if trace_id in self._known else await self.services.store.receipts.find(trace_id)
            if receipt is not None and receipt.status in ("done", "failed", "discarded"):
                return {"status": receipt.status, "outputs": receipt.said}
            return None if self.stopping else await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            return None
        finally:
            waiters.remove(waiter)
            if not waiters and self._waiters.get(trace_id) is waiters:
                del self._waiters[trace_id]

    def waits(self, inbound: Inbound) -> None:
        """It is in a runner's queue."""
        self._known.add(inbound.trace_id)

    def begun(self, inbound: Inbound) -> None:
        """For receipts and cancellation."""
        self._running.add(inbound.trace_id)

    def finished(self, inbound: Inbound, status: str | None, outputs: list[Output]) -> None:
        """For receipts and for those who wait. Without a status the turn was cut and goes on later."""
        self._running.discard(inbound.trace_id)
        self._known.discard(inbound.trace_id)
        self.backlog -= 1
        if waiters := self._waiters.pop(inbound.trace_id, None):
            said = [output.to_json() for output in outputs]
            outcome = None if status is None else {"status": status, "outputs": said}
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(outcome)

    # --- profiles: read often, changed seldom, all changes go through here -----------------------

    async def profile(self, user_id: str) -> dict[str, Any]:
        """What is kept of a user. Do not change it."""
        profile = self._profiles.get(user_id)
        if profile is None:
            if len(self._profiles) >= PROFILES:
                self._profiles.clear()
            profile = self._profiles[user_id] = await self.services.store.profiles.get(user_id)
        return profile

    def forget_profile(self, user_id: str) -> None:
        """It changed in the store."""
        self._profiles.pop(user_id, None)


class SessionWorker:
    """Takes the inbounds of one session in order, as long as there are any."""

    def __init__(
        self, turns: TurnScheduler, accepted: Accepted | None, session: SessionRef | None = None
    ) -> None:
        self.turns = turns
        self.services = turns.services
        self.task: asyncio.Task[None] | None = None
        self.once = False
        self._queue: list[tuple[int, Inbound]] = []
        self._taken = 0  #: the place in the inbox of the inbound that was taken last
        if accepted is not None:
            self.session_id = accepted.inbound.ref
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

    def begin(self, *, once: bool = False) -> None:
        """Run as a task of its own; ``once``: one turn, and no more unless that is taken back."""
        self.once = once
        self.task = asyncio.create_task(self._run())

    def put(self, inbound: Inbound) -> None:
        """Another inbound of this session was accepted."""
        if inbound.seq <= self._taken or any(seq == inbound.seq for seq, _ in self._queue):
            self.turns.backlog -= 1  # it was read from the store before it was announced
        else:
            heapq.heappush(self._queue, (inbound.seq, inbound))
            self.turns.waits(inbound)

    async def _run(self) -> None:
        try:
            if not self._complete:
                await self._reload()
            while not self.turns.stopping and (inbound := self._next()) is not None:
                await self._take(inbound)
                if self.once:
                    break
        except asyncio.CancelledError:
            raise
        except Exception:
            # The inbox still holds what is not done: the next arrival or the next start takes it up.
            log.exception("session worker stopped", extra={"action": LogAction.WORKER_FAILED})
        finally:
            self.turns.left([inbound for _, inbound in self._queue])
            self.turns.ended(self)

    def _next(self) -> Inbound | None:
        """Which inbound is to be taken: the oldest, unless the session waits for a task that has to be over
        before anything is said. None when there is none, or none that may be taken now."""
        if not self._queue:
            return None
        state = self._state
        if state is None or not (b'"tasks"' in state or b'"running"' in state):
            return heapq.heappop(self._queue)[1]
        queued = [inbound for _, inbound in sorted(self._queue, key=lambda one: one[0])]
        session = Session.from_json(from_json(state))
        chosen = first_admitted(session, self.services.project.library, queued)
        if chosen is not None:
            self._queue = [(one.seq, one) for one in queued if one is not chosen]
        return chosen

    async def _reload(self) -> None:
        """Read state and inbox anew: the store knows best."""
        announced, self._queue = self._queue, []
        self._state, self._revision, inbounds = await self.services.store.inbox.backlog(self.session_id)
        meanwhile, self._queue = self._queue, [(inbound.seq, inbound) for inbound in inbounds]
        self.turns.backlog += len(self._queue) - len(announced) - len(meanwhile)
        self._complete = True
        for inbound in inbounds:
            self.turns.waits(inbound)
        newest = inbounds[-1].seq if inbounds else 0
        for seq, inbound in meanwhile:
            if seq > newest:  # accepted after what was read
                self.turns.backlog += 1
                heapq.heappush(self._queue, (seq, inbound))

    async def _take(self, inbound: Inbound) -> None:
        self._taken = max(self._taken, inbound.seq)
        if self.turns.is_skipped(inbound.trace_id):
            self.turns.finished(inbound, "discarded", [])
            return
        self.turns.begun(inbound)
        status: str | None = None
        said: list[Output] = []
        try:
            status = await self._watched(inbound, said)
        finally:
            self.turns.finished(inbound, status, said)

    async def _watched(self, inbound: Inbound, said: list[Output]) -> str:
        """A turn that may kill the process is noted while it runs."""
        endpoint = self.services.endpoints.by_name(inbound.ref.endpoint)
        if endpoint is None or not self.services.project.runs_plugins(endpoint):
            return await self._turn(inbound, said)
        key, suspects = self.session_id.key, self.turns.suspects
        if not suspects.is_hopeless(key, inbound.seq):
            suspects.begin(key, inbound.seq, self._revision)
        try:
            return await self._turn(inbound, said)
        finally:
            suspects.end(key, inbound.seq)

    async def _turn(self, inbound: Inbound, said: list[Output]) -> str:
        """Try until it ended one way or the other: nothing that was accepted is dropped in silence.

        What is said, and stays said, is added to ``said``.
        """
        failures: list[Exception] = []
        for attempt in itertools.count():
            try:
                if attempt and not await self._look_again(inbound):
                    return "discarded"
                turn = TurnRunner(self, inbound, self._state, self._revision, said)
                if len(failures) == POISON_TRIES:
                    return await turn.poisoned(failures[-1])
                if self.turns.suspects.is_hopeless(self.session_id.key, inbound.seq):
                    return await turn.given_up()
                return await turn.run()
            except Stale:
                # Somebody patched the session meanwhile: what was computed is thrown away.
                pass
            except StorageError as error:
                log.error("store refused the write: %s", error, extra={"action": LogAction.TURN_DELAYED})
                await self.turns.rest(min(30.0, 0.5 * 2 ** min(attempt, 6)))
            except Exception as error:
                log.exception(
                    "turn raised", extra={"action": LogAction.TURN_RAISED, "traceId": inbound.trace_id}
                )
                failures.append(error)
                if len(failures) > POISON_TRIES:
                    raise
        raise AssertionError("unreachable")

    async def _look_again(self, inbound: Inbound) -> bool:
        """Read the session anew. Answers whether the inbound still waits."""
        self._state, self._revision, waiting = await self.services.store.inbox.backlog(self.session_id)
        return any(other.seq == inbound.seq for other in waiting)

    def committed(self, state: bytes | None, committed: Committed) -> None:
        """A segment is durable: this is where the next one starts from."""
        if state is not None:
            self._state = state
        self._revision = committed.revision
