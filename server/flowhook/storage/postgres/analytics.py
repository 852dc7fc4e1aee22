"""Analytics: one record of each input, in the order of time."""

from __future__ import annotations

from typing import Any

from flowhook.model.session_ref import contact_key
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.named import Named
from flowhook.storage.postgres.part import Part, lists
from flowhook.storage.records import AnalyticsRecord

_ROW = "SELECT at, endpoint, session, contact, test, record, row FROM analytics"
FIND = Named(f"""
{_ROW} WHERE at >= :since AND at < :until AND (at > :after OR row > :after_row)
  AND (:endpoint::text IS NULL OR endpoint = :endpoint) AND (:tests OR NOT test)
ORDER BY at, row LIMIT :limit
""")
OF_USER = f"{_ROW} WHERE contact = $1 ORDER BY row"

FIRST, LAST = -1e12, 1e12


class PostgresAnalytics(Part):
    """See :class:`flowhook.storage.protocols.Analytics`."""

    @lists
    async def find(
        self,
        db: Connection,
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
        return [_record(row) for row in await db.fetch(*FIND(values))]

    @lists
    async def of_user(self, db: Connection, user_id: str) -> list[AnalyticsRecord]:
        """By the index on contacts."""
        return [_record(row) for row in await db.fetch(OF_USER, contact_key(user_id))]


def _record(row: Row) -> AnalyticsRecord:
    return AnalyticsRecord(*row)
