"""How often who may call: token buckets for callers, users and sessions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil

from flowhook.clock import Clock
from flowhook.config import RateLimit, RateLimitsConfig
from flowhook.errors import ApiError
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound, Kind

MAX_BUCKETS = 10_000  #: kept by one limiter; beyond that the ones at rest are dropped


class TokenBuckets:
    """A token bucket for each key: ``count`` at once, refilled within ``seconds``."""

    def __init__(self, count: int, seconds: float, clock: Clock) -> None:
        self._count = float(count)
        self._rate = count / seconds
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # key → tokens left, at which time
        self.is_shared = False  #: other processes take from the same, see ``shared_limits.py``
        self._taken: dict[str, int] = {}  #: key → tokens that nobody else knows of

    def __len__(self) -> int:
        return len(self._buckets)

    def take(self, key: str) -> int:
        """Take a token. Returns 0, or the seconds after which there is one again."""
        now = self._clock.monotonic()
        tokens, then = self._buckets.get(key, (self._count, now))
        tokens = min(self._count, tokens + (now - then) * self._rate)
        if tokens < 1.0:
            self._buckets[key] = (tokens, now)
            return max(1, ceil((1.0 - tokens) / self._rate))
        self._buckets[key] = (tokens - 1.0, now)
        if self.is_shared:
            self._taken[key] = self._taken.get(key, 0) + 1
        if len(self._buckets) > MAX_BUCKETS:
            self._forget(now)
        return 0

    @property
    def rate(self) -> float:
        """Tokens that come back in a second."""
        return self._rate

    def taken(self) -> dict[str, int]:
        """Return what was taken since the last time that this was asked, by key."""
        taken, self._taken = self._taken, {}
        return taken

    def correct(self, key: str, used: float) -> None:
        """Learn how many tokens are used up at all processes together. What is taken here and not told yet
        counts, too. Never below zero: who was let through too often need not pay for it."""
        left = max(0.0, self._count - used) - self._taken.get(key, 0)
        self._buckets[key] = (max(0.0, left), self._clock.monotonic())

    def _forget(self, now: float) -> None:
        """Drop the buckets that are full again, and if that is not enough, the oldest."""
        full = self._count / self._rate
        self._buckets = {
            key: (tokens, then)
            for key, (tokens, then) in self._buckets.items()
            if tokens + (now - then) * self._rate < self._count and now - then < full
        }
        while len(self._buckets) > MAX_BUCKETS:
            del self._buckets[next(iter(self._buckets))]


def too_many(seconds: int, detail: str) -> ApiError:
    """Return the error for who calls too often."""
    return ApiError(429, "rate_limited", detail, headers={"Retry-After": str(seconds)})


Share = Callable[[str, TokenBuckets | None], None]


class UserLimits:
    """The limits of endpoints for users and for sessions. What users say counts, not what backends send."""

    def __init__(self, clock: Clock, share: Share = lambda name, buckets: None) -> None:
        """``share`` lets buckets be those of all processes, by a name."""
        self._clock = clock
        self._share = share
        self._of_endpoint: dict[str, _EndpointLimits] = {}

    def spend(self, endpoint: Endpoint, inbounds: Sequence[Inbound]) -> None:
        """Let inbounds of one request pass. Raises ApiError 429 ``rate_limited``."""
        config: RateLimitsConfig | None = endpoint.config.rate_limit
        if config is None or (config.user is None and config.session is None):
            return
        limits = self._of_endpoint.get(endpoint.name)
        if limits is None or limits.config != config:  # a reload has changed them
            limits = _EndpointLimits(config, self._clock)
            self._of_endpoint[endpoint.name] = limits
            self._share(f"user {endpoint.name}", limits.users)
            self._share(f"session {endpoint.name}", limits.sessions)
        for inbound in inbounds:
            if inbound.kind is Kind.MESSAGE:
                limits.spend(inbound)


class _EndpointLimits:
    def __init__(self, config: RateLimitsConfig, clock: Clock) -> None:
        self.config = config
        self.users = _buckets(config.user, clock)
        self.sessions = _buckets(config.session, clock)

    def spend(self, inbound: Inbound) -> None:
        ref = inbound.ref
        if self.users is not None and (wait := self.users.take(ref.user_id)):
            raise too_many(wait, "Too many messages of this user.")
        if self.sessions is not None and (wait := self.sessions.take(ref.key.hex())):
            raise too_many(wait, "Too many messages in this session.")


def _buckets(limit: RateLimit | None, clock: Clock) -> TokenBuckets | None:
    return TokenBuckets(limit.count, limit.seconds, clock) if limit is not None else None
