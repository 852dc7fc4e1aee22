"""Handovers: who has which conversation, what is said in it, and what of that waits for its provider.

Whatever changes one has the lock of its session's row.
"""

from __future__ import annotations

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
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.idempotency import find_repeat, remember
from flowhook.storage.postgres.inbox import enter
from flowhook.storage.postgres.locking import lock_sessions
from flowhook.storage.postgres.named import Named
from flowhook.storage.postgres.part import Part, lists, reads
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

BEGIN = """
INSERT INTO handovers (shard, session, id, endpoint, user_id, session_id, provider, status, node, settings,
                       trace_id, test, privacy, created_at, waiting_since)
SELECT shard, session, $1, endpoint, user_id, session_id, $2, 'queue', $3, $4, $5, test, $6, $7, $7
FROM sessions WHERE shard = $8 AND session = $9 ON CONFLICT DO NOTHING
"""
PLACE = Named("""
UPDATE handovers SET
  next_seq = next_seq + 1,
  next_at = CASE WHEN :leaves THEN coalesce(next_at, :now::float8) ELSE next_at END,
  waiting_since = CASE :source::text WHEN 'user' THEN coalesce(waiting_since, :now::float8)
                  WHEN 'agent' THEN NULL
                  ELSE waiting_since END,
  step = CASE WHEN :source::text = 'agent' THEN 0 ELSE step END,
  privacy = coalesce(privacy, 0::smallint) | :privacy::smallint
WHERE id = :id RETURNING next_seq - 1
""")
ADD = """
INSERT INTO handover_messages (shard, session, handover, seq, kind, source, agent, status, trace_id, at, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""
MOVE_ACTIVE = """
UPDATE handovers SET status = 'active', taken_at = coalesce(taken_at, $1)
WHERE id = $2 AND status <> 'closed' AND (owner IS NULL OR owner = $3)
"""
MOVE_QUEUE = "UPDATE handovers SET status = 'queue' WHERE id = $1 AND status <> 'closed' AND owner IS NULL"
CLOSE = """
UPDATE handovers SET status = 'closed', outcome = $1, closed_at = $2, ending = $3, waiting_since = NULL
WHERE id = $4 AND status <> 'closed'
"""
DONE = "SELECT next_at IS NULL, privacy FROM handovers WHERE id = $1"

_SELECT = f"SELECT {HANDOVER_COLUMNS} FROM handovers AS h"  # noqa: S608 - only constants
GET = f"{_SELECT} WHERE h.id = $1"
BY_REFERENCE = f"{_SELECT} WHERE h.provider = $1 AND h.reference = $2 ORDER BY h.row DESC LIMIT 1"
_PAGE = f"""
{_SELECT} WHERE (:status::text IS NULL OR h.status = :status)
  AND (:endpoint::text IS NULL OR h.endpoint = :endpoint) AND (:owner::text IS NULL OR h.owner = :owner)
"""
FIND = Named(f"{_PAGE} AND (:after::bigint IS NULL OR h.row < :after) ORDER BY h.row DESC LIMIT :limit")
FIND_OLDEST = Named(f"{_PAGE} AND (:after::bigint IS NULL OR h.row > :after) ORDER BY h.row LIMIT :limit")
MESSAGES = f"""
SELECT {MESSAGE_COLUMNS} FROM handover_messages WHERE shard = $1 AND session = $2 AND handover = $3
ORDER BY seq
"""  # noqa: S608 - only constants
PREVIOUS_END = """
SELECT max(closed_at) FROM handovers WHERE shard = $1 AND session = $2 AND row < $3
"""
OF_USER = f"{_SELECT} WHERE h.user_id = $1 ORDER BY h.row"

OWN = """
UPDATE handovers SET owner = $1, status = $2, taken_at = coalesce(taken_at, $3), closing = $4 WHERE id = $5
"""
DUE = f"""
SELECT {HANDOVER_COLUMNS}, m.seq, m.kind, m.source, m.agent, m.status, m.attempts, m.error, m.trace_id, m.at,
       m.body
FROM handovers AS h CROSS JOIN LATERAL (
  SELECT * FROM handover_messages AS n
  WHERE n.shard = h.shard AND n.session = h.session AND n.handover = h.id AND n.status = 'pending'
  ORDER BY n.seq LIMIT 1) AS m
WHERE h.next_at <= $1 AND h.shard = ANY ($2::smallint[]) ORDER BY h.next_at LIMIT $3
"""  # noqa: S608 - only constants
NEXT = "SELECT min(next_at) FROM handovers WHERE next_at IS NOT NULL AND shard = ANY ($1::smallint[])"
SETTLE = """
UPDATE handover_messages SET status = $1, attempts = attempts + 1, error = $2
WHERE shard = $3 AND session = $4 AND handover = $5 AND seq = $6 AND status = 'pending'
"""
GIVE_UP = """
UPDATE handover_messages SET status = 'dead'
WHERE shard = $1 AND session = $2 AND handover = $3 AND status = 'pending'
"""
GO_ON = Named("""
UPDATE handovers AS h SET reference = coalesce(:reference::text, h.reference),
  next_at = coalesce(:next_at::float8, (
    SELECT :now::float8 FROM handover_messages AS m WHERE m.shard = h.shard AND m.session = h.session
      AND m.handover = h.id AND m.status = 'pending' LIMIT 1))
WHERE h.id = :id RETURNING h.status = 'closed' AND h.next_at IS NULL, h.privacy
""")
MASK_MESSAGE = """
UPDATE handover_messages SET body = $1 WHERE shard = $2 AND session = $3 AND handover = $4 AND seq = $5
"""
DROP_MESSAGES = "DELETE FROM handover_messages WHERE shard = $1 AND session = $2 AND handover = $3"
ENDING = "SELECT ending FROM handovers WHERE id = $1"
MASK_ENDING = "UPDATE handovers SET ending = $1 WHERE id = $2"

SILENT = f"""
{_SELECT} WHERE h.waiting_since IS NOT NULL AND NOT h.closing AND h.status <> 'closed'
  AND h.shard = ANY ($1::smallint[]) ORDER BY h.waiting_since LIMIT $2
"""
ESCALATE = Named("""
UPDATE handovers SET step = :step, owner = CASE WHEN :requeue THEN NULL ELSE owner END,
  status = CASE WHEN :requeue THEN 'queue' ELSE status END
WHERE id = :id AND step = :before AND waiting_since = :since AND NOT closing AND status <> 'closed'
  AND owner IS NOT DISTINCT FROM :owner::text
""")
CLOSING = "UPDATE handovers SET closing = true WHERE id = $1"
ABANDON = """
UPDATE handovers SET status = 'closed', outcome = 'error', closed_at = $1, waiting_since = NULL
WHERE shard = $2 AND session = $3 AND status <> 'closed' RETURNING id, next_at IS NULL, privacy
"""


class PostgresHandovers(Part):
    """See :class:`flowhook.storage.protocols.Handovers`."""

    @lists
    async def find(
        self,
        db: Connection,
        status: str | None = None,
        endpoint: str | None = None,
        owner: str | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> list[HandoverRow]:
        """By the index on their status."""
        values = {"status": status, "endpoint": endpoint, "owner": owner, "limit": limit, "after": after}
        query = FIND_OLDEST if status == "queue" else FIND
        return [handover_from(row) for row in await db.fetch(*query(values))]

    @reads
    async def get(self, db: Connection, id: str) -> HandoverRow | None:
        """By its id."""
        return await _get(db, id)

    @reads
    async def by_reference(self, db: Connection, provider: str, reference: str) -> HandoverRow | None:
        """By the index on references."""
        row = await db.row(BY_REFERENCE, provider, reference)
        if row is not None:
            return handover_from(row)
        own = await _get(db, reference)
        return own if own is not None and own.provider == provider else None

    @reads
    async def messages(self, db: Connection, id: str) -> list[HandoverMessage]:
        """Of one session alone."""
        row = await _get(db, id)
        return await _messages(db, row.ref.key, id) if row is not None else []

    @reads
    async def previous_end(self, db: Connection, id: str) -> float | None:
        """Of the same session."""
        row = await _get(db, id)
        if row is None:
            return None
        end: float | None = await db.value(PREVIOUS_END, row.ref.key[0], row.ref.key, row.row)
        return end

    @lists
    async def of_user(self, db: Connection, user_id: str) -> list[tuple[HandoverRow, list[HandoverMessage]]]:
        """Oldest first."""
        rows = [handover_from(row) for row in await db.fetch(OF_USER, user_id)]
        return [(row, await _messages(db, row.ref.key, row.id)) for row in rows]

    async def enter(
        self, id: str, inbound: Inbound, claim: HandoverClaim
    ) -> Accepted | Replayed | HandoverRefused:
        """Compare and set."""
        entered = await self._database.writer.submit("accept", self._enter, id, inbound, claim)
        if isinstance(entered, Accepted):
            self._database.ownership.wake([entered.inbound.ref.key])
        return entered

    async def _enter(
        self, db: Connection, id: str, inbound: Inbound, claim: HandoverClaim
    ) -> Accepted | Replayed | HandoverRefused:
        now, row = self._now(), await _locked(db, id)
        if row is None:
            return HandoverRefused("unknown_handover")
        repeat = await find_repeat(db, row.ref, claim.key, now)
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
            await db.execute(OWN, owner, status, now if owner is not None else None, claim.ends, id)
        elif claim.ends:
            await db.execute(CLOSING, id)
        inbound.ref = row.ref
        accepted = await enter(db, inbound, row.ref.key, inbound_body(inbound), now)
        if claim.key is not None:
            await remember(db, row.ref, claim.key, inbound.trace_id, now)
        return accepted

    async def note(self, id: str, agent: str, text: str) -> HandoverMessage | HandoverRefused:
        """Beside what is said."""
        return await self._database.writer.submit("", self._note, id, agent, text)

    async def _note(
        self, db: Connection, id: str, agent: str, text: str
    ) -> HandoverMessage | HandoverRefused:
        row = await _locked(db, id)
        if row is None:
            return HandoverRefused("unknown_handover")
        if row.status == "closed":
            return HandoverRefused("handover_closed", row.owner)
        now = self._now()
        words = HandoverWords(id, "note", text, agent=agent)
        seq = await _add(db, row.ref.key, id, "message", words, "", now)
        return HandoverMessage(seq, "message", "note", agent, "kept", 0, None, "", now, text, {}, [])

    @reads
    async def due(self, db: Connection, now: float, limit: int) -> list[HandoverParcel]:
        """Of the shards that are this process's."""
        return [
            HandoverParcel(handover_from(row[:HANDOVER_WIDTH]), message_from(row[HANDOVER_WIDTH:]))
            for row in map(tuple, await db.fetch(DUE, now, self._database.shards, limit))
        ]

    @reads
    async def next_due_at(self, db: Connection) -> float | None:
        """Of the shards that are this process's."""
        at: float | None = await db.value(NEXT, self._database.shards)
        return at

    async def settle(
        self,
        parcel: HandoverParcel,
        status: Literal["sent", "dead", "pending"],
        *,
        next_at: float | None = None,
        error: str | None = None,
        reference: str | None = None,
        event: Inbound | None = None,
    ) -> Accepted | None:
        """The next thing of the handover may leave."""

        async def settle(db: Connection) -> Accepted | None:
            id, key, now = parcel.handover.id, parcel.handover.ref.key, self._now()
            await lock_sessions(db, [key])
            await db.execute(SETTLE, status, error, key[0], key, id, parcel.message.seq)
            if status == "dead" and parcel.message.kind == "open":
                await db.execute(GIVE_UP, key[0], key, id)
            values = {"id": id, "reference": reference, "next_at": next_at, "now": now}
            found = await db.row(*GO_ON(values))
            if found is not None and found[0]:
                await _keep_less(db, key, id, found[1] or 0)
            return await _entered(db, event, parcel.handover.ref, now)

        return await self._database.writer.submit("handover", settle)

    @reads
    async def silent(self, db: Connection, limit: int) -> list[HandoverRow]:
        """Of the shards that are this process's."""
        return [handover_from(row) for row in await db.fetch(SILENT, self._database.shards, limit)]

    async def escalate(
        self, row: HandoverRow, step: int, *, requeue: bool = False, event: Inbound | None = None
    ) -> Accepted | bool:
        """Compare and set."""

        async def escalate(db: Connection) -> Accepted | bool:
            await lock_sessions(db, [row.ref.key])
            values = {
                "id": row.id, "step": step, "before": row.step, "since": row.waiting_since,
                "requeue": requeue, "owner": row.owner,
            }  # fmt: skip
            if not await db.execute(*ESCALATE(values)):
                return False
            if event is not None and (event.handover or {}).get("event") == "error":
                await db.execute(CLOSING, row.id)
            return await _entered(db, event, row.ref, self._now()) or True

        return await self._database.writer.submit("handover", escalate)

    async def abandon(self, ref: SessionRef) -> int:
        """With what waits of them."""

        async def abandon(db: Connection) -> int:
            await lock_sessions(db, [ref.key])
            closed = await db.fetch(ABANDON, self._now(), ref.key[0], ref.key)
            for id, is_done, privacy in closed:
                if is_done:
                    await _keep_less(db, ref.key, id, privacy or 0)
            return len(closed)

        return await self._database.writer.submit("", abandon)


async def change_handovers(db: Connection, segment: Segment, now: float) -> None:
    """Apply what a segment does to handovers, in its order."""
    key, trace_id, privacy = segment.ref.key, segment.trace_id, segment.privacy
    for change in segment.handovers:
        match change:
            case HandoverRequest():
                settings = to_json(change.settings)
                await db.execute(
                    BEGIN, change.id, change.provider, change.node, settings, trace_id, privacy, now, key[0],
                    key,
                )  # fmt: skip
                words = HandoverWords(change.id, "system", leaves=True)
                await _add(db, key, change.id, "open", words, trace_id, now, privacy)
            case HandoverWords():
                await _add(db, key, change.id, "message", change, trace_id, now, privacy)
            case HandoverMove(status="active"):
                await db.execute(MOVE_ACTIVE, now, change.id, change.agent)
            case HandoverMove():
                await db.execute(MOVE_QUEUE, change.id)
            case HandoverEnd():
                await _end(db, key, change, trace_id, now, privacy)
            case _:
                assert_never(change)


async def _end(
    db: Connection, key: bytes, change: HandoverEnd, trace_id: str, now: float, privacy: int
) -> None:
    if not await db.execute(CLOSE, change.outcome, now, ending_body(change), change.id):
        return
    words = HandoverWords(change.id, "system", leaves=change.tells)
    await _add(db, key, change.id, "close", words, trace_id, now, privacy)
    done = await db.row(DONE, change.id)
    if done is not None and done[0]:
        await _keep_less(db, key, change.id, done[1] or 0)


async def _add(
    db: Connection,
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
    placed = await db.row(*PLACE(values))
    if placed is None:
        return 0
    status, agent = "pending" if words.leaves else "kept", words.agent or None
    facts = (kind, words.source, agent, status, trace_id, now, words_body(words))
    await db.execute(ADD, key[0], key, id, placed[0], *facts)
    return int(placed[0])


async def _keep_less(db: Connection, key: bytes, id: str, privacy: int) -> None:
    """It is closed and nothing of it waits: words go that are not to be kept."""
    if privacy & DROPPED:
        await db.execute(DROP_MESSAGES, key[0], key, id)
        await db.execute(MASK_ENDING, b"{}", id)
    elif privacy & MASKED:
        for message in await db.fetch(MESSAGES, key[0], key, id):
            masked = to_json(masked_value(from_json(message[-1])))
            await db.execute(MASK_MESSAGE, masked, key[0], key, id, message[0])
        ending = await db.value(ENDING, id)
        await db.execute(MASK_ENDING, to_json(masked_value(from_json(ending))) if ending else None, id)


async def _entered(db: Connection, event: Inbound | None, ref: SessionRef, now: float) -> Accepted | None:
    if event is None:
        return None
    event.ref = ref
    return await enter(db, event, ref.key, inbound_body(event), now)


async def _locked(db: Connection, id: str) -> HandoverRow | None:
    """A handover behind the lock of its session."""
    row = await _get(db, id)
    if row is None:
        return None
    await lock_sessions(db, [row.ref.key])
    return await _get(db, id)


async def _get(db: Connection, id: str) -> HandoverRow | None:
    row = await db.row(GET, id)
    return handover_from(row) if row is not None else None


async def _messages(db: Connection, key: bytes, id: str) -> list[HandoverMessage]:
    return [message_from(row) for row in await db.fetch(MESSAGES, key[0], key, id)]
