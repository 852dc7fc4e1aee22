"""API keys of endpoints; only hashes are kept."""

from __future__ import annotations

import sqlite3

from flowhook.storage.records import ApiKey
from flowhook.storage.sqlite.part import Part, lists, writes

ALL = "SELECT key_id, endpoint, name, hash, preview, created_at FROM api_keys ORDER BY created_at"
ADD = "INSERT INTO api_keys (key_id, endpoint, name, hash, preview, created_at) VALUES (?, ?, ?, ?, ?, ?)"
REVOKE = "DELETE FROM api_keys WHERE endpoint = ? AND key_id = ?"


class SqliteApiKeys(Part):
    """See :class:`flowhook.storage.protocols.ApiKeys`."""

    @lists
    def all(self, db: sqlite3.Connection) -> list[ApiKey]:
        """Oldest first."""
        return [ApiKey(*row) for row in db.execute(ALL).fetchall()]

    @writes()
    def add(self, db: sqlite3.Connection, key: ApiKey) -> None:
        """The id must be new."""
        db.execute(ADD, (key.key_id, key.endpoint, key.name, key.hash, key.preview, key.created_at))

    @writes()
    def revoke(self, db: sqlite3.Connection, endpoint: str, key_id: str) -> bool:
        """Whether there was such a key."""
        return db.execute(REVOKE, (endpoint, key_id)).rowcount > 0
