"""Locks on sessions' rows: all that a transaction needs at once, first, and in one order for everybody.

What is read after it is newer than the lock, in a statement of its own: a statement that waits for a lock
goes on with what it saw before it waited, except of the row itself.
"""

from __future__ import annotations

from collections.abc import Collection

from flowhook.storage.postgres.connection import Connection

# By a join: one seek for each session, where two lists in the WHERE would be tried in all combinations.
LOCK = """
SELECT 1 FROM unnest($1::smallint[], $2::bytea[]) AS d (shard, session)
JOIN sessions AS s ON s.shard = d.shard AND s.session = d.session
ORDER BY s.shard, s.session FOR UPDATE OF s
"""


async def lock_sessions(db: Connection, keys: Collection[bytes]) -> None:
    """Those that exist."""
    if keys:
        await db.raw.fetch(LOCK, [key[0] for key in keys], list(keys))
