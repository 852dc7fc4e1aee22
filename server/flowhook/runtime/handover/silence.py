"""When nobody answers a user who was handed over: a reminder, back to the queue, back to the bot.

What has been done about a silence, and since when it lasts, lies in the store; how long each step waits
is the configuration's. So a restart, and a reload, change nothing of it."""

from __future__ import annotations

import asyncio
import logging

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.model.event import EventType
from flowhook.model.handover import HandoverEvent
from flowhook.model.log_action import LogAction
from flowhook.runtime.handover.events import HandoverIntake
from flowhook.storage.protocols import Handovers
from flowhook.storage.records import HandoverRow

log = logging.getLogger("flowhook.handover")

BATCH = 500
LONGEST_SLEEP = 30.0
RETRY_SECONDS = 1.0
REMIND, REQUEUE, RETURN = 1, 2, 3


class SilenceWatch:
    """Sees to it that no user waits without end."""

    def __init__(self, handovers: Handovers, clock: Clock, config: Config, intake: HandoverIntake) -> None:
        self._handovers = handovers
        self._clock = clock
        self._config = config
        self._intake = intake
        self._wake = asyncio.Event()
        self.resting = False

    def wake(self) -> None:
        """Look again: somebody waits, or was answered."""
        if any(self._steps(name) for name in self._config.handovers):
            self.resting = False
            self._wake.set()

    async def run(self) -> None:
        """Do what falls due, until cancelled."""
        while True:
            self._wake.clear()
            try:
                pause = await self._look()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("watch over silence failed", extra={"action": LogAction.HANDOVER_FAILED})
                pause = RETRY_SECONDS
            sleeping = asyncio.ensure_future(self._clock.sleep(pause))
            woken = asyncio.ensure_future(self._wake.wait())
            self.resting = pause > 0
            try:
                await asyncio.wait((sleeping, woken), return_when=asyncio.FIRST_COMPLETED)
            finally:
                self.resting = False
                sleeping.cancel()
                woken.cancel()

    def _steps(self, provider: str) -> list[tuple[int, float]]:
        """The steps that an entry of ``handovers`` asks for: number and seconds, soonest first."""
        entry = self._config.handovers.get(provider.partition("@")[0])
        if entry is None:
            return []
        asked = (REMIND, entry.remind_after), (REQUEUE, entry.requeue_after), (RETURN, entry.return_after)
        return [(step, seconds) for step, seconds in asked if seconds is not None]

    async def next_due_at(self) -> float | None:
        """Return when the next step is due; None when nobody waits."""
        found = [
            row.waiting_since + seconds
            for row in await self._handovers.silent(BATCH)
            for step, seconds in self._steps(row.provider)
            if row.waiting_since is not None and step > row.step
        ]
        return min(found, default=None)

    async def _look(self) -> float:
        """Do what is due. Returns for how long nothing else is."""
        nearest = self._clock.now() + LONGEST_SLEEP
        for row in await self._handovers.silent(BATCH):
            assert row.waiting_since is not None
            for step, seconds in self._steps(row.provider):
                if step <= row.step:
                    continue
                if row.waiting_since + seconds > self._clock.now():
                    nearest = min(nearest, row.waiting_since + seconds)
                    break
                if not await self._do(row, step):
                    break
                row.step = step
                row.owner = None if step == REQUEUE else row.owner
        return max(0.0, nearest - self._clock.now())

    async def _do(self, row: HandoverRow, step: int) -> bool:
        """Take one step. False when something has happened meanwhile."""
        event: HandoverEvent | None = None
        if step == REQUEUE and row.owner is not None:
            event = HandoverEvent(row.id, "queue")
        elif step == RETURN:
            event = HandoverEvent(row.id, "error", text="nobody answered in time", reason="no_agent")
        inbound = self._intake.inbound(row.id, event, timed=True) if event is not None else None
        done = await self._handovers.escalate(row, step, requeue=step == REQUEUE, event=inbound)
        if done is False:
            return False
        self._intake.take_up(done)
        if step == REMIND:
            waited = round(self._clock.now() - (row.waiting_since or 0.0))
            self._intake.tell(
                EventType.HANDOVER_REMINDER, row, {"agent": row.owner or "", "waitedSeconds": waited}
            )
        return True
