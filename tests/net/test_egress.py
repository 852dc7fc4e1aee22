"""Deliveries that do not leave straight: by authorities of their own, with a certificate, through a proxy."""

from __future__ import annotations

import asyncio
import shutil
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.machine import PATIENCE

from flowhook.config import config_from_mapping
from flowhook.errors import ConfigError, SendError
from flowhook.model.delivery import Egress
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing


@dataclass
class Recorded:
    """What a server was sent: the heads of its requests."""

    port: int = 0
    heads: list[bytes] = field(default_factory=list)
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    clients: list[str] = field(default_factory=list)

    async def close(self) -> None:
        """Leave no connection open."""
        for writer in self.writers:
            writer.transport.abort()
        await asyncio.sleep(0)


@asynccontextmanager
async def receiver(secure: ssl.SSLContext | None = None) -> AsyncIterator[Recorded]:
    """A server that takes everything."""
    recorded = Recorded()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recorded.writers.append(writer)
        with suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                recorded.heads.append(await reader.readuntil(b"\r\n\r\n"))
                certificate = writer.get_extra_info("peercert") or {}
                recorded.clients += [name[0][1] for name in certificate.get("subject", ())]
                await reader.readexactly(1)
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=secure)
    recorded.port = server.sockets[0].getsockname()[1]
    async with server:
        yield recorded
        await recorded.close()


@asynccontextmanager
async def proxy(
    answer: bytes = b"HTTP/1.1 200 Connection established\r\n\r\n",
) -> AsyncIterator[Recorded]:
    """A forward proxy: it opens tunnels, and passes plain requests on."""
    recorded = Recorded()
    pumps: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recorded.writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        recorded.heads.append(head)
        method, target, _ = head.split(b"\r\n", 1)[0].split(b" ")
        tunnel = method == b"CONNECT"
        if tunnel and not answer.startswith(b"HTTP/1.1 200"):
            writer.write(answer)
            writer.close()
            return
        authority = target.decode() if tunnel else target.decode().split("/")[2]
        host, port = authority.rsplit(":", 1)
        far_reader, far_writer = await asyncio.open_connection(host, int(port))
        recorded.writers.append(far_writer)
        if tunnel:
            writer.write(answer)
        else:
            far_writer.write(head.replace(target, b"/hook"))
        for task in (pump(reader, far_writer), pump(far_reader, writer)):
            pumps.add(asyncio.ensure_future(task))

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    recorded.port = server.sockets[0].getsockname()[1]
    async with server:
        yield recorded
        for task in pumps:
            task.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await recorded.close()


def demanding(folder: Path) -> ssl.SSLContext:
    """A server's context that wants a certificate of the authority from its clients."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    context.load_verify_locations(folder / "ca.crt")
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def outgoing() -> Outgoing:
    """A client that may reach this machine."""
    return Outgoing(AddressRules(["127.0.0.1"]))


async def send(client: Outgoing, url: str, egress: Egress) -> int:
    """One request; the status of its response."""
    return (await client.send("POST", url, {}, b"x", timeout=PATIENCE, egress=egress)).status


async def test_a_client_certificate(certificates: Path) -> None:
    """Both sides know each other by an authority of their own; otherwise nothing is sent."""
    ca = str(certificates / "ca.crt")
    async with receiver(demanding(certificates)) as recorded, outgoing() as client:
        url = f"https://127.0.0.1:{recorded.port}/hook"
        ours = Egress(ca, str(certificates / "client.pem"))
        assert await send(client, url, ours) == 200
        assert await send(client, url, ours) == 200
        assert recorded.clients == ["client", "client"]
        for wrong in (Egress(), Egress(ca), Egress(ca, str(certificates / "stranger.pem"))):
            with pytest.raises(SendError) as refused:
                await send(client, url, wrong)
            assert refused.value.reason in ("tls", "connect", "closed")
        assert len(recorded.heads) == 2


async def test_a_renewed_certificate_counts(certificates: Path, tmp_path: Path) -> None:
    """The file is read again when it changed, from the next connection on."""
    ours = tmp_path / "ours.pem"
    shutil.copy(certificates / "stranger.pem", ours)
    egress = Egress(str(certificates / "ca.crt"), str(ours))
    async with receiver(demanding(certificates)) as recorded, outgoing() as client:
        url = f"https://127.0.0.1:{recorded.port}/hook"
        with pytest.raises(SendError):
            await send(client, url, egress)
        shutil.copy(certificates / "client.pem", ours)
        assert await send(client, url, egress) == 200
        ours.unlink()
        assert await send(client, url, egress) == 200  # a connection that is kept
    assert recorded.clients == ["client", "client"]


async def test_a_tunnel_through_a_proxy(certificates: Path) -> None:
    """TLS goes through the tunnel to the receiver itself; the proxy sees names and its own credentials."""
    async with receiver(demanding(certificates)) as recorded, proxy() as between, outgoing() as client:
        through = f"http://user:p%40ss@127.0.0.1:{between.port}"
        egress = Egress(str(certificates / "ca.crt"), str(certificates / "client.pem"), through)
        assert await send(client, f"https://127.0.0.1:{recorded.port}/hook", egress) == 200
    (connect,) = between.heads
    assert connect.startswith(f"CONNECT 127.0.0.1:{recorded.port} HTTP/1.1\r\n".encode())
    assert b"proxy-authorization: Basic dXNlcjpwQHNz\r\n" in connect
    assert b"proxy-authorization" not in recorded.heads[0]


async def test_plain_requests_through_a_proxy() -> None:
    """The proxy is told in each request whom to ask."""
    async with receiver() as recorded, proxy() as between, outgoing() as client:
        through = Egress(proxy=f"http://127.0.0.1:{between.port}")
        assert await send(client, f"http://127.0.0.1:{recorded.port}/hook?a=b", through) == 200
    assert between.heads[0].startswith(
        f"POST http://127.0.0.1:{recorded.port}/hook?a=b HTTP/1.1\r\n".encode()
    )
    assert len(recorded.heads) == 1


@pytest.mark.parametrize(
    "answer", [b"HTTP/1.1 407 Who are you\r\n\r\n", b"HTTP/1.1 502 No\r\n\r\n", b"nonsense\r\n\r\n", b""]
)
async def test_a_proxy_that_refuses(answer: bytes) -> None:
    """A failure to connect, with its reason; nothing is sent past the proxy."""
    async with receiver() as recorded, proxy(answer) as between, outgoing() as client:
        through = Egress(proxy=f"http://127.0.0.1:{between.port}")
        with pytest.raises(SendError, match="proxy") as refused:
            await send(client, f"https://127.0.0.1:{recorded.port}/hook", through)
        assert refused.value.reason == "connect"
    assert recorded.heads == []


async def test_a_proxy_is_under_the_address_rules() -> None:
    """One at a private address has to be allowed, like everything else."""
    async with receiver() as recorded, proxy() as between, Outgoing(AddressRules([])) as client:
        through = Egress(proxy=f"http://127.0.0.1:{between.port}")
        with pytest.raises(SendError) as refused:
            await send(client, f"http://127.0.0.1:{recorded.port}/hook", through)
        assert refused.value.reason == "blocked"
    assert between.heads == []


def webhook(root: Path, **settings: object) -> None:
    """Read a configuration with these settings of a webhook."""
    endpoint = {"name": "a", "token": "0123456789abcdef0123", "flow": "a", "webhook": settings}
    config_from_mapping({"endpoints": [endpoint]}, root)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"ca": "no.pem"}, "ca cannot be used: No such file"),
        ({"client_cert": "ca.crt"}, "client_cert cannot be used"),
        ({"client_cert": "locked.pem"}, "client_cert cannot be used"),
        ({"ca": "names"}, "ca cannot be used"),
        ({"proxy": "https://proxy.example"}, "must be the address of a proxy"),
        ({"bearer": "a", "user": "b"}, "write one of them"),
        ({"headers": {"Content-Length": "5"}}, "must not set Content-Length"),
        ({"headers": {"Webhook-Id": "5"}}, "must not set Webhook-Id"),
        ({"headers": {"a b": "5"}}, "names of headers"),
        ({"headers": {"x-a": "5\r\nx-b: 6"}}, "must not hold line breaks"),
        ({"rate": "fast"}, "must be requests in a time"),
    ],
)
def test_settings_that_cannot_be_meant(certificates: Path, settings: dict[str, object], why: str) -> None:
    """They are told when the configuration is read, not when the first delivery fails."""
    with pytest.raises(ConfigError) as wrong:
        webhook(certificates, **settings)
    assert why in str(wrong.value.problems[0])


def test_files_are_beside_the_configuration(certificates: Path) -> None:
    """Paths begin at config.yaml."""
    webhook(certificates, ca="ca.crt", client_cert="client.pem")
