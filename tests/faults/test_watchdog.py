"""The watchdog bites when the loop stands still, and only then."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from flowhook.runtime.observe.watchdog import LOOKS, Watchdog
from tests.e2e.kit import until
from tests.machine import PATIENCE


async def test_a_loop_that_stands_still() -> None:
    """It bites once, after so many looks in a row."""
    bites: list[int] = []
    watchdog = Watchdog(4, 0.05, lambda: bites.append(watchdog._beats))
    with watchdog.watching():
        await until(lambda: watchdog._beats >= 3)
        beats, began = watchdog._beats, time.monotonic()
        while not bites and time.monotonic() - began < PATIENCE:
            time.sleep(0.01)  # noqa: ASYNC251
        time.sleep(0.3)  # noqa: ASYNC251
    assert bites == [beats]


async def test_its_last_words() -> None:
    """They come before the bite, and a failure of theirs keeps nobody from biting."""
    told: list[str] = []

    def last_words() -> None:
        told.append("words")
        raise OSError("no space left on device")

    with Watchdog(2, 0.05, lambda: told.append("bite")).watching(last_words):
        await asyncio.sleep(0.1)
        time.sleep(0.4)  # noqa: ASYNC251
    assert told == ["words", "bite"]


async def test_a_busy_loop_is_left_alone() -> None:
    """Stalls that are shorter than its patience are no reason, however many."""
    bites: list[int] = []
    watchdog = Watchdog(1000, 0.001, lambda: bites.append(1))
    with watchdog.watching():
        for _ in range(10):
            beats = watchdog._beats
            time.sleep(0.07)  # noqa: ASYNC251
            await until(lambda beats=beats: watchdog._beats > beats)
    assert bites == []


async def test_it_ends_with_the_loop() -> None:
    """No thread stays behind."""
    before = set(threading.enumerate())
    with Watchdog(4, 0.01, lambda: None).watching():
        await asyncio.sleep(0.02)
    await until(lambda: set(threading.enumerate()) <= before)


@pytest.mark.parametrize(("value", "looks"), [(None, LOOKS), ("3", 3), ("0", 0), ("-1", 0), ("soon", LOOKS)])
async def test_its_setting(value: str | None, looks: int) -> None:
    """``FLOWHOOK_WATCHDOG`` gives its patience in seconds; 0 turns it off."""
    environment = {} if value is None else {"FLOWHOOK_WATCHDOG": value}
    watchdog = Watchdog.of(environment)
    assert watchdog._looks == looks
    before = set(threading.enumerate())
    with watchdog.watching():
        begun = set(threading.enumerate()) - before
        assert [thread.name for thread in begun] == ["flowhook-watchdog"] * bool(looks)
