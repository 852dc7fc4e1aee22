"""Mocks at work: HTTP services, nodes and engines answer what the test says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any

import httpx

from flowhook.engine.effects import Failure, NodeResult
from flowhook.flowtest.files.matchers import Miss
from flowhook.flowtest.files.model import HttpMock, HttpReply, Mock, NluMock, NodeMock
from flowhook.harness.fake_http import url_fits, without_query
from flowhook.model.output import Output
from flowhook.model.understanding import Ranked, Understanding

if TYPE_CHECKING:
    from flowhook.config import ConnectionConfig
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.runtime.turns.pauses import Pauses

_CALLBACK = re.compile(r"/callback/([A-Za-z0-9_=-]{20,})")


@dataclass(slots=True, eq=False)
class Armed:
    """A mock in a test that runs."""

    mock: Mock
    called: int = 0
    misses: list[tuple[str, list[Miss]]] = field(default_factory=list)  #: calls that were not as expected

    @property
    def used_up(self) -> bool:
        """Whether it said that it answers no more."""
        return self.mock.times is not None and self.called >= self.mock.times

    @property
    def unmet(self) -> str | None:
        """Why the test cannot be content with it."""
        if self.mock.times is not None and self.called != self.mock.times:
            return f"{self.mock.name} was called {_times(self.called)}, expected {_times(self.mock.times)}"
        if self.mock.times is None and not self.called and not self.mock.optional:
            return f"{self.mock.name} was never called"
        return None


class Mocks:
    """All mocks of one test, newest first, and the calls that were made."""

    def __init__(self, mocks: Iterable[Mock] = ()) -> None:
        self.calls: list[httpx.Request] = []
        self.unexpected: list[str] = []  #: calls that nobody answered
        self.armed = [Armed(mock) for mock in mocks]
        self.pauses: Pauses | None = None  #: set while an application is open
        self.connections: Mapping[str, ConnectionConfig] = {}
        self.callbacks: list[str] = []  #: tokens of the one-time URLs that services were given, newest last

    def add(self, mocks: Iterable[Mock]) -> None:
        """Mocks of a step: they answer before those of the test."""
        self.armed[:0] = [Armed(mock) for mock in mocks]

    def take_unexpected(self) -> list[str]:
        """Calls that nobody answered, since this was last asked."""
        calls, self.unexpected = self.unexpected, []
        return calls

    @property
    def unmet(self) -> list[tuple[Mock, str]]:
        """Mocks that were not called as often as they should have been."""
        return [(armed.mock, why) for armed in self.armed if (why := armed.unmet) is not None]

    # -- HTTP -------------------------------------------------------------------------------------

    async def respond(self, request: httpx.Request) -> httpx.Response | None:
        """Return what a service answers, in its time; None when no mock does. Raises httpx.HTTPError."""
        reply = self._choose(request)
        if reply is None:
            return None
        if reply.delay and self.pauses is not None:
            limit = (request.extensions.get("timeout") or {}).get("read")
            if limit is not None and reply.delay >= limit:
                raise httpx.ReadTimeout("the mock answers too late", request=request)
            await self.pauses.sleep(reply.delay)
        return _response(reply, request)

    def respond_now(self, request: httpx.Request) -> httpx.Response | None:
        """Return the same for plain hooks, whose time nobody moves."""
        reply = self._choose(request)
        return None if reply is None else _response(reply, request)

    def unknown(self, request: httpx.Request) -> str:
        """Take note of a call that no mock answers."""
        url = str(request.url)
        used_up = bool(self._fitting(request.method, url))
        self.unexpected.append(self._explain(request.method, without_query(url), used_up))
        return "the test has no mock for this call"

    def _choose(self, request: httpx.Request) -> HttpReply | None:
        """Return the next answer of the first mock that fits: without ``times`` it stays in force."""
        self.calls.append(request)
        self.callbacks += _CALLBACK.findall(request.content.decode("utf-8", "replace"))
        method, url = request.method, str(request.url)
        for armed in self._fitting(method, url):
            mock = armed.mock
            assert isinstance(mock, HttpMock)
            if armed.used_up:
                continue
            armed.called += 1
            if misses := list(_misses(mock, request)):
                armed.misses.append((f"{method} {without_query(url)}", misses))
            return mock.replies[min(armed.called, len(mock.replies)) - 1]
        return None

    def _fitting(self, method: str, url: str) -> list[Armed]:
        fitting = [armed for armed in self._http() if _fits(armed.mock, method, url)]
        if not fitting and (path := self._path_under_connection(url)) is not None:
            fitting = [armed for armed in self._http() if _fits_path(armed.mock, method, path)]
        return fitting

    def _path_under_connection(self, url: str) -> str | None:
        """The path of a call through a connection: where its service is, only this machine's configuration
        says, so that a mock of any other base answers too. None for other calls."""
        bases = (connection.base_url.rstrip("/") + "/" for connection in self.connections.values())
        base = max((base for base in bases if url.startswith(base)), key=len, default=None)
        return None if base is None else "/" + without_query(url)[len(base) :]

    def _http(self) -> Iterable[Armed]:
        return (armed for armed in self.armed if isinstance(armed.mock, HttpMock))

    def _explain(self, method: str, url: str, used_up: bool) -> str:
        call = f"{method} {url}"
        if used_up:
            return f"{call} was called once more than its mock allows"
        names = [armed.mock.name for armed in self._http()]
        nearest = max(names, key=lambda name: SequenceMatcher(None, call, name).ratio(), default=None)
        return f"{call} has no mock" + (f"; the nearest is {nearest}" if nearest else "")

    # -- nodes and engines ------------------------------------------------------------------------

    def node(self, run: TurnExecutor) -> Armed | None:
        """The mock of the node that needs something."""
        flow, _, key = run.effect_at.partition("/")
        names = {key, f"{flow}/{key}", run.turn.node.type.key}
        for armed in self.armed:
            if isinstance(armed.mock, NodeMock) and armed.mock.node in names and not armed.used_up:
                return armed
        return None

    def result(self, armed: Armed) -> NodeResult | Failure:
        """What a mocked node did."""
        mock = armed.mock
        assert isinstance(mock, NodeMock)
        armed.called += 1
        if mock.error is not None:
            return Failure("plugin", mock.error)
        changes = [("set", path, value) for path, value in mock.changes.items()]
        return NodeResult(mock.branch, [Output(text) for text in mock.say], changes)

    @property
    def understands(self) -> bool:
        """Whether the test says what texts mean."""
        return any(isinstance(armed.mock, NluMock) for armed in self.armed)

    def understanding(self, text: str) -> Understanding | None:
        """What the test says an engine understands of a text; None: the engine is asked."""
        for armed in self.armed:
            mock = armed.mock
            if isinstance(mock, NluMock) and mock.text == text:
                armed.called += 1
                ranking = [Ranked(mock.intent, mock.score)] if mock.intent else []
                slots = {
                    name: value if isinstance(value, list) else [value] for name, value in mock.slots.items()
                }
                return Understanding(mock.intent, mock.score, slots, ranking=ranking)
        return None


def calls_of(requests: Sequence[httpx.Request]) -> list[dict[str, Any]]:
    """Calls as ``expect: {calls: …}`` sees them: ``{call, method, url, json | body, headers}``."""
    return [
        {
            "call": f"{request.method} {without_query(str(request.url))}",
            "method": request.method,
            "url": str(request.url),
            "headers": dict(request.headers),
            "query": dict(request.url.params),
            ("json" if _is_json(request) else "body"): _body(request),
        }
        for request in requests
    ]


def _fits(mock: Mock, method: str, url: str) -> bool:
    assert isinstance(mock, HttpMock)
    return mock.method in ("*", method) and url_fits(mock.url, url)


def _fits_path(mock: Mock, method: str, path: str) -> bool:
    assert isinstance(mock, HttpMock)
    parts = re.match(r"[a-z]+://[^/]+(/[^?]*)", mock.url)
    return parts is not None and mock.method in ("*", method) and url_fits(parts[1], path)


def _misses(mock: HttpMock, request: httpx.Request) -> Iterable[Miss]:
    if mock.body is not None:
        yield from mock.body.misses(_body(request))
    if mock.query is not None:
        yield from mock.query.misses(dict(request.url.params), ("query",))
    if mock.headers is not None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        yield from mock.headers.misses(headers, ("headers",))


def _is_json(request: httpx.Request) -> bool:
    return "json" in request.headers.get("content-type", "")


def _body(request: httpx.Request) -> Any:
    text = request.content.decode("utf-8", "replace")
    if _is_json(request):
        try:
            return json.loads(text)
        except ValueError:
            pass
    return text


def _response(reply: HttpReply, request: httpx.Request) -> httpx.Response:
    match reply.fail:
        case "timeout":
            raise httpx.ReadTimeout("the mock does not answer", request=request)
        case "refused":
            raise httpx.ConnectError("the mock refuses the connection", request=request)
        case "closed":
            raise httpx.RemoteProtocolError("the mock closed the connection", request=request) from (
                ConnectionResetError("closed")
            )
    headers = dict(reply.headers)
    if reply.text is not None:
        return httpx.Response(reply.status, text=reply.text, headers=headers, request=request)
    if reply.json is None and reply.status in (204, 304):
        return httpx.Response(reply.status, headers=headers, request=request)
    return httpx.Response(reply.status, json=reply.json, headers=headers, request=request)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
