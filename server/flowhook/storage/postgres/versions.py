"""Versions of the project: manifests and texts by their hashes, names, and who stands in them."""

from __future__ import annotations

from collections.abc import Collection

from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.part import Part, lists, reads, writes
from flowhook.storage.records import SnapshotRow, Version, VersionUse

ADD_BLOBS = """
INSERT INTO blobs (hash, body) SELECT * FROM unnest($1::text[], $2::bytea[]) ORDER BY 1 ON CONFLICT DO NOTHING
"""
ADD_VERSION = "INSERT INTO versions (hash, manifest, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
ADD_REFERENCES = """
INSERT INTO version_blobs (version, blob) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING
"""
ADD_NAME = "INSERT INTO snapshots (name, version, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING"
DROP_NAME = "DELETE FROM snapshots WHERE name = $1"

_NAMED = "SELECT name, version, created_at FROM snapshots"
NAMED = f"{_NAMED} ORDER BY created_at, name"
ONE_NAMED = f"{_NAMED} WHERE name = $1"
MANIFEST = "SELECT manifest FROM versions WHERE hash = $1"
BLOBS = """
SELECT b.hash, b.body FROM version_blobs AS v JOIN blobs AS b ON b.hash = v.blob WHERE v.version = $1
"""
SESSIONS = """
SELECT version, endpoint, count(*) FROM sessions WHERE version IS NOT NULL GROUP BY version, endpoint
"""

# Whoever keeps a version or prunes takes turns: a text must not go while a version that has it comes.
LOCK = "LOCK TABLE versions IN SHARE ROW EXCLUSIVE MODE"
UNUSED = """
SELECT hash FROM versions AS v
WHERE NOT EXISTS (SELECT 1 FROM snapshots WHERE version = v.hash)
  AND NOT EXISTS (SELECT 1 FROM sessions WHERE version = v.hash) AND hash <> ALL ($1::text[])
"""
DROP_VERSIONS = "DELETE FROM versions WHERE hash = ANY ($1::text[])"
DROP_REFERENCES = "DELETE FROM version_blobs WHERE version = ANY ($1::text[])"
DROP_BLOBS = "DELETE FROM blobs AS b WHERE NOT EXISTS (SELECT 1 FROM version_blobs WHERE blob = b.hash)"


class PostgresVersions(Part):
    """See :class:`flowhook.storage.protocols.Versions`."""

    @writes()
    async def keep(self, db: Connection, version: Version, name: str | None = None) -> bool:
        """False when the name is taken."""
        now = self._now()
        await db.execute(LOCK)
        if name is not None and not await db.execute(ADD_NAME, name, version.hash, now):
            return False
        if await db.execute(ADD_VERSION, version.hash, version.manifest, now):
            await db.execute(ADD_BLOBS, list(version.blobs), list(version.blobs.values()))
            await db.execute(ADD_REFERENCES, version.hash, list(version.blobs))
        return True

    @lists
    async def named(self, db: Connection) -> list[SnapshotRow]:
        """Oldest first."""
        return [SnapshotRow(*row) for row in await db.fetch(NAMED)]

    @lists
    async def find(self, db: Connection, name: str) -> SnapshotRow | None:
        """None when there is none."""
        row = await db.row(ONE_NAMED, name)
        return SnapshotRow(*row) if row is not None else None

    @reads
    async def get(self, db: Connection, hash: str) -> Version | None:
        """With its texts."""
        manifest = await db.value(MANIFEST, hash)
        if manifest is None:
            return None
        return Version(hash, manifest, {name: body for name, body in await db.fetch(BLOBS, hash)})

    @lists
    async def sessions(self, db: Connection) -> list[VersionUse]:
        """From an index alone."""
        return [VersionUse(*row) for row in await db.fetch(SESSIONS)]

    @writes()
    async def drop(self, db: Connection, name: str) -> bool:
        """Whether there was one."""
        return await db.execute(DROP_NAME, name) > 0

    @writes()
    async def prune(self, db: Connection, keep: Collection[str]) -> int:
        """How many went."""
        await db.execute(LOCK)
        unused = [hash for (hash,) in await db.fetch(UNUSED, list(keep))]
        if unused:
            await db.execute(DROP_VERSIONS, unused)
            await db.execute(DROP_REFERENCES, unused)
            await db.execute(DROP_BLOBS)
        return len(unused)
