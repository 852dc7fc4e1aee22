"""Traces: why turns did what they did, newest first, of all sessions; those that failed at once."""

from __future__ import annotations

from pydantic_core import from_json

from flowhook.model.inbound import JsonObject
from flowhook.model.privacy import HIDDEN, MASK
from flowhook.model.trace import trace_of
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.part import Part, lists
from flowhook.storage.records import TraceRow

_COLUMNS = """
SELECT t.row, i.trace_id, s.endpoint, s.user_id, s.session_id, i.kind, i.status, i.reason, i.received_at,
       t.failed, i.body, i.privacy, t.trace
"""
_JOINED = "JOIN inbox AS i ON i.row = t.row JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session"
NEWEST = f"""
{_COLUMNS} FROM traces AS t {_JOINED}
WHERE t.row < $1 AND ($2::text IS NULL OR s.endpoint = $2) ORDER BY t.row DESC LIMIT $3
"""
NEWEST_FAILED = f"""
{_COLUMNS} FROM traces AS t {_JOINED}
WHERE t.failed AND t.row < $1 AND ($2::text IS NULL OR s.endpoint = $2) ORDER BY t.row DESC LIMIT $3
"""
ONE = f"""
{_COLUMNS} FROM inbox AS i JOIN traces AS t ON t.row = i.row
JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session
WHERE i.trace_id = $1 ORDER BY i.row
"""

LAST = 2**63 - 1


class PostgresTraces(Part):
    """See :class:`flowhook.storage.protocols.Traces`."""

    @lists
    async def find(
        self,
        db: Connection,
        endpoint: str | None = None,
        failed: bool = False,
        limit: int = 50,
        before: int | None = None,
    ) -> list[TraceRow]:
        """A page."""
        query = NEWEST_FAILED if failed else NEWEST
        start = LAST if before is None else before
        return [_trace_row(row) for row in await db.fetch(query, start, endpoint, limit)]

    @lists
    async def of(self, db: Connection, trace_id: str) -> list[TraceRow]:
        """In the order of acceptance."""
        return [_trace_row(row) for row in await db.fetch(ONE, trace_id)]


def _trace_row(row: Row) -> TraceRow:
    number, trace_id, endpoint, user, session, kind, status, reason, at, failed, body, privacy, trace = row
    inbound: JsonObject = from_json(body)
    text = inbound.get("text", "")
    return TraceRow(
        number, trace_id, endpoint, user, session, kind, status, reason, at, failed,
        MASK if text and privacy and privacy & HIDDEN else text, trace_of(from_json(trace)),
        bool(inbound.get("test")),
    )  # fmt: skip
