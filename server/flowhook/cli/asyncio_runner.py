"""Running coroutines from commands, and waiting until somebody wants the process to end."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

STOPPING = (signal.SIGINT, signal.SIGTERM)
LEFTOVERS_SECONDS = 2.0  #: that tasks which nobody waits for have to end
LEFTOVERS_STATUS = 70


def run_async(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end.

    ``asyncio.run`` then cancels what is left over and waits for it, for ever if need be. A task of a
    plugin that swallows its cancellation must not keep the process from ending.
    """
    cut = threading.Timer(LEFTOVERS_SECONDS, os._exit, (LEFTOVERS_STATUS,))
    cut.daemon = True

    async def to_its_end() -> T:
        try:
            return await work
        finally:
            cut.start()

    try:
        return asyncio.run(to_its_end())
    finally:
        cut.cancel()


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
