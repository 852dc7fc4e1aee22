"""What was said in a session: for the turns that look back, for export, and for those who search."""

from __future__ import annotations

import heapq
import json
from collections.abc import AsyncIterator, Collection

from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.part import Part, lists, reads
from flowhook.storage.records import FoundText, TextPage
from flowhook.storage.said_message import SaidMessage
from flowhook.storage.transcript_rows import delivery_entry, history_messages, inbound_entry, output_messages

# Turns of the session's present life, newest first. A turn that has not ended is not history.
TURNS = """
SELECT trace_id, kind, received_at, first_out, last_out, body, privacy FROM inbox
WHERE shard = $1 AND session = $2 AND status IN ('done', 'failed') AND merged_into IS NULL
  AND done_at >= (SELECT created_at FROM sessions WHERE shard = $1 AND session = $2)
ORDER BY seq DESC LIMIT $3
"""
OUTPUTS_SINCE = """
SELECT seq, trace_id, created_at, output, body, privacy FROM outbox
WHERE shard = $1 AND session = $2 AND seq >= $3 ORDER BY seq DESC LIMIT $4
"""

# All that entered, newest first.
INBOUNDS = """
SELECT i.seq, i.trace_id, i.kind, i.status, i.reason, i.received_at, i.body, i.merged_into, t.trace,
       i.first_out, i.last_out
FROM inbox AS i LEFT JOIN traces AS t ON t.row = i.row
WHERE i.shard = $1 AND i.session = $2 ORDER BY i.seq DESC LIMIT $3
"""
OUTPUTS_BETWEEN = """
SELECT seq, epoch, status, attempts, created_at, output, body, privacy FROM outbox
WHERE shard = $1 AND session = $2 AND seq BETWEEN $3 AND $4 ORDER BY seq
"""

SCANNED = 20_000  #: messages that one page of a search looks at
PIECE = 500  #: messages read at once
LAST = 2**63 - 1
SEARCHED_INBOUNDS = """
SELECT received_at, row, shard, session, trace_id, body FROM inbox
WHERE row < $1 AND kind IN ('message', 'inject', 'notify', 'callback') ORDER BY row DESC LIMIT $2
"""
SEARCHED_OUTPUTS = """
SELECT created_at, row, shard, session, trace_id, output, body, privacy FROM outbox
WHERE row < $1 ORDER BY row DESC LIMIT $2
"""
LIVE = """
SELECT endpoint, user_id, session_id FROM sessions
WHERE shard = $1 AND session = $2 AND created_at IS NOT NULL
"""


class PostgresTranscripts(Part):
    """See :class:`flowhook.storage.protocols.Transcripts`."""

    @reads
    async def history(self, db: Connection, ref: SessionRef, limit: int) -> list[JsonObject]:
        """Of turns that have ended."""
        key = ref.key
        turns = await db.fetch(TURNS, key[0], key, limit)
        firsts = [first for _, _, _, first, *_ in turns if first is not None]
        outputs: dict[int, JsonObject] = {}
        if firsts:
            rows = await db.fetch(OUTPUTS_SINCE, key[0], key, min(firsts), limit)
            outputs = output_messages(rows)
        return history_messages(turns, outputs, limit)

    @lists
    async def entries(self, db: Connection, ref: SessionRef, limit: int | None = None) -> list[JsonObject]:
        """Whatever their status."""
        key = ref.key
        rows = await db.fetch(INBOUNDS, key[0], key, limit)
        return [await _entry(db, key, row) for row in reversed(rows)]

    @lists
    async def search(
        self,
        db: Connection,
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
        """A page: a walk back from the end of inbox and outbox, whose rows lie in order of time."""
        whose = {"endpoint": endpoint, "user_id": user_id, "session_id": session_id}
        wanted = {name: value for name, value in whose.items() if value is not None}
        folded = text.casefold()
        escaped = json.dumps(folded, ensure_ascii=False)[1:-1]
        rows = list(before or (LAST, LAST))
        found: dict[bytes, FoundText] = {}
        scanned = 0
        async for message in _newest_first(db, *rows):
            if scanned == SCANNED or len(found) == limit:
                return TextPage(list(found.values()), (rows[0], rows[1]))
            scanned += 1
            if since is not None and message.at < since:
                break
            rows[message.is_output] = message.row
            if (until is not None and message.at >= until) or message.session in found:
                continue
            if (place := message.finds(folded, escaped)) is None:
                continue
            ref = await db.row(LIVE, message.shard, message.session)
            if ref is None or ref[0] in skip:
                continue
            if wanted.items() <= dict(zip(whose, ref, strict=True)).items():
                found[message.session] = FoundText(
                    ref[0], ref[1], ref[2], message.trace_id, message.at, place
                )
        return TextPage(list(found.values()), None)


async def _newest_first(db: Connection, inbox_row: int, outbox_row: int) -> AsyncIterator[SaidMessage]:
    """Both sides, piece by piece, merged by time."""
    sides = [_Side(db, SEARCHED_INBOUNDS, inbox_row, False), _Side(db, SEARCHED_OUTPUTS, outbox_row, True)]
    heap: list[tuple[float, bool, SaidMessage]] = []
    for side in sides:
        if (message := await side.next()) is not None:
            heap.append((-message.at, message.is_output, message))
    heapq.heapify(heap)
    while heap:
        _, is_output, message = heap[0]
        following = await sides[is_output].next()
        if following is None:
            heapq.heappop(heap)
        else:
            heapq.heapreplace(heap, (-following.at, is_output, following))
        yield message


class _Side:
    """The messages of one table, newest first, a piece at a time."""

    def __init__(self, db: Connection, query: str, before: int, is_output: bool) -> None:
        self._db = db
        self._query = query
        self._before = before
        self._is_output = is_output
        self._piece: list[Row] = []
        self._ended = False

    async def next(self) -> SaidMessage | None:
        """None at the end."""
        if not self._piece and not self._ended:
            self._piece = (await self._db.fetch(self._query, self._before, PIECE))[::-1]
            self._ended = len(self._piece) < PIECE
        if not self._piece:
            return None
        at, row, shard, key, trace_id, *bodies = self._piece.pop()
        self._before = row
        return SaidMessage(at, row, self._is_output, shard, key, trace_id, tuple(bodies))


async def _entry(db: Connection, key: bytes, row: Row) -> JsonObject:
    *facts, first, last = row
    entry = inbound_entry(*facts)
    if first is not None:
        sent = await db.fetch(OUTPUTS_BETWEEN, key[0], key, first, last)
        entry["outputs"] = [delivery_entry(key, *delivery) for delivery in sent]
    return entry
