"""A database file from which all is copied, or which is filled by a copy: see ``storage/copying.py``."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from flowhook.errors import StorageError
from flowhook.storage.copying import PIECE, TABLES, Row, Table
from flowhook.storage.sqlite import contact_index
from flowhook.storage.sqlite.connection import APPLICATION_ID, Connection, connect_reader, connect_writer
from flowhook.storage.sqlite.lockfile import DatabaseLock
from flowhook.storage.sqlite.migrate import (
    COPY_MARKS,
    is_unfinished_copy,
    migrate,
    refuse_unfinished_copy,
    schema_version,
    shipped_migrations,
)

#: Tables that look otherwise here than in TABLES.
AS_TABLE = {
    "states": "(SELECT shard, session, state FROM sessions WHERE state IS NOT NULL)",
    "profiles": """(SELECT user_id, '' AS endpoint, updated_at, body FROM profiles
                    UNION ALL SELECT user_id, endpoint, updated_at, body FROM endpoint_profiles)""",
}
#: The first of two tables together are among the first of each. No id of a user is empty.
PROFILES = """
SELECT user_id, endpoint, updated_at, body FROM (
  SELECT * FROM (SELECT user_id, '' AS endpoint, updated_at, body FROM profiles
                 WHERE user_id > ?1 ORDER BY user_id LIMIT ?3)
  UNION ALL
  SELECT * FROM (SELECT user_id, endpoint, updated_at, body FROM endpoint_profiles
                 WHERE (user_id, endpoint) > (?1, ?2) ORDER BY user_id, endpoint LIMIT ?3))
ORDER BY user_id, endpoint LIMIT ?3
"""
VERSION = "SELECT coalesce(sum(revision + next_in + next_out), 0) FROM sessions"
WRITE_STATE = "UPDATE sessions SET state = :state WHERE shard = :shard AND session = :session"
WRITE_PROFILE = "INSERT INTO profiles (user_id, updated_at, body) VALUES (?, ?, ?)"
WRITE_ENDPOINT_PROFILE = (
    "INSERT INTO endpoint_profiles (user_id, endpoint, updated_at, body) VALUES (?, ?, ?, ?)"
)
MAKE_MARKS = f"CREATE TABLE IF NOT EXISTS {COPY_MARKS} (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT"
COUNT_SESSIONS = """
UPDATE counters SET value = (SELECT count(*) FROM sessions WHERE created_at IS NOT NULL)
WHERE name = 'sessions'
"""


class SqliteRows:
    """Reads a database on a connection of its own."""

    def __init__(self, path: Path, db: Connection) -> None:
        self.shown = f"sqlite:///{path}"
        self._db = db

    async def count(self, table: Table) -> int:
        """How many rows there are."""
        return await self._value(f"SELECT count(*) FROM {AS_TABLE.get(table.name, table.name)}")  # noqa: S608

    async def version(self) -> int:
        """A number that turns and deliveries change."""
        return await self._value(VERSION)

    async def rows(self, table: Table, after: list[Any] | None) -> Sequence[Row]:
        """In the order of keys."""
        return await self._db.run(_rows, table, after)

    async def _value(self, sql: str) -> int:
        def read(db: sqlite3.Connection) -> int:
            (value,) = db.execute(sql).fetchone()
            return int(value)

        return await self._db.run(read)


class SqliteTarget(SqliteRows):
    """Writes it."""

    async def is_empty(self, table: Table) -> bool:
        """Whether it holds no row."""
        return not await self.count(table)

    async def marks(self) -> Mapping[str, str] | None:
        """None: no copy has begun."""
        return await self._db.run(_marks)

    async def begin(self, marks: Mapping[str, str]) -> None:
        """Empty it."""
        await self._db.run(_begin, marks)

    async def write(self, table: Table, rows: Sequence[Row], mark: str) -> None:
        """In one transaction."""
        await self._db.run(_write, table, rows, mark)

    async def finish(self) -> None:
        """The trigger counts sessions that are gone, too."""
        await self._db.run(_finish)


@asynccontextmanager
async def open_source(path: Path, *, while_served: bool) -> AsyncIterator[SqliteRows]:
    """What the file holds at this moment; unless ``while_served``, nobody else may use it. Raises
    StorageError."""
    if not await asyncio.to_thread(path.is_file):
        raise StorageError(f"there is no database {path}")
    lock = None if while_served else DatabaseLock(path)
    if lock is not None:
        lock.take()
    try:
        db = await connect_reader(str(path))
        try:
            await db.run(_begin_reading, path)
            yield SqliteRows(path, db)
        finally:
            await db.close()
    finally:
        if lock is not None:
            lock.release()


@asynccontextmanager
async def open_target(path: Path) -> AsyncIterator[SqliteTarget]:
    """The file, made where it is not; nobody else may use it. Raises StorageError."""
    lock = DatabaseLock(path)
    lock.take()
    try:
        db = await connect_writer(str(lock.file))
        try:
            await db.run(migrate, shipped_migrations())
            yield SqliteTarget(path, db)
        finally:
            await db.close()
    finally:
        lock.release()


def _begin_reading(db: sqlite3.Connection, path: Path) -> None:
    (application,) = db.execute("PRAGMA application_id").fetchone()
    if application != APPLICATION_ID:
        raise StorageError(f"{path} is no database of flowhook")
    schema, newest = schema_version(db), shipped_migrations()[-1].number
    if schema != newest:
        raise StorageError(f"{path} has schema {schema}, this flowhook copies {newest}: start it once on it")
    refuse_unfinished_copy(db)
    db.execute("BEGIN")


def _rows(db: sqlite3.Connection, table: Table, after: list[Any] | None) -> Sequence[Row]:
    if table.name == "profiles":
        return db.execute(PROFILES, (*(after or ("", "")), PIECE)).fetchall()
    columns, key = _named(table.columns), _named(table.key)
    behind = f"WHERE ({key}) > ({', '.join('?' * len(table.key))})" if after is not None else ""
    found = db.execute(
        f"SELECT {columns} FROM {AS_TABLE.get(table.name, table.name)} {behind} ORDER BY {key} LIMIT {PIECE}",  # noqa: S608
        after or (),
    ).fetchall()
    if not table.flags:
        return found
    rows = [list(row) for row in found]
    for row in rows:
        for at in table.flags:
            row[at] = bool(row[at])
    return rows


def _named(columns: Sequence[str]) -> str:
    return ", ".join(f'"{column}"' for column in columns)


def _marks(db: sqlite3.Connection) -> dict[str, str] | None:
    if not is_unfinished_copy(db):
        return None
    return dict(db.execute(f"SELECT name, value FROM {COPY_MARKS}"))  # noqa: S608


def _begin(db: sqlite3.Connection, marks: Mapping[str, str]) -> None:
    with _transaction(db):
        db.execute(MAKE_MARKS)
        for name in [
            *(table.name for table in TABLES if table.name != "states"),
            "endpoint_profiles",
            COPY_MARKS,
        ]:
            db.execute(f"DELETE FROM {name}")  # noqa: S608
        contact_index.trim(db)
        _mark(db, marks)


def _write(db: sqlite3.Connection, table: Table, rows: Sequence[Row], mark: str) -> None:
    with _transaction(db):
        if table.name == "states":
            db.executemany(WRITE_STATE, [dict(zip(table.columns, row, strict=True)) for row in rows])
        elif table.name == "profiles":
            db.executemany(WRITE_PROFILE, [(user, at, body) for user, name, at, body in rows if not name])
            db.executemany(WRITE_ENDPOINT_PROFILE, [row for row in rows if row[1]])
        else:
            places = ", ".join("?" * len(table.columns))
            db.executemany(f"INSERT INTO {table.name} ({_named(table.columns)}) VALUES ({places})", rows)  # noqa: S608
        _mark(db, {table.name: mark})


def _mark(db: sqlite3.Connection, marks: Mapping[str, str]) -> None:
    db.executemany(f"INSERT OR REPLACE INTO {COPY_MARKS} VALUES (?, ?)", marks.items())  # noqa: S608


def _finish(db: sqlite3.Connection) -> None:
    with _transaction(db):
        db.execute(COUNT_SESSIONS)
        db.execute("DELETE FROM epoch")
        db.execute(f"DROP TABLE {COPY_MARKS}")
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


@contextlib.contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
