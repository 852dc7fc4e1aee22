"""Says whether a database file is whole. It only reads, while a server runs or not."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from flowhook.errors import StorageError
from flowhook.storage.inspection import (
    PENDING,
    SESSIONS,
    Finding,
    Inspection,
    judged,
    miscounted,
    rules,
    unfinished_copy,
)
from flowhook.storage.sqlite.connection import APPLICATION_ID, BUSY_TIMEOUT
from flowhook.storage.sqlite.migrate import is_unfinished_copy, schema_version, shipped_migrations

COUNTED = "SELECT value FROM counters WHERE name = 'sessions'"
LINES = 20  #: of damage that are told


@contextlib.contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that only reads, in one transaction: one moment, however long it takes. Raises
    StorageError for what is no database of ours, or cannot be read."""
    if not path.is_file():
        raise StorageError(f"there is no database {path}")
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with contextlib.closing(sqlite3.connect(address, uri=True, isolation_level=None)) as db:
            db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
            (application,) = db.execute("PRAGMA application_id").fetchone()
            if application != APPLICATION_ID:
                raise StorageError(f"{path} is no database of flowhook")
            db.execute("BEGIN")
            yield db
    except sqlite3.DatabaseError as error:
        raise StorageError(f"the database {path} cannot be read: {error}") from error


def inspect_file(path: Path) -> Inspection:
    """Look at every page and ask every rule. Raises StorageError."""
    newest = shipped_migrations()[-1].number
    with reading(path) as db:
        schema = schema_version(db)
        findings = _damage(db) + _newer(schema, newest) + unfinished_copy(is_unfinished_copy(db))
        if findings or schema < newest:
            return Inspection(str(path), schema, newest, False, 0, 0, findings)
        sessions, pending, counted = (db.execute(sql).fetchone()[0] for sql in (SESSIONS, PENDING, COUNTED))
        for rule in rules(" = 1", " = 0"):
            findings += judged(rule, db.execute(rule.query).fetchall())
        findings += miscounted(counted, sessions)
    return Inspection(str(path), schema, newest, True, sessions, pending, findings)


def _damage(db: sqlite3.Connection) -> list[Finding]:
    try:
        lines = [line for (line,) in db.execute(f"PRAGMA integrity_check({LINES})")]
    except sqlite3.DatabaseError as error:
        lines = [str(error)]
    return [Finding("integrity", line) for line in lines if line != "ok"]


def _newer(schema: int, newest: int) -> list[Finding]:
    if schema <= newest:
        return []
    return [Finding("schema", f"the schema is {schema}, this flowhook knows {newest}: a newer one used it")]
