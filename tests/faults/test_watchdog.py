"""The watchdog bites when the loop stands still, and only then."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from itertools import count

import pytest

from flowhook.runtime.observe.watchdog import LOOKS, Watchdog, starved_seconds
from tests.e2e.kit import until
from tests.machine import PATIENCE


def never_starved(_: int) -> float:
    return 0.0


async def test_a_loop_that_stands_still() -> None:
    """It bites once, after so many looks in a row."""
    bites: list[int] = []
    watchdog = Watchdog(4, 0.05, lambda: bites.append(watchdog._beats), never_starved)
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

    with Watchdog(2, 0.05, lambda: told.append("bite"), never_starved).watching(last_words):
        await asyncio.sleep(0.1)
        began = time.monotonic()
        while "bite" not in told and time.monotonic() - began < PATIENCE:
            time.sleep(0.01)  # noqa: ASYNC251
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


async def test_a_loop_without_a_processor_is_left_alone() -> None:
    """It does not stand still: it would run if the machine let it."""
    bites: list[int] = []
    looks: list[int] = []

    def starved(thread: int) -> float:
        looks.append(thread)
        return len(looks) * 0.01

    with Watchdog(3, 0.01, lambda: bites.append(1), starved).watching():
        await asyncio.sleep(0)
        began = time.monotonic()
        while len(looks) < 20 and time.monotonic() - began < PATIENCE:
            time.sleep(0.01)  # noqa: ASYNC251
    assert len(looks) >= 20
    assert bites == []


async def test_of_a_look_counts_what_the_loop_did_not_wait_for_a_processor() -> None:
    """With half a processor it has twice the time."""
    bites: list[int] = []
    looks = count()
    watchdog = Watchdog(5, 0.01, lambda: bites.append(next(looks)), lambda _: next(looks) * 0.005)
    with watchdog.watching():
        await until(lambda: watchdog._beats >= 1)
        began = time.monotonic()
        while not bites and time.monotonic() - began < PATIENCE:
            time.sleep(0.01)  # noqa: ASYNC251
    assert bites
    assert bites[0] >= 10


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells for how long a thread was ready to run")
def test_how_long_a_thread_waited_for_a_processor() -> None:
    """Two processes on one processor: each waits while the other one runs."""
    script = """
import os, sys, threading, time
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
from flowhook.runtime.observe.watchdog import starved_seconds
began = time.monotonic()
while time.monotonic() - began < 60 and starved_seconds(threading.get_native_id()) < 0.2:
    pass
print(starved_seconds(threading.get_native_id()) >= 0.2)
"""
    both = [subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) for _ in range(2)]
    try:
        assert both[0].communicate(timeout=PATIENCE)[0] == b"True\n"
    finally:
        for process in both:
            process.kill()
            process.communicate()
    assert starved_seconds(2**31) == 0.0


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
