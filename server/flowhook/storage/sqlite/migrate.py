"""Bring a database to the newest schema: numbered files, forward only, one transaction each."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from flowhook import failpoints
from flowhook.errors import StorageError
from flowhook.storage.sqlite.connection import APPLICATION_ID

COPY_MARKS = "copy_marks"  #: a table that is there while a copy into the database is not finished


class Migration(NamedTuple):
    """``number`` is the schema's version after it, kept in the file as ``user_version``."""

    number: int
    sql: str


def shipped_migrations() -> list[Migration]:
    """The files of ``migrations/``, in order: ``0001_initial.sql`` …"""
    folder = files("flowhook.storage.sqlite") / "migrations"
    found = [file for file in folder.iterdir() if file.name.endswith(".sql")]
    return sorted(
        (Migration(int(file.name.split("_")[0]), file.read_text(encoding="utf-8")) for file in found),
        key=lambda migration: migration.number,
    )


def migrate(db: sqlite3.Connection, migrations: Sequence[Migration]) -> None:
    """Apply what is missing. A schema newer than we know is refused."""
    version = schema_version(db)
    newest = migrations[-1].number
    if version > newest:
        raise StorageError(
            f"the database has schema {version}, this flowhook knows {newest}: it was used by a newer one"
        )
    for migration in migrations:
        if migration.number > version:
            _apply(db, migration)


def refuse_unfinished_copy(db: sqlite3.Connection) -> None:
    """Raise StorageError for a database that a copy has not filled yet."""
    if is_unfinished_copy(db):
        raise StorageError(
            "the database is an unfinished copy; run the same `flowhook storage copy` or `restore` again"
        )


def is_unfinished_copy(db: sqlite3.Connection) -> bool:
    """Whether the marks of a copy are there."""
    return bool(db.execute("SELECT 1 FROM sqlite_schema WHERE name = ?", (COPY_MARKS,)).fetchone())


def fill_in_memory(db: sqlite3.Connection) -> None:
    """Make the newest schema in an empty database in memory. The migrations run once in a process: whoever
    tests a flow, or many of them, opens one such database after the other."""
    with contextlib.closing(sqlite3.connect(":memory:")) as template:
        template.deserialize(_newest_schema())
        template.backup(db)


@cache
def _newest_schema() -> bytes:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as db:
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
        migrate(db, shipped_migrations())
        return db.serialize()


def schema_version(db: sqlite3.Connection) -> int:
    """0 for an empty file."""
    version: int = db.execute("PRAGMA user_version").fetchone()[0]
    return version


def _apply(db: sqlite3.Connection, migration: Migration) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        for statement in statements(migration.sql):
            db.execute(statement)
        db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        db.execute(f"PRAGMA user_version = {migration.number}")
        failpoints.hit("migrate.before_commit")
        db.execute("COMMIT")
        failpoints.hit("migrate.after_commit")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def statements(sql: str) -> Iterator[str]:
    """The statements of a script one by one: ``executescript`` would commit on its own. Each ends
    its line."""
    pending = ""
    for line in sql.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        raise StorageError(f"a migration ends in the middle of a statement: {pending.strip()[:60]}")
