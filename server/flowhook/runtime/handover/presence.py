"""Who is at the desk. In memory only: whoever is there says so again and again."""

from __future__ import annotations

from flowhook.clock import Clock

AWAY_AFTER = 120.0  #: seconds without a word from an agent's page


class Presence:
    """Knows which agents take conversations now."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._seen: dict[str, float] = {}

    def set(self, agent: str, *, available: bool) -> None:
        """Note that an agent is there, or has gone."""
        if available:
            self._seen[agent] = self._clock.now()
        else:
            self._seen.pop(agent, None)

    def available(self) -> list[str]:
        """Return the names of those who are there."""
        since = self._clock.now() - AWAY_AFTER
        return sorted(agent for agent, at in self._seen.items() if at > since)
