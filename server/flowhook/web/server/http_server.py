"""The server: listens, reads requests, and stops in time whatever its callers do."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Final

from flowhook.web.server.connections import BACKLOG, Connections, OpenConnection
from flowhook.web.server.fast_lane import FastLane
from flowhook.web.server.lifespan import lifespan

if TYPE_CHECKING:
    from flowhook.web.messages.asgi import MessageApp
    from flowhook.web.server.h11_connection import H11Reader

GRACEFUL_SECONDS: Final = 2.0  #: for requests that are being answered when the server stops
HANDOVER_SECONDS: Final = 0.5  #: for a request on a connection that was taken last
STREAM_LIMIT: Final = 8 * 1024  #: reading pauses when twice as many bytes wait to be read


class HttpServer:
    """One listening socket and the connections that came through it."""

    def __init__(
        self,
        app: MessageApp,
        *,
        fast_lane: bool = True,
        limit: int | None = None,
        graceful: float = GRACEFUL_SECONDS,
    ) -> None:
        self.connections = Connections(limit)
        self._app = app
        self._fast_lane = fast_lane
        self._graceful = graceful
        self._reader: H11Reader | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    @asynccontextmanager
    async def listening(self, sock: socket.socket) -> AsyncIterator[None]:
        """Serve on a bound socket while the context lasts; then stop, within a few seconds."""
        loop = asyncio.get_running_loop()
        try:
            async with lifespan(self._app):
                self._server = await loop.create_server(self._lane, sock=sock, backlog=BACKLOG)
                try:
                    yield
                finally:
                    await self._stop()
        finally:
            sock.close()

    def _lane(self) -> FastLane:
        return FastLane(self._app, self.connections, self._read_all_of_http, is_open=self._fast_lane)

    def _read_all_of_http(self, connection: OpenConnection, unread: bytes) -> None:
        """Let Hypercorn read a connection from here on, beginning with the bytes that were read already."""
        loop, transport = asyncio.get_running_loop(), connection.transport
        reader = asyncio.StreamReader(STREAM_LIMIT, loop)
        protocol = _StreamProtocol(reader, loop=loop)
        transport.set_protocol(protocol)
        protocol.connection_made(transport)
        if unread:
            reader.feed_data(unread)
        writer = asyncio.StreamWriter(transport, protocol, reader, loop)
        task = loop.create_task(self._serve(connection, reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(
        self, connection: OpenConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        if self._reader is None:
            # In a thread, and only now: Hypercorn's import takes a tenth of a second and 4 MB.
            module = await asyncio.to_thread(import_module, "flowhook.web.server.h11_connection")
            made: H11Reader = module.H11Reader(self._app, self.connections)
            self._reader = self._reader or made
        await self._reader.serve(connection, reader, writer)

    async def hand_over(self) -> None:
        """Take no more connections, which others do who listen on the same socket; answer what those ask that
        were taken, for a moment, and close each with its response."""
        assert self._server is not None
        self._server.close()
        self.connections.hands_over = True
        await asyncio.sleep(HANDOVER_SECONDS)

    async def _stop(self) -> None:
        """Take no more connections; let requests end that are being answered; cut what still hangs."""
        assert self._server is not None
        self._server.close()
        if self._reader is not None:
            await self._reader.terminate()
        self.connections.close_idle()
        for _ in range(2):  # what is closed is lost in the next round of the loop: nothing to wait for
            await asyncio.sleep(0)
        loop = asyncio.get_running_loop()
        until = loop.time() + self._graceful
        while len(self.connections) and loop.time() < until:
            await asyncio.sleep(0.02)
            self.connections.close_idle()
        self.connections.abort()
        for _ in range(5):  # what the system accepted last becomes a connection, and is closed, meanwhile
            await asyncio.sleep(0)
        if self._tasks:
            _, hanging = await asyncio.wait(self._tasks, timeout=0.5)
            for task in hanging:
                task.cancel()
            if hanging:
                await asyncio.wait(hanging, timeout=0.5)


class _StreamProtocol(asyncio.StreamReaderProtocol):
    """A connection that is lost has ended, whatever the reason: strangers who leave in the middle of a
    response are no errors, and nobody would retrieve one."""

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(None)


def bind(host: str, port: int) -> socket.socket:
    """A socket bound to an address, ready to listen. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # asyncio sets TCP_NODELAY only where the protocol is named, and accepted sockets take it from here.
    # Without it a response of two writes waits 40 ms for the acknowledgement of the first.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((host, port))
    except BaseException:
        sock.close()
        raise
    sock.setblocking(False)
    return sock
