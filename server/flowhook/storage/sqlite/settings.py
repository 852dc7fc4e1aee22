"""Settings: small facts that belong to the installation, not to a conversation."""

from __future__ import annotations

import sqlite3

from flowhook.storage.sqlite.part import Part, lists, writes

GET = "SELECT value FROM settings WHERE name = ?"
WITH_PREFIX = "SELECT name, value FROM settings WHERE name >= ? AND name < ?"
SET = "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)"
KEEP_FIRST = "INSERT OR IGNORE INTO settings (name, value) VALUES (?, ?)"
REMOVE = "DELETE FROM settings WHERE name = ?"

LAST_CHARACTER = "\U0010ffff"


class SqliteSettings(Part):
    """See :class:`flowhook.storage.protocols.Settings`."""

    @lists
    def get(self, db: sqlite3.Connection, name: str) -> str | None:
        """None when it is not set."""
        row = db.execute(GET, (name,)).fetchone()
        return row[0] if row is not None else None

    @lists
    def with_prefix(self, db: sqlite3.Connection, prefix: str) -> dict[str, str]:
        """By full name."""
        return dict(db.execute(WITH_PREFIX, (prefix, prefix + LAST_CHARACTER)).fetchall())

    @writes()
    def keep_first(self, db: sqlite3.Connection, name: str, value: str) -> str:
        """Whoever comes first."""
        db.execute(KEEP_FIRST, (name, value))
        kept: str = db.execute(GET, (name,)).fetchone()[0]
        return kept

    @writes()
    def set(self, db: sqlite3.Connection, name: str, value: str | None) -> None:
        """None removes."""
        db.execute(REMOVE, (name,)) if value is None else db.execute(SET, (name, value))
