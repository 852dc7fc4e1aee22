"""A SQLite file and who uses it: its lock, its epoch, its log, the writer, and the connections that read."""

from __future__ import annotations

import contextlib
import logging
import os
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

from flowhook.clock import Clock
from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.storage.sqlite.connection import MEMORY, Connection, connect_reader, connect_writer
from flowhook.storage.sqlite.epoch import Epoch
from flowhook.storage.sqlite.integrity import check_quickly
from flowhook.storage.sqlite.lockfile import DatabaseLock
from flowhook.storage.sqlite.log import WriteAheadLog
from flowhook.storage.sqlite.migrate import fill_in_memory, migrate, shipped_migrations
from flowhook.storage.sqlite.writer import OnCommit, Writer, explained, is_damage

log = logging.getLogger("flowhook.storage")

SEAL_SECONDS = 60.0  #: while something is written, between two seals of the epoch
LEAST_FREE_BYTES = 256 * 1024  #: on the disk, for the database to count as able to take something


class Database:
    """One file, one process. ``path`` may be ``:memory:``, for tests.

    ``fatal`` is called when a commit's fate is unknown; it should end the process.
    """

    writer: Writer
    epoch: Epoch
    reads: Connection  #: for what turns and deliveries need
    listings: Connection  #: for what administration asks

    def __init__(
        self,
        path: str,
        clock: Clock,
        fatal: Callable[[Exception], None],
        on_commit: OnCommit | None = None,
    ) -> None:
        self.path = path
        self.clock = clock
        self._fatal = fatal
        self._on_commit = on_commit
        self._lock = None if path == MEMORY else DatabaseLock(Path(path))
        self._connections: list[Connection] = []  # the writer's first
        self._upkeep: _FileUpkeep | None = None
        self._damage: StorageError | None = None

    async def open(self) -> None:
        """Take the lock, bring the file to the newest schema, connect. Raises StorageError."""
        if self._lock is not None and self._lock.take():
            log.warning(
                "the database %s is gone; an empty one is made",
                self.path,
                extra={"action": LogAction.STORAGE_NEW},
            )
        try:
            await self._connect()
        except BaseException:
            await self._disconnect()
            raise

    async def close(self) -> None:
        """Finish what was handed in, move the log into the file, let go of the lock."""
        try:
            if self._connections:
                await self.writer.stop()
                for reader in self._connections[:0:-1]:
                    await reader.close()
                del self._connections[1:]
                if self._upkeep is not None and self.writer.knows_what_is_kept:
                    await self._connections[0].run(self._upkeep.at_the_end)
        finally:
            await self._disconnect()

    async def check(self) -> None:
        """Raise :class:`StorageError` when messages cannot be kept: the file is damaged or gone, the disk
        is full, or the last write failed and another one fails too. Costs the same however much is stored."""
        if self._damage is not None:
            raise self._damage
        if self._lock is not None:
            self._lock.check()
            disk = os.statvfs(Path(self.path).parent)
            if disk.f_bavail * disk.f_frsize < LEAST_FREE_BYTES:
                raise StorageError("the disk is full")
        if self.writer.trouble is not None:
            await self.writer.submit("", _probe_write)
        try:
            await self.reads.run(_probe_read)
        except sqlite3.DatabaseError as error:
            self.raise_damage(error)
            raise

    def raise_damage(self, error: sqlite3.DatabaseError) -> None:
        """Raise :class:`StorageError` for an error that tells of a damaged file, and remember it."""
        if is_damage(error):
            self._damage = explained(error)
            raise self._damage from error

    async def settled(self) -> None:
        """Return when all that was asked before is done."""
        await self.writer.submit("", _nothing)
        await self.reads.run(_nothing)

    async def _connect(self) -> None:
        if self._lock is None:
            writing = await self._connect_writer(MEMORY)
            self.epoch = Epoch(None, 0)
            await writing.run(self.epoch.begin)
            self.writer = Writer(writing, None, self._fatal, self._on_commit)
            self.reads = self.listings = writing
            return
        path = self._lock.file  # SQLite's other files lie beside it, not beside a link to it
        writing = await self._connect_writer(str(path))
        self.epoch = Epoch(path, self._lock.inode)
        self._upkeep = _FileUpkeep(self._lock, WriteAheadLog(path), self.epoch)
        if await writing.run(self._upkeep.at_the_start):
            log.warning(
                "the database %s is a copy or a backup: new deliveries get ids of a new epoch",
                self.path,
                extra={"action": LogAction.STORAGE_RESTORED},
            )
        self.writer = Writer(writing, self._upkeep, self._fatal, self._on_commit)
        for _ in range(2):
            self._connections.append(await connect_reader(str(path)))
        self.reads, self.listings = self._connections[1:]

    async def _connect_writer(self, path: str) -> Connection:
        writing = await connect_writer(path)
        self._connections.append(writing)
        if path == MEMORY:
            await writing.run(fill_in_memory)
        else:
            await writing.run(check_quickly, Path(path))
            await writing.run(migrate, shipped_migrations())
        return writing

    async def _disconnect(self) -> None:
        while self._connections:
            await self._connections.pop().close()
        if self._lock is not None:
            self._lock.release()


class _FileUpkeep:
    """Keeps lock, log and epoch of a file in order; see :class:`flowhook.storage.sqlite.writer.Upkeep`."""

    def __init__(self, lock: DatabaseLock, log: WriteAheadLog, epoch: Epoch) -> None:
        self._lock = lock
        self._log = log
        self._epoch = epoch
        self._sealed_at = time.monotonic()

    def check(self) -> None:
        self._lock.check()

    def at_the_start(self, db: sqlite3.Connection) -> bool:
        """Returns whether the file is a copy or a backup."""
        self._log.prepare(db)
        return self._epoch.begin(db)

    def after_batch(self, db: sqlite3.Connection) -> None:
        self._log.keep_short(db)

    def at_rest(self, db: sqlite3.Connection) -> None:
        self._log.move(db)

    def now_and_then(self, db: sqlite3.Connection) -> None:
        if time.monotonic() - self._sealed_at >= SEAL_SECONDS:
            self._reseal(db)

    def when_full(self, db: sqlite3.Connection) -> None:
        self._log.make_room(db)

    def at_the_end(self, db: sqlite3.Connection) -> None:
        self._reseal(db)
        self._log.empty(db)

    def _reseal(self, db: sqlite3.Connection) -> None:
        self._sealed_at = time.monotonic()
        with contextlib.suppress(sqlite3.Error):  # the old seal goes on
            self._epoch.reseal(db)


def _probe_write(db: sqlite3.Connection) -> None:
    db.execute("UPDATE epoch SET number = number")


def _probe_read(db: sqlite3.Connection) -> None:
    db.execute("SELECT number FROM epoch").fetchone()


def _nothing(_db: sqlite3.Connection) -> None:
    """A job that stands behind those that were handed in before it."""
