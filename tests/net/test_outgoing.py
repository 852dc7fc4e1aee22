"""The way out: bounded in time and size, and only to where it may go."""

from __future__ import annotations

import asyncio
import logging
import socket
import threading
from typing import Any

import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from tests.machine import PATIENCE

from flowhook.errors import SendError
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing
from flowhook.net.errors import USER_AGENT
from flowhook.net.http1 import BODY_LIMIT

Reader, Writer = asyncio.StreamReader, asyncio.StreamWriter


class Names(AbstractResolver):
    """Leads names where the test wants, a list for each look-up, and counts."""

    def __init__(self, *answers: list[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        self.asked += 1
        addresses = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [
            ResolveResult(hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0)
            for address in addresses
        ]

    async def close(self) -> None:
        """Nothing to close."""


async def post(outgoing: Outgoing, url: str, timeout: float = 5.0, **headers: str) -> Any:
    return await outgoing.send("POST", url, headers, b"{}", timeout=timeout)


async def refused(outgoing: Outgoing, url: str, timeout: float = 5.0) -> SendError:
    with pytest.raises(SendError) as caught:
        await post(outgoing, url, timeout)
    return caught.value


async def test_an_answer(server: Any, outgoing: Outgoing) -> None:
    """Status, headers without regard to case, and body; one connection serves several requests."""
    for _ in range(3):
        answer = await post(outgoing, server.url, **{"x-mine": "1"})

    assert (answer.status, answer.headers["x-note"], answer.body) == (200, "yes", b"ok")
    assert server.connections == 1
    assert server.header("x-mine") == "1"
    assert server.header("user-agent") == USER_AGENT
    assert server.header("accept-encoding") == "identity"
    assert server.requests[-1].endswith(b"\r\n\r\n{}")


async def test_redirects_are_answers(server: Any, outgoing: Outgoing) -> None:
    """Nobody visits the target."""
    server.answer = b"HTTP/1.1 302 Found\r\nLocation: /other\r\nContent-Length: 0\r\n\r\n"

    assert (await post(outgoing, server.url)).status == 302
    assert len(server.requests) == 1


async def test_no_cookies_are_kept(server: Any, outgoing: Outgoing) -> None:
    """What one receiver sets goes nowhere."""
    server.answer = b"HTTP/1.1 200 OK\r\nSet-Cookie: a=b; Path=/\r\nContent-Length: 0\r\n\r\n"
    await post(outgoing, server.url)
    await post(outgoing, server.url)
    await outgoing.http.get(server.url)
    await outgoing.http.get(server.url)

    assert server.header("cookie") is None


async def test_the_environment_has_no_say(
    server: Any, outgoing: Outgoing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """HTTP_PROXY is not honoured."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")

    assert (await post(outgoing, server.url)).status == 200
    assert (await outgoing.http.get(server.url)).status_code == 200


async def test_compression_is_not_undone(server: Any, outgoing: Outgoing) -> None:
    """A compressed answer stays as small as it came."""
    server.answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08"

    assert (await post(outgoing, server.url)).body == b"\x1f\x8b\x08"


async def test_a_large_body_is_cut(server: Any, outgoing: Outgoing) -> None:
    """At most 64 KiB are read, then the connection is closed."""

    async def endless(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
        while True:
            writer.write(b"x" * 65536)
            await writer.drain()

    server.answer = endless
    answer = await post(outgoing, server.url)
    server.answer = b"HTTP/1.1 204 No Content\r\n\r\n"

    assert (answer.status, len(answer.body)) == (200, BODY_LIMIT)
    assert (await post(outgoing, server.url)).status == 204
    assert server.connections == 2


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n"]
)
async def test_a_slow_answer_ends_in_time(server: Any, outgoing: Outgoing, head: bytes) -> None:
    """The deadline holds for headers and body together, however steadily they drip."""

    async def drip(reader: Reader, writer: Writer) -> None:
        writer.write(head)
        while True:
            writer.write(b"x")
            await asyncio.sleep(0.02)

    server.answer = drip
    error = await refused(outgoing, server.url, timeout=0.3)

    assert error.reason == "timeout"


@pytest.mark.parametrize(
    "answer",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
async def test_nonsense_is_a_protocol_error(server: Any, outgoing: Outgoing, answer: bytes) -> None:
    """What is not HTTP is a named failure."""
    server.answer = answer

    assert (await refused(outgoing, server.url)).reason == "protocol"


async def test_a_short_body_is_a_failure(server: Any, outgoing: Outgoing) -> None:
    """A connection that ends within the body leaves no answer."""

    async def cut(reader: Reader, writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc")
        writer.close()

    server.answer = cut

    assert (await refused(outgoing, server.url)).reason == "protocol"


async def test_closed_without_an_answer(server: Any, outgoing: Outgoing) -> None:
    """The request was sent once, and nobody knows what became of it."""

    async def leave(reader: Reader, writer: Writer) -> None:
        writer.close()

    server.answer = leave

    assert (await refused(outgoing, server.url)).reason == "closed"
    assert len(server.requests) == 1


async def test_no_connection(outgoing: Outgoing, unused_tcp_port: int) -> None:
    """A closed port is a failure to connect."""
    async with Outgoing(AddressRules(["127.0.0.1"])) as here:
        error = await refused(here, f"http://127.0.0.1:{unused_tcp_port}/hook?token=SECRET")

    assert error.reason == "connect"
    assert str(error) == f"http://127.0.0.1:{unused_tcp_port}: Connection refused"


async def test_no_tls() -> None:
    """A server that speaks plain HTTP where https is asked gets nothing in clear."""
    heard = b""

    async def plain(reader: Reader, writer: Writer) -> None:
        nonlocal heard
        heard += await reader.read(1000)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as listener:
        port = listener.sockets[0].getsockname()[1]
        async with Outgoing(AddressRules(["127.0.0.1"])) as outgoing:
            error = await refused(outgoing, f"https://127.0.0.1:{port}/")

    assert error.reason == "tls"
    assert b"POST" not in heard


async def test_a_name_that_does_not_exist(outgoing: Outgoing) -> None:
    """DNS has a reason of its own."""
    assert (await refused(outgoing, "http://nowhere.invalid/")).reason == "dns"


@pytest.mark.parametrize(
    "url", ["ftp://example.org/", "file:///etc/passwd", "/hook", "http://", "http://[::1", "http://a:99999/"]
)
async def test_senseless_urls(outgoing: Outgoing, url: str) -> None:
    """Only http and https, with a host."""
    assert (await refused(outgoing, url)).reason == "protocol"


@pytest.mark.parametrize("value", ["a\r\nX-Evil: 1", "a\nb"])
async def test_headers_cannot_be_broken_out_of(server: Any, outgoing: Outgoing, value: str) -> None:
    """A line break in a header fails the request before it leaves."""
    with pytest.raises(SendError) as caught:
        await post(outgoing, server.url, **{"x-mine": value})

    assert caught.value.reason == "protocol"
    assert server.requests == []


async def test_credentials_move_to_a_header(server: Any, outgoing: Outgoing) -> None:
    """``user:password@`` in a URL is basic auth, never part of an error."""
    url = server.url.replace("//", "//mario:s%40cret@")
    await post(outgoing, url)
    assert server.header("authorization") == "Basic bWFyaW86c0BjcmV0"

    server.answer = b"garbage\r\n\r\n"
    error = await refused(outgoing, url)
    assert "cret" not in str(error)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "localhost",
        "LOCALHOST.",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "169.254.169.254",
        "10.0.0.1",
        "[fe80::1]",
        "[64:ff9b::a9fe:a9fe]",
        "0.0.0.0",
    ],
)
async def test_private_addresses_are_blocked(server: Any, host: str) -> None:
    """Literal, by name, or in a spelling of its own: nothing connects."""
    async with Outgoing() as here:
        error = await refused(here, f"http://{host}:{server.port}/")

    assert error.reason in ("blocked", "dns")
    assert server.connections == 0


async def test_one_bad_address_blocks_a_name(server: Any) -> None:
    """All addresses of a name must pass."""
    async with Outgoing(resolver=Names(["8.8.8.8", "127.0.0.1"])) as here:
        assert (await refused(here, f"http://mixed.test:{server.port}/")).reason == "blocked"


async def test_a_stalled_look_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name server that hangs costs the deadline, and no thread that others need."""
    go_on = threading.Event()

    def stall(*arguments: Any, **more: Any) -> Any:
        go_on.wait(PATIENCE)
        raise socket.gaierror("late")

    monkeypatch.setattr(socket, "getaddrinfo", stall)
    async with Outgoing() as here:
        calls = [asyncio.create_task(refused(here, f"http://n{n}.test/", 0.2)) for n in range(40)]
        assert {error.reason for error in await asyncio.gather(*calls)} == {"timeout"}
        assert await asyncio.to_thread(lambda: "free") == "free"
        go_on.set()


async def test_rebinding(server: Any) -> None:
    """A name is looked up once for a connection, and that answer is both checked and dialled."""
    names = Names([f"127.0.0.{n}" for n in (1,)], ["10.0.0.1"])
    async with Outgoing(AddressRules([f"127.0.0.1:{server.port}"]), resolver=names) as here:
        assert (await post(here, f"http://flip.test:{server.port}/")).status == 200
        assert names.asked == 1
        await server.close()
        assert (await refused(here, f"http://flop.test:{server.port}/")).reason == "blocked"
        assert names.asked == 2


async def test_a_trusted_name(server: Any) -> None:
    """The allow list may name a host; its address is not thereby open under other names."""
    url = f"http://trusted.test:{server.port}/"
    async with Outgoing(AddressRules([f"trusted.test:{server.port}"]), resolver=Names(["127.0.0.1"])) as here:
        assert (await refused(here, url.replace("trusted", "other"))).reason == "blocked"
        assert (await post(here, url)).status == 200


async def test_cancelled_requests_leave_nothing_behind(server: Any, outgoing: Outgoing) -> None:
    """After many cancellations at random moments a healthy request still passes."""

    async def slow(reader: Reader, writer: Writer) -> None:
        await asyncio.sleep(0.002)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await asyncio.sleep(0.002)
        writer.write(b"ok")

    server.answer = slow
    for number in range(300):
        task = asyncio.create_task(post(outgoing, server.url))
        await asyncio.sleep((number % 30) / 5000)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    assert (await post(outgoing, server.url)).body == b"ok"
    assert outgoing._pools  # the test looks where the sends went
    assert all(len(pool._all) <= 2 and not pool._opening for pool in outgoing._pools.values())


async def test_urls_are_not_logged(server: Any, outgoing: Outgoing, caplog: pytest.LogCaptureFixture) -> None:
    """httpx would log each URL, and URLs hold tokens."""
    with caplog.at_level(logging.INFO):
        await outgoing.http.get(server.url + "?token=SECRET")

    assert "SECRET" not in caplog.text


async def test_it_must_be_open() -> None:
    """Before ``open`` nothing can be sent."""
    with pytest.raises(RuntimeError, match="not open"):
        await post(Outgoing(), "http://example.org/")
