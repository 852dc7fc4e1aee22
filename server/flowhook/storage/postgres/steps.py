"""Results of the steps of plugins' nodes, until the turn ends."""

from __future__ import annotations

from flowhook.model.session_ref import SessionRef
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.part import Part, reads, writes

READ = "SELECT result FROM steps WHERE shard = $1 AND session = $2 AND seq = $3 AND name = $4"
WRITE = """
INSERT INTO steps (shard, session, seq, name, result) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (shard, session, seq, name) DO UPDATE SET result = excluded.result
"""


class PostgresSteps(Part):
    """See :class:`flowhook.storage.protocols.Steps`. The commit that ends a turn drops its steps."""

    @reads
    async def get(self, db: Connection, ref: SessionRef, seq: int, name: str) -> bytes | None:
        """None when this turn has not run it."""
        result: bytes | None = await db.value(READ, ref.key[0], ref.key, seq, name)
        return result

    @writes()
    async def keep(self, db: Connection, ref: SessionRef, seq: int, name: str, result: bytes) -> None:
        """Replace what is there."""
        await db.execute(WRITE, ref.key[0], ref.key, seq, name, result)
