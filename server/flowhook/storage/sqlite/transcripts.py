"""What was said in a session: for the turns that look back, and for export."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import TextPage
from flowhook.storage.sqlite.part import Part, lists, reads
from flowhook.storage.sqlite.text_search import search
from flowhook.storage.transcript_rows import delivery_entry, history_messages, inbound_entry, output_messages

# Turns of the session's present life, newest first. A turn that has not ended is not history.
TURNS = """
SELECT trace_id, kind, received_at, first_out, last_out, body, privacy FROM inbox
WHERE shard = :shard AND session = :session AND status IN ('done', 'failed') AND merged_into IS NULL
  AND done_at >= (SELECT created_at FROM sessions WHERE shard = :shard AND session = :session)
ORDER BY seq DESC LIMIT :limit
"""
OUTPUTS_SINCE = """
SELECT seq, trace_id, created_at, output, body, privacy FROM outbox
WHERE shard = ? AND session = ? AND seq >= ? ORDER BY seq DESC LIMIT ?
"""

# All that entered, newest first.
INBOUNDS = """
SELECT i.seq, i.trace_id, i.kind, i.status, i.reason, i.received_at, i.body, i.merged_into, t.trace,
       i.first_out, i.last_out
FROM inbox AS i LEFT JOIN traces AS t ON t.row = i.row
WHERE i.shard = ? AND i.session = ? ORDER BY i.seq DESC LIMIT ?
"""
OUTPUTS_BETWEEN = """
SELECT seq, epoch, status, attempts, created_at, output, body, privacy FROM outbox
WHERE shard = ? AND session = ? AND seq BETWEEN ? AND ? ORDER BY seq
"""


class SqliteTranscripts(Part):
    """See :class:`flowhook.storage.protocols.Transcripts`."""

    @reads
    def history(self, db: sqlite3.Connection, ref: SessionRef, limit: int) -> list[JsonObject]:
        """Of turns that have ended."""
        key = ref.key
        turns = db.execute(TURNS, {"shard": key[0], "session": key, "limit": limit}).fetchall()
        firsts = [first for _, _, _, first, *_ in turns if first is not None]
        outputs: dict[int, JsonObject] = {}
        if firsts:
            rows = db.execute(OUTPUTS_SINCE, (key[0], key, min(firsts), limit)).fetchall()
            outputs = output_messages(rows)
        return history_messages(turns, outputs, limit)

    @lists
    def entries(self, db: sqlite3.Connection, ref: SessionRef, limit: int | None = None) -> list[JsonObject]:
        """Whatever their status."""
        key = ref.key
        rows = db.execute(INBOUNDS, (key[0], key, -1 if limit is None else limit)).fetchall()
        return [_entry(db, key, row) for row in reversed(rows)]

    async def search(
        self,
        text: str,
        limit: int = 50,
        before: tuple[int, int] | None = None,
        since: float | None = None,
        until: float | None = None,
        *,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        skip: Collection[str] = (),
    ) -> TextPage:
        """A page."""
        whose = {"endpoint": endpoint, "user_id": user_id, "session_id": session_id}
        wanted = {name: value for name, value in whose.items() if value is not None}
        return await self._database.listings.run(search, text, limit, before, since, until, wanted, skip)


def _entry(db: sqlite3.Connection, key: bytes, row: tuple[Any, ...]) -> JsonObject:
    *facts, first, last = row
    entry = inbound_entry(*facts)
    if first is not None:
        sent = db.execute(OUTPUTS_BETWEEN, (key[0], key, first, last)).fetchall()
        entry["outputs"] = [delivery_entry(key, *delivery) for delivery in sent]
    return entry
