"""A quick look at a database before it is used: damage shows at the start, not in the middle of a turn.

It is bounded: half a second, and of a large file only the small tables. ``PRAGMA quick_check`` walks the
trees of tables and indexes; that the content of a page is what was written it cannot know.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from flowhook.errors import StorageError

SECONDS = 0.5
LARGE_BYTES = 256 * 1024 * 1024
#: Tables that stay small, however much is stored.
SMALL_TABLES = ("epoch", "settings", "api_keys", "counters", "timers", "callbacks", "steps", "plugin_data")

_STEPS = 1000  #: of SQLite's machine between two looks at the time


def check_quickly(db: sqlite3.Connection, path: Path) -> None:
    """Raise :class:`StorageError` when the file is damaged, as far as a quick look can tell."""
    deadline = time.monotonic() + SECONDS
    db.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    try:
        for query in _checks(db, path):
            (finding,) = db.execute(query).fetchone()
            if finding != "ok":
                raise _damaged(path, finding)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise
    except sqlite3.DatabaseError as error:
        raise _damaged(path, str(error)) from error
    finally:
        db.set_progress_handler(None, 0)


def _checks(db: sqlite3.Connection, path: Path) -> list[str]:
    if path.stat().st_size <= LARGE_BYTES:
        return ["PRAGMA quick_check(1)"]
    known = {name for (name,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
    return [f"PRAGMA quick_check({table})" for table in SMALL_TABLES if table in known]


def _damaged(path: Path, finding: str) -> StorageError:
    lines = finding.splitlines()
    return StorageError(
        f"the database {path} is damaged ({lines[-1] if lines else finding}). Put a backup in its place, "
        f"or save what can be read: sqlite3 {path.name} .recover | sqlite3 recovered.db"
    )
