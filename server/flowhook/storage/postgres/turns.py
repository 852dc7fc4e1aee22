"""Turns: the commit of a segment, as a whole or not at all. The writer has locked the session's row before,
so that what a statement reads here is what is committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flowhook.model.inbound import Kind
from flowhook.storage.arrivals import PreparedArrival, gone_before
from flowhook.storage.postgres.callbacks import change_tasks
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.handovers import change_handovers
from flowhook.storage.postgres.idempotency import find_repeats, remember_all
from flowhook.storage.postgres.inbox import accept_entries
from flowhook.storage.postgres.kept import PendingTurn, columns, keep, keep_ended, serialised_outputs
from flowhook.storage.postgres.merged import end_merged, waiting_rows
from flowhook.storage.postgres.part import Part
from flowhook.storage.postgres.profiles import change_profile
from flowhook.storage.postgres.timers import change_timer
from flowhook.storage.records import Acceptance, Arrival, Committed, Segment, Stale
from flowhook.storage.rows import private_body

_BLOCKED = """
EXISTS (SELECT 1 FROM outbox AS o WHERE o.shard = s.shard AND o.session = s.session
        AND o.seq = s.next_out - d.outputs - 1 AND o.status = 'pending')
"""

# The only statement that writes sessions' places after turns. It writes nothing where the revision is not the
# one that the turn read, or its inbound waits no longer. Returns also whether the delivery before the
# segment's first is still unresolved.
ADVANCE = f"""
UPDATE sessions AS s SET
  revision = s.revision + 1,
  next_out = s.next_out + d.outputs,
  backlog = s.backlog - d.ends::integer,
  node = CASE WHEN d.moves THEN d.node ELSE s.node END,
  flow_revision = CASE WHEN d.moves THEN d.flow_revision ELSE s.flow_revision END,
  version = CASE WHEN d.moves THEN d.version ELSE s.version END
FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::boolean[],
            $7::boolean[], $8::text[], $9::text[], $10::text[])
  AS d (shard, session, seq, base, outputs, ends, moves, node, flow_revision, version)
WHERE s.shard = d.shard AND s.session = d.session AND s.revision = d.base
  AND 'queued' = (SELECT i.status FROM inbox AS i  -- EXISTS is a join: it might begin with all that wait
                  WHERE i.shard = d.shard AND i.session = d.session AND i.seq = d.seq)
RETURNING s.session, s.revision, s.next_out - d.outputs, {_BLOCKED}
"""  # noqa: S608 - only constants of this module
FINISH = """
UPDATE inbox AS i SET
  status = d.status, reason = d.reason, revision = d.revision, done_at = d.now,
  first_out = coalesce(i.first_out, d.first), last_out = coalesce(d.last, i.last_out)
FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[], $6::text[], $7::text[],
            $8::bigint[], $9::float8[])
  AS d (shard, session, seq, first, last, status, reason, revision, now)
WHERE i.shard = d.shard AND i.session = d.session AND i.seq = d.seq
RETURNING i.session, i.row,
  EXISTS (SELECT 1 FROM steps AS p WHERE p.shard = i.shard AND p.session = i.session AND p.seq = i.seq)
"""

GO_ON = """
UPDATE inbox SET first_out = coalesce(first_out, $4), last_out = coalesce($5, last_out)
WHERE shard = $1 AND session = $2 AND seq = $3
RETURNING row
"""

BODY = "SELECT body FROM inbox WHERE row = $1"
KEEP_LESS = "UPDATE inbox SET privacy = $1, body = $2 WHERE row = $3"
DROP_STEPS = "DELETE FROM steps WHERE shard = $1 AND session = $2 AND seq = $3"

# --- the fast path: acceptance and turn in one
FIRST_PLACE = 1  #: in the inbox of a session that does not exist yet, and never again in its life

BEGIN = """
INSERT INTO sessions (shard, session, endpoint, user_id, session_id, revision, next_in, next_out, backlog,
                      last_message_seq, test, created_at, updated_at, node, flow_revision, version)
SELECT shard, session, endpoint, user_id, session_id, 1, 2, 1 + outputs, 0, 1, coalesce(test, false), now,
       now, node, flow_revision, version
FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::boolean[], $5::float8[], $6::text[], $7::text[],
            $8::text[], $9::text[], $10::text[], $11::text[])
  AS d (shard, session, outputs, test, now, node, flow_revision, version, endpoint, user_id, session_id)
ON CONFLICT (shard, session) DO NOTHING
RETURNING session, revision, 1::bigint, false
"""

# What follows from a test is one, which only its acceptance knows of an inject: then ``test`` is null here.
ADVANCE_IDLE = f"""
UPDATE sessions AS s SET
  revision = s.revision + 1,
  next_in = s.next_in + 1,
  next_out = s.next_out + d.outputs,
  last_message_seq = s.next_in,
  test = coalesce(d.test, s.test),
  updated_at = d.now,
  node = d.node,
  flow_revision = d.flow_revision,
  version = d.version
FROM unnest($1::smallint[], $2::bytea[], $3::bigint[], $4::boolean[], $5::float8[], $6::text[], $7::text[],
            $8::text[], $9::bigint[], $10::bigint[], $11::float8[])
  AS d (shard, session, outputs, test, now, node, flow_revision, version, base, seq, gone_before)
WHERE s.shard = d.shard AND s.session = d.session AND s.revision = d.base AND s.next_in = d.seq
  AND s.backlog = 0 AND s.created_at IS NOT NULL AND s.updated_at > d.gone_before
  AND (NOT s.test OR d.test IS NOT NULL)
RETURNING s.session, s.revision, s.next_out - d.outputs, {_BLOCKED}
"""  # noqa: S608 - only constants of this module


class PostgresTurns(Part):
    """See :class:`flowhook.storage.protocols.Turns`. What is handed in at the same time is written by the
    same statements."""

    async def commit(self, segment: Segment) -> Committed:
        """Raises Stale."""
        turn = self._turn(segment)
        submit = self._database.writer.submit_together
        committed: Committed = await submit("turn", commit_turns, turn, key=turn.key)
        return committed

    async def accept_and_commit(self, arrival: Arrival, segment: Segment) -> Committed | Acceptance:
        """One transaction, whichever of both it comes to."""
        turn = self._turn(segment, PreparedArrival.of(arrival))
        submit = self._database.writer.submit_together
        result: Committed | Acceptance = await submit("fast", accept_and_commit, turn, key=turn.key)
        if not isinstance(result, Committed):
            self._database.ownership.wake([turn.key])
        elif _is_for_owner(segment, result):
            self._database.ownership.wake([turn.key], due=True)
        return result

    def _turn(self, segment: Segment, entry: PreparedArrival | None = None) -> PendingTurn:
        database = self._database
        outputs = serialised_outputs(segment)
        return PendingTurn(segment, outputs, database.epoch, database.ownership.id, self._now(), entry)


def _is_for_owner(segment: Segment, committed: Committed) -> bool:
    """Return whether a turn left something that the owner of its session has to see to: a timer, or a
    delivery that is not claimed."""
    timers = [segment.timer] if segment.timer is not None else []
    arms = any(timer.due_at is not None for timer in (*timers, *segment.named_timers))
    return arms or (committed.ready and not segment.claim)


async def commit_turns(db: Connection, turns: Sequence[PendingTurn]) -> list[Committed | Stale]:
    """What the writer runs for :meth:`PostgresTurns.commit`, of one session each."""
    merged: dict[bytes, list[Row]] = {}
    for turn in turns:
        if turn.segment.merged is not None:
            rows = await waiting_rows(db, turn.segment.merged, turn.key)
            if rows is not None:
                merged[turn.key] = rows
    candidates = [turn for turn in turns if turn.segment.merged is None or turn.key in merged]
    advanced = await _fetch(db, ADVANCE, [_advance_row(turn) for turn in candidates])
    written = _placed(candidates, advanced)
    for turn in written:
        if turn.segment.merged is not None:
            await end_merged(db, turn.segment.merged, merged[turn.key], turn.key, turn.segment.seq, turn.now)
    await _write_inbox(db, written)
    await keep(db, written)
    for turn in written:
        await _write_rest(db, turn)
    succeeded = {turn.key for turn in written}
    return [turn.committed() if turn.key in succeeded else Stale() for turn in turns]


async def accept_and_commit(db: Connection, turns: Sequence[PendingTurn]) -> list[Committed | Acceptance]:
    """What the writer runs for :meth:`PostgresTurns.accept_and_commit`, of one session each."""
    requests = [(turn.segment.ref, turn.request_key, turn.now) for turn in turns]
    results: dict[bytes, Committed | Acceptance] = {**await find_repeats(db, requests)}
    first_time = [turn for turn in turns if turn.key not in results]
    new = [turn for turn in first_time if turn.segment.seq == FIRST_PLACE]
    idle = [turn for turn in first_time if turn.segment.seq != FIRST_PLACE]
    written = _placed(new, await _fetch(db, BEGIN, [_begin_row(turn) for turn in new]))
    written += _placed(idle, await _fetch(db, ADVANCE_IDLE, [_idle_row(turn) for turn in idle]))
    await keep_ended(db, written)
    for turn in written:
        await _write_timers(db, turn.segment)
        results[turn.key] = turn.committed()
    await remember_all(
        db, [(turn.segment.ref, turn.request_key, turn.trace_id, turn.now) for turn in written]
    )
    for turn in first_time:  # those whose session is another one by now
        if turn.key not in results and turn.entry is not None:
            (results[turn.key],) = await accept_entries(db, [turn.entry], turn.now)
    return [results[turn.key] for turn in turns]


# --- rows of the statements ----------------------------------------------------------------------


def _advance_row(turn: PendingTurn) -> tuple[Any, ...]:
    segment, key = turn.segment, turn.key
    return (
        key[0], key, segment.seq, segment.base_revision, len(segment.deliveries), segment.ends,
        segment.state is not None, segment.node, segment.flow_revision, segment.version,
    )  # fmt: skip


def _fast_row(turn: PendingTurn) -> tuple[Any, ...]:
    assert turn.entry is not None
    segment, key, inbound = turn.segment, turn.key, turn.entry.arrival.inbound
    test = inbound.test if inbound.kind is Kind.MESSAGE else None
    return (
        key[0], key, len(segment.deliveries), test, turn.now, segment.node, segment.flow_revision,
        segment.version,
    )  # fmt: skip


def _begin_row(turn: PendingTurn) -> tuple[Any, ...]:
    ref = turn.segment.ref
    return (*_fast_row(turn), ref.endpoint, ref.user_id, ref.session_id)


def _idle_row(turn: PendingTurn) -> tuple[Any, ...]:
    assert turn.entry is not None
    dead_since = gone_before(turn.entry.arrival.expires_after, turn.now)
    return (*_fast_row(turn), turn.segment.base_revision, turn.segment.seq, dead_since)


async def _fetch(db: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> list[Row]:
    """Run a statement on so many rows at once: a column of them is an array."""
    return await db.fetch(sql, *columns(rows, 0)) if rows else []


def _placed(turns: Sequence[PendingTurn], rows: Sequence[Row]) -> list[PendingTurn]:
    """Those whose session was as they found it, with what the statement returned of it."""
    found = {key: facts for key, *facts in rows}
    placed = [turn for turn in turns if turn.key in found]
    for turn in placed:
        turn.revision, turn.first, turn.is_blocked = found[turn.key]
    return placed


# --- what else a turn leaves behind --------------------------------------------------------------


async def _write_timers(db: Connection, segment: Segment) -> None:
    timers = [segment.timer] if segment.timer is not None else []
    for timer in (*timers, *segment.named_timers):
        await change_timer(db, segment.ref, segment.seq, timer)


async def _write_rest(db: Connection, turn: PendingTurn) -> None:
    segment = turn.segment
    await _write_timers(db, segment)
    if segment.tasks is not None:
        await change_tasks(db, turn.key, segment.seq, segment.tasks, turn.now)
    if segment.handovers:
        await change_handovers(db, segment, turn.now)
    if segment.profile:
        user_id = segment.ref.user_id
        await change_profile(db, user_id, segment.profile, turn.now, segment.profile_endpoint)


async def _write_inbox(db: Connection, turns: Sequence[PendingTurn]) -> None:
    ended = [turn for turn in turns if turn.segment.ends]
    finished = await _fetch(db, FINISH, [
        (
            turn.key[0], turn.key, turn.segment.seq, *turn.places, turn.segment.status, turn.segment.reason,
            turn.revision, turn.now,
        )
        for turn in ended
    ])  # fmt: skip
    rows = {key: (row, has_steps) for key, row, has_steps in finished}
    for turn in ended:
        turn.row, has_steps = rows[turn.key]
        if has_steps:
            await db.execute(DROP_STEPS, turn.key[0], turn.key, turn.segment.seq)
        if turn.segment.privacy:
            body = await db.value(BODY, turn.row)
            kept = private_body(body, turn.segment.privacy)
            await db.execute(KEEP_LESS, turn.segment.privacy, kept, turn.row)
    for turn in turns:
        if not turn.segment.ends and (turn.segment.deliveries or turn.segment.trace):
            where = (turn.key[0], turn.key, turn.segment.seq)
            turn.row = await db.value(GO_ON, *where, *turn.places)
