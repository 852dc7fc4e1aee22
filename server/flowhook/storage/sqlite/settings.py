"""What belongs to the installation, not to a conversation: API keys and settings."""

from __future__ import annotations

import sqlite3

from flowhook.storage.store import ApiKey

KEYS = "SELECT key_id, endpoint, name, hash, preview, created_at FROM api_keys ORDER BY created_at"
ADD_KEY = "INSERT INTO api_keys (key_id, endpoint, name, hash, preview, created_at) VALUES (?, ?, ?, ?, ?, ?)"
REVOKE_KEY = "DELETE FROM api_keys WHERE endpoint = ? AND key_id = ?"

SETTING = "SELECT value FROM settings WHERE name = ?"
SETTINGS = "SELECT name, value FROM settings WHERE name >= ? AND name < ?"
SET = "INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)"
UNSET = "DELETE FROM settings WHERE name = ?"

LAST_CHARACTER = "\U0010ffff"


def keys(db: sqlite3.Connection) -> list[ApiKey]:
    """All of them, oldest first."""
    return [ApiKey(*row) for row in db.execute(KEYS).fetchall()]


def add_key(db: sqlite3.Connection, key: ApiKey) -> None:
    """The id must be new."""
    db.execute(ADD_KEY, (key.key_id, key.endpoint, key.name, key.hash, key.preview, key.created_at))


def revoke_key(db: sqlite3.Connection, endpoint: str, key_id: str) -> bool:
    """Whether there was such a key."""
    return db.execute(REVOKE_KEY, (endpoint, key_id)).rowcount > 0


def setting(db: sqlite3.Connection, name: str) -> str | None:
    """None when it is not set."""
    row = db.execute(SETTING, (name,)).fetchone()
    return row[0] if row is not None else None


def settings(db: sqlite3.Connection, prefix: str) -> dict[str, str]:
    """Those whose name starts with ``prefix``, by full name."""
    return dict(db.execute(SETTINGS, (prefix, prefix + LAST_CHARACTER)).fetchall())


def set_setting(db: sqlite3.Connection, name: str, value: str | None) -> None:
    """None removes."""
    db.execute(UNSET, (name,)) if value is None else db.execute(SET, (name, value))
