"""Versions of the project: manifests and texts by their hashes, names, and who stands in them."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from flowhook.storage.records import SnapshotRow, Version, VersionUse
from flowhook.storage.sqlite.part import Part, lists, reads, writes

ADD_BLOB = "INSERT OR IGNORE INTO blobs (hash, body) VALUES (?, ?)"
ADD_VERSION = "INSERT OR IGNORE INTO versions (hash, manifest, created_at) VALUES (?, ?, ?)"
ADD_REFERENCE = "INSERT OR IGNORE INTO version_blobs (version, blob) VALUES (?, ?)"
ADD_NAME = "INSERT OR IGNORE INTO snapshots (name, version, created_at) VALUES (?, ?, ?)"
DROP_NAME = "DELETE FROM snapshots WHERE name = ?"

_NAMED = "SELECT name, version, created_at FROM snapshots"
NAMED = f"{_NAMED} ORDER BY created_at, name"
ONE_NAMED = f"{_NAMED} WHERE name = ?"
MANIFEST = "SELECT manifest FROM versions WHERE hash = ?"
BLOBS = """
SELECT b.hash, b.body FROM version_blobs AS v JOIN blobs AS b ON b.hash = v.blob WHERE v.version = ?
"""
SESSIONS = """
SELECT version, endpoint, count(*) FROM sessions INDEXED BY sessions_version
WHERE version IS NOT NULL GROUP BY version, endpoint
"""

UNUSED = """
SELECT hash FROM versions AS v
WHERE NOT EXISTS (SELECT 1 FROM snapshots WHERE version = v.hash)
  AND NOT EXISTS (SELECT 1 FROM sessions WHERE version = v.hash)
"""
DROP_VERSION = "DELETE FROM versions WHERE hash = ?"
DROP_REFERENCES = "DELETE FROM version_blobs WHERE version = ?"
DROP_BLOBS = """
DELETE FROM blobs WHERE hash IN (SELECT blob FROM version_blobs WHERE version = ?)
  AND NOT EXISTS (SELECT 1 FROM version_blobs WHERE blob = blobs.hash AND version <> ?)
"""


class SqliteVersions(Part):
    """See :class:`flowhook.storage.protocols.Versions`."""

    @writes()
    def keep(self, db: sqlite3.Connection, version: Version, name: str | None = None) -> bool:
        """False when the name is taken."""
        now = self._now()
        if name is not None and not db.execute(ADD_NAME, (name, version.hash, now)).rowcount:
            return False
        if db.execute(ADD_VERSION, (version.hash, version.manifest, now)).rowcount:
            for hash, body in version.blobs.items():
                db.execute(ADD_BLOB, (hash, body))
                db.execute(ADD_REFERENCE, (version.hash, hash))
        return True

    @lists
    def named(self, db: sqlite3.Connection) -> list[SnapshotRow]:
        """Oldest first."""
        return [SnapshotRow(*row) for row in db.execute(NAMED).fetchall()]

    @lists
    def find(self, db: sqlite3.Connection, name: str) -> SnapshotRow | None:
        """None when there is none."""
        row = db.execute(ONE_NAMED, (name,)).fetchone()
        return SnapshotRow(*row) if row is not None else None

    @reads
    def get(self, db: sqlite3.Connection, hash: str) -> Version | None:
        """With its texts."""
        row = db.execute(MANIFEST, (hash,)).fetchone()
        return Version(hash, row[0], dict(db.execute(BLOBS, (hash,)).fetchall())) if row is not None else None

    @lists
    def sessions(self, db: sqlite3.Connection) -> list[VersionUse]:
        """From an index alone."""
        return [VersionUse(*row) for row in db.execute(SESSIONS).fetchall()]

    @writes()
    def drop(self, db: sqlite3.Connection, name: str) -> bool:
        """Whether there was one."""
        return db.execute(DROP_NAME, (name,)).rowcount > 0

    @writes()
    def prune(self, db: sqlite3.Connection, keep: Collection[str]) -> int:
        """How many went."""
        unused = [hash for (hash,) in db.execute(UNUSED).fetchall() if hash not in keep]
        for hash in unused:
            db.execute(DROP_BLOBS, (hash, hash))
            db.execute(DROP_REFERENCES, (hash,))
            db.execute(DROP_VERSION, (hash,))
        return len(unused)
