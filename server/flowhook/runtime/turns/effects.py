"""Doing what the engine needs of the outside: HTTP calls, pauses, plugins' nodes."""

from __future__ import annotations

import asyncio
import copy
import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import httpx
from pydantic_core import from_json

from flowhook.config import ConnectionConfig
from flowhook.engine.outcomes import (
    Failure,
    HttpCall,
    HttpResult,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)
from flowhook.engine.turn.executor import Answer, TurnExecutor
from flowhook.errors import PluginError, Reject
from flowhook.hooks.api.node_turn import run_node
from flowhook.model.endpoint import Endpoint
from flowhook.model.understanding import Understanding
from flowhook.net.errors import reason_of

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.runtime.project.project import Project

ANSWER_LIMIT = 1024 * 1024  #: bytes of an answer that are read
CACHED = 1000  #: answers kept for ``cache``
RETRY_DELAY = 0.25  #: seconds before the first repeat of a failed call; doubles


class Effects:
    """Meets needs. Every failure of the outside is a :class:`Failure`, so that the node's
    ``on_error`` can take it."""

    def __init__(self, services: Application) -> None:
        self.services = services
        self._cache: OrderedDict[str, tuple[float, HttpResult]] = OrderedDict()

    async def meet(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> Answer:
        """Do what ``run.need`` asks; answers what to hand to ``run.answer``."""
        need = run.need
        match need:
            case StartTask():
                url = await self.services.callbacks.url(run.inbound.ref, run.need_key)
                return await self._call(replace(need, json={**need.json, need.callback: url}))
            case HttpCall():
                return await self._call(need)
            case Pause():
                await self.services.turns.rest(need.seconds)
                return None
            case RunNode():
                return await run_node(run, need.resuming, endpoint, project.hooks, self.services.store.steps)
            case Understand():
                return await self._understand(run, need, endpoint, project)
            case RunScript():
                return await self.services.scripts.run(need)
        raise TypeError(f"unknown need {need!r}")

    async def _understand(
        self, run: TurnExecutor, need: Understand, endpoint: Endpoint, project: Project
    ) -> Understanding | Failure | None:
        """Let an engine read the text of a ``think`` or ``nlu``."""
        language = run.session.locale or run.surroundings.locale
        session_id = run.inbound.ref.session_id
        try:
            return await project.understand(
                endpoint,
                need.text,
                need.data,
                language,
                session_id,
                run.flow_that_reads,
                now=datetime.fromtimestamp(self.services.clock.now(), self.services.config.zone),
                engine=need.engine,
            )
        except (PluginError, Reject) as error:
            return Failure("plugin", str(error))

    # --- HTTP -----------------------------------------------------------------------------------

    async def _call(self, call: HttpCall) -> HttpResult | Failure:
        connection = None
        if call.connection is not None:
            connection = self.services.config.connections.get(call.connection)
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
        name = _name(call, url)
        now = self.services.clock.monotonic()
        kept = self._cache.get(name)
        if kept is not None and kept[0] > now:
            return copy.deepcopy(kept[1])
        answer = await self._repeat(call, lambda: self._send(call, url, connection))
        if isinstance(answer, HttpResult) and answer.status < 300:
            self._cache[name] = (now + call.cache, copy.deepcopy(answer))
            while len(self._cache) > CACHED:
                self._cache.popitem(last=False)
        return answer

    async def _repeat(
        self, call: HttpCall, send: Callable[[], Awaitable[HttpResult | Failure]]
    ) -> HttpResult | Failure:
        """Try again what may go better: connection errors, timeouts, 429 and 5xx."""
        for attempt in range(call.retries + 1):
            answer = await send()
            again = isinstance(answer, Failure) or answer.status == 429 or answer.status >= 500
            blocked = isinstance(answer, Failure) and answer.reason == "blocked"
            if not again or blocked or attempt == call.retries:
                return answer
            await self.before_retry(RETRY_DELAY * 2**attempt)
        raise AssertionError("unreachable")

    async def before_retry(self, seconds: float) -> None:
        """The pause between two tries."""
        with self.services.turns.pausing():
            await self.services.clock.sleep(seconds)

    async def _send(
        self, call: HttpCall, url: str, connection: ConnectionConfig | None
    ) -> HttpResult | Failure:
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
        try:
            async with asyncio.timeout(call.timeout):
                request = self.services.outgoing.http.build_request(
                    call.method,
                    url,
                    params=call.query,
                    headers=headers,
                    content=content,
                    data=call.form,
                    timeout=call.timeout,
                )
                response = await self.services.outgoing.http.send(request, stream=True, auth=auth)
                try:
                    body = await _read(response)
                finally:
                    await response.aclose()
        except TimeoutError:
            return Failure("timeout", f"no answer within {call.timeout:g} s")
        except httpx.TimeoutException:
            return Failure("timeout", f"no answer within {call.timeout:g} s")
        except httpx.HTTPError as error:
            reason = reason_of(error.__cause__) if error.__cause__ is not None else "connect"
            return Failure(reason, str(error) or type(error).__name__)
        except (httpx.InvalidURL, ValueError) as error:
            return Failure("url", str(error))
        if body is None:
            return Failure("size", f"the answer has more than {ANSWER_LIMIT} bytes")
        return HttpResult(response.status_code, dict(response.headers), _parse(body, response))


def _name(call: HttpCall, url: str) -> str:
    """What tells one call from another: all that the service sees but the key of the visit."""
    headers = {name: value for name, value in call.headers.items() if name.lower() != "idempotency-key"}
    sent = (headers, call.json, call.form, call.body, call.auth)
    return json.dumps([call.method, url, call.connection, call.query, *sent])


async def _read(response: httpx.Response) -> bytes | None:
    """The body; None when it is too large."""
    pieces: list[bytes] = []
    size = 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > ANSWER_LIMIT:
            return None
        pieces.append(piece)
    return b"".join(pieces)


def _parse(body: bytes, response: httpx.Response) -> Any:
    """JSON where the service says it is JSON and it is, else text."""
    if "json" in response.headers.get("content-type", ""):
        try:
            return from_json(body)
        except ValueError:
            pass
    return body.decode(response.encoding or "utf-8", "replace")


def _url(url: str, connection: ConnectionConfig | None) -> str | Failure:
    """With a connection the url is a path under its base; anything else would leak its secret."""
    if connection is None:
        return url
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or "\\" in url or ".." in unquote(parts.path).split("/"):
        return Failure("url", "with a connection, the url must be a path under the connection's base_url")
    return connection.base_url.rstrip("/") + "/" + url.lstrip("/")


def _authorize(
    headers: dict[str, str], auth: dict[str, str] | None, connection: ConnectionConfig | None
) -> httpx.BasicAuth | None:
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
