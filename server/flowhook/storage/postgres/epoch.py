"""Recognises a database that went back in time: see ``storage/sqlite/epoch.py`` for what it is about.

Here the mark is the **place**: the cluster's own number, the database's, and the timeline, which a restore to
a point in time and a promoted standby change. A dump that is restored lies in another place. When the place
is another one a new epoch begins; a delivery keeps the epoch in which it was made.
"""

from __future__ import annotations

import secrets

from flowhook.storage.postgres.connection import Connection

# The timeline of what is written now: a promoted standby has a new one before a checkpoint says so.
PLACE = """
SELECT s.system_identifier || '/' || d.oid || '/' || CASE
  WHEN pg_is_in_recovery() THEN c.timeline_id
  ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer END
FROM pg_control_system() AS s, pg_control_checkpoint() AS c, pg_database AS d
WHERE d.datname = current_database()
"""
READ = "SELECT number, place FROM epoch FOR UPDATE"
LOCK = "LOCK TABLE epoch IN EXCLUSIVE MODE"
CLEAR = "DELETE FROM epoch"
WRITE = "INSERT INTO epoch (number, place) VALUES ($1, $2)"


async def current_epoch(db: Connection) -> tuple[int, bool]:
    """The number, and whether a database that was used before begins a new epoch."""
    place = await db.value(PLACE)
    found = await db.row("SELECT number, place FROM epoch")
    if found is not None and found[1] == place:
        return int(found[0]), False
    async with db.raw.transaction():
        await db.execute(LOCK)
        found = await db.row(READ)
        if found is not None and found[1] == place:  # another process was first
            return int(found[0]), False
        number = secrets.randbits(32)
        await db.execute(CLEAR)
        await db.execute(WRITE, number, place)
    return number, found is not None
