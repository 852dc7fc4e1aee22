"""Turns: the commit of a segment, as a whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from flowhook.storage.arrivals import PreparedArrival
from flowhook.storage.records import Acceptance, Arrival, Committed, Segment, Stale
from flowhook.storage.rows import private_body
from flowhook.storage.sqlite import analytics, traces
from flowhook.storage.sqlite.callbacks import change_tasks
from flowhook.storage.sqlite.fast_path import accept_and_commit
from flowhook.storage.sqlite.handovers import change_handovers
from flowhook.storage.sqlite.merged import end_merged, waiting_rows
from flowhook.storage.sqlite.new_deliveries import add_deliveries, serialised_outputs
from flowhook.storage.sqlite.part import Part
from flowhook.storage.sqlite.profiles import change_profile
from flowhook.storage.sqlite.timers import change_timer

# The only statement that writes a session's state after a turn. It writes nothing unless the
# revision is the one that the turn read and its inbound still waits. Returns also whether the delivery
# before the segment's first is still unresolved.
ADVANCE = """
UPDATE sessions SET
  revision = revision + 1,
  next_out = next_out + :outputs,
  backlog = backlog - :ends,
  node = iif(:state IS NULL, node, :node),
  flow_revision = iif(:state IS NULL, flow_revision, :flow_revision),
  version = iif(:state IS NULL, version, :version),
  state = coalesce(:state, state)
WHERE shard = :shard AND session = :session AND revision = :base
  AND EXISTS (SELECT 1 FROM inbox
              WHERE shard = :shard AND session = :session AND seq = :seq AND status = 'queued')
RETURNING revision, next_out - :outputs,
  EXISTS (SELECT 1 FROM outbox WHERE shard = :shard AND session = :session
          AND seq = next_out - :outputs - 1 AND status = 'pending')
"""

FINISH = """
UPDATE inbox SET
  status = :status, reason = :reason, revision = :revision, done_at = :now,
  first_out = coalesce(first_out, :first), last_out = coalesce(:last, last_out)
WHERE shard = :shard AND session = :session AND seq = :seq
RETURNING row, EXISTS (SELECT 1 FROM steps WHERE shard = :shard AND session = :session AND seq = :seq)
"""

GO_ON = """
UPDATE inbox SET first_out = coalesce(first_out, :first), last_out = coalesce(:last, last_out)
WHERE shard = :shard AND session = :session AND seq = :seq
RETURNING row, 0
"""

BODY = "SELECT body FROM inbox WHERE row = ?"
KEEP_LESS = "UPDATE inbox SET privacy = ?, body = ? WHERE row = ?"

DROP_STEPS = "DELETE FROM steps WHERE shard = :shard AND session = :session AND seq = :seq"


class SqliteTurns(Part):
    """See :class:`flowhook.storage.protocols.Turns`."""

    async def commit(self, segment: Segment) -> Committed:
        """Raises Stale."""
        outputs = serialised_outputs(segment)
        epoch = self._database.epoch.number
        return await self._database.writer.submit(
            "turn", commit_segment, segment, outputs, epoch, self._now()
        )

    async def accept_and_commit(self, arrival: Arrival, segment: Segment) -> Committed | Acceptance:
        """One transaction, whichever of both it comes to."""
        entry, outputs = PreparedArrival.of(arrival), serialised_outputs(segment)
        epoch = self._database.epoch.number
        return await self._database.writer.submit(
            "fast", accept_and_commit, entry, segment, outputs, epoch, self._now()
        )


def commit_segment(
    db: sqlite3.Connection, segment: Segment, outputs: Sequence[bytes | None], epoch: int, now: float
) -> Committed:
    """``outputs``: the serialised AIOutput beside each delivery, where there is one. ``epoch`` is that of
    the database, for the ids of the deliveries."""
    key = segment.ref.key
    where: dict[str, Any] = {"shard": key[0], "session": key, "seq": segment.seq}
    count = len(segment.deliveries)
    merged = waiting_rows(db, segment.merged, where) if segment.merged is not None else []
    advance = {
        **where,
        "base": segment.base_revision,
        "outputs": count,
        "ends": segment.ends,
        "state": segment.state,
        "node": segment.node,
        "flow_revision": segment.flow_revision,
        "version": segment.version,
    }
    row = db.execute(ADVANCE, advance).fetchone()
    if row is None:
        raise Stale
    revision, first, blocked = row
    if segment.merged is not None:
        end_merged(db, segment.merged, merged, where, now)
    _write_inbox(db, segment, where, revision, first, now)
    ready = not (blocked or segment.hold) and count > 0
    add_deliveries(db, segment, outputs, epoch, first, bool(blocked), now)
    if segment.timer is not None:
        change_timer(db, segment.ref, segment.seq, segment.timer)
    for named in segment.named_timers:
        change_timer(db, segment.ref, segment.seq, named)
    if segment.tasks is not None:
        change_tasks(db, key, segment.seq, segment.tasks, now)
    if segment.handovers:
        change_handovers(db, segment, now)
    if segment.profile:
        change_profile(db, segment.ref.user_id, segment.profile, now, segment.profile_endpoint)
    if segment.analytics is not None:
        analytics.keep(db, segment.analytics)
    return Committed(revision, segment.deliveries, ready, bool(blocked))


def _keep_less(db: sqlite3.Connection, number: int, privacy: int) -> None:
    """The turn of a private inbound has ended: its words go, as far as they are not to be kept."""
    (body,) = db.execute(BODY, (number,)).fetchone()
    db.execute(KEEP_LESS, (privacy, private_body(body, privacy), number))


def _write_inbox(
    db: sqlite3.Connection, segment: Segment, where: dict[str, Any], revision: int, first: int, now: float
) -> None:
    count = len(segment.deliveries)
    if not (segment.ends or count or segment.trace):
        return
    said = {**where, "first": first if count else None, "last": first + count - 1 if count else None}
    if segment.ends:
        said |= {"status": segment.status, "reason": segment.reason, "revision": revision, "now": now}
    number, has_steps = db.execute(FINISH if segment.ends else GO_ON, said).fetchone()
    if has_steps:
        db.execute(DROP_STEPS, where)
    if segment.ends and segment.privacy:
        _keep_less(db, number, segment.privacy)
    if segment.trace is not None:
        db.execute(traces.KEEP, (number, now, segment.trace, segment.failed))
