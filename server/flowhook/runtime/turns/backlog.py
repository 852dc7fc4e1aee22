"""How many inbounds are accepted and not finished."""

from __future__ import annotations

from collections import Counter


class Backlog:
    """Counts the inbounds in memory that wait or run, for each endpoint and in all."""

    def __init__(self) -> None:
        self.total = 0
        self._by_endpoint: Counter[str] = Counter()

    def add(self, endpoint: str, count: int = 1) -> None:
        """Count inbounds that were accepted; a negative number takes them back."""
        self.total += count
        self._by_endpoint[endpoint] += count

    def above(self, limit: int) -> list[str]:
        """Return the endpoints with at least so many inbounds."""
        return [endpoint for endpoint, count in self._by_endpoint.items() if count >= limit]

    def of(self, endpoint: str) -> int:
        """Return the inbounds of one endpoint."""
        return self._by_endpoint[endpoint]
