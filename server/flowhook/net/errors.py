"""Why an outgoing request failed, as a word for programs and a sentence for people."""

from __future__ import annotations

import os
import socket
import ssl
import sys

from flowhook.net.address_policy import AddressRefused
from flowhook.net.connection_pool import ConnectionFailed
from flowhook.version import __version__

USER_AGENT = f"flowhook/{__version__}"
CONNECT_SECONDS = 5.0

#: Exception classes, tried in this order, and the reason that they stand for.
REASONS: tuple[tuple[type[BaseException], str], ...] = (
    (TimeoutError, "timeout"),
    (socket.gaierror, "dns"),
    (ssl.SSLError, "tls"),
    (ConnectionFailed, "connect"),
    (ConnectionError, "closed"),
)


def _reason_by_aiohttp(error: BaseException) -> str | None:
    """Return the reason that an exception of aiohttp stands for; None for any other."""
    if "aiohttp" not in sys.modules:  # then nobody can have raised one
        return None
    import aiohttp

    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "dns"
    if isinstance(error, (aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch)):
        return "tls"
    if isinstance(error, aiohttp.ClientConnectorError):
        return "connect"
    if isinstance(error, aiohttp.InvalidURL):  # an address in a spelling of its own, such as 127.1
        return "blocked"
    return "closed" if isinstance(error, aiohttp.ClientConnectionError) else None


_SENTENCES = {
    "timeout": "no answer in time",
    "dns": "the name cannot be looked up",
    "tls": "no secure connection",
    "connect": "no connection",
    "closed": "the connection was closed before the answer",
    "protocol": "the request or its answer is not valid HTTP",
}


def reason_of(error: BaseException) -> str:
    """Return the word for what went wrong: timeout, blocked, dns, tls, connect, closed or protocol."""
    if isinstance(getattr(error, "os_error", error), AddressRefused):
        return "blocked"
    if isinstance(error, TimeoutError):
        return "timeout"
    if (reason := _reason_by_aiohttp(error)) is not None:
        return reason
    for kind, reason in REASONS:
        if isinstance(error, kind):
            return reason
    return "protocol"


def explain(error: BaseException) -> str:
    """Say what went wrong, without the URL: its path and query may hold secrets."""
    reason = reason_of(error)
    cause: BaseException | None = getattr(error, "os_error", None)
    if cause is None and isinstance(error, OSError):
        cause = error
    if reason == "blocked":
        return str(cause) if cause is not None else "an IP address in an unusual spelling"
    if reason == "connect" and isinstance(cause, OSError) and cause.errno:
        return os.strerror(cause.errno)  # asyncio's own text names the address again
    if reason in ("connect", "tls", "dns") and cause is not None:
        return str(getattr(cause, "strerror", None) or cause)
    return _SENTENCES[reason]
