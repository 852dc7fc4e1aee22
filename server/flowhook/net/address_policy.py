"""Which addresses outgoing calls may reach.

A name may lead anywhere, so the rules are asked about the address that is dialled, after the name
was looked up and before a socket exists. Whatever is not plainly public is refused, unless the
configuration allows it by address, network or name.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# ipaddress.is_global calls several of these public, and differs between versions of Python.
DENIED_IPV4 = tuple(
    ipaddress.IPv4Network(text)
    for text in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
PUBLIC_IPV6 = ipaddress.IPv6Network("2000::/3")
DENIED_IPV6 = tuple(
    ipaddress.IPv6Network(text) for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)


class AddressRefused(OSError):
    """The rules do not let a call reach this address."""


class AddressRules:
    """The deny list, and what the configuration takes off it.

    ``allow`` holds addresses (``10.1.2.3``), networks (``10.2.0.0/16``) and host names, each also
    with a port (``127.0.0.1:9000``, ``[::1]:9000``, ``10.2.0.0/16:80``, ``crm.internal:8080``).
    Without a port all ports are meant. Raises :class:`ValueError` for anything else.
    """

    def __init__(self, allow: Iterable[str] = (), allow_private: bool = False) -> None:
        self.allow_private = allow_private
        self._networks: list[tuple[Network, int | None]] = []
        self._names: set[tuple[str, int | None]] = set()
        for entry in allow:
            self._add(entry.strip())

    def __eq__(self, other: object) -> bool:
        """Whether both say the same."""
        return isinstance(other, AddressRules) and vars(self) == vars(other)

    def adopt(self, other: AddressRules) -> None:
        """Take over what other rules say. Whoever holds these obeys them from now on."""
        self.allow_private = other.allow_private
        self._networks, self._names = other._networks, other._names

    def _add(self, entry: str) -> None:
        network = _network(entry)
        if network is not None:
            self._networks.append((network, None))
            return
        host, port = _split_port(entry)
        network = _network(host)
        if network is not None:
            self._networks.append((network, port))
        else:
            self._names.add((_name(host), port))

    def check(self, address: str, port: int | None = None) -> None:
        """Raise :class:`AddressRefused` unless a connection to this address is allowed.

        What is not an address at all is refused as well: nobody can say where it leads.
        """
        parsed = parse_address(address)
        if parsed is None:
            raise AddressRefused(f"{address} is not an address")
        if self.allow_private or is_public(parsed):
            return
        for network, allowed_port in self._networks:
            if parsed in network and allowed_port in (None, port):
                return
        raise AddressRefused(f"{parsed} is not a public address; outgoing.allow in config.yaml can permit it")

    def allows_name(self, host: str, port: int) -> bool:
        """Whether the configuration trusts this name, wherever it leads."""
        name = _name(host)
        return (name, None) in self._names or (name, port) in self._names


def parse_address(text: str) -> Address | None:
    """An address without zone id, an IPv4 address inside IPv6 taken out; None when it is none."""
    bare = text.strip("[]").partition("%")[0]
    try:
        address = ipaddress.ip_address(bare)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def is_public(address: Address) -> bool:
    """Whether the address belongs to the public internet, and to one machine of it."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in network for network in DENIED_IPV4)
    return address in PUBLIC_IPV6 and not any(address in network for network in DENIED_IPV6)


def _network(text: str) -> Network | None:
    try:
        return ipaddress.ip_network(text.strip("[]"))
    except ValueError:
        return None


def _split_port(entry: str) -> tuple[str, int | None]:
    host, colon, port = entry.rpartition(":")
    if not colon:
        host, port = entry, ""
    elif not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise ValueError(f"{entry!r}: after the colon a port from 1 to 65535 is expected")
    if not host or (_network(host) is None and set(host) & set(" /@?#")):
        raise ValueError(f"{entry!r} is neither an address, a network, a host nor host:port")
    return host, int(port) if port else None


def _name(host: str) -> str:
    return host.rstrip(".").lower()
