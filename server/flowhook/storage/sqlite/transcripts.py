"""What was said in a session: for the turns that look back, and for export."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from pydantic_core import from_json

from flowhook.ids import delivery_id
from flowhook.model.inbound import JsonObject
from flowhook.model.privacy import DROPPED
from flowhook.model.session_ref import SessionRef
from flowhook.model.trace import trace_of
from flowhook.storage.records import TextPage
from flowhook.storage.rows import said
from flowhook.storage.sqlite.part import Part, lists, reads
from flowhook.storage.sqlite.text_search import search

SPOKEN = ("message", "inject")  #: kinds of inbounds that are something said

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
SELECT i.seq, i.trace_id, i.kind, i.status, i.reason, i.received_at, i.first_out, i.last_out, i.body,
       i.merged_into, t.trace
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
            outputs = {row[0]: _output_message(*row[1:]) for row in rows if not _is_dropped(row[-1])}
        messages: list[JsonObject] = []
        for trace_id, kind, at, first, last, body, privacy in reversed(turns):
            if kind in SPOKEN and not _is_dropped(privacy):
                messages.append(_input_message(trace_id, at, from_json(body)))
            if first is not None:
                messages += [outputs[seq] for seq in range(first, last + 1) if seq in outputs]
        return messages[-limit:]

    @lists
    def entries(self, db: sqlite3.Connection, ref: SessionRef, limit: int | None = None) -> list[JsonObject]:
        """Whatever their status."""
        key = ref.key
        rows = db.execute(INBOUNDS, (key[0], key, -1 if limit is None else limit)).fetchall()
        return [_inbound_entry(db, key, row) for row in reversed(rows)]

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


def _input_message(trace_id: str, at: float, body: JsonObject) -> JsonObject:
    text, data = body.get("text", ""), body.get("data")
    return {"role": "user", "text": text, "data": data or {}, "traceId": trace_id, "at": at}


def _is_dropped(privacy: int | None) -> bool:
    return bool(privacy and privacy & DROPPED)


def _output_message(
    trace_id: str, at: float, output: bytes | None, body: bytes, privacy: int | None
) -> JsonObject:
    message = said(output, body, privacy)
    return {
        "role": message.get("source", "bot"),
        "text": message.get("text", ""),
        "data": message.get("data", {}),
        "traceId": trace_id,
        "at": at,
    }


def _inbound_entry(db: sqlite3.Connection, key: bytes, row: tuple[Any, ...]) -> JsonObject:
    seq, trace_id, kind, status, reason, at, first, last, body, merged_into, trace = row
    fields = from_json(body)
    entry: JsonObject = {
        "seq": seq,
        "kind": kind,
        "traceId": trace_id,
        "at": at,
        "status": status,
        "text": fields.get("text", ""),
        "data": fields.get("data"),
        "attachments": fields.get("attachments", []),
        "outputs": [],
    }
    entry |= {name: fields[name] for name in ("callback", "result") if name in fields}  # of a task
    if fields.get("test"):
        entry["test"] = True
    if reason is not None:
        entry["reason"] = reason
    if merged_into is not None:
        entry["mergedInto"] = merged_into
    if trace is not None:
        entry["trace"] = trace_of(from_json(trace))
    if first is not None:
        sent = db.execute(OUTPUTS_BETWEEN, (key[0], key, first, last)).fetchall()
        entry["outputs"] = [_delivery_entry(key, *delivery) for delivery in sent]
    return entry


def _delivery_entry(
    key: bytes,
    seq: int,
    epoch: int | None,
    status: str,
    attempts: int,
    at: float,
    output: bytes | None,
    body: bytes,
    privacy: int | None,
) -> JsonObject:
    return {
        "deliveryId": delivery_id(key, seq, epoch),
        "sequence": seq,
        "status": status,
        "attempts": attempts,
        "at": at,
        "output": said(output, body, privacy),
    }
