"""Connections to PostgreSQL: every wait is bounded, on both sides, and a connection of which nobody knows
what it does now (a cancellation, a timeout, a lost answer) is closed, never used again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Concatenate, ParamSpec, TypeVar

import asyncpg

from flowhook.storage.postgres.errors import explained, is_lost

T = TypeVar("T")
P = ParamSpec("P")
Row = Any  #: asyncpg.Record: a tuple, as far as we care

CONNECT_SECONDS = 5
CLIENT_SECONDS = 10.0  #: for what is asked of a connection at once; the server gives up before
STATEMENT_SECONDS, LOCK_SECONDS, IDLE_SECONDS = 5, 2, 10

#: What the server holds a connection to.
SETTINGS = {
    "application_name": "flowhook",
    "statement_timeout": f"{STATEMENT_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "tcp_keepalives_idle": "30",
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
    "synchronous_commit": "on",
    "jit": "off",
}
#: For connections whose statements name their rows by key. The server keeps a statement's plan; one that was
#: made when a table was new, and had no statistics, would read the whole table, however large it grew
#: meanwhile, until somebody analyses it.
BY_KEY = {
    "enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off", "random_page_cost": "1.1",
}  # fmt: skip
UNBOUNDED = {"statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0"}


class Connection:
    """What a statement needs of a connection."""

    def __init__(self, raw: asyncpg.Connection) -> None:
        self.raw = raw

    async def fetch(self, sql: str, *values: Any) -> list[Row]:
        """All rows."""
        return list(await self.raw.fetch(sql, *values))

    async def row(self, sql: str, *values: Any) -> Row | None:
        """The first row."""
        return await self.raw.fetchrow(sql, *values)

    async def value(self, sql: str, *values: Any) -> Any:
        """The first column of the first row; None where there is no row."""
        return await self.raw.fetchval(sql, *values)

    async def execute(self, sql: str, *values: Any) -> int:
        """How many rows were touched."""
        status: str = await self.raw.execute(sql, *values)
        last = status.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0


async def connect(url: str, **settings: str) -> Connection:
    """Raises StorageError."""
    return await _connect(url, CLIENT_SECONDS, settings)


async def connect_unbounded(url: str) -> Connection:
    """For what goes over all rows: it is not given up. Raises StorageError."""
    return await _connect(url, None, UNBOUNDED)


async def _connect(url: str, client_seconds: float | None, settings: dict[str, str]) -> Connection:
    try:
        raw = await asyncpg.connect(
            url,
            timeout=CONNECT_SECONDS,
            command_timeout=client_seconds,
            server_settings=SETTINGS | settings,
        )
    except (TimeoutError, OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise explained(error) from error
    return Connection(raw)


class Connections:
    """Connections for reads: as many as are needed at a time, up to ``limit``."""

    def __init__(self, url: str, limit: int, **settings: str) -> None:
        self._url = url
        self._settings = settings
        self._slots = asyncio.Semaphore(limit)
        self._idle: list[Connection] = []
        self._in_use: set[Connection] = set()
        self._is_closed = False

    async def run(
        self, job: Callable[Concatenate[Connection, P], Awaitable[T]], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Await ``job(connection, …)``. What found a connection dead is tried once more on a new one.

        Raises StorageError where the database is to blame.
        """
        async with self._slots:
            while True:
                db, is_new = await self._take()
                try:
                    async with asyncio.timeout(CLIENT_SECONDS * 3):
                        result = await job(db, *args, **kwargs)
                except BaseException as error:
                    self._give_back(db, lost=is_lost(error) or db.raw.is_in_transaction())
                    if is_new or not is_lost(error) or not isinstance(error, Exception):
                        if isinstance(error, asyncpg.PostgresError) or (
                            isinstance(error, Exception) and is_lost(error)
                        ):
                            raise explained(error) from error
                        raise
                    self._drop_idle()
                else:
                    self._give_back(db, lost=False)
                    return result

    async def _take(self) -> tuple[Connection, bool]:
        if self._is_closed:
            raise explained(asyncpg.InterfaceError("it is closed"))
        is_new = not self._idle
        db = await connect(self._url, **self._settings) if is_new else self._idle.pop()
        self._in_use.add(db)
        return db, is_new

    def _give_back(self, db: Connection, *, lost: bool) -> None:
        self._in_use.discard(db)
        if lost or self._is_closed or db.raw.is_closed():
            db.raw.terminate()
        else:
            self._idle.append(db)

    def _drop_idle(self) -> None:
        """The server went away: what is idle is as dead as what was tried."""
        while self._idle:
            self._idle.pop().raw.terminate()

    async def close(self) -> None:
        """End all of them."""
        self._is_closed = True
        for db in self._in_use:
            db.raw.terminate()
        while self._idle:
            await close(self._idle.pop())


async def close(db: Connection) -> None:
    """Say goodbye, but do not wait for long."""
    try:
        await db.raw.close(timeout=2)
    except (TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        db.raw.terminate()
