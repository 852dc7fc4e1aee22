"""The HTTP client of the process: one aiohttp session for deliveries, flows and plugins.

No cookies, no proxies of the environment, no redirects, no decompression; every address passes the
rules; a response is read within one deadline and up to a bound.
"""

from __future__ import annotations

import asyncio
import base64
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from multidict import CIMultiDict
from yarl import URL

from flowhook.deadlines import Deadlines
from flowhook.errors import SendError
from flowhook.net.address_policy import AddressRules
from flowhook.net.errors import CONNECT_SECONDS, USER_AGENT, explain, reason_of
from flowhook.net.ssrf_guard import SsrfGuard, SystemResolver

if TYPE_CHECKING:
    import httpx

RESPONSE_LIMIT = 64 * 1024  #: bytes of a body that are read
_LIMITS = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
CONNECTIONS = 1024
CONNECTIONS_PER_HOST = 128
# Many servers close idle connections after five seconds: leave before they do, or a request is
# written into a connection that is being closed.
KEEP_ALIVE_SECONDS = 4.0
REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class RawResponse:
    """A response as it came. ``body`` holds at most the first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Target:
    """A parsed URL, with the credentials that stood in it."""

    url: URL
    authorization: str | None  #: from credentials in the URL


class Outgoing:
    """The HTTP client, opened once per process: ``async with Outgoing(rules) as outgoing``."""

    def __init__(
        self, rules: AddressRules | None = None, *, resolver: AbstractResolver | None = None
    ) -> None:
        self.rules = rules or AddressRules()
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None
        self._http: httpx.AsyncClient | None = None
        self._sync_http: httpx.Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._targets: dict[str, _Target] = {}
        self._deadlines = Deadlines()

    async def open(self) -> None:
        """Create the session. Nothing is connected yet."""
        self._loop = asyncio.get_running_loop()
        guard = SsrfGuard(self.rules, self._resolver or SystemResolver())
        connector = aiohttp.TCPConnector(
            resolver=guard,
            socket_factory=guard.open_socket,
            use_dns_cache=False,
            limit=CONNECTIONS,
            limit_per_host=CONNECTIONS_PER_HOST,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._sync_http is not None:
            self._sync_http.close()
        if self._http is not None:
            await self._http.aclose()
        if self._session is not None:
            await self._session.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session beneath, for transports."""
        if self._session is None:
            raise RuntimeError("Outgoing is not open")
        return self._session

    @property
    def http(self) -> httpx.AsyncClient:
        """The httpx client of nodes and plugins, over this session and under its rules."""
        if self._http is None:
            from flowhook.net.httpx_transport import async_client  # httpx takes 60 ms to import

            _silence_request_logs()
            self._http = async_client(self.session)
        return self._http

    @property
    def sync_http(self) -> httpx.Client:
        """The same client for code in worker threads. It must not be used in the event loop's own thread."""
        if self._sync_http is None:
            from flowhook.net.httpx_transport import sync_client

            if self._loop is None:
                raise RuntimeError("Outgoing is not open")
            _silence_request_logs()
            self._sync_http = sync_client(self.session, self._loop)
        return self._sync_http

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, timeout: float
    ) -> RawResponse:
        """Send one request and return its response, all of it within ``timeout`` seconds.

        Credentials in the URL become an ``Authorization`` header, unless there is one. A response of
        any status is returned. Raises :class:`SendError` when there was none.
        """
        target = self._targets.get(url) or self._target_of(url)
        sent = CIMultiDict(headers)
        sent["Accept-Encoding"] = "identity"
        # Given here, aiohttp need not make up its own.
        sent.setdefault("Accept", "*/*")
        sent.setdefault("User-Agent", USER_AGENT)
        if target.authorization is not None:
            sent.setdefault("Authorization", target.authorization)
        try:
            with self._deadlines.within(timeout):
                response = await self.session.request(
                    method,
                    target.url,
                    data=body,
                    headers=sent,
                    allow_redirects=False,
                    timeout=_LIMITS,
                )
                content = await _read(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SendError(reason_of(error), f"{_origin(target.url)}: {explain(error)}") from error
        return RawResponse(response.status, response.headers, content)

    def _target_of(self, text: str) -> _Target:
        try:
            url = URL(text)
        except ValueError:
            raise SendError("protocol", "the URL cannot be read") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise SendError(
                "protocol", "the URL of an outgoing call starts with http:// or https:// and a host"
            )
        authorization = None
        if url.user is not None or url.password is not None:
            pair = f"{url.user or ''}:{url.password or ''}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        target = _Target(url.with_user(None), authorization)
        if len(self._targets) >= REMEMBERED:
            self._targets.clear()
        self._targets[text] = target
        return target


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """Read the body up to the bound. Mostly it is here already, in one piece."""
    content = response.content
    try:
        body = await content.read(RESPONSE_LIMIT)
        while not content.at_eof() and len(body) < RESPONSE_LIMIT:
            body += await content.read(RESPONSE_LIMIT - len(body))
    except BaseException:
        response.close()
        raise
    if content.at_eof():
        response.release()
    else:
        response.close()
    return body


def _origin(url: URL) -> str:
    return f"{url.scheme}://{url.host_port_subcomponent}"


def _silence_request_logs() -> None:
    """httpx logs each URL at level info, and URLs hold tokens."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
