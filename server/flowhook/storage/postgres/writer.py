"""Group commit: the jobs that arrive while a batch is written form the next batch, in one transaction.

A job is a coroutine on the connection. One that names its session shares a transaction with jobs of other
sessions: a batch has one job of a session, sorted by session, and locks all their rows first, in that order,
so that two processes cannot wait for each other; what a job reads then is what is committed. A job without a
session runs in a transaction of its own, in its place of the queue. Jobs of a kind that was written for it
are done by the same statements, however many they are: their rows are arrays, taken apart by ``unnest``.

A job that is refused before it wrote anything (:class:`Stale`) fails alone. When one fails otherwise the
batch is rolled back and its jobs run one by one. When the connection is lost at a COMMIT nobody knows what
was kept: all who wait are told so (:class:`OutcomeUnknown`), and the store's listener looks into the
database.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

import asyncpg

from flowhook import failpoints
from flowhook.errors import StorageError
from flowhook.storage.outcomes import Failed, settle
from flowhook.storage.postgres.connection import Connection, close
from flowhook.storage.postgres.errors import OutcomeUnknown, explained, fails_all, is_contended, is_lost
from flowhook.storage.postgres.locking import lock_sessions
from flowhook.storage.records import Stale

T = TypeVar("T")
A = TypeVar("A")
Ts = TypeVarTuple("Ts")

OnCommit = Callable[[int, float], None]

BATCH_LIMIT = 64
LOOK_AHEAD = 256  #: jobs that are looked at for a batch
QUIET_SECONDS = 0.02  #: that a quiet job waits for others, at most
BATCH_SECONDS = 15.0  #: for a batch as a whole
TRIES = 5  #: of what met a deadlock or a lock that was held for too long


@dataclass(slots=True, eq=False)
class _Job:
    future: asyncio.Future[Any]
    label: str
    function: Callable[..., Awaitable[Any]]
    args: tuple[Any, ...]
    key: bytes | None = None
    is_quiet: bool = False
    together: bool = False  #: the job takes the arguments of all of a batch


class _RunOneByOne(Exception):
    """A job of the batch failed after it may have written."""


class Writer:
    """Runs jobs in the order of their submission. Belongs to the event loop that made it."""

    def __init__(
        self,
        connect: Callable[[], Awaitable[Connection]],
        on_commit: OnCommit | None = None,
        on_unknown: Callable[[], None] = lambda: None,
    ) -> None:
        self._connect = connect
        self._on_commit = on_commit
        self._on_unknown = on_unknown
        self.trouble: StorageError | None = None  #: why the last batch as a whole could not be written
        self._loop = asyncio.get_running_loop()
        self._db: Connection | None = None
        self._waiting: deque[_Job] = deque()
        self._urgent = 0  #: jobs among those that wait which are not quiet
        self._overdue = False  #: the quiet ones have waited long enough
        self._alarm: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def waiting(self) -> int:
        """Jobs that no batch has taken yet."""
        return len(self._waiting)

    def submit(
        self,
        label: str,
        job: Callable[[Connection, *Ts], Awaitable[T]],
        *args: *Ts,
        key: bytes | None = None,
    ) -> asyncio.Future[T]:
        """Run ``job(connection, *args)`` in a transaction. The future is resolved when the commit is durable.
        Giving up waiting changes nothing: the job runs. It may be run twice, the first run having left no
        trace in the database. ``key``: of the one session that it is about."""
        return self._add(_Job(self._loop.create_future(), label, job, args, key))

    def submit_together(
        self,
        label: str,
        job: Callable[[Connection, Sequence[A]], Awaitable[Sequence[Any]]],
        argument: A,
        *,
        key: bytes,
        is_quiet: bool = False,
    ) -> asyncio.Future[Any]:
        """As :meth:`submit`, for a job that does all of a batch at once: it is awaited with the arguments of
        all that were handed in with it, of one session each, and returns a result or a :class:`Stale` for
        each. ``is_quiet``: it may wait for others to share their commit, up to 20 ms."""
        future = self._add(
            _Job(self._loop.create_future(), label, job, (argument,), key, is_quiet, together=True)
        )
        if not is_quiet:
            return future
        if self._alarm is None:
            self._alarm = self._loop.call_later(QUIET_SECONDS, self._ring)
        return future

    def _add(self, job: _Job) -> asyncio.Future[Any]:
        if self._is_closed:
            job.future.set_exception(StorageError("the database is closed"))
            return job.future
        self._waiting.append(job)
        if not job.is_quiet:
            self._urgent += 1
            self._start()
        return job.future

    def _start(self) -> None:
        if self._task is None:
            self._task = self._loop.create_task(self._drain())

    def _ring(self) -> None:
        self._alarm = None
        self._overdue = bool(self._waiting)
        if self._overdue:
            self._start()

    async def stop(self) -> None:
        """Take no more, finish what was handed in, disconnect."""
        self._is_closed = True
        if self._alarm is not None:
            self._alarm.cancel()
        self._ring()
        if self._task is not None:
            await asyncio.wait([self._task])
        if self._db is not None:
            await close(self._db)
            self._db = None

    async def _drain(self) -> None:
        try:
            while batch := self._next_batch():
                await self._write(batch)
        finally:
            self._task = None

    def _next_batch(self) -> list[_Job]:
        if not (self._urgent or self._overdue):
            return []
        self._overdue = False
        if not self._waiting:
            return []
        is_alone = self._waiting[0].key is None
        batch = [self._waiting.popleft()] if is_alone else self._one_of_each_session()
        self._urgent -= sum(not job.is_quiet for job in batch)
        self._overdue = any(job.is_quiet for job in self._waiting)
        return batch

    def _one_of_each_session(self) -> list[_Job]:
        chosen: dict[bytes, _Job] = {}
        passed: list[_Job] = []
        for _ in range(min(len(self._waiting), LOOK_AHEAD)):
            if len(chosen) == BATCH_LIMIT or (key := self._waiting[0].key) is None:
                break
            job = self._waiting.popleft()
            if key in chosen:
                passed.append(job)
            else:
                chosen[key] = job
        self._waiting.extendleft(reversed(passed))
        return [chosen[key] for key in sorted(chosen)]

    async def _write(self, batch: Sequence[_Job]) -> None:
        started = time.perf_counter()
        try:
            outcomes = await self._perform(batch)
        except Exception as error:
            reason = self.trouble = explained(error)
            settle((job.future for job in batch), [Failed(reason)] * len(batch))
            if isinstance(error, OutcomeUnknown):
                self._on_unknown()
        except BaseException:
            self._release()
            closed = Failed(StorageError("the database is closed"))
            settle((job.future for job in batch), [closed] * len(batch))
            raise
        else:
            self.trouble = None
            settle((job.future for job in batch), outcomes)
            if self._on_commit is not None:
                self._on_commit(len(batch), time.perf_counter() - started)

    async def _perform(self, batch: Sequence[_Job]) -> list[Any]:
        """What became of each job. Raises what is to blame on the database."""
        try:
            return await self._try(batch)
        except _RunOneByOne as error:
            if len(batch) == 1 and not is_contended(error.__cause__ or error):
                return [Failed(_for_people(error.__cause__))]
        outcomes: list[Any] = []
        for job in batch:
            outcomes.append(await self._alone(job))
        return outcomes

    async def _alone(self, job: _Job) -> Any:
        for number in range(TRIES):
            try:
                (outcome,) = await self._try([job])
            except _RunOneByOne as error:
                if number + 1 < TRIES and is_contended(error.__cause__ or error):
                    await asyncio.sleep(0.01 * 2**number)
                    continue
                return Failed(_for_people(error.__cause__))
            return outcome
        raise AssertionError("unreachable")

    async def _try(self, batch: Sequence[_Job]) -> list[Any]:
        """One transaction, on a connection that lives: one that was found dead at BEGIN is replaced."""
        db = await self._connected()
        try:
            async with asyncio.timeout(BATCH_SECONDS):
                try:
                    await db.raw.execute("BEGIN")
                except Exception as error:
                    if not is_lost(error):
                        raise
                    self._release()
                    db = await self._connected()
                    await db.raw.execute("BEGIN")
                outcomes = await self._run(db, batch)
                await self._commit(db, batch)
        except BaseException as error:
            if is_lost(error) or isinstance(error, OutcomeUnknown):
                self._release()
            elif db.raw.is_in_transaction():
                await self._roll_back(db)
            raise
        return outcomes

    async def _connected(self) -> Connection:
        if self._db is None or self._db.raw.is_closed():
            self._db = await self._connect()
        return self._db

    def _release(self) -> None:
        if self._db is not None:
            self._db.raw.terminate()
            self._db = None

    async def _roll_back(self, db: Connection) -> None:
        try:
            await db.raw.execute("ROLLBACK")
        except Exception:
            self._release()

    async def _run(self, db: Connection, batch: Sequence[_Job]) -> list[Any]:
        outcomes: list[Any] = [None] * len(batch)
        try:
            await lock_sessions(db, [job.key for job in batch if job.key is not None])
            together: dict[Callable[..., Awaitable[Any]], list[int]] = {}
            for place, job in enumerate(batch):
                if job.together:
                    together.setdefault(job.function, []).append(place)
                    continue
                try:
                    outcomes[place] = await job.function(db, *job.args)
                except Stale as error:
                    outcomes[place] = Failed(error)
            for function, places in together.items():
                results = await function(db, [batch[place].args[0] for place in places])
                for place, result in zip(places, results, strict=True):
                    outcomes[place] = Failed(result) if isinstance(result, Stale) else result
        except Exception as error:
            if fails_all(error):
                raise
            raise _RunOneByOne from error
        return outcomes

    async def _commit(self, db: Connection, batch: Sequence[_Job]) -> None:
        labels = {job.label for job in batch if job.label}
        for label in labels:
            failpoints.hit(f"{label}.before_commit")
        try:
            await db.raw.execute("COMMIT")
        except Exception as error:
            if is_lost(error):
                raise OutcomeUnknown("the database could not say whether it kept a commit") from error
            raise
        for label in labels:
            failpoints.hit(f"{label}.after_commit")


def _for_people(error: BaseException | None) -> Exception:
    if isinstance(error, asyncpg.PostgresError):
        return explained(error)
    assert isinstance(error, Exception)
    return error
