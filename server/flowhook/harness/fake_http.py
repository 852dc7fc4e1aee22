"""HTTP for conversations in memory: services answer what a test or the user says, and nobody else does."""

from __future__ import annotations

import json as json_module
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

import httpx

from flowhook.errors import SendError
from flowhook.model.delivery import Egress
from flowhook.net.client import UNANSWERED, Outgoing, RawResponse
from flowhook.net.egress import DIRECT


class UnexpectedCall(AssertionError):
    """A flow or plugin called something that the test gave no reply for. The message names method and URL."""


class Services(Protocol):
    """What stands in for HTTP services."""

    async def respond(self, request: httpx.Request) -> httpx.Response | None:
        """Return what a service answers; None when none is known. Raises httpx.HTTPError."""
        ...

    def respond_now(self, request: httpx.Request) -> httpx.Response | None:
        """Return the same for code in threads, whose time nobody moves."""
        ...

    def unknown(self, request: httpx.Request) -> str:
        """Take note of a call that nobody answers, and return what its caller is told."""
        ...


def url_fits(pattern: str, url: str) -> bool:
    """Whether a URL is one of a pattern: ``*`` stands for any text, ``{name}`` for a part of the path.

    A query counts only where the pattern names one, and a slash at the end does not.
    """
    shown = url if "?" in pattern else without_query(url)
    return _compiled(pattern.rstrip("/")).fullmatch(shown.rstrip("/")) is not None


@lru_cache(maxsize=1000)
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*|\{[^{}/]*\})", pattern)
    return re.compile(
        "".join(".*" if part == "*" else "[^/?]+" if part[:1] == "{" else re.escape(part) for part in parts)
    )


def without_query(url: str) -> str:
    """Return a URL without its query, which may hold what is nobody's business."""
    return url.partition("?")[0]


class FakeOutgoing(Outgoing):
    """In place of the HTTP client: calls end at ``services``.

    What these do not know goes out for real through ``real``, or without one fails as a connection would,
    unless nobody reads the answer.
    """

    def __init__(self, services: Services, real: Outgoing | None = None) -> None:
        super().__init__()
        self._real = real
        self._clients = (
            httpx.AsyncClient(transport=_Transport(services, real)),
            httpx.Client(transport=_SyncTransport(services, real)),
        )

    async def open(self) -> None:
        """Make ready."""
        if self._real is not None:
            await self._real.open()

    async def close(self) -> None:
        """Close the clients."""
        await self._clients[0].aclose()
        self._clients[1].close()
        if self._real is not None:
            await self._real.close()

    @property
    def http(self) -> httpx.AsyncClient:
        """The client of nodes and plugins."""
        return self._clients[0]

    @property
    def sync_http(self) -> httpx.Client:
        """The same for plain hooks."""
        return self._clients[1]

    async def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        timeout: float,
        egress: Egress = DIRECT,
    ) -> RawResponse:
        """Send one request of a delivery or an event webhook. Raises SendError when there is no response."""
        try:
            response = await self.http.request(
                method, url, headers=dict(headers), content=body, timeout=timeout
            )
        except httpx.TimeoutException as error:
            raise SendError("timeout", str(error)) from error
        except httpx.HTTPError as error:
            raise SendError("connect", str(error)) from error
        return RawResponse(response.status_code, dict(response.headers), response.content)


class _Transport(httpx.AsyncBaseTransport):
    def __init__(self, services: Services, real: Outgoing | None) -> None:
        self._services = services
        self._real = real

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        response = await self._services.respond(request)
        if response is not None:
            return response
        if self._real is not None:
            return await self._real.http.send(request, stream=True)
        if request.extensions.get(UNANSWERED):
            return httpx.Response(204)
        raise httpx.ConnectError(self._services.unknown(request), request=request)


class _SyncTransport(httpx.BaseTransport):
    def __init__(self, services: Services, real: Outgoing | None) -> None:
        self._services = services
        self._real = real

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.read()
        response = self._services.respond_now(request)
        if response is not None:
            return response
        if self._real is not None:
            return self._real.sync_http.send(request, stream=True)
        raise httpx.ConnectError(self._services.unknown(request), request=request)


@dataclass(slots=True)
class _Reply:
    method: str
    url: str
    responses: list[httpx.Response | Exception] = field(default_factory=list)


class FakeHttp:
    """``http.reply("POST", "https://crm.example/price", json={"total": 22})``, then look at ``calls``."""

    def __init__(self) -> None:
        self.calls: list[httpx.Request] = []
        self.unexpected: list[str] = []  #: calls that had no reply
        self._replies: list[_Reply] = []

    def reply(
        self,
        method: str,
        url: str,
        *,
        status: int = 200,
        json: Any = None,
        text: str | None = None,
        headers: Mapping[str, str] | None = None,
        error: Exception | None = None,
    ) -> None:
        """Answer calls of this method and URL (without its query).

        Given several times, the answers come one after the other and the last one stays. ``*`` in the URL
        stands for any text. ``error`` is raised instead, for instance ``httpx.ConnectTimeout("…")``.
        """
        if error is not None:
            response: httpx.Response | Exception = error
        elif text is not None:
            response = httpx.Response(status, text=text, headers=headers)
        else:
            response = httpx.Response(status, json=json, headers=headers)
        for known in self._replies:
            if (known.method, known.url) == (method.upper(), url):
                known.responses.append(response)
                return
        self._replies.append(_Reply(method.upper(), url, [response]))

    def json_of(self, number: int = -1) -> Any:
        """Return the JSON body of a call."""
        return json_module.loads(self.calls[number].content)

    def demand_none_unexpected(self) -> None:
        """Raise :class:`UnexpectedCall`, once for each call that had no reply."""
        if self.unexpected:
            raise UnexpectedCall(self.unexpected.pop(0))

    def take_unexpected(self) -> list[str]:
        """Return the calls that had no reply since this was last asked."""
        calls, self.unexpected = self.unexpected, []
        return calls

    async def respond(self, request: httpx.Request) -> httpx.Response | None:
        """Return the next reply to a call."""
        return self.respond_now(request)

    def respond_now(self, request: httpx.Request) -> httpx.Response | None:
        """Return the next reply to a call."""
        self.calls.append(request)
        for known in self._replies:
            if known.method == request.method and url_fits(known.url, str(request.url)):
                response = known.responses.pop(0) if len(known.responses) > 1 else known.responses[0]
                if isinstance(response, Exception):
                    raise response
                return httpx.Response(
                    response.status_code, headers=response.headers, content=response.content
                )
        return None

    def unknown(self, request: httpx.Request) -> str:
        """Take note of a call that had no reply."""
        names = ", ".join(self._known()) or "none"
        self.unexpected.append(
            f"{request.method} {without_query(str(request.url))} has no reply; known: {names}"
        )
        return "no reply was given in the test"

    def _known(self) -> Sequence[str]:
        return [f"{known.method} {known.url}" for known in self._replies]
