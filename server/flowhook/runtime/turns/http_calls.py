"""HTTP calls of flows: what a service responds, or why it did not, as a value."""

from __future__ import annotations

import asyncio
import codecs
import copy
import json
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from pydantic_core import from_json

from flowhook.clock import Clock
from flowhook.config import ConnectionConfig
from flowhook.engine.effects import Failure, HttpCall, HttpResult
from flowhook.net.client import UNANSWERED, Outgoing
from flowhook.net.errors import reason_of
from flowhook.net.trace_context import current_header
from flowhook.runtime.turns.pauses import Pauses

if TYPE_CHECKING:
    import httpx

RESPONSE_LIMIT = 1024 * 1024  #: bytes of a response that are read
CACHED = 1000  #: responses kept for ``cache``
DECODINGS = 4  #: of a path under a connection; one that is encoded more often is refused
RETRY_DELAY = 0.25  #: seconds before the first repeat of a failed call; doubles


class HttpCalls:
    """Makes the calls of ``http_request`` and its kin. Every failure of the outside is a
    :class:`Failure`, so that the node's ``on_error`` can take it.

    ``connections`` returns those of the configuration in force, by name; ``retry_delay`` is in seconds.
    """

    def __init__(
        self,
        outgoing: Outgoing,
        connections: Callable[[], Mapping[str, ConnectionConfig]],
        clock: Clock,
        pauses: Pauses,
        *,
        retry_delay: float = RETRY_DELAY,
    ) -> None:
        self._outgoing = outgoing
        self._connections = connections
        self._clock = clock
        self._pauses = pauses
        self._retry_delay = retry_delay
        self._cache: OrderedDict[str, tuple[float, HttpResult]] = OrderedDict()

    async def prepare(self) -> None:
        """Load what the first call would wait for."""
        await self._outgoing.load_http()

    async def perform(self, call: HttpCall) -> HttpResult | Failure:
        """Make a call, with its retries and its cache."""
        connection = None
        if call.connection is not None:
            connection = self._connections().get(call.connection)
            if connection is None:
                return Failure("connection", f"no connection {call.connection!r} in the configuration")
        url = _url(call.url, connection)
        if isinstance(url, Failure):
            return url
        if call.cache is None:
            return await self._repeat(call, lambda: self._send(call, url, connection))
        return await self._cached(call, url, connection)

    async def _cached(
        self, call: HttpCall, url: str, connection: ConnectionConfig | None
    ) -> HttpResult | Failure:
        assert call.cache is not None
        key = _cache_key(call, url)
        now = self._clock.monotonic()
        kept = self._cache.get(key)
        if kept is not None and kept[0] > now:
            return copy.deepcopy(kept[1])
        result = await self._repeat(call, lambda: self._send(call, url, connection))
        if isinstance(result, HttpResult) and result.status < 300:
            self._cache[key] = (now + call.cache, copy.deepcopy(result))
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return result

    async def _repeat(
        self, call: HttpCall, send: Callable[[], Awaitable[HttpResult | Failure]]
    ) -> HttpResult | Failure:
        """Try again what may go better: connection errors, timeouts, 429 and 5xx."""
        for attempt in range(call.retries + 1):
            result = await send()
            again = isinstance(result, Failure) or result.status == 429 or result.status >= 500
            blocked = isinstance(result, Failure) and result.reason == "blocked"
            if not again or blocked or attempt == call.retries:
                return result
            await self._pauses.sleep(self._retry_delay * 2**attempt)
        raise AssertionError("unreachable")

    async def _send(
        self, call: HttpCall, url: str, connection: ConnectionConfig | None
    ) -> HttpResult | Failure:
        await self._outgoing.load_http()
        import httpx

        headers = dict(connection.headers) if connection is not None else {}
        headers.update(call.headers)
        auth = _authorize(headers, call.auth, connection)
        content = call.body.encode() if call.body is not None else None
        if call.json is not None:
            content = json.dumps(call.json, ensure_ascii=False, separators=(",", ":")).encode()
            headers.setdefault("content-type", "application/json")
        if (
            call.key
            and call.method != "GET"
            and not any(name.lower() == "idempotency-key" for name in headers)
        ):
            headers["idempotency-key"] = call.key
        if (trace := current_header()) is not None:
            headers = {"traceparent": trace, **headers}
        try:
            async with asyncio.timeout(call.timeout):
                request = self._outgoing.http.build_request(
                    call.method,
                    url,
                    params=call.query,
                    headers=headers,
                    content=content,
                    data=call.form,
                    timeout=call.timeout,
                    extensions={UNANSWERED: True} if call.unanswered else None,
                )
                response = await self._outgoing.http.send(request, stream=True, auth=auth)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            return Failure("timeout", f"no answer within {call.timeout:g} s")
        except httpx.TimeoutException:
            return Failure("timeout", f"no answer within {call.timeout:g} s")
        except httpx.HTTPError as error:
            if error.__cause__ is not None:
                reason = reason_of(error.__cause__)
            else:
                reason = "protocol" if isinstance(error, httpx.ProtocolError) else "connect"
            return Failure(reason, str(error) or type(error).__name__)
        except (httpx.InvalidURL, ValueError) as error:
            return Failure("url", str(error))
        if body is None:
            return Failure("size", f"the answer has more than {RESPONSE_LIMIT} bytes")
        return HttpResult(response.status_code, dict(response.headers), _parse(body, response))


def _cache_key(call: HttpCall, url: str) -> str:
    """Return what tells one call from another: all that the service sees but the key of the visit."""
    headers = {name: value for name, value in call.headers.items() if name.lower() != "idempotency-key"}
    sent = (headers, call.json, call.form, call.body, call.auth)
    return json.dumps([call.method, url, call.connection, call.query, *sent])


async def _read(response: httpx.Response) -> bytes | None:
    """Read the body; None when it is too large."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > RESPONSE_LIMIT:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _parse(body: bytes, response: httpx.Response) -> Any:
    """Decode a body: JSON where the service says it is JSON and it is, else text."""
    if "json" in response.headers.get("content-type", "").lower():
        try:
            return from_json(body)
        except ValueError:
            pass
        try:
            return _without_surrogates(json.loads(_json_text(body, response)))
        except (ValueError, RecursionError):
            pass
    return body.decode(response.encoding or "utf-8", "replace")


def _json_text(body: bytes, response: httpx.Response) -> str:
    """Return JSON in whatever charset as text: the one that the service names, else the one that the first
    bytes show."""
    charset = response.charset_encoding
    try:
        known = codecs.lookup(charset or json.detect_encoding(body)).name
    except LookupError:
        known = json.detect_encoding(body)
    return body.decode(known).removeprefix("\ufeff")


def _without_surrogates(value: Any) -> Any:
    """Replace halves of surrogate pairs, which neither database takes."""
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_without_surrogates(item) for item in value]
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(item) for key, item in value.items()}
    return value


def _url(url: str, connection: ConnectionConfig | None) -> str | Failure:
    """Return the address to call. With a connection the url is a path under its base; anything else would
    leak its secret."""
    if connection is None:
        return url
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or "#" in url or _leaves(parts.path):
        return Failure("url", "with a connection, the url must be a path under the connection's base_url")
    return connection.base_url.rstrip("/") + "/" + url.lstrip("/")


def _leaves(path: str) -> bool:
    """Return whether a path may lead out of its base, for any reader: a service may decode it twice, take a
    backslash for a slash, or cut what follows a semicolon."""
    for _ in range(DECODINGS):
        segments = re.split(r"[/\\]", path)
        if "\\" in path or any(segment.partition(";")[0].strip() == ".." for segment in segments):
            return True
        if any(ord(character) < 32 or character == "\x7f" for character in path):
            return True
        decoded = unquote(path)
        if decoded == path:
            return False
        path = decoded
    return True


def _authorize(
    headers: dict[str, str], auth: dict[str, str] | None, connection: ConnectionConfig | None
) -> httpx.BasicAuth | None:
    import httpx

    if connection is not None:
        if connection.bearer:
            headers["authorization"] = f"Bearer {connection.bearer}"
        if connection.user:
            return httpx.BasicAuth(connection.user, connection.password or "")
    if auth:
        if "bearer" in auth:
            headers["authorization"] = f"Bearer {auth['bearer']}"
        elif "user" in auth:
            return httpx.BasicAuth(auth["user"], auth.get("password", ""))
    return None
