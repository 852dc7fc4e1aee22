"""Hostile receivers: each costs a failed attempt with a reason, bounded time and bounded memory, and no
other endpoint anything. What a single request meets is in tests/net; here is the whole road."""

from __future__ import annotations

import asyncio
import gzip
import resource
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from flowhook.errors import SendError
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing
from flowhook.net.http1 import BODY_LIMIT
from tests.e2e.conftest import Start
from tests.e2e.kit import Outside, Project, until
from tests.machine import PATIENCE

Writer = asyncio.StreamWriter
Script = Callable[[Writer], Awaitable[None]]
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


class Hostile:
    """Answers each request by a script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: Writer) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
                await reader.readexactly(length)
                self.requests += 1
                await self.script(writer)
        writer.close()


@asynccontextmanager
async def listening(script: Script, secure: ssl.SSLContext | None = None) -> AsyncIterator[Hostile]:
    hostile = Hostile(script)
    tasks: set[asyncio.Task[None]] = set()

    def connected(reader: asyncio.StreamReader, writer: Writer) -> None:
        task = asyncio.ensure_future(hostile.serve(reader, writer))
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=secure)
    hostile.port = server.sockets[0].getsockname()[1]
    try:
        yield hostile
    finally:
        server.close()
        for task in list(tasks):
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def hang(writer: Writer) -> None:
    await asyncio.Event().wait()


async def accept_nothing(writer: Writer) -> None:
    writer.transport.abort()


async def drip_headers(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:
        writer.write(b"x")
        await writer.drain()
        await asyncio.sleep(0.02)


async def drip_body(writer: Writer) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    await drip_headers(writer)


async def early_hints(writer: Writer) -> None:
    """1xx answers without an end."""
    while True:
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" * 50)
        await writer.drain()
        await asyncio.sleep(0.001)


def says(answer: bytes) -> Script:
    async def script(writer: Writer) -> None:
        writer.write(answer)
        await writer.drain()

    return script


def redirect(target: str) -> Script:
    return says(f"HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n".encode())


HOSTILE: dict[str, Script] = {
    "hangs": hang,
    "hangs up": accept_nothing,
    "header drip": drip_headers,
    "body drip": drip_body,
    "1xx flood": early_hints,
    "garbage": says(b"\x00\xff\x16\x03\x01" * 100 + b"\r\n\r\n"),
    "huge header": says(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n"),
    "many headers": says(b"HTTP/1.1 200 OK\r\n" + b"X-%d: y\r\n" * 1 + b"X: y\r\n" * 100_000 + b"\r\n"),
    "status 999": says(b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n"),
    "negative length": says(b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n"),
    "two lengths": says(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello"),
    "bad chunk": says(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n"),
    "to the metadata address": redirect("http://169.254.169.254/latest/meta-data/"),
    "redirect to itself": redirect("/hook"),
    "404": says(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.fixture
def bot(project: Project) -> Project:
    project.flow("bot", 'nodes:\n  - say: "{{ input.text }}"\n')
    return project


@pytest.mark.parametrize("kind", HOSTILE)
async def test_a_hostile_receiver_costs_an_attempt(
    kind: str, bot: Project, outside: Outside, start: Start
) -> None:
    """The attempt is recorded with a reason; another endpoint does not notice; and when the receiver
    has come to its senses it gets what it refused."""
    sane = False

    async with listening(HOSTILE[kind]) as hostile:
        evil = hostile.script

        async def script(writer: Writer) -> None:
            await (says(OK) if sane else evil)(writer)

        hostile.script = script
        url = f"http://127.0.0.1:{hostile.port}/hook"
        bot.endpoint(
            "evil", "bot", webhook={"url": url, "timeout": "800ms", "retries": ["400ms"] * 5 + ["2s"] * 15}
        )
        bot.endpoint("good", "bot")
        live = await start()
        await live.send("evil", "x")
        assert await live.say("good", "y") == ["y"]
        await outside.until(1)
        deliveries: list[Any] = []
        async with asyncio.timeout(PATIENCE):
            while not (deliveries and deliveries[0]["attempts"]):
                await asyncio.sleep(0.02)
                deliveries = (await live.api("GET", "/deliveries?endpoint=evil"))["deliveries"]
        assert deliveries[0]["status"] == "pending"
        assert deliveries[0]["lastError"]
        seen = hostile.requests
        sane = True
        await until(lambda: hostile.requests > seen)
        async with asyncio.timeout(PATIENCE):
            while deliveries[0]["status"] != "delivered":
                await asyncio.sleep(0.02)
                deliveries = (await live.api("GET", "/deliveries?endpoint=evil"))["deliveries"]


def memory() -> int:
    """The most this process has ever held, in KiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.parametrize("kind", ["gzip bomb", "endless chunks"])
async def test_bombs_do_not_go_off(kind: str) -> None:
    """At most 64 KiB of an answer are read, and nothing is unpacked."""
    bomb = gzip.compress(b"\0" * 100_000_000, 1)
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)

    async def chunks(writer: Writer) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while True:
            writer.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            await writer.drain()

    async with (
        listening(says(head + bomb) if kind == "gzip bomb" else chunks) as hostile,
        Outgoing(AddressRules(["127.0.0.1"])) as outgoing,
    ):
        before = memory()
        for _ in range(5):
            answer = await outgoing.send(
                "POST", f"http://127.0.0.1:{hostile.port}/", {}, b"", timeout=PATIENCE
            )
            assert len(answer.body) <= BODY_LIMIT
        assert memory() - before < 20_000


async def test_a_thousand_cancelled_sends() -> None:
    """However many requests are given up at whatever moment, the next one passes: no connection,
    place or task stays taken."""

    async def slow(writer: Writer) -> None:
        await asyncio.sleep(0.001)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")
        await asyncio.sleep(0.001)
        writer.write(b"ok")

    async with listening(slow) as hostile, Outgoing(AddressRules(["127.0.0.1"])) as outgoing:
        url = f"http://127.0.0.1:{hostile.port}/"

        async def given_up(number: int) -> None:
            with suppress(TimeoutError, SendError):
                async with asyncio.timeout(0.0001 * (number % 60)):
                    await outgoing.send("POST", url, {}, b"x", timeout=PATIENCE)

        for first in range(0, 1000, 50):
            await asyncio.gather(*(given_up(number) for number in range(first, first + 50)))
        assert (await outgoing.send("POST", url, {}, b"x", timeout=PATIENCE)).body == b"ok"
        connector: Any = outgoing.session.connector
        assert not connector._acquired
        assert len(asyncio.all_tasks()) < 200


# --- TLS ---------------------------------------------------------------------------------------


class Local:
    """Every name leads to the loopback."""

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[Any]:
        import socket

        return [
            {
                "hostname": host,
                "host": "127.0.0.1",
                "port": port,
                "family": socket.AF_INET,
                "proto": 0,
                "flags": 0,
            }
        ]

    async def close(self) -> None:
        """Nothing to close."""


@pytest.mark.parametrize("name", ["good", "self", "other", "expired"])
async def test_certificates(name: str, certificates: Path) -> None:
    """Only a certificate that is in force, for this host, and of an authority that we know gets the
    request; for all others it is never sent."""
    secure = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    secure.load_cert_chain(certificates / f"{name}.crt", certificates / f"{name}.key")
    local: Any = Local()
    trusting = ssl.create_default_context(cafile=str(certificates / "ca.crt"))
    async with (
        listening(says(OK), secure) as hostile,
        Outgoing(AddressRules(["127.0.0.1"]), resolver=local, tls=trusting) as outgoing,
    ):
        sending = outgoing.send("POST", f"https://good.test:{hostile.port}/", {}, b"x", timeout=PATIENCE)
        if name == "good":
            assert (await sending).status == 200
            return
        with pytest.raises(SendError) as refused:
            await sending
        assert refused.value.reason == "tls"
        assert "certificate" in str(refused.value).lower() or "hostname" in str(refused.value).lower()
        assert hostile.requests == 0


async def test_a_handshake_that_stalls() -> None:
    """A server that accepts and says nothing costs the time allowed, not more."""

    async def silent(reader: asyncio.StreamReader, writer: Writer) -> None:
        await reader.read(100_000)
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        writer.close()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with Outgoing(AddressRules(["127.0.0.1"])) as outgoing:
        with pytest.raises(SendError) as refused:
            await outgoing.send("POST", f"https://127.0.0.1:{port}/", {}, b"x", timeout=0.5)
        assert refused.value.reason == "timeout"
    server.close()
