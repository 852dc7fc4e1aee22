"""Why an outgoing request failed, as a word for programs and a sentence for people."""

from __future__ import annotations

import os

import aiohttp

from flowhook.net.address_policy import AddressRefused
from flowhook.version import __version__

USER_AGENT = f"flowhook/{__version__}"
CONNECT_SECONDS = 5.0

#: Exception classes, tried in this order, and the reason that they stand for.
REASONS: tuple[tuple[type[BaseException] | tuple[type[BaseException], ...], str], ...] = (
    (TimeoutError, "timeout"),
    (aiohttp.ClientConnectorDNSError, "dns"),
    ((aiohttp.ClientSSLError, aiohttp.ServerFingerprintMismatch), "tls"),
    (aiohttp.ClientConnectorError, "connect"),
    (aiohttp.InvalidURL, "blocked"),  # an address in a spelling of its own, such as 127.1
    ((aiohttp.ClientConnectionError, ConnectionError), "closed"),
)

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
    cause = getattr(error, "os_error", error)
    if isinstance(cause, AddressRefused):
        return "blocked"
    for kinds, reason in REASONS:
        if isinstance(error, kinds):
            return reason
    return "protocol"


def explain(error: BaseException) -> str:
    """Say what went wrong, without the URL: its path and query may hold secrets."""
    reason = reason_of(error)
    cause = getattr(error, "os_error", None)
    if reason == "blocked":
        return str(cause) if cause is not None else "an IP address in an unusual spelling"
    if reason == "connect" and cause is not None and cause.errno:
        return os.strerror(cause.errno)  # asyncio's own text names the address again
    if reason in ("connect", "tls", "dns") and cause is not None:
        return str(getattr(cause, "strerror", None) or cause)
    return _SENTENCES[reason]
