"""A SQLite file and who uses it: its lock, the writer, and the connections that read."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from flowhook.clock import Clock
from flowhook.model.log_action import LogAction
from flowhook.storage.sqlite.connection import MEMORY, Connection, connect_reader, connect_writer
from flowhook.storage.sqlite.lockfile import LockFile
from flowhook.storage.sqlite.migrate import migrate, shipped_migrations
from flowhook.storage.sqlite.writer import OnCommit, Writer

log = logging.getLogger("flowhook.storage")


class Database:
    """One file, one process. ``path`` may be ``:memory:``, for tests.

    ``fatal`` is called when a commit's fate is unknown; it should end the process.
    """

    writer: Writer
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
        self._lock = None if path == MEMORY else LockFile(Path(f"{path}.lock"))
        self._connections: list[Connection] = []  # the writer's first

    async def open(self) -> None:
        """Take the lock, bring the file to the newest schema, connect. Raises StorageError."""
        if self._lock is not None:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            self._warn_when_gone(self._lock)
            self._lock.take()
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
                await self.writer.empty_log()
        finally:
            await self._disconnect()

    async def settled(self) -> None:
        """Return when all that was asked before is done."""
        await self.writer.submit("", _nothing)
        await self.reads.run(_nothing)

    def _warn_when_gone(self, lock: LockFile) -> None:
        if lock.was_taken and not Path(self.path).exists():
            log.warning(
                "the database %s is gone; an empty one is made",
                self.path,
                extra={"action": LogAction.STORAGE_NEW},
            )

    async def _connect(self) -> None:
        writing = await connect_writer(self.path)
        self._connections.append(writing)
        await writing.run(migrate, shipped_migrations())
        self.writer = Writer(writing, self.path, self._fatal, self._on_commit)
        if self.path == MEMORY:
            self.reads = self.listings = writing
            return
        for _ in range(2):
            self._connections.append(await connect_reader(self.path))
        self.reads, self.listings = self._connections[1:]

    async def _disconnect(self) -> None:
        while self._connections:
            await self._connections.pop().close()
        if self._lock is not None:
            self._lock.release()


def _nothing(_db: sqlite3.Connection) -> None:
    """A job that stands behind those that were handed in before it."""
