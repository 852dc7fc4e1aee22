"""How requests to one destination leave: whom they trust, as whom they come, through which proxy."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from flowhook.model.delivery import Egress

MAX_HEAD = 16 * 1024  #: bytes of a proxy's response to CONNECT


class ProxyRefused(OSError):
    """The proxy opens no tunnel."""


DIRECT = Egress()


@dataclass(frozen=True, slots=True)
class Proxy:
    """A forward proxy. ``authorization`` is the value of Proxy-Authorization, None without credentials."""

    host: str
    port: int
    authorization: str | None = field(repr=False)

    @classmethod
    def of(cls, url: str) -> Proxy:
        """Read ``http://user:password@host:port``. Raises ValueError."""
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ValueError("a proxy is given as http://host:port")
        authorization = None
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            authorization = "Basic " + base64.b64encode(pair.encode()).decode()
        return cls(parts.hostname, parts.port or 80, authorization)

    async def open_tunnel(
        self, loop: asyncio.AbstractEventLoop, sock: socket.socket, host: str, port: int
    ) -> None:
        """Ask over a socket that is connected to the proxy for a tunnel. Raises OSError."""
        name = f"[{host}]" if ":" in host else host
        lines = [f"CONNECT {name}:{port} HTTP/1.1", f"host: {name}:{port}"]
        if self.authorization is not None:
            lines.append(f"proxy-authorization: {self.authorization}")
        await loop.sock_sendall(sock, "\r\n".join([*lines, "", ""]).encode("latin-1"))
        head = b""
        while b"\r\n\r\n" not in head:
            # one byte at a time: what follows the head belongs to TLS
            piece = await loop.sock_recv(sock, 1)
            head += piece
            if not piece or len(head) > MAX_HEAD:
                raise ProxyRefused("the proxy ended the connection before it opened a tunnel")
        status = head.split(b"\r\n", 1)[0].split(b" ")
        if len(status) < 2 or not status[0].startswith(b"HTTP/1.") or not status[1].startswith(b"2"):
            code = status[1][:3].decode("ascii", "replace") if len(status) > 1 else "nothing"
            raise ProxyRefused(f"the proxy answered {code}")


class TlsContexts:
    """The contexts of TLS connections, by egress; made anew when a file of theirs changed, so that a renewed
    certificate counts from the next connection on."""

    def __init__(self, default: ssl.SSLContext | None = None) -> None:
        self._default = default
        self._made: dict[Egress, tuple[tuple[float, ...], ssl.SSLContext]] = {}

    def of(self, egress: Egress) -> ssl.SSLContext:
        """Return the context of an egress. Raises OSError, ssl.SSLError among it, for unusable files."""
        if not (egress.ca or egress.client_cert):
            if self._default is None:
                self._default = ssl.create_default_context()
            return self._default
        stamp = tuple(os.stat(file).st_mtime for file in (egress.ca, egress.client_cert) if file)
        made = self._made.get(egress)
        if made is None or made[0] != stamp:
            made = self._made[egress] = stamp, make_context(egress)
        return made[1]


def make_context(egress: Egress) -> ssl.SSLContext:
    """Make the context of an egress. Raises OSError, ssl.SSLError among it.

    A key with a password is refused: there is nobody to ask.
    """
    context = ssl.create_default_context(cafile=egress.ca or None)
    if egress.client_cert:
        context.load_cert_chain(egress.client_cert, password=lambda: b"")
    return context
