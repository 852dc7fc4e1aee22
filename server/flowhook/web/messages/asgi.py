"""The ASGI application that the server runs.

The public routes are served here, without a framework: a dictionary look-up finds the handler, and
no task races it, so a caller who hangs up never cuts one short. Everything else goes on to Quart.
Whatever Hypercorn lets in and should not is turned away first.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError
from flowhook.web.core.cors import Cors
from flowhook.web.core.http import (
    App,
    ByteBudget,
    Disconnected,
    HttpRequest,
    HttpResponse,
    Limits,
    Receive,
    Scope,
    Send,
)
from flowhook.web.core.problem_json import problem_response
from flowhook.web.messages.route_table import PathHandlers, RouteTable
from flowhook.web.messages.routes import MessageRoutes

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

#: Whoever asks whether the server lives is never turned away for want of room.
ALWAYS_ANSWERED = frozenset({"/healthz", "/readyz"})

BODY_SECONDS = 10.0
MAX_REQUESTS = 2_000  #: at once; more are refused with 503
MAX_BODIES = 64 * 1024 * 1024  #: bytes of bodies in memory at once
LINGER_SECONDS = 1.0
LINGER_BYTES = 4 * 1024 * 1024


class MessageApp:
    """Serves the public routes and hands the rest to ``inner``, which is the Quart app."""

    def __init__(
        self,
        application: Application,
        inner: App,
        *,
        body_seconds: float = BODY_SECONDS,
        max_requests: int = MAX_REQUESTS,
        max_bodies: int = MAX_BODIES,
    ) -> None:
        server = application.config.server
        self._application = application
        self._metrics = application.metrics
        self._inner = inner
        self.limits = Limits(server.max_body, body_seconds, ByteBudget(max_bodies))
        self._cors = Cors(server.cors_origins) if server.cors_origins else None
        self._max_requests = max_requests
        self._requests = 0
        self._routes = RouteTable(MessageRoutes(application))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, from head to response."""
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
            return
        headers: dict[bytes, bytes] = dict(scope["headers"])
        if self._cors is not None and b"origin" in headers:
            send = self._cors.wrap(headers[b"origin"], send)
            if self._cors.is_preflight(scope["method"], headers):
                await _send(send, self._cors.preflight())
                return
        self._requests += 1
        try:
            if (refusal := self._refusal(scope, headers)) is not None:
                await self._fail(refusal, scope, receive, send)
                return
            path, argument = self.find(scope["path"])
            if path is None:
                await _with_whole_body(self._inner, scope, headers, receive, send)
                return
            await self._handle(
                path, HttpRequest(scope, headers, receive, self.limits, argument), receive, send
            )
        finally:
            self._requests -= 1

    async def _handle(self, path: PathHandlers, request: HttpRequest, receive: Receive, send: Send) -> None:
        try:
            response = await path.choose(request.method)(request)
        except Disconnected:
            return
        except Exception as error:
            await self._fail(error, request.scope, receive, send, unread=request.unread)
            return
        finally:
            request.release()
        await _send(send, response)

    async def _fail(
        self, error: Exception, scope: Scope, receive: Receive, send: Send, *, unread: bool = True
    ) -> None:
        """Respond with a problem. What is unread of the body is read on for a moment: closing on it
        would reset the connection, and the caller would never see why."""
        response = self.refuse(error)
        await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
        await send({"type": "http.response.body", "body": response.body, "more_body": unread})
        if unread:
            await _drain(receive)
            await send({"type": "http.response.body", "body": b""})

    def find(self, path: str) -> tuple[PathHandlers | None, str]:
        """The handlers of a public route and the variable part of its path; None for any other path."""
        return self._routes.find(path)

    async def respond(self, path: PathHandlers, request: HttpRequest) -> HttpResponse:
        """Serve a request whose body is here already. Raises :class:`Disconnected` alone."""
        self._requests += 1
        try:
            return await path.choose(request.method)(request)
        except Disconnected:
            raise
        except Exception as error:
            return self.refuse(error)
        finally:
            self._requests -= 1

    def refuse(self, error: Exception) -> HttpResponse:
        """The response that tells a problem, which is counted."""
        response, code = problem_response(error)
        self._metrics.refused(code)
        return response

    @property
    def is_full(self) -> bool:
        """Whether another request would be turned away."""
        return self._requests >= self._max_requests

    @property
    def is_stopping(self) -> bool:
        """Whether the server takes no more requests on connections that it has."""
        return self._application.state == "stopping"

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> ApiError | None:
        """What Hypercorn lets in and should not, and what is too much."""
        if b"transfer-encoding" in headers and b"content-length" in headers:
            return ApiError(400, "bad_request", "Content-Length and Transfer-Encoding exclude each other.")
        if scope["http_version"] not in {"1.0", "1.1"}:
            return ApiError(505, "bad_request", "This server speaks HTTP/1.1.")
        if scope["method"] == "CONNECT" or not scope["path"].startswith("/"):
            return ApiError(400, "bad_request", "This is not a proxy.")
        if self._requests > self._max_requests and scope["path"] not in ALWAYS_ANSWERED:
            return ApiError(503, "overloaded", "Too many requests at once. Try again shortly.")
        return None


async def _send(send: Send, response: HttpResponse) -> None:
    await send({"type": "http.response.start", "status": response.status, "headers": response.headers})
    await send({"type": "http.response.body", "body": response.body})


async def _with_whole_body(
    app: App, scope: Scope, headers: dict[bytes, bytes], receive: Receive, send: Send
) -> None:
    """Let an application serve a request. When it responds before the body is whole ("there is nothing"),
    the rest is read on for a moment, so that the next request on the connection is heard."""
    if b"content-length" not in headers and b"transfer-encoding" not in headers:
        await app(scope, receive, send)
        return
    ended, waiting = asyncio.Event(), 0

    async def received() -> Any:
        nonlocal waiting
        waiting += 1
        try:
            message = await receive()
        finally:
            waiting -= 1
        if message["type"] != "http.request" or not message.get("more_body"):
            ended.set()
        return message

    async def sent(message: Any) -> None:
        is_last = message["type"] == "http.response.body" and not message.get("more_body")
        if not is_last or ended.is_set():
            await send(message)
            return
        await send({**message, "more_body": True})
        if waiting:  # the application reads by itself meanwhile
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LINGER_SECONDS):
                    await ended.wait()
        else:
            await _drain(receive)
        await send({"type": "http.response.body", "body": b""})

    await app(scope, received, sent)


async def _drain(receive: Receive) -> None:
    """Throw away what still comes of a body, within limits."""
    left = LINGER_BYTES
    try:
        async with asyncio.timeout(LINGER_SECONDS):
            while left > 0:
                message = await receive()
                if message["type"] != "http.request" or not message["more_body"]:
                    return
                left -= len(message["body"])
    except TimeoutError:
        return
