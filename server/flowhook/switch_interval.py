"""Python's switch interval: for how long a thread may keep the interpreter while another one waits for it.

While a server passes messages on, two threads want it: the event loop, and the one that writes the
database, which gives it up at each statement and then asks for it again. Python's 5 milliseconds would cut
passes of the loop short for that; with a longer interval the writer has its turn when the loop waits for
something anyway, which takes fewer changes of thread. Where another thread computes (a plain hook of a
plugin, a load, training), it is the loop that would wait, each time that it has waited for something:
meanwhile Python's own interval holds.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

#: Seconds, where nothing computes. 15 to 50 milliseconds make little difference; a thread that a plugin
#: starts by itself, of which nobody knows here, may keep the loop waiting for as long.
LONG: Final = 0.02


class _SwitchInterval:
    """The interpreter's one, and how many threads compute."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._before: float | None = None  #: what was in force before it was made long; None: it was not
        self._computing = 0

    def lengthen(self) -> None:
        with self._lock:
            if self._before is None:
                self._before = sys.getswitchinterval()
                self._set()

    def restore(self) -> None:
        with self._lock:
            if self._before is not None:
                sys.setswitchinterval(self._before)
                self._before = None

    def count(self, change: int) -> None:
        with self._lock:
            self._computing += change
            self._set()

    def _set(self) -> None:
        if self._before is not None:
            sys.setswitchinterval(self._before if self._computing else LONG)


_interval = _SwitchInterval()


def lengthen() -> None:
    """Make the interval :data:`LONG`, except while a thread computes."""
    _interval.lengthen()


def restore() -> None:
    """Put the interval back in force that :func:`lengthen` found."""
    _interval.restore()


@contextmanager
def computing() -> Iterator[None]:
    """Tell that this thread, which is not the event loop's, may compute for long."""
    interval = _interval  # the one of now: a test has another
    interval.count(1)
    try:
        yield
    finally:
        interval.count(-1)


class Executor(ThreadPoolExecutor):
    """Threads for an event loop's ``asyncio.to_thread``: they count as computing while they work."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call ``fn(*args, **kwargs)`` in a thread."""

        def run() -> T:
            with computing():
                return fn(*args, **kwargs)

        return super().submit(run)
