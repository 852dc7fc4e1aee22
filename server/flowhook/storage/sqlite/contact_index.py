"""Which analytics tell of a contact: an inverted index that names blocks of rows in the place of rows.

Rows lie in the order of their arrival, and a contact's records of a conversation lie close together: to name
8,192 rows at a time (block addressing, as text indexes have it) takes one entry in the place of many. So a
message rarely changes a page of the index, where an index of rows would change one for each. Whoever seeks a
contact reads the blocks that the index names, and the rows behind the last one that is indexed.
"""

from __future__ import annotations

import sqlite3

from flowhook.storage.sqlite.connection import StatementRunner

BLOCK_BITS = 13  #: a block holds so many rows as this power of two
BLOCK = 1 << BLOCK_BITS
INDEX_EVERY = 64  #: rows after which a turn's transaction indexes them
BACKLOG_PIECE = 256  #: rows of an older database that a transaction of its own indexes

INDEXED = "(SELECT value FROM counters WHERE name = 'analytics_indexed')"  #: the last row that is
_LAST = "(SELECT coalesce(max(row), 0) FROM analytics)"
#: Rows of a block that tell of a contact.
IN_BLOCK = f"row >= :block << {BLOCK_BITS} AND row < (:block + 1) << {BLOCK_BITS} AND contact = :contact"

BOUNDS = f"SELECT {INDEXED}, {_LAST}"
BLOCKS_OF = "SELECT block FROM analytics_contacts WHERE contact = ?"
ADD = f"""
INSERT OR IGNORE INTO analytics_contacts
SELECT DISTINCT contact, row >> {BLOCK_BITS} FROM analytics WHERE row > :after AND row <= :until
"""  # noqa: S608 - only constants of this module
SET_INDEXED = "UPDATE counters SET value = ? WHERE name = 'analytics_indexed'"
DROP_UNLESS_USED = f"""
DELETE FROM analytics_contacts
WHERE contact = :contact AND block = :block AND NOT EXISTS (SELECT 1 FROM analytics WHERE {IN_BLOCK})
"""  # noqa: S608 - only constants of this module
DROP_OLD = f"""
DELETE FROM analytics_contacts
WHERE block < (SELECT coalesce(min(row), {2**62}) FROM analytics) >> {BLOCK_BITS}
"""  # noqa: S608 - only constants of this module
# After the last rows were deleted SQLite gives their numbers to others, which are to be indexed.
TAKE_BACK = f"""
UPDATE counters SET value = {_LAST} WHERE name = 'analytics_indexed' AND value > {_LAST}
"""  # noqa: S608 - only constants of this module


def extend(db: StatementRunner, limit: int) -> bool:
    """Index the next rows, at most ``limit``. Returns whether there were any."""
    indexed, last = db.execute(BOUNDS).fetchone()
    if indexed >= last:
        return False
    until = min(indexed + limit, last)
    db.execute(ADD, {"after": indexed, "until": until})
    db.execute(SET_INDEXED, (until,))
    return True


def extend_by_backlog(db: sqlite3.Connection) -> bool:
    """Index a piece of what an older database holds. Returns whether there was any."""
    return extend(db, BACKLOG_PIECE)


def blocks_of(db: sqlite3.Connection, contact: bytes) -> list[int]:
    """Return the blocks that may tell of a contact, also those that are not indexed yet."""
    named = {block for (block,) in db.execute(BLOCKS_OF, (contact,)).fetchall()}
    indexed, last = db.execute(BOUNDS).fetchone()
    behind = range((indexed + 1) >> BLOCK_BITS, (last >> BLOCK_BITS) + 1) if indexed < last else ()
    return sorted(named.union(behind))


def drop_block(db: sqlite3.Connection, contact: bytes, block: int) -> None:
    """After rows of a contact in a block were deleted: name the block no longer if they were the last."""
    db.execute(DROP_UNLESS_USED, {"contact": contact, "block": block})
    db.execute(TAKE_BACK)


def trim(db: sqlite3.Connection) -> None:
    """After the oldest rows were deleted, or all: name no block in front of those that are left."""
    db.execute(DROP_OLD)
    db.execute(TAKE_BACK)
