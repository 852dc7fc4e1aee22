"""How often a caller may call: a token bucket for each address."""

from __future__ import annotations

from flowhook.clock import Clock
from flowhook.runtime.intake.rate_limits import MAX_BUCKETS, TokenBuckets, too_many
from flowhook.web.core.client_address import client_network

MAX_CALLERS = MAX_BUCKETS


class RateLimiter:
    """A token bucket for each caller: ``count`` requests at once, refilled within ``seconds``."""

    def __init__(self, count: int, seconds: float, clock: Clock) -> None:
        self.buckets = TokenBuckets(count, seconds, clock)

    def spend(self, address: str) -> None:
        """Let one request pass, or raise ApiError 429 ``rate_limited`` with Retry-After."""
        if wait := self.buckets.take(client_network(address)):
            raise too_many(wait, "Too many requests from this address.")
