"""Analytics: one record of each input, in the order of time.

The records of a user are found by a block range index, as databases have it for rows that lie in the order of
their arrival: for each block of 8,192 rows it holds the contacts of which the block tells. Whoever seeks a
contact reads the blocks that the index names, and the rows that are not in it yet: some dozens, as it is
written for 64 at a time.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from flowhook.model.session_ref import contact_key
from flowhook.storage.records import AnalyticsRecord
from flowhook.storage.sqlite.connection import StatementRunner
from flowhook.storage.sqlite.part import Part, lists

KEEP = "INSERT INTO analytics (at, endpoint, session, contact, test, record) VALUES (?, ?, ?, ?, ?, ?)"
_ROW = "SELECT at, endpoint, session, contact, test, record, row FROM analytics"
FIND = f"""
{_ROW} WHERE at >= :since AND at < :until AND (at > :after OR row > :after_row)
  AND (:endpoint IS NULL OR endpoint = :endpoint) AND (:tests OR NOT test)
ORDER BY at, row LIMIT :limit
"""
BLOCK_BITS = 13  #: a block holds so many rows as this power of two
BLOCK = 1 << BLOCK_BITS
PIECE = 64  #: rows that a turn's transaction indexes, once in as many
LARGE_PIECE = 256  #: the same, of a transaction of its own

_INDEXED = "(SELECT value FROM counters WHERE name = 'analytics_indexed')"  #: the last row that is
_LAST = "(SELECT coalesce(max(row), 0) FROM analytics)"
_IN_BLOCK = f"""
row >= :block << {BLOCK_BITS} AND row < (:block + 1) << {BLOCK_BITS} AND contact = :contact
"""
# The plus: else SQLite takes that for the end of the rows to read, in the place of the end of the block.
OF_USER = f"""
SELECT a.at, a.endpoint, a.session, a.contact, a.test, a.record, a.row
FROM analytics_contacts AS c CROSS JOIN analytics AS a
  ON a.row >= c.block << {BLOCK_BITS} AND a.row < (c.block + 1) << {BLOCK_BITS}
WHERE c.contact = :contact AND a.contact = :contact AND +a.row <= {_INDEXED}
UNION ALL
{_ROW} WHERE row > {_INDEXED} AND contact = :contact
"""  # noqa: S608 - only constants of this module

BLOCKS_OF_USER = "SELECT block FROM analytics_contacts WHERE contact = ?"
BOUNDS = f"SELECT {_INDEXED}, {_LAST}"
FORGET = f"DELETE FROM analytics WHERE {_IN_BLOCK} AND (:session IS NULL OR session = :session)"  # noqa: S608
FORGET_BLOCK = f"""
DELETE FROM analytics_contacts
WHERE contact = :contact AND block = :block AND NOT EXISTS (SELECT 1 FROM analytics WHERE {_IN_BLOCK})
"""  # noqa: S608 - only constants of this module
DROP = "DELETE FROM analytics WHERE row = ?"
DROP_BLOCKS = f"""
DELETE FROM analytics_contacts
WHERE block < (SELECT coalesce(min(row), {2**62}) FROM analytics) >> {BLOCK_BITS}
"""  # noqa: S608 - only constants of this module
# After the last rows were deleted SQLite gives their numbers to others.
TAKE_BACK = f"""
UPDATE counters SET value = {_LAST} WHERE name = 'analytics_indexed' AND value > {_LAST}
"""  # noqa: S608 - only constants of this module
INDEX = f"""
INSERT OR IGNORE INTO analytics_contacts
SELECT DISTINCT contact, row >> {BLOCK_BITS} FROM analytics WHERE row > :after AND row <= :until
"""  # noqa: S608 - only constants of this module
INDEXED = "UPDATE counters SET value = ? WHERE name = 'analytics_indexed'"

FIRST, LAST = -1e12, 1e12


class SqliteAnalytics(Part):
    """See :class:`flowhook.storage.protocols.Analytics`."""

    @lists
    def find(
        self,
        db: sqlite3.Connection,
        since: float | None = None,
        until: float | None = None,
        endpoint: str | None = None,
        tests: bool = False,
        limit: int = 500,
        after: tuple[float, int] | None = None,
    ) -> list[AnalyticsRecord]:
        """By the index on time."""
        begin = FIRST if since is None else since
        after_at, after_row = after or (FIRST, -1)
        values: dict[str, Any] = {
            "since": max(begin, after_at), "until": LAST if until is None else until, "after": after_at,
            "after_row": after_row, "endpoint": endpoint, "tests": tests, "limit": limit,
        }  # fmt: skip
        return [_record(*row) for row in db.execute(FIND, values).fetchall()]

    @lists
    def of_user(self, db: sqlite3.Connection, user_id: str) -> list[AnalyticsRecord]:
        """By the block range index."""
        found = db.execute(OF_USER, {"contact": contact_key(user_id)}).fetchall()
        return sorted((_record(*row) for row in found), key=lambda record: record.row)


def keep(db: StatementRunner, row: AnalyticsRecord) -> None:
    """Write a record, in the transaction of its turn."""
    values = (row.at, row.endpoint, row.session, row.contact, row.test, row.record)
    number = db.execute(KEEP, values).lastrowid or 0
    if number % PIECE == 0:
        index_piece(db, PIECE)


def index_piece(db: StatementRunner, limit: int = LARGE_PIECE) -> bool:
    """Note the contacts of the next records, at most ``limit``. Returns whether there were any."""
    indexed, last = db.execute(BOUNDS).fetchone()
    if indexed >= last:
        return False
    until = min(indexed + limit, last)
    db.execute(INDEX, {"after": indexed, "until": until})
    db.execute(INDEXED, (until,))
    return True


def blocks_of(db: sqlite3.Connection, user_id: str) -> list[int]:
    """Return the blocks that may tell of a user."""
    named = {block for (block,) in db.execute(BLOCKS_OF_USER, (contact_key(user_id),)).fetchall()}
    indexed, last = db.execute(BOUNDS).fetchone()
    behind = range((indexed + 1) >> BLOCK_BITS, (last >> BLOCK_BITS) + 1) if indexed < last else ()
    return sorted(named.union(behind))


def forget(db: sqlite3.Connection, user_id: str, session: bytes | None, block: int) -> None:
    """Delete what a block tells of a user, or of one session of his by its key."""
    values = {"contact": contact_key(user_id), "session": session, "block": block}
    db.execute(FORGET, values)
    db.execute(FORGET_BLOCK, values)
    db.execute(TAKE_BACK)


def drop(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """Delete old records by their rows, and return how many there were."""
    dropped = max(0, db.executemany(DROP, [(row,) for row in rows]).rowcount)
    db.execute(DROP_BLOCKS)
    db.execute(TAKE_BACK)
    return dropped


def _record(
    at: float, endpoint: str, key: bytes, contact: bytes, test: int, record: bytes, row: int
) -> AnalyticsRecord:
    return AnalyticsRecord(at, endpoint, key, contact, bool(test), record, row)
