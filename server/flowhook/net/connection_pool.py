"""HTTP/1.1 connections that are kept and used again: one request at a time on each, a pool for each origin.

Deliveries send millions of small requests to a handful of receivers. This is the shortest road for them: a
request is one write, a response wakes one future, and nothing else is made on the way.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from collections import deque
from typing import Any, Protocol

import aiohappyeyeballs

from flowhook.net.address_policy import AddressRefused
from flowhook.net.egress import Proxy
from flowhook.net.http1 import Malformed, ResponseParser
from flowhook.net.ssrf_guard import SsrfGuard

CONNECT_SECONDS = 5.0
HAPPY_EYEBALLS_SECONDS = 0.25  #: until the next address of a name is tried beside the first (RFC 8305)
# Many servers close idle connections after five seconds: leave before they do, or a request is
# written into a connection that is being closed.
IDLE_SECONDS = 4.0
CONNECTIONS_PER_ORIGIN = 128


class ConnectionFailed(OSError):
    """There is no connection: ``__cause__`` tells why."""


class ConnectionEnded(ConnectionError):
    """The connection ended before a byte of the response had arrived."""


class Secure(Protocol):
    """Gives the context of TLS connections, made when first asked for."""

    def __call__(self) -> ssl.SSLContext: ...


class Connection(asyncio.Protocol):
    """One connection. It is either idle, or carries one request until its response is whole."""

    __slots__ = ("_pool", "_transport", "_waiter", "idle_since", "is_open", "response")

    def __init__(self, pool: ConnectionPool) -> None:
        self._pool = pool
        self._waiter: asyncio.Future[None] | None = None
        self.response = ResponseParser("GET")
        self.is_open = True
        self.idle_since = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        if self._waiter is not None:
            try:
                if not self.response.began:
                    raise ConnectionEnded("the connection was closed before the response")
                self.response.end()
            except (OSError, Malformed) as failure:
                self._wake(failure)
            else:
                self._wake(None)
        self._pool.lost(self)

    def data_received(self, data: bytes) -> None:
        if self._waiter is None:  # a response to nothing: whatever follows could be mistaken for the next one
            self._transport.abort()
            return
        try:
            self.response.feed(data)
        except Malformed as error:
            self._transport.abort()
            self._wake(error)
        else:
            if self.response.complete:
                self._wake(None)

    def _wake(self, error: Exception | None) -> None:
        waiter, self._waiter = self._waiter, None
        if waiter is None or waiter.done():
            return
        if error is None:
            waiter.set_result(None)
        else:
            waiter.set_exception(error)

    async def exchange(self, method: str, request: bytes) -> ResponseParser:
        """Write a request and wait for its response. Cancelled or failed, the connection is closed."""
        response = self.response = ResponseParser(method)
        waiter = self._waiter = self._pool.loop.create_future()
        self._transport.write(request)
        try:
            await waiter
        except BaseException:
            self._waiter = None
            self._transport.abort()
            raise
        return response

    @property
    def is_reusable(self) -> bool:
        """Whether the last exchange left the connection clean: all written, all read, not closed."""
        return self.is_open and self.response.reusable and not self._transport.get_write_buffer_size()

    def close(self) -> None:
        """Close at once; what was not written is dropped."""
        self._transport.abort()


class ConnectionPool:
    """The connections to one origin (scheme, host and port), at most 128 at once.

    The most recently used one is taken first, so that the others can grow old and leave.
    """

    def __init__(
        self,
        guard: SsrfGuard,
        host: str,
        port: int,
        secure: Secure | None = None,
        proxy: Proxy | None = None,
    ) -> None:
        self._guard = guard
        self._host, self._port = host, port
        self._secure = secure
        self._proxy = proxy
        self.loop = asyncio.get_running_loop()
        self._idle: list[Connection] = []
        self._all: set[Connection] = set()
        self._opening = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sweep: asyncio.TimerHandle | None = None

    async def exchange(self, method: str, request: bytes) -> ResponseParser:
        """Send one request, whose bytes are complete, and return its response.

        Raises ConnectionFailed, ConnectionEnded, another OSError, or Malformed when the response is no HTTP.
        """
        connection = self._take_idle() or await self._open()
        try:
            return await connection.exchange(method, request)
        finally:
            self._give_back(connection)

    @property
    def is_open(self) -> bool:
        """Whether a connection is open or on its way."""
        return bool(self._all or self._opening)

    def close(self) -> None:
        """Close all connections."""
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self._all):
            connection.close()

    def close_idle(self) -> None:
        """Close the connections that nobody uses now."""
        for connection in list(self._idle):
            connection.close()
        self._idle.clear()

    def lost(self, connection: Connection) -> None:
        """A connection was closed, by whomever."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._wake_next()

    def _take_idle(self) -> Connection | None:
        oldest = self.loop.time() - IDLE_SECONDS
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and connection.idle_since > oldest:
                return connection
            connection.close()
        return None

    def _give_back(self, connection: Connection) -> None:
        if not connection.is_reusable:
            connection.close()
            return
        connection.idle_since = self.loop.time()
        self._idle.append(connection)
        if self._waiting:
            self._wake_next()
        elif self._sweep is None:
            self._sweep = self.loop.call_later(IDLE_SECONDS, self._close_idle)

    def _close_idle(self) -> None:
        """Close what nobody used for a while, before the receiver does."""
        oldest = self.loop.time() - IDLE_SECONDS
        while self._idle and self._idle[0].idle_since <= oldest:
            self._idle.pop(0).close()
        self._sweep = None
        if self._idle:
            self._sweep = self.loop.call_at(self._idle[0].idle_since + IDLE_SECONDS, self._close_idle)

    def _wake_next(self) -> None:
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return

    async def _open(self) -> Connection:
        """A new connection, or one that became idle while waiting for a place among the 128."""
        while len(self._all) + self._opening >= CONNECTIONS_PER_ORIGIN:
            waiter = self.loop.create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._wake_next()  # the place that was meant for this one
                raise
            connection = self._take_idle()
            if connection is not None:
                return connection
        self._opening += 1
        try:
            return await self._connect()
        except BaseException:
            self._wake_next()
            raise
        finally:
            self._opening -= 1

    async def _connect(self) -> Connection:
        proxy = self._proxy
        host, port = (proxy.host, proxy.port) if proxy is not None else (self._host, self._port)
        addresses = await self._addresses(host, port)
        context = self._secure() if self._secure is not None else None
        sock: socket.socket | None = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                sock = await aiohappyeyeballs.start_connection(
                    addresses,
                    happy_eyeballs_delay=HAPPY_EYEBALLS_SECONDS,
                    interleave=1,
                    loop=self.loop,
                    socket_factory=self._guard.open_socket,
                )
                if proxy is not None and context is not None:
                    await proxy.open_tunnel(self.loop, sock, self._host, self._port)
        except BaseException as error:
            if sock is not None:
                sock.close()
            if isinstance(error, OSError) and not isinstance(error, TimeoutError | AddressRefused):
                raise ConnectionFailed(error.errno, str(error)) from error
            raise
        try:
            # asyncio sets TCP_NODELAY on the transports that it makes.
            _, connection = await self.loop.create_connection(
                lambda: Connection(self),
                sock=sock,
                ssl=context,
                server_hostname=self._host.rstrip(".") if context is not None else None,
            )
        except BaseException:
            sock.close()
            raise
        self._all.add(connection)
        return connection

    async def _addresses(self, host: str, port: int) -> list[tuple[Any, ...]]:
        """Where to connect, as getaddrinfo gives it. Raises socket.gaierror, AddressRefused."""
        try:
            literal = ipaddress.ip_address(host)
        except ValueError:
            found = await self._guard.resolve(host, port, socket.AF_UNSPEC)
            return [
                (
                    address["family"],
                    socket.SOCK_STREAM,
                    address["proto"],
                    "",
                    _sockaddr(address["family"], address["host"], port),
                )
                for address in found
            ]
        family = socket.AF_INET if literal.version == 4 else socket.AF_INET6
        return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", _sockaddr(family, host, port))]


def _sockaddr(family: int, host: str, port: int) -> tuple[Any, ...]:
    return (host, port, 0, 0) if family == socket.AF_INET6 else (host, port)
