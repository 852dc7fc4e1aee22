"""The threads in which plain hooks run, so that a slow one never holds the event loop.

Not a ThreadPoolExecutor: that one joins its threads when the process ends, so a hook that never
comes back would keep the server from stopping.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import queue
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from flowhook.model.log_action import LogAction
from flowhook.switch_interval import computing

MAX_THREADS = 32  #: of one plugin; further calls wait, and their time runs

log = logging.getLogger("flowhook.plugins")

_Result = tuple[Any, BaseException | None]


class ThreadCall(NamedTuple):
    """The call that runs in a thread."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[_Result]

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for its result any more. True from the moment of cancelling."""
        return self.future.cancelled()


#: Set in a worker thread only: the way back to the event loop.
thread_call: contextvars.ContextVar[ThreadCall | None] = contextvars.ContextVar("thread_call", default=None)


class _Job(NamedTuple):
    function: Callable[[], Any]
    context: contextvars.Context
    call: ThreadCall

    def run(self) -> None:
        if self.call.abandoned:
            return
        try:
            with computing():
                result: _Result = (self.context.run(self.function), None)
        except BaseException as error:  # SystemExit of a plugin must not end a thread
            result = (None, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self.call.loop.call_soon_threadsafe(self._resolve, result)

    def _resolve(self, result: _Result) -> None:
        if not self.call.future.done():
            self.call.future.set_result(result)


class ThreadPool:
    """Daemon threads, started when they are needed and kept. ``owner`` is named when all are busy."""

    def __init__(self, limit: int = MAX_THREADS, owner: str = "") -> None:
        self.limit = limit
        self._owner = owner
        self.full = False  #: all threads were busy when the last call came; which was logged
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._threads = 0
        self.awaited = 0  #: calls whose result somebody waits for

    async def run(self, function: Callable[[], Any]) -> Any:
        """What ``function()`` returns or raises. Cancelling abandons it: a thread cannot be ended."""
        loop = asyncio.get_running_loop()
        call = ThreadCall(loop, loop.create_future())
        context = contextvars.copy_context()
        context.run(thread_call.set, call)
        self._jobs.put(_Job(function, context, call))
        self._ensure_thread()
        self.awaited += 1
        try:
            result, error = await call.future
        finally:
            self.awaited -= 1
        if error is not None:
            raise error
        return result

    def _ensure_thread(self) -> None:
        """Start a thread for a job when none is idle; tell once when there may be no more."""
        if self._idle.acquire(blocking=False):
            self.full = False
        elif self._threads < self.limit:
            self._threads += 1
            name = f"flowhook-{self._owner or 'thread'}-{self._threads}"
            threading.Thread(target=self._work, name=name, daemon=True).start()
        elif not self.full and self._owner:
            self.full = True
            log.warning(
                "plugin %s: all %d threads are busy; its plain hooks wait, and their time runs",
                self._owner,
                self.limit,
                extra={"action": LogAction.THREADS_BUSY},
            )

    def close(self) -> None:
        """Let the threads end once they are idle."""
        for _ in range(self._threads):
            self._jobs.put(None)
        self._threads = 0

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
            job.run()
            del job  # a hook's arguments must not live on in an idle thread
            self._idle.release()


class ThreadPools:
    """A pool for each plugin, so that the hooks of one that hang never stop those of another."""

    def __init__(self, limit: int = MAX_THREADS) -> None:
        self._limit = limit
        self._pools: dict[str, ThreadPool] = {}

    def of(self, plugin: str) -> ThreadPool:
        """The pool of a plugin."""
        pool = self._pools.get(plugin)
        if pool is None:
            pool = self._pools[plugin] = ThreadPool(self._limit, plugin)
        return pool

    @property
    def awaited(self) -> int:
        """How many calls somebody waits for the result of."""
        return sum(pool.awaited for pool in self._pools.values())

    def close(self) -> None:
        """Let all threads end once they are idle."""
        for pool in self._pools.values():
            pool.close()
