"""Time limits that share one timer."""

from __future__ import annotations

import asyncio

import pytest

from flowhook.deadlines import Deadlines


async def test_a_wait_that_is_over_in_time_goes_on() -> None:
    """Nothing happens to what ends before its limit, nor later."""
    deadlines = Deadlines()
    with deadlines.within(0.001):
        pass
    await asyncio.sleep(0.005)


async def test_a_wait_that_takes_too_long_ends_with_timeout_error() -> None:
    """The wait is cut and its own task is not cancelled for good."""
    with pytest.raises(TimeoutError), Deadlines().within(0.001):
        await asyncio.sleep(60)
    task = asyncio.current_task()
    assert task is not None
    assert not task.cancelling()


async def test_each_wait_has_its_own_limit() -> None:
    """A short limit that is entered after a long one is kept, and the long one still counts."""
    deadlines = Deadlines()
    ended: list[float] = []

    async def wait(seconds: float) -> None:
        try:
            with deadlines.within(seconds):
                await asyncio.sleep(60)
        except TimeoutError:
            ended.append(seconds)

    await asyncio.wait_for(asyncio.gather(wait(0.02), wait(0.001), wait(0.01)), 10)
    assert ended == [0.001, 0.01, 0.02]


async def test_a_cancelled_wait_stays_cancelled() -> None:
    """Who cancels a task is not told that its time was up."""
    deadlines = Deadlines()

    async def wait() -> None:
        with deadlines.within(60):
            await asyncio.sleep(60)

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_inner_and_outer_limits() -> None:
    """Of two limits around one wait, the one that is over first raises."""
    deadlines = Deadlines()
    with pytest.raises(TimeoutError), deadlines.within(0.001):  # noqa: SIM117
        with deadlines.within(60):
            await asyncio.sleep(60)
    with deadlines.within(60):
        with pytest.raises(TimeoutError), deadlines.within(0.001):
            await asyncio.sleep(60)
        await asyncio.sleep(0)
