"""How Hypercorn, the server under the ASGI application, is set up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypercorn.config import Config as HypercornConfig

if TYPE_CHECKING:
    from flowhook.config import ServerConfig


def hypercorn_config(server: ServerConfig) -> HypercornConfig:
    """One process, plain sockets, no access log of its own, no ``Server`` header."""
    config = HypercornConfig()
    host = f"[{server.host}]" if ":" in server.host else server.host
    config.bind = [f"{host}:{server.port}"]
    config.backlog = 1024
    config.keep_alive_timeout = 5.0
    config.read_timeout = None  # it would cut live streams; bodies and idle connections have their own limits
    config.graceful_timeout = 5.0
    config.shutdown_timeout = 10.0
    config.include_server_header = False
    config.accesslog = None
    config.errorlog = None
    config.h2_max_concurrent_streams = 32
    config.h11_max_incomplete_size = 16 * 1024
    config.use_reloader = False
    return config
