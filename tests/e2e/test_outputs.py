"""Outputs of plugins: what ``deliver`` may name, and that whatever it does is one attempt of the schedule."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from tests.e2e.kit import Outside, Project, eventually
from tests.e2e.test_routes import Start

PLUGIN = """
import asyncio

from flowhook import Delivered, OutputPlugin, Rejected, Reject, Retry, Settings, hookimpl


class PanicException(BaseException):
    pass


class Settings(Settings):
    mark: str = "!"


class Odd(OutputPlugin):
    name = "odd"

    BODY

@hookimpl
def register_outputs():
    return [Odd]
"""
FLOW = "nodes: [{say: 'you said {{ input.text }}'}]"


def odd(project: Project, body: str, **endpoint: Any) -> None:
    """A project whose endpoint delivers by this method."""
    project.plugin("odd", PLUGIN.replace("BODY", body))
    project.flow("bot", FLOW)
    project.endpoint("bot", output="odd", **endpoint)


@pytest.mark.parametrize("names", ["delivery", "delivery, sender", "delivery, **rest"])
async def test_deliver_names_what_it_needs(
    names: str, project: Project, outside: Outside, start: Start
) -> None:
    """Nothing but the delivery, or more of it, in any order."""
    body = f"""async def deliver(self, {names}):
        (self.settings.mark == "!") or 1 / 0
        seen.append(delivery.body)
        return Delivered()
"""
    odd(project, body)
    project.plugin("odd", PLUGIN.replace("BODY", body) + "\nseen = []\n")
    live = await start()
    await live.say("bot", "hi")
    assert await live.resolved(await live.send("bot", "again")) == ["delivered"]


async def test_all_that_deliver_may_name(project: Project, outside: Outside, start: Start) -> None:
    """Also storage, settings, the shared client and the plugin's log."""
    odd(
        project,
        """async def deliver(self, log, http, storage, settings, sender, endpoint, delivery):
        async with storage.open("seen", delivery.session_id) as data:
            data["count"] = data.get("count", 0) + 1
        log.info("delivering at %s%s", endpoint.name, settings.mark)
        await http.post("OUT/http", content=delivery.body)
        await sender.send("POST", "OUT/sender", {}, delivery.body, timeout=5.0)
        return Delivered(200)
""",
    )
    live = await start()
    assert await live.resolved(await live.send("bot", "hi")) == ["delivered"]
    assert [len(outside.at(path)) for path in ("/http", "/sender")] == [1, 1]


async def test_a_plain_deliver_runs_in_a_thread(project: Project, outside: Outside, start: Start) -> None:
    """As plain hooks do."""
    odd(project, "def deliver(self, delivery):\n        return Delivered()\n")
    live = await start()
    assert await live.resolved(await live.send("bot", "hi")) == ["delivered"]


MISTAKES = {
    "raise ValueError('secret words')": "ValueError at",
    "raise asyncio.CancelledError": "cancelled itself",
    "raise GeneratorExit": "GeneratorExit",
    "raise SystemExit(3)": "SystemExit",
    "raise KeyboardInterrupt": "KeyboardInterrupt",
    "raise PanicException('rust')": "PanicException",
    "raise Reject(400, 'no')": "Reject has no meaning here",
    "return None": "returned NoneType, not Delivered, Retry or Rejected",
    "return True": "returned bool, not",
    "return Delivered('yes')": "returned Delivered with a status that is none",
    "return Retry('later', after='soon')": "returned Retry with an after that is no number",
    "return Rejected(5)": "returned Rejected with a reason that is no text",
}


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_a_mistake_is_one_attempt_of_the_schedule(
    mistake: str, project: Project, outside: Outside, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Whatever deliver returns or raises: the schedule goes on and ends, the session goes on, and the log
    names plugin, output and delivery."""
    odd(
        project,
        f"""async def deliver(self, delivery):
        if b"fine" not in delivery.body:
            {mistake}
        return Delivered()
""",
        webhook={"retries": ["20ms", "20ms"]},
    )
    live = await start()
    with caplog.at_level(logging.ERROR):
        assert await live.resolved(await live.send("bot", "broken")) == ["dead"]
    (delivery,) = (await live.api("GET", "/deliveries"))["deliveries"]
    assert delivery["attempts"] == 3
    assert MISTAKES[mistake] in delivery["lastError"]
    assert "secret words" not in delivery["lastError"]
    lines = [
        record.getMessage() for record in caplog.records if delivery["deliveryId"] in record.getMessage()
    ]
    assert len(lines) == 3
    assert all("plugin odd, hook output odd at endpoint bot" in line for line in lines)
    assert await live.resolved(await live.send("bot", "fine")) == ["delivered"]


@pytest.mark.parametrize("first", ["30", "'the printer is busy', 30", "after=30"])
async def test_retry_takes_seconds_or_a_reason_first(
    first: str, project: Project, outside: Outside, start: Start
) -> None:
    """``Retry(60)`` and ``Retry("busy", after=60)`` mean the same."""
    odd(project, f"async def deliver(self, delivery):\n        return Retry({first})\n")
    live = await start()
    await live.send("bot", "hi")

    async def tried() -> Any:
        (delivery,) = (await live.api("GET", "/deliveries"))["deliveries"] or [{}]
        return delivery if delivery.get("attempts") else None

    await eventually(tried)
    delivery = await tried()
    assert delivery["attempts"] == 1
    assert delivery["lastError"] == (
        "the printer is busy" if "busy" in first else "the output asks for another attempt"
    )
