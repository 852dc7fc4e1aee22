"""Retention: deleting what is old, a bounded piece at a time.

Candidates are sought on a reading connection, so that the search holds up nobody; the deletion checks
again. Nothing of a session goes while it has inbounds that wait, deliveries that are pending or timers.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar, TypeVarTuple

from flowhook.storage.records import KEY_LIFETIME
from flowhook.storage.sqlite import analytics, contact_index
from flowhook.storage.sqlite.part import Part

PIECE = 500  #: rows deleted in one transaction

T = TypeVar("T")
Ts = TypeVarTuple("Ts")
Drop = Callable[[sqlite3.Connection, Sequence[int]], int]

# A session's last delivery is pending as long as any before it is.
_AT_REST = """
backlog = 0
  AND NOT EXISTS (SELECT 1 FROM timers AS t WHERE t.shard = s.shard AND t.session = s.session)
  AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.shard = s.shard AND o.session = s.session
                  AND o.seq = s.next_out - 1 AND o.status = 'pending')
  AND NOT EXISTS (SELECT 1 FROM handovers AS h WHERE h.shard = s.shard AND h.session = s.session
                  AND h.status <> 'closed')
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
NOT EXISTS (SELECT 1 FROM inbox AS i WHERE i.shard = s.shard AND i.session = s.session)
  AND NOT EXISTS (SELECT 1 FROM outbox AS o WHERE o.shard = s.shard AND o.session = s.session)
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

FRONT_OF_ANALYTICS = "SELECT row, at, 1 FROM analytics WHERE row > ? ORDER BY row LIMIT ?"

FRONT_OF_HANDOVERS = """
SELECT row, created_at, status = 'closed' AND next_at IS NULL FROM handovers
WHERE row > ? ORDER BY row LIMIT ?
"""
DROP_HANDOVER_MESSAGES = """
DELETE FROM handover_messages WHERE (shard, session, handover) =
  (SELECT shard, session, id FROM handovers WHERE row = ? AND status = 'closed')
"""
DROP_HANDOVER = "DELETE FROM handovers WHERE row = ? AND status = 'closed'"

DROP_TRACE = "DELETE FROM traces WHERE row = ?"
DROP_INBOUND = "DELETE FROM inbox WHERE row = ? AND status <> 'queued'"
DROP_ATTEMPTS = """
DELETE FROM attempts WHERE (shard, session, seq) =
  (SELECT shard, session, seq FROM outbox WHERE row = ? AND status <> 'pending')
"""
DROP_DELIVERY = "DELETE FROM outbox WHERE row = ? AND status <> 'pending'"

_LOOSE = """
NOT EXISTS (SELECT 1 FROM profiles AS p WHERE l.endpoint = '' AND p.user_id = l.main_user)
  AND NOT EXISTS (SELECT 1 FROM endpoint_profiles AS p
                  WHERE p.user_id = l.main_user AND p.endpoint = l.endpoint)
"""
LOOSE_LINKS = f"SELECT user_id, endpoint FROM profile_links AS l WHERE {_LOOSE} LIMIT ?"  # noqa: S608
DROP_LINK = f"DELETE FROM profile_links AS l WHERE user_id = ? AND endpoint = ? AND {_LOOSE}"  # noqa: S608

# Small tables with an index on time, whose rows hang on nothing.
DROP_BY_AGE = {
    "profiles": """
        DELETE FROM profiles WHERE rowid IN
          (SELECT rowid FROM profiles WHERE updated_at < ? ORDER BY updated_at LIMIT ?)
        """,
    "endpoint_profiles": """
        DELETE FROM endpoint_profiles WHERE row IN
          (SELECT row FROM endpoint_profiles WHERE updated_at < ? ORDER BY updated_at LIMIT ?)
        """,
    "idempotency": """
        DELETE FROM idempotency WHERE (shard, session, route, key) IN
          (SELECT shard, session, route, key FROM idempotency
           WHERE created_at < ? ORDER BY created_at LIMIT ?)
        """,
    "audit": """
        DELETE FROM audit WHERE row IN (SELECT row FROM audit WHERE at < ? ORDER BY at LIMIT ?)
        """,
    "discards": """
        DELETE FROM discards WHERE trace_id IN
          (SELECT trace_id FROM discards WHERE at < ? ORDER BY at LIMIT ?)
        """,
    "callbacks": """
        DELETE FROM callbacks WHERE (shard, hash) IN
          (SELECT shard, hash FROM callbacks WHERE done_at IS NOT NULL AND done_at < ?
           ORDER BY done_at LIMIT ?)
        """,
    "plugin_data": """
        DELETE FROM plugin_data WHERE rowid IN
          (SELECT rowid FROM plugin_data WHERE expires_at IS NOT NULL AND expires_at < ?
           ORDER BY expires_at LIMIT ?)
        """,
}

#: Free pages that are kept, to be written again without the file growing: a tenth of it, or 4 MiB.
RESERVE_SHARE, RESERVE_PAGES = 10, 1024
SHRINK_PAGES = 1000  #: given back in one transaction


class SqliteRetention(Part):
    """See :class:`flowhook.storage.protocols.Retention`."""

    async def sweep(self, now: float, ages: Mapping[str, float]) -> dict[str, int]:
        """A piece of everything that is too old."""
        all_ages = {"idempotency": KEY_LIFETIME, "plugin_data": 0.0, **ages}
        if "traces" in ages:
            all_ages |= dict.fromkeys(("discards", "callbacks"), ages["traces"])
        if "profiles" in ages:
            all_ages |= dict.fromkeys(("endpoint_profiles", "profile_links"), ages["profiles"])
        gone = {name: await self._sweep(name, now - age) for name, age in all_ages.items()}
        gone["pages"] = await self._write(_shrink)
        while await self._write(contact_index.extend_by_backlog):
            pass
        return gone

    async def scrub(self) -> None:
        """In pieces."""
        await self._database.scrub()

    async def _sweep(self, name: str, before: float) -> int:
        if name in DROP_BY_AGE:
            return await self._write(_drop_by_age, name, before)
        if name == "sessions":
            rows = await self._search(_old_sessions, before)
            return await self._write(_end_sessions, rows, before) if rows else 0
        if name == "transcripts":
            return await self._sweep_transcripts(before)
        if name == "profile_links":
            links = await self._search(_loose_links)
            return await self._write(_drop_links, links) if links else 0
        front, drop = {
            "traces": (FRONT_OF_TRACES, _drop_traces),
            "analytics": (FRONT_OF_ANALYTICS, analytics.drop),
            "dead_deliveries": (FRONT_OF_DEAD, _drop_deliveries),
        }[name]
        return await self._sweep_front(front, drop, before)

    async def _sweep_transcripts(self, before: float) -> int:
        gone = await self._sweep_front(FRONT_OF_INBOX, _drop_inbounds, before)
        gone += await self._sweep_front(FRONT_OF_OUTBOX, _drop_deliveries, before)
        gone += await self._sweep_front(FRONT_OF_HANDOVERS, _drop_handovers, before)
        rows = await self._search(_empty_sessions, before)
        return gone + (await self._write(_drop_sessions, rows, before) if rows else 0)

    async def _sweep_front(self, front: str, drop: Drop, before: float) -> int:
        rows = await self._search(_old_rows, front, before)
        return await self._write(drop, rows) if rows else 0

    async def _search(self, search: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        return await self._database.listings.run(search, *args)

    async def _write(self, job: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        return await self._database.writer.submit("", job, *args)


# --- seeking, on a reader ------------------------------------------------------------------------


def _old_sessions(db: sqlite3.Connection, before: float) -> list[int]:
    """Sessions without an inbound since, at rest."""
    return [row for (row,) in db.execute(OLD_SESSIONS, (before, PIECE)).fetchall()]


def _empty_sessions(db: sqlite3.Connection, before: float) -> list[int]:
    """Gone sessions with nothing left."""
    return [row for (row,) in db.execute(EMPTY_SESSIONS, (before, PIECE)).fetchall()]


def _loose_links(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """Links to profiles that are gone."""
    return db.execute(LOOSE_LINKS, (PIECE,)).fetchall()


def _old_rows(db: sqlite3.Connection, front: str, before: float) -> list[int]:
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


def _end_sessions(db: sqlite3.Connection, rows: Sequence[int], before: float) -> int:
    """Their state goes; counters stay."""
    return sum(db.execute(END_SESSION, (row, before)).rowcount for row in rows)


def _drop_sessions(db: sqlite3.Connection, rows: Sequence[int], before: float) -> int:
    """The counters too."""
    return sum(db.execute(DROP_SESSION, (row, before)).rowcount for row in rows)


def _drop_inbounds(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """With their traces."""
    dropped = 0
    for row in rows:
        if db.execute(DROP_INBOUND, (row,)).rowcount:
            db.execute(DROP_TRACE, (row,))
            dropped += 1
    return dropped


def _drop_deliveries(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """With their attempts."""
    dropped = 0
    for row in rows:
        db.execute(DROP_ATTEMPTS, (row,))
        dropped += db.execute(DROP_DELIVERY, (row,)).rowcount
    return dropped


def _drop_handovers(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """With what was said in them."""
    dropped = 0
    for row in rows:
        db.execute(DROP_HANDOVER_MESSAGES, (row,))
        dropped += db.execute(DROP_HANDOVER, (row,)).rowcount
    return dropped


def _drop_traces(db: sqlite3.Connection, rows: Sequence[int]) -> int:
    """The inbounds stay."""
    return sum(db.execute(DROP_TRACE, (row,)).rowcount for row in rows)


def _drop_links(db: sqlite3.Connection, links: Sequence[tuple[str, str]]) -> int:
    """Unless they were made anew."""
    return sum(db.execute(DROP_LINK, link).rowcount for link in links)


def _drop_by_age(db: sqlite3.Connection, name: str, before: float) -> int:
    """A piece of a small table."""
    return db.execute(DROP_BY_AGE[name], (before, PIECE)).rowcount


def _shrink(db: sqlite3.Connection) -> int:
    """Give free pages back to the file system, a piece at a time; return how many."""
    (free,) = db.execute("PRAGMA freelist_count").fetchone()
    (pages,) = db.execute("PRAGMA page_count").fetchone()
    spare = min(SHRINK_PAGES, free - max(RESERVE_PAGES, pages // RESERVE_SHARE))
    if spare <= 0:
        return 0
    db.execute(f"PRAGMA incremental_vacuum({spare})").fetchall()
    return int(spare)
