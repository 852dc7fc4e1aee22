"""Turns: the commit of a segment, as a whole or not at all. The writer has locked the session's row before,
so that what a statement reads here is what is committed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from flowhook.ids import delivery_id
from flowhook.model.inbound import Kind
from flowhook.model.privacy import UNKEPT
from flowhook.storage.postgres import analytics, traces
from flowhook.storage.postgres.callbacks import change_tasks
from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.handovers import change_handovers
from flowhook.storage.postgres.idempotency import find_repeat, remember
from flowhook.storage.postgres.inbox import ALWAYS, Entry, accept_entries
from flowhook.storage.postgres.merged import end_merged, waiting_rows
from flowhook.storage.postgres.named import Named
from flowhook.storage.postgres.outbox import keep_less_of_delivery
from flowhook.storage.postgres.part import Part
from flowhook.storage.postgres.profiles import change_profile
from flowhook.storage.postgres.timers import change_timer
from flowhook.storage.records import Acceptance, Arrival, Committed, Segment, Stale
from flowhook.storage.rows import headers_json, private_body

_BLOCKED = """
EXISTS (SELECT 1 FROM outbox AS o WHERE o.shard = s.shard AND o.session = s.session
        AND o.seq = s.next_out - :outputs - 1 AND o.status = 'pending')
"""

# The only statement that writes a session's place after a turn. It writes nothing unless the revision is the
# one that the turn read and its inbound still waits. Returns also whether the delivery before the segment's
# first is still unresolved.
ADVANCE = Named(f"""
UPDATE sessions AS s SET
  revision = s.revision + 1,
  next_out = s.next_out + :outputs,
  backlog = s.backlog - :ends::boolean::integer,
  node = CASE WHEN :moves THEN :node ELSE s.node END,
  flow_revision = CASE WHEN :moves THEN :flow_revision ELSE s.flow_revision END,
  version = CASE WHEN :moves THEN :version ELSE s.version END
WHERE s.shard = :shard AND s.session = :session AND s.revision = :base
  AND EXISTS (SELECT 1 FROM inbox AS i
              WHERE i.shard = :shard AND i.session = :session AND i.seq = :seq AND i.status = 'queued')
RETURNING s.revision, s.next_out - :outputs, {_BLOCKED}
""")  # noqa: S608 - only constants of this module
KEEP_STATE = """
INSERT INTO states (shard, session, state) VALUES ($1, $2, $3)
ON CONFLICT (shard, session) DO UPDATE SET state = excluded.state
"""

FINISH = Named("""
UPDATE inbox SET
  status = :status, reason = :reason, revision = :revision, done_at = :now,
  first_out = coalesce(first_out, :first), last_out = coalesce(:last, last_out)
WHERE shard = :shard AND session = :session AND seq = :seq
RETURNING row, EXISTS (SELECT 1 FROM steps WHERE shard = :shard AND session = :session AND seq = :seq)
""")

GO_ON = Named("""
UPDATE inbox SET first_out = coalesce(first_out, :first), last_out = coalesce(:last, last_out)
WHERE shard = :shard AND session = :session AND seq = :seq
RETURNING row, false
""")

BODY = "SELECT body FROM inbox WHERE row = $1"
KEEP_LESS = "UPDATE inbox SET privacy = $1, body = $2 WHERE row = $3"
DROP_STEPS = "DELETE FROM steps WHERE shard = $1 AND session = $2 AND seq = $3"

ADD_DELIVERIES = """
INSERT INTO outbox (shard, session, seq, epoch, trace_id, endpoint, status, head, next_at, attempts,
                    created_at, done_at, url, method, headers, output, body, test, privacy)
SELECT $1, $2, seq, $3, trace_id, endpoint, status, head, next_at, 0, created_at, done_at, url, method,
       headers, output, body, test, privacy
FROM unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::boolean[], $9::float8[], $10::float8[],
            $11::float8[], $12::text[], $13::text[], $14::bytea[], $15::bytea[], $16::bytea[], $17::boolean[],
            $18::smallint[])
  AS d (seq, trace_id, endpoint, status, head, next_at, created_at, done_at, url, method, headers, output,
        body, test, privacy)
ORDER BY seq
RETURNING seq, row
"""

# --- the fast path: acceptance and turn in one
FIRST_PLACE = 1  #: in the inbox of a session that does not exist yet, and never again in its life

BEGIN = Named("""
INSERT INTO sessions (shard, session, endpoint, user_id, session_id, revision, next_in, next_out, backlog,
                      last_message_seq, test, created_at, updated_at, node, flow_revision, version)
VALUES (:shard, :session, :endpoint, :user_id, :session_id, 1, 2, 1 + :outputs, 0, 1,
        coalesce(:test::boolean, false), :now, :now, :node, :flow_revision, :version)
ON CONFLICT (shard, session) DO NOTHING
RETURNING revision, 1, false
""")

# What follows from a test is one, which only its acceptance knows of an inject: then ``test`` is null here.
ADVANCE_IDLE = Named(f"""
UPDATE sessions AS s SET
  revision = s.revision + 1,
  next_in = s.next_in + 1,
  next_out = s.next_out + :outputs,
  last_message_seq = s.next_in,
  test = coalesce(:test::boolean, s.test),
  updated_at = :now,
  node = :node,
  flow_revision = :flow_revision,
  version = :version
WHERE s.shard = :shard AND s.session = :session AND s.revision = :base AND s.next_in = :seq AND s.backlog = 0
  AND s.created_at IS NOT NULL AND s.updated_at > :gone_before
  AND (NOT s.test OR :test::boolean IS NOT NULL)
RETURNING s.revision, s.next_out - :outputs, {_BLOCKED}
""")  # noqa: S608 - only constants of this module

ADD_ENDED = """
INSERT INTO inbox (shard, session, seq, trace_id, kind, status, revision, first_out, last_out, received_at,
                   done_at, privacy, body)
VALUES ($1, $2, $3, $4, $5, 'done', $6, $7, $8, $9, $10, $11, $12)
RETURNING row
"""


class PostgresTurns(Part):
    """See :class:`flowhook.storage.protocols.Turns`."""

    async def commit(self, segment: Segment) -> Committed:
        """Raises Stale."""
        outputs, epoch = _serialised_outputs(segment), self._database.epoch
        submit = self._database.writer.submit
        return await submit("turn", commit_segment, segment, outputs, epoch, self._now(), key=segment.ref.key)

    async def accept_and_commit(self, arrival: Arrival, segment: Segment) -> Committed | Acceptance:
        """One transaction, whichever of both it comes to."""
        entry, outputs, epoch = Entry.of(arrival), _serialised_outputs(segment), self._database.epoch
        submit = self._database.writer.submit
        result = await submit(
            "fast", accept_and_commit, entry, segment, outputs, epoch, self._now(), key=entry.key
        )
        self._database.ownership.wake([entry.key])
        return result


async def commit_segment(
    db: Connection, segment: Segment, outputs: Sequence[bytes | None], epoch: int, now: float
) -> Committed:
    """``outputs``: the serialised AIOutput beside each delivery, where there is one. ``epoch`` is that of
    the database, for the ids of the deliveries."""
    key, count = segment.ref.key, len(segment.deliveries)
    advance = {
        "shard": key[0],
        "session": key,
        "seq": segment.seq,
        "base": segment.base_revision,
        "outputs": count,
        "ends": segment.ends,
        "moves": segment.state is not None,
        "node": segment.node,
        "flow_revision": segment.flow_revision,
        "version": segment.version,
    }
    merged = await waiting_rows(db, segment.merged, key) if segment.merged is not None else []
    row = await db.row(*ADVANCE(advance))
    if row is None:
        raise Stale
    revision, first, blocked = row
    if segment.state is not None:
        await db.execute(KEEP_STATE, key[0], key, segment.state)
    if segment.merged is not None:
        await end_merged(db, segment.merged, merged, key, segment.seq, now)
    await _write_inbox(db, segment, revision, first, now)
    await _add_deliveries(db, segment, outputs, epoch, first, blocked, now)
    if segment.timer is not None:
        await change_timer(db, segment.ref, segment.seq, segment.timer)
    for named in segment.named_timers:
        await change_timer(db, segment.ref, segment.seq, named)
    if segment.tasks is not None:
        await change_tasks(db, key, segment.seq, segment.tasks, now)
    if segment.handovers:
        await change_handovers(db, segment, now)
    if segment.profile:
        await change_profile(db, segment.ref.user_id, segment.profile, now, segment.profile_endpoint)
    if segment.analytics is not None:
        await analytics.keep(db, [segment.analytics])
    return Committed(revision, segment.deliveries, not (blocked or segment.hold) and count > 0)


async def accept_and_commit(
    db: Connection,
    entry: Entry,
    segment: Segment,
    outputs: Sequence[bytes | None],
    epoch: int,
    now: float,
) -> Committed | Acceptance:
    """What the writer runs for :meth:`PostgresTurns.accept_and_commit`."""
    arrival = entry.arrival
    inbound = arrival.inbound
    if arrival.key is not None:
        repeat = await find_repeat(db, inbound.ref, arrival.key, now)
        if repeat is not None:
            return repeat
    row = await _advance(db, entry, segment, now)
    if row is None:
        (acceptance,) = await accept_entries(db, [entry], now)
        return acceptance
    revision, first, blocked = row
    count, key = len(segment.deliveries), entry.key
    inbound.seq = segment.seq
    places = (first, first + count - 1) if count else (None, None)
    privacy = segment.privacy
    body = private_body(entry.body, privacy) if privacy else entry.body
    number = await db.value(
        ADD_ENDED, key[0], key, segment.seq, inbound.trace_id, inbound.kind, revision, *places,
        inbound.received_at, now, privacy or None, body,
    )  # fmt: skip
    await db.execute(KEEP_STATE, key[0], key, segment.state)
    if segment.trace is not None:
        await db.execute(traces.KEEP, [number], [now], [segment.trace], [segment.failed])
    await _add_deliveries(db, segment, outputs, epoch, first, blocked, now)
    if segment.timer is not None:
        await change_timer(db, segment.ref, segment.seq, segment.timer)
    for named in segment.named_timers:
        await change_timer(db, segment.ref, segment.seq, named)
    if segment.analytics is not None:
        await analytics.keep(db, [segment.analytics])
    if arrival.key is not None:
        await remember(db, inbound.ref, arrival.key, inbound.trace_id, now)
    return Committed(revision, segment.deliveries, not (blocked or segment.hold) and count > 0)


async def _advance(
    db: Connection, entry: Entry, segment: Segment, now: float
) -> tuple[int, int, bool] | None:
    """Compare and set. Returns the new revision, the first place in the outbox, and whether what stands
    before it is unresolved; None when the session is another one by now."""
    ref, expires_after = segment.ref, entry.arrival.expires_after
    inbound = entry.arrival.inbound
    values: dict[str, Any] = {
        "shard": entry.key[0],
        "session": entry.key,
        "now": now,
        "outputs": len(segment.deliveries),
        "test": inbound.test if inbound.kind is Kind.MESSAGE else None,
        "node": segment.node,
        "flow_revision": segment.flow_revision,
        "version": segment.version,
    }
    if segment.seq == FIRST_PLACE:
        names = {"endpoint": ref.endpoint, "user_id": ref.user_id, "session_id": ref.session_id}
        return await db.row(*BEGIN({**values, **names}))
    gone_before = ALWAYS if expires_after is None else now - expires_after
    expected = {"base": segment.base_revision, "seq": segment.seq, "gone_before": gone_before}
    return await db.row(*ADVANCE_IDLE({**values, **expected}))


async def _write_inbox(db: Connection, segment: Segment, revision: int, first: int, now: float) -> None:
    count = len(segment.deliveries)
    if not (segment.ends or count or segment.trace):
        return
    key = segment.ref.key
    said: dict[str, Any] = {"shard": key[0], "session": key, "seq": segment.seq}
    said |= {"first": first if count else None, "last": first + count - 1 if count else None}
    if segment.ends:
        said |= {"status": segment.status, "reason": segment.reason, "revision": revision, "now": now}
    row = await db.row(*(FINISH if segment.ends else GO_ON)(said))
    assert row is not None
    number, has_steps = row
    if has_steps:
        await db.execute(DROP_STEPS, key[0], key, segment.seq)
    if segment.ends and segment.privacy:
        body = await db.value(BODY, number)
        await db.execute(KEEP_LESS, segment.privacy, private_body(body, segment.privacy), number)
    if segment.trace is not None:
        await db.execute(traces.KEEP, [number], [now], [segment.trace], [segment.failed])


async def _add_deliveries(
    db: Connection,
    segment: Segment,
    outputs: Sequence[bytes | None],
    epoch: int,
    first: int,
    blocked: bool,
    now: float,
) -> None:
    """The first is its session's head, unless one before it is unresolved; the others are parked.

    What is held counts as delivered at once, unless it has to wait its turn.
    """
    if not segment.deliveries:
        return
    key, held = segment.ref.key, segment.hold and not blocked
    rows = []
    for sequence, (delivery, output) in enumerate(zip(segment.deliveries, outputs, strict=True), first):
        delivery.sequence = sequence
        delivery.delivery_id = delivery_id(key, sequence, epoch)
        delivery.session_key = key
        delivery.created_at = delivery.created_at or now
        head = sequence == first and not blocked and not held
        rows.append((
            sequence, delivery.trace_id, delivery.endpoint, "delivered" if held else "pending", head,
            now if head else None, delivery.created_at, now if held else None, delivery.url, delivery.method,
            headers_json(delivery.headers), output, delivery.body, delivery.test, delivery.privacy or None,
        ))  # fmt: skip
    added = await db.fetch(ADD_DELIVERIES, key[0], key, epoch, *map(list, zip(*rows, strict=True)))
    numbers = {seq: number for seq, number in added}
    for delivery in segment.deliveries:
        delivery.row = numbers[delivery.sequence]
        if held and delivery.privacy & UNKEPT:
            await keep_less_of_delivery(db, key, delivery.sequence, delivery.privacy)


def _serialised_outputs(segment: Segment) -> list[bytes | None]:
    """``outputs`` may be left empty."""
    if not segment.outputs:
        return [None] * len(segment.deliveries)
    return [None if output is None else to_json(output) for output in segment.outputs]
