"""The places of those who wait at the desk: told to the flows that ask for it, whenever one changes.

Each place is told once in a handover, by the key of the event, so that neither a restart nor somebody who
comes and goes tells it again.
"""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict

from flowhook.clock import Clock
from flowhook.config.handovers import DESK
from flowhook.model.handover import HandoverEvent
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction
from flowhook.runtime.handover.events import REMEMBERED, ROUTE, HandoverIntake
from flowhook.runtime.handover.providers import Providers
from flowhook.storage.protocols import Handovers
from flowhook.storage.records import HandoverClaim, HandoverRow, RequestKey

log = logging.getLogger("flowhook.handover")

LONGEST = 500  #: of a queue that are told
MEASURED = 20  #: conversations that were taken last, by whose waits the wait is estimated
RETRY_SECONDS = 1.0


class QueuePlaces:
    """Looks at the queue whenever a handover changed, and tells flows their users' places."""

    def __init__(
        self, handovers: Handovers, clock: Clock, providers: Providers, intake: HandoverIntake
    ) -> None:
        self._handovers = handovers
        self._clock = clock
        self._providers = providers
        self._intake = intake
        self._wake = asyncio.Event()
        self.resting = False

    def wake(self) -> None:
        """Look again: somebody came, went, or was taken."""
        self.resting = False
        self._wake.set()

    async def run(self) -> None:
        """Tell places until cancelled."""
        while True:
            self._wake.clear()
            try:
                await self._look()
            except asyncio.CancelledError:
                raise
            except Exception:
                log.exception("places of the queue failed", extra={"action": LogAction.HANDOVER_FAILED})
                await self._clock.sleep(RETRY_SECONDS)
                continue
            self.resting = not self._wake.is_set()
            await self._wake.wait()
            self.resting = False

    async def _look(self) -> None:
        queues: dict[str, list[HandoverRow]] = defaultdict(list)
        for row in await self._handovers.find("queue", limit=LONGEST):
            if not row.closing:
                queues[row.provider].append(row)
        for name, rows in queues.items():
            provider = self._providers.get(name)
            wanted = any(row.settings.get("queue_updates") for row in rows)
            if wanted and provider is not None and provider.name == DESK:
                await self._tell(rows, await self._usual_wait(name))

    async def _tell(self, rows: list[HandoverRow], wait: float | None) -> None:
        for position, row in enumerate(rows, 1):
            if not row.settings.get("queue_updates"):
                continue
            data: JsonObject = {"position": position}
            if wait is not None:
                data["estimatedWaitTime"] = round(wait * 1000)
            key = RequestKey(f"{row.id}-place-{position}", ROUTE, b"", lifetime=REMEMBERED)
            await self._intake.enter(
                row.id, HandoverEvent(row.id, "queue", data=data), HandoverClaim(key=key), timed=True
            )

    async def _usual_wait(self, name: str) -> float | None:
        """How long those waited who were taken last, in seconds; None where nobody was."""
        found = [
            *await self._handovers.find("active", limit=MEASURED),
            *await self._handovers.find("closed", limit=MEASURED),
        ]
        waits = [row.taken_at - row.created_at for row in found if row.provider == name and row.taken_at]
        return sum(waits) / len(waits) if waits else None
