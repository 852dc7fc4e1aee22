"""After any mixture of work and interruption, the counters agree with the rows."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from pathlib import Path

import pytest

from flowhook.harness.clocks import FakeClock
from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage import inspect_store, open_store
from flowhook.storage.records import Accepted, Stale, TimerChange

from .conftest import Desk

#: What must never be found in the file: a name for it, and a query that finds it.
WRONG = {
    "backlog is not what waits": """
        SELECT * FROM sessions AS s WHERE backlog <> (SELECT count(*) FROM inbox AS i
          WHERE i.shard = s.shard AND i.session = s.session AND i.status = 'queued')""",
    "a number of the inbox is missing": """
        SELECT * FROM sessions AS s WHERE created_at IS NOT NULL AND next_in - 1 <>
          (SELECT max(seq) FROM inbox AS i WHERE i.shard = s.shard AND i.session = s.session)""",
    "a number of the outbox is missing": """
        SELECT session, count(*) AS n, max(seq) - min(seq) + 1 AS span FROM outbox
        GROUP BY session HAVING n <> span""",
    "a session waits without a head": """
        SELECT session, sum(status = 'pending') AS waiting, sum(head) AS heads FROM outbox
        GROUP BY session HAVING (waiting > 0) <> heads""",
    "a head is not the oldest": """
        SELECT * FROM outbox AS h WHERE head = 1 AND EXISTS (SELECT 1 FROM outbox AS o
          WHERE o.session = h.session AND o.seq < h.seq AND o.status = 'pending')""",
    "what is resolved is a head": "SELECT * FROM outbox WHERE head = 1 AND status <> 'pending'",
    "sessions are miscounted": """
        SELECT value FROM counters WHERE name = 'sessions'
          AND value <> (SELECT count(*) FROM sessions WHERE created_at IS NOT NULL)""",
}


class Life:
    """One client of the store that does a little of everything and may be cut at any moment."""

    def __init__(self, desk: Desk, chance: random.Random) -> None:
        self.desk = desk
        self.chance = chance

    async def live(self) -> None:
        for _ in range(8):
            session = SessionRef("web", f"u{self.chance.randrange(5)}", "s")
            kind = self.chance.choice(list(Kind)[:3])
            arrivals = [self.desk.arrival(session, kind=kind) for _ in range(self.chance.choice([1, 1, 2]))]
            await self.desk.store.inbox.accept(arrivals)
            await self.work(session)
            await self.maybe_more(session)

    async def work(self, session: SessionRef) -> None:
        """A turn for the first that waits, the way a runner does it."""
        store = self.desk.store
        state, revision, waiting = await store.inbox.backlog(session)
        if not waiting:
            return
        accepted = Accepted(waiting[0], state, revision, len(waiting))
        texts = [str(n) for n in range(self.chance.randrange(4))]
        timer = self.chance.choice([None, TimerChange(), TimerChange("n", self.desk.clock.now() + 5)])
        try:
            committed = await self.desk.turn(accepted, *texts, timer=timer, ends=self.chance.random() < 0.8)
        except Stale:
            return
        if committed.ready:
            await self.send(committed.deliveries[0])

    async def send(self, delivery: Delivery | None) -> None:
        while delivery is not None:
            status = self.chance.choice(["delivered", "delivered", "dead", "pending"])
            delivery = await self.desk.deliver(delivery, status, next_at=self.desk.clock.now())

    async def maybe_more(self, session: SessionRef) -> None:
        store, now = self.desk.store, self.desk.clock.now()
        match self.chance.randrange(12):
            case 0:
                await store.sessions.forget(ref=session)
            case 1:
                for waiting in (await store.inbox.backlog(session))[2]:
                    await store.receipts.cancel(waiting.trace_id, now)
            case 2:
                await store.timers.due(now + 10, 100)
            case 3:
                await store.retention.sweep(now + 1000, {"sessions": 1, "transcripts": 1e9})
            case 4:
                for delivery in await store.outbox.due(now, 10):
                    await self.send(delivery)


@pytest.mark.parametrize("seed", range(5))
async def test_counters_agree_with_rows(url: str, tmp_path: Path, seed: int) -> None:
    """Many at once on the same sessions, a third of them cut somewhere on the way."""
    chance = random.Random(seed)
    clock = FakeClock()
    store = open_store(url, clock)
    await store.open()
    lives = [asyncio.ensure_future(Life(Desk(store, clock), chance).live()) for _ in range(30)]
    for life in lives[::3]:
        await asyncio.sleep(0)
        asyncio.get_running_loop().call_later(chance.random() / 50, life.cancel)
    answers = await asyncio.gather(*lives, return_exceptions=True)
    assert {type(answer) for answer in answers} <= {type(None), asyncio.CancelledError}
    counted = await store.counts()
    await store.close()
    with sqlite3.connect(tmp_path / "flowhook.db") as db:
        wrong = {name: rows for name, query in WRONG.items() if (rows := db.execute(query).fetchall())}
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        query = "SELECT count(*) FROM outbox WHERE status = 'pending'"
        assert counted["pending"] == db.execute(query).fetchone()[0]
    db.close()
    assert wrong == {}
    assert (await inspect_store(url)).findings == []
