"""Finding sessions by what was said in them: newest first, and so many messages at a time.

Nothing is kept for it when messages come. A search walks back from the end of inbox and outbox, whose rows
lie in order of time, and after a bounded number of them says where to go on.
"""

from __future__ import annotations

import heapq
import json
import sqlite3
from collections.abc import Collection, Iterator

from flowhook.storage.records import FoundText, TextPage
from flowhook.storage.said_message import SaidMessage

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
        ref = db.execute(LIVE, (message.shard, message.session)).fetchone()
        if ref is None or ref[0] in skip:
            continue
        endpoint, user_id, session_id = ref
        if whose.items() <= {"endpoint": endpoint, "user_id": user_id, "session_id": session_id}.items():
            found[message.session] = FoundText(
                endpoint, user_id, session_id, message.trace_id, message.at, place
            )
    return TextPage(list(found.values()), None)


def _newest_first(db: sqlite3.Connection, inbox_row: int, outbox_row: int) -> Iterator[SaidMessage]:
    inbounds = (
        SaidMessage(at, row, False, shard, key, trace_id, tuple(bodies))
        for at, row, shard, key, trace_id, *bodies in db.execute(INBOUNDS, (inbox_row,))
    )
    outputs = (
        SaidMessage(at, row, True, shard, key, trace_id, tuple(bodies))
        for at, row, shard, key, trace_id, *bodies in db.execute(OUTPUTS, (outbox_row,))
    )
    return heapq.merge(inbounds, outputs, key=lambda message: -message.at)
