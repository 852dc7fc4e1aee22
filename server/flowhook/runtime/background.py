"""Tasks that run beside the requests and end with whatever started them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any

from flowhook.model.log_action import LogAction

log = logging.getLogger("flowhook")

CANCEL_SECONDS = 3.0


class BackgroundTasks:
    """Asyncio tasks of one owner: their failures are logged, and ``cancel`` ends all of them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Run a coroutine as a task of its own; its failure is logged, and :meth:`cancel` ends it."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("background task failed", exc_info=error, extra={"action": LogAction.TASK_FAILED})

    async def cancel(self) -> None:
        """Cancel what still runs and wait until it has ended; not long for what swallows its cancellation."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            _, left = await asyncio.wait(tasks, timeout=CANCEL_SECONDS)
            for task in left:
                name = getattr(task.get_coro(), "__qualname__", task.get_name())
                log.error("%s does not end when cancelled", name, extra={"action": LogAction.TASK_FAILED})
