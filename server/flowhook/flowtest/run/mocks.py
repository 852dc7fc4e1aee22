"""Mocks at work: HTTP services, nodes and engines answer what the test says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import httpx

from flowhook.engine.effects import Failure, NodeResult
from flowhook.flowtest.files.matchers import Miss
from flowhook.flowtest.files.model import HttpMock, HttpReply, Mock, NluMock, NodeMock
from flowhook.model.output import Output
from flowhook.model.understanding import Ranked, Understanding
from flowhook.net.client import RawResponse
from flowhook.testing.http import FakeHttp, FakeOutgoing

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


class Mocks(FakeHttp):
    """All mocks of one test, newest first, and the calls that were made."""

    def __init__(self, mocks: Iterable[Mock] = ()) -> None:
        super().__init__()
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

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """What a service answers, in its time. Raises httpx.HTTPError."""
        answer = self._choose(request)
        limit = (request.extensions.get("timeout") or {}).get("read")
        if answer.delay and self.pauses is not None:
            if limit is not None and answer.delay >= limit:
                raise httpx.ReadTimeout("the mock answers too late", request=request)
            await self.pauses.sleep(answer.delay)
        return _response(answer, request)

    def answer_now(self, request: httpx.Request) -> httpx.Response:
        """The same for plain hooks, whose time nobody moves."""
        return _response(self._choose(request), request)

    def _choose(self, request: httpx.Request) -> HttpReply:
        self.calls.append(request)
        self.callbacks += _CALLBACK.findall(request.content.decode("utf-8", "replace"))
        method, url = request.method, str(request.url)
        fitting = [each for each in self._http() if _fits(each.mock, method, url)]
        if not fitting and (path := self._path_under_connection(url)) is not None:
            fitting = [each for each in self._http() if _fits_path(each.mock, method, path)]
        for position, armed in enumerate(fitting):
            mock = armed.mock
            assert isinstance(mock, HttpMock)
            following = any(other.mock.name == mock.name for other in fitting[position + 1 :])
            spent = mock.times is None and following and armed.called >= len(mock.answers)
            if armed.used_up or spent:
                continue
            armed.called += 1
            if misses := list(_misses(mock, request)):
                armed.misses.append((f"{method} {_without_query(url)}", misses))
            return mock.answers[min(armed.called, len(mock.answers)) - 1]
        self.unexpected.append(self._explain(method, _without_query(url), bool(fitting)))
        raise httpx.ConnectError("the test has no mock for this call", request=request)

    def _path_under_connection(self, url: str) -> str | None:
        """The path of a call through a connection: where its service is, only this machine's configuration
        says, so that a mock of any other base answers too. None for other calls."""
        bases = (connection.base_url.rstrip("/") + "/" for connection in self.connections.values())
        base = max((base for base in bases if url.startswith(base)), key=len, default=None)
        return None if base is None else "/" + _without_query(url)[len(base) :]

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


class MockOutgoing(FakeOutgoing):
    """The way out of a test: it ends at the mocks."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self._mocks = mocks
        self._clients = (
            httpx.AsyncClient(transport=httpx.MockTransport(mocks.answer)),
            httpx.Client(transport=httpx.MockTransport(mocks.answer_now)),
        )

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, timeout: float
    ) -> RawResponse:
        """A call that needs no client, such as that of an event webhook."""
        response = await self.http.request(method, url, headers=dict(headers), content=body, timeout=timeout)
        return RawResponse(response.status_code, dict(response.headers), response.content)


def calls_of(requests: Sequence[httpx.Request]) -> list[dict[str, Any]]:
    """Calls as ``expect: {calls: …}`` sees them: ``{call, method, url, json | body, headers}``."""
    return [
        {
            "call": f"{request.method} {_without_query(str(request.url))}",
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
    if mock.method not in ("*", method):
        return False
    shown_url = url if "?" in mock.url else _without_query(url)
    return _pattern(mock.url.rstrip("/")).fullmatch(shown_url.rstrip("/")) is not None


def _fits_path(mock: Mock, method: str, path: str) -> bool:
    assert isinstance(mock, HttpMock)
    parts = re.match(r"[a-z]+://[^/]+(/[^?]*)", mock.url)
    fits = parts is not None and _pattern(parts[1].rstrip("/")).fullmatch(path.rstrip("/")) is not None
    return fits and mock.method in ("*", method)


@lru_cache(maxsize=1000)
def _pattern(url: str) -> re.Pattern[str]:
    """``*`` is any text, ``{name}`` a part of the path."""
    parts = re.split(r"(\*|\{[^{}/]*\})", url)
    return re.compile(
        "".join(".*" if part == "*" else "[^/?]+" if part[:1] == "{" else re.escape(part) for part in parts)
    )


def _without_query(url: str) -> str:
    return url.partition("?")[0]


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


def _response(answer: HttpReply, request: httpx.Request) -> httpx.Response:
    match answer.fail:
        case "timeout":
            raise httpx.ReadTimeout("the mock does not answer", request=request)
        case "refused":
            raise httpx.ConnectError("the mock refuses the connection", request=request)
        case "closed":
            raise httpx.RemoteProtocolError("the mock closed the connection", request=request) from (
                ConnectionResetError("closed")
            )
    headers = dict(answer.headers)
    if answer.text is not None:
        return httpx.Response(answer.status, text=answer.text, headers=headers, request=request)
    if answer.json is None and answer.status in (204, 304):
        return httpx.Response(answer.status, headers=headers, request=request)
    return httpx.Response(answer.status, json=answer.json, headers=headers, request=request)


def _times(count: int) -> str:
    return {0: "never", 1: "once", 2: "twice"}.get(count, f"{count} times")
