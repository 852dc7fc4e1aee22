"""Analytics: one record of each input, in the order of time."""

from __future__ import annotations

import sqlite3
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
OF_USER = f"{_ROW} WHERE contact = ? ORDER BY row"

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
        """By the index on contacts."""
        return [_record(*row) for row in db.execute(OF_USER, (contact_key(user_id),)).fetchall()]


def keep(db: StatementRunner, row: AnalyticsRecord) -> None:
    """Write a record, in the transaction of its turn."""
    db.execute(KEEP, (row.at, row.endpoint, row.session, row.contact, row.test, row.record))


def _record(
    at: float, endpoint: str, key: bytes, contact: bytes, test: int, record: bytes, row: int
) -> AnalyticsRecord:
    return AnalyticsRecord(at, endpoint, key, contact, bool(test), record, row)
