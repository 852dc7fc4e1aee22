"""httpx as the interface, our aiohttp session as the transport.

The exceptions keep httpx's meaning: ``ConnectError`` and ``ConnectTimeout`` say that nothing was
sent; whatever fails later is a ``ReadTimeout``, ``ReadError`` or ``RemoteProtocolError``.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy

import aiohttp
import httpx
from multidict import CIMultiDict
from yarl import URL

from flowhook.net.errors import CONNECT_SECONDS, USER_AGENT, explain, reason_of
from flowhook.net.trace_context import current_header

#: Returns the session; called in its event loop only.
SessionSource = Callable[[], aiohttp.ClientSession]

DEFAULT_TIMEOUT = httpx.Timeout(10.0, connect=CONNECT_SECONDS)
TOTAL_SECONDS = 300.0
BODY_LIMIT = 32 * 1024 * 1024
CHUNK = 64 * 1024
SMALL_CHUNK = 4 * 1024  #: of a compressed body: one piece may unfold a thousandfold
# One customer's cookie must not travel with another's request.
NO_COOKIES = DefaultCookiePolicy(allowed_domains=[])
HEADERS = {"User-Agent": USER_AGENT, "Accept-Encoding": "identity"}


def async_client(session: SessionSource) -> httpx.AsyncClient:
    """Return a client for the event loop of the session, which is asked for at each request."""
    client = httpx.AsyncClient(
        transport=AiohttpTransport(session),
        timeout=DEFAULT_TIMEOUT,
        headers=HEADERS,
        trust_env=False,
        follow_redirects=False,
    )
    client.cookies.jar.set_policy(NO_COOKIES)
    return client


def sync_client(session: SessionSource, loop: asyncio.AbstractEventLoop, loop_thread: int) -> httpx.Client:
    """A client for other threads: each request runs in the event loop of the session."""
    client = httpx.Client(
        transport=BridgeTransport(AiohttpTransport(session), loop, loop_thread),
        timeout=DEFAULT_TIMEOUT,
        headers=HEADERS,
        trust_env=False,
        follow_redirects=False,
    )
    client.cookies.jar.set_policy(NO_COOKIES)
    return client


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Carries httpx requests over an aiohttp session that somebody else opens and closes."""

    def __init__(self, session: SessionSource) -> None:
        self._session = session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and return its response, whose body streams."""
        body = await request.aread()
        url = request.url.copy_with(userinfo=b"", fragment=None)
        headers = CIMultiDict(request.headers.multi_items())
        headers.pop("Transfer-Encoding", None)  # the body is whole by now
        if "traceparent" not in headers and (trace := current_header()) is not None:
            headers["traceparent"] = trace
        with _httpx_errors(request):
            response = await self._session().request(
                request.method,
                URL(str(url), encoded=True),
                data=body or None,
                headers=headers,
                allow_redirects=False,
                timeout=_timeout(request),
            )
        stream = _Body(response, request)
        if _is_compressed(response) and headers.get("Accept-Encoding") == "identity":
            await stream.aclose()
            raise httpx.RemoteProtocolError(
                "the server compressed its response though asked not to; "
                "the header accept-encoding: gzip allows it",
                request=request,
            )
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=stream,
            extensions={"http_version": b"HTTP/1.1", "reason_phrase": (response.reason or "").encode()},
        )


class _Body(httpx.AsyncByteStream):
    """The response body as it comes in, up to a bound."""

    def __init__(self, response: aiohttp.ClientResponse, request: httpx.Request) -> None:
        self._response = response
        self._request = request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        room = BODY_LIMIT
        with _httpx_errors(self._request):
            chunk = SMALL_CHUNK if _is_compressed(self._response) else CHUNK
            async for piece in self._response.content.iter_chunked(chunk):
                room -= len(piece)
                if room < 0:
                    raise httpx.ReadError(
                        f"the answer is larger than {BODY_LIMIT} bytes", request=self._request
                    )
                yield piece

    async def aclose(self) -> None:
        """Give the connection back, or close it when something is left unread."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


class BridgeTransport(httpx.BaseTransport):
    """Lets a worker thread use the asynchronous transport, and wait."""

    def __init__(
        self, transport: AiohttpTransport, loop: asyncio.AbstractEventLoop, loop_thread: int
    ) -> None:
        self._transport = transport
        self._loop = loop
        self._loop_thread = loop_thread

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request and read the whole response."""
        if threading.get_ident() == self._loop_thread:
            raise RuntimeError(
                "the synchronous client would block the event loop; use the asynchronous one here"
            )
        request.read()
        waiting = asyncio.run_coroutine_threadsafe(self._fetch(request), self._loop)
        try:
            return waiting.result()
        except BaseException:
            waiting.cancel()
            raise

    async def _fetch(self, request: httpx.Request) -> httpx.Response:
        twin = httpx.Request(
            request.method,
            request.url,
            headers=request.headers,
            content=request.content,
            extensions=request.extensions,
        )
        response = await self._transport.handle_async_request(twin)
        stream = response.stream
        assert isinstance(stream, _Body)
        try:
            body = b"".join([piece async for piece in stream])
        finally:
            await stream.aclose()
        return httpx.Response(
            response.status_code,
            headers=response.headers.raw,
            stream=httpx.ByteStream(body),
            extensions=response.extensions,
        )


def _timeout(request: httpx.Request) -> aiohttp.ClientTimeout:
    timeouts = request.extensions.get("timeout", {})
    return aiohttp.ClientTimeout(
        total=TOTAL_SECONDS, sock_connect=timeouts.get("connect"), sock_read=timeouts.get("read")
    )


def _is_compressed(response: aiohttp.ClientResponse) -> bool:
    return response.headers.get("Content-Encoding", "identity").strip().lower() not in ("", "identity")


@contextmanager
def _httpx_errors(request: httpx.Request) -> Iterator[None]:
    """Raise aiohttp's exceptions as those of httpx."""
    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _translate(error)(explain(error), request=request) from error


def _translate(error: BaseException) -> type[httpx.TransportError]:
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return httpx.ConnectTimeout
    if isinstance(error, aiohttp.ServerDisconnectedError):
        return httpx.RemoteProtocolError
    return _KINDS[reason_of(error)]


_KINDS: dict[str, type[httpx.TransportError]] = {
    "timeout": httpx.ReadTimeout,
    "blocked": httpx.ConnectError,
    "dns": httpx.ConnectError,
    "tls": httpx.ConnectError,
    "connect": httpx.ConnectError,
    "closed": httpx.ReadError,
    "protocol": httpx.RemoteProtocolError,
}
