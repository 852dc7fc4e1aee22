"""Analytics: one record of each input, in the order of time.

The records of a user are found by a block range index, as databases have it for rows that are in the order of
their arrival: for each block of 4,096 rows that is full it holds the contacts of which the block tells. It is
written when a block is full, which takes some milliseconds of one message in 4,096. Whoever seeks a contact
reads the blocks that the index names, and all rows behind the last block of which it was made.
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
BLOCK_BITS = 12  #: a block holds so many rows as this power of two
BLOCK = 1 << BLOCK_BITS

_INDEXED = "(SELECT value FROM counters WHERE name = 'analytics_blocks')"  #: blocks from the front
_WITHIN = f"""
row >= :block << {BLOCK_BITS} AND row < (:block + 1) << {BLOCK_BITS} AND contact = :contact
"""
OF_USER = f"""
SELECT a.at, a.endpoint, a.session, a.contact, a.test, a.record, a.row
FROM analytics_contacts AS c CROSS JOIN analytics AS a
  ON a.row >= c.block << {BLOCK_BITS} AND a.row < (c.block + 1) << {BLOCK_BITS}
WHERE c.contact = :contact AND a.contact = :contact AND c.block < {_INDEXED}
UNION ALL
{_ROW} WHERE row >= {_INDEXED} << {BLOCK_BITS} AND contact = :contact
"""  # noqa: S608 - only constants of this module
BLOCKS_OF_USER = f"SELECT block FROM analytics_contacts WHERE contact = ? AND block < {_INDEXED}"  # noqa: S608
_LAST = f"(SELECT coalesce(max(row), 0) >> {BLOCK_BITS} FROM analytics)"  # noqa: S608
BOUNDS = f"SELECT {_INDEXED}, {_LAST}"
FORGET = f"DELETE FROM analytics WHERE {_WITHIN} AND (:session IS NULL OR session = :session)"  # noqa: S608
FORGET_BLOCK = f"""
DELETE FROM analytics_contacts
WHERE contact = :contact AND block = :block AND NOT EXISTS (SELECT 1 FROM analytics WHERE {_WITHIN})
"""  # noqa: S608 - only constants of this module
DROP = "DELETE FROM analytics WHERE row = ?"
DROP_BLOCKS = f"""
DELETE FROM analytics_contacts
WHERE block < (SELECT coalesce(min(row), {2**62}) FROM analytics) >> {BLOCK_BITS}
"""  # noqa: S608 - only constants of this module
# After the last rows were deleted their numbers are given again: their block is not full any more.
REOPEN = f"""
UPDATE counters SET value = {_LAST} WHERE name = 'analytics_blocks' AND value > {_LAST}
"""  # noqa: S608 - only constants of this module
INDEX = f"""
INSERT OR IGNORE INTO analytics_contacts
SELECT DISTINCT contact, :block FROM analytics
WHERE row >= :block << {BLOCK_BITS} AND row < (:block + 1) << {BLOCK_BITS}
"""  # noqa: S608 - only constants of this module
INDEXED = "UPDATE counters SET value = value + 1 WHERE name = 'analytics_blocks'"

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
    if number % BLOCK == 0:
        index_block(db)


def index_block(db: StatementRunner) -> bool:
    """Note the contacts of the next block that is full, if there is one, and return whether there was."""
    block, last = db.execute(BOUNDS).fetchone()
    if block >= last:
        return False
    db.execute(INDEX, {"block": block})
    db.execute(INDEXED)
    return True


def blocks_of(db: sqlite3.Connection, user_id: str) -> list[int]:
    """Return the blocks that may tell of a user."""
    known = [block for (block,) in db.execute(BLOCKS_OF_USER, (contact_key(user_id),)).fetchall()]
    first, last = db.execute(BOUNDS).fetchone()
    return [*known, *range(first, last + 1)]


def forget(db: sqlite3.Connection, user_id: str, session: bytes | None, block: int) -> None:
    """Delete what a block tells of a user, or of one session of his by its key."""
    values = {"contact": contact_key(user_id), "session": session, "block": block}
    db.execute(FORGET, values)
    db.execute(FORGET_BLOCK, values)
    db.execute(REOPEN)


def drop(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """Delete old records by their rows, and return how many there were."""
    dropped = max(0, db.executemany(DROP, [(row,) for row in rows]).rowcount)
    db.execute(DROP_BLOCKS)
    db.execute(REOPEN)
    return dropped


def _record(
    at: float, endpoint: str, key: bytes, contact: bytes, test: int, record: bytes, row: int
) -> AnalyticsRecord:
    return AnalyticsRecord(at, endpoint, key, contact, bool(test), record, row)
