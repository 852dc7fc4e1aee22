"""Who calls, and how often: behind proxies, with IPv6, over time."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from flowhook.config import RateLimit, RateLimitsConfig
from flowhook.errors import ApiError
from flowhook.harness.clocks import FakeClock
from flowhook.web.core.client_address import client_network
from flowhook.web.core.rate_limit import MAX_CALLERS, RateLimiter
from flowhook.web.messages.asgi import MessageApp

from .conftest import MESSAGE, client_of, make_services, nothing_here


def refused(limiter: RateLimiter, address: str) -> str | None:
    """The Retry-After, or None when the request may pass."""
    try:
        limiter.spend(address)
    except ApiError as error:
        return error.headers["Retry-After"]
    return None


async def test_a_bucket_fills_again_evenly() -> None:
    """Ten in ten seconds: all at once, then one each second."""
    clock = FakeClock()
    limiter = RateLimiter(10, 10.0, clock)
    assert [refused(limiter, "a") for _ in range(11)] == [None] * 10 + ["1"]
    await clock.advance(1)
    assert [refused(limiter, "a") for _ in range(2)] == [None, "1"]
    await clock.advance(100)
    assert [refused(limiter, "a") for _ in range(11)] == [None] * 10 + ["1"]


def test_callers_do_not_share_a_bucket() -> None:
    """Nor do they cost memory without end."""
    limiter = RateLimiter(1, 60.0, FakeClock())
    assert refused(limiter, "10.0.0.1") is None
    assert refused(limiter, "10.0.0.2") is None
    assert refused(limiter, "10.0.0.1") == "60"
    for n in range(MAX_CALLERS + 10):
        refused(limiter, f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}")
    assert len(limiter.buckets) <= MAX_CALLERS


@pytest.mark.parametrize(("address", "within"), [
    ("192.0.2.1", True), ("192.0.2.9", False), ("10.9.9.9", True), ("::ffff:192.0.2.1", True),
    ("2001:db8::5", True), ("2001:db9::5", False), ("fe80::1%eth0", False), ("", False), ("unix:", False),
])  # fmt: skip
async def test_an_endpoint_may_be_for_some_addresses_only(
    services: Any, intake: Any, address: str, within: bool
) -> None:
    """Addresses and networks; the others are refused before anything is read or counted."""
    pizza = services.endpoints.by_name("pizza")
    pizza.config.allow_from = ["192.0.2.1", "10.0.0.0/8", "2001:db8::/32"]
    intake.receipts["t" * 32] = {"endpoint": "pizza", "status": "done", "traceId": "t" * 32}
    async with client_of(MessageApp(services, nothing_here), address) as client:
        for method, path in (
            ("POST", "/demo-pizza"), ("POST", "/test/demo-pizza"), ("POST", "/inject/demo-pizza"),
            ("POST", "/notify/demo-pizza"), ("GET", f"/receipts/{'t' * 32}"),
        ):  # fmt: skip
            response = await client.request(method, path, json=MESSAGE)
            assert (response.status_code < 300) is within, path
            assert within or response.json()["code"] == "forbidden"
    assert len(intake.calls) == (4 if within else 0)


async def test_who_may_call_is_asked_behind_the_proxy() -> None:
    """The address of the caller counts, not that of the proxy that is trusted."""
    services = make_services(trusted_proxies=["203.0.113.7"])
    services.endpoints.by_name("pizza").config.allow_from = ["192.0.2.1"]
    async with client_of(MessageApp(services, nothing_here)) as client:
        for caller, status in (("192.0.2.1", 202), ("192.0.2.2", 403), ("192.0.2.1, 192.0.2.2", 403)):
            response = await client.post("/demo-pizza", json=MESSAGE, headers={"x-forwarded-for": caller})
            assert response.status_code == status, caller


async def test_a_limit_that_is_changed_counts_at_once(services: Any) -> None:
    """A reload brings other limits; the buckets of the old ones are gone."""
    limited = services.endpoints.by_name("limited")
    async with client_of(MessageApp(services, nothing_here)) as client:
        statuses = [(await client.post("/demo-limited", json=MESSAGE)).status_code for _ in range(3)]
        limited.config.rate_limit = RateLimitsConfig(caller=RateLimit(3, 10.0))
        statuses += [(await client.post("/demo-limited", json=MESSAGE)).status_code for _ in range(4)]
        limited.config.rate_limit = RateLimitsConfig(user=RateLimit(1, 10.0))
        statuses += [(await client.post("/demo-limited", json=MESSAGE)).status_code for _ in range(2)]
    assert statuses == [202, 202, 429, 202, 202, 202, 429, 202, 202]  # the intake here knows no users


@pytest.mark.parametrize(("address", "caller"), [
    ("192.0.2.1", "192.0.2.1"),
    ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
    ("::1", "::/64"),
    ("::ffff:192.0.2.1", "192.0.2.1"),
    ("fe80::1%eth0", "fe80::/64"),
    ("", ""),
    ("unix:", "unix:"),
])  # fmt: skip
def test_who_counts_as_one_caller(address: str, caller: str) -> None:
    """With IPv6 a household has 2^64 addresses, so its network counts."""
    assert client_network(address) == caller


@pytest.mark.parametrize(("client", "forwarded", "address"), [
    ("::ffff:10.0.0.1", ["198.51.100.9"], "198.51.100.9"),  # the proxy, on a socket for both families
    ("203.0.113.7", ["198.51.100.9"], "203.0.113.7"),  # not a trusted proxy: its word counts for nothing
    ("10.0.0.1", [], "10.0.0.1"),
    ("10.0.0.1", ["198.51.100.9"], "198.51.100.9"),
    ("10.0.0.1", ["6.6.6.6, 198.51.100.9"], "198.51.100.9"),  # the first one was the caller's invention
    ("10.0.0.1", ["198.51.100.9, 10.0.0.2"], "198.51.100.9"),
    ("10.0.0.1", ["6.6.6.6", "198.51.100.9"], "198.51.100.9"),
    ("10.0.0.1", ["nonsense"], "10.0.0.1"),
    ("10.0.0.1", ["198.51.100.9, nonsense, 10.0.0.2"], "10.0.0.2"),
    ("10.0.0.1", ["10.0.0.3"], "10.0.0.3"),
    ("10.0.0.1", ["2001:db8::1"], "2001:db8::1"),
    ("10.0.0.1", ["198.51.100.9:5678"], "198.51.100.9"),  # some proxies write the port, too
    ("10.0.0.1", ["[2001:db8::1]:5678"], "2001:db8::1"),
    ("10.0.0.1", ["6.6.6.6:1, 198.51.100.9:5678, 10.0.0.2:9"], "198.51.100.9"),
])  # fmt: skip
async def test_the_address_behind_proxies(client: str, forwarded: list[str], address: str) -> None:
    """Only the word of a trusted proxy counts, and only about its own neighbour."""
    services: Any = make_services(trusted_proxies=["10.0.0.0/8"])
    transport = httpx.ASGITransport(app=MessageApp(services, nothing_here), client=(client, 1))
    headers = [("x-forwarded-for", value) for value in forwarded]
    async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as http:
        await http.post("/demo-pizza", json=MESSAGE, headers=headers)
    assert services.intake.calls[0].remote_address == address
