"""A SQLite file and who uses it: its lock, its epoch, its log, the writer, and the connections that read."""

from __future__ import annotations

import asyncio
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
from flowhook.storage.sqlite.connection import (
    BUSY_TIMEOUT,
    MEMORY,
    Connection,
    connect_reader,
    connect_writer,
)
from flowhook.storage.sqlite.epoch import Epoch
from flowhook.storage.sqlite.integrity import check_quickly
from flowhook.storage.sqlite.lockfile import DatabaseLock
from flowhook.storage.sqlite.log import WriteAheadLog
from flowhook.storage.sqlite.migrate import (
    fill_in_memory,
    migrate,
    refuse_unfinished_copy,
    shipped_migrations,
)
from flowhook.storage.sqlite.scrub import PIECE, scrub_pages
from flowhook.storage.sqlite.writer import OnCommit, Writer, explained, is_damage

log = logging.getLogger("flowhook.storage")

SEAL_SECONDS = 60.0  #: while something is written, between two seals of the epoch
SCRUB_PAUSE, SCRUB_TRIES = 0.05, 600  #: seconds between two tries while somebody reads; half a minute in all
PAGES_GIVEN_BACK = 1000  #: in one transaction
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
        self._scrubbing = asyncio.Lock()
        self._scrubs_wanted = self._scrubs_done = 0

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

    async def scrub(self) -> None:
        """Let nothing of what was deleted be left in the files: not in free pages, in the unused space of
        others, or in the log. In pieces, between which others write; one pass serves all who wait for it.

        Raises StorageError when somebody reads for so long that the log cannot be emptied.
        """
        if self._lock is None:
            return
        self._scrubs_wanted += 1
        mine = self._scrubs_wanted
        async with self._scrubbing:
            if self._scrubs_done < mine:
                wanted = self._scrubs_wanted
                await self._scrub(self._lock.descriptor)
                self._scrubs_done = wanted

    async def _scrub(self, file: int) -> None:
        while await self.writer.submit("", _give_back_pages):
            pass
        page = 1
        while pages := await self._between(lambda db: _scrub_piece(db, file, page)):  # noqa: B023 - awaited
            page += pages
        await self._between(_empty_log)
        await asyncio.to_thread(os.fsync, file)

    async def _between(self, chore: Callable[[sqlite3.Connection], int | None]) -> int:
        """Do something that has to wait while others read what is old; None: not yet."""
        for _ in range(SCRUB_TRIES):
            if (result := await self.writer.between(chore)) is not None:
                return result
            await asyncio.sleep(SCRUB_PAUSE)
        raise StorageError("it was deleted, but somebody reads for so long that the log still holds it")

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
            await writing.run(refuse_unfinished_copy)
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


def _give_back_pages(db: sqlite3.Connection) -> bool:
    """Free pages leave the file; True: there are more."""
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    if free:
        db.execute(f"PRAGMA incremental_vacuum({PAGES_GIVEN_BACK})").fetchall()
    (left,) = db.execute("PRAGMA freelist_count").fetchone()
    return bool(0 < left < free)


def _scrub_piece(db: sqlite3.Connection, file: int, page: int) -> int | None:
    """Returns how many pages there were; None while the log has newer ones that cannot be moved."""
    busy, frames, moved = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    if busy or frames != moved:
        return None
    db.execute("PRAGMA shrink_memory")  # pages in memory would be written back with what is scrubbed here
    return scrub_pages(file, page, PIECE)


def _empty_log(db: sqlite3.Connection) -> int | None:
    db.execute("PRAGMA busy_timeout = 50")  # nobody else writes meanwhile
    try:
        busy, *_ = db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    finally:
        db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    return None if busy else 1


def _nothing(_db: sqlite3.Connection) -> None:
    """A job that stands behind those that were handed in before it."""
