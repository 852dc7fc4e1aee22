"""Ctrl+C that is never lost while a line is read.

Python only notes that a signal came, and raises KeyboardInterrupt when the main thread next runs Python
code. While ``input`` waits for keys it runs none; the wait itself is broken off by the signal. But a Ctrl+C
that comes between the moment in which the line editor shows its prompt and the moment in which it begins to
wait breaks nothing off: it would be noticed with the next key only, which may never be typed.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

NUDGE_SECONDS = 0.05  #: between two signals to a main thread that has not noticed yet


@contextmanager
def ctrl_c_arrives() -> Iterator[None]:
    """While this is open, Ctrl+C raises KeyboardInterrupt in the main thread, whatever that waits for.

    The byte that Python's own signal handler writes to the wake-up descriptor tells a thread at once. It
    sends the main thread harmless signals until one of them has broken its wait off, and the interrupt that
    was noted has been raised.
    """
    if not hasattr(signal, "pthread_kill"):  # Windows: its console wakes the reader by itself
        yield
        return
    noticed = threading.Event()

    def interrupted(number: int, frame: FrameType | None) -> None:
        noticed.set()
        signal.default_int_handler(number, frame)

    woken, wakes = socket.socketpair()
    wakes.setblocking(False)
    handlers = {
        signal.SIGINT: signal.signal(signal.SIGINT, interrupted),
        signal.SIGURG: signal.signal(signal.SIGURG, _ignored),
    }
    before = signal.set_wakeup_fd(wakes.fileno(), warn_on_full_buffer=False)
    main = threading.get_ident()
    nudging = threading.Thread(target=_nudge, args=(woken, main, noticed), daemon=True)
    nudging.start()
    try:
        yield
    finally:
        noticed.set()
        signal.set_wakeup_fd(before)
        wakes.close()
        nudging.join()
        woken.close()
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _ignored(number: int, frame: FrameType | None) -> None:
    """It has done what it was sent for: a wait was broken off."""


def _nudge(woken: socket.socket, main: int, noticed: threading.Event) -> None:
    """After each Ctrl+C, until the main thread has noticed it. Ends when the other end is closed."""
    while signals := woken.recv(64):
        if signal.SIGINT not in signals:
            continue
        while not noticed.wait(NUDGE_SECONDS):
            signal.pthread_kill(main, signal.SIGURG)
        noticed.clear()
