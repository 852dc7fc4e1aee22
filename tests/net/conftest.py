"""A receiver on the loopback that answers bytes as told."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Note: yes\r\n\r\nok"


class Server:
    """Keeps the requests it saw, as raw bytes; ``answer`` is bytes or a coroutine function."""

    def __init__(self) -> None:
        self.answer: bytes | Answer = OK
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = 0
        self._open: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    def header(self, name: str) -> str | None:
        """A header of the last request."""
        for line in self.requests[-1].partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]:
            key, _, value = line.partition(": ")
            if key.lower() == name:
                return value
        return None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.split(b":")[1])
                self.requests.append(head + await reader.readexactly(length))
                if isinstance(self.answer, bytes):
                    writer.write(self.answer)
                else:
                    await self.answer(reader, writer)
        except (
            asyncio.IncompleteReadError,
            asyncio.LimitOverrunError,
            ConnectionError,
            asyncio.CancelledError,
        ):
            pass
        finally:
            writer.close()
            self._open.discard(task)

    async def close(self) -> None:
        """End all connections."""
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open)


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    """Listens while the test runs."""
    here = Server()
    listener = await asyncio.start_server(here.serve, "127.0.0.1", 0)
    here.port = listener.sockets[0].getsockname()[1]
    yield here
    listener.close()
    await here.close()
    await listener.wait_closed()


@pytest.fixture
async def outgoing(server: Server) -> AsyncIterator[Outgoing]:
    """May reach the server's address, and no other private one."""
    async with Outgoing(AddressRules([f"127.0.0.1:{server.port}", f"trusted.test:{server.port}"])) as here:
        yield here
