"""Which addresses outgoing calls may reach."""

from __future__ import annotations

import socket
from typing import Any, cast

import pytest

from flowhook.net.address_policy import AddressRefused, AddressRules, parse_address
from flowhook.net.ssrf_guard import SsrfGuard

REFUSED = [
    "0.0.0.0",
    "0.1.2.3",
    "10.0.0.1",
    "10.255.255.255",
    "100.64.0.1",
    "100.127.255.255",
    "127.0.0.1",
    "127.1.2.3",
    "169.254.0.1",
    "169.254.169.254",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.1",
    "192.0.0.170",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.0.1",
    "192.168.255.255",
    "198.18.0.1",
    "198.19.255.255",
    "198.51.100.7",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:0:127.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:1::1",
    "2001:20::1",
    "2001:db8::1",
    "2002:7f00:1::1",
    "3fff::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "[::1]",
    "127.1",
    "0x7f000001",
    "2130706433",
    "0177.0.0.1",
    "127.0.0.1.",
    "localhost",
    "",
]
ALLOWED = [
    "1.1.1.1",
    "8.8.8.8",
    "9.255.255.255",
    "11.0.0.1",
    "100.63.255.255",
    "100.128.0.1",
    "172.15.0.1",
    "172.32.0.1",
    "192.0.1.1",
    "198.17.255.255",
    "198.20.0.1",
    "223.255.255.255",
    "::ffff:8.8.8.8",
    "2001:4860:4860::8888",
    "2606:4700::1111",
    "2a00:1450:4001::1",
]


@pytest.mark.parametrize("address", REFUSED)
def test_refused(address: str) -> None:
    """What is not one machine of the public internet is refused, whatever its spelling."""
    with pytest.raises(AddressRefused):
        AddressRules().check(address, 80)


@pytest.mark.parametrize("address", ALLOWED)
def test_allowed(address: str) -> None:
    """Public addresses pass, those beside the denied networks too."""
    AddressRules().check(address, 443)


@pytest.mark.parametrize(
    ("entry", "address", "port", "passes"),
    [
        ("127.0.0.1:9000", "127.0.0.1", 9000, True),
        ("127.0.0.1:9000", "::ffff:127.0.0.1", 9000, True),
        ("127.0.0.1:9000", "127.0.0.1", 9001, False),
        ("127.0.0.1:9000", "127.0.0.2", 9000, False),
        ("127.0.0.1", "127.0.0.1", 5, True),
        ("10.2.0.0/16", "10.2.255.1", 80, True),
        ("10.2.0.0/16", "10.3.0.1", 80, False),
        ("::1", "::1", 80, True),
        ("[::1]:9000", "::1", 9000, True),
        ("[::1]:9000", "::1", 80, False),
        ("fd00::/8", "fd12::1", 80, True),
        (" 10.2.0.0/16 ", "10.2.0.1", 80, True),
        ("crm.internal:8080", "10.0.0.1", 8080, False),
    ],
)
def test_the_allow_list(entry: str, address: str, port: int, passes: bool) -> None:
    """An entry opens exactly what it names."""
    rules = AddressRules([entry])
    if passes:
        rules.check(address, port)
    else:
        with pytest.raises(AddressRefused, match=r"outgoing\.allow"):
            rules.check(address, port)


@pytest.mark.parametrize(
    ("entry", "host", "port", "trusted"),
    [
        ("crm.internal:8080", "crm.internal", 8080, True),
        ("crm.internal:8080", "CRM.internal.", 8080, True),
        ("crm.internal:8080", "crm.internal", 80, False),
        ("crm.internal", "crm.internal", 80, True),
        ("crm.internal", "evil.crm.internal", 80, False),
        ("127.0.0.1", "127.0.0.1", 80, False),
    ],
)
def test_names(entry: str, host: str, port: int, trusted: bool) -> None:
    """A name is trusted as written, with or without a port, and not what lies below it."""
    assert AddressRules([entry]).allows_name(host, port) is trusted


@pytest.mark.parametrize(
    "entry", ["", "http://x", "host:", "host:http", "host:70000", "host:0", "10.0.0.1/8", "a b"]
)
def test_senseless_entries(entry: str) -> None:
    """A typing error in the allow list is an error, never a wider rule."""
    with pytest.raises(ValueError, match=r"."):
        AddressRules([entry])


def test_allow_private_addresses() -> None:
    """The blunt switch opens every address, but not what is none."""
    rules = AddressRules(allow_private=True)
    rules.check("127.0.0.1", 1)
    rules.check("fe80::1%eth0", 1)
    with pytest.raises(AddressRefused):
        rules.check("localhost", 1)


def test_zone_ids_are_dropped() -> None:
    """An address is the same with the name of an interface behind it."""
    assert str(parse_address("fe80::1%eth0")) == "fe80::1"


async def test_a_trusted_name_vouches_for_its_address_for_a_moment() -> None:
    """For as long as connecting takes; who names the address itself is not trusted for it."""
    now = 1000.0

    class Resolver:
        async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[Any]:
            return [{"host": "10.1.2.3"}]

        async def close(self) -> None:
            """Nothing to close."""

    guard = SsrfGuard(AddressRules(["crm.internal"]), cast(Any, Resolver()), lambda: now)
    dialled = (socket.AF_INET, socket.SOCK_STREAM, 0, "", ("10.1.2.3", 80))
    with pytest.raises(AddressRefused):
        guard.open_socket(dialled)
    await guard.resolve("crm.internal", 80)
    guard.open_socket(dialled).close()
    now += 60
    with pytest.raises(AddressRefused):
        guard.open_socket(dialled)
