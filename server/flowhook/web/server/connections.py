"""All open connections: how many there may be, and which of them have been still for too long.

A stranger's connection costs a descriptor and a few kilobytes, so their number is bounded, for all and for
each address. One sweep a second closes what is idle, what does not send the head it began, and what does not
read what it was sent; a connection needs no timer or task of its own for that.
"""

from __future__ import annotations

import asyncio
import logging
import math
import resource
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from flowhook.model.log_action import LogAction

log = logging.getLogger("flowhook.web")

MAX_CONNECTIONS: Final = 8192
RESERVED_DESCRIPTORS: Final = 256  #: for the database, deliveries, logs and plugins
SWEEP_SECONDS: Final = 1.0
#: Between two requests. More than clients and proxies keep a connection that they do not use (5 s and 60 s
#: are usual): whoever closes first must be the one that sends, or a request meets a closed door.
IDLE_SECONDS: Final = 75.0
HEAD_SECONDS: Final = 10.0  #: until a first request begins, and from the first byte of a head to its last
LINGER_SECONDS: Final = 2.0  #: after the last response
WRITE_SECONDS: Final = 10.0  #: without that a waiting byte leaves
BACKLOG: Final = 128
#: Bytes that may wait to be written before the writer waits; more is bounded by the size of one response.
WRITE_BUFFER: Final = 16 * 1024


class OpenConnection:
    """One connection, in the books. Whoever reads it says what it waits for."""

    __slots__ = ("_stalled_since", "_unsent", "due", "expire", "is_idle", "peer", "transport")

    def __init__(self, transport: asyncio.Transport, peer: tuple[str, int] | None, now: float) -> None:
        self.transport = transport
        self.peer = peer  #: address and port of the caller; None when he is gone already
        self.expire: Callable[[], None] = transport.close  #: called by the sweep once ``due`` has passed
        self._unsent = 0
        self._stalled_since = now
        self.is_idle = True
        self.due = now + HEAD_SECONDS

    @property
    def address(self) -> str:
        """That of the caller, by which connections are counted."""
        return self.peer[0] if self.peer else ""

    def wait_for_request(self, now: float) -> None:
        """Nothing is being asked; the next request may take its time to come."""
        self.is_idle = True
        self.due = now + IDLE_SECONDS

    def wait_for_rest(self, now: float, seconds: float | None = None) -> None:
        """A request has begun; it must be whole in time, which for a head is always the same."""
        self.is_idle = False
        self.due = now + (HEAD_SECONDS if seconds is None else seconds)

    def wait_for_response(self) -> None:
        """A request is being answered, for which others set the limits."""
        self.is_idle = False
        self.due = math.inf

    def linger(self, now: float) -> None:
        """The last response was written. What the caller still sends is read and thrown away for a moment:
        closing on it would reset the connection, and he would never see the response."""
        self.is_idle = True
        self.due = now + LINGER_SECONDS
        self.expire = self.transport.close
        if not self.transport.is_closing():
            with suppress(OSError):  # the caller has gone already
                self.transport.write_eof()

    def is_stalled(self, now: float) -> bool:
        """Whether bytes wait for a reader who has taken none for too long. To be asked once a sweep."""
        unsent = self.transport.get_write_buffer_size()
        if not unsent or unsent < self._unsent or not self._unsent:
            self._stalled_since = now
        self._unsent = unsent
        return unsent > 0 and now - self._stalled_since > WRITE_SECONDS


class Connections:
    """The books of all connections of a server."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = limit if limit is not None else connection_limit()
        self.per_peer = max(1, self.limit // 2)
        self.hands_over = (
            False  #: others take the connections that come: each is closed with its next response
        )
        self.refused = 0  #: connections that were closed at once, for want of room
        self._is_closed = False
        self._open: dict[OpenConnection, None] = {}
        self._peers: dict[str, int] = {}
        self._sweep: asyncio.TimerHandle | None = None

    def __len__(self) -> int:
        return len(self._open)

    def admit(self, transport: asyncio.Transport, now: float) -> OpenConnection | None:
        """Enter a new connection; None when there is no room for it, and it was closed."""
        if self._is_closed:  # accepted by the system while the server stopped
            transport.abort()
            return None
        peer = transport.get_extra_info("peername")
        address = peer[0] if isinstance(peer, tuple) else ""
        has_share = self._peers.get(address, 0) >= self.per_peer
        if (has_share and not self._make_room(address)) or (
            len(self._open) >= self.limit and not self._make_room()
        ):
            self.refused += 1
            log.warning("too many connections: one refused", extra={"action": LogAction.CONNECTION_REFUSED})
            transport.abort()
            return None
        transport.set_write_buffer_limits(high=WRITE_BUFFER)
        connection = OpenConnection(transport, (peer[0], peer[1]) if address else None, now)
        self._open[connection] = None
        self._peers[address] = self._peers.get(address, 0) + 1
        if self._sweep is None:
            self._sweep = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._look)
        return connection

    def leave(self, connection: OpenConnection) -> None:
        """Strike a connection that was closed from the books."""
        if connection not in self._open:
            return
        del self._open[connection]
        address = connection.address
        left = self._peers[address] - 1
        if left:
            self._peers[address] = left
        else:
            del self._peers[address]

    def close_idle(self) -> None:
        """Close all on which nothing is being asked."""
        for connection in list(self._open):
            if connection.is_idle:
                connection.transport.close()

    def abort(self) -> None:
        """Close all at once, whatever they wait for, and those that still come."""
        self._is_closed = True
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self._open):
            connection.transport.abort()

    def _make_room(self, address: str | None = None) -> bool:
        """Close the oldest idle connection, of an address if one is given; False when there is none among the
        oldest hundred."""
        for connection, _ in zip(self._open, range(100), strict=False):
            if connection.is_idle and (address is None or connection.address == address):
                connection.transport.abort()
                self.leave(connection)
                return True
        return False

    def _look(self) -> None:
        loop = asyncio.get_running_loop()
        now = loop.time()
        for connection in list(self._open):
            if connection.is_stalled(now):
                connection.transport.abort()
            elif now > connection.due:
                connection.expire()
        self._sweep = loop.call_later(SWEEP_SECONDS, self._look) if self._open else None


def raise_descriptor_limit() -> None:
    """Let this process open as many files and sockets as the system allows it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = hard if hard != resource.RLIM_INFINITY else 1 << 20
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):  # a system that allows less than it says
        return


def connection_limit() -> int:
    """How many connections fit below the limit of open files."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return MAX_CONNECTIONS
    return max(16, min(MAX_CONNECTIONS, soft - RESERVED_DESCRIPTORS))
