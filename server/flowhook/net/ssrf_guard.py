"""Where names become addresses and addresses become sockets, both under the rules."""

from __future__ import annotations

import asyncio
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol, TypedDict

from flowhook.net.address_policy import AddressRules

LOOKUPS_AT_ONCE = 16
VOUCHED_SECONDS = 10.0  #: from the lookup of a trusted name to the connection


class ResolveResult(TypedDict):
    """One address of a name, in the shape that aiohttp's resolvers give."""

    hostname: str
    host: str
    port: int
    family: int
    proto: int
    flags: int


class Resolver(Protocol):
    """Looks names up. aiohttp's resolvers fit."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return all addresses of a name; raises OSError when there is none."""
        ...

    async def close(self) -> None:
        """Release what the look-ups need."""
        ...


class SystemResolver:
    """The system's resolver in threads of its own, so that a stalled lookup delays nobody else."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(LOOKUPS_AT_ONCE, "flowhook-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """All addresses of a name; raises socket.gaierror."""
        found = await asyncio.get_running_loop().run_in_executor(
            self._threads, _getaddrinfo, host, port, family
        )
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=protocol,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, protocol, _, address in found
        ]

    async def close(self) -> None:
        """Let the threads end; a look-up that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _getaddrinfo(host: str, port: int, family: socket.AddressFamily) -> list[Any]:
    return socket.getaddrinfo(host, port, family, socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)


class SsrfGuard:
    """The resolver and the socket factory of a connector.

    A name is looked up once for each connection and all its addresses must pass. The socket factory
    asks the rules again about the address that is dialled, which also covers URLs without a name.
    """

    def __init__(
        self, rules: AddressRules, resolver: Resolver, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._rules = rules
        self._resolver = resolver
        self._now = now
        #: where names trusted by the configuration lead → until when (monotonic seconds)
        self._vouched: dict[tuple[str, int], float] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Look a name up; raises AddressRefused when one of its addresses does not pass."""
        found = await self._resolver.resolve(host, port, family)
        if self._rules.allows_name(host, port):
            self._vouch((result["host"], port) for result in found)
        else:
            for result in found:
                self._rules.check(result["host"], port)
        return found

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """A socket for an address as getaddrinfo gives it; raises AddressRefused."""
        family, kind, protocol, _, address = info
        if self._vouched.get((address[0], address[1]), 0.0) < self._now():
            self._rules.check(address[0], address[1])
        return socket.socket(family, kind, protocol)

    def _vouch(self, addresses: Iterable[tuple[str, int]]) -> None:
        """Let the addresses of a trusted name be dialled, for as long as connecting takes: a name may lead
        elsewhere later, and who names the address itself is not trusted for it."""
        now = self._now()
        self._vouched = {address: until for address, until in self._vouched.items() if until >= now}
        self._vouched |= dict.fromkeys(addresses, now + VOUCHED_SECONDS)

    async def close(self) -> None:
        """Close the resolver behind."""
        await self._resolver.close()
