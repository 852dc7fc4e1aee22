"""The HTTP client of the process: kept connections for deliveries, an aiohttp session for flows and plugins.

No cookies, no proxies of the environment, no redirects, no decompression; every address passes the
rules; a response is read within one deadline and up to a bound.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import re
import ssl
import sys
import threading
from collections.abc import Mapping
from functools import lru_cache, partial
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, NamedTuple, Self

from flowhook.deadlines import Deadlines
from flowhook.errors import SendError
from flowhook.http_fields import TOKEN
from flowhook.model.delivery import Egress
from flowhook.net.address_policy import AddressRules
from flowhook.net.connection_pool import CONNECTIONS_PER_ORIGIN, IDLE_SECONDS, ConnectionPool
from flowhook.net.egress import DIRECT, Proxy, TlsContexts
from flowhook.net.errors import USER_AGENT, explain, reason_of
from flowhook.net.ssrf_guard import Resolver, SsrfGuard, SystemResolver

if TYPE_CHECKING:
    import aiohttp
    import httpx
    from yarl import URL

CONNECTIONS = 1024  #: of the session at once
REMEMBERED = 1024  #: parsed URLs, origins with a pool, shapes of requests
#: Headers that belong to the connection: what a caller says of them is not sent.
_FRAMING = frozenset(
    {
        "accept-encoding",
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "te",
        "transfer-encoding",
        "upgrade",
    }
)
UNANSWERED = "flowhook_unanswered"  #: marks requests whose answer nobody reads, among their extensions
_TRANSPORT = "flowhook.net.httpx_transport"
_TOKEN = re.compile(TOKEN)


class RawResponse(NamedTuple):
    """A response as it came. ``body`` holds at most the first 64 KiB."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class _Target(NamedTuple):
    """A parsed URL: where its requests go, and the lines that begin each of them."""

    origin: str  #: scheme, host and port, for messages
    pool: ConnectionPool
    request_line: str  #: behind the method
    host: str
    authorization: str | None  #: from credentials in the URL
    proxy_authorization: str | None = None  #: where a proxy passes requests on


class Outgoing:
    """The HTTP client, opened once per process: ``async with Outgoing(rules) as outgoing``.

    ``tls`` makes the context of secure connections; without it the system's authorities are trusted.
    """

    def __init__(
        self,
        rules: AddressRules | None = None,
        *,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self.rules = rules or AddressRules()
        self._resolver = resolver
        self._tls = tls
        self._contexts = TlsContexts(tls)
        self._guard: SsrfGuard | None = None
        self._session: aiohttp.ClientSession | None = None
        self._replaced: list[aiohttp.ClientSession] = []  #: before other rules came
        self._http: httpx.AsyncClient | None = None
        self._sync_http: httpx.Client | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._loop_thread = 0
        self._pools: dict[tuple[str, Egress], ConnectionPool] = {}
        self._targets: dict[str, _Target] = {}
        self._by_egress: dict[tuple[str, Egress], _Target] = {}
        self._deadlines = Deadlines()

    async def open(self) -> None:
        """Make ready. Nothing is connected yet."""
        self._loop, self._loop_thread = asyncio.get_running_loop(), threading.get_ident()
        self._guard = SsrfGuard(self.rules, self._resolver or SystemResolver())

    async def close(self) -> None:
        """Close all connections."""
        if self._sync_http is not None:
            self._sync_http.close()
        if self._http is not None:
            await self._http.aclose()
        for session in [*self._replaced, *([self._session] if self._session is not None else [])]:
            await session.close()
        for pool in self._pools.values():
            pool.close()
        if self._guard is not None:
            await self._guard.close()

    def use(self, rules: AddressRules) -> None:
        """Obey other rules. Kept connections to addresses that they may refuse are not used again."""
        if self.rules == rules:
            return
        self.rules.adopt(rules)
        for pool in self._pools.values():
            pool.close_idle()
        if self._session is not None:  # what it does now may end; its idle connections close by themselves
            self._replaced.append(self._session)
            self._session = None

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    @property
    def guard(self) -> SsrfGuard:
        """The rules about addresses, as a resolver and a maker of sockets."""
        if self._guard is None:
            raise RuntimeError("Outgoing is not open")
        return self._guard

    @property
    def session(self) -> aiohttp.ClientSession:
        """The session beneath httpx, made when it is first asked for."""
        if self._session is None:
            self._session = _session(self.guard, self._tls)
        return self._session

    async def load_http(self) -> None:
        """Import what :attr:`http` needs, if nobody has: in a thread, since it takes a fifth of a second,
        and the event loop goes on meanwhile."""
        if _TRANSPORT not in sys.modules:
            await asyncio.to_thread(import_module, _TRANSPORT)

    @property
    def http(self) -> httpx.AsyncClient:
        """The httpx client of nodes and plugins, over this session and under its rules."""
        if self._http is None:
            from flowhook.net.httpx_transport import async_client

            _silence_request_logs()
            self._http = async_client(lambda: self.session)
        return self._http

    @property
    def sync_http(self) -> httpx.Client:
        """The same client for code in worker threads. It must not be used in the event loop's own thread."""
        if self._sync_http is None:
            from flowhook.net.httpx_transport import sync_client

            if self._loop is None:
                raise RuntimeError("Outgoing is not open")
            _silence_request_logs()
            self._sync_http = sync_client(lambda: self.session, self._loop, self._loop_thread)
        return self._sync_http

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
        """Send one request and return its response, all of it within ``timeout`` seconds.

        ``egress`` says how it leaves, where that is not straight.

        Credentials in the URL become an ``Authorization`` header, unless there is one. A response of
        any status is returned. Raises :class:`SendError` when there was none.
        """
        target = self._targets.get(url) if egress is DIRECT else self._by_egress.get((url, egress))
        if target is None:
            target = self._target_of(url, egress)
        request = _request(method, target, headers, body)
        try:
            with self._deadlines.within(timeout):
                response = await target.pool.exchange(method, request)
        except (OSError, ValueError) as error:
            raise SendError(reason_of(error), f"{target.origin}: {explain(error)}") from error
        return RawResponse(response.status, response.headers, response.body)

    def _target_of(self, text: str, egress: Egress) -> _Target:
        from yarl import URL  # 2 MB, for the first delivery

        try:
            url = URL(text)
        except ValueError:
            raise SendError("protocol", "the URL cannot be read") from None
        if url.scheme not in ("http", "https") or not url.host or not url.port:
            raise SendError(
                "protocol", "the URL of an outgoing call starts with http:// or https:// and a host"
            )
        authorization = None
        if url.user is not None or url.password is not None:
            pair = f"{url.user or ''}:{url.password or ''}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        if len(self._targets) + len(self._by_egress) >= REMEMBERED:
            self._targets.clear()
            self._by_egress.clear()
            self._pools = {origin: pool for origin, pool in self._pools.items() if pool.is_open}
        origin = _origin(url)
        proxy = Proxy.of(egress.proxy) if egress.proxy else None
        pool = self._pools.get((origin, egress))
        if pool is None:
            secure = partial(self._contexts.of, egress) if url.scheme == "https" else None
            pool = self._pools[origin, egress] = ConnectionPool(self.guard, url.host, url.port, secure, proxy)
        request_line, proxy_authorization = f"{url.raw_path_qs} HTTP/1.1", None
        if proxy is not None and url.scheme == "http":  # the proxy is told whom to ask, in each request
            request_line, proxy_authorization = f"{origin}{request_line}", proxy.authorization
        target = _Target(
            origin, pool, request_line, str(url.host_port_subcomponent), authorization, proxy_authorization
        )
        if egress is DIRECT:
            self._targets[text] = target
        else:
            self._by_egress[text, egress] = target
        return target


class _Shape(NamedTuple):
    """What follows from the method and the names of a request's headers."""

    is_sendable: bool
    defaults: tuple[str, ...]  #: lines for what is not named
    names_host: bool
    names_authorization: bool
    unsent: frozenset[str]  #: names of what belongs to the connection


@lru_cache(REMEMBERED)
def _shape(method: str, names: tuple[str, ...]) -> _Shape:
    """Most requests of a server have one of a few shapes."""
    lower = {name.lower() for name in names}
    ours = {"accept": "*/*", "user-agent": USER_AGENT}
    return _Shape(
        method != "CONNECT" and "" not in lower and _TOKEN.fullmatch(method + "".join(names)) is not None,
        tuple(f"{name}: {value}" for name, value in ours.items() if name not in lower),
        "host" in lower,
        "authorization" in lower,
        frozenset(name for name in names if name.lower() in _FRAMING),
    )


def _request(method: str, target: _Target, headers: Mapping[str, str], body: bytes) -> bytes:
    """Write a request down. Raises SendError for a method or a header that is none."""
    shape = _shape(method, tuple(headers))
    if not shape.is_sendable:
        raise SendError("protocol", f"{target.origin}: the method or a header's name cannot be sent")
    lines = [f"{method} {target.request_line}", "accept-encoding: identity", f"content-length: {len(body)}"]
    if not shape.names_host:
        lines.append(f"host: {target.host}")
    lines += shape.defaults
    if target.proxy_authorization is not None:
        lines.append(f"proxy-authorization: {target.proxy_authorization}")
    if target.authorization is not None and not shape.names_authorization:
        lines.append(f"authorization: {target.authorization}")
    if shape.unsent:
        headers = {name: value for name, value in headers.items() if name not in shape.unsent}
    lines += [f"{name}: {value}" for name, value in headers.items()]
    head = "\r\n".join(lines)
    breaks = len(lines) - 1
    if head.count("\r") != breaks or head.count("\n") != breaks or "\0" in head:
        raise SendError("protocol", f"{target.origin}: a header's value cannot be sent")
    try:
        return b"%s\r\n\r\n%s" % (head.encode("latin-1"), body)
    except UnicodeEncodeError:
        raise SendError("protocol", f"{target.origin}: a header's value cannot be sent") from None


def _session(guard: SsrfGuard, tls: ssl.SSLContext | None) -> aiohttp.ClientSession:
    """A session of aiohttp under the rules. It takes 100 ms to import, and many servers never need it."""
    import aiohttp

    from flowhook.net.interim import BoundedResponse

    connector = aiohttp.TCPConnector(
        resolver=guard,  # type: ignore[arg-type]  # of the shape of an AbstractResolver, whose import would cost all
        socket_factory=guard.open_socket,
        use_dns_cache=False,
        limit=CONNECTIONS,
        limit_per_host=CONNECTIONS_PER_ORIGIN,
        keepalive_timeout=IDLE_SECONDS,
        ssl=tls if tls is not None else True,
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        auto_decompress=False,
        response_class=BoundedResponse,
    )


def _origin(url: URL) -> str:
    return f"{url.scheme}://{url.host_port_subcomponent}"


def _silence_request_logs() -> None:
    """httpx logs each URL at level info, and URLs hold tokens."""
    for name in ("httpx", "httpcore"):
        logging.getLogger(name).setLevel(logging.WARNING)
