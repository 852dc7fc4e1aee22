"""The threads in which plain hooks run, so that a slow one never holds the event loop.

Not a ThreadPoolExecutor: that one joins its threads when the process ends, so a hook that never
comes back would keep the server from stopping.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

MAX_THREADS = 32  #: further calls wait, and their time runs


_Result = tuple[Any, BaseException | None]


@dataclass(frozen=True, slots=True)
class ThreadCall:
    """The call that runs in a thread."""

    loop: asyncio.AbstractEventLoop
    future: asyncio.Future[_Result]

    @property
    def abandoned(self) -> bool:
        """Whether nobody waits for its result any more. True from the moment of cancelling."""
        return self.future.cancelled()


#: Set in a worker thread only: the way back to the event loop.
thread_call: contextvars.ContextVar[ThreadCall | None] = contextvars.ContextVar("thread_call", default=None)


@dataclass(frozen=True, slots=True)
class _Job:
    function: Callable[[], Any]
    context: contextvars.Context
    call: ThreadCall

    def run(self) -> None:
        if self.call.abandoned:
            return
        try:
            result: _Result = (self.context.run(self.function), None)
        except BaseException as error:  # SystemExit of a plugin must not end a thread
            result = (None, error)
        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
            self.call.loop.call_soon_threadsafe(self._resolve, result)

    def _resolve(self, result: _Result) -> None:
        if not self.call.future.done():
            self.call.future.set_result(result)


class ThreadPool:
    """Daemon threads, started when they are needed and kept."""

    def __init__(self, limit: int = MAX_THREADS) -> None:
        self._limit = limit
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
        if not self._idle.acquire(blocking=False) and self._threads < self._limit:
            self._threads += 1
            threading.Thread(target=self._work, name=f"flowhook-hook-{self._threads}", daemon=True).start()
        self.awaited += 1
        try:
            result, error = await call.future
        finally:
            self.awaited -= 1
        if error is not None:
            raise error
        return result

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
