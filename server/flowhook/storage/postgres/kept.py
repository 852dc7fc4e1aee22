"""What turns leave beside their sessions: inbounds that are over, states, traces, analytics and deliveries.

Each statement is a round trip, which costs both sides more than a row, so one writes all of a batch. They
lie in tables of their own, and none reads what another one writes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from flowhook.ids import delivery_id
from flowhook.model.privacy import UNKEPT
from flowhook.storage.arrivals import PreparedArrival
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.outbox import keep_less_of_delivery
from flowhook.storage.records import Committed, RequestKey, Segment
from flowhook.storage.rows import headers_json, private_body

_KEPT = """  -- $1 to $28
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
), analytics_kept AS (
  INSERT INTO analytics (at, endpoint, session, contact, test, record)
  SELECT * FROM unnest($23::float8[], $24::text[], $25::bytea[], $26::bytea[], $27::boolean[], $28::bytea[])
)
"""
KEEP = f"""
WITH traces_kept AS (
  INSERT INTO traces (row, at, trace, failed)
  SELECT * FROM unnest($29::bigint[], $30::float8[], $31::bytea[], $32::boolean[])
  ON CONFLICT (row) DO UPDATE SET at = excluded.at, trace = excluded.trace, failed = excluded.failed
), {_KEPT}
SELECT session, seq, row FROM added
"""  # noqa: S608 - only constants of this module

# The same with the inbounds, whose turns are over: their traces go by the numbers of the new rows. Of those
# it returns the inbound as 0.
KEEP_ENDED = f"""
WITH ended AS (
  INSERT INTO inbox (shard, session, seq, trace_id, kind, status, revision, first_out, last_out, received_at,
                     done_at, privacy, body)
  SELECT shard, session, seq, trace_id, kind, 'done', revision, first_out, last_out, received_at, done_at,
         privacy, body
  FROM unnest($29::smallint[], $30::bytea[], $31::bigint[], $32::text[], $33::text[], $34::bigint[],
              $35::bigint[], $36::bigint[], $37::float8[], $38::float8[], $39::smallint[], $40::bytea[])
    AS d (shard, session, seq, trace_id, kind, revision, first_out, last_out, received_at, done_at, privacy,
          body)
  RETURNING session, row
), traces_kept AS (
  INSERT INTO traces (row, at, trace, failed)
  SELECT e.row, d.at, d.trace, d.failed
  FROM ended AS e
  JOIN unnest($41::bytea[], $42::float8[], $43::bytea[], $44::boolean[]) AS d (session, at, trace, failed)
    ON d.session = e.session
), {_KEPT}
SELECT session, 0::bigint, row FROM ended UNION ALL SELECT session, seq, row FROM added
"""  # noqa: S608 - only constants of this module
INBOUND = 0  #: in the place of a delivery's sequence


@dataclass(slots=True)
class PendingTurn:
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


async def keep(db: Connection, turns: Sequence[PendingTurn]) -> None:
    """What turns leave whose inbounds have been accepted before."""
    values = _values(turns)
    kept = [(turn.row, *_trace_row(turn)) for turn in turns if turn.segment.trace is not None]
    if kept or any(values):
        found = await db.fetch(KEEP, *values, *columns(kept, 4))
        _number(turns, {(key, seq): row for key, seq, row in found})
        await _keep_less(db, turns)


async def keep_ended(db: Connection, turns: Sequence[PendingTurn]) -> None:
    """What turns of the fast path leave, with their inbounds: those are over."""
    if not turns:
        return
    values = _values(turns)
    kept = [(turn.key, *_trace_row(turn)) for turn in turns if turn.segment.trace is not None]
    inbounds = [_ended_row(turn) for turn in turns]
    found = await db.fetch(KEEP_ENDED, *values, *columns(inbounds, 12), *columns(kept, 4))
    numbers = {(key, seq): row for key, seq, row in found}
    for turn in turns:
        turn.row = numbers[turn.key, INBOUND]
    _number(turns, numbers)
    await _keep_less(db, turns)


async def _keep_less(db: Connection, turns: Sequence[PendingTurn]) -> None:
    """What is held counts as delivered at once: then the words go that are not to be kept."""
    for turn in turns:
        if not turn.segment.hold or turn.is_blocked:
            continue
        for delivery in turn.segment.deliveries:
            if delivery.privacy & UNKEPT:
                await keep_less_of_delivery(db, turn.key, delivery.sequence, delivery.privacy)


def _number(turns: Sequence[PendingTurn], numbers: Mapping[tuple[bytes, int], int]) -> None:
    """Note the numbers of the rows of new deliveries."""
    for turn in turns:
        for delivery in turn.segment.deliveries:
            delivery.row = numbers[turn.key, delivery.sequence]


def _ended_row(turn: PendingTurn) -> tuple[Any, ...]:
    assert turn.entry is not None
    inbound, segment = turn.entry.arrival.inbound, turn.segment
    inbound.seq = segment.seq
    body = private_body(turn.entry.body, segment.privacy) if segment.privacy else turn.entry.body
    return (
        turn.key[0], turn.key, segment.seq, inbound.trace_id, inbound.kind, turn.revision, *turn.places,
        inbound.received_at, turn.now, segment.privacy or None, body,
    )  # fmt: skip


def _trace_row(turn: PendingTurn) -> tuple[Any, ...]:
    return (turn.now, turn.segment.trace, turn.segment.failed)


def _values(turns: Sequence[PendingTurn]) -> list[list[Any]]:
    """What both statements take: states, deliveries, analytics."""
    states = [(turn.key[0], turn.key, turn.segment.state) for turn in turns if turn.segment.state is not None]
    deliveries = [row for turn in turns for row in _delivery_rows(turn)]
    records = [record for turn in turns if (record := turn.segment.analytics) is not None]
    told = [(row.at, row.endpoint, row.session, row.contact, row.test, row.record) for row in records]
    return [*columns(states, 3), *columns(deliveries, 19), *columns(told, 6)]


def columns(rows: Sequence[tuple[Any, ...]], count: int) -> list[list[Any]]:
    """So many columns, each as a list; empty where there is no row."""
    return [*map(list, zip(*rows, strict=True))] if rows else [[] for _ in range(count)]


def _delivery_rows(turn: PendingTurn) -> Iterator[tuple[Any, ...]]:
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


def serialised_outputs(segment: Segment) -> list[bytes | None]:
    """``outputs`` may be left empty."""
    if not segment.outputs:
        return [None] * len(segment.deliveries)
    return [None if output is None else to_json(output) for output in segment.outputs]
