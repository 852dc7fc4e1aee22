"""Ports: whether one is free, which one is, and when somebody listens."""

from __future__ import annotations

import asyncio
import socket
from contextlib import suppress

from flowhook.errors import FlowhookError

LOOK_SECONDS = 0.01
EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}


def dialled(host: str) -> str:
    """Where this machine reaches what listens on ``host``."""
    return EVERYWHERE.get(host, host)


def local_url(host: str, port: int) -> str:
    """The same as a URL, without a slash at its end."""
    host = dialled(host)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def is_free(host: str, port: int) -> bool:
    """Whether one can listen there now."""
    try:
        _try(host, port)
    except OSError:
        return False
    return True


def require_free(host: str, port: int) -> None:
    """Raises FlowhookError, with the reason, when one cannot listen there."""
    try:
        _try(host, port)
    except OSError as error:
        raise FlowhookError(f"cannot listen on {host}:{port}: {error.strerror or error}") from error


def free_port(host: str, wanted: int) -> int:
    """``wanted`` if it is free, else one that is; 0 wants any."""
    return wanted if wanted and is_free(host, wanted) else _try(host, 0)


async def listening(host: str, port: int) -> None:
    """Return when somebody listens there."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection(dialled(host), port)
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()
            return
        await asyncio.sleep(LOOK_SECONDS)


def _try(host: str, port: int) -> int:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        number: int = probe.getsockname()[1]
        return number
