"""Traces: why turns did what they did, newest first, of all sessions; those that failed at once."""

from __future__ import annotations

import sqlite3
from typing import Any

from pydantic_core import from_json

from flowhook.model.inbound import JsonObject
from flowhook.model.privacy import HIDDEN, MASK
from flowhook.model.trace import trace_of
from flowhook.storage.records import TraceRow
from flowhook.storage.sqlite.part import Part, lists

KEEP = "INSERT OR REPLACE INTO traces (row, at, trace, failed) VALUES (?, ?, ?, ?)"

_COLUMNS = """
SELECT t.row, i.trace_id, s.endpoint, s.user_id, s.session_id, i.kind, i.status, i.reason, i.received_at,
       t.failed, i.body, i.privacy, t.trace
"""
_JOINED = "JOIN inbox AS i ON i.row = t.row JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session"
NEWEST = f"""
{_COLUMNS} FROM traces AS t {_JOINED}
WHERE t.row < ? AND (? IS NULL OR s.endpoint = ?) ORDER BY t.row DESC LIMIT ?
"""
NEWEST_FAILED = f"""
{_COLUMNS} FROM traces AS t INDEXED BY traces_failed {_JOINED}
WHERE t.failed = 1 AND t.row < ? AND (? IS NULL OR s.endpoint = ?) ORDER BY t.row DESC LIMIT ?
"""
ONE = f"""
{_COLUMNS} FROM inbox AS i JOIN traces AS t ON t.row = i.row
JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session
WHERE i.trace_id = ? ORDER BY i.row
"""

LAST = 2**63 - 1


class SqliteTraces(Part):
    """See :class:`flowhook.storage.protocols.Traces`."""

    @lists
    def find(
        self,
        db: sqlite3.Connection,
        endpoint: str | None = None,
        failed: bool = False,
        limit: int = 50,
        before: int | None = None,
    ) -> list[TraceRow]:
        """A page."""
        query = NEWEST_FAILED if failed else NEWEST
        start = LAST if before is None else before
        return [_trace_row(row) for row in db.execute(query, (start, endpoint, endpoint, limit)).fetchall()]

    @lists
    def of(self, db: sqlite3.Connection, trace_id: str) -> list[TraceRow]:
        """In the order of acceptance."""
        return [_trace_row(row) for row in db.execute(ONE, (trace_id,)).fetchall()]


def _trace_row(row: tuple[Any, ...]) -> TraceRow:
    number, trace_id, endpoint, user, session, kind, status, reason, at, failed, body, privacy, trace = row
    inbound: JsonObject = from_json(body)
    text = inbound.get("text", "")
    return TraceRow(
        number, trace_id, endpoint, user, session, kind, status, reason, at, bool(failed),
        MASK if text and privacy and privacy & HIDDEN else text, trace_of(from_json(trace)),
        bool(inbound.get("test")),
    )  # fmt: skip
