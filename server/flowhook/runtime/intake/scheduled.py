"""How many inbounds of an endpoint wait for their ``notBefore``."""

from __future__ import annotations

from flowhook.clock import Clock
from flowhook.storage.protocols import Timers

SCHEDULED_LIMIT = 10_000  #: of one endpoint
RECOUNT_SECONDS = 1.0  #: between two counts by the store


class ScheduledInbounds:
    """Counts what was accepted since the store last counted. What fell due or was cancelled since is counted
    too, so before a refusal the store counts anew, at most once a second."""

    def __init__(self, timers: Timers, clock: Clock) -> None:
        self._timers = timers
        self._clock = clock
        self._counts: dict[str, int] = {}
        self._counted_at = -RECOUNT_SECONDS

    async def has_room(self, endpoint: str, count: int) -> bool:
        """Return whether so many more may wait."""
        if self._counts.get(endpoint, SCHEDULED_LIMIT) + count <= SCHEDULED_LIMIT:
            return True
        now = self._clock.monotonic()
        if now - self._counted_at >= RECOUNT_SECONDS:
            self._counted_at = now
            self._counts = {endpoint: 0, **await self._timers.scheduled()}
        return self._counts.get(endpoint, 0) + count <= SCHEDULED_LIMIT

    def add(self, endpoint: str) -> None:
        """Count one that was accepted."""
        self._counts[endpoint] = self._counts.get(endpoint, 0) + 1
