"""The one that writes: many small transactions become one commit.

Jobs are plain functions on the connection. Those that arrive while a batch is being written form the
next batch, so a batch is as large as the load asks for and nobody waits for a timer. All jobs of a
batch share one COMMIT, and thereby one flush to the disk; their waiters are told after it.

A job that fails before it wrote anything fails alone. When one fails after it wrote, the batch is
rolled back and run again with every job in a savepoint, so that the others are not touched.
When the disk or the file is to blame, the whole batch fails. When a COMMIT itself meets an I/O error,
nobody knows what is on the disk: the process has to stop, and what it had promised is read anew.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar, TypeVarTuple

from flowhook import failpoints
from flowhook.errors import StorageError
from flowhook.storage.sqlite.connection import LOG_BYTES, MEMORY, Connection

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

#: Told of each commit: how many jobs it held, and the seconds it took.
OnCommit = Callable[[int, float], None]

BATCH_LIMIT = 256
#: Seldom: a page that was written many times is copied into the file once.
CHECKPOINT_BYTES = LOG_BYTES
CHECKPOINT_AGAIN = LOG_BYTES // 2  #: growth after a checkpoint that a reader kept from finishing

_UNKNOWN_AT_COMMIT = {sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
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
class _Entry:
    """A job with its waiter."""

    future: asyncio.Future[Any]
    label: str
    job: Callable[..., Any]
    args: tuple[Any, ...]


@dataclass(slots=True)
class _Failed:
    """Takes a result's place."""

    error: Exception


class _FailedAfterWriting(Exception):
    """A job left a mess behind; the batch has to be run again with care."""


class Writer:
    """Runs jobs in the order of their submission. Belongs to the event loop that made it."""

    def __init__(
        self,
        connection: Connection,
        path: str,
        fatal: Callable[[Exception], None],
        on_commit: OnCommit | None = None,
    ) -> None:
        self._connection = connection
        self._log = None if path == MEMORY else f"{path}-wal"
        self._fatal = fatal
        self._on_commit = on_commit
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()  # guards the next two
        self._waiting: deque[_Entry] = deque()
        self._busy = False
        self._refuses: Exception | None = None
        self._checkpoint_at = CHECKPOINT_BYTES

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
        if self._refuses is not None:
            future.set_exception(self._refuses)
            return future
        entry = _Entry(future, label, job, args)
        with self._lock:
            self._waiting.append(entry)
            starts = not self._busy
            self._busy = True
        if starts:
            self._connection.start(self._drain)
        return future

    async def stop(self) -> None:
        """Take no more, finish what was handed in."""
        if self._refuses is None:
            self._refuses = StorageError("the database is closed")
        await self._connection.run(_nothing)  # behind all batches

    async def empty_log(self) -> None:
        """Move the whole log into the file. Nobody may be reading."""
        await self._connection.run(self._empty_log)

    # --- on the connection's thread -----------------------------------------------------------

    def _drain(self, db: sqlite3.Connection) -> None:
        while batch := self._next_batch():
            started = time.perf_counter()
            try:
                outcomes = self._perform(db, batch)
            except Exception as error:
                if isinstance(error, CommitUnknown):
                    self._refuses = error
                self._tell(self._fail_batch, batch, error)
            else:
                self._tell(self._settle_batch, batch, outcomes, time.perf_counter() - started)
                self._checkpoint_when_long(db)

    def _next_batch(self) -> list[_Entry]:
        with self._lock:
            batch = [self._waiting.popleft() for _ in range(min(len(self._waiting), BATCH_LIMIT))]
            if not batch:
                self._busy = False
            return batch

    def _perform(self, db: sqlite3.Connection, batch: Sequence[_Entry]) -> list[Any]:
        if isinstance(self._refuses, CommitUnknown):
            raise self._refuses
        try:
            return _transaction(db, batch, _run_plainly)
        except _FailedAfterWriting:
            return _transaction(db, batch, _run_in_savepoint)

    def _checkpoint_when_long(self, db: sqlite3.Connection) -> None:
        if self._log is None:
            return
        try:
            size = os.stat(self._log).st_size
            if size <= self._checkpoint_at:
                return
            failpoints.hit("checkpoint")
            _, frames, moved = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except (OSError, sqlite3.Error):
            return  # the log is as good a place as the file; the next batch tries again
        self._checkpoint_at = CHECKPOINT_BYTES if frames == moved else size + CHECKPOINT_AGAIN

    def _empty_log(self, db: sqlite3.Connection) -> None:
        if self._log is not None and not isinstance(self._refuses, CommitUnknown):
            failpoints.hit("checkpoint")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def _tell(self, function: Callable[..., None], *args: Any) -> None:
        with suppress(RuntimeError):  # the loop is gone, and with it all who waited
            self._loop.call_soon_threadsafe(function, *args)

    # --- on the loop ---------------------------------------------------------------------------

    def _settle_batch(self, batch: Sequence[_Entry], outcomes: Sequence[Any], seconds: float) -> None:
        _settle(batch, outcomes)
        if self._on_commit is not None:
            self._on_commit(len(batch), seconds)

    def _fail_batch(self, batch: Sequence[_Entry], error: Exception) -> None:
        if isinstance(error, CommitUnknown):
            self._fatal(error)
        reason = error if isinstance(error, StorageError) else _explained(error)
        _settle(batch, [_Failed(reason)] * len(batch))


def _transaction(
    db: sqlite3.Connection, batch: Sequence[_Entry], run: Callable[[sqlite3.Connection, _Entry], Any]
) -> list[Any]:
    labels = {entry.label for entry in batch if entry.label}
    if db.in_transaction:  # a rollback failed before; without it nothing can begin
        db.execute("ROLLBACK")
    db.execute("BEGIN IMMEDIATE")
    try:
        outcomes = [run(db, entry) for entry in batch]
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


def _run_plainly(db: sqlite3.Connection, entry: _Entry) -> Any:
    before = db.total_changes
    try:
        return entry.job(db, *entry.args)
    except Exception as error:
        if _fails_batch(error):
            raise
        if db.total_changes != before:
            raise _FailedAfterWriting from error
        return _Failed(error)


def _run_in_savepoint(db: sqlite3.Connection, entry: _Entry) -> Any:
    db.execute("SAVEPOINT job")
    try:
        result = entry.job(db, *entry.args)
    except Exception as error:
        if _fails_batch(error):
            raise
        db.execute("ROLLBACK TO job")
        result = _Failed(error)
    db.execute("RELEASE job")
    return result


def _settle(batch: Sequence[_Entry], outcomes: Sequence[Any]) -> None:
    for entry, outcome in zip(batch, outcomes, strict=True):
        if entry.future.done():  # its waiter gave up
            continue
        if type(outcome) is _Failed:
            entry.future.set_exception(outcome.error)
        else:
            entry.future.set_result(outcome)


def _nothing(db: sqlite3.Connection) -> None:
    """A job to wait for."""


def _primary_code(error: Exception) -> int:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _fails_batch(error: Exception) -> bool:
    return isinstance(error, sqlite3.Error) and _primary_code(error) in _WHOLE_BATCH


def _explained(error: Exception) -> StorageError:
    full = _primary_code(error) == sqlite3.SQLITE_FULL
    explained = StorageError("the disk is full" if full else f"the database refuses to write: {error}")
    explained.__cause__ = error
    return explained
