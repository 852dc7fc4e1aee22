"""API keys of endpoints; only hashes are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.part import Part, lists, writes
from flowhook.storage.records import ApiKey

_COLUMNS = "key_id, endpoint, name, hash, preview, created_at, ends_at, used_at, scopes"
ALL = f"SELECT {_COLUMNS} FROM api_keys ORDER BY created_at"  # noqa: S608 - a constant of this module
ADD = f"INSERT INTO api_keys ({_COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"  # noqa: S608 - likewise
NOTE_USE = """
UPDATE api_keys AS k SET used_at = greatest(k.used_at, u.at)
FROM unnest($1::text[], $2::float8[]) AS u (key_id, at) WHERE k.key_id = u.key_id
"""
END = "UPDATE api_keys SET ends_at = $1 WHERE endpoint = $2 AND key_id = $3"
REVOKE = "DELETE FROM api_keys WHERE endpoint = $1 AND key_id = $2"


class PostgresApiKeys(Part):
    """See :class:`flowhook.storage.protocols.ApiKeys`."""

    @lists
    async def all(self, db: Connection) -> list[ApiKey]:
        """Oldest first."""
        return [_api_key(row) for row in await db.fetch(ALL)]

    async def add(self, key: ApiKey) -> None:
        """The id must be new."""
        scopes = " ".join(key.scopes) if key.scopes is not None else None
        facts = (key.key_id, key.endpoint, key.name, key.hash, key.preview, key.created_at)
        await self._change(ADD, *facts, key.ends_at, key.used_at, scopes)

    @writes()
    async def note_use(self, db: Connection, used: Mapping[str, float]) -> None:
        """Of all of them in one statement."""
        await db.execute(NOTE_USE, list(used), list(used.values()))

    async def end(self, endpoint: str, key_id: str, at: float) -> bool:
        """Whether there is such a key."""
        return await self._change(END, at, endpoint, key_id)

    async def revoke(self, endpoint: str, key_id: str) -> bool:
        """Whether there was such a key."""
        return await self._change(REVOKE, endpoint, key_id)

    async def _change(self, sql: str, *values: Any) -> bool:
        """And let the other processes read their keys anew."""
        touched = await self._database.writer.submit("", _execute, sql, values)
        self._database.ownership.tell_change()
        return touched > 0


async def _execute(db: Connection, sql: str, values: tuple[Any, ...]) -> int:
    return await db.execute(sql, *values)


def _api_key(row: Row) -> ApiKey:
    key_id, endpoint, name, digest, preview, created_at, ends_at, used_at, scopes = row
    allowed = tuple(scopes.split()) if scopes is not None else None
    return ApiKey(key_id, endpoint, name, digest, preview, created_at, ends_at, used_at, allowed)
