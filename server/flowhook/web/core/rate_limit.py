"""How often a caller may call: a token bucket for each."""

from __future__ import annotations

from math import ceil

from flowhook.clock import Clock
from flowhook.errors import ApiError
from flowhook.web.core.client_address import client_network

MAX_CALLERS = 10_000  #: remembered by one limiter; beyond that the ones at rest are dropped


class RateLimiter:
    """A token bucket for each caller: ``count`` requests at once, refilled within ``seconds``."""

    def __init__(self, count: int, seconds: float, clock: Clock) -> None:
        self._count = float(count)
        self._rate = count / seconds
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # caller → tokens left, at which time

    def spend(self, address: str) -> None:
        """Let one request pass, or raise ApiError 429 ``rate_limited`` with Retry-After."""
        caller = client_network(address)
        now = self._clock.monotonic()
        tokens, then = self._buckets.get(caller, (self._count, now))
        tokens = min(self._count, tokens + (now - then) * self._rate)
        if tokens < 1.0:
            self._buckets[caller] = (tokens, now)
            wait = max(1, ceil((1.0 - tokens) / self._rate))
            detail = "Too many requests from this address."
            raise ApiError(429, "rate_limited", detail, headers={"Retry-After": str(wait)})
        self._buckets[caller] = (tokens - 1.0, now)
        if len(self._buckets) > MAX_CALLERS:
            self._forget(now)

    def _forget(self, now: float) -> None:
        """Drop the callers whose bucket is full again, and if that is not enough, the oldest."""
        full = self._count / self._rate
        self._buckets = {
            caller: (tokens, then)
            for caller, (tokens, then) in self._buckets.items()
            if tokens + (now - then) * self._rate < self._count and now - then < full
        }
        while len(self._buckets) > MAX_CALLERS:
            del self._buckets[next(iter(self._buckets))]
