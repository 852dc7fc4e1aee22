"""Timers of waiting nodes, and inbounds that wait for their time."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pydantic_core import from_json

from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.postgres.callbacks import TASK_PREFIX, end_now, time_out, without_timer
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.inbox import enter
from flowhook.storage.postgres.locking import lock_sessions
from flowhook.storage.postgres.part import Part, lists, reads
from flowhook.storage.postgres.receipts import cancel_inbound
from flowhook.storage.records import Accepted, TimerChange, TimerRow
from flowhook.storage.timer_rows import (
    NAMED_PREFIX,
    TASK,
    TIMEOUT_PREFIX,
    armed_name,
    due_inbound,
    timer_place,
    timer_row,
)

ARM = """
INSERT INTO timers (shard, session, name, kind, due_at, armed_seq, node, endpoint, user_id, session_id,
                    inbound_kind, body)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'timer', ''::bytea)
ON CONFLICT (shard, session, name) DO UPDATE SET due_at = excluded.due_at, armed_seq = excluded.armed_seq,
  node = excluded.node, endpoint = excluded.endpoint, user_id = excluded.user_id,
  session_id = excluded.session_id
"""
REMOVE = "DELETE FROM timers WHERE shard = $1 AND session = $2 AND name = $3"
REMOVE_NAMED = "DELETE FROM timers WHERE shard = $1 AND session = $2 AND kind = 'named'"
DUE_PLACES = """
SELECT session, name FROM timers
WHERE due_at <= $1 AND shard = ANY ($3::smallint[])
  AND NOT (kind = 'scheduled' AND endpoint = ANY ($4::text[]))
ORDER BY due_at, shard, session, name LIMIT $2
"""
# Read anew behind the locks: another process may have been faster, or the session was spoken to.
DUE = """
SELECT t.session, t.name,
       t.kind IN ('timeout', 'named')
         AND (s.created_at IS NULL OR (t.kind = 'timeout' AND s.last_message_seq > t.armed_seq)),
       t.kind, t.due_at, t.node, t.endpoint, t.user_id, t.session_id, t.inbound_kind, t.body
FROM timers AS t JOIN unnest($1::bytea[], $2::text[]) AS d (session, name)
  ON t.shard = get_byte(d.session, 0)::smallint AND t.session = d.session AND t.name = d.name
LEFT JOIN sessions AS s ON s.shard = t.shard AND s.session = t.session
WHERE t.due_at <= $3
ORDER BY t.due_at, t.shard, t.session, t.name FOR UPDATE OF t
"""
NEXT = "SELECT min(due_at) FROM timers WHERE shard = ANY ($1::smallint[])"
COUNT_SCHEDULED = "SELECT endpoint, count(*) FROM timers WHERE kind = 'scheduled' GROUP BY endpoint"
LIST = """
SELECT session, name, kind, node, due_at, endpoint, user_id, session_id FROM timers ORDER BY due_at LIMIT $1
"""

SCHEDULED_OF_USER = """
SELECT endpoint, session_id, name, inbound_kind, due_at, body FROM timers
WHERE user_id = $1 AND kind = 'scheduled' ORDER BY due_at
"""


class PostgresTimers(Part):
    """See :class:`flowhook.storage.protocols.Timers`."""

    async def due(self, now: float, limit: int, full: Collection[str] = ()) -> list[Accepted]:
        """Into the inboxes; a timer whose session was spoken to since is void. Mostly nothing is due, which a
        read tells without a transaction."""
        if not await self._database.reads.run(self._places, now, limit, full):
            return []
        return await self._database.writer.submit("accept", self._enter_due, now, limit, full)

    async def _places(self, db: Connection, now: float, limit: int, full: Collection[str]) -> list[Any]:
        return await db.fetch(DUE_PLACES, now, limit, self._database.shards, list(full))

    async def _enter_due(
        self, db: Connection, now: float, limit: int, full: Collection[str]
    ) -> list[Accepted]:
        places = await self._places(db, now, limit, full)
        await lock_sessions(db, {key for key, _ in places})
        due = await db.fetch(DUE, [key for key, _ in places], [name for _, name in places], now)
        accepted = []
        for key, name, is_void, *timer in due:
            await db.execute(REMOVE, key[0], key, name)
            if timer[0] == TASK:
                if (timed_out := await time_out(db, key, name, timer[1], timer[-2], now)) is not None:
                    accepted.append(timed_out)
            elif not is_void:
                inbound, body = due_inbound(name, *timer)
                accepted.append(await enter(db, inbound, key, body, now))
        return accepted

    @reads
    async def next_due_at(self, db: Connection) -> float | None:
        """None when no timer runs."""
        found: float | None = await db.value(NEXT, self._database.shards)
        return found

    @reads
    async def scheduled(self, db: Connection) -> dict[str, int]:
        """By the index of their names."""
        return {endpoint: count for endpoint, count in await db.fetch(COUNT_SCHEDULED)}

    @lists
    async def find(self, db: Connection, limit: int = 50) -> list[TimerRow]:
        """Soonest first; tasks that wait without end come last."""
        found = [timer_row(*row) for row in await db.fetch(LIST, limit)]
        return found + await without_timer(db, limit - len(found)) if len(found) < limit else found

    @lists
    async def of_user(self, db: Connection, user_id: str) -> list[JsonObject]:
        """``{endpoint, sessionId, traceId, kind, dueAt, body}`` each."""
        rows = await db.fetch(SCHEDULED_OF_USER, user_id)
        names = ("endpoint", "sessionId", "traceId", "kind", "dueAt")
        return [{**dict(zip(names, row, strict=True)), "body": from_json(body)} for *row, body in rows]

    async def cancel(self, timer_id: str, at: float) -> bool:
        """By the prefix of its id; one of a scheduled inbound is its trace id."""
        cancelled = await self._database.writer.submit("", _cancel, timer_id, at)
        self._database.ownership.wake_all()  # a task's time may be over now
        return cancelled


async def _cancel(db: Connection, timer_id: str, at: float) -> bool:
    if timer_id.startswith((TIMEOUT_PREFIX, NAMED_PREFIX)):
        return await _take_away(db, timer_id)
    if timer_id.startswith(TASK_PREFIX):
        return await end_now(db, timer_id, at)
    return await cancel_inbound(db, timer_id, at) == "cancelled"


async def change_timer(db: Connection, ref: SessionRef, armed_seq: int, change: TimerChange) -> None:
    """Set, replace or take away the session's timer."""
    key = ref.key
    if change.every:
        await db.execute(REMOVE_NAMED, key[0], key)
    name, kind = armed_name(change)
    if change.due_at is None:
        await db.execute(REMOVE, key[0], key, name)
        return
    armed = (key[0], key, name, kind, change.due_at, armed_seq, change.node)
    await db.execute(ARM, *armed, ref.endpoint, ref.user_id, ref.session_id)


async def _take_away(db: Connection, timer_id: str) -> bool:
    """A timer of a node, or one with a name."""
    if (place := timer_place(timer_id)) is None:
        return False
    key, name = place
    return await db.execute(REMOVE, key[0], key, name) > 0
