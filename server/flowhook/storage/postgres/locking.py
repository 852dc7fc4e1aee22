"""Locks on sessions' rows: all that a transaction needs at once, first, and in one order for everybody.

What is read after it is newer than the lock, in a statement of its own: a statement that waits for a lock
goes on with what it saw before it waited, except of the row itself.
"""

from __future__ import annotations

from collections.abc import Collection

from flowhook.storage.postgres.connection import Connection

LOCK = """
SELECT 1 FROM sessions WHERE shard = ANY ($1::smallint[]) AND session = ANY ($2::bytea[])
ORDER BY shard, session FOR UPDATE
"""


async def lock_sessions(db: Connection, keys: Collection[bytes]) -> None:
    """Those that exist."""
    if keys:
        await db.raw.fetch(LOCK, sorted({key[0] for key in keys}), list(keys))
