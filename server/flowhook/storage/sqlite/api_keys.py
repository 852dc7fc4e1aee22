"""API keys of endpoints; only hashes are kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from flowhook.storage.records import ApiKey
from flowhook.storage.sqlite.part import Part, lists, writes

_COLUMNS = "key_id, endpoint, name, hash, preview, created_at, ends_at, used_at, scopes"
ALL = f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at"  # noqa: S608 - a constant of this module
ADD = f"INSERT INTO api_keys ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - likewise
NOTE_USE = "UPDATE api_keys SET used_at = ? WHERE key_id = ?"
END = "UPDATE api_keys SET ends_at = ? WHERE endpoint = ? AND key_id = ?"
REVOKE = "DELETE FROM api_keys WHERE endpoint = ? AND key_id = ?"


class SqliteApiKeys(Part):
    """See :class:`flowhook.storage.protocols.ApiKeys`."""

    @lists
    def all(self, db: sqlite3.Connection) -> list[ApiKey]:
        """Oldest first."""
        return [_api_key(row) for row in db.execute(ALL).fetchall()]

    @writes()
    def add(self, db: sqlite3.Connection, key: ApiKey) -> None:
        """The id must be new."""
        scopes = " ".join(key.scopes) if key.scopes is not None else None
        facts = (key.key_id, key.endpoint, key.name, key.hash, key.preview, key.created_at)
        db.execute(ADD, (*facts, key.ends_at, key.used_at, scopes))

    @writes()
    def note_use(self, db: sqlite3.Connection, used: Mapping[str, float]) -> None:
        """Of all of them in one transaction."""
        db.executemany(NOTE_USE, [(at, key_id) for key_id, at in used.items()])

    @writes()
    def end(self, db: sqlite3.Connection, endpoint: str, key_id: str, at: float) -> bool:
        """Whether there is such a key."""
        return db.execute(END, (at, endpoint, key_id)).rowcount > 0

    @writes()
    def revoke(self, db: sqlite3.Connection, endpoint: str, key_id: str) -> bool:
        """Whether there was such a key."""
        return db.execute(REVOKE, (endpoint, key_id)).rowcount > 0


def _api_key(row: tuple[Any, ...]) -> ApiKey:
    key_id, endpoint, name, digest, preview, created_at, ends_at, used_at, scopes = row
    allowed = tuple(scopes.split()) if scopes is not None else None
    return ApiKey(key_id, endpoint, name, digest, preview, created_at, ends_at, used_at, allowed)
