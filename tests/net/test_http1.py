"""Responses as they come off the wire, beside what h11 makes of the same bytes."""

from __future__ import annotations

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.machine import examples

from flowhook.net.http1 import BODY_LIMIT, INTERIM_LIMIT, Malformed, ResponseParser

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\nok\r\n0\r\n\r\n"


def parsed(data: bytes, *, method: str = "POST", closed: bool = False, step: int = 0) -> ResponseParser:
    """What the bytes say, fed whole or ``step`` at a time."""
    parser = ResponseParser(method)
    for start in range(0, len(data), step or max(1, len(data))):
        parser.feed(data[start : start + (step or len(data))])
        if parser.complete:
            return parser
    if closed:
        parser.end()
    return parser


@pytest.mark.parametrize(
    ("data", "body", "reusable"),
    [
        (OK, b"ok", True),
        (CHUNKED, b"ok", True),
        (CHUNKED.replace(b"0\r\n\r\n", b"0\r\nX-Sum: 1\r\n\r\n"), b"ok", False),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b"", True),
        (b"HTTP/1.1 204\r\n\r\n", b"", True),
        (b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok", False),
        (OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), b"ok", False),
        (OK.replace(b"\r\n\r\n", b"\r\nConnection: keep-alive, Close\r\n\r\n"), b"ok", False),
        (b"HTTP/1.1 100 Continue\r\n\r\n" + OK, b"ok", True),
        (OK + b"HTTP/1.1 200 OK\r\n", b"ok", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok", b"ok", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"", False),
    ],
)
@pytest.mark.parametrize("step", [0, 1, 7])
def test_where_a_response_ends(data: bytes, body: bytes, reusable: bool, step: int) -> None:
    """The body, and whether the connection can carry another request, whatever the pieces."""
    parser = parsed(data, step=step)
    assert (parser.complete, parser.body) == (True, body)
    if step == 0:
        assert parser.reusable is reusable


def test_the_end_of_the_connection_ends_a_body_without_a_length() -> None:
    """As servers of old do; a body with a length is cut short by it."""
    parser = parsed(b"HTTP/1.1 200 OK\r\n\r\nall of it", closed=True)
    assert (parser.body, parser.reusable) == (b"all of it", False)
    for data in (b"", b"HTTP/1.1 200", OK[:-1], CHUNKED[:-2]):
        with pytest.raises(Malformed, match="closed within"):
            parsed(data, closed=True)


def test_a_head_request_has_no_body() -> None:
    """Whatever length is announced."""
    parser = parsed(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", method="HEAD")
    assert (parser.complete, parser.body, parser.reusable) == (True, b"", True)


@pytest.mark.parametrize(
    "data",
    [
        b"SSH-2.0-OpenSSH_9\r\n",
        b"HTTP/2.0 200 OK\r\n\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 99 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n",
        b"HTTP/1.1 200 OK\nContent-Length: 2\n\nok" + b" " * 40_000,
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1, 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: \xb2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\x00b\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX : a\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n folded\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nnothing\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nok\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok!\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"0" * 2000,
        b"HTTP/1.1 200 OK\r\nX: " + b"a" * 40_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n" + b"X: y\r\n" * 9_000,
        b"HTTP/1.1 103 Early Hints\r\n\r\n" * (INTERIM_LIMIT + 1),
    ],
)
def test_what_is_no_response_is_an_error(data: bytes) -> None:
    """Never a guess, never without a bound."""
    with pytest.raises(Malformed):
        parsed(data)
    with pytest.raises(Malformed):
        parsed(data, step=11)


def test_a_long_body_is_cut() -> None:
    """At 64 KiB, however it is framed; the rest is not waited for."""
    for data in (
        b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000,
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        + b"4000\r\n" * 1
        + b"x" * 0x4000
        + b"\r\nfffff\r\n"
        + b"x" * 90_000,
    ):
        parser = parsed(data)
        assert (parser.complete, parser.body, parser.reusable) == (True, b"x" * BODY_LIMIT, False)


def test_many_small_chunks_are_read_in_one_pass() -> None:
    """The work is in proportion to the bytes: 40,000 chunks of one byte in one piece."""
    parser = parsed(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"1\r\nx\r\n" * 40_000 + b"0\r\n\r\n"
    )
    assert parser.body == b"x" * 40_000


_PIECES = st.sampled_from(
    [
        b"HTTP/1.1 ", b"HTTP/1.0 ", b"200", b"204", b"304", b"100", b"500", b" OK", b"\r\n", b"\n", b"\r",
        b"Content-Length: ", b"content-length:", b"Transfer-Encoding: ", b"chunked", b"gzip, chunked", b"0",
        b"ok", b"0\r\n\r\n", b"2\r\nok\r\n", b"Connection: close", b"X: y", b":", b",", b";", b"\x00",
        b"\x0b", b"\xe9", b" ", b"\t", b"2", b"3",
    ]
)  # fmt: skip


def _by_h11(data: bytes) -> tuple[int, bytes] | None:
    """Status and body by h11, the connection closed behind the bytes; None when it refuses them."""
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="POST", target="/", headers=[("Host", "a"), ("Content-Length", "0")]))
    client.send(h11.EndOfMessage())
    status, body = 0, b""
    try:
        client.receive_data(data)
        client.receive_data(b"")
        while True:
            event = client.next_event()
            if isinstance(event, h11.Response):
                status = event.status_code
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return status, body
            elif event in (h11.NEED_DATA, h11.PAUSED) or isinstance(event, h11.ConnectionClosed):
                return None
    except h11.RemoteProtocolError:
        return None


@settings(max_examples=examples(400))
@given(st.lists(_PIECES, max_size=12).map(b"".join), st.sampled_from([b"", OK, CHUNKED]), st.integers(1, 9))
@example(b"", CHUNKED, 1)
def test_what_is_taken_is_what_h11_takes(pieces: bytes, base: bytes, step: int) -> None:
    """Any bytes: what we take for a response, h11 takes for the same one; the pieces do not matter."""
    cut = len(base) // 2
    for data in (pieces + base, base + pieces, base[:cut] + pieces + base[cut:]):
        try:
            whole: tuple[int, bytes] | None = _of(parsed(data, closed=True))
        except Malformed:
            whole = None
        try:
            pieced: tuple[int, bytes] | None = _of(parsed(data, closed=True, step=step))
        except Malformed:
            pieced = None
        assert whole == pieced
        if whole is not None:
            assert whole == _by_h11(data)


def _of(parser: ResponseParser) -> tuple[int, bytes]:
    return parser.status, parser.body
