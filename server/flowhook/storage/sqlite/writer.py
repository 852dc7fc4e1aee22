"""The one that writes: many small transactions become one commit.

Jobs are plain functions on the connection. A batch begins after the first pass of the event loop that brought
no further job: it is as large as the load asks for, and nobody waits for a timer. Those that arrive while a
batch is being written form the next one. A quiet job, for which nobody waits, goes with the next batch, and
makes one of its own only when it has waited for a moment. All jobs of a batch share one COMMIT, and thereby
one flush to the disk; their waiters are told after it.

A job that fails before it wrote anything fails alone. When one fails after it wrote, the batch is
rolled back and run again with every job in a savepoint, so that the others are not touched.
When the disk or the file is to blame, the whole batch fails. When a COMMIT itself meets an I/O error,
nobody knows what is on the disk: the process has to stop, and what it had promised is read anew.

Between batches the writer does what a database needs now and then (:class:`Upkeep`).
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar, TypeVarTuple

from flowhook import failpoints
from flowhook.errors import StorageError
from flowhook.storage.outcomes import Failed, settle
from flowhook.storage.sqlite.connection import Connection

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

#: Told of each commit: how many jobs it held, and the seconds it took.
OnCommit = Callable[[int, float], None]

BATCH_LIMIT = 256
LINGER_SECONDS = 0.008  #: that a batch is put off for while each pass of the loop brings further jobs
QUIET_SECONDS = 0.02  #: that a quiet job waits for others, at most
REST_SECONDS = 5.0  #: after a batch, until nothing counts as being written
LOOK_SECONDS = 1.0  #: between two looks whether the file is still the one that is held

_UNKNOWN_AT_COMMIT = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_WHOLE_BATCH = _UNKNOWN_AT_COMMIT | {
    sqlite3.SQLITE_FULL,
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_NOMEM,
    sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_PROTOCOL,
    sqlite3.SQLITE_INTERRUPT,
}


@dataclass(slots=True, eq=False)
class _Job:
    """A job with its waiter."""

    future: asyncio.Future[Any]
    label: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    is_quiet: bool = False


class _FailedAfterWriting(Exception):
    """A job left a mess behind; the batch has to be run again with care."""


class Upkeep(Protocol):
    """What a database file needs beside its jobs. Everything runs on the connection's thread."""

    def check(self) -> None:
        """Raise StorageError when nothing more may be written."""

    def after_batch(self, db: sqlite3.Connection) -> None:
        """Called after each batch."""

    def at_rest(self, db: sqlite3.Connection) -> None:
        """Called when nothing was written for a while."""

    def now_and_then(self, db: sqlite3.Connection) -> None:
        """Called every few seconds while there is something to write."""

    def when_full(self, db: sqlite3.Connection) -> None:
        """Called when the disk was full."""


class Writer:
    """Runs jobs in the order of their submission. Belongs to the event loop that made it."""

    def __init__(
        self,
        connection: Connection,
        upkeep: Upkeep | None,
        fatal: Callable[[Exception], None],
        on_commit: OnCommit | None = None,
    ) -> None:
        self._connection = connection
        self._upkeep = upkeep
        self._fatal = fatal
        self._on_commit = on_commit
        self.trouble: StorageError | None = None  #: why the last batch as a whole could not be written
        self._loop = asyncio.get_running_loop()
        self._busy = False  #: a batch or a chore is under way, or about to begin
        self._lock = threading.Lock()  # guards the next four
        self._waiting: deque[_Job] = deque()
        self._chores: deque[tuple[asyncio.Future[Any], Callable[[sqlite3.Connection], Any]]] = deque()
        self._urgent = 0  #: jobs among those that wait which are not quiet
        self._overdue = False  #: the quiet ones have waited long enough
        self._alarm: asyncio.TimerHandle | None = None  #: rings for the quiet ones
        self._refuses: Exception | None = None
        self._look_at = 0.0  #: when to look at the file again
        self._settled_at = 0.0
        self._rest: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """Jobs that no batch has taken yet."""
        return len(self._waiting)

    def submit(
        self, label: str, job: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """Run ``job(connection, *args)`` in a transaction. The future is resolved when the commit
        is on the disk. Giving up waiting changes nothing: the job runs.

        ``label`` names the failpoints around the commit; "" for none. A job may be run twice if
        another one of its batch fails, the first run having left no trace in the database.
        """
        future: asyncio.Future[T] = self._loop.create_future()
        self._add(_Job(future, label, job, args))
        return future

    def submit_quietly(
        self, label: str, job: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        """As :meth:`submit`, for a job that may wait for others to share their commit: up to 20 ms. It keeps
        its place in the order of submission. In memory a commit costs nothing, and nothing waits."""
        future: asyncio.Future[T] = self._loop.create_future()
        is_quiet = self._upkeep is not None
        self._add(_Job(future, label, job, args, is_quiet))
        if is_quiet and self._alarm is None:
            self._alarm = self._loop.call_later(QUIET_SECONDS, self._ring)
        return future

    def _add(self, job: _Job) -> None:
        if self._refuses is not None:
            job.future.set_exception(self._refuses)
            return
        with self._lock:
            self._waiting.append(job)
            if job.is_quiet:
                return
            self._urgent += 1
        if not self._busy:
            self._linger()

    def _linger(self) -> None:
        """Let a batch begin once the loop has run all that is ready: more of it may want to be written. The
        larger a batch, the fewer pages are written and the seldomer two threads ask for the interpreter."""
        self._busy = True
        self._loop.call_soon(self._begin_or_linger, self._urgent, self._loop.time() + LINGER_SECONDS)

    def _begin_or_linger(self, known: int, latest: float) -> None:
        """``known``: the urgent jobs of the pass before; ``latest``: when to begin in any case."""
        urgent = self._urgent
        if urgent == known or self._loop.time() >= latest:
            self._connection.start(self._write_next)
        else:
            self._loop.call_soon(self._begin_or_linger, urgent, latest)

    def _start(self) -> None:
        """See to it that somebody takes what waits."""
        if not self._busy:
            self._busy = True
            self._connection.start(self._write_next)

    def _ring(self) -> None:
        """Let the quiet jobs that still wait have a batch of their own."""
        self._alarm = None
        with self._lock:
            self._overdue = bool(self._waiting)
        if self._overdue:
            self._start()

    def between(self, chore: Callable[[sqlite3.Connection], T]) -> asyncio.Future[T]:
        """Call ``chore(connection)`` between two batches, outside of transactions; it has to be short. The
        future is resolved with what it returns or raises."""
        future: asyncio.Future[T] = self._loop.create_future()
        if self._refuses is not None:
            future.set_exception(self._refuses)
            return future
        with self._lock:
            self._chores.append((future, chore))
        self._start()
        return future

    async def stop(self) -> None:
        """Take no more, finish what was handed in."""
        if self._refuses is None:
            self._refuses = StorageError("the database is closed")
        for timer in (self._rest, self._alarm):
            if timer is not None:
                timer.cancel()
        self._ring()
        while self._busy:
            await self._connection.run(_nothing)  # behind the batch that is being written

    @property
    def knows_what_is_kept(self) -> bool:
        """False after a commit whose fate is unknown: the file must be left as it is."""
        return not isinstance(self._refuses, CommitUnknown)

    # --- on the connection's thread -----------------------------------------------------------

    def _write_next(self, db: sqlite3.Connection) -> None:
        """Do a chore and write a batch, if there are any; the loop begins the next one."""
        self._do_chore(db)
        if batch := self._next_batch():
            self._write(db, batch)
        else:
            self._tell(self._begin_if_pending)

    def _do_chore(self, db: sqlite3.Connection) -> None:
        with self._lock:
            if not self._chores:
                return
            future, chore = self._chores.popleft()
        try:
            result = chore(db)
        except Exception as error:
            self._tell(settle, [future], [Failed(error)])
        else:
            self._tell(settle, [future], [result])

    def _write(self, db: sqlite3.Connection, batch: Sequence[_Job]) -> None:
        started = time.perf_counter()
        try:
            self._check_file(started)
            outcomes = self._perform(db, batch)
        except Exception as error:
            if isinstance(error, CommitUnknown):
                self._refuses = error
            self._tell(self._fail_batch, batch, error)
            if self._upkeep is not None and _primary_code(error) == sqlite3.SQLITE_FULL:
                self._upkeep.when_full(db)
        else:
            self._tell(self._settle_batch, batch, outcomes, time.perf_counter() - started)
            if self._upkeep is not None:
                self._upkeep.after_batch(db)

    def _check_file(self, now: float) -> None:
        if self._upkeep is not None and now >= self._look_at:
            self._upkeep.check()
            self._look_at = now + LOOK_SECONDS

    def _next_batch(self) -> list[_Job]:
        with self._lock:
            if not (self._urgent or (self._overdue and self._waiting)):
                return []
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_LIMIT))]
            self._urgent -= sum(not job.is_quiet for job in batch)
            self._overdue = self._overdue and bool(self._waiting)
            return batch

    def _perform(self, db: sqlite3.Connection, batch: Sequence[_Job]) -> list[Any]:
        if isinstance(self._refuses, CommitUnknown):
            raise self._refuses
        try:
            return _transaction(db, batch, _run_plainly)
        except _FailedAfterWriting:
            return _transaction(db, batch, _run_in_savepoint)

    def _keep_up(self, db: sqlite3.Connection, is_at_rest: bool) -> None:
        if self._upkeep is None or self._refuses is not None:
            return
        self._upkeep.now_and_then(db)
        if is_at_rest:
            self._upkeep.at_rest(db)

    def _tell(self, function: Callable[..., None], *args: Any) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it all who waited
            self._loop.call_soon_threadsafe(function, *args)

    # --- on the loop ---------------------------------------------------------------------------

    def _begin_if_pending(self) -> None:
        """After a batch: see to what was handed in meanwhile."""
        with self._lock:
            self._busy = bool(self._urgent or self._overdue or self._chores)
        if self._busy:
            self._linger()

    def _settle_batch(self, batch: Sequence[_Job], outcomes: Sequence[Any], seconds: float) -> None:
        settle((job.future for job in batch), outcomes)
        self.trouble = None
        self._begin_if_pending()
        if self._on_commit is not None:
            self._on_commit(len(batch), seconds)
        self._settled_at = self._loop.time()
        if self._rest is None:
            self._rest = self._loop.call_later(REST_SECONDS, self._look_at_rest)

    def _look_at_rest(self) -> None:
        """One timer for many batches: it rings again until nothing was written for a while."""
        self._rest = None
        is_at_rest = self._loop.time() - self._settled_at >= REST_SECONDS
        self._connection.start(lambda db: self._keep_up(db, is_at_rest))
        if not is_at_rest:
            self._rest = self._loop.call_later(REST_SECONDS, self._look_at_rest)

    def _fail_batch(self, batch: Sequence[_Job], error: Exception) -> None:
        if isinstance(error, CommitUnknown):
            self._fatal(error)
        reason = error if isinstance(error, StorageError) else explained(error)
        self.trouble = reason
        settle((job.future for job in batch), [Failed(reason)] * len(batch))
        self._begin_if_pending()


def _transaction(
    db: sqlite3.Connection, batch: Sequence[_Job], run: Callable[[sqlite3.Connection, _Job], Any]
) -> list[Any]:
    labels = {job.label for job in batch if job.label}
    if db.in_transaction:  # a rollback failed before; without it nothing can begin
        db.execute("ROLLBACK")
    db.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [run(db, job) for job in batch]
        for label in labels:
            failpoints.hit(f"{label}.before_commit")
        _commit(db)
    except BaseException:
        if db.in_transaction:  # SQLite has rolled back already after some errors
            db.execute("ROLLBACK")
        raise
    for label in labels:
        failpoints.hit(f"{label}.after_commit")
    return outcomes


def _commit(db: sqlite3.Connection) -> None:
    try:
        db.execute("COMMIT")
    except sqlite3.Error as error:
        if _primary_code(error) in _UNKNOWN_AT_COMMIT:
            raise CommitUnknown(f"the database could not say whether it kept a commit: {error}") from error
        raise


class CommitUnknown(StorageError):
    """A COMMIT met an I/O error: what is on the disk is unknown until the file is opened anew."""


def _run_plainly(db: sqlite3.Connection, job: _Job) -> Any:
    before = db.total_changes
    try:
        return job.function(db, *job.args)
    except Exception as error:
        if _fails_batch(error):
            raise
        if db.total_changes != before:
            raise _FailedAfterWriting from error
        return Failed(error)


def _run_in_savepoint(db: sqlite3.Connection, job: _Job) -> Any:
    db.execute("SAVEPOINT job")
    try:
        result = job.function(db, *job.args)
    except Exception as error:
        if _fails_batch(error):
            raise
        db.execute("ROLLBACK TO job")
        result = Failed(error)
    db.execute("RELEASE job")
    return result


def _nothing(db: sqlite3.Connection) -> None:
    """A job to wait for."""


def _primary_code(error: BaseException | None) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _fails_batch(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _WHOLE_BATCH


def is_damage(error: BaseException) -> bool:
    """Whether the file itself is broken."""
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _DAMAGE


def explained(error: Exception) -> StorageError:
    """The error of SQLite as one that people understand."""
    is_full = _primary_code(error) == sqlite3.SQLITE_FULL
    if is_damage(error):
        reason = StorageError(f"the database file is damaged: {error}")
    else:
        reason = StorageError("the disk is full" if is_full else f"the database refuses to write: {error}")
    reason.__cause__ = error
    return reason
