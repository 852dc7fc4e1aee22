"""A wall clock that jumps: nothing expires in a crowd, nothing is sent twice, nothing is stuck."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from flowhook.app import open_application
from flowhook.config import load_config
from flowhook.harness.clocks import FakeClock
from flowhook.runtime.application import Application
from tests.e2e.kit import Outside, Project, failing

DAY = 86_400.0


@asynccontextmanager
async def serving(project: Project, clock: FakeClock) -> AsyncIterator[Application]:
    config = load_config(project.write(), {})
    async with open_application(config, clock=clock) as services:
        yield services


async def say(services: Application, text: str, session: str = "s1", **more: Any) -> str:
    endpoint = services.endpoints.by_name("bot")
    assert endpoint is not None
    body = {"userId": "u1", "sessionId": session, "text": text, **more}
    submitted = await services.intake.submit(endpoint, "message", body, raw=b"")
    return submitted.trace_id


class Jumping(FakeClock):
    """Its wall clock can be set, while time as such goes on."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


def jump(clock: Jumping, seconds: float) -> None:
    """Somebody sets the wall clock."""
    clock.ahead += seconds


@pytest.mark.parametrize("seconds", [DAY, -DAY, 30.0, -30.0])
async def test_a_jump_of_the_wall_clock(seconds: float, project: Project, outside: Outside) -> None:
    """Sessions go on where they were, messages are answered once, in order, and what waits for a
    retry waits no longer than the clock was set back."""
    project.flow("bot", """
        nodes:
          - id: loop
            ask: {text: "More?", type: text, store: context.more, timeout: 2d}
          - say: "{{ context.more }}"
          - goto: loop
        """)  # fmt: skip
    project.endpoint("bot", webhook={"retries": ["1s"] * 20})
    clock = Jumping()
    async with serving(project, clock) as services:
        await say(services, "hi")
        await outside.until(1)
        jump(clock, seconds)
        await say(services, "a")
        await outside.until(3)
        jump(clock, -seconds)
        outside.answers["/hook"] = failing(0.5)
        await say(services, "b")
        jump(clock, seconds)
        for look in range(70):  # after a minute by hours: a clock set back a day may cost that day
            await clock.advance(2.0 if look < 30 else 3600.0)
            await asyncio.sleep(0.02)  # the receiver lives in real time
            if len(outside.taken()) >= 5:
                break
        await outside.until(5)
        assert outside.texts() == ["More?", "a", "More?", "b", "More?"]
        assert [delivery.sequence for delivery in outside.taken()] == [1, 2, 3, 4, 5]


async def test_a_timer_and_a_clock_that_is_set_back(project: Project, outside: Outside) -> None:
    """A timer fires once, whatever the clock does around it."""
    project.flow("bot", """
        nodes:
          - id: size
            ask:
              text: "Size?"
              type: text
              store: context.size
              timeout: 1m
            on_timeout:
              - say: "Still there?"
        """)  # fmt: skip
    project.endpoint("bot")
    clock = Jumping()
    async with serving(project, clock) as services:
        await say(services, "hi")
        await outside.until(1)
        await clock.advance(61)
        await outside.until(2)
        jump(clock, -DAY)
        for _ in range(5):
            await clock.advance(31)
        jump(clock, 2 * DAY)
        for _ in range(5):
            await clock.advance(31)
        assert outside.texts() == ["Size?", "Still there?"]


async def test_retention_after_a_jump(project: Project, outside: Outside, tmp_path: Path) -> None:
    """A clock that is a day ahead makes no session disappear: retention counts in months."""
    project.flow("bot", 'nodes: [{say: "{{ input.text }}"}]')
    project.endpoint("bot")
    clock = Jumping()
    async with serving(project, clock) as services:
        for n in range(20):
            await say(services, "x", session=f"s{n}")
        await outside.until(20)
        jump(clock, DAY)
        await clock.advance(700)
        assert (await services.store.counts())["sessions"] == 20
