"""Rate limits by user and by session: what users say, through the whole application."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from tests.web.conftest import client_of

from flowhook.config import RateLimit, RateLimitsConfig
from flowhook.errors import ApiError
from flowhook.harness.clocks import FakeClock
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.intake.rate_limits import MAX_BUCKETS, TokenBuckets, UserLimits
from flowhook.runtime.intake.shared_limits import SharedLimits
from flowhook.storage.records import Spending
from flowhook.web.asgi_app import create_app

FLOW = """
nodes:
  - say: "yes?"
"""


async def test_users_and_sessions_have_limits_of_their_own(open_turns: Any, clock: FakeClock) -> None:
    """Ten a minute in a session, three of a user: the next is 429 with Retry-After and leaves nothing."""
    limits = {"user": "3/m", "session": "2/m"}
    async with open_turns(FLOW, endpoint={"rate_limit": limits}) as bot:

        async def say(user: str, session: str, route: str = "") -> tuple[int, str | None]:
            body = {"userId": user, "sessionId": session, "text": "hi"}
            response = await client.post(f"{route}/tok-test", json=body)
            assert response.status_code != 429 or response.json()["code"] == "rate_limited"
            return response.status_code, response.headers.get("retry-after")

        async with client_of(create_app(bot._harness.application)) as client:
            assert [await say("u1", "s1") for _ in range(3)] == [(202, None), (202, None), (429, "30")]
            assert await say("u1", "s2") == (429, "20")  # the third of the session counted for the user
            assert await say("u2", "s1") == (202, None)
            assert await say("u1", "s1", "/inject") == (202, None)
            assert await say("u1", "s1", "/notify") == (202, None)
            await clock.advance(30)
            assert await say("u1", "s1", "/test") == (202, None)
        row = await bot._harness.application.sessions.show(SessionRef("test", "u1", "s1"))
        assert row["createdAt"] is not None


def test_one_bucket_too_many_drops_one_at_rest() -> None:
    """However many users there are, memory is bounded."""
    clock = FakeClock()
    buckets = TokenBuckets(1, 60.0, clock)
    for number in range(MAX_BUCKETS + 10):
        assert buckets.take(f"u{number}") == 0
    assert len(buckets) == MAX_BUCKETS


def test_without_limits_nothing_is_remembered() -> None:
    """And a limit that is changed begins anew."""
    limits = UserLimits(FakeClock())
    endpoint: Any = SimpleNamespace(name="a", config=SimpleNamespace(rate_limit=None))
    inbound = Inbound(SessionRef("a", "u", "s"), Kind.MESSAGE, "t" * 32, 1.0, "hi")
    for config in (None, RateLimitsConfig(caller=RateLimit(1, 1.0))):
        endpoint.config.rate_limit = config
        limits.spend(endpoint, [inbound] * 10)
    assert limits._of_endpoint == {}
    for count in (2, 3):
        endpoint.config.rate_limit = RateLimitsConfig(session=RateLimit(count, 60.0))
        limits.spend(endpoint, [inbound] * count)
        with pytest.raises(ApiError, match="in this session"):
            limits.spend(endpoint, [inbound])


async def test_what_others_let_through_counts() -> None:
    """Told and learnt together, by names that say nothing; what is taken meanwhile counts, too."""
    clock = FakeClock()
    told: list[Spending] = []

    async def spend(spent: Sequence[Spending]) -> dict[bytes, float]:
        told.extend(spent)
        assert buckets.take("ada") == 0  # while the store is asked
        return {one.name: one.taken + 2.0 for one in spent}

    ownership: Any = SimpleNamespace(processes=2)
    cluster: Any = SimpleNamespace(spend=spend)
    limits = SharedLimits(cluster, ownership)
    buckets = TokenBuckets(5, 50.0, clock)
    limits.share("user shop", buckets)
    assert [buckets.take("ada") for _ in range(2)] == [0, 0]
    await limits.exchange()
    assert [(one.taken, one.rate) for one in told] == [(2, 0.1)]
    assert b"ada" not in told[0].name
    assert buckets.take("ada") > 0
    await clock.advance(10)
    assert buckets.take("ada") == 0
    assert buckets.take("bob") == 0
