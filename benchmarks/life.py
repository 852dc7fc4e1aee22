"""A server's life: how long it takes to start, what it occupies, how it catches up after an outage."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from contest import DELIVERY_SECONDS, Bench, Contestant, burst
from end_to_end import messages
from measure import Goal, Line, Result, Spread
from processes import flowhook, free_port
from projects import ECHO, Filler, Project, numbered

REPOSITORY = Path(__file__).parent.parent
START_SECONDS = 1.5
IDLE_MEGABYTES = 120.0
BACKLOG, BACKLOG_SESSIONS = 10_000, 1_000


async def start(bench: Bench) -> Result:
    """The shipped flows and plugins: from the start of the process to the first answer, with
    compiled modules on the disk, and the memory then and after some traffic."""
    advance = bench.begin("start", bench.rounds + 3)
    seconds, idle = [], []
    for number in range(bench.rounds + 1):
        directory = bench.directory / f"start-{number}"
        port = free_port()
        async with flowhook(_shipped(directory, port), port, bench.cache) as server:
            await asyncio.sleep(0.5)
            if number:  # the first one compiled the modules
                seconds.append(server.started_in)
                idle.append(server.resident_bytes / 1e6)
        advance(1)
    project = Project(bench.directory / "memory", ECHO, bench.webhook_port)
    async with flowhook(project.config, project.port, bench.cache) as server:
        for number in range(2):
            await burst(bench, Contestant(server, messages), number, bench.messages)
            advance(1)
        busy = server.resident_bytes / 1e6
    return Result(
        "start",
        "Start and memory",
        [
            Line("start, shipped flows", "s", Spread.of(seconds), 2),
            Line("memory, idle", "MB", Spread.of(idle)),
            Line("memory, after traffic", "MB", Spread.of([busy])),
        ],
        [
            Goal("start", Spread.of(seconds), START_SECONDS, at_least=False, unit="s"),
            Goal("idle memory", Spread.of(idle), IDLE_MEGABYTES, at_least=False, digits=0, unit="MB"),
        ],
    )


def _shipped(directory: Path, port: int) -> Path:
    """The project of this repository with a database and a port of its own."""
    directory.mkdir()
    for name in ("flows", "plugins"):
        (directory / name).symlink_to(REPOSITORY / name)
    text = (REPOSITORY / "config.yaml").read_text()
    config = directory / "config.yaml"
    text = text.replace("port: 8000", f"port: {port}").replace("level: info", "level: warning")
    config.write_text(text)
    return config


async def recovery(bench: Bench) -> Result:
    """A start that finds messages in the inboxes, as after a crash: until the first answer, and until
    everything is delivered."""
    backlog, sessions = bench.scaled(BACKLOG), bench.scaled(BACKLOG_SESSIONS)
    project = Project(bench.directory / "recovery", ECHO, bench.webhook_port)
    names = (f"user{n % sessions}" for n, _ in enumerate(numbered("")))
    filler = Filler(project.database)
    filler.fill(names, backlog, bench.begin("recovery", backlog), end=False)
    filler.close()
    warm = Project(bench.directory / "warm", ECHO, bench.webhook_port)
    async with flowhook(warm.config, warm.port, bench.cache):
        pass  # its modules are compiled now
    before = bench.receiver.count
    began = time.perf_counter()
    async with flowhook(project.config, project.port, bench.cache) as server:
        await bench.receiver.expect(before + backlog, DELIVERY_SECONDS)
        seconds = time.perf_counter() - began
        answered = server.started_in
    return Result(
        "recovery",
        f"Recovery with {backlog:,} messages of {sessions:,} sessions",
        [
            Line("until the first answer", "s", Spread.of([answered]), 2),
            Line("until all is delivered", "s", Spread.of([seconds]), 2),
            Line("rate", "messages/s", Spread.of([backlog / seconds])),
        ],
    )
