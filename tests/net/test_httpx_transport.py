"""httpx over our session means what httpx means."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


async def test_a_request(server: Any, outgoing: Outgoing) -> None:
    """Method, query, headers and JSON travel; so does the answer."""
    server.answer = (
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nX-A: 1\r\nX-A: 2\r\n"
        b'Content-Length: 9\r\n\r\n{"a": 1}\n'
    )
    answer = await outgoing.http.put(
        server.url + "a%2Fb", params={"q": "x y"}, json={"n": 1}, headers={"X-B": "c"}
    )

    assert (answer.status_code, answer.json(), answer.reason_phrase) == (201, {"a": 1}, "Created")
    assert answer.headers.get_list("x-a") == ["1", "2"]
    assert server.requests[0].startswith(b"PUT /a%2Fb?q=x+y HTTP/1.1\r\n")
    assert server.requests[0].endswith(b'{"n":1}')
    assert server.header("x-b") == "c"
    assert server.header("content-type") == "application/json"


async def test_bodies_of_every_kind(server: Any, outgoing: Outgoing) -> None:
    """Forms, files and generators arrive whole."""

    async def pieces() -> Any:
        yield b"ab"
        yield b"cd"

    await outgoing.http.post(server.url, data={"a": "b c"})
    assert server.requests[-1].endswith(b"a=b+c")
    await outgoing.http.post(server.url, files={"f": b"bytes"})
    assert b"bytes" in server.requests[-1]
    await outgoing.http.post(server.url, content=pieces())
    assert server.requests[-1].endswith(b"\r\n\r\nabcd")
    await outgoing.http.post(server.url)
    assert server.header("content-length") == "0"


async def test_streams(server: Any, outgoing: Outgoing) -> None:
    """A body may be read piece by piece, or left."""
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000
    async with outgoing.http.stream("GET", server.url) as answer:
        assert sum([len(piece) async for piece in answer.aiter_bytes()]) == 100_000
    async with outgoing.http.stream("GET", server.url) as answer:
        pass

    assert (await outgoing.http.get(server.url)).status_code == 200


async def test_credentials_in_the_url(server: Any, outgoing: Outgoing) -> None:
    """They become basic auth, as httpx has it."""
    await outgoing.http.get(server.url.replace("//", "//a:b@"))

    assert server.header("authorization") == "Basic YTpi"


async def test_closed_after_the_request_was_sent(server: Any, outgoing: Outgoing) -> None:
    """Never an error of connecting: the request may have been obeyed."""

    async def leave(reader: Reader, writer: Writer) -> None:
        writer.close()

    server.answer = leave
    with pytest.raises(httpx.RemoteProtocolError):
        await outgoing.http.post(server.url)


async def test_reset_after_the_request_was_sent(server: Any, outgoing: Outgoing) -> None:
    """A reset is a ReadError."""

    async def reset(reader: Reader, writer: Writer) -> None:
        writer.transport.abort()

    server.answer = reset
    with pytest.raises((httpx.ReadError, httpx.RemoteProtocolError)):
        await outgoing.http.post(server.url)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"garbage\r\n\r\n", httpx.RemoteProtocolError),
        (
            b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx",
            httpx.RemoteProtocolError,
        ),
    ],
)
async def test_bad_answers(server: Any, outgoing: Outgoing, answer: bytes, error: type[Exception]) -> None:
    """What is not HTTP, and what is compressed against our word."""
    server.answer = answer
    with pytest.raises(error):
        await outgoing.http.get(server.url)


async def test_a_body_cut_short(server: Any, outgoing: Outgoing) -> None:
    """The stream fails, not the request."""

    async def cut(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        writer.close()

    server.answer = cut
    with pytest.raises(httpx.RemoteProtocolError):
        await outgoing.http.get(server.url)


async def test_time_runs_out(server: Any, outgoing: Outgoing) -> None:
    """A server that says nothing is a ReadTimeout."""

    async def silent(reader: Reader, writer: Writer) -> None:
        await asyncio.Event().wait()

    server.answer = silent
    with pytest.raises(httpx.ReadTimeout):
        await outgoing.http.get(server.url, timeout=0.1)


async def test_nobody_listens(unused_tcp_port: int) -> None:
    """A closed port, a name that leads nowhere and a forbidden address are ConnectErrors."""
    async with Outgoing(AddressRules(["127.0.0.1"])) as outgoing:
        for url in (f"http://127.0.0.1:{unused_tcp_port}/", "http://nowhere.invalid/", "http://10.0.0.1/"):
            with pytest.raises(httpx.ConnectError):
                await outgoing.http.get(url)


async def test_redirects_are_not_followed(server: Any, outgoing: Outgoing) -> None:
    """Unless the caller wants it; the rules hold at the target then."""
    server.answer = b"HTTP/1.1 302 Found\r\nLocation: http://10.0.0.1/\r\nContent-Length: 0\r\n\r\n"

    assert (await outgoing.http.get(server.url)).status_code == 302
    with pytest.raises(httpx.ConnectError, match=r"outgoing\.allow"):
        await outgoing.http.get(server.url, follow_redirects=True)


async def test_the_synchronous_client(server: Any, outgoing: Outgoing) -> None:
    """Plain hooks in worker threads use the same session, rules and errors."""
    client = outgoing.sync_http
    answer = await asyncio.to_thread(client.post, server.url, json={"a": 1})
    assert answer.text == "ok"
    assert server.requests[-1].endswith(b'{"a":1}')

    with pytest.raises(httpx.ConnectError):
        await asyncio.to_thread(client.get, "http://10.0.0.1/")
    with pytest.raises(RuntimeError, match="event loop"):
        client.get(server.url)
