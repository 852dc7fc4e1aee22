"""Leases on shards: which process runs the turns, deliveries and timers of which sessions.

Each process wants its fair share of the 256 shards. In a beat, every two seconds, it renews the leases that
it has, frees what has expired, and takes what is free; what it has beyond its share it stops to work on, and
gives back with the next beat. Beats take turns by a lock, so they see each other's whole. A lease lasts ten
seconds by the database's clock; its owner counts from before it asked, so it stops before anybody else can
begin.

A lease is no fence: whoever was stopped in the middle of a turn goes on when he wakes up. That is what the
compare-and-set on a session's revision is for.
"""

from __future__ import annotations

import math
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from flowhook.storage.postgres.connection import Connection

OnTime = Callable[[float, float], None]  #: POSIX seconds, said by the database in the last … seconds

SHARDS = 256
BEAT_SECONDS, LEASE_SECONDS = 2.0, 10.0
BEAT_LOCK = 0x464C4F58
MAX_SUSPECTS = 10_000  #: of one death
WARY_SECONDS = 60.0  #: after a death, in which messages are accepted before their turns run

TAKE_TURNS = "SELECT pg_advisory_xact_lock($1)"
SEEN = """
INSERT INTO processes (id, place, started_at, seen_at, about)
VALUES ($1, $2, clock_timestamp(), clock_timestamp(), $3)
ON CONFLICT (id) DO UPDATE SET seen_at = excluded.seen_at, about = excluded.about
RETURNING extract(epoch FROM seen_at)::float8
"""
OTHERS = """
SELECT id, place, about, seen_at < clock_timestamp() - make_interval(secs => $2) FROM processes WHERE id <> $1
"""
# What they had taken upon themselves to send, see Segment.claim: no index, since processes seldom end.
GIVE_UP_CLAIMS = """
UPDATE outbox SET next_at = least(next_at, extract(epoch FROM clock_timestamp())::float8), claimed_by = NULL
WHERE head AND claimed_by = ANY ($1::uuid[])
"""
# What may have ended them: what was noted as running there, and of the rest whatever waited in their shards.
# Bounded, and by chance, so that a large backlog neither holds up the beat nor hides the one.
COUNT_DEATHS = (
    "UPDATE suspects SET deaths = deaths + 1, running_in = NULL WHERE running_in = ANY ($1::uuid[])"
)
SUSPECT = """
INSERT INTO suspects (shard, session, deaths)
SELECT i.shard, i.session, 1
FROM (SELECT DISTINCT shard, session FROM inbox WHERE status = 'queued'
      AND shard IN (SELECT shard FROM shard_owners WHERE owner = ANY ($1::uuid[]))) AS i
ORDER BY random() LIMIT $2
ON CONFLICT (shard, session) DO NOTHING
"""
NOTE_DEATHS = """
INSERT INTO process_deaths (process, at) SELECT unnest($1::uuid[]), clock_timestamp()
ON CONFLICT (process) DO UPDATE SET at = excluded.at
"""
FORGET_DEATHS = "DELETE FROM process_deaths WHERE at < clock_timestamp() - make_interval(secs => $1)"
SUSPECTS = """
SELECT (SELECT array_agg(session) FROM suspects WHERE shard = ANY ($1::smallint[])),
       EXISTS (SELECT FROM process_deaths WHERE at > clock_timestamp() - make_interval(secs => $2))
"""
BURY = "DELETE FROM processes WHERE id = ANY ($1::uuid[])"
GIVE_BACK = "UPDATE shard_owners SET owner = NULL WHERE owner = $1 AND shard = ANY ($2::smallint[])"
RENEW = """
UPDATE shard_owners SET until = clock_timestamp() + make_interval(secs => $2) WHERE owner = $1 RETURNING shard
"""
FREE = """
UPDATE shard_owners SET owner = NULL
WHERE owner IS NOT NULL AND (until < clock_timestamp() OR owner = ANY ($1::uuid[]))
"""
TAKE = """
UPDATE shard_owners SET owner = $1, until = clock_timestamp() + make_interval(secs => $2)
WHERE shard IN (SELECT shard FROM shard_owners WHERE owner IS NULL ORDER BY random() LIMIT $3) RETURNING shard
"""
LEAVE = "UPDATE shard_owners SET owner = NULL WHERE owner = $1"


@dataclass(frozen=True, slots=True)
class Leases:
    """What a beat found out. ``shards`` are this process's; ``surplus`` of them it should give back."""

    shards: frozenset[int]
    surplus: frozenset[int]
    processes: int
    good_until: float  #: by this process's monotonic clock
    has_buried: bool  #: others were found dead
    others: list[str]  #: what those that live say of themselves, as JSON
    suspects: frozenset[bytes]  #: sessions of these shards in which a turn may have ended a process
    is_wary: bool  #: a process has died a moment ago


class LeaseHolder:
    """One process that serves."""

    def __init__(self, on_time: OnTime) -> None:
        self._on_time = on_time
        self.id = uuid.uuid4()
        self._place = own_place()

    async def beat(self, db: Connection, given_back: frozenset[int], about: str = "{}") -> Leases:
        """Renew, take and give back, in one transaction; ``about``: what this process says of itself."""
        began = time.monotonic()
        async with db.raw.transaction():
            await db.execute(TAKE_TURNS, BEAT_LOCK)
            asked = time.monotonic()
            seen_at = await db.value(SEEN, self.id, self._place, about)
            self._on_time(seen_at, time.monotonic() - asked)
            others = await db.fetch(OTHERS, self.id, LEASE_SECONDS)
            gone = [id for id, place, _, is_late in others if is_late or is_dead(place)]
            if gone:
                await _bury(db, gone)
            await db.execute(GIVE_BACK, self.id, list(given_back))
            shards = {shard for (shard,) in await db.fetch(RENEW, self.id, LEASE_SECONDS)}
            await db.execute(FREE, gone)
            processes = len(others) - len(gone) + 1
            share = math.ceil(SHARDS / processes)
            if len(shards) < share:
                taken = await db.fetch(TAKE, self.id, LEASE_SECONDS, share - len(shards))
                shards |= {shard for (shard,) in taken}
            suspects, is_wary = await db.row(SUSPECTS, list(shards), WARY_SECONDS) or ([], False)
        surplus = frozenset(sorted(shards)[share:])
        said = [theirs for id, _, theirs, _ in others if id not in gone]
        return Leases(
            frozenset(shards),
            surplus,
            processes,
            began + LEASE_SECONDS,
            bool(gone),
            said,
            frozenset(suspects or ()),
            is_wary,
        )

    async def leave(self, db: Connection) -> None:
        """Give everything back: this process ends."""
        async with db.raw.transaction():
            await db.execute(TAKE_TURNS, BEAT_LOCK)
            await db.execute(LEAVE, self.id)
            await db.execute(GIVE_UP_CLAIMS, [self.id])
            await db.execute(BURY, [self.id])


async def _bury(db: Connection, gone: list[uuid.UUID]) -> None:
    """Take what the dead had taken upon themselves, and note what may have killed them."""
    await db.execute(GIVE_UP_CLAIMS, gone)
    await db.execute(COUNT_DEATHS, gone)
    await db.execute(SUSPECT, gone, MAX_SUSPECTS)
    await db.execute(FORGET_DEATHS, WARY_SECONDS)
    await db.execute(NOTE_DEATHS, gone)
    await db.execute(BURY, gone)


def own_place() -> str:
    """Where this process lives, so that others on the same machine see at once when it is dead."""
    return f"{_machine()}/{os.getpid()}/{_started(os.getpid())}"


def is_dead(place: str) -> bool:
    """Whether a process of this machine has ended; of others, and when in doubt, nobody knows."""
    machine, _, rest = place.partition("/")
    pid, _, started = rest.partition("/")
    return bool(machine and machine == _machine() and started and _started(int(pid)) != started)


def _machine() -> str:
    """The boot and the namespace of process numbers; empty where the system does not tell."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return ""


def _started(pid: int) -> str:
    """When a process began, in ticks since the boot; empty when there is none."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return ""
    return "" if fields[0] in "ZX" else fields[19]
