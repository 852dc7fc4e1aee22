"""Retention: deleting what is old, a bounded piece at a time, and counting what is there.

Candidates are sought on a reading connection, so that the search holds up nobody; the deletion checks
again. Nothing of a session goes while it has inbounds that wait, deliveries that are pending or timers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence

PIECE = 500  #: rows deleted in one transaction

Drop = Callable[[sqlite3.Connection, Sequence[int]], int]

# A session's last delivery is pending as long as any before it is.
_AT_REST = """
backlog = 0
  AND NOT EXISTS (SELECT 1 FROM timers AS t WHERE t.part = s.part AND t.session = s.session)
  AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.part = s.part AND o.session = s.session
                  AND o.seq = s.next_out - 1 AND o.status = 'pending')
"""
OLD_SESSIONS = f"""
SELECT row FROM sessions AS s
WHERE created_at IS NOT NULL AND updated_at < ? AND {_AT_REST} ORDER BY updated_at LIMIT ?
"""  # noqa: S608 - only constants of this module
END_SESSION = f"""
UPDATE sessions AS s SET created_at = NULL, state = NULL, node = NULL, flow_revision = '',
                         revision = revision + 1
WHERE row = ? AND updated_at < ? AND {_AT_REST}
"""  # noqa: S608 - only constants of this module

# What is left of a session goes when nothing refers to it any more.
_UNREFERRED = """
NOT EXISTS (SELECT 1 FROM inbox AS i WHERE i.part = s.part AND i.session = s.session)
  AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.part = s.part AND o.session = s.session)
"""
EMPTY_SESSIONS = f"""
SELECT row FROM sessions AS s
WHERE created_at IS NULL AND updated_at < ? AND {_UNREFERRED} ORDER BY updated_at LIMIT ?
"""  # noqa: S608 - only constants of this module
DROP_SESSION = f"""
DELETE FROM sessions AS s WHERE row = ? AND updated_at < ? AND created_at IS NULL AND {_UNREFERRED}
"""  # noqa: S608 - only constants of this module

# Rows of these are in order of time: what is old lies at the front, among what may not go yet.
FRONT_OF_INBOX = """
SELECT row, received_at, status <> 'queued' FROM inbox WHERE row > ? ORDER BY row LIMIT ?
"""
FRONT_OF_OUTBOX = """
SELECT row, created_at, status = 'delivered' FROM outbox WHERE row > ? ORDER BY row LIMIT ?
"""
FRONT_OF_DEAD = """
SELECT row, created_at, 1 FROM outbox WHERE status = 'dead' AND row > ? ORDER BY row LIMIT ?
"""
# Those of turns in which something failed stay as long as what was said.
FRONT_OF_TRACES = "SELECT row, at, failed = 0 FROM traces WHERE row > ? ORDER BY row LIMIT ?"

DROP_TRACE = "DELETE FROM traces WHERE row = ?"
DROP_INBOUND = "DELETE FROM inbox WHERE row = ? AND status <> 'queued'"
DROP_ATTEMPTS = """
DELETE FROM attempts WHERE (part, session, seq) =
  (SELECT part, session, seq FROM outbox WHERE row = ? AND status <> 'pending')
"""
DROP_DELIVERY = "DELETE FROM outbox WHERE row = ? AND status <> 'pending'"

# Small tables with an index on time, whose rows hang on nothing.
DROP_BY_AGE = {
    "profiles": """
        DELETE FROM profiles WHERE rowid IN
          (SELECT rowid FROM profiles WHERE updated_at < ? ORDER BY updated_at LIMIT ?)
        """,
    "idempotency": """
        DELETE FROM idempotency WHERE (part, session, route, key) IN
          (SELECT part, session, route, key FROM idempotency
           WHERE created_at < ? ORDER BY created_at LIMIT ?)
        """,
    "discards": """
        DELETE FROM discards WHERE trace_id IN
          (SELECT trace_id FROM discards WHERE at < ? ORDER BY at LIMIT ?)
        """,
    "callbacks": """
        DELETE FROM callbacks WHERE (part, hash) IN
          (SELECT part, hash FROM callbacks WHERE done_at IS NOT NULL AND done_at < ?
           ORDER BY done_at LIMIT ?)
        """,
    "plugin_data": """
        DELETE FROM plugin_data WHERE rowid IN
          (SELECT rowid FROM plugin_data WHERE expires_at IS NOT NULL AND expires_at < ?
           ORDER BY expires_at LIMIT ?)
        """,
}

SHRINK = "PRAGMA incremental_vacuum(1000)"

COUNTS = {
    "sessions": "SELECT value FROM counters WHERE name = 'sessions'",
    "queued": "SELECT count(*) FROM inbox WHERE status = 'queued'",
    "heads": "SELECT count(*) FROM outbox WHERE head = 1",
    "pending": """
        SELECT count(*)
        FROM (SELECT DISTINCT part, session FROM outbox INDEXED BY outbox_heads WHERE head = 1) AS h
        CROSS JOIN outbox AS o ON o.part = h.part AND o.session = h.session
        WHERE o.status = 'pending'
        """,
    "dead": "SELECT count(*) FROM outbox WHERE status = 'dead'",
    "timers": "SELECT count(*) FROM timers",
}


def counts(db: sqlite3.Connection) -> dict[str, int]:
    """What is there now, each by what it counts and not by what is stored."""
    return {name: db.execute(query).fetchone()[0] for name, query in COUNTS.items()}


# --- seeking, on a reader ------------------------------------------------------------------------


def old_sessions(db: sqlite3.Connection, before: float) -> list[int]:
    """Sessions without an inbound since, at rest."""
    return [row for (row,) in db.execute(OLD_SESSIONS, (before, PIECE)).fetchall()]


def empty_sessions(db: sqlite3.Connection, before: float) -> list[int]:
    """Gone sessions with nothing left."""
    return [row for (row,) in db.execute(EMPTY_SESSIONS, (before, PIECE)).fetchall()]


def old_rows(db: sqlite3.Connection, front: str, before: float) -> list[int]:
    """From the front of a table: rows older than ``before`` that may go."""
    found: list[int] = []
    last = 0
    while rows := db.execute(front, (last, PIECE)).fetchall():
        found += [row for row, at, may_go in rows if may_go and at < before]
        last = rows[-1][0]
        if len(found) >= PIECE or rows[-1][1] >= before:
            break
    return found[:PIECE]


# --- deleting, on the writer ---------------------------------------------------------------------


def end_sessions(db: sqlite3.Connection, rows: Sequence[int], before: float) -> int:
    """Their state goes; counters stay."""
    return sum(db.execute(END_SESSION, (row, before)).rowcount for row in rows)


def drop_sessions(db: sqlite3.Connection, rows: Sequence[int], before: float) -> int:
    """The counters too."""
    return sum(db.execute(DROP_SESSION, (row, before)).rowcount for row in rows)


def drop_inbounds(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """With their traces."""
    dropped = 0
    for row in rows:
        if db.execute(DROP_INBOUND, (row,)).rowcount:
            db.execute(DROP_TRACE, (row,))
            dropped += 1
    return dropped


def drop_deliveries(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """With their attempts."""
    dropped = 0
    for row in rows:
        db.execute(DROP_ATTEMPTS, (row,))
        dropped += db.execute(DROP_DELIVERY, (row,)).rowcount
    return dropped


def drop_traces(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """The inbounds stay."""
    return sum(db.execute(DROP_TRACE, (row,)).rowcount for row in rows)


def drop_by_age(db: sqlite3.Connection, name: str, before: float) -> int:
    """A piece of a small table."""
    return db.execute(DROP_BY_AGE[name], (before, PIECE)).rowcount


def shrink(db: sqlite3.Connection) -> None:
    """Give free pages back to the file system, a piece at a time."""
    db.execute(SHRINK).fetchall()
