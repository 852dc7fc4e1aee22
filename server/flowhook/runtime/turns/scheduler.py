"""The turn scheduler: what waits in the inboxes is taken up, each session's in order.

Each session with a backlog has one worker, which takes its inbounds one at a time; sessions never wait
for each other. What happens to one inbound is in ``turn.py``.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Collection, Iterable, Mapping

from flowhook.model.log_action import LogAction
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.turns.session_worker import SessionWorker, WorkerContext
from flowhook.storage.records import Accepted

log = logging.getLogger("flowhook.turns")

ALONE_SECONDS = 2.0  #: that a suspect runs before the next one begins
ALL_ALONE_SECONDS = 10.0  #: and all of them before everything else begins


class TurnScheduler:
    """Gives a worker to every session with a backlog."""

    def __init__(self, context: WorkerContext) -> None:
        self._context = context
        self._workers: dict[bytes, SessionWorker] = {}
        self._one_by_one: dict[bytes, SessionRef] = {}  #: suspects of a cluster that have not had their turn
        self._running_suspects: asyncio.Task[None] | None = None
        self._recovered = False  #: turns run here; not where administration opened the storage alone
        self._is_open = False  #: suspects have had their turns: anything may run beside anything

    # --- coming in ------------------------------------------------------------------------------

    def arrived(self, accepted: Accepted) -> None:
        """Let an inbound that is in the inbox be taken by its session's worker, now or in its place."""
        inbound = accepted.inbound
        key = inbound.ref.key
        self._context.idle_sessions.drop(key)
        if not self._context.ownership.owns(key):
            return  # the store told its owner
        if self._context.endpoints.by_name(inbound.ref.endpoint) is None:
            return  # it stays in the inbox until its endpoint is configured again
        self._context.backlog.add(inbound.ref.endpoint)
        worker = self._workers.get(key)
        if worker is None:
            worker = self._workers[key] = SessionWorker(self._context, inbound.ref, self._ended, accepted)
            if not self._context.pauses.stopping:
                worker.start()
        worker.put(inbound)

    async def recover(self) -> int:
        """Take up every session whose inbox is not empty, after a start. Returns how many."""
        self._recovered = True
        sessions = await self._context.inbox.sessions_with_backlog()
        await self._run_suspects({ref.key: ref for ref in sessions})
        self._take_up_all(sessions)
        self._is_open = True
        return len(sessions)

    async def retry_held_back(self) -> None:
        """Let inbounds try that were kept back: the flows were replaced."""
        for ref in await self._context.inbox.sessions_with_backlog():
            self._take_up(ref)

    async def look(self) -> None:
        """Take up what another process put into the inboxes of sessions that are this one's."""
        if not self._is_open or self._context.pauses.stopping:
            return
        guard = self._context.crash_guard
        suspects = set(guard.suspects)
        sessions = await self._context.inbox.sessions_with_backlog()
        self._take_up_all(sessions)
        for key in suspects.difference(ref.key for ref in sessions):
            if key not in self._workers and self.owns(key):
                guard.acquit(key)  # nothing waits in it any more

    def suspect(self, sessions: Collection[bytes], is_wary: bool) -> None:
        """Take the sessions of this process, by their keys, in which a turn may have ended another one."""
        self._context.crash_guard.suspect(sessions, is_wary)

    def wake(self, ref: SessionRef) -> None:
        """Let what was kept back have its turn: the session was changed by hand."""
        if self._recovered and not self._context.pauses.stopping:
            self._take_up(ref)

    def forget_idle(self) -> None:
        """Drop what is in memory of idle sessions: something was erased from the store."""
        self._context.idle_sessions.clear()

    def _take_up_all(self, sessions: Iterable[SessionRef]) -> None:
        """Take up what waits, in any session; suspects one after the other."""
        suspects = self._context.crash_guard.suspects
        for ref in sessions:
            worker = self._workers.get(ref.key)
            if worker is not None:
                worker.look_again()
            elif ref.key in suspects and self.owns(ref.key):
                self._one_by_one[ref.key] = ref
            else:
                self._take_up(ref)
        if self._one_by_one and self._running_suspects is None:
            self._running_suspects = asyncio.create_task(self._run_one_by_one())

    async def _run_one_by_one(self) -> None:
        """Run the next turns of suspects of a cluster, each without another one beside it, so that the next
        death is that of one turn; not for ever."""
        log.warning(
            "a process died while %d sessions had something to do; their turns run one after the other",
            len(self._one_by_one),
            extra={"action": LogAction.SUSPECT},
        )
        try:
            patience = ALL_ALONE_SECONDS
            while self._one_by_one:
                ref = self._one_by_one.pop(next(iter(self._one_by_one)))
                worker = self._take_up(ref, once=True)
                if worker is None or worker.task is None:
                    continue
                patience = await _run_alone(worker, worker.task, patience)
                self._take_up(ref)  # or it is over, and the rest has a worker of its own
        finally:
            self._running_suspects = None

    def _take_up(self, ref: SessionRef, *, once: bool = False) -> SessionWorker | None:
        if ref.key in self._workers or not self.owns(ref.key):
            return None
        if self._context.endpoints.by_name(ref.endpoint) is None:
            return None
        worker = self._workers[ref.key] = SessionWorker(self._context, ref, self._ended)
        worker.start(once=once)
        return worker

    def _ended(self, worker: SessionWorker) -> None:
        self._workers.pop(worker.session.key, None)
        if worker.idle is not None:
            self._context.idle_sessions.put(worker.session.key, worker.idle)

    async def _run_suspects(self, waiting: Mapping[bytes, SessionRef]) -> None:
        """Run what ran when the process died first, one turn at a time, nothing beside it."""
        guard = self._context.crash_guard
        patience = ALL_ALONE_SECONDS
        for suspect in guard.open():
            ref = waiting.get(suspect.session)
            worker = self._take_up(ref, once=True) if ref is not None else None
            if worker is None or worker.task is None:
                guard.is_not_waiting(suspect)
                continue
            log.warning(
                "the process died during a turn of session %s (death %d); it runs alone",
                worker.session.session_id,
                suspect.deaths,
                extra={"action": LogAction.SUSPECT},
            )
            patience = await _run_alone(worker, worker.task, patience)
            if worker.task.done():
                guard.end(suspect.session, suspect.seq)

    # --- the end --------------------------------------------------------------------------------

    def begin_to_stop(self) -> None:
        """Start no new turns, cut those that pause, and let go who waits for an outcome."""
        self._context.pauses.stop()
        self._context.outcomes.release()

    async def stop(self, seconds: float) -> None:
        """Give the turns that run so long to end; any of them may be cut."""
        self.begin_to_stop()
        if self._running_suspects is not None:
            self._running_suspects.cancel()
        tasks = [worker.task for worker in self._workers.values() if worker.task is not None]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=seconds)
            for task in late:
                task.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        self._context.crash_guard.close()

    # --- what others see --------------------------------------------------------------------------

    @property
    def runs_here(self) -> bool:
        """Whether turns run in this process: not where administration opened the storage alone."""
        return self._recovered

    @property
    def is_open(self) -> bool:
        """Whether turns may run without a worker: recovery is over, and no stop has begun."""
        return self._is_open and not self._context.pauses.stopping

    def owns(self, key: bytes) -> bool:
        """Return whether the turns of a session, by its key, run in this process."""
        return self._context.ownership.owns(key)

    def has_worker(self, key: bytes) -> bool:
        """Return whether a session, by its key, has inbounds that wait or run here."""
        return key in self._workers

    @property
    def backlog(self) -> int:
        """Inbounds in memory that wait or run, over all sessions."""
        return self._context.backlog.total

    @property
    def pauses(self) -> int:
        """Turns that wait for nothing but the clock."""
        return self._context.pauses.count

    @property
    def resting(self) -> bool:
        """No turn moves: each has ended or waits for the clock. For tests that move it."""
        return len(self._workers) == self.pauses


async def _run_alone(worker: SessionWorker, task: asyncio.Task[None], patience: float) -> float:
    """Wait for the turn of a suspect, beside which nothing runs, for ``patience`` seconds at most. Return how
    many are left for the next ones."""
    started = time.monotonic()
    await asyncio.wait((task,), timeout=min(ALONE_SECONDS, patience))
    if not task.done():
        worker.once = False  # it takes its time: the rest of its session follows it
    return max(0.0, patience - (time.monotonic() - started))
