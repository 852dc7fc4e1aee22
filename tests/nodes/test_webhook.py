"""The node ``webhook`` in rehearsals; over real sockets in tests/e2e/test_event_webhooks.py."""

from __future__ import annotations

import json

from flowhook.config import EndpointConfig
from flowhook.harness.application import stand_in
from tests.runtime.conftest import Open, clock, open_turns

__all__ = ["clock", "open_turns"]  # the fixtures


async def test_it_needs_no_mock(open_turns: Open) -> None:
    """Nobody reads its answer; what it told is seen all the same."""
    flow = 'nodes: [{webhook: {url: "http://crm.test/", text: "{{ input.text }}!"}}, {say: Done.}]'
    async with open_turns(flow) as bot:
        assert await bot.says("hi") == ["Done."]
        assert bot.http.take_unexpected() == []
        (call,) = bot.http.calls
        assert json.loads(call.content)["data"] == '"hi!"'
        assert json.loads(call.content)["time"] == "2025-06-15T15:06:40.000Z"


def test_a_rehearsal_is_told_to_nobody() -> None:
    """Neither chat nor replay nor a test of a flow posts to the event webhook of the endpoint."""
    named = EndpointConfig.model_validate({"name": "a", "flow": "f", "events": {"url": "https://a.example/"}})
    assert stand_in(named, "a").events.url == ""
