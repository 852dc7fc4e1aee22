"""Many deliveries sent again: a plan first, then in pieces, oldest first, with progress and an end by hand.

A replay lives in memory: what it has marked is due and stays so, whatever becomes of it. One that ends with
the server is begun again by hand; nothing is marked twice, since what is pending is left alone.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from uuid import uuid4

from flowhook.clock import Clock
from flowhook.runtime.background import BackgroundTasks
from flowhook.storage.protocols import Outbox
from flowhook.storage.records import DeliveryFilter, DeliveryRow

PAGE = 500  #: deliveries read at a time
PIECE = 100  #: deliveries marked in one transaction
KEPT = 50  #: replays that ended and can still be asked for
MOST = 1_000_000  #: deliveries of one replay


@dataclass(slots=True)
class ReplayPlan:
    """What a replay would send."""

    ids: list[str] = field(default_factory=list)  #: newest first
    endpoints: Counter[str] = field(default_factory=Counter)
    oldest: float | None = None
    newest: float | None = None

    def add(self, row: DeliveryRow) -> None:
        """Take in the next older one."""
        self.ids.append(row.delivery_id)
        self.endpoints[row.endpoint] += 1
        self.oldest = row.created_at
        self.newest = self.newest or row.created_at


@dataclass(slots=True)
class Replay:
    """A replay that was begun. ``done`` of ``total`` were looked at, ``replayed`` of them are due again."""

    replay_id: str
    total: int
    began_at: float
    state: Literal["running", "done", "cancelled", "failed"] = "running"
    done: int = 0
    replayed: int = 0
    ended_at: float | None = None
    task: asyncio.Task[None] | None = field(default=None, repr=False)


class Replays:
    """The replays of this process. ``wake`` is called when something is due; ``tasks`` end them."""

    def __init__(
        self, outbox: Outbox, clock: Clock, wake: Callable[[], None], tasks: BackgroundTasks
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._wake = wake
        self._tasks = tasks
        self._replays: dict[str, Replay] = {}

    def all(self) -> list[Replay]:
        """Return the replays that are remembered, newest first."""
        return list(reversed(self._replays.values()))

    async def plan(self, wanted: DeliveryFilter) -> ReplayPlan:
        """Find what a replay of these deliveries would send; pending ones are none of them."""
        plan = ReplayPlan()
        after: str | None = None
        while len(plan.ids) < MOST:
            rows = await self._outbox.find(wanted, PAGE, after)
            for row in rows:
                if row.status != "pending":
                    plan.add(row)
            if len(rows) < PAGE:
                break
            after = rows[-1].delivery_id
        return plan

    async def begin(self, wanted: DeliveryFilter, plan: ReplayPlan | None = None) -> Replay:
        """Plan, unless that was done, and begin to send."""
        plan = plan or await self.plan(wanted)
        replay = Replay(f"replay_{uuid4().hex}", len(plan.ids), self._clock.now())
        for old in list(self._replays)[: max(0, len(self._replays) - KEPT + 1)]:
            if self._replays[old].state != "running":
                del self._replays[old]
        self._replays[replay.replay_id] = replay
        replay.task = self._tasks.spawn(self._run(replay, plan.ids[::-1]))
        return replay

    def get(self, replay_id: str) -> Replay | None:
        """Return a replay of this process, also one that ended."""
        return self._replays.get(replay_id)

    async def cancel(self, replay: Replay) -> None:
        """Mark nothing more; what is due already is sent."""
        if replay.task is not None and replay.state == "running":
            replay.task.cancel()
            await asyncio.wait([replay.task])

    async def _run(self, replay: Replay, ids: list[str]) -> None:
        try:
            for start in range(0, len(ids), PIECE):
                piece = ids[start : start + PIECE]
                replayed = await self._outbox.replay(piece, self._clock.now())
                replay.done += len(piece)
                replay.replayed += len(replayed)
                self._wake()
            replay.state = "done"
        except asyncio.CancelledError:
            replay.state = "cancelled"
            raise
        except Exception:
            replay.state = "failed"
            raise
        finally:
            replay.ended_at = self._clock.now()
