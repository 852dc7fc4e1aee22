"""Finding due deliveries in the store: retries, what an earlier life left behind, what found no room."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from flowhook.clock import Clock
from flowhook.model.delivery import Delivery
from flowhook.model.log_action import LogAction
from flowhook.runtime.delivery.lanes import Heads, Lanes
from flowhook.storage.protocols import Outbox

log = logging.getLogger("flowhook.delivery")

BATCH = 256
#: How long to wait where the store's next due time says nothing, because it is one of ours.
POLL_AGAIN_SECONDS = 1.0
POLL_GAP_SECONDS = 0.01
#: Retries that fall due within this time are remembered, in slots of 50 ms.
NEAR_SECONDS = 60.0
SLOTS_PER_SECOND = 20


class Poller:
    """Polls the outbox when something falls due, and hands what it finds to ``admit``.

    ``capacity`` is how many deliveries may run at once: below it, what found no room is looked for again.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        lanes: Lanes,
        heads: Heads,
        admit: Callable[[Delivery], None],
        capacity: int,
    ) -> None:
        self._outbox = outbox
        self._clock = clock
        self._lanes = lanes
        self._heads = heads
        self._admit = admit
        self._capacity = capacity
        self._planned_at: float | None = None  #: when to poll next
        self._changed = asyncio.Event()
        self._due_slots: dict[int, float] = {}  #: slot → latest due time in it
        self._task: asyncio.Task[None] | None = None
        self.overflowed = False  #: something due found no room
        self.polling = False  #: the store is being read

    def start(self) -> None:
        """Begin, with a poll at once."""
        self._planned_at = self._clock.now()
        self._task = asyncio.create_task(self._run())

    @property
    def started(self) -> bool:
        """Whether it polls."""
        return self._task is not None

    async def stop(self) -> None:
        """End polling."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def poll_by(self, at: float) -> None:
        """Poll at a time (POSIX seconds), if not earlier."""
        if self._planned_at is None or at < self._planned_at:
            self._planned_at = at
            self._changed.set()

    def poll_soon(self) -> None:
        """Poll now."""
        self.poll_by(self._clock.now())

    def poll_later(self) -> None:
        """Poll after a moment: the store refused, or knows nothing new."""
        self.poll_by(self._clock.now() + POLL_AGAIN_SECONDS)

    def poll_for_overflow(self) -> None:
        """Poll now when something due found no room before, and there is room again."""
        if self.overflowed and len(self._heads) < self._capacity:
            self.poll_soon()

    def note_due(self, at: float) -> None:
        """Note that a delivery falls due at a time. Those that are near share a slot's one poll."""
        if at - self._clock.now() <= NEAR_SECONDS:
            slot = int(at * SLOTS_PER_SECOND)
            at = self._due_slots[slot] = max(at, self._due_slots.get(slot, at))
        self.poll_by(at)

    async def _run(self) -> None:
        while True:
            await self._until_planned()
            self.polling = True
            try:
                self._planned_at = None
                self._planned_at = await self._poll()
            except Exception:
                log.exception("due deliveries could not be read", extra={"action": LogAction.POLL_FAILED})
                self.poll_later()
            finally:
                self.polling = False
            if self._planned_at is not None and self._planned_at <= self._clock.now():
                await self._clock.sleep(POLL_GAP_SECONDS)

    async def _until_planned(self) -> None:
        """Wait until the planned time has come; it may be moved meanwhile."""
        while self._planned_at is None or self._planned_at > self._clock.now():
            self._changed.clear()
            alarm = None
            if self._planned_at is not None:
                alarm = asyncio.create_task(self._ring_at(self._planned_at))
            try:
                await self._changed.wait()
            finally:
                if alarm is not None:
                    alarm.cancel()

    async def _ring_at(self, at: float) -> None:
        await self._clock.sleep(at - self._clock.now())
        self._changed.set()

    async def _poll(self) -> float | None:
        """Take in what is due, and return when to poll next."""
        now = self._clock.now()
        self.overflowed = False
        self._due_slots = {slot: at for slot, at in self._due_slots.items() if at > now}
        full = [lane.name for lane in self._lanes if lane.is_full]
        resting = [lane.name for lane in self._lanes if lane.rests(now)]
        limit = len(self._heads) + BATCH  # what is in memory is still due in the store
        released = self._heads.begin_poll()
        try:
            found = await self._outbox.due(now, limit, full + resting)
        finally:
            self._heads.end_poll()
        for delivery in found:
            if delivery.session_key in released:
                self.overflowed = True  # what was read may be settled by now
            elif delivery.session_key not in self._heads:
                self._admit(delivery)
        if full or len(found) >= limit:
            self.overflowed = True
        return await self._next_poll(now, resting)

    async def _next_poll(self, now: float, resting: Sequence[str]) -> float | None:
        stored = await self._outbox.next_due_at(resting)
        if stored is not None and stored <= now:
            # One of ours, or one that found no room: what is behind it cannot be seen.
            starved = self.overflowed and len(self._heads) < self._capacity
            stored = now if starved else now + POLL_AGAIN_SECONDS
        ready = (self._lanes.of(name).ready_at() for name in resting)
        times = [stored, self._planned_at, *self._due_slots.values(), *ready]
        return min((at for at in times if at is not None), default=None)
