"""``flowhook serve``: the server, and a few lines that say where it is."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import socket
import sys
from functools import partial
from shlex import quote
from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import bold, dim, say, warn
from flowhook.cli.ports import free_port, listening, local_url, require_free
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError
from flowhook.model.log_action import LogAction
from flowhook.version import __version__
from flowhook.web.page_files import pages_are_built

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.runtime.application import Application

log = logging.getLogger("flowhook")


@click.command("serve")
@click.option("--reload", is_flag=True, help="Load configuration, flows and plugins again when one is saved.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    metavar="N",
    help="Serve with N processes behind one socket; needs PostgreSQL. SIGHUP replaces them one by one.",
)
@with_project
def command(project: ProjectPath, reload: bool, workers: int | None) -> None:
    """Run the server until Ctrl+C or SIGTERM.

    With --reload, saved flows, plugins and config.yaml take effect at once, all or nothing: a bad edit
    is told, and the last good version goes on. What needs a restart (server, storage, admin keys) is told.
    """
    gc.disable()  # until the server listens: a tenth of the start
    from flowhook.app import serve
    from flowhook.config.source import ConfigSource
    from flowhook.studio import studio_routes
    from flowhook.web.server.inherited import inherited_listener, parent_socket

    config = project.load()
    server = config.server
    listener, parent = inherited_listener(os.environ), parent_socket(os.environ)
    if listener is not None and server.port == 0:
        server.port = listener.getsockname()[1]
        server.public_url = local_url(server.host, server.port)
    elif server.port == 0:
        server.port = free_port(server.host, 0)
        server.public_url = local_url(server.host, server.port)
    if listener is None:
        require_free(server.host, server.port)
    if workers is not None and parent is None:
        sys.exit(_serve_with_workers(project, config, workers, listener, reload=reload))
    stop = asyncio.Event()

    def ready(application: Application) -> None:
        if parent is None:
            application.tasks.spawn(_announced(config, application))
        else:
            from flowhook.cli.workers import follow_parent

            application.tasks.spawn(follow_parent(parent, stop))
        if reload:
            from flowhook.cli.file_watcher import watch

            # Each process watches by itself.
            reload_here = partial(application.reload, alone=True)
            application.tasks.spawn(watch(project.path, config, reload_here))

    from flowhook.runtime.project.blocked_addresses import blocked_addresses

    for problem in [*config.warnings, *blocked_addresses(config)]:
        log.warning("%s", problem, extra={"action": LogAction.CONFIG_WARNING})

    def serves() -> None:
        if parent is not None:
            from flowhook.cli.workers import READY

            parent.send(READY)

    source = ConfigSource(project.path, os.environ)
    run_async(
        serve(
            config,
            on_ready=ready,
            on_listening=serves,
            listener=listener,
            stop=stop,
            source=source,
            extensions=[studio_routes(reloads=reload)],
        )
    )


def _serve_with_workers(
    project: ProjectPath, config: Config, count: int, listener: socket.socket | None, *, reload: bool
) -> int:
    """Listen, and let so many processes serve. Returns the exit code."""
    if config.storage.startswith("sqlite:"):
        raise FlowhookError(
            "--workers needs PostgreSQL, because a SQLite file belongs to one process: set "
            "storage: postgresql://… in config.yaml, or leave --workers away"
        )
    from flowhook.cli.workers import Workers
    from flowhook.logging_config import configure_logging
    from flowhook.web.server.connections import BACKLOG
    from flowhook.web.server.http_server import bind

    configure_logging(config.log.level, config.log.format)
    sock = listener or bind(config.server.host, config.server.port)
    sock.listen(BACKLOG)
    command = [sys.executable, "-m", "flowhook", "--config", str(project.path), "serve"]
    if config.log.format != "json":
        url = local_url(config.server.host, config.server.port)
        say(f"{bold('flowhook')} {__version__} at {bold(url)}, {count} workers")
    return run_async(Workers([*command, *(["--reload"] if reload else [])], count, sock).run())


async def _announced(config: Config, application: Application) -> None:
    await listening(config.server.host, config.server.port)
    announce(config, application)


def announce(config: Config, application: Application) -> None:
    """Tell people on a terminal, or a program that reads JSON lines, that the server listens."""
    facts = describe(config, application)
    if config.log.format == "json":
        log.info("listening", extra={"action": LogAction.LISTENING, **facts})
        return
    say(f"{bold('flowhook')} {facts['version']} at {bold(facts['url'])}")
    say(dim(f"  storage  {facts['storage']}"))
    say(dim(f"  flows    {', '.join(facts['flows']) or 'none'}"))
    say(dim(f"  plugins  {', '.join(facts['plugins']) or 'none'}"))
    if config.studio.enabled and pages_are_built():
        say(dim(f"  studio   {facts['url']}/studio"))
    for endpoint in application.endpoints:
        say(f"\n  {bold(endpoint.name)} → flow {endpoint.flow}{'' if endpoint.enabled else '  (disabled)'}")
        if sys.stdout.isatty():  # a token is a secret: for a person who looks, not for a log
            url = f"{facts['url']}/{endpoint.token}"
            say(f"  {curl(url, auth=endpoint.config.auth)}")
    if config.allow_private_addresses:
        warn("allow_private_addresses is on: flows and webhooks may call addresses inside your network")
    sys.stdout.flush()


def describe(config: Config, application: Application) -> dict[str, Any]:
    """What both may know: nothing secret."""
    return {
        "version": __version__,
        "url": config.server.public_url.rstrip("/"),
        "storage": config.storage.rpartition("@")[2],
        "flows": sorted(application.project.library.flows),
        "plugins": [
            plugin.name for plugin in application.project.hooks.plugins if plugin.source != "builtin"
        ],
        "endpoints": {endpoint.name: endpoint.flow for endpoint in application.endpoints},
    }


def curl(url: str, *, auth: str = "none", text: str = "hello", session: str = "s1") -> str:
    """A command to paste into a shell."""
    body = json.dumps({"userId": "u1", "sessionId": session, "text": text})
    key = " -H 'X-Webhook-Key: <a key>'" if auth == "api_key" else ""
    return f"curl {url} -H 'Content-Type: application/json'{key} -d {quote(body)}"
