"""Results of the steps of plugins' nodes, until the turn ends."""

from __future__ import annotations

import sqlite3

from flowhook.model.session_ref import SessionRef
from flowhook.storage.sqlite.part import Part, reads, writes

READ = "SELECT result FROM steps WHERE shard = ? AND session = ? AND seq = ? AND name = ?"
WRITE = "INSERT OR REPLACE INTO steps (shard, session, seq, name, result) VALUES (?, ?, ?, ?, ?)"


class SqliteSteps(Part):
    """See :class:`flowhook.storage.protocols.Steps`. The commit that ends a turn drops its steps."""

    @reads
    def get(self, db: sqlite3.Connection, ref: SessionRef, seq: int, name: str) -> bytes | None:
        """None when this turn has not run it."""
        row = db.execute(READ, (ref.key[0], ref.key, seq, name)).fetchone()
        return row[0] if row is not None else None

    @writes()
    def keep(self, db: sqlite3.Connection, ref: SessionRef, seq: int, name: str, result: bytes) -> None:
        """Replace what is there."""
        db.execute(WRITE, (ref.key[0], ref.key, seq, name, result))
