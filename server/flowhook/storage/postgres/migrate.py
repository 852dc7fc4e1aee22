"""Bring a database to the newest schema: numbered files, forward only, one transaction each.

Processes that start together take turns by an advisory lock of the transaction. A database that is newer than
this version is used as long as its ``readable_from`` allows: a migration only adds (expand), and what an
older version needs goes in a later one (contract), so that two versions run side by side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from flowhook.errors import StorageError
from flowhook.storage.postgres.connection import Connection

LOCK = 0x464C4F57  #: "FLOW": the advisory lock of migrations
MAKE_TABLE = """
CREATE TABLE IF NOT EXISTS flowhook_schema (
  number integer PRIMARY KEY,
  readable_from integer NOT NULL,  -- the oldest schema whose program may still use the database
  applied_at timestamptz NOT NULL DEFAULT now()
)
"""
IS_KNOWN = "SELECT to_regclass('flowhook_schema') IS NOT NULL"
VERSION = "SELECT coalesce(max(number), 0), coalesce(max(readable_from), 0) FROM flowhook_schema"
STRANGERS = """
SELECT count(*) FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND c.relkind = 'r'
"""
NOTE = "INSERT INTO flowhook_schema (number, readable_from) VALUES ($1, $2)"
COPY_MARKS = "copy_marks"  #: a table that is there while a copy into the database is not finished
READABLE = "-- readable from "


@dataclass(frozen=True, slots=True)
class Migration:
    """``number`` is the schema's version after it; ``readable_from`` the oldest version whose program can use
    it: its own number, unless the file begins with ``-- readable from N``."""

    number: int
    sql: str
    readable_from: int


def shipped_migrations() -> list[Migration]:
    """The files of ``migrations/``, in order: ``0001_initial.sql`` …"""
    folder = files("flowhook.storage.postgres") / "migrations"
    found = []
    for file in folder.iterdir():
        if file.name.endswith(".sql"):
            number, sql = int(file.name.split("_")[0]), file.read_text(encoding="utf-8")
            first = sql.partition("\n")[0]
            readable = int(first.removeprefix(READABLE)) if first.startswith(READABLE) else number
            found.append(Migration(number, sql, readable))
    return sorted(found, key=lambda migration: migration.number)


async def migrate(db: Connection, migrations: Sequence[Migration], *, is_copy: bool = False) -> None:
    """Apply what is missing. A schema that this version cannot use is refused, and so is a copy that is not
    finished, but by the copy itself."""
    if not is_copy:
        await refuse_unfinished_copy(db)
    if await _is_newest(db, migrations):
        return
    async with db.raw.transaction():
        await db.execute("SET LOCAL statement_timeout = 0")
        await db.execute("SET LOCAL lock_timeout = 0")
        await db.execute("SELECT pg_advisory_xact_lock($1)", LOCK)
        if not await db.value(IS_KNOWN) and await db.value(STRANGERS):
            raise StorageError("the database has tables of another program; give flowhook one of its own")
        await db.execute(MAKE_TABLE)
        version, _ = await db.row(VERSION) or (0, 0)
        for migration in migrations:
            if migration.number > version:
                await db.raw.execute(migration.sql)
                await db.execute(NOTE, migration.number, migration.readable_from)


async def refuse_unfinished_copy(db: Connection) -> None:
    """Raise StorageError for a database that a copy has not filled yet."""
    if await is_unfinished_copy(db):
        raise StorageError(
            "the database is an unfinished copy; run the same `flowhook storage copy` or `restore` again"
        )


async def is_unfinished_copy(db: Connection) -> bool:
    """Whether the marks of a copy are there."""
    return bool(await db.value("SELECT to_regclass($1) IS NOT NULL", COPY_MARKS))


async def _is_newest(db: Connection, migrations: Sequence[Migration]) -> bool:
    """Without waiting for anybody who migrates now."""
    if not await db.value(IS_KNOWN):
        return False
    version, readable_from = await db.row(VERSION) or (0, 0)
    newest = migrations[-1].number
    if readable_from > newest:
        raise StorageError(
            f"the database has schema {version}, this flowhook knows {newest}: it was used by a newer one"
        )
    return bool(version >= newest)
