"""Running coroutines from commands, and waiting until somebody wants the process to end."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress
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
    cut = threading.Timer(LEFTOVERS_SECONDS, _end_process)
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


def _end_process() -> None:
    """End what does not end, and say so."""
    with suppress(OSError):  # stderr may be closed
        os.write(
            2, b"flowhook: a task does not end when it is cancelled; the process ends now, with status 70\n"
        )
    os._exit(LEFTOVERS_STATUS)


@contextmanager
def stop_signals() -> Iterator[asyncio.Event]:
    """An event that Ctrl+C and SIGTERM set, instead of tearing through the middle of something."""
    loop = asyncio.get_running_loop()
    stopped = asyncio.Event()
    for number in STOPPING:
        loop.add_signal_handler(number, stopped.set)
    try:
        yield stopped
    finally:
        for number in STOPPING:
            loop.remove_signal_handler(number)
