"""The socket that somebody else listens on for us: systemd, or the parent of several workers.

Connections that come while no process takes any wait in its queue, and are not refused: that is how a server
is replaced without anybody noticing.
"""

from __future__ import annotations

import os
import socket
from collections.abc import MutableMapping
from typing import Final

FIRST_OF_SYSTEMD: Final = 3  #: sd_listen_fds(3)
LISTEN_FD: Final = "FLOWHOOK_LISTEN_FD"  #: of a worker: the socket that its parent listens on
PARENT_FD: Final = "FLOWHOOK_PARENT_FD"  #: of a worker: told when it serves; ends when the parent does


def inherited_listener(environ: MutableMapping[str, str]) -> socket.socket | None:
    """The socket that this process was given; None: it has to listen itself. Processes that it starts are
    not given it."""
    number = environ.pop(LISTEN_FD, None)
    if number is None and environ.get("LISTEN_PID") == str(os.getpid()) and environ.get("LISTEN_FDS") == "1":
        number = str(FIRST_OF_SYSTEMD)
    if number is None:
        return None
    os.set_inheritable(int(number), False)
    sock = socket.socket(fileno=int(number))
    sock.setblocking(False)
    return sock


def parent_socket(environ: MutableMapping[str, str]) -> socket.socket | None:
    """The line to the parent of a worker."""
    number = environ.pop(PARENT_FD, None)
    if number is None:
        return None
    os.set_inheritable(int(number), False)
    sock = socket.socket(fileno=int(number))
    sock.setblocking(False)
    return sock
