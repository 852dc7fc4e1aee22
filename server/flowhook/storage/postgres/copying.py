"""A database from which all is copied, or which is filled by a copy: see ``storage/copying.py``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import asyncpg

from flowhook.errors import StorageError
from flowhook.storage.copying import PIECE, TABLES, Row, Table
from flowhook.storage.postgres.connection import LOCK_SECONDS, Connection, close, connect_unbounded
from flowhook.storage.postgres.errors import explained
from flowhook.storage.postgres.leases import LEASE_SECONDS, is_dead
from flowhook.storage.postgres.migrate import (
    COPY_MARKS,
    IS_KNOWN,
    VERSION,
    is_unfinished_copy,
    migrate,
    refuse_unfinished_copy,
    shipped_migrations,
)

COPY_LOCK = 0x464C4F58  #: the advisory lock of copies
NUMBERED = ("sessions", "inbox", "outbox", "handovers", "analytics", "audit")  #: whose rows have numbers
CHANGED = "SELECT coalesce(sum(revision + next_in + next_out), 0)::bigint FROM sessions"
SERVING = "SELECT place FROM processes WHERE seen_at > now() - make_interval(secs => $1)"
KEEP_OUT = "LOCK TABLE processes IN SHARE MODE"  #: no server can begin meanwhile
MAKE_MARKS = f"CREATE TABLE IF NOT EXISTS {COPY_MARKS} (name text PRIMARY KEY, value text NOT NULL)"
MARK = f"INSERT INTO {COPY_MARKS} VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = $2"  # noqa: S608
NEXT_ROW = """
SELECT setval(pg_get_serial_sequence('{0}', 'row'), coalesce(max(row), 1), max(row) IS NOT NULL) FROM {0}
"""
COUNT_SESSIONS = """
UPDATE session_counts AS c SET value =
  (SELECT count(*) FROM sessions AS s WHERE s.shard = c.shard AND s.created_at IS NOT NULL)
"""


class PostgresRows:
    """Reads a database on a connection of its own."""

    def __init__(self, shown: str, db: Connection) -> None:
        self.shown = shown
        self._db = db

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        return int(await self._db.value(f"SELECT count(*) FROM {table.name}"))  # noqa: S608

    async def version(self) -> int:
        """A number that turns and deliveries change."""
        return int(await self._db.value(CHANGED))

    async def rows(self, table: Table, after: list[Any] | None) -> Sequence[Row]:
        """In the order of keys."""
        columns, key = _named(table.columns), _named(table.key)
        places = ", ".join(f"${at}" for at in range(1, len(table.key) + 1))
        behind = f"WHERE ({key}) > ({places})" if after is not None else ""
        sql = f"SELECT {columns} FROM {table.name} {behind} ORDER BY {key} LIMIT {PIECE}"  # noqa: S608
        return [tuple(row) for row in await self._db.fetch(sql, *(after or ()))]


class PostgresTarget(PostgresRows):
    """Writes it."""

    async def is_empty(self, table: Table) -> bool:
        """Whether it holds no row."""
        return not await self._db.value(f"SELECT EXISTS (SELECT 1 FROM {table.name})")  # noqa: S608

    async def marks(self) -> Mapping[str, str] | None:
        """None: no copy has begun."""
        if not await is_unfinished_copy(self._db):
            return None
        return {str(name): str(value) for name, value in await self._db.fetch(f"TABLE {COPY_MARKS}")}

    async def begin(self, marks: Mapping[str, str]) -> None:
        """Empty it."""
        async with self._db.raw.transaction():
            await self._db.execute(MAKE_MARKS)
            names = ", ".join([*(table.name for table in TABLES), COPY_MARKS])
            await self._db.execute(f"TRUNCATE {names}")
            await self._db.execute("UPDATE session_counts SET value = 0")
            await self._db.raw.executemany(MARK, list(marks.items()))

    async def write(self, table: Table, rows: Sequence[Row], mark: str) -> None:
        """In one transaction, by COPY."""
        async with self._db.raw.transaction():
            if rows:
                await self._db.raw.copy_records_to_table(table.name, records=rows, columns=table.columns)
            await self._db.execute(MARK, table.name, mark)

    async def finish(self) -> None:
        """Rows are numbered on; the next server draws an epoch."""
        async with self._db.raw.transaction():
            for name in NUMBERED:
                await self._db.value(NEXT_ROW.format(name))
            await self._db.execute(COUNT_SESSIONS)
            await self._db.execute("DELETE FROM epoch")
            await self._db.execute(f"DROP TABLE {COPY_MARKS}")
        await self._db.execute("ANALYZE")


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


@asynccontextmanager
async def open_source(url: str, shown: str, *, while_served: bool) -> AsyncIterator[PostgresRows]:
    """What the database holds at this moment; unless ``while_served``, nobody may serve it. Raises
    StorageError."""
    async with _connected(url) as db:
        await _require_newest(db, shown)
        async with db.raw.transaction(isolation="repeatable_read"):
            if not while_served:
                await db.execute(KEEP_OUT)  # first: what is read from here on is one moment
                await _refuse_served(db, shown)
            yield PostgresRows(shown, db)


@asynccontextmanager
async def open_target(url: str, shown: str) -> AsyncIterator[PostgresTarget]:
    """The database, with its tables made where they are not; nobody may serve it. Raises StorageError."""
    async with _connected(url) as db:
        await _keep_other_copies_out(db, shown)
        await migrate(db, shipped_migrations(), is_copy=True)
        await _refuse_served(db, shown)
        yield PostgresTarget(shown, db)


@asynccontextmanager
async def _connected(url: str) -> AsyncIterator[Connection]:
    try:
        db = await connect_unbounded(url)
        try:
            yield db
        finally:
            await close(db)
    except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise explained(error) from error


async def _keep_other_copies_out(db: Connection, shown: str) -> None:
    """One that has just ended may have the lock for a moment still."""
    await db.execute(f"SET lock_timeout = '{LOCK_SECONDS}s'")
    try:
        await db.execute("SELECT pg_advisory_lock($1)", COPY_LOCK)
    except asyncpg.LockNotAvailableError:
        raise StorageError(f"another copy into {shown} is going on") from None
    await db.execute("SET lock_timeout = 0")


async def _require_newest(db: Connection, shown: str) -> None:
    if not await db.value(IS_KNOWN):
        raise StorageError(f"{shown} holds nothing of flowhook")
    schema, _ = await db.row(VERSION) or (0, 0)
    newest = shipped_migrations()[-1].number
    if schema != newest:
        raise StorageError(f"{shown} has schema {schema}, this flowhook copies {newest}: start it once on it")
    await refuse_unfinished_copy(db)


async def _refuse_served(db: Connection, shown: str) -> None:
    places = [place for (place,) in await db.fetch(SERVING, float(LEASE_SECONDS))]
    if alive := [place for place in places if not is_dead(place)]:
        raise StorageError(f"{len(alive)} servers run on {shown}; stop them first")
