"""How fast an endpoint's attempts may begin: ``webhook.rate``."""

from __future__ import annotations

from collections.abc import Callable

from flowhook.config import RateLimit


class Pace:
    """The generic cell rate algorithm (GCRA), a token bucket that keeps one number.

    The attempts of one second may begin at once, and no more; over a longer time the rate holds. Of N
    ``processes`` each has its share of the rate: sessions are spread evenly.
    """

    def __init__(self, limit: RateLimit, processes: Callable[[], int] = lambda: 1) -> None:
        self.limit = limit
        self._processes = processes
        self._arrival = 0.0  #: when the next would begin if all came evenly

    def wait(self, now: float) -> float:
        """Return the seconds until another attempt may begin."""
        burst = max(0.0, 1.0 - self._interval) + 1e-6  # times are no exact numbers
        return max(0.0, self._arrival - burst - now)

    def take(self, now: float) -> None:
        """Count an attempt that begins."""
        self._arrival = max(self._arrival, now) + self._interval

    @property
    def _interval(self) -> float:
        return self.limit.seconds / self.limit.count * self._processes()
