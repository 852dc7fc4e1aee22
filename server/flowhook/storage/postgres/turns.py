"""Turns: the commit of a segment, as a whole or not at all. The writer has locked the session's row before,
so that what a statement reads here is what is committed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from flowhook.ids import delivery_id
from flowhook.model.inbound import Kind
from flowhook.model.privacy import UNKEPT
from flowhook.storage.arrivals import PreparedArrival, gone_before
from flowhook.storage.postgres import analytics
from flowhook.storage.postgres.callbacks import change_tasks
from flowhook.storage.postgres.connection import Connection, Row
from flowhook.storage.postgres.handovers import change_handovers
from flowhook.storage.postgres.idempotency import find_repeats, remember_all
from flowhook.storage.postgres.inbox import accept_entries
from flowhook.storage.postgres.merged import end_merged, waiting_rows
from flowhook.storage.postgres.outbox import keep_less_of_delivery
from flowhook.storage.postgres.part import Part
from flowhook.storage.postgres.profiles import change_profile
from flowhook.storage.postgres.timers import change_timer
from flowhook.storage.records import Acceptance, Arrival, Committed, RequestKey, Segment, Stale
from flowhook.storage.rows import headers_json, private_body

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
  AND EXISTS (SELECT 1 FROM inbox AS i
              WHERE i.shard = d.shard AND i.session = d.session AND i.seq = d.seq AND i.status = 'queued')
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

# What turns leave beside their sessions: each statement is a round trip, so one writes states, traces and
# deliveries of all turns of a batch. They lie in tables of their own, and none reads what another one writes.
_KEPT = """
states_kept AS (
  INSERT INTO states (shard, session, state)
  SELECT * FROM unnest($1::smallint[], $2::bytea[], $3::bytea[])
  ON CONFLICT (shard, session) DO UPDATE SET state = excluded.state
), added AS (
  INSERT INTO outbox (shard, session, seq, epoch, trace_id, endpoint, status, head, next_at, attempts,
                      created_at, done_at, url, method, headers, output, body, test, privacy, claimed_by)
  SELECT shard, session, seq, epoch, trace_id, endpoint, status, head, next_at, 0, created_at, done_at, url,
         method, headers, output, body, test, privacy, claimed_by
  FROM unnest($4::smallint[], $5::bytea[], $6::bigint[], $7::bigint[], $8::text[], $9::text[], $10::text[],
              $11::boolean[], $12::float8[], $13::float8[], $14::float8[], $15::text[], $16::text[],
              $17::bytea[], $18::bytea[], $19::bytea[], $20::boolean[], $21::smallint[], $22::uuid[])
    AS d (shard, session, seq, epoch, trace_id, endpoint, status, head, next_at, created_at, done_at, url,
          method, headers, output, body, test, privacy, claimed_by)
  RETURNING session, seq, row
)
"""
KEEP = f"""
WITH traces_kept AS (
  INSERT INTO traces (row, at, trace, failed)
  SELECT * FROM unnest($23::bigint[], $24::float8[], $25::bytea[], $26::boolean[])
  ON CONFLICT (row) DO UPDATE SET at = excluded.at, trace = excluded.trace, failed = excluded.failed
), {_KEPT}
SELECT session, seq, row FROM added
"""  # noqa: S608 - only constants of this module

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

# The same with the inbounds, whose turns are over: their traces go by the numbers of the new rows. Of those
# it returns the inbound as 0.
KEEP_ENDED = f"""
WITH ended AS (
  INSERT INTO inbox (shard, session, seq, trace_id, kind, status, revision, first_out, last_out, received_at,
                     done_at, privacy, body)
  SELECT shard, session, seq, trace_id, kind, 'done', revision, first_out, last_out, received_at, done_at,
         privacy, body
  FROM unnest($23::smallint[], $24::bytea[], $25::bigint[], $26::text[], $27::text[], $28::bigint[],
              $29::bigint[], $30::bigint[], $31::float8[], $32::float8[], $33::smallint[], $34::bytea[])
    AS d (shard, session, seq, trace_id, kind, revision, first_out, last_out, received_at, done_at, privacy,
          body)
  RETURNING session, row
), traces_kept AS (
  INSERT INTO traces (row, at, trace, failed)
  SELECT e.row, d.at, d.trace, d.failed
  FROM ended AS e
  JOIN unnest($35::bytea[], $36::float8[], $37::bytea[], $38::boolean[]) AS d (session, at, trace, failed)
    ON d.session = e.session
), {_KEPT}
SELECT session, 0::bigint, row FROM ended UNION ALL SELECT session, seq, row FROM added
"""  # noqa: S608 - only constants of this module
INBOUND = 0  #: in the place of a delivery's sequence


@dataclass(slots=True)
class _Turn:
    """A segment on its way into the database."""

    segment: Segment
    outputs: Sequence[bytes | None]  #: the serialised AIOutput beside each delivery, where there is one
    epoch: int  #: of the database, for the ids of the deliveries
    process: UUID  #: that commits
    now: float
    entry: PreparedArrival | None = None  #: on the fast path: the inbound that is accepted with it
    revision: int = 0  #: the session's new one
    first: int = 0  #: the first place in the outbox
    is_blocked: bool = False  #: what stands before it is unresolved
    row: int = 0  #: of the inbound

    @property
    def key(self) -> bytes:
        return self.segment.ref.key

    @property
    def request_key(self) -> RequestKey | None:
        """By which a repeat of its request is known."""
        return self.entry.arrival.key if self.entry is not None else None

    @property
    def trace_id(self) -> str:
        """The trace id of the inbound that is accepted with it."""
        return self.entry.arrival.inbound.trace_id if self.entry is not None else ""

    @property
    def places(self) -> tuple[int, int] | tuple[None, None]:
        """The first and the last of its deliveries."""
        count = len(self.segment.deliveries)
        return (self.first, self.first + count - 1) if count else (None, None)

    def committed(self) -> Committed:
        segment = self.segment
        is_ready = not (self.is_blocked or segment.hold) and bool(segment.deliveries)
        return Committed(self.revision, segment.deliveries, is_ready, self.is_blocked)


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

    def _turn(self, segment: Segment, entry: PreparedArrival | None = None) -> _Turn:
        database = self._database
        outputs = _serialised_outputs(segment)
        return _Turn(segment, outputs, database.epoch, database.ownership.id, self._now(), entry)


def _is_for_owner(segment: Segment, committed: Committed) -> bool:
    """Return whether a turn left something that the owner of its session has to see to: a timer, or a
    delivery that is not claimed."""
    timers = [segment.timer] if segment.timer is not None else []
    arms = any(timer.due_at is not None for timer in (*timers, *segment.named_timers))
    return arms or (committed.ready and not segment.claim)


async def commit_turns(db: Connection, turns: Sequence[_Turn]) -> list[Committed | Stale]:
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
    await _keep(db, written)
    for turn in written:
        await _write_rest(db, turn)
    await _keep_analytics(db, written)
    succeeded = {turn.key for turn in written}
    return [turn.committed() if turn.key in succeeded else Stale() for turn in turns]


async def accept_and_commit(db: Connection, turns: Sequence[_Turn]) -> list[Committed | Acceptance]:
    """What the writer runs for :meth:`PostgresTurns.accept_and_commit`, of one session each."""
    requests = [(turn.segment.ref, turn.request_key, turn.now) for turn in turns]
    results: dict[bytes, Committed | Acceptance] = {**await find_repeats(db, requests)}
    first_time = [turn for turn in turns if turn.key not in results]
    new = [turn for turn in first_time if turn.segment.seq == FIRST_PLACE]
    idle = [turn for turn in first_time if turn.segment.seq != FIRST_PLACE]
    written = _placed(new, await _fetch(db, BEGIN, [_begin_row(turn) for turn in new]))
    written += _placed(idle, await _fetch(db, ADVANCE_IDLE, [_idle_row(turn) for turn in idle]))
    await _keep_ended(db, written)
    for turn in written:
        await _write_timers(db, turn.segment)
        results[turn.key] = turn.committed()
    await remember_all(
        db, [(turn.segment.ref, turn.request_key, turn.trace_id, turn.now) for turn in written]
    )
    await _keep_analytics(db, written)
    for turn in first_time:  # those whose session is another one by now
        if turn.key not in results and turn.entry is not None:
            (results[turn.key],) = await accept_entries(db, [turn.entry], turn.now)
    return [results[turn.key] for turn in turns]


# --- rows of the statements ----------------------------------------------------------------------


def _advance_row(turn: _Turn) -> tuple[Any, ...]:
    segment, key = turn.segment, turn.key
    return (
        key[0], key, segment.seq, segment.base_revision, len(segment.deliveries), segment.ends,
        segment.state is not None, segment.node, segment.flow_revision, segment.version,
    )  # fmt: skip


def _fast_row(turn: _Turn) -> tuple[Any, ...]:
    assert turn.entry is not None
    segment, key, inbound = turn.segment, turn.key, turn.entry.arrival.inbound
    test = inbound.test if inbound.kind is Kind.MESSAGE else None
    return (
        key[0], key, len(segment.deliveries), test, turn.now, segment.node, segment.flow_revision,
        segment.version,
    )  # fmt: skip


def _begin_row(turn: _Turn) -> tuple[Any, ...]:
    ref = turn.segment.ref
    return (*_fast_row(turn), ref.endpoint, ref.user_id, ref.session_id)


def _idle_row(turn: _Turn) -> tuple[Any, ...]:
    assert turn.entry is not None
    dead_since = gone_before(turn.entry.arrival.expires_after, turn.now)
    return (*_fast_row(turn), turn.segment.base_revision, turn.segment.seq, dead_since)


def _ended_row(turn: _Turn) -> tuple[Any, ...]:
    assert turn.entry is not None
    inbound, segment = turn.entry.arrival.inbound, turn.segment
    inbound.seq = segment.seq
    body = private_body(turn.entry.body, segment.privacy) if segment.privacy else turn.entry.body
    return (
        turn.key[0], turn.key, segment.seq, inbound.trace_id, inbound.kind, turn.revision, *turn.places,
        inbound.received_at, turn.now, segment.privacy or None, body,
    )  # fmt: skip


def _trace_row(turn: _Turn) -> tuple[Any, ...]:
    return (turn.now, turn.segment.trace, turn.segment.failed)


def _state_rows(turns: Sequence[_Turn]) -> list[tuple[Any, ...]]:
    return [(turn.key[0], turn.key, turn.segment.state) for turn in turns if turn.segment.state is not None]


def _new_deliveries(turns: Sequence[_Turn]) -> list[tuple[Any, ...]]:
    return [row for turn in turns for row in _delivery_rows(turn)]


def _columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    """So many columns, each as a list; empty where there is no row."""
    return [*map(list, zip(*rows, strict=True))] if rows else [[] for _ in range(count)]


async def _fetch(db: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> list[Row]:
    """Run a statement on so many rows at once: a column of them is an array."""
    return await db.fetch(sql, *_columns(rows, 0)) if rows else []


def _placed(turns: Sequence[_Turn], rows: Sequence[Row]) -> list[_Turn]:
    """Those whose session was as they found it, with what the statement returned of it."""
    found = {session: facts for session, *facts in rows}
    placed = [turn for turn in turns if turn.key in found]
    for turn in placed:
        turn.revision, turn.first, turn.is_blocked = found[turn.key]
    return placed


# --- what else a turn leaves behind --------------------------------------------------------------


async def _keep(db: Connection, turns: Sequence[_Turn]) -> None:
    """What turns leave whose inbounds have been accepted before."""
    kept = [(turn.row, *_trace_row(turn)) for turn in turns if turn.segment.trace is not None]
    states, deliveries = _state_rows(turns), _new_deliveries(turns)
    if not (kept or states or deliveries):
        return
    values = (*_columns(states, 3), *_columns(deliveries, 19), *_columns(kept, 4))
    _number(turns, {(session, seq): row for session, seq, row in await db.fetch(KEEP, *values)})
    await _keep_less(db, turns)


async def _keep_ended(db: Connection, turns: Sequence[_Turn]) -> None:
    """What turns of the fast path leave, with their inbounds: those are over."""
    if not turns:
        return
    kept = [(turn.key, *_trace_row(turn)) for turn in turns if turn.segment.trace is not None]
    inbounds = [_ended_row(turn) for turn in turns]
    values = (
        *_columns(_state_rows(turns), 3), *_columns(_new_deliveries(turns), 19), *_columns(inbounds, 12),
        *_columns(kept, 4),
    )  # fmt: skip
    numbers = {(session, seq): row for session, seq, row in await db.fetch(KEEP_ENDED, *values)}
    for turn in turns:
        turn.row = numbers[turn.key, INBOUND]
    _number(turns, numbers)
    await _keep_less(db, turns)


async def _keep_analytics(db: Connection, turns: Sequence[_Turn]) -> None:
    records = [turn.segment.analytics for turn in turns if turn.segment.analytics is not None]
    if records:
        await analytics.keep(db, records)


async def _write_timers(db: Connection, segment: Segment) -> None:
    timers = [segment.timer] if segment.timer is not None else []
    for timer in (*timers, *segment.named_timers):
        await change_timer(db, segment.ref, segment.seq, timer)


async def _write_rest(db: Connection, turn: _Turn) -> None:
    segment = turn.segment
    await _write_timers(db, segment)
    if segment.tasks is not None:
        await change_tasks(db, turn.key, segment.seq, segment.tasks, turn.now)
    if segment.handovers:
        await change_handovers(db, segment, turn.now)
    if segment.profile:
        user_id = segment.ref.user_id
        await change_profile(db, user_id, segment.profile, turn.now, segment.profile_endpoint)


async def _write_inbox(db: Connection, turns: Sequence[_Turn]) -> None:
    ended = [turn for turn in turns if turn.segment.ends]
    finished = await _fetch(db, FINISH, [
        (
            turn.key[0], turn.key, turn.segment.seq, *turn.places, turn.segment.status, turn.segment.reason,
            turn.revision, turn.now,
        )
        for turn in ended
    ])  # fmt: skip
    rows = {session: (row, has_steps) for session, row, has_steps in finished}
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


async def _keep_less(db: Connection, turns: Sequence[_Turn]) -> None:
    """What is held counts as delivered at once: then the words go that are not to be kept."""
    for turn in turns:
        if not turn.segment.hold or turn.is_blocked:
            continue
        for delivery in turn.segment.deliveries:
            if delivery.privacy & UNKEPT:
                await keep_less_of_delivery(db, turn.key, delivery.sequence, delivery.privacy)


def _number(turns: Sequence[_Turn], numbers: Mapping[tuple[bytes, int], int]) -> None:
    """Note the numbers of the rows of new deliveries."""
    for turn in turns:
        for delivery in turn.segment.deliveries:
            delivery.row = numbers[turn.key, delivery.sequence]


def _delivery_rows(turn: _Turn) -> Iterator[tuple[Any, ...]]:
    """The first of a turn is its session's head, unless one before it is unresolved; the others are parked.
    What is held counts as delivered at once, unless it has to wait its turn."""
    segment, key, now = turn.segment, turn.key, turn.now
    held = segment.hold and not turn.is_blocked
    numbered = enumerate(zip(segment.deliveries, turn.outputs, strict=True), turn.first)
    for sequence, (delivery, output) in numbered:
        delivery.sequence = sequence
        delivery.delivery_id = delivery_id(key, sequence, turn.epoch)
        delivery.session_key = key
        delivery.created_at = delivery.created_at or now
        head = sequence == turn.first and not turn.is_blocked and not held
        claim = segment.claim if head else 0.0
        delivery.claimed_until = now + claim if claim else None
        yield (
            key[0], key, sequence, turn.epoch, delivery.trace_id, delivery.endpoint,
            "delivered" if held else "pending", head, now + claim if head else None, delivery.created_at,
            now if held else None, delivery.url, delivery.method, headers_json(delivery.headers), output,
            delivery.body, delivery.test, delivery.privacy or None, turn.process if claim else None,
        )  # fmt: skip


def _serialised_outputs(segment: Segment) -> list[bytes | None]:
    """``outputs`` may be left empty."""
    if not segment.outputs:
        return [None] * len(segment.deliveries)
    return [None if output is None else to_json(output) for output in segment.outputs]
