"""The way out: one session of aiohttp for the whole process.

No cookies, no proxies of the environment, no redirects, no decompression; every address passes the
rules; what a receiver answers is read within one deadline and up to a bound.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import os
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
from flowhook.net.address_policy import AddressRefused, AddressRules
from flowhook.net.ssrf_guard import LookUps, SsrfGuard
from flowhook.version import __version__

if TYPE_CHECKING:
    import httpx

USER_AGENT = f"flowhook/{__version__}"
ANSWER_LIMIT = 64 * 1024
CONNECT_SECONDS = 5.0
_LIMITS = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)
CONNECTIONS = 1024
CONNECTIONS_PER_HOST = 128
# Many servers close idle connections after five seconds: leave before they do, or a request is
# written into a connection that is being closed.
KEEP_ALIVE_SECONDS = 4.0
REMEMBERED = 1024


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """What the receiver said. ``body`` holds at most the first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL, taken apart once."""

    url: URL
    authorization: str | None  #: from credentials in the URL


class Outgoing:
    """Opened once per process: ``async with Outgoing(rules) as outgoing``."""

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
        """Make the session. Nothing is connected yet."""
        self._loop = asyncio.get_running_loop()
        gate = SsrfGuard(self.rules, self._resolver or LookUps())
        connector = aiohttp.TCPConnector(
            resolver=gate,
            socket_factory=gate.open_socket,
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
        """The same for code in worker threads. Not to be used in the event loop's own thread."""
        if self._sync_http is None:
            from flowhook.net.httpx_transport import sync_client

            if self._loop is None:
                raise RuntimeError("Outgoing is not open")
            _silence_request_logs()
            self._sync_http = sync_client(self.session, self._loop)
        return self._sync_http

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, timeout: float
    ) -> RawAnswer:
        """One request and its answer, all of it within ``timeout`` seconds.

        Credentials in the URL become an ``Authorization`` header, unless there is one. Any status is
        an answer. Raises :class:`SendError` when there was none.
        """
        target = self._targets.get(url) or self._aim(url)
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
                answer = await _read(response)
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise SendError(reason_of(error), f"{_place(target.url)}: {explain(error)}") from error
        return RawAnswer(response.status, response.headers, answer)

    def _aim(self, text: str) -> _Target:
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
    """The body up to the bound. Mostly it is here already, in one piece."""
    content = response.content
    try:
        body = await content.read(ANSWER_LIMIT)
        while not content.at_eof() and len(body) < ANSWER_LIMIT:
            body += await content.read(ANSWER_LIMIT - len(body))
    except BaseException:
        response.close()
        raise
    if content.at_eof():
        response.release()
    else:
        response.close()
    return body


def reason_of(error: BaseException) -> str:
    """The word for what went wrong: timeout, blocked, dns, tls, connect, closed or protocol."""
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefused):
        return "blocked"
    for kinds, reason in _REASONS:
        if isinstance(error, kinds):
            return reason
    return "protocol"


_REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.InvalidURL, "blocked"),  # an address in a spelling of its own, such as 127.1
    ((aiohttp.ClientConnectionError, ConnectionError), "closed"),
)


def explain(error: BaseException) -> str:
    """What went wrong, without the URL: its path and query may hold secrets."""
    reason = reason_of(error)
    cause = getattr(error, "os_error", None)
    if reason == "blocked":
        return str(cause) if cause is not None else "an IP address in an unusual spelling"
    if reason == "connect" and cause is not None and cause.errno:
        return os.strerror(cause.errno)  # asyncio's own text names the address again
    if reason in ("connect", "tls", "dns") and cause is not None:
        return str(getattr(cause, "strerror", None) or cause)
    return _SENTENCES[reason]


_SENTENCES = {
    "timeout": "no answer in time",
    "dns": "the name cannot be looked up",
    "tls": "no secure connection",
    "connect": "no connection",
    "closed": "the connection was closed before the answer",
    "protocol": "the request or its answer is not valid HTTP",
}


def _place(url: URL) -> str:
    return f"{url.scheme}://{url.host_port_subcomponent}"


def _silence_request_logs() -> None:
    """httpx logs each URL at level info, and URLs hold tokens."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
