"""How many inbounds are accepted and not finished."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from flowhook.clock import Clock
from flowhook.model.event import Event, EventType
from flowhook.runtime.observe.event_bus import EventBus

ENDPOINT_BACKLOG = 20_000  #: inbounds of an endpoint that may wait or run; more are refused
HIGH = ENDPOINT_BACKLOG // 2  #: is told, once until there are half as many


class Backlog:
    """Counts the inbounds in memory that wait or run, for each endpoint and in all. ``on_high`` is told the
    name of an endpoint and how many of its inbounds wait when they are :data:`HIGH`."""

    def __init__(self, on_high: Callable[[str, int], None] | None = None) -> None:
        self.total = 0
        self._by_endpoint: Counter[str] = Counter()
        self._on_high = on_high
        self._high: set[str] = set()  #: endpoints of which it was told

    def add(self, endpoint: str, count: int = 1) -> None:
        """Count inbounds that were accepted; a negative number takes them back."""
        self.total += count
        self._by_endpoint[endpoint] = number = self._by_endpoint[endpoint] + count
        if number >= HIGH and endpoint not in self._high:
            self._high.add(endpoint)
            if self._on_high is not None:
                self._on_high(endpoint, number)
        elif self._high and number <= HIGH // 2:
            self._high.discard(endpoint)

    def above(self, limit: int) -> list[str]:
        """Return the endpoints with at least so many inbounds."""
        return [endpoint for endpoint, count in self._by_endpoint.items() if count >= limit]

    def of(self, endpoint: str) -> int:
        """Return the inbounds of one endpoint."""
        return self._by_endpoint[endpoint]


def backlog_listener(events: EventBus, clock: Clock) -> Callable[[str, int], None]:
    """Return what the backlog tells that it is high: it makes an event of it."""

    def tell(endpoint: str, waiting: int) -> None:
        data = {"waiting": waiting, "refusedFrom": ENDPOINT_BACKLOG}
        events.emit(Event(EventType.BACKLOG_HIGH, clock.now(), endpoint, data=data))

    return tell
