"""Analytics: one record of each input, in the order of time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from flowhook.model.session_ref import contact_key
from flowhook.storage.records import AnalyticsRecord
from flowhook.storage.sqlite import contact_index
from flowhook.storage.sqlite.connection import StatementRunner
from flowhook.storage.sqlite.contact_index import BLOCK_BITS, IN_BLOCK, INDEXED
from flowhook.storage.sqlite.part import Part, lists

KEEP = "INSERT INTO analytics (at, endpoint, session, contact, test, record) VALUES (?, ?, ?, ?, ?, ?)"
_ROW = "SELECT at, endpoint, session, contact, test, record, row FROM analytics"
FIND = f"""
{_ROW} WHERE at >= :since AND at < :until AND (at > :after OR row > :after_row)
  AND (:endpoint IS NULL OR endpoint = :endpoint) AND (:tests OR NOT test)
ORDER BY at, row LIMIT :limit
"""
# The plus: else SQLite takes that for the end of the rows to read, in the place of the end of the block.
OF_USER = f"""
SELECT a.at, a.endpoint, a.session, a.contact, a.test, a.record, a.row
FROM analytics_contacts AS c CROSS JOIN analytics AS a
  ON a.row >= c.block << {BLOCK_BITS} AND a.row < (c.block + 1) << {BLOCK_BITS}
WHERE c.contact = :contact AND a.contact = :contact AND +a.row <= {INDEXED}
UNION ALL
{_ROW} WHERE row > {INDEXED} AND contact = :contact
"""  # noqa: S608 - only constants of this module and of contact_index

FORGET = f"""
DELETE FROM analytics WHERE {IN_BLOCK} AND (:session IS NULL OR session = :session)
"""  # noqa: S608 - only constants of contact_index
DROP = "DELETE FROM analytics WHERE row = ?"

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
        """By the index of contacts."""
        found = db.execute(OF_USER, {"contact": contact_key(user_id)}).fetchall()
        return sorted((_record(*row) for row in found), key=lambda record: record.row)


def keep(db: StatementRunner, row: AnalyticsRecord) -> None:
    """Write a record, in the transaction of its turn."""
    values = (row.at, row.endpoint, row.session, row.contact, row.test, row.record)
    number = db.execute(KEEP, values).lastrowid or 0
    if number % contact_index.INDEX_EVERY == 0:
        contact_index.extend(db, contact_index.INDEX_EVERY)


def forget(db: sqlite3.Connection, contact: bytes, session: bytes | None, block: int) -> None:
    """Delete what a block tells of a contact, or of one session by its key."""
    db.execute(FORGET, {"contact": contact, "session": session, "block": block})
    contact_index.drop_block(db, contact, block)


def drop(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """Delete old records by their rows, and return how many there were."""
    dropped = sum(db.execute(DROP, (row,)).rowcount for row in rows)
    contact_index.trim(db)
    return dropped


def _record(
    at: float, endpoint: str, key: bytes, contact: bytes, test: int, record: bytes, row: int
) -> AnalyticsRecord:
    return AnalyticsRecord(at, endpoint, key, contact, bool(test), record, row)
