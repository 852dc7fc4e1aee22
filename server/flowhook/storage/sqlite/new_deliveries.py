"""What a committed segment puts into the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_core import to_json

from flowhook.ids import delivery_id
from flowhook.model.privacy import UNKEPT
from flowhook.storage.records import Segment
from flowhook.storage.rows import headers_json
from flowhook.storage.sqlite.connection import StatementRunner
from flowhook.storage.sqlite.outbox import keep_less_of_delivery

ADD_DELIVERY = """
INSERT INTO outbox (shard, session, seq, epoch, trace_id, endpoint, status, head, next_at, attempts,
                    created_at, done_at, url, method, headers, output, body, test, privacy)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""


def add_deliveries(
    db: StatementRunner,
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
    key = segment.ref.key
    for sequence, (delivery, output) in enumerate(zip(segment.deliveries, outputs, strict=True), first):
        delivery.sequence = sequence
        delivery.delivery_id = delivery_id(key, sequence, epoch)
        delivery.session_key = key
        delivery.created_at = delivery.created_at or now
        held = segment.hold and not blocked
        head = sequence == first and not blocked and not held
        delivery.row = db.execute(
            ADD_DELIVERY,
            (
                key[0], key, sequence, epoch, delivery.trace_id, delivery.endpoint,
                "delivered" if held else "pending", head, now if head else None, delivery.created_at,
                now if held else None, delivery.url, delivery.method, headers_json(delivery.headers), output,
                delivery.body, delivery.test, delivery.privacy or None,
            ),
        ).lastrowid or 0  # fmt: skip
        if held and delivery.privacy & UNKEPT:
            keep_less_of_delivery(db, key, sequence, delivery.privacy)


def serialised_outputs(segment: Segment) -> list[bytes | None]:
    """Done before the writer's thread has the segment. ``outputs`` may be left empty."""
    if not segment.outputs:
        return [None] * len(segment.deliveries)
    return [None if output is None else to_json(output) for output in segment.outputs]
