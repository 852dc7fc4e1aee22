"""A PostgreSQL database and who uses it: its epoch, the writer, and the connections that read."""

from __future__ import annotations

import logging
import time

from flowhook.clock import Clock, SharedClock
from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.storage.postgres.connection import BY_KEY, Connection, Connections, close, connect
from flowhook.storage.postgres.epoch import current_epoch
from flowhook.storage.postgres.migrate import migrate, shipped_migrations
from flowhook.storage.postgres.ownership import PostgresOwnership
from flowhook.storage.postgres.writer import OnCommit, Writer

log = logging.getLogger("flowhook.storage")

READERS, LISTERS = 4, 2  #: connections for what turns and deliveries need, and for administration
LISTING_TIMEOUT = "30s"
CLOCK = "SELECT extract(epoch FROM clock_timestamp())::float8"
NOTABLE_SECONDS = 1.0  #: that clocks differ


class Database:
    """One database, one process. ``url`` is ``postgresql://…``."""

    writer: Writer
    reads: Connections  #: for what turns and deliveries need
    listings: Connections  #: for what administration asks
    epoch: int  #: for the ids of new deliveries

    def __init__(self, url: str, clock: Clock, on_commit: OnCommit | None = None) -> None:
        self.url = url
        self.clock = clock
        self._on_commit = on_commit
        self._correct = clock.correct if isinstance(clock, SharedClock) else _leave_alone
        self.ownership = PostgresOwnership(url, self._correct)
        self._is_open = False

    async def open(self) -> None:
        """Bring the schema to the newest version, connect. Raises StorageError."""
        db = await connect(self.url)
        try:
            await migrate(db, shipped_migrations())
            await self._set_clock(db)
            await self._read_epoch(db)
        finally:
            await close(db)
        self.writer = Writer(self._connect_writer, self._on_commit, self.ownership.look)
        self.reads = Connections(self.url, READERS, **BY_KEY)
        self.listings = Connections(self.url, LISTERS, statement_timeout=LISTING_TIMEOUT)
        self._is_open = True

    async def _set_clock(self, db: Connection) -> None:
        """Go by the database's clock from now on; beats follow it. What falls due, what is claimed and until
        when is compared by all processes."""
        began = time.monotonic()
        self._correct(await db.value(CLOCK), time.monotonic() - began)
        if isinstance(self.clock, SharedClock) and abs(self.clock.ahead) > NOTABLE_SECONDS:
            log.warning(
                "the clock of the database is %+.1f s ahead of this machine's; all processes go by it",
                self.clock.ahead,
                extra={"action": LogAction.STORAGE_CLOCK},
            )

    async def close(self) -> None:
        """Finish what was handed in, and disconnect."""
        if self._is_open:
            self._is_open = False
            await self.writer.stop()
            await self.ownership.stop()
            await self.reads.close()
            await self.listings.close()

    async def check(self) -> None:
        """Raise :class:`StorageError` when messages cannot be kept: the database cannot be reached, or the
        last write failed and another one fails too."""
        if self.writer.trouble is not None:
            await self.writer.submit("", _probe_write)
        await self.reads.run(_probe_read)

    async def settled(self) -> None:
        """Return when all that was asked before is done."""
        await self.writer.submit("", _nothing)

    @property
    def shards(self) -> list[int]:
        """Those whose turns, deliveries and timers are this process's."""
        return self.ownership.shards

    async def _connect_writer(self) -> Connection:
        """A new connection may be one to another server: a standby that was promoted has its own epoch."""
        db = await connect(self.url, **BY_KEY)
        try:
            if await db.value("SELECT pg_is_in_recovery()"):
                raise StorageError("the database is a standby: it takes no changes")
            await self._read_epoch(db)
        except BaseException:
            db.raw.terminate()
            raise
        return db

    async def _read_epoch(self, db: Connection) -> None:
        self.epoch, is_other = await current_epoch(db)
        if is_other:
            log.warning(
                "the database is a backup, a copy or a promoted standby: new ids belong to a new epoch",
                extra={"action": LogAction.STORAGE_RESTORED},
            )


def _leave_alone(_shared: float, _waited: float) -> None:
    """A clock of the caller's own is not corrected."""


async def _probe_write(db: Connection) -> None:
    await db.execute("UPDATE epoch SET number = number")


async def _probe_read(db: Connection) -> None:
    await db.value("SELECT 1")


async def _nothing(_db: Connection) -> None:
    """A job that stands behind those that were handed in before it."""
