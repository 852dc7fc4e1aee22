"""What plugins keep for themselves."""

from __future__ import annotations

from pydantic_core import from_json, to_json

from flowhook.model.inbound import JsonObject
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.part import Part, lists, reads, writes

READ = """
SELECT body FROM plugin_data
WHERE endpoint = $1 AND namespace = $2 AND a = $3 AND b = $4 AND (expires_at IS NULL OR expires_at > $5)
"""
READ_OWNED = """
SELECT endpoint, namespace, a, b, body FROM plugin_data
WHERE owner_user = $1 AND (expires_at IS NULL OR expires_at > $2)
"""
WRITE = """
INSERT INTO plugin_data (endpoint, namespace, a, b, owner_user, owner_session, expires_at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (endpoint, namespace, a, b) DO UPDATE SET owner_user = excluded.owner_user,
  owner_session = excluded.owner_session, expires_at = excluded.expires_at, body = excluded.body
"""
REMOVE = "DELETE FROM plugin_data WHERE endpoint = $1 AND namespace = $2 AND a = $3 AND b = $4"


class PostgresPluginData(Part):
    """See :class:`flowhook.storage.protocols.PluginData`."""

    @reads
    async def get(
        self, db: Connection, endpoint: str, namespace: str, a: str, b: str, now: float
    ) -> JsonObject | None:
        """None when nothing is kept, or it has expired."""
        body = await db.value(READ, endpoint, namespace, a, b, now)
        return from_json(body) if body is not None else None

    @lists
    async def of_user(self, db: Connection, user_id: str) -> list[JsonObject]:
        """``{endpoint, namespace, a, b, data}`` each."""
        names = ("endpoint", "namespace", "a", "b")
        rows = await db.fetch(READ_OWNED, user_id, self._now())
        return [{**dict(zip(names, key, strict=True)), "data": from_json(body)} for *key, body in rows]

    @writes()
    async def keep(
        self,
        db: Connection,
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
            await db.execute(REMOVE, endpoint, namespace, a, b)
            return
        user, session = owner or (None, None)
        await db.execute(WRITE, endpoint, namespace, a, b, user, session, expires_at, to_json(data))
