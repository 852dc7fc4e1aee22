"""Where a request comes from: the caller's address, behind trusted proxies."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from functools import lru_cache

from flowhook.web.core.http import Scope

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ClientAddresses:
    """Finds the address of a caller, behind the proxies that are trusted."""

    def __init__(self, trusted_proxies: Iterable[str]) -> None:
        self._trusted = [ipaddress.ip_network(proxy, strict=False) for proxy in trusted_proxies]

    def of(self, scope: Scope) -> str:
        """The nearest address that is no trusted proxy's; ``""`` for a Unix socket."""
        client = scope.get("client")
        address: str = client[0] if client else ""
        if not self._trusted or not self._is_trusted(address):
            return address
        forwarded = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for")
        for hop in reversed(forwarded.decode("latin-1").split(",")):
            hop = _without_port(hop.strip())
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


@lru_cache(4096)
def is_within(address: str, networks: tuple[str, ...]) -> bool:
    """Return whether an address is one of ``networks``, written as addresses or networks; no caller of a Unix
    socket is."""
    if not _is_address(address):
        return False
    known = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(known, ipaddress.IPv6Address):
        known = known.ipv4_mapped or known
    return any(known in ipaddress.ip_network(network, strict=False) for network in networks)


@lru_cache(4096)
def client_network(address: str) -> str:
    """Who counts as one caller: an IPv4 address, or the /64 network of an IPv6 address."""
    if ":" not in address or not _is_address(address):
        return address
    known = ipaddress.IPv6Address(address.partition("%")[0])
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.IPv6Network((known, 64), strict=False))


def _without_port(hop: str) -> str:
    """``192.0.2.1:5678`` and ``[2001:db8::1]:5678`` as some proxies write them, without the port."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


@lru_cache(4096)
def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
