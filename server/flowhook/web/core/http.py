"""A request and its response as plain values, without a framework."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

from pydantic_core import to_json

from flowhook.deadlines import Deadlines
from flowhook.errors import ApiError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

HeaderPairs = list[tuple[bytes, bytes]]
NO_STORE = (b"cache-control", b"no-store")
JSON = (b"content-type", b"application/json")
FREE_BYTES = 16 * 1024  #: of each body: outside of the budget, and due within FIRST_SECONDS
FIRST_SECONDS = 2.0


class Disconnected(Exception):
    """The caller went away before the body was whole. Nobody is left to respond to."""


@dataclass(slots=True)
class HttpResponse:
    """Status, headers and the whole body."""

    status: int
    headers: HeaderPairs
    body: bytes = b""


def json_response(status: int, value: Any, headers: HeaderPairs | None = None) -> HttpResponse:
    """A response whose body is ``value`` as JSON."""
    body = to_json(value)
    pairs = [JSON, (b"content-length", b"%d" % len(body)), NO_STORE]
    return HttpResponse(status, pairs + headers if headers else pairs, body)


def empty_response(status: int, headers: HeaderPairs | None = None) -> HttpResponse:
    """A response without a body."""
    return HttpResponse(status, [NO_STORE, *(headers or [])])


class ByteBudget:
    """How many bytes of request bodies may be in memory at once, over all requests.

    What has arrived counts, not what is announced; the first bytes of each body are free, so that
    large bodies never keep a message of ordinary size out.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.reserved = 0

    def reserve(self, size: int) -> None:
        """Reserve ``size`` bytes; raises ApiError 503 ``overloaded`` when there is no room."""
        if self.reserved + size > self.limit:
            raise ApiError(503, "overloaded", "Too many requests are being read at once. Try again shortly.")
        self.reserved += size

    def release(self, size: int) -> None:
        """Give back what was reserved."""
        self.reserved -= size


@dataclass(slots=True)
class Limits:
    """What one request may cost."""

    max_body: int  #: bytes
    body_seconds: float
    budget: ByteBudget
    deadlines: Deadlines = field(default_factory=Deadlines)


class HttpRequest:
    """One HTTP request: its head at once, its body when a handler asks for it."""

    __slots__ = (
        "_body",
        "_limits",
        "_receive",
        "argument",
        "headers",
        "max_body",
        "method",
        "path",
        "reserved",
        "scope",
        "unread",
    )

    def __init__(
        self,
        scope: Scope,
        headers: dict[bytes, bytes],
        receive: Receive | None,
        limits: Limits,
        argument: str,
        *,
        body: bytes | None = None,
    ) -> None:
        self.scope = scope
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = headers  #: names in lower case; of a repeated header the last
        self.argument = argument  #: the variable part of the path: a token or a trace id
        self.reserved = 0
        self.max_body = limits.max_body  #: bytes; an endpoint may take more or less than others
        self._body = body  #: when it was read together with the head; else ``receive`` brings it
        self.unread = body is None  #: nobody asked for the body, or it did not come to its end
        self._receive = receive
        self._limits = limits

    def header(self, name: bytes) -> str | None:
        """A header as text."""
        value = self.headers.get(name)
        return None if value is None else value.decode("latin-1")

    async def body(self) -> bytes:
        """Read the whole body; once more it is the same.

        Raises ApiError 400, 408, 413 or 503, and :class:`Disconnected`.
        """
        if self._body is not None:
            if len(self._body) > self.max_body:
                raise self._too_large()
            return self._body
        if self._announced() == 0:
            self.unread = False
            return b""
        limits = self._limits
        pieces: list[bytes] = []
        try:
            with limits.deadlines.within(min(FIRST_SECONDS, limits.body_seconds)):
                is_whole = await self._read(pieces, FREE_BYTES)
            if not is_whole:
                with limits.deadlines.within(limits.body_seconds):
                    await self._read(pieces, self.max_body)
        except TimeoutError:
            raise ApiError(408, "body_timeout", "The body did not arrive in time.") from None
        self.unread = False
        self._body = pieces[0] if len(pieces) == 1 else b"".join(pieces)
        return self._body

    def release(self) -> None:
        """Give back what :meth:`body` reserved."""
        if self.reserved:
            self._limits.budget.release(self.reserved)
            self.reserved = 0

    def _announced(self) -> int:
        """How many bytes may come: the Content-Length, or the most that we read."""
        declared = self.headers.get(b"content-length")
        limit = self.max_body
        if declared is None:
            return limit if b"transfer-encoding" in self.headers else 0
        if not declared.isdigit():
            raise ApiError(400, "bad_request", "The Content-Length is not a number.")
        if len(declared) > 15 or int(declared) > limit:
            raise self._too_large()
        return int(declared)

    async def _read(self, pieces: list[bytes], enough: int) -> bool:
        """Add what arrives, until so many bytes are here or the body is whole; tell whether it is."""
        assert self._receive is not None
        size = sum(map(len, pieces))
        while size < enough or enough == self.max_body:
            message = await self._receive()
            if message["type"] != "http.request":
                raise Disconnected
            if piece := message["body"]:
                size += len(piece)
                if size > self.max_body:
                    raise self._too_large()
                self._reserve(size)
                pieces.append(piece)
            if not message["more_body"]:
                return True
        return False

    def _reserve(self, size: int) -> None:
        """Count what has arrived against the budget of all bodies, but for the first bytes."""
        more = max(0, size - FREE_BYTES) - self.reserved
        if more > 0:
            self._limits.budget.reserve(more)
            self.reserved += more

    def _too_large(self) -> ApiError:
        return ApiError(413, "body_too_large", f"The body is larger than {self.max_body} bytes.")
