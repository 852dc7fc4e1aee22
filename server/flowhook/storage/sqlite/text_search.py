"""Finding sessions by what was said in them: newest first, and so many messages at a time.

Nothing is kept for it when messages come. A search walks back from the end of inbox and outbox, whose rows
lie in order of time, and after a bounded number of them says where to go on.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from flowhook.storage.records import FoundText, TextPage
from flowhook.storage.sqlite.rows import said

SCANNED = 20_000  #: messages that one page looks at
LAST = 2**63 - 1

INBOUNDS = """
SELECT received_at, row, shard, session, trace_id, body FROM inbox
WHERE row < ? AND kind IN ('message', 'inject', 'notify', 'callback') ORDER BY row DESC
"""
OUTPUTS = """
SELECT created_at, row, shard, session, trace_id, output, body, privacy FROM outbox
WHERE row < ? ORDER BY row DESC
"""
LIVE = """
SELECT endpoint, user_id, session_id FROM sessions
WHERE shard = ? AND session = ? AND created_at IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class _Message:
    """One row, of which table it is, and what it says."""

    at: float
    row: int
    is_output: bool
    shard: int
    session: bytes
    trace_id: str
    bodies: tuple[Any, ...]

    def finds(self, text: str, escaped: str) -> str | None:
        """The text in which another one stands, whatever its case; None when it is not there. ``escaped``
        is that text as it stands in JSON: most messages are not read."""
        if not any(escaped in body.decode().casefold() for body in self.bodies[:2] if body is not None):
            return None
        if self.is_output:
            output, body, privacy = self.bodies
            message = said(output, body, privacy)
        else:
            message = from_json(self.bodies[0])
        parts = (message.get(name) for name in ("text", "data", "attachments", "result"))
        return next((each for part in parts for each in _texts(part) if text in each.casefold()), None)


def search(
    db: sqlite3.Connection,
    text: str,
    limit: int,
    before: tuple[int, int] | None,
    since: float | None,
    until: float | None,
    whose: dict[str, str],
    skip: Collection[str],
) -> TextPage:
    """See :meth:`flowhook.storage.protocols.Transcripts.search`."""
    wanted = text.casefold()
    escaped = json.dumps(wanted, ensure_ascii=False)[1:-1]
    rows = list(before or (LAST, LAST))
    found: dict[bytes, FoundText] = {}
    for scanned, message in enumerate(_newest_first(db, *rows)):
        if scanned == SCANNED or len(found) == limit:
            return TextPage(list(found.values()), (rows[0], rows[1]))
        if since is not None and message.at < since:
            break
        rows[message.is_output] = message.row
        if (until is not None and message.at >= until) or message.session in found:
            continue
        if (place := message.finds(wanted, escaped)) is None:
            continue
        names = db.execute(LIVE, (message.shard, message.session)).fetchone()
        if names is None or names[0] in skip:
            continue
        endpoint, user_id, session_id = names
        if whose.items() <= {"endpoint": endpoint, "user_id": user_id, "session_id": session_id}.items():
            found[message.session] = FoundText(
                endpoint, user_id, session_id, message.trace_id, message.at, place
            )
    return TextPage(list(found.values()), None)


def _newest_first(db: sqlite3.Connection, inbox_row: int, outbox_row: int) -> Iterator[_Message]:
    inbounds = (
        _Message(at, row, False, shard, key, trace_id, tuple(bodies))
        for at, row, shard, key, trace_id, *bodies in db.execute(INBOUNDS, (inbox_row,))
    )
    outputs = (
        _Message(at, row, True, shard, key, trace_id, tuple(bodies))
        for at, row, shard, key, trace_id, *bodies in db.execute(OUTPUTS, (outbox_row,))
    )
    return heapq.merge(inbounds, outputs, key=lambda message: -message.at)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
