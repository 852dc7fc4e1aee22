"""What tests need of a machine that is busy with other things: patience, ports and CPU time."""

from __future__ import annotations

import gc
import socket
import time
from collections.abc import Callable
from typing import Any

#: Seconds after which something that should come is taken not to come at all. It is no measure of speed.
PATIENCE = 120.0

_reserved: list[socket.socket] = []


def reserve_port() -> int:
    """A port of 127.0.0.1 that nobody else on this machine is given until the test run ends.

    The socket stays bound and never listens: a server that sets SO_REUSEADDR, as all of ours do, can listen
    there, while the kernel gives the port to no other process that asks for a free one.
    """
    holder = socket.socket()
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind(("127.0.0.1", 0))
    _reserved.append(holder)
    port: int = holder.getsockname()[1]
    return port


def examples(count: int) -> int:
    """How many examples a property is tried with: a quarter, or with ``--examples=long`` all of them."""
    return count if long_properties else count // 4


long_properties = False  #: set by the option, before the tests are collected


def cpu_seconds(work: Callable[[], Any], enough: float = 0.0, attempts: int = 5) -> float:
    """CPU seconds of this thread that ``work`` takes, on a machine of the usual speed.

    The least of several attempts, ended early by one that is below ``enough``. What else the machine does
    takes no CPU time of this thread, but it slows each of its instructions down: each attempt is therefore
    compared with a fixed piece of work done right beside it.
    """
    least = float("inf")
    collects = gc.isenabled()
    gc.disable()  # it would go through what all tests before have left
    try:
        for _ in range(attempts):
            pace = _thread_seconds(_fixed_work)
            least = min(least, _thread_seconds(work) * min(1.0, FIXED_SECONDS / pace))
            if least < enough:
                break
    finally:
        if collects:
            gc.enable()
    return least


FIXED_SECONDS = 0.01  #: CPU that the fixed piece of work takes on a machine of the usual speed


def _fixed_work() -> int:
    return sum(number * number % 7 for number in range(100_000))


def _thread_seconds(work: Callable[[], Any]) -> float:
    began = time.thread_time()
    work()
    return time.thread_time() - began
