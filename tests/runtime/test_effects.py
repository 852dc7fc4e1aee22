"""What becomes of a call that a flow makes when there is no answer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any, cast

import pytest

from flowhook.engine.outcomes import Failure, HttpCall
from flowhook.harness.clocks import FakeClock
from flowhook.net.client import Outgoing
from flowhook.runtime.turns.effects import Effects


@pytest.fixture
async def effects() -> AsyncIterator[Effects]:
    """With a real way out, and a clock on which nobody may wait."""
    async with Outgoing() as outgoing:
        config = SimpleNamespace(connections={})
        services: Any = SimpleNamespace(outgoing=outgoing, clock=FakeClock(), config=config)
        yield Effects(services)


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://127.0.0.1:1/", "http://127.1/"])
async def test_a_refused_address_is_blocked_and_not_tried_again(effects: Effects, url: str) -> None:
    """``error.reason`` says so, and repeating it would be in vain."""
    run: Any = SimpleNamespace(need=HttpCall("GET", url, retries=3))
    answer = await effects.meet(run, cast(Any, None), cast(Any, None))
    assert isinstance(answer, Failure)
    assert answer.reason == "blocked"
