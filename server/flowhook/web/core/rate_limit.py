"""Who calls, and whether they call too often."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache
from math import ceil

from flowhook.clock import Clock
from flowhook.errors import ApiError
from flowhook.web.core.http import HttpRequest

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_CALLERS = 10_000  #: remembered by one limiter; beyond that the ones at rest are dropped


class ClientAddresses:
    """Finds the address of a caller, behind the proxies that are trusted."""

    def __init__(self, trusted_proxies: Iterable[str]) -> None:
        self._trusted = [ipaddress.ip_network(proxy, strict=False) for proxy in trusted_proxies]

    def address(self, call: HttpRequest) -> str:
        """The nearest address that is no trusted proxy's; ``""`` for a Unix socket."""
        client = call.scope.get("client")
        address: str = client[0] if client else ""
        if not self._trusted or not self._is_trusted(address):
            return address
        forwarded = b",".join(value for name, value in call.scope["headers"] if name == b"x-forwarded-for")
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            hop = hop.strip()
            if not _is_address(hop):
                return address
            address = hop
            if not self._is_trusted(hop):
                return hop
        return address

    def _is_trusted(self, address: str) -> bool:
        if not _is_address(address):
            return False
        known = ipaddress.ip_address(address)
        if isinstance(known, ipaddress.IPv6Address):
            known = known.ipv4_mapped or known  # as a socket for both families names an IPv4 caller
        return any(known in network for network in self._trusted)


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


@lru_cache(4096)
def client_network(address: str) -> str:
    """Who counts as one caller: an IPv4 address, or the /64 network of an IPv6 address."""
    if ":" not in address or not _is_address(address):
        return address
    known = ipaddress.IPv6Address(address.partition("%")[0])
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((known, 64), strict=False))


@lru_cache(4096)
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
