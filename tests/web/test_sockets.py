"""The front behind a real Hypercorn, asked over raw sockets: what no HTTP client would send."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from flowhook.web.asgi_app import create_app
from flowhook.web.messages.asgi import MessageApp
from tests.machine import PATIENCE

from .conftest import FakeIntake, nothing_here, serving

HEAD = b"POST /demo-pizza HTTP/1.1\r\nhost: bot\r\ncontent-type: application/json\r\n"
BODY = b'{"userId":"u","sessionId":"s","text":"x"}'
LENGTH = b"content-length: %d\r\n\r\n" % len(BODY)


@pytest.fixture
async def port(services: Any, fast_lane: bool) -> AsyncIterator[int]:
    front = MessageApp(services, nothing_here, body_seconds=PATIENCE)
    async with serving(front, fast_lane=fast_lane) as port:
        yield port


async def exchange(port: int, data: bytes, *, answers: int = 1) -> list[bytes]:
    """Send bytes and read so many answers, each as head and body together."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    read = []
    for _ in range(answers):
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        read.append(head + await reader.readexactly(int(length.split(b":")[1])))
    writer.close()
    await writer.wait_closed()
    return read


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


async def test_an_answer_names_no_server(port: int) -> None:
    """No Server header, the right length, kept out of caches."""
    (answer,) = await exchange(port, HEAD + LENGTH + BODY)
    assert status(answer) == 202
    assert b"\r\nserver:" not in answer.lower()
    assert b"cache-control: no-store" in answer


async def test_a_chunked_body_is_read(port: int, intake: FakeIntake) -> None:
    """In as many pieces as it comes."""
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in (BODY[:7], BODY[7:]))
    (answer,) = await exchange(port, HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n")
    assert status(answer) == 202
    assert intake.calls[0].raw == BODY


async def test_pipelined_requests_are_answered_in_order(port: int) -> None:
    """Three at once on one connection."""
    bodies = [BODY.replace(b'"u"', b'"u%d"' % n) for n in range(3)]
    requests = [HEAD + b"content-length: %d\r\n\r\n" % len(body) + body for body in bodies]
    answers = await exchange(port, b"".join(requests), answers=3)
    assert [b'"u%d"' % n in answer for n, answer in enumerate(answers)] == [True, True, True]


SMUGGLING = {
    "length and encoding": HEAD + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "encoding and length": HEAD + b"transfer-encoding: chunked\r\ncontent-length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": HEAD + b"content-length: 5\r\ncontent-length: 6\r\n\r\nabcde",
    "a bad chunk": HEAD + b"transfer-encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n",
    "CONNECT": b"CONNECT other.example:443 HTTP/1.1\r\nhost: other.example:443\r\n\r\n",
    "a proxy request": b"POST http://other.example/demo-pizza HTTP/1.1\r\nhost: x\r\n" + LENGTH + BODY,
    "no host": b"POST /demo-pizza HTTP/1.1\r\n" + LENGTH + BODY,
    "a blank before the colon": HEAD + b"x : y\r\n\r\n",
    "a negative length": HEAD + b"content-length: -1\r\n\r\n",
}


@pytest.mark.parametrize("data", SMUGGLING.values(), ids=SMUGGLING.keys())
async def test_what_two_servers_could_read_differently_is_400(
    port: int, intake: FakeIntake, data: bytes
) -> None:
    """And the connection is closed, so that nothing can follow."""
    (answer,) = await exchange(port, data)
    assert status(answer) == 400
    assert b"connection: close" in answer.lower()
    assert intake.calls == []


async def test_too_large_is_answered_while_the_body_is_on_its_way(port: int) -> None:
    """The caller sees 413 instead of a reset connection, although he sends a mebibyte."""
    data = HEAD + b"content-length: 1048576\r\n\r\n" + b"x" * 1_048_576
    (answer,) = await exchange(port, data)
    assert status(answer) == 413
    assert b"body_too_large" in answer


async def test_a_refusal_reads_the_body_away(port: int) -> None:
    """Whoever posts a lot to an unknown endpoint sees 404, and the connection stays in use."""
    lost = HEAD.replace(b"demo-pizza", b"nobody") + b"content-length: 200000\r\n\r\n" + b"x" * 200_000
    first, second = await exchange(port, lost + HEAD + LENGTH + BODY, answers=2)
    assert (status(first), status(second)) == (404, 202)


async def test_what_nobody_reads_leaves_the_connection_in_use(port: int) -> None:
    """A path that does not exist is 404 whatever is posted to it; the next request is answered."""
    lost = HEAD.replace(b"demo-pizza", b"nothing/here") + b"content-length: 200000\r\n\r\n" + b"x" * 200_000
    both = exchange(port, lost + HEAD + LENGTH + BODY, answers=2)
    first, second = await asyncio.wait_for(both, PATIENCE)
    assert (status(first), status(second)) == (404, 202)


async def test_endless_chunks_are_413(port: int) -> None:
    """Counted while they come."""
    chunk = b"8000\r\n" + b"x" * 0x8000 + b"\r\n"
    (answer,) = await exchange(port, HEAD + b"transfer-encoding: chunked\r\n\r\n" + chunk * 12)
    assert status(answer) == 413


async def test_a_dripping_body_is_408(services: Any, fast_lane: bool) -> None:
    """The head came, the body does not."""
    front = MessageApp(services, nothing_here, body_seconds=0.05)
    async with serving(front, fast_lane=fast_lane) as port:
        (answer,) = await exchange(port, HEAD + LENGTH + BODY[:5])
    assert status(answer) == 408


@pytest.mark.parametrize(
    "data",
    [
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00",
        HEAD.replace(b"HTTP/1.1", b"HTTP/2.0") + LENGTH + BODY,
        HEAD.replace(b"HTTP/1.1", b"HTTP/3.7") + LENGTH + BODY,
    ],
)
async def test_only_http_1_is_spoken(port: int, intake: FakeIntake, data: bytes) -> None:
    """HTTP/2 without TLS is refused in words of HTTP/1.1, whoever knows it; the connection is closed."""
    (answer,) = await exchange(port, data)
    assert status(answer) == 505
    assert b"application/problem+json" in answer
    assert b"connection: close" in answer
    assert intake.calls == []


async def test_an_upgrade_to_http_2_is_not_taken(port: int) -> None:
    """The request is answered in the version in which it came."""
    upgrade = b"connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n"
    (answer,) = await exchange(port, b"GET /nobody HTTP/1.1\r\nhost: h\r\n" + upgrade + b"\r\n")
    assert status(answer) in (404, 405)


@pytest.mark.parametrize(
    "data", [b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\nbad header\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_http_is_a_problem_too(port: int, data: bytes) -> None:
    """The one shape for everything that goes wrong, with a trace id."""
    (answer,) = await exchange(port, data)
    assert status(answer) == 400
    assert b"application/problem+json" in answer
    assert b'"traceId":"' in answer


async def test_a_websocket_nobody_serves_is_404(services: Any) -> None:
    """Anybody may try one: it is answered like any other unknown path."""
    shake = (
        b"connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
        b"sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    )
    async with serving(create_app(services)) as port:
        for path in (b"/demo-pizza", b"/x/nobody/here"):
            (answer,) = await exchange(port, b"GET %s HTTP/1.1\r\nhost: h\r\n%s" % (path, shake))
            assert status(answer) == 404
            assert b"not_found" in answer


async def test_a_caller_who_hangs_up_does_not_stop_the_acceptance(port: int, intake: FakeIntake) -> None:
    """Once the body is here the handler runs to its end, whether or not anybody listens."""
    intake.gate = asyncio.Event()
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HEAD + LENGTH + BODY)
    await intake.entered.wait()
    writer.transport.abort()
    assert await reader.read() == b""
    intake.gate.set()
    async with asyncio.timeout(PATIENCE):
        await intake.finished.wait()
