"""Waits that people should hear of while they last, and that have a limit."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from flowhook.model.log_action import LogAction

log = logging.getLogger("flowhook")

TELL_EVERY_SECONDS = 5.0
T = TypeVar("T")


@asynccontextmanager
async def telling_if_slow(what: Callable[[], str]) -> AsyncIterator[None]:
    """Log what is waited for, again and again, while the context lasts."""

    async def tell() -> None:
        seconds = 0.0
        while True:
            await asyncio.sleep(TELL_EVERY_SECONDS)
            seconds += TELL_EVERY_SECONDS
            log.warning("still waiting for %s (%g s)", what(), seconds, extra={"action": LogAction.SLOW})

    notice = asyncio.create_task(tell())
    try:
        yield
    finally:
        notice.cancel()


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` returns. Raises TimeoutError when it takes longer, also when it swallows its
    cancellation: then it is left to itself."""
    task = asyncio.ensure_future(work)
    try:
        done, _ = await asyncio.wait((task,), timeout=seconds)
    except asyncio.CancelledError:
        task.cancel()
        raise
    if not done:
        task.cancel()
        raise TimeoutError
    return task.result()
