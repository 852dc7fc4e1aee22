"""Fixtures: the outside, a project, and servers that are stopped at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from aiohttp import web

from .kit import Live, Outside, Process, Project


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    """A real HTTP server that records and answers as told."""
    outside = Outside()
    app = web.Application(client_max_size=16 * 1024 * 1024)
    app.router.add_route("*", "/{path:.*}", outside.handle)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
    await site.start()
    outside.port = runner.addresses[0][1]
    yield outside
    await runner.cleanup()


@pytest.fixture
def project(tmp_path: Path, outside: Outside) -> Project:
    """An empty project whose webhooks go to the outside."""
    return Project(tmp_path, outside)


@pytest.fixture(params=["sqlite", "postgres"])
def any_storage(request: pytest.FixtureRequest, project: Project) -> str:
    """The project on each of the databases."""
    if request.param == "postgres":
        project.settings["storage"] = request.getfixturevalue("empty_postgres")
    return str(request.param)


Start = Callable[[], Awaitable[Live]]


@pytest.fixture
async def start(project: Project) -> AsyncIterator[Start]:
    """Starts the project's server in this process."""
    live = Live(project)
    started = []

    async def begin() -> Live:
        await live.start()
        started.append(live)
        return live

    yield begin
    for program in started:
        await program.stop()


@pytest.fixture
async def process(project: Project) -> AsyncIterator[Process]:
    """The project's server as a process; ``await process.start()``."""
    async with AsyncExitStack() as stack:
        process = Process(project)
        stack.push_async_callback(process.close)
        yield process
