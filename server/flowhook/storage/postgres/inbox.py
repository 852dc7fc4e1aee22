"""The inbox: acceptance, the transaction behind every 202, and what waits.

The usual case is one statement that finds or makes the session and counts the inbound in, one that puts the
inbound into the inbox, and one that reads the state: behind the lock that the first one has taken.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.arrivals import (
    SPEAKS,
    PreparedArrival,
    Standing,
    backlog_limit,
    gone_before,
    precondition_holds,
    standing_from,
)
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.database import Database
from flowhook.storage.postgres.idempotency import find_repeat, find_repeats, remember, remember_all
from flowhook.storage.postgres.locking import lock_sessions
from flowhook.storage.postgres.named import Named
from flowhook.storage.postgres.part import Part, reads
from flowhook.storage.postgres.together import ReadTogether
from flowhook.storage.records import Acceptance, Accepted, Arrival, IdleRow, Refused
from flowhook.storage.rows import inbound_body, inbound_from

_COUNT_IN = """
  next_in = s.next_in + 1,
  backlog = s.backlog + 1,
  last_message_seq = CASE WHEN :speaks::boolean THEN s.next_in ELSE s.last_message_seq END,
  test = coalesce(:test::boolean, s.test),
  updated_at = :now
"""
_IS_ALIVE = """
s.backlog < :limit AND s.created_at IS NOT NULL AND (s.updated_at > :gone_before OR s.backlog > 0)
"""
_RETURNING = "RETURNING s.next_in - 1, s.backlog, s.revision, s.test"

ENTER = Named(f"""
INSERT INTO sessions AS s (shard, session, endpoint, user_id, session_id, revision, next_in, next_out,
                           backlog, last_message_seq, test, created_at, updated_at)
VALUES (:shard, :session, :endpoint, :user_id, :session_id, 0, 2, 1, 1, :speaks::boolean::integer,
        coalesce(:test::boolean, false), :now, :now)
ON CONFLICT (shard, session) DO UPDATE SET {_COUNT_IN} WHERE {_IS_ALIVE} {_RETURNING}
""")  # noqa: S608 - only constants of this module

ENTER_EXISTING = Named(f"""
UPDATE sessions AS s SET {_COUNT_IN}
WHERE s.shard = :shard AND s.session = :session AND {_IS_ALIVE} {_RETURNING}
""")  # noqa: S608 - only constants of this module

# The session is gone: a new life on the old row, whose counters go on.
RENEW = Named(f"""
UPDATE sessions AS s SET
  endpoint = :endpoint, user_id = :user_id, session_id = :session_id,
  next_in = s.next_in + 1,
  backlog = 1,
  revision = s.revision + 1,
  last_message_seq = CASE WHEN :speaks::boolean THEN s.next_in ELSE s.last_message_seq END,
  test = coalesce(:test::boolean, false),
  created_at = :now, updated_at = :now,
  node = NULL, flow_revision = ''
WHERE s.shard = :shard AND s.session = :session {_RETURNING}
""")  # noqa: S608 - only constants of this module

# Sessions that exist and take another inbound, so many at once.
COUNT_IN_ALL = """
UPDATE sessions AS s SET
  next_in = s.next_in + 1,
  backlog = s.backlog + 1,
  last_message_seq = CASE WHEN d.speaks THEN s.next_in ELSE s.last_message_seq END,
  test = coalesce(d.test, s.test),
  updated_at = d.now
FROM unnest($1::smallint[], $2::bytea[], $3::boolean[], $4::boolean[], $5::float8[], $6::bigint[],
            $7::float8[])
  AS d (shard, session, speaks, test, now, most, gone_before)
WHERE s.shard = d.shard AND s.session = d.session AND s.backlog < d.most AND s.created_at IS NOT NULL
  AND (s.updated_at > d.gone_before OR s.backlog > 0)
RETURNING s.session, s.next_in - 1, s.backlog, s.revision, s.test
"""
BEGIN_ALL = """
INSERT INTO sessions (shard, session, endpoint, user_id, session_id, revision, next_in, next_out, backlog,
                      last_message_seq, test, created_at, updated_at)
SELECT shard, session, endpoint, user_id, session_id, 0, 2, 1, 1, speaks::integer, coalesce(test, false), now,
       now
FROM unnest($1::smallint[], $2::bytea[], $3::boolean[], $4::boolean[], $5::float8[], $6::text[], $7::text[],
            $8::text[])
  AS d (shard, session, speaks, test, now, endpoint, user_id, session_id)
ON CONFLICT (shard, session) DO NOTHING
RETURNING session, 1::bigint, backlog, revision, test
"""
STATES = """
SELECT t.session, t.state FROM unnest($1::smallint[], $2::bytea[]) AS d (shard, session)
JOIN states AS t ON t.shard = d.shard AND t.session = d.session
"""
ENQUEUE_ALL = """
INSERT INTO inbox (shard, session, seq, trace_id, kind, status, received_at, body)
SELECT shard, session, seq, trace_id, kind, 'queued', received_at, body
FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::text[], $5::text[], $6::float8[], $7::bytea[])
  AS d (shard, session, seq, trace_id, kind, received_at, body)
"""

LOOK = """
SELECT created_at, updated_at, backlog, revision, node FROM sessions WHERE shard = $1 AND session = $2
"""
STATE = "SELECT state FROM states WHERE shard = $1 AND session = $2"

ENQUEUE = """
INSERT INTO inbox (shard, session, seq, trace_id, kind, status, received_at, body)
VALUES ($1, $2, $3, $4, $5, 'queued', $6, $7)
"""

SCHEDULE = """
INSERT INTO timers (shard, session, name, kind, due_at, armed_seq, endpoint, user_id, session_id,
                    inbound_kind, body)
VALUES ($1, $2, $3, 'scheduled', $4, 0, $5, $6, $7, $8, $9)
"""

SCHEDULED_IN_SESSION = """
SELECT count(*) FROM timers WHERE shard = $1 AND session = $2 AND kind = 'scheduled'
"""

WITH_BACKLOG = """
SELECT s.endpoint, s.user_id, s.session_id
FROM (SELECT DISTINCT shard, session FROM inbox WHERE status = 'queued' AND shard = ANY ($1::smallint[])) AS q
JOIN sessions AS s ON s.shard = q.shard AND s.session = q.session
"""
# One statement, and thereby one snapshot: the session, and what waits in it.
BACKLOG = """
SELECT NULL::text, NULL::text, NULL::float8, s.revision, t.state
FROM sessions AS s LEFT JOIN states AS t ON t.shard = s.shard AND t.session = s.session
WHERE s.shard = $1 AND s.session = $2
UNION ALL
SELECT kind, trace_id, received_at, seq, body FROM inbox
WHERE shard = $1 AND session = $2 AND status = 'queued'
"""


# Many sessions at once; of those that do not exist there is no row.
IDLE = """
SELECT s.session, s.created_at IS NOT NULL AND s.backlog = 0, t.state, s.revision, s.next_in, s.node, s.test
FROM unnest($1::smallint[], $2::bytea[]) AS d (shard, session)
JOIN sessions AS s ON s.shard = d.shard AND s.session = d.session
LEFT JOIN states AS t ON t.shard = s.shard AND t.session = s.session
"""


class PostgresInbox(Part):
    """See :class:`flowhook.storage.protocols.Inbox`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._idle = ReadTogether(lambda keys: database.reads.run(_read_idle, keys))

    async def accept(self, arrivals: Sequence[Arrival]) -> list[Acceptance]:
        """All or none."""
        entries = [PreparedArrival.of(arrival) for arrival in arrivals]
        if len(entries) == 1:
            job = (entries[0], self._now())
            key = entries[0].key
            acceptance: Acceptance = await self._database.writer.submit_together(
                "accept", accept_singly, job, key=key
            )
            later = isinstance(acceptance, Accepted) and acceptance.scheduled
            self._database.ownership.wake([key], due=later)
            return [acceptance]
        keys = {entry.key for entry in entries}
        one = entries[0].key if len(keys) == 1 else None
        submit = self._database.writer.submit
        accepted = await submit("accept", accept_entries, entries, self._now(), key=one)
        self._database.ownership.wake(keys, due=True)
        return accepted

    @reads
    async def sessions_with_backlog(self, db: Connection) -> list[SessionRef]:
        """Of the shards that are this process's, in no order."""
        return [SessionRef(*row) for row in await db.fetch(WITH_BACKLOG, self._database.shards)]

    @reads
    async def backlog(self, db: Connection, ref: SessionRef) -> tuple[bytes | None, int, list[Inbound]]:
        """State, revision and what waits, of one snapshot."""
        state, revision, queued = None, 0, []
        for kind, trace_id, received_at, number, body in await db.fetch(BACKLOG, ref.key[0], ref.key):
            if kind is None:
                state, revision = body, number
            else:
                queued.append(inbound_from(ref, kind, trace_id, received_at, number, body))
        return state, revision, sorted(queued, key=lambda inbound: inbound.seq)

    async def idle(self, ref: SessionRef) -> IdleRow | None:
        """What is asked for at the same time is one statement."""
        return await self._idle.get(ref.key)


async def _read_idle(db: Connection, keys: Sequence[bytes]) -> dict[bytes, IdleRow | None]:
    found: dict[bytes, IdleRow | None] = {key: IdleRow(None, 0, 1, None, False) for key in keys}
    for key, is_idle, *facts in await db.fetch(IDLE, [key[0] for key in keys], keys):
        found[key] = IdleRow(*facts) if is_idle else None
    return found


async def accept_singly(db: Connection, jobs: Sequence[tuple[PreparedArrival, float]]) -> list[Acceptance]:
    """What the writer runs for single arrivals at different sessions, each with its time: those that are
    plain by the same statements, the others one by one."""
    requests = [(entry.arrival.inbound.ref, entry.arrival.key, now) for entry, now in jobs]
    results: dict[bytes, Acceptance] = {**await find_repeats(db, requests)}
    plain = [job for job in jobs if job[0].key not in results and job[0].is_plain]
    rows = await _fetch(db, COUNT_IN_ALL, [_count_row(*job) for job in plain])
    known = {key for key, *_ in rows}
    new = [job for job in plain if job[0].key not in known]
    rows += await _fetch(db, BEGIN_ALL, [_begin_row(*job) for job in new])
    results |= await _enqueue_all(db, plain, rows)
    entered = [job for job in plain if job[0].key in results]
    await remember_all(
        db, [(entry.arrival.inbound.ref, entry.arrival.key, entry.trace_id, now) for entry, now in entered]
    )
    for entry, now in jobs:
        if entry.key not in results:
            results[entry.key] = await _accept_one(db, entry, now)
    return [results[entry.key] for entry, _ in jobs]


async def _fetch(db: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> list[Row]:
    return await db.fetch(sql, *map(list, zip(*rows, strict=True))) if rows else []


def _facts(entry: PreparedArrival, now: float) -> tuple[Any, ...]:
    inbound, key = entry.arrival.inbound, entry.key
    test = inbound.test if inbound.kind is Kind.MESSAGE else None
    return (key[0], key, inbound.kind in SPEAKS, test, now)


def _count_row(entry: PreparedArrival, now: float) -> tuple[Any, ...]:
    return (*_facts(entry, now), backlog_limit(entry.arrival), gone_before(entry.arrival.expires_after, now))


def _begin_row(entry: PreparedArrival, now: float) -> tuple[Any, ...]:
    ref = entry.arrival.inbound.ref
    return (*_facts(entry, now), ref.endpoint, ref.user_id, ref.session_id)


async def _enqueue_all(
    db: Connection, jobs: Sequence[tuple[PreparedArrival, float]], counted: Sequence[Row]
) -> dict[bytes, Acceptance]:
    """Put into their inboxes those that were counted in."""
    entries = {entry.key: entry for entry, _ in jobs}
    old = [(key[0], key) for key, seq, *_ in counted if seq > 1]
    states = {key: state for key, state in await _fetch(db, STATES, old)}
    rows, accepted = [], dict[bytes, Acceptance]()
    for key, seq, backlog, revision, test in counted:
        entry = entries[key]
        inbound = entry.arrival.inbound
        inbound.seq = seq
        body = entry.body
        if test and not inbound.test:  # what follows from a test is one
            inbound.test = True
            body = inbound_body(inbound)
        rows.append((key[0], key, seq, inbound.trace_id, inbound.kind, inbound.received_at, body))
        accepted[key] = Accepted(inbound, states.get(key), revision, backlog, seq == 1)
    await _fetch(db, ENQUEUE_ALL, rows)
    return accepted


async def accept_entries(db: Connection, entries: Sequence[PreparedArrival], now: float) -> list[Acceptance]:
    """All or none of those that are no repeats."""
    if len(entries) > 1:
        await lock_sessions(db, {entry.key for entry in entries})
    repeats = [await find_repeat(db, entry.arrival.inbound.ref, entry.arrival.key, now) for entry in entries]
    if mismatches := [repeat for repeat in repeats if isinstance(repeat, Refused)]:
        return [*mismatches]
    first = entries[0].arrival.key
    if repeats[0] is not None and first is not None and first.of_request:
        return [repeat for repeat in repeats if repeat is not None]
    if len(entries) == 1:
        return [repeats[0] or await _accept_one(db, entries[0], now)]
    await db.execute("SAVEPOINT arrivals")
    results = [
        repeat or await _accept_one(db, entry, now) for entry, repeat in zip(entries, repeats, strict=True)
    ]
    refusals: list[Acceptance] = [result for result in results if isinstance(result, Refused)]
    if refusals:
        await db.execute("ROLLBACK TO SAVEPOINT arrivals")
    return refusals or results


async def enter(db: Connection, inbound: Inbound, key: bytes, body: bytes, now: float) -> Accepted:
    """Put an inbound into its inbox without conditions: a timer or schedule that fell due. The session's row
    is locked, where there is one."""
    arrival = Arrival(inbound, max_backlog=2**31)
    accepted = await _enqueue(db, PreparedArrival(arrival, key, body), now)
    assert isinstance(accepted, Accepted)
    return accepted


async def _accept_one(db: Connection, entry: PreparedArrival, now: float) -> Acceptance:
    arrival = entry.arrival
    inbound = arrival.inbound
    later = inbound.not_before is not None and inbound.not_before > now
    if (later and arrival.must_exist) or inbound.precondition is not None:
        standing = await _standing(db, entry, now)
        if arrival.must_exist and not standing.exists:
            return Refused("session_not_found")
        if not later and standing.backlog == 0 and not precondition_holds(arrival, standing):
            return Refused("precondition_failed")
    result = await (_schedule(db, entry, now) if later else _enqueue(db, entry, now))
    if arrival.key is not None and isinstance(result, Accepted):
        await remember(db, inbound.ref, arrival.key, inbound.trace_id, now)
    return result


async def _enqueue(db: Connection, entry: PreparedArrival, now: float) -> Accepted | Refused:
    arrival, key = entry.arrival, entry.key
    inbound = arrival.inbound
    ref = inbound.ref
    values: dict[str, Any] = {
        "shard": key[0],
        "session": key,
        "endpoint": ref.endpoint,
        "user_id": ref.user_id,
        "session_id": ref.session_id,
        "speaks": inbound.kind in SPEAKS,
        "test": inbound.test if inbound.kind is Kind.MESSAGE else None,
        "now": now,
        "limit": backlog_limit(arrival),
        "gone_before": gone_before(arrival.expires_after, now),
    }
    row = await db.row(*(ENTER_EXISTING if arrival.must_exist else ENTER)(values))
    fresh = row is not None and row[0] == 1
    if row is None:
        standing = await _standing(db, entry, now)
        if standing.exists:
            return Refused("session_busy")
        if arrival.must_exist:
            return Refused("session_not_found")
        row = await db.row(*RENEW(values))
        fresh = True
    assert row is not None
    seq, backlog, revision, test = row
    inbound.seq = seq
    body = entry.body
    if test and not inbound.test:  # what follows from a test is one
        inbound.test = True
        body = inbound_body(inbound)
    await db.execute(ENQUEUE, key[0], key, seq, inbound.trace_id, inbound.kind, inbound.received_at, body)
    state = None if fresh else await db.value(STATE, key[0], key)
    return Accepted(inbound, state, revision, backlog, fresh)


async def _schedule(db: Connection, entry: PreparedArrival, now: float) -> Accepted | Refused:
    """Those that wait for their time count in the session's limit as those do that wait for their turn."""
    inbound, key = entry.arrival.inbound, entry.key
    scheduled = await db.value(SCHEDULED_IN_SESSION, key[0], key)
    if scheduled and scheduled + (await _standing(db, entry, now)).backlog >= entry.arrival.max_backlog:
        return Refused("session_busy")
    ref = (inbound.ref.endpoint, inbound.ref.user_id, inbound.ref.session_id)
    await db.execute(
        SCHEDULE, key[0], key, inbound.trace_id, inbound.not_before, *ref, inbound.kind, entry.body
    )
    return Accepted(inbound, None, 0, 0, scheduled=True)


async def _standing(db: Connection, entry: PreparedArrival, now: float) -> Standing:
    return standing_from(await db.row(LOOK, entry.key[0], entry.key), entry.arrival, now)
