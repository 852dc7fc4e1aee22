"""Settings: small facts that belong to the installation, not to a conversation."""

from __future__ import annotations

from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.part import Part, lists, writes

GET = "SELECT value FROM settings WHERE name = $1"
WITH_PREFIX = "SELECT name, value FROM settings WHERE starts_with(name, $1)"
SET = """
INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value
"""
KEEP_FIRST = "INSERT INTO settings (name, value) VALUES ($1, $2) ON CONFLICT DO NOTHING"
REMOVE = "DELETE FROM settings WHERE name = $1"


class PostgresSettings(Part):
    """See :class:`flowhook.storage.protocols.Settings`."""

    @lists
    async def get(self, db: Connection, name: str) -> str | None:
        """None when it is not set."""
        value: str | None = await db.value(GET, name)
        return value

    @lists
    async def with_prefix(self, db: Connection, prefix: str) -> dict[str, str]:
        """By full name."""
        return {name: value for name, value in await db.fetch(WITH_PREFIX, prefix)}

    @writes()
    async def keep_first(self, db: Connection, name: str, value: str) -> str:
        """Whoever comes first."""
        await db.execute(KEEP_FIRST, name, value)
        kept: str = await db.value(GET, name)
        return kept

    async def set(self, name: str, value: str | None) -> None:
        """None removes."""
        await self._database.writer.submit("", _set, name, value)
        self._database.ownership.tell_change()


async def _set(db: Connection, name: str, value: str | None) -> None:
    if value is None:
        await db.execute(REMOVE, name)
    else:
        await db.execute(SET, name, value)
