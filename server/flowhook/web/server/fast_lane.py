"""The fast lane: plain messages are read off the socket and answered in place, in one write.

A connection begins here. As long as its requests are plain (HTTP/1.1, ``POST`` to a route of messages with
one Content-Length and a small body, or ``GET`` of a public route without any; nothing unusual in the head)
no stream, queue or second task is made for them.
The first request that is anything else hands the connection over, with all bytes that are unread, to a reader
of the whole of HTTP, and it stays there. When in doubt, it is handed over: what two servers could read
differently is never read here.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flowhook.errors import ApiError
from flowhook.web.core.http import Disconnected, HttpRequest, HttpResponse
from flowhook.web.server.plain_head import plain_head

if TYPE_CHECKING:
    from flowhook.web.messages.asgi import MessageApp
    from flowhook.web.messages.route_table import PathHandlers
    from flowhook.web.server.connections import Connections, OpenConnection

HEAD_LIMIT: Final = 8 * 1024  #: bytes of a head
BODY_LIMIT: Final = 16 * 1024  #: bytes of a body; larger ones are read where all bodies share a budget
UNREAD_LIMIT: Final = (
    HEAD_LIMIT + BODY_LIMIT
)  #: bytes of further requests that are kept while one is answered

_CLOSE: Final = b"connection: close\r\n"
_STATUS_LINES: Final = {
    status.value: b"HTTP/1.1 %d %s\r\n" % (status.value, status.phrase.encode()) for status in HTTPStatus
}
_PREFIXES: Final = (b"POST /", b"GET /")


class FastLane(asyncio.Protocol):
    """The protocol of one connection, until it is handed over."""

    def __init__(
        self,
        app: MessageApp,
        connections: Connections,
        hand_over: Callable[[OpenConnection, bytes], None],
        *,
        is_open: bool = True,
    ) -> None:
        self._app = app
        self._connections = connections
        self._hand_over_to = hand_over
        self._is_open = is_open  #: False: every connection is handed over with its first bytes
        self._loop = asyncio.get_running_loop()
        self._connection: OpenConnection | None = None
        self._buffer = b""
        self._task: asyncio.Task[None] | None = None
        self._waits_for_body = False
        self._closes = False  #: the caller asked for it with the request that is being answered
        self._writing_paused = False
        self._reading_paused = False
        self._ended = False
        self._lingers = False
        self._at_eof = False

    # --- what asyncio calls -----------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._connection = self._connections.admit(transport, self._loop.time())

    def connection_lost(self, exc: Exception | None) -> None:
        self._ended = True
        if self._connection is not None:
            self._connections.leave(self._connection)

    def eof_received(self) -> bool:
        """The caller sends no more. A request that is being answered is answered; then we close, too."""
        self._buffer = b""
        self._at_eof = True
        self._ended = self._task is None
        return not self._ended

    def pause_writing(self) -> None:
        self._writing_paused = True

    def resume_writing(self) -> None:
        self._writing_paused = False
        if self._task is None and self._buffer:
            self._next()

    def data_received(self, data: bytes) -> None:
        if self._connection is None or self._lingers:
            return
        self._buffer = self._buffer + data if self._buffer else data
        if self._task is None and not self._writing_paused:
            self._next()
        elif len(self._buffer) > UNREAD_LIMIT and not self._reading_paused:
            self._reading_paused = True
            self._transport.pause_reading()

    # --- reading ----------------------------------------------------------------------------------

    def _next(self) -> None:
        """Begin with the request at the head of the buffer, wait for the rest of it, or hand over."""
        buffer, connection = self._buffer, self._connection
        assert connection is not None
        if not self._is_open or not (buffer.startswith(_PREFIXES) or _begins_plain(buffer)):
            self._hand_over(connection)
            return
        end = buffer.find(b"\r\n\r\n", 0, HEAD_LIMIT)
        if end < 0:
            if len(buffer) >= HEAD_LIMIT:
                self._hand_over(connection)
            elif connection.is_idle:
                connection.wait_for_rest(self._loop.time())
            return
        head = plain_head(buffer[:end])
        if head is None or head.size > min(BODY_LIMIT, self._app.limits.max_body):
            self._hand_over(connection)
            return
        self._closes = head.closes or self._connections.hands_over
        start, size = end + 4, head.size
        if len(buffer) < start + size:
            if not self._waits_for_body:
                self._waits_for_body = True
                connection.expire = self._body_is_late
                connection.wait_for_rest(self._loop.time(), self._app.limits.body_seconds)
            return
        path, argument = self._app.find(head.path)
        if path is None or self._app.is_full:
            self._hand_over(connection)
            return
        body = buffer[start : start + size]
        self._buffer = buffer[start + size :]
        self._waits_for_body = False
        connection.wait_for_response()
        scope = {**head.scope, "client": connection.peer}
        request = HttpRequest(scope, dict(head.headers), None, self._app.limits, argument, body=body)
        self._task = self._loop.create_task(self._answer(path, request))

    def _body_is_late(self) -> None:
        if self._waits_for_body and self._task is None:
            self._is_open = False
            late = ApiError(408, "body_timeout", "The body did not arrive in time.")
            self._write(self._app.refuse(late))
        else:
            self._transport.close()

    def _hand_over(self, connection: OpenConnection) -> None:
        """Give the connection to the reader of the whole of HTTP, for good."""
        if self._reading_paused:
            self._reading_paused = False
            self._transport.resume_reading()
        buffer, self._buffer, self._connection = self._buffer, b"", None
        connection.expire = self._transport.close
        self._hand_over_to(connection, buffer)

    # --- answering --------------------------------------------------------------------------------

    async def _answer(self, path: PathHandlers, request: HttpRequest) -> None:
        try:
            response = await self._app.respond(path, request)
        except Disconnected:  # the body is here, so nobody can say so; the handler's own way to give up
            self._transport.abort()
            return
        finally:
            self._task = None
        self._write(response)
        if self._reading_paused and len(self._buffer) <= UNREAD_LIMIT and not self._ended:
            self._reading_paused = False
            self._transport.resume_reading()
        if self._buffer and not self._writing_paused and not self._lingers and not self._ended:
            self._next()

    def _write(self, response: HttpResponse) -> None:
        connection = self._connection
        if self._ended or connection is None:
            return
        closes = self._closes and (b"connection", b"close") not in response.headers
        self._transport.write(response_bytes(response, _CLOSE if closes else b""))
        connection.wait_for_request(self._loop.time())
        if self._at_eof:
            self._transport.close()
        elif (
            not self._is_open
            or self._closes
            or self._app.is_stopping
            or (b"connection", b"close") in response.headers
        ):
            self._lingers = True
            connection.linger(self._loop.time())


def _begins_plain(buffer: bytes) -> bool:
    """Whether less than a method is here so far, which the rest may make a plain one."""
    return any(prefix.startswith(buffer) for prefix in _PREFIXES)


def response_bytes(response: HttpResponse, more: bytes = b"") -> bytes:
    """A response as it goes over the wire, with the date that every response has, and ``more`` headers."""
    lines = b"".join([b"%s: %s\r\n" % pair for pair in response.headers])
    status = _STATUS_LINES.get(response.status) or b"HTTP/1.1 %d \r\n" % response.status
    return b"%s%s%s%s\r\n%s" % (status, lines, _date(), more, response.body)


_last_date: tuple[int, bytes] = (0, b"")


def _date() -> bytes:
    """The header that tells the time; written anew once a second."""
    global _last_date
    now = int(time.time())
    if _last_date[0] != now:
        _last_date = (now, b"date: " + formatdate(now, usegmt=True).encode() + b"\r\n")
    return _last_date[1]
