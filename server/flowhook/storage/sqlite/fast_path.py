"""A whole turn in one transaction: acceptance, state, trace and deliveries of a message whose turn needed
nothing from outside.

The turn was computed before, from what was known of an idle session. The first statement compares and
sets: it writes nothing unless the session is still as it was then. What it does not fit is accepted as usual.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from flowhook.model.inbound import Kind
from flowhook.storage.arrivals import PreparedArrival, gone_before
from flowhook.storage.records import Acceptance, Committed, Segment
from flowhook.storage.rows import private_body
from flowhook.storage.sqlite import analytics, traces
from flowhook.storage.sqlite.idempotency import find_repeat, remember
from flowhook.storage.sqlite.inbox import accept_entries
from flowhook.storage.sqlite.new_deliveries import add_deliveries
from flowhook.storage.sqlite.timers import change_timer

FIRST_PLACE = 1  #: in the inbox of a session that does not exist yet, and never again in its life

BEGIN = """
INSERT INTO sessions (shard, session, endpoint, user_id, session_id, revision, next_in, next_out, backlog,
                      last_message_seq, test, created_at, updated_at, node, flow_revision,
                      version, state)
VALUES (:shard, :session, :endpoint, :user_id, :session_id, 1, 2, 1 + :outputs, 0, 1, ifnull(:test, 0), :now,
        :now, :node, :flow_revision, :version, :state)
ON CONFLICT (shard, session) DO NOTHING
RETURNING revision, 1, 0
"""

# Returns also whether the delivery before the segment's first is still unresolved. What follows from a test
# is one, which only its acceptance knows of an inject: then ``test`` is null here.
ADVANCE_IDLE = """
UPDATE sessions SET
  revision = revision + 1,
  next_in = next_in + 1,
  next_out = next_out + :outputs,
  last_message_seq = next_in,
  test = ifnull(:test, test),
  updated_at = :now,
  node = :node,
  flow_revision = :flow_revision,
  version = :version,
  state = :state
WHERE shard = :shard AND session = :session AND revision = :base AND next_in = :seq AND backlog = 0
  AND created_at IS NOT NULL AND updated_at > :gone_before AND (test = 0 OR :test IS NOT NULL)
RETURNING revision, next_out - :outputs,
  EXISTS (SELECT 1 FROM outbox WHERE shard = :shard AND session = :session
          AND seq = next_out - :outputs - 1 AND status = 'pending')
"""

ADD_ENDED = """
INSERT INTO inbox (shard, session, seq, trace_id, kind, status, revision, first_out, last_out, received_at,
                   done_at, privacy, body)
VALUES (?, ?, ?, ?, ?, 'done', ?, ?, ?, ?, ?, ?, ?)
"""


def accept_and_commit(
    db: sqlite3.Connection,
    entry: PreparedArrival,
    segment: Segment,
    outputs: Sequence[bytes | None],
    epoch: int,
    now: float,
) -> Committed | Acceptance:
    """What the writer runs for :meth:`flowhook.storage.sqlite.turns.SqliteTurns.accept_and_commit`."""
    arrival = entry.arrival
    inbound = arrival.inbound
    cursor = db.cursor()  # one for all statements: each that is made costs as much as a short statement
    if arrival.key is not None:
        repeat = find_repeat(db, inbound.ref, arrival.key, now)
        if repeat is not None:
            return repeat
    row = _advance(cursor, entry, segment, now)
    if row is None:
        (acceptance,) = accept_entries(db, [entry], now)
        return acceptance
    revision, first, blocked = row
    count, key = len(segment.deliveries), entry.key
    inbound.seq = segment.seq
    places = (first, first + count - 1) if count else (None, None)
    privacy = segment.privacy
    body = private_body(entry.body, privacy) if privacy else entry.body
    number = cursor.execute(
        ADD_ENDED,
        (
            key[0], key, segment.seq, inbound.trace_id, inbound.kind, revision, *places, inbound.received_at,
            now, privacy or None, body,
        ),
    ).lastrowid  # fmt: skip
    if segment.trace is not None:
        cursor.execute(traces.KEEP, (number, now, segment.trace, segment.failed))
    add_deliveries(cursor, segment, outputs, epoch, first, bool(blocked), now)
    if segment.timer is not None:
        change_timer(db, segment.ref, segment.seq, segment.timer)
    for named in segment.named_timers:
        change_timer(db, segment.ref, segment.seq, named)
    if segment.analytics is not None:
        analytics.keep(cursor, segment.analytics)
    if arrival.key is not None:
        remember(db, inbound.ref, arrival.key, inbound.trace_id, now)
    ready = not (blocked or segment.hold) and count > 0
    return Committed(revision, segment.deliveries, ready, bool(blocked))


def _advance(
    cursor: sqlite3.Cursor, entry: PreparedArrival, segment: Segment, now: float
) -> tuple[int, int, int] | None:
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
        "state": segment.state,
    }
    row: tuple[int, int, int] | None
    if segment.seq == FIRST_PLACE:
        names = {"endpoint": ref.endpoint, "user_id": ref.user_id, "session_id": ref.session_id}
        row = cursor.execute(BEGIN, values | names).fetchone()
    else:
        dead_since = gone_before(expires_after, now)
        expected = {"base": segment.base_revision, "seq": segment.seq, "gone_before": dead_since}
        row = cursor.execute(ADVANCE_IDLE, values | expected).fetchone()
    return row
