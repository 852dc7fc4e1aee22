"""Handovers: who has which conversation, what is said in it, and what of that waits for its provider."""

from __future__ import annotations

import sqlite3
from typing import Literal, assert_never

from pydantic_core import from_json, to_json

from flowhook.model.handover import HandoverEnd, HandoverMove, HandoverRequest, HandoverWords
from flowhook.model.inbound import Inbound
from flowhook.model.privacy import DROPPED, MASKED, masked_value
from flowhook.model.session_ref import SessionRef
from flowhook.storage.handover_rows import (
    HANDOVER_COLUMNS,
    HANDOVER_WIDTH,
    MESSAGE_COLUMNS,
    ending_body,
    handover_from,
    message_from,
    owner_after,
    refusal_of,
    words_body,
)
from flowhook.storage.records import (
    Accepted,
    HandoverClaim,
    HandoverMessage,
    HandoverParcel,
    HandoverRefused,
    HandoverRow,
    Refused,
    Replayed,
    Segment,
)
from flowhook.storage.rows import inbound_body
from flowhook.storage.sqlite.idempotency import find_repeat, remember
from flowhook.storage.sqlite.inbox import enter
from flowhook.storage.sqlite.part import Part, lists, reads, writes

BEGIN = """
INSERT OR IGNORE INTO handovers (shard, session, id, endpoint, user_id, session_id, provider, status, node,
                                 settings, trace_id, test, privacy, created_at, waiting_since)
SELECT ?, ?, ?, endpoint, user_id, session_id, ?, 'queue', ?, ?, ?, test, ?, ?, ?
FROM sessions WHERE shard = ? AND session = ?
"""
PLACE = """
UPDATE handovers SET
  next_seq = next_seq + 1,
  next_at = iif(:leaves, coalesce(next_at, :now), next_at),
  waiting_since = CASE :source WHEN 'user' THEN coalesce(waiting_since, :now) WHEN 'agent' THEN NULL
                  ELSE waiting_since END,
  step = iif(:source = 'agent', 0, step),
  privacy = ifnull(privacy, 0) | :privacy
WHERE id = :id RETURNING next_seq - 1
"""
ADD = """
INSERT INTO handover_messages (shard, session, handover, seq, kind, source, agent, status, trace_id, at, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
MOVE_ACTIVE = """
UPDATE handovers SET status = 'active', taken_at = coalesce(taken_at, ?)
WHERE id = ? AND status <> 'closed' AND (owner IS NULL OR owner = ?)
"""
MOVE_QUEUE = "UPDATE handovers SET status = 'queue' WHERE id = ? AND status <> 'closed' AND owner IS NULL"
CLOSE = """
UPDATE handovers SET status = 'closed', outcome = ?, closed_at = ?, ending = ?, waiting_since = NULL
WHERE id = ? AND status <> 'closed'
"""

GET = f"SELECT {HANDOVER_COLUMNS}, h.session FROM handovers AS h WHERE h.id = ?"  # noqa: S608 - only constants
BY_REFERENCE = f"""
SELECT {HANDOVER_COLUMNS} FROM handovers AS h WHERE h.provider = ? AND h.reference = ?
ORDER BY h.row DESC LIMIT 1
"""  # noqa: S608 - only constants of this module
FIND = f"""
SELECT {HANDOVER_COLUMNS} FROM handovers AS h
WHERE (:status IS NULL OR h.status = :status) AND (:endpoint IS NULL OR h.endpoint = :endpoint)
  AND (:owner IS NULL OR h.owner = :owner) AND (:after IS NULL OR h.row < :after)
ORDER BY h.row DESC LIMIT :limit
"""  # noqa: S608 - only constants of this module
FIND_OLDEST = FIND.replace("h.row < :after", "h.row > :after").replace("h.row DESC", "h.row")
MESSAGES = f"""
SELECT {MESSAGE_COLUMNS} FROM handover_messages WHERE shard = ? AND session = ? AND handover = ? ORDER BY seq
"""  # noqa: S608 - only constants of this module
WHERE_IS = "SELECT session, row FROM handovers WHERE id = ?"
PREVIOUS_END = """
SELECT max(closed_at) FROM handovers WHERE shard = ? AND session = ? AND row < ?
"""
OF_USER = f"SELECT {HANDOVER_COLUMNS}, h.session FROM handovers AS h WHERE h.user_id = ?"  # noqa: S608

OWN = """
UPDATE handovers SET owner = ?, status = ?, taken_at = coalesce(taken_at, ?), closing = ? WHERE id = ?
"""

DUE = f"""
SELECT {HANDOVER_COLUMNS}, h.session, m.seq, m.kind, m.source, m.agent, m.status, m.attempts, m.error,
       m.trace_id, m.at, m.body
FROM handovers AS h CROSS JOIN handover_messages AS m
  ON m.shard = h.shard AND m.session = h.session AND m.handover = h.id
 AND m.seq = (SELECT min(seq) FROM handover_messages AS n
              WHERE n.shard = h.shard AND n.session = h.session AND n.handover = h.id
                AND n.status = 'pending')
WHERE h.next_at <= ? ORDER BY h.next_at LIMIT ?
"""  # noqa: S608 - only constants of this module
NEXT = "SELECT min(next_at) FROM handovers WHERE next_at IS NOT NULL"
SETTLE = """
UPDATE handover_messages SET status = ?, attempts = attempts + 1, error = ?
WHERE shard = ? AND session = ? AND handover = ? AND seq = ? AND status = 'pending'
"""
GIVE_UP = """
UPDATE handover_messages SET status = 'dead'
WHERE shard = ? AND session = ? AND handover = ? AND status = 'pending'
"""
GO_ON = """
UPDATE handovers SET reference = coalesce(:reference, reference),
  next_at = coalesce(:next_at, (
    SELECT :now FROM handover_messages AS m WHERE m.shard = handovers.shard AND m.session = handovers.session
      AND m.handover = handovers.id AND m.status = 'pending' LIMIT 1))
WHERE id = :id
RETURNING status = 'closed' AND next_at IS NULL, privacy
"""
MASK_MESSAGE = """
UPDATE handover_messages SET body = ? WHERE shard = ? AND session = ? AND handover = ? AND seq = ?
"""
DROP_MESSAGES = "DELETE FROM handover_messages WHERE shard = ? AND session = ? AND handover = ?"
MASK_ENDING = "UPDATE handovers SET ending = ? WHERE id = ?"

SILENT = f"""
SELECT {HANDOVER_COLUMNS} FROM handovers AS h
WHERE h.waiting_since IS NOT NULL AND h.closing = 0 AND h.status <> 'closed' ORDER BY h.waiting_since LIMIT ?
"""  # noqa: S608 - only constants of this module
ESCALATE = """
UPDATE handovers SET step = :step, owner = iif(:requeue, NULL, owner),
  status = iif(:requeue, 'queue', status)
WHERE id = :id AND step = :before AND waiting_since = :since AND closing = 0 AND status <> 'closed'
  AND owner IS :owner
"""
CLOSING = "UPDATE handovers SET closing = 1 WHERE id = ?"
ABANDON = """
UPDATE handovers SET status = 'closed', outcome = 'error', closed_at = ?, waiting_since = NULL
WHERE shard = ? AND session = ? AND status <> 'closed' RETURNING id, next_at IS NULL, privacy
"""


class SqliteHandovers(Part):
    """See :class:`flowhook.storage.protocols.Handovers`."""

    @lists
    def find(
        self,
        db: sqlite3.Connection,
        status: str | None = None,
        endpoint: str | None = None,
        owner: str | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> list[HandoverRow]:
        """By the index on their status."""
        values = {"status": status, "endpoint": endpoint, "owner": owner, "limit": limit, "after": after}
        query = FIND_OLDEST if status == "queue" else FIND
        return [handover_from(row) for row in db.execute(query, values).fetchall()]

    @reads
    def get(self, db: sqlite3.Connection, id: str) -> HandoverRow | None:
        """By its id."""
        return _get(db, id)

    @reads
    def by_reference(self, db: sqlite3.Connection, provider: str, reference: str) -> HandoverRow | None:
        """By the index on references."""
        row = db.execute(BY_REFERENCE, (provider, reference)).fetchone()
        if row is not None:
            return handover_from(row)
        own = _get(db, reference)
        return own if own is not None and own.provider == provider else None

    @reads
    def messages(self, db: sqlite3.Connection, id: str) -> list[HandoverMessage]:
        """Of one session alone."""
        found = db.execute(WHERE_IS, (id,)).fetchone()
        return _messages(db, found[0], id) if found is not None else []

    @reads
    def previous_end(self, db: sqlite3.Connection, id: str) -> float | None:
        """Of the same session."""
        found = db.execute(WHERE_IS, (id,)).fetchone()
        if found is None:
            return None
        key, row = found
        end: float | None = db.execute(PREVIOUS_END, (key[0], key, row)).fetchone()[0]
        return end

    @lists
    def of_user(
        self, db: sqlite3.Connection, user_id: str
    ) -> list[tuple[HandoverRow, list[HandoverMessage]]]:
        """Oldest first."""
        rows = db.execute(OF_USER, (user_id,)).fetchall()
        return [(handover_from(row[:-1]), _messages(db, row[-1], row[0])) for row in rows]

    @writes("accept")
    def enter(
        self, db: sqlite3.Connection, id: str, inbound: Inbound, claim: HandoverClaim
    ) -> Accepted | Replayed | HandoverRefused:
        """Compare and set."""
        now, row = self._now(), _get(db, id)
        if row is None:
            return HandoverRefused("unknown_handover")
        repeat = find_repeat(db, row.ref, claim.key, now)
        if isinstance(repeat, Replayed):
            return repeat
        if isinstance(repeat, Refused):
            return HandoverRefused(repeat.code)
        if row.status == "closed" or row.closing:
            return HandoverRefused("handover_closed", row.owner)
        if (refused := refusal_of(row, claim)) is not None:
            return refused
        if claim.agent is not None:
            owner = owner_after(row, claim)
            status = "active" if owner is not None else "queue"
            db.execute(OWN, (owner, status, now if owner is not None else None, claim.ends, id))
        elif claim.ends:
            db.execute(CLOSING, (id,))
        inbound.ref = row.ref
        accepted = enter(db, inbound, row.ref.key, inbound_body(inbound), now)
        if claim.key is not None:
            remember(db, row.ref, claim.key, inbound.trace_id, now)
        return accepted

    @writes()
    def note(
        self, db: sqlite3.Connection, id: str, agent: str, text: str
    ) -> HandoverMessage | HandoverRefused:
        """Beside what is said."""
        row = _get(db, id)
        if row is None:
            return HandoverRefused("unknown_handover")
        if row.status == "closed":
            return HandoverRefused("handover_closed", row.owner)
        now = self._now()
        seq = _add(db, row.ref.key, id, "message", HandoverWords(id, "note", text, agent=agent), "", now)
        return HandoverMessage(seq, "message", "note", agent, "kept", 0, None, "", now, text, {}, [])

    @reads
    def due(self, db: sqlite3.Connection, now: float, limit: int) -> list[HandoverParcel]:
        """By the index of their times."""
        rows = db.execute(DUE, (now, limit)).fetchall()
        return [
            HandoverParcel(handover_from(row[:HANDOVER_WIDTH]), message_from(row[HANDOVER_WIDTH + 1 :]))
            for row in rows
        ]

    @reads
    def next_due_at(self, db: sqlite3.Connection) -> float | None:
        """From an index alone."""
        at: float | None = db.execute(NEXT).fetchone()[0]
        return at

    @writes("handover")
    def settle(
        self,
        db: sqlite3.Connection,
        parcel: HandoverParcel,
        status: Literal["sent", "dead", "pending"],
        *,
        next_at: float | None = None,
        error: str | None = None,
        reference: str | None = None,
        event: Inbound | None = None,
    ) -> Accepted | None:
        """The next thing of the handover may leave."""
        id, key, now = parcel.handover.id, parcel.handover.ref.key, self._now()
        db.execute(SETTLE, (status, error, key[0], key, id, parcel.message.seq))
        if status == "dead" and parcel.message.kind == "open":
            db.execute(GIVE_UP, (key[0], key, id))
        values = {"id": id, "reference": reference, "next_at": next_at, "now": now}
        found = db.execute(GO_ON, values).fetchone()
        if found is not None and found[0]:
            _keep_less(db, key, id, found[1] or 0)
        return _entered(db, event, parcel.handover.ref, now)

    @reads
    def silent(self, db: sqlite3.Connection, limit: int) -> list[HandoverRow]:
        """By the index on who waits."""
        return [handover_from(row) for row in db.execute(SILENT, (limit,)).fetchall()]

    @writes("handover")
    def escalate(
        self,
        db: sqlite3.Connection,
        row: HandoverRow,
        step: int,
        *,
        requeue: bool = False,
        event: Inbound | None = None,
    ) -> Accepted | bool:
        """Compare and set."""
        values = {
            "id": row.id, "step": step, "before": row.step, "since": row.waiting_since, "requeue": requeue,
            "owner": row.owner,
        }  # fmt: skip
        if not db.execute(ESCALATE, values).rowcount:
            return False
        if event is not None and (event.handover or {}).get("event") == "error":
            db.execute(CLOSING, (row.id,))
        return _entered(db, event, row.ref, self._now()) or True

    @writes()
    def abandon(self, db: sqlite3.Connection, ref: SessionRef) -> int:
        """With what waits of them."""
        key = ref.key
        closed = db.execute(ABANDON, (self._now(), key[0], key)).fetchall()
        for id, is_done, privacy in closed:
            if is_done:
                _keep_less(db, key, id, privacy or 0)
        return len(closed)


def _entered(db: sqlite3.Connection, event: Inbound | None, ref: SessionRef, now: float) -> Accepted | None:
    if event is None:
        return None
    event.ref = ref
    return enter(db, event, ref.key, inbound_body(event), now)


def change_handovers(db: sqlite3.Connection, segment: Segment, now: float) -> None:
    """Apply what a segment does to handovers, in its order."""
    key, trace_id = segment.ref.key, segment.trace_id
    for change in segment.handovers:
        match change:
            case HandoverRequest():
                settings = to_json(change.settings)
                values = (
                    key[0], key, change.id, change.provider, change.node, settings, trace_id,
                    segment.privacy, now, now, key[0], key,
                )  # fmt: skip
                db.execute(BEGIN, values)
                words = HandoverWords(change.id, "system", leaves=True)
                _add(db, key, change.id, "open", words, trace_id, now, segment.privacy)
            case HandoverWords():
                _add(db, key, change.id, "message", change, trace_id, now, segment.privacy)
            case HandoverMove(status="active"):
                db.execute(MOVE_ACTIVE, (now, change.id, change.agent))
            case HandoverMove():
                db.execute(MOVE_QUEUE, (change.id,))
            case HandoverEnd():
                _end(db, key, change, trace_id, now, segment.privacy)
            case _:
                assert_never(change)


def _end(
    db: sqlite3.Connection, key: bytes, change: HandoverEnd, trace_id: str, now: float, privacy: int
) -> None:
    if not db.execute(CLOSE, (change.outcome, now, ending_body(change), change.id)).rowcount:
        return
    words = HandoverWords(change.id, "system", leaves=change.tells)
    _add(db, key, change.id, "close", words, trace_id, now, privacy)
    done = db.execute("SELECT next_at IS NULL, privacy FROM handovers WHERE id = ?", (change.id,)).fetchone()
    if done[0]:
        _keep_less(db, key, change.id, done[1] or 0)


def _add(
    db: sqlite3.Connection,
    key: bytes,
    id: str,
    kind: str,
    words: HandoverWords,
    trace_id: str,
    now: float,
    privacy: int = 0,
) -> int:
    """Put something into a handover; nothing when it is gone."""
    values = {"id": id, "leaves": words.leaves, "now": now, "source": words.source, "privacy": privacy}
    placed = db.execute(PLACE, values).fetchone()
    if placed is None:
        return 0
    status = "pending" if words.leaves else "kept"
    agent = words.agent or None
    db.execute(
        ADD, (key[0], key, id, placed[0], kind, words.source, agent, status, trace_id, now, words_body(words))
    )
    return int(placed[0])


def _keep_less(db: sqlite3.Connection, key: bytes, id: str, privacy: int) -> None:
    """It is closed and nothing of it waits: words go that are not to be kept."""
    if privacy & DROPPED:
        db.execute(DROP_MESSAGES, (key[0], key, id))
        db.execute(MASK_ENDING, (b"{}", id))
    elif privacy & MASKED:
        for message in db.execute(MESSAGES, (key[0], key, id)).fetchall():
            masked = to_json(masked_value(from_json(message[-1])))
            db.execute(MASK_MESSAGE, (masked, key[0], key, id, message[0]))
        (ending,) = db.execute("SELECT ending FROM handovers WHERE id = ?", (id,)).fetchone()
        db.execute(MASK_ENDING, (to_json(masked_value(from_json(ending))) if ending else None, id))


def _get(db: sqlite3.Connection, id: str) -> HandoverRow | None:
    row = db.execute(GET, (id,)).fetchone()
    return handover_from(row[:-1]) if row is not None else None


def _messages(db: sqlite3.Connection, key: bytes, id: str) -> list[HandoverMessage]:
    return [message_from(row) for row in db.execute(MESSAGES, (key[0], key, id)).fetchall()]
