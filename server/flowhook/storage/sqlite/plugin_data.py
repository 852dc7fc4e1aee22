"""What plugins keep for themselves."""

from __future__ import annotations

import sqlite3

from pydantic_core import from_json, to_json

from flowhook.model.inbound import JsonObject
from flowhook.storage.sqlite.part import Part, lists, reads, writes

READ = """
SELECT body FROM plugin_data
WHERE endpoint = ? AND namespace = ? AND a = ? AND b = ? AND (expires_at IS NULL OR expires_at > ?)
"""
READ_OWNED = """
SELECT endpoint, namespace, a, b, body FROM plugin_data
WHERE owner_user = ? AND (expires_at IS NULL OR expires_at > ?)
"""
WRITE = """
INSERT OR REPLACE INTO plugin_data (endpoint, namespace, a, b, owner_user, owner_session, expires_at, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
"""
REMOVE = "DELETE FROM plugin_data WHERE endpoint = ? AND namespace = ? AND a = ? AND b = ?"


class SqlitePluginData(Part):
    """See :class:`flowhook.storage.protocols.PluginData`."""

    @reads
    def get(
        self, db: sqlite3.Connection, endpoint: str, namespace: str, a: str, b: str, now: float
    ) -> JsonObject | None:
        """None when nothing is kept, or it has expired."""
        row = db.execute(READ, (endpoint, namespace, a, b, now)).fetchone()
        return from_json(row[0]) if row is not None else None

    @lists
    def of_user(self, db: sqlite3.Connection, user_id: str) -> list[JsonObject]:
        """``{endpoint, namespace, a, b, data}`` each."""
        names = ("endpoint", "namespace", "a", "b")
        rows = db.execute(READ_OWNED, (user_id, self._now())).fetchall()
        return [{**dict(zip(names, key, strict=True)), "data": from_json(body)} for *key, body in rows]

    @writes()
    def keep(
        self,
        db: sqlite3.Connection,
        endpoint: str,
        namespace: str,
        a: str,
        b: str,
        data: JsonObject | None,
        owner: tuple[str, str] | None,
        expires_at: float | None,
    ) -> None:
        """``data`` None removes."""
        if data is None:
            db.execute(REMOVE, (endpoint, namespace, a, b))
            return
        user, session = owner or (None, None)
        db.execute(WRITE, (endpoint, namespace, a, b, user, session, expires_at, to_json(data)))
