"""A load generator and a receiver, small enough not to be what is measured.

Both speak just enough HTTP/1.1 over keep-alive connections, on asyncio protocols.
"""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_NUMBER = re.compile(rb"message (\d+)")  #: in the text of each message, and in what is said to it
ANSWER = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"


class _Messages(asyncio.Protocol):
    """Cuts a stream into HTTP messages with a Content-Length."""

    transport: asyncio.Transport

    def __init__(self) -> None:
        self._buffer = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        while True:
            end = self._buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._buffer[:end].lower()
            at = head.find(b"content-length:")
            length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._buffer) < end + 4 + length:
                return
            body = self._buffer[end + 4 : end + 4 + length]
            self._buffer = self._buffer[end + 4 + length :]
            self.message(head, body)

    def message(self, head: bytes, body: bytes) -> None:
        raise NotImplementedError


class Receiver:
    """Counts what arrives and answers 200."""

    def __init__(self) -> None:
        self.count = 0
        self._target = 0
        self._reached: asyncio.Event = asyncio.Event()
        self._arrivals: dict[int, float] | None = None

    @contextmanager
    def noting(self) -> Iterator[dict[int, float]]:
        """Note when each message's output came, by the message's number."""
        self._arrivals = {}
        try:
            yield self._arrivals
        finally:
            self._arrivals = None

    async def start(self) -> int:
        """Answers the port."""
        receiver = self

        class Connection(_Messages):
            def message(self, head: bytes, body: bytes) -> None:
                receiver.count += 1
                self.transport.write(ANSWER)
                if receiver._arrivals is not None and (found := _NUMBER.search(body)) is not None:
                    receiver._arrivals[int(found[1])] = time.perf_counter()
                if receiver.count >= receiver._target:
                    receiver._reached.set()

        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(Connection, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def expect(self, target: int, seconds: float) -> None:
        """Return when so many arrived. Raises TimeoutError."""
        self._target = target
        if self.count >= target:
            return
        self._reached.clear()
        await asyncio.wait_for(self._reached.wait(), seconds)


class _Poster(_Messages):
    """Posts one body after the other, each when the answer to the last has come."""

    def __init__(self, host: str, bodies: Iterator[tuple[str, bytes]], done: Callable[[], None]) -> None:
        super().__init__()
        self._host = host
        self._bodies = bodies
        self._done = done
        self.accepted = 0
        self.latencies: list[float] = []
        self.refused: list[bytes] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._done()

    def message(self, head: bytes, body: bytes) -> None:
        self.latencies.append(time.perf_counter() - self._sent)
        if head.startswith(b"http/1.1 2"):
            self.accepted += 1
        else:
            self.refused.append(head.split(b"\r\n", 1)[0] + b" " + body[:200])
        self._next()

    def _next(self) -> None:
        try:
            path, body = next(self._bodies)
        except StopIteration:
            self.transport.close()
            return
        self._sent = time.perf_counter()
        self.transport.write(_request(self._host, path, body))


def _request(host: str, path: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/json\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


class Posted:
    """What came of a burst of posts."""

    def __init__(self, posters: list[_Poster], seconds: float) -> None:
        self.accepted = sum(poster.accepted for poster in posters)
        self.refused = [line for poster in posters for line in poster.refused]
        self.latencies = sorted(latency for poster in posters for latency in poster.latencies)
        self.seconds = seconds


async def post_all(port: int, bodies: Iterator[tuple[str, bytes]], connections: int) -> Posted:
    """Post all bodies over so many connections at once."""
    loop = asyncio.get_running_loop()
    left = connections
    all_done = loop.create_future()

    def done() -> None:
        nonlocal left
        left -= 1
        if left == 0 and not all_done.done():
            all_done.set_result(None)

    started = time.perf_counter()
    posters = []
    for _ in range(connections):
        _, poster = await loop.create_connection(
            lambda: _Poster(f"127.0.0.1:{port}", bodies, done), "127.0.0.1", port
        )
        posters.append(poster)
    await all_done
    return Posted(posters, time.perf_counter() - started)


class _Caller(_Messages):
    """A connection that posts one body when it is told to, and says when the answer has come."""

    def __init__(self, host: str, answered: Callable[[_Caller, bytes], None]) -> None:
        super().__init__()
        self.host = host
        self.began = 0.0
        self._answered = answered

    def post(self, path: str, body: bytes) -> None:
        self.transport.write(_request(self.host, path, body))

    def message(self, head: bytes, body: bytes) -> None:
        self._answered(self, head)


class Scheduled:
    """What came of messages that arrived at moments of their own."""

    def __init__(self) -> None:
        self.began: dict[int, float] = {}  #: when a message arrived, by its number
        self.latencies: list[float] = []  #: seconds to the answer, ascending
        self.refused: list[bytes] = []


async def post_at(
    port: int, bodies: Iterator[tuple[str, bytes]], connections: int, rate: float, *, seed: int
) -> Scheduled:
    """Post the bodies at random moments, ``rate`` a second on average, over so many connections at most."""
    loop, chance, result = asyncio.get_running_loop(), random.Random(seed), Scheduled()
    idle: deque[_Caller] = deque()
    waiting: deque[tuple[float, str, bytes]] = deque()
    open_requests, is_over, done = 0, False, loop.create_future()

    def answered(caller: _Caller, head: bytes) -> None:
        nonlocal open_requests
        open_requests -= 1
        result.latencies.append(time.perf_counter() - caller.began)
        if not head.startswith(b"http/1.1 2"):
            result.refused.append(head.split(b"\r\n", 1)[0])
        idle.append(caller)
        send()
        if is_over and not open_requests and not waiting and not done.done():
            done.set_result(None)

    def send() -> None:
        nonlocal open_requests
        while waiting and idle:
            caller = idle.popleft()
            caller.began, path, body = waiting.popleft()
            caller.post(path, body)
            open_requests += 1

    callers: list[_Caller] = []
    for _ in range(connections):
        _, caller = await loop.create_connection(
            lambda: _Caller(f"127.0.0.1:{port}", answered), "127.0.0.1", port
        )
        callers.append(caller)
    idle.extend(callers)
    due = time.perf_counter()
    for path, body in bodies:
        due += chance.expovariate(rate)
        if (wait := due - time.perf_counter()) > 0:
            await asyncio.sleep(wait)
        # A message arrives when the timer of this process has woken: its lateness is not the server's.
        now = time.perf_counter()
        found = _NUMBER.search(body)
        assert found is not None
        result.began[int(found[1])] = now
        waiting.append((now, path, body))
        send()
    is_over = True
    if open_requests or waiting:
        await done
    for caller in callers:
        caller.transport.close()
    result.latencies.sort()
    return result
