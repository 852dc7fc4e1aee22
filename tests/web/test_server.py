"""The server under callers who mean no good: what they can hold, and for how long."""

from __future__ import annotations

import asyncio
import asyncio.selector_events
import errno
import gc
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import h11
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from flowhook.web.messages.asgi import MessageApp
from flowhook.web.messages.route_table import PathHandlers
from flowhook.web.server import connections as limits
from flowhook.web.server import fast_lane as lane
from flowhook.web.server.connections import Connections, OpenConnection
from flowhook.web.server.http_server import HttpServer, bind
from tests.machine import examples

from .conftest import FakeIntake, make_services, nothing_here

BODY = b'{"userId":"u","sessionId":"s","text":"x"}'
HEAD = b"POST /demo-pizza HTTP/1.1\r\nhost: bot\r\ncontent-type: application/json\r\n"
MESSAGE = HEAD + b"content-length: %d\r\n\r\n" % len(BODY) + BODY


@asynccontextmanager
async def server(app: Any, **options: Any) -> AsyncIterator[tuple[int, HttpServer]]:
    listening = bind("127.0.0.1", 0)
    port = listening.getsockname()[1]
    here = HttpServer(app, **{"graceful": 0.3, **options})
    async with here.listening(listening):
        yield port, here


_writers: list[asyncio.StreamWriter] = []


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A connection that is closed when the test ends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    _writers.append(writer)
    return reader, writer


@pytest.fixture(autouse=True)
async def no_connection_is_left() -> AsyncIterator[None]:
    yield
    for writer in _writers:
        writer.transport.abort()
    for writer in _writers:
        with suppress(ConnectionError):
            await writer.wait_closed()
    _writers.clear()


async def status_of(port: int, data: bytes = MESSAGE) -> int:
    """The status of one request on a connection of its own."""
    reader, writer = await connect(port)
    writer.write(data)
    line = await reader.readline()
    return int(line.split(b" ")[1])


async def closed(reader: asyncio.StreamReader) -> bool:
    """Read what comes, until the server closes."""
    try:
        while await reader.read(65536):
            pass
    except ConnectionError:
        pass
    return True


async def until(condition: Any) -> None:
    while not condition():  # noqa: ASYNC110 - what is waited for knows no event
        await asyncio.sleep(0.01)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The limits of time, shortened: what is tested is that they hold."""
    monkeypatch.setattr(limits, "SWEEP_SECONDS", 0.05)
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.3)
    monkeypatch.setattr(limits, "HEAD_SECONDS", 0.3)
    monkeypatch.setattr(limits, "WRITE_SECONDS", 0.3)


@pytest.mark.parametrize(
    "begun",
    [b"", b"POST /demo", b"HEAD /healthz HTTP/1.1\r\nhost: ", HEAD, MESSAGE],
    ids=["nothing", "half a line", "half a head of another door", "half a head", "idle after a message"],
)
async def test_who_waits_too_long_is_closed(
    services: Any, quick: None, begun: bytes, fast_lane: bool
) -> None:
    """Idle connections and heads that do not end: no task or timer each, and no descriptor for ever."""
    async with server(MessageApp(services, nothing_here), fast_lane=fast_lane) as (port, here):
        reader, writer = await connect(port)
        writer.write(begun)
        assert await closed(reader)
        await until(lambda: len(here.connections) == 0)


async def test_a_body_that_does_not_come_is_408(services: Any, quick: None, fast_lane: bool) -> None:
    """Whichever door reads it; then the connection is closed."""
    app = MessageApp(services, nothing_here, body_seconds=0.1)
    async with server(app, fast_lane=fast_lane) as (port, _):
        reader, writer = await connect(port)
        writer.write(MESSAGE[:-5])
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
        assert await closed(reader)


async def _streams(scope: Any, receive: Any, send: Any) -> None:
    """An application that says more than a socket holds."""
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while True:
        await send({"type": "http.response.body", "body": b"x" * 65536, "more_body": True})


async def test_who_does_not_read_is_cut_off(services: Any, quick: None) -> None:
    """A response of which nothing is taken holds a slot and a buffer for a while, not for ever."""
    async with server(MessageApp(services, _streams)) as (port, here):
        _, writer = await connect(port)
        writer.write(b"GET /much HTTP/1.1\r\nhost: h\r\n\r\n" * 20)
        await until(lambda: len(here.connections) == 1)
        await until(lambda: len(here.connections) == 0)
        assert await status_of(port) == 202


async def test_a_stop_waits_for_no_reader(services: Any) -> None:
    """Connections that do not read, that stream, that are half open: the server stops all the same."""
    began = 0.0
    async with server(MessageApp(services, _streams)) as (port, here):
        writers = []
        for data in (b"GET /much HTTP/1.1\r\nhost: h\r\n\r\n" * 50, b"POST /demo", b"", HEAD):
            _, writer = await connect(port)
            writer.write(data)
            writers.append(writer)
        await until(lambda: len(here.connections) == 4)
        began = time.process_time()
    assert time.process_time() - began < 2  # of this process: nothing spins


async def test_what_is_being_answered_is_answered_at_a_stop(services: Any, intake: FakeIntake) -> None:
    """And the connection is closed behind it."""
    intake.gate = asyncio.Event()
    async with server(MessageApp(services, nothing_here), graceful=30.0) as (port, _):
        reader, writer = await connect(port)
        writer.write(MESSAGE)
        await intake.entered.wait()
        services.state = "stopping"
        asyncio.get_running_loop().call_later(0.1, intake.gate.set)
    assert (await reader.readline()).startswith(b"HTTP/1.1 202")
    assert await closed(reader)


async def test_what_is_written_leaves_at_once(
    services: Any, fast_lane: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response is head and body. Held back until the head is acknowledged, the body of each but the
    first on a connection comes 40 ms late."""
    sockets: list[int] = []

    def note(self: Connections, transport: asyncio.Transport, now: float) -> OpenConnection | None:
        sock = transport.get_extra_info("socket")
        sockets.append(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        return admit(self, transport, now)

    admit = Connections.admit
    monkeypatch.setattr(Connections, "admit", note)
    async with server(MessageApp(services, nothing_here), fast_lane=fast_lane) as (port, _):
        assert await status_of(port) == 202
    assert sockets == [1]


async def test_a_caller_who_has_gone_is_answered_without_a_traceback(
    services: Any, fast_lane: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """His system says so when the server ends its side after the last response."""
    complaints: list[dict[str, Any]] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    end = asyncio.selector_events._SelectorSocketTransport.write_eof

    def gone(self: Any) -> None:
        end(self)
        raise OSError(errno.ENOTCONN, "Transport endpoint is not connected")

    monkeypatch.setattr(asyncio.selector_events._SelectorSocketTransport, "write_eof", gone)
    async with server(MessageApp(services, nothing_here), fast_lane=fast_lane) as (port, _):
        request = MESSAGE.replace(b"host: bot\r\n", b"host: bot\r\nconnection: close\r\n")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request)
        assert (await reader.read()).startswith(b"HTTP/1.1 202 ")
        writer.close()
        await asyncio.sleep(0)
    gc.collect()  # a task that failed complains when it goes
    assert not complaints


async def test_a_caller_who_leaves_takes_his_connection_along(
    services: Any, fast_lane: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The descriptor is free at once, not when an idle timer rings."""
    monkeypatch.setattr(limits, "IDLE_SECONDS", 3600.0)
    async with server(MessageApp(services, nothing_here), fast_lane=fast_lane) as (port, here):
        for _ in range(50):
            assert await status_of(port) == 202
        assert len(here.connections) == 50
        for writer in _writers:
            writer.close()
        await until(lambda: len(here.connections) == 0)


async def test_half_closed_after_the_request(services: Any, intake: FakeIntake) -> None:
    """Whoever ends his side after a message still gets the response."""
    intake.gate = asyncio.Event()
    async with server(MessageApp(services, nothing_here)) as (port, _):
        reader, writer = await connect(port)
        writer.write(MESSAGE)
        writer.write_eof()
        await intake.entered.wait()
        intake.gate.set()
        assert (await reader.readline()).startswith(b"HTTP/1.1 202")
        assert await closed(reader)


async def test_connections_are_bounded(services: Any) -> None:
    """Beyond the limit the oldest idle one makes room; where none is idle the new one is closed."""
    async with server(MessageApp(services, nothing_here), limit=8) as (port, here):
        here.connections.per_peer = 100
        first, _ = await connect(port)
        others = [await connect(port) for _ in range(7)]
        await until(lambda: len(here.connections) == 8)
        assert await status_of(port) == 202
        assert await closed(first)
        for _, writer in others:
            writer.write(b"POST /demo")
        _, writer = await connect(port)
        writer.write(b"POST /demo")
        await until(lambda: sum(not connection.is_idle for connection in here.connections._open) == 8)
        refused, _ = await connect(port)
        assert await closed(refused)
        assert (len(here.connections), here.connections.refused) == (8, 1)


async def test_one_address_has_its_share(services: Any) -> None:
    """Half of the connections: the others are for others."""
    async with server(MessageApp(services, nothing_here), limit=8) as (port, here):
        for _ in range(6):
            _, writer = await connect(port)
            writer.write(b"POST /demo")
        await until(lambda: here.connections.refused == 2)
        assert len(here.connections) == 4


async def test_an_idle_connection_makes_room_for_one_of_the_same_address(services: Any) -> None:
    """Callers who leave theirs open and come again get in: their own oldest one goes."""
    async with server(MessageApp(services, nothing_here), limit=8) as (port, here):
        opened = [await connect(port) for _ in range(4)]
        await until(lambda: len(here.connections) == 4)
        opened[1][1].write(b"POST /demo")
        await until(lambda: sum(not connection.is_idle for connection in here.connections._open) == 1)
        for _ in range(2):
            assert await status_of(port) == 202
        assert await closed(opened[0][0])
        assert await closed(opened[2][0])
        assert (len(here.connections), here.connections.refused) == (4, 0)


async def test_one_that_asked_is_kept_for_longer_than_clients_keep_theirs(services: Any) -> None:
    """Between two requests a client, or a proxy, closes first: what it sends never meets a closed door. One
    that asked nothing yet has to begin soon."""
    async with server(MessageApp(services, nothing_here)) as (port, here):
        await connect(port)
        await until(lambda: len(here.connections) == 1)
        assert await status_of(port) == 202
        now = asyncio.get_running_loop().time()
        silent, asked = (connection.due for connection in here.connections._open)
        assert silent <= now + limits.HEAD_SECONDS
        assert asked > silent + 60.0


async def test_bodies_are_counted_as_they_arrive(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """300 connections announce a large body each and send nothing of it: a message gets through."""
    monkeypatch.setattr("flowhook.web.core.http.FIRST_SECONDS", 60.0)
    app = MessageApp(services, nothing_here, max_bodies=1024 * 1024, body_seconds=60.0)
    announced = HEAD + b"content-length: 200000\r\n\r\n"
    async with server(app) as (port, here):
        here.connections.per_peer = 1000
        writers = []
        for _ in range(300):
            _, writer = await connect(port)
            writer.write(announced)
            writers.append(writer)
        await until(lambda: app._requests == 300)  # all of them are being read
        assert app.limits.budget.reserved == 0
        assert await status_of(port) == 202


async def test_a_small_limit_of_bodies_holds_at_both_doors(fast_lane: bool) -> None:
    """``server.max_body`` may be less than what the fast lane would read."""
    app = MessageApp(make_services(max_body=20), nothing_here)
    async with server(app, fast_lane=fast_lane) as (port, _):
        assert await status_of(port) == 413


async def test_health_is_answered_when_all_slots_are_taken(services: Any, intake: FakeIntake) -> None:
    """A probe must tell a full server from a dead one."""
    app = MessageApp(services, nothing_here, max_requests=2)
    intake.gate = asyncio.Event()
    async with server(app) as (port, _):
        held = [await connect(port) for _ in range(2)]
        for _, writer in held:
            writer.write(MESSAGE)
        await until(lambda: len(intake.calls) == 2)
        assert await status_of(port) == 503
        assert await status_of(port, b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n") == 200
        intake.gate.set()


@pytest.mark.parametrize("request_line", [b"GET /healthz", b"POST /demo-pizza"])
async def test_who_asks_for_it_is_told_that_the_connection_closes(
    services: Any, fast_lane: bool, request_line: bytes
) -> None:
    """Probes open a connection each time and ask for its end; what stands behind the request is not read."""
    plain = MESSAGE if request_line.startswith(b"POST") else b"GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n"
    data = plain.replace(b"host", b"connection: close\r\nhost")
    async with server(MessageApp(services, nothing_here), fast_lane=fast_lane) as (port, _):
        reader, writer = await connect(port)
        writer.write(data + (plain if fast_lane else b""))  # h11 refuses all of it
        response = await reader.read(65536)
        assert response.startswith(b"HTTP/1.1 20")
        assert b"connection: close\r\n" in response.lower()
        assert await closed(reader)
        assert response.count(b"HTTP/1.1 ") == 1


def test_the_limit_lies_below_the_limit_of_files(monkeypatch: pytest.MonkeyPatch) -> None:
    """There is always a descriptor left for the database and for deliveries."""
    monkeypatch.setattr(limits.resource, "getrlimit", lambda _: (1024, 4096))
    assert Connections().limit == 1024 - limits.RESERVED_DESCRIPTORS


# --- one reading, two doors ------------------------------------------------------------------------

_PIECES = st.sampled_from(
    [
        b"POST /demo-pizza HTTP/1.1\r\n", b"GET /demo-pizza HTTP/1.1\r\n", b"host: a\r\n", b"Host: b\r\n",
        b"content-length: 41\r\n", b"Content-Length: 5\r\n", b"content-length: +41\r\n", b"\r\n",
        b"transfer-encoding: chunked\r\n", b"Transfer-Encoding : chunked\r\n", b"content-length: 041\r\n",
        b"connection: close\r\n", b"connection: Upgrade\r\n", b"expect: 100-continue\r\n", b" folded\r\n",
        b"x: \x00\r\n", b"x: \xe9\r\n", b"x\r\n", b": y\r\n", b"\x0b", b"\t", b" ", b"x: y\r\n", b"0\r\n\r\n",
        b"content-length: 41, 41\r\n", BODY, b"\r", b"\n",
    ]
)  # fmt: skip


def _by_h11(data: bytes) -> tuple[list[tuple[bytes, bytes]], bytes, bytes] | None:
    """Headers, target and body of the first request by h11; None when it refuses or wants more."""
    connection = h11.Connection(h11.SERVER, max_incomplete_event_size=16 * 1024)
    connection.receive_data(data)
    found: Any = None
    body = b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                if event.method not in {b"POST", b"GET"} or event.http_version != b"1.1":
                    return None
                found = event
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                return list(found.headers), found.target, body
            else:
                return None
    except h11.RemoteProtocolError:
        return None


class _Handed:
    """What the lane did with bytes: the requests that it answered itself, and the bytes that it gave away."""

    def __init__(self) -> None:
        self.read: list[tuple[list[tuple[bytes, bytes]], bytes, bytes]] = []
        self.unread: bytes | None = None


class _Transport(asyncio.Transport):
    def get_extra_info(self, name: str, default: Any = None) -> Any:
        return ("127.0.0.1", 1) if name == "peername" else default

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None: ...
    def get_write_buffer_size(self) -> int:
        return 0

    def write(self, data: Any) -> None: ...
    def write_eof(self) -> None: ...
    def close(self) -> None: ...
    def abort(self) -> None: ...
    def is_closing(self) -> bool:
        return False


async def _through_the_lane(data: bytes, step: int) -> _Handed:
    handed = _Handed()
    app: Any = MessageApp(make_services(), nothing_here)

    async def handler(request: Any) -> Any:
        handed.read.append((request.scope["headers"], request.scope["raw_path"], await request.body()))
        return lane.HttpResponse(202, [])

    app.find = lambda path: (PathHandlers(any_method=handler), path)
    door = lane.FastLane(app, Connections(10), lambda connection, unread: setattr(handed, "unread", unread))
    door.connection_made(_Transport())
    for start in range(0, len(data), step):
        if handed.unread is not None:
            handed.unread += data[start : start + step]
            continue
        door.data_received(data[start : start + step])
        while door._task is not None:
            await door._task
    return handed


@settings(max_examples=examples(300))
@given(st.lists(_PIECES, max_size=9).map(b"".join), st.sampled_from([b"", MESSAGE]), st.integers(1, 60))
@example(b"", MESSAGE + MESSAGE, 7)
@example(b"content-length: 41\r\n", MESSAGE, 999)
@example(b"", MESSAGE.replace(b"host", b"transfer-encoding: chunked\r\nhost"), 999)
@example(b"", MESSAGE.replace(b"\r\n", b"\n"), 999)
@example(b"", MESSAGE.replace(b" HTTP", b"?a HTTP"), 999)
@example(b"", MESSAGE.replace(b"demo-pizza", b"demo%2dpizza"), 999)
@example(b"", b"GET /healthz HTTP/1.1\r\nhost: a\r\n\r\n" + MESSAGE, 5)
@example(b"", MESSAGE.replace(b"POST", b"GET") + MESSAGE, 999)
@example(b"", MESSAGE.replace(b"host", b"connection: close\r\nhost") + MESSAGE, 999)
def test_what_the_lane_reads_h11_reads_too(pieces: bytes, base: bytes, step: int) -> None:
    """Same bytes, same request, or the lane handed them over: it never finds a request where h11 finds none
    or another, nor another place where it ends."""
    cut = len(base) // 2
    for data in (pieces + base, base + pieces, base[:cut] + pieces + base[cut:]):
        handed = asyncio.run(_through_the_lane(data, step))
        rest = data
        for headers, target, body in handed.read:
            assert _by_h11(rest) == (headers, target, body)
            rest = rest[rest.index(b"\r\n\r\n") + 4 + len(body) :]
        if handed.unread is not None:
            assert handed.unread == rest
