"""Running coroutines from commands, and waiting until somebody wants the process to end."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

STOPPING = (signal.SIGINT, signal.SIGTERM)


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end."""
    return asyncio.run(work)


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that Ctrl+C and SIGTERM set, instead of tearing through the middle of something."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for each in STOPPING:
        loop.add_signal_handler(each, stopped.set)
    try:
        yield stopped
    finally:
        for each in STOPPING:
            loop.remove_signal_handler(each)
