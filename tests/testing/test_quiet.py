"""Knowing when nothing moves, and moving time."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from flowhook.harness import settle
from flowhook.harness.clocks import FakeClock
from flowhook.testing import open_bot

FLOW = """
flow: slow
nodes:
  - say: "one"
  - sleep: 3s
  - say: "two"
  - id: more
    wait: {timeout: 1d}
    on_timeout: [{say: "{{ now.strftime('%s') }}"}]
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A flow that pauses and waits."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "slow.yaml").write_text(FLOW)
    return tmp_path


async def test_a_turn_that_waits_for_the_clock_rests(project: Path) -> None:
    """It goes on when its time has come, and timers fire at their own."""
    async with open_bot("slow", project=project) as bot:
        assert await bot.says("hi") == ["one"]
        assert bot.services.turns.backlog == 1
        assert await bot.clock.advance("2s") == []
        assert await bot.clock.advance("1s") == ["two"]
        due = bot.clock.now() + 86400
        assert await bot.clock.advance("7d") == [str(int(due))]


async def test_what_never_comes_to_rest_is_named(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instead of waiting for ever."""
    async with open_bot("slow", project=project) as bot:
        held = asyncio.Event()
        commit = bot.services.store.turns.commit

        async def slowly(segment: Any) -> Any:
            await held.wait()
            return await commit(segment)

        monkeypatch.setattr(bot.services.store.turns, "commit", slowly)
        with monkeypatch.context() as hasty:
            hasty.setattr(settle, "PATIENCE_SECONDS", 0.05)
            with pytest.raises(TimeoutError, match="turns"):
                await bot.says("hi")
        held.set()
        await bot.settle()
        assert bot.texts == ["one"]


async def test_a_sleep_begins_with_its_call() -> None:
    """Also when the task that is made of it has its first step after somebody moved the clock."""
    clock = FakeClock(100.0)
    sleeping = asyncio.ensure_future(clock.sleep(30.0))
    await clock.advance(30.0)
    assert sleeping.done()


async def test_a_jump_wakes_who_fell_due_and_nobody_else() -> None:
    """All of them at the new time; those who gave up are forgotten."""
    clock, woken = FakeClock(100.0), []

    async def sleep(seconds: float) -> None:
        await clock.sleep(seconds)
        woken.append((seconds, clock.now()))

    tasks = [asyncio.create_task(sleep(seconds)) for seconds in (1, 5, 9)]
    await asyncio.sleep(0)
    assert clock.next_at == 101.0
    tasks[0].cancel()
    await asyncio.sleep(0)
    assert clock.next_at == 105.0
    clock.jump(108.0)
    await asyncio.sleep(0)
    assert woken == [(5, 108.0)]
    clock.jump(50.0)
    assert clock.now() == 108.0
    tasks[2].cancel()
