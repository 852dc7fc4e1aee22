"""How much there is in the database, of all processes, each from what it counts and not from what is
stored."""

from __future__ import annotations

from flowhook.storage.postgres.connection import Connection
from flowhook.storage.records import Waiting
from flowhook.storage.waiting import waiting_of

COUNTS = {
    "sessions": "SELECT sum(value)::bigint FROM session_counts",
    "queued": "SELECT count(*) FROM inbox WHERE status = 'queued'",
    "heads": "SELECT count(*) FROM outbox WHERE head",
    # Everything behind a head is pending, so the sequence numbers tell how many, without a look at them;
    # but where a delivery is replayed, what is behind it may have been delivered long ago.
    "pending": """
        SELECT coalesce(sum(CASE WHEN h.is_replayed THEN
            (SELECT count(*) FROM outbox AS o
             WHERE o.shard = h.shard AND o.session = h.session AND o.status = 'pending')
          ELSE s.next_out - h.first END), 0)::bigint
        FROM (SELECT shard, session, min(seq) AS first, bool_or(replay) AS is_replayed
              FROM outbox WHERE head GROUP BY shard, session) AS h
        JOIN sessions AS s ON s.shard = h.shard AND s.session = h.session
        """,
    "dead": "SELECT count(*) FROM outbox WHERE status = 'dead'",
    "timers": "SELECT count(*) FROM timers",
}

INPUTS = """
    SELECT s.endpoint, count(*), min(i.received_at) FROM inbox AS i
    JOIN sessions AS s ON s.shard = i.shard AND s.session = i.session
    WHERE i.status = 'queued' GROUP BY s.endpoint
    """
# The head of a session is its oldest delivery that waits.
DELIVERIES = """
    SELECT endpoint, min(CASE WHEN replay THEN next_at ELSE created_at END)
    FROM outbox WHERE head GROUP BY endpoint
    """


async def read_counts(db: Connection) -> dict[str, int]:
    """By name."""
    return {name: await db.value(query) for name, query in COUNTS.items()}


async def read_waiting(db: Connection) -> list[Waiting]:
    """By endpoint."""
    return waiting_of(await db.fetch(INPUTS), await db.fetch(DELIVERIES))
