"""What becomes of a call that a flow makes when there is no answer."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from flowhook.engine.effects import Failure, HttpCall
from flowhook.harness.clocks import FakeClock
from flowhook.net.client import Outgoing
from flowhook.runtime.turns.http_calls import HttpCalls
from flowhook.runtime.turns.pauses import Pauses


@pytest.fixture
async def calls() -> AsyncIterator[HttpCalls]:
    """With a real way out, and a clock on which nobody may wait."""
    clock = FakeClock()
    async with Outgoing() as outgoing:
        yield HttpCalls(outgoing, {}, clock, Pauses(clock))


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://127.0.0.1:1/", "http://127.1/"])
async def test_a_refused_address_is_blocked_and_not_tried_again(calls: HttpCalls, url: str) -> None:
    """``error.reason`` says so, and repeating it would be in vain."""
    result = await calls.perform(HttpCall("GET", url, retries=3))
    assert isinstance(result, Failure)
    assert result.reason == "blocked"
