"""A connection whose requests Hypercorn reads, with h11: everything that is not a plain message.

HTTP/1.0 and 1.1, chunked bodies, WebSockets of plugins. HTTP/2 without TLS is not spoken: behind a proxy it
brings nothing, and its streams cannot be bounded as connections can.

The module is imported with the first such connection: Hypercorn brings HTTP/2 and WebSockets along.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import h11
from hypercorn.asyncio.task_group import TaskGroup
from hypercorn.asyncio.worker_context import WorkerContext
from hypercorn.config import Config
from hypercorn.events import Closed, Event, RawData, Updated
from hypercorn.protocol.h11 import H11Protocol
from hypercorn.typing import ConnectionState
from hypercorn.utils import wrap_app

from flowhook.errors import ApiError
from flowhook.web.core.problem_json import problem_response

if TYPE_CHECKING:
    from hypercorn.typing import AppWrapper

    from flowhook.web.messages.asgi import MessageApp
    from flowhook.web.server.connections import Connections, OpenConnection

READ_BYTES = 16 * 1024
_DETAILS = {
    431: "The head of the request is too long.",
    501: "The Transfer-Encoding of the request is not known here.",
}


class H11Reader:
    """Reads the requests of connections for one application."""

    def __init__(self, app: MessageApp, connections: Connections) -> None:
        self._config = _settings()
        self._app = wrap_app(app, self._config.wsgi_max_body_size, "asgi")  # type: ignore[arg-type]
        self._context = WorkerContext(None)
        self._connections = connections

    async def serve(
        self, connection: OpenConnection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Serve a connection to its end."""
        await H11Connection(
            self._app, self._config, self._context, self._connections, connection, reader, writer
        ).run()

    async def terminate(self) -> None:
        """Let each connection close after the response that it is at."""
        await self._context.terminated.set()


def _settings() -> Config:
    """Hypercorn's settings: no access log of its own, no ``Server`` header, small heads."""
    config = Config()
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    config.h11_max_incomplete_size = 16 * 1024
    config.max_app_queue_size = 4  # of READ_BYTES each, when the application does not read
    config.keep_alive_max_requests = 1_000_000  # what is idle is swept; what is used may stay
    return config


class H11Connection:
    """Reads requests from one connection and writes what the application responds, until it is closed."""

    def __init__(
        self,
        app: AppWrapper,
        config: Config,
        context: WorkerContext,
        connections: Connections,
        connection: OpenConnection,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
    ) -> None:
        self._app = app
        self._config = config
        self._context = context
        self._connections = connections
        self._connection = connection
        self._reader = reader
        self._writer = writer
        self._loop = asyncio.get_running_loop()
        self._protocol: _Protocol | None = None
        self._lingers = False

    async def run(self) -> None:
        """Serve the connection to its end."""
        server = self._writer.get_extra_info("sockname")
        try:
            async with TaskGroup(self._loop) as group:
                protocol = self._protocol = _Protocol(
                    self._app,
                    self._config,
                    self._context,
                    group,
                    ConnectionState({}),
                    False,
                    self._connection.peer,
                    server[:2] if isinstance(server, tuple) else None,
                    self._send,
                )
                while True:
                    try:
                        data = await self._reader.read(READ_BYTES)
                    except OSError:
                        break
                    if not data:
                        break
                    if self._lingers:
                        continue
                    if self._connection.is_idle:
                        self._connection.wait_for_rest(self._loop.time())
                    await protocol.handle(RawData(data))
                await protocol.handle(Closed())
        finally:
            self._connections.leave(self._connection)
            self._writer.close()

    async def _send(self, event: Event) -> None:
        match event:
            case RawData():
                await self._write(event.data)
            case Closed():
                self._lingers = True
                self._connection.linger(self._loop.time())
            case Updated(idle=True):
                self._connection.wait_for_request(self._loop.time())
                if self._context.terminated.is_set():
                    self._writer.close()
            case Updated():
                self._connection.wait_for_response()

    async def _write(self, data: bytes) -> None:
        """Wait until the caller has read enough of it. One who reads nothing is cut off by the sweep."""
        try:
            self._writer.write(data)
            await self._writer.drain()
        except (ConnectionError, RuntimeError):
            assert self._protocol is not None
            await self._protocol.handle(Closed())


class _Protocol(H11Protocol):
    """Hypercorn's, without the ways into HTTP/2, and with a body for what is no HTTP at all."""

    async def _check_protocol(self, event: h11.Request) -> None:
        """Take no upgrade to HTTP/2; the application refuses versions that it does not speak."""

    async def _send_error_response(self, status_code: int) -> None:
        detail = _DETAILS.get(status_code, "This is not a valid HTTP/1.1 request.")
        response, _ = problem_response(ApiError(status_code, "bad_request", detail))
        headers: list[Any] = [pair for pair in response.headers if pair[0] != b"connection"]
        headers += [(b"connection", b"close"), *self.config.response_headers("h11")]
        await self._send_h11_event(h11.Response(status_code=status_code, headers=headers))
        await self._send_h11_event(h11.Data(data=response.body))
        await self._send_h11_event(h11.EndOfMessage())
