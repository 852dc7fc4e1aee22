"""What becomes of a call that a flow makes when there is no answer."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest

from flowhook.config import ConnectionConfig
from flowhook.engine.effects import Failure, HttpCall, HttpResult
from flowhook.harness.clocks import FakeClock
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing
from flowhook.runtime.turns.http_calls import HttpCalls
from flowhook.runtime.turns.pauses import Pauses


@pytest.fixture
async def calls() -> AsyncIterator[HttpCalls]:
    """With a real way out, and a clock on which nobody may wait."""
    clock = FakeClock()
    async with Outgoing() as outgoing:
        yield HttpCalls(outgoing, dict, clock, Pauses(clock))


@pytest.mark.parametrize("url", ["http://10.0.0.1/", "http://127.0.0.1:1/", "http://127.1/"])
async def test_a_refused_address_is_blocked_and_not_tried_again(calls: HttpCalls, url: str) -> None:
    """``error.reason`` says so, and repeating it would be in vain."""
    result = await calls.perform(HttpCall("GET", url, retries=3))
    assert isinstance(result, Failure)
    assert result.reason == "blocked"


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """Sends what it is told, as bytes."""
    here = Service()
    server = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.port = server.sockets[0].getsockname()[1]
    yield here
    server.close()


@pytest.fixture
async def open_calls(service: Service) -> AsyncIterator[HttpCalls]:
    """To a service on this machine, also through a connection with a secret."""
    clock = FakeClock()
    crm = ConnectionConfig(base_url=f"http://127.0.0.1:{service.port}/base", bearer="secret")
    async with Outgoing(AddressRules(["127.0.0.1"])) as outgoing:
        yield HttpCalls(outgoing, lambda: {"crm": crm}, clock, Pauses(clock))


class Service:
    """One response for every request."""

    def __init__(self) -> None:
        self.response = b""
        self.requests: list[bytes] = []
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            self.requests.append(await reader.readuntil(b"\r\n\r\n"))
            writer.write(self.response)
            await writer.drain()
        writer.close()

    def sends(self, body: bytes, content_type: str, *headers: str) -> None:
        lines = ["HTTP/1.1 200 OK", f"Content-Type: {content_type}", f"Content-Length: {len(body)}", *headers]
        self.response = "\r\n".join(lines).encode() + b"\r\n\r\n" + body


NAME = {"name": "S\xfcd \u20ac"}
TEXT = json.dumps(NAME, ensure_ascii=False)


@pytest.mark.parametrize(
    ("content_type", "body", "parsed"),
    [
        ("application/json; charset=ISO-8859-15", TEXT.encode("iso-8859-15"), NAME),
        ("application/json; charset=utf-16", TEXT.encode("utf-16"), NAME),
        ("application/problem+json", TEXT.encode("utf-16-le"), NAME),
        ("Application/JSON", TEXT.encode("utf-8-sig"), NAME),
        ("application/json; charset=nonsense", TEXT.encode(), NAME),
        ("application/json; charset=latin-1", b'{"name": "S\xfcd"}', {"name": "S\xfcd"}),
        ("application/json", b'{"name": "\\ud83d!"}', {"name": "\ufffd!"}),
        ("application/json", b"<html>no JSON</html>", "<html>no JSON</html>"),
        ("text/plain", b'{"a": 1}', '{"a": 1}'),
    ],
)
async def test_json_in_any_charset(
    open_calls: HttpCalls, service: Service, content_type: str, body: bytes, parsed: Any
) -> None:
    """The one that the service names, or that its first bytes show."""
    service.sends(body, content_type)
    result = await open_calls.perform(HttpCall("GET", f"http://127.0.0.1:{service.port}/"))
    assert isinstance(result, HttpResult)
    assert result.body == parsed


async def test_compression_that_nobody_asked_for(open_calls: HttpCalls, service: Service) -> None:
    """It is no HTTP as asked for, which ``error.reason`` says; a header allows it."""
    service.sends(gzip.compress(b'{"a": 1}'), "application/json", "Content-Encoding: gzip")
    url = f"http://127.0.0.1:{service.port}/"
    refused = await open_calls.perform(HttpCall("GET", url))
    assert isinstance(refused, Failure)
    assert refused.reason == "protocol"
    assert "accept-encoding: gzip" in refused.message
    allowed = await open_calls.perform(HttpCall("GET", url, headers={"accept-encoding": "gzip"}))
    assert isinstance(allowed, HttpResult)
    assert allowed.body == {"a": 1}


async def test_a_flood_of_interim_responses_ends_the_call(open_calls: HttpCalls, service: Service) -> None:
    """Twenty are waited for, not thousands."""
    url = f"http://127.0.0.1:{service.port}/"
    service.sends(b"ok", "text/plain")
    final = service.response
    service.response = b"HTTP/1.1 102 Processing\r\n\r\n" * 20 + final
    assert isinstance(await open_calls.perform(HttpCall("GET", url)), HttpResult)
    service.response = b"HTTP/1.1 102 Processing\r\n\r\n" * 21 + final
    refused = await open_calls.perform(HttpCall("GET", url))
    assert isinstance(refused, Failure)
    assert refused.reason == "protocol"


@pytest.mark.parametrize(
    "path",
    [
        "/../x", "/..;/x", "/..;a=b/x", "/..%5cx", "/..%2fx", "/%2e%2e/x", "/%252e%252e/x", "/a/..%00/x",
        "/%25252525252e/x", "\\x", "//evil.test/", "http://evil.test/", "/a#b", "/.. /x", "/a\x00b",
    ],
)  # fmt: skip
async def test_a_path_under_a_connection_stays_there(
    open_calls: HttpCalls, service: Service, path: str
) -> None:
    """However it is encoded: the connection's secret goes nowhere else."""
    refused = await open_calls.perform(HttpCall("GET", path, connection="crm"))
    assert isinstance(refused, Failure)
    assert refused.reason == "url"
    assert service.requests == []


@pytest.mark.parametrize("path", ["/a/b", "a.b/c..d", "/a%20b/...", "/caf%C3%A9", "/100%25/x?y=1"])
async def test_a_plain_path_under_a_connection(open_calls: HttpCalls, service: Service, path: str) -> None:
    """Dots and percent signs are no crime."""
    service.sends(b"ok", "text/plain")
    assert isinstance(await open_calls.perform(HttpCall("GET", path, connection="crm")), HttpResult)
    assert b"/base/" in service.requests[0]
    assert b"Bearer secret" in service.requests[0]
