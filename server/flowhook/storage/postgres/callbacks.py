"""The one-time callback URLs of tasks: opened with the segment that starts the outside work, used at
most once, void when the session has left the task."""

from __future__ import annotations

from flowhook.ids import new_id
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.arrivals import gone_before
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.inbox import enter
from flowhook.storage.postgres.locking import lock_sessions
from flowhook.storage.postgres.part import Part, reads
from flowhook.storage.records import Accepted, CallbackRow, OpenCallback, TaskChange, TimerRow
from flowhook.storage.rows import inbound_body
from flowhook.storage.timer_rows import TASK

TASK_PREFIX = "task_"

OPEN = """
INSERT INTO callbacks (shard, hash, session, task, node, kind, status, created_at)
VALUES ($1, $2, $3, $4, $5, $6, 'open', $7) ON CONFLICT DO NOTHING
"""
ARM = """
INSERT INTO timers (shard, session, name, kind, due_at, armed_seq, node, endpoint, user_id, session_id,
                    inbound_kind, body)
SELECT shard, session, $1, 'task', $2, $3, $4, endpoint, user_id, session_id, $5, ''::bytea
FROM sessions WHERE shard = $6 AND session = $7 ON CONFLICT DO NOTHING
"""
HASTEN = """
INSERT INTO timers (shard, session, name, kind, due_at, armed_seq, node, endpoint, user_id, session_id,
                    inbound_kind, body)
SELECT c.shard, c.session, 'task_' || encode(c.hash, 'hex'), 'task', $1, 0, c.node, s.endpoint, s.user_id,
  s.session_id, 'timer', ''::bytea
FROM callbacks AS c JOIN sessions AS s ON s.shard = c.shard AND s.session = c.session
WHERE c.shard = ANY ($2::smallint[]) AND c.hash = $3 AND c.status = 'open'
ON CONFLICT (shard, session, name) DO UPDATE SET due_at = excluded.due_at
"""
DISARM = "DELETE FROM timers WHERE shard = $1 AND session = $2 AND name = $3"
OF_SESSION = """
SELECT hash, task, kind FROM callbacks WHERE shard = $1 AND session = $2 AND status = 'open'
"""
FIND = """
SELECT c.status, c.kind, c.node, c.session, s.endpoint, s.user_id, s.session_id
FROM callbacks AS c LEFT JOIN sessions AS s ON s.shard = c.shard AND s.session = c.session
WHERE c.shard = $1 AND c.hash = $2
"""
LIVES = """
SELECT 1 FROM sessions WHERE shard = $1 AND session = $2 AND created_at IS NOT NULL
  AND (updated_at > $3 OR backlog > 0)
"""
CLOSE = """
UPDATE callbacks SET status = $1, done_at = $2 WHERE shard = $3 AND hash = $4 AND status = 'open'
RETURNING task, node, kind, session
"""
# Open ones without a timer of their own; those with one are listed among the timers.
LIST = """
SELECT c.hash, c.node, s.endpoint, s.user_id, s.session_id
FROM callbacks AS c JOIN sessions AS s ON s.shard = c.shard AND s.session = c.session
WHERE c.status = 'open'
  AND NOT EXISTS (SELECT 1 FROM timers AS t WHERE t.shard = c.shard AND t.session = c.session
                  AND t.name = 'task_' || encode(c.hash, 'hex'))
LIMIT $1
"""
NAMES = "SELECT endpoint, user_id, session_id FROM sessions WHERE shard = $1 AND session = $2"
ALL_SHARDS = list(range(256))


class PostgresCallbacks(Part):
    """See :class:`flowhook.storage.protocols.Callbacks`."""

    @reads
    async def find(self, db: Connection, shard: int, hash: bytes) -> CallbackRow | None:
        """None when no such URL was given, or it is long over."""
        row = await db.row(FIND, shard, hash)
        if row is None:
            return None
        status, kind, node, _, endpoint, user_id, session_id = row
        ref = SessionRef(endpoint, user_id, session_id) if endpoint is not None else None
        return CallbackRow(status, kind, node, ref)

    async def use(
        self, shard: int, hash: bytes, inbound: Inbound, expires_after: float | None
    ) -> Accepted | None:
        """Into the inbox of its session, or None. Fills in what the callback knows."""
        accepted = await self._database.writer.submit(
            "accept", self._use, shard, hash, inbound, expires_after
        )
        if accepted is not None:
            self._database.ownership.wake([accepted.inbound.ref.key])
        return accepted

    async def _use(
        self, db: Connection, shard: int, hash: bytes, inbound: Inbound, expires_after: float | None
    ) -> Accepted | None:
        now = self._now()
        found = await db.row(FIND, shard, hash)
        if found is None or found[0] != "open":
            return None
        key: bytes = found[3]
        await lock_sessions(db, [key])
        ref = await db.row(NAMES, key[0], key)
        alive = await db.row(LIVES, key[0], key, gone_before(expires_after, now)) is not None
        closed = await db.row(CLOSE, "used" if alive else "void", now, shard, hash)
        await _disarm(db, key, hash)
        if not alive or closed is None or ref is None:
            return None
        inbound.ref, inbound.kind = SessionRef(*ref), Kind(closed[2])
        inbound.task, inbound.callback = closed[0], closed[1]
        if inbound.kind is Kind.INJECT and inbound.data is None:
            inbound.data, inbound.result = {"value": inbound.result}, None
        return await enter(db, inbound, key, inbound_body(inbound), now)


async def change_tasks(db: Connection, key: bytes, armed_seq: int, change: TaskChange, now: float) -> None:
    """Open what a segment starts; what the session waits for no longer is void."""
    for callback in change.opened:
        await _open(db, key, armed_seq, callback, now)
    kept = {*change.waited, *(callback.task for callback in change.opened)}
    for hash, task, kind in await db.fetch(OF_SESSION, key[0], key):
        left = task not in kept and (kind == Kind.CALLBACK or change.all_void)
        if left or task in change.dropped:
            await db.row(CLOSE, "void", now, key[0], hash)
            await _disarm(db, key, hash)


async def _open(db: Connection, key: bytes, armed_seq: int, callback: OpenCallback, now: float) -> None:
    opened = await db.execute(
        OPEN, key[0], callback.hash, key, callback.task, callback.node, callback.kind, now
    )
    if opened and callback.due_at is not None:
        name = TASK_PREFIX + callback.hash.hex()
        apart = callback.kind == "inject" and callback.tells
        told_as = Kind.INJECT if apart else Kind.TIMER
        await db.execute(ARM, name, callback.due_at, armed_seq, callback.node, told_as, key[0], key)


async def _disarm(db: Connection, key: bytes, hash: bytes) -> None:
    await db.execute(DISARM, key[0], key, TASK_PREFIX + hash.hex())


async def time_out(
    db: Connection, key: bytes, name: str, due_at: float, told_as: str, now: float
) -> Accepted | None:
    """A task's time is over: its URL is void, and a session that waits for it is told, or one that has gone
    on and has a branch for it (``told_as`` inject). None when it is over already, or nobody cares."""
    hash = bytes.fromhex(name.removeprefix(TASK_PREFIX))
    closed = await db.row(CLOSE, "void", now, key[0], hash)
    if closed is None or (closed[2] != Kind.CALLBACK and told_as != Kind.INJECT):
        return None
    ref = await db.row(NAMES, key[0], key)
    assert ref is not None
    task, node, _, _ = closed
    inbound = Inbound(SessionRef(*ref), Kind.TIMER, new_id(), due_at, timer=node, task=task)
    return await enter(db, inbound, key, inbound_body(inbound), now)


async def end_now(db: Connection, timer_id: str, now: float) -> bool:
    """Let the time of a task, ``task_<hash>``, be over now. Whether there is such a task."""
    try:
        hash = bytes.fromhex(timer_id.removeprefix(TASK_PREFIX))
    except ValueError:
        return False
    return await db.execute(HASTEN, now, ALL_SHARDS, hash) > 0


async def without_timer(db: Connection, limit: int) -> list[TimerRow]:
    """Open callbacks that wait without end."""
    return [
        TimerRow(TASK_PREFIX + hash.hex(), TASK, SessionRef(*ref), node, None)
        for hash, node, *ref in await db.fetch(LIST, limit)
    ]
