"""A server's life: how long it takes to start, what it occupies, how it catches up after an outage."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from contest import BESIDE, DELIVERY_SECONDS, OURS, Bench, Contestant, burst
from end_to_end import messages
from measure import Goal, Line, Result, Spread
from processes import flowhook, free_port
from projects import ECHO, FIVE_NODES, Filler, Project, intents, numbered, places

REPOSITORY = Path(__file__).parent.parent
START_SECONDS = 0.8  #: of the shipped flows
IDLE_MEGABYTES = 85.0
INTENTS, EXAMPLES = 200, 15
INTENTS_SECONDS = 1.0  #: of a start that finds what the one before it learned
LARGE_FLOW = 10_000
LARGE_FLOW_SECONDS = 2.0
BACKLOG, BACKLOG_SESSIONS = 10_000, 1_000


@dataclass(slots=True)
class _Starts:
    """Several starts of one project."""

    seconds: list[float] = field(default_factory=list)
    cpu_seconds: list[float] = field(default_factory=list)
    megabytes: list[float] = field(default_factory=list)

    def lines(self, what: str) -> list[Line]:
        return [
            Line(f"{what}, to the first answer", "s", Spread.of(self.seconds), 2),
            Line(f"{what}, processor time", "s", Spread.of(self.cpu_seconds), 2),
            Line(f"{what}, memory, idle", "MB", Spread.of(self.megabytes)),
        ]


async def start(bench: Bench) -> Result:
    """From the start of the process to the first answer, with compiled modules on the disk, and the memory
    then: the shipped flows and plugins, many intents, a large flow."""
    rounds, large = max(3, bench.rounds // 2), bench.scaled(LARGE_FLOW)
    advance = bench.begin("start", 3 * rounds + 4 + (2 * rounds + 2) * (bench.beside is not None))
    port = free_port()
    shipped = _shipped(bench.directory / "shipped", port)
    many = Project(bench.directory / "intents", intents(bench.scaled(INTENTS), EXAMPLES), bench.webhook_port)
    flow = Project(bench.directory / "large", places(large), bench.webhook_port)
    first = await _starts(bench, shipped, port, 1, advance)  # compiles the modules, learns the intents
    again = await _starts(bench, shipped, port, rounds, advance)
    learning = await _starts(bench, many.config, many.port, 1, advance)
    known = await _starts(bench, many.config, many.port, rounds, advance)
    loading = await _starts(bench, flow.config, flow.port, rounds, advance)
    result = Result(
        "start",
        "Start and memory",
        [
            Line("shipped flows, the very first start", "s", Spread.of(first.seconds), 2),
            *again.lines("shipped flows"),
            Line(f"{bench.scaled(INTENTS)} intents, the first time", "s", Spread.of(learning.seconds), 2),
            *known.lines(f"{bench.scaled(INTENTS)} intents, again"),
            *loading.lines(f"a flow of {large:,} nodes"),
            Line("memory, after traffic", "MB", Spread.of([await _busy(bench, advance)])),
        ],
        [
            _at_most("start, shipped flows", again.seconds, START_SECONDS),
            _at_most("start, many intents, the second time", known.seconds, INTENTS_SECONDS),
            _at_most("start, large flow", loading.seconds, LARGE_FLOW_SECONDS),
            Goal(
                "memory, idle",
                Spread.of(again.megabytes),
                IDLE_MEGABYTES,
                at_least=False,
                digits=0,
                unit="MB",
            ),
        ],
    )
    if bench.beside is not None:
        own = _shipped(bench.directory / "beside", port, bench.beside)
        others = [
            await _starts(bench, config, at, rounds + 1, advance, bench.beside)
            for config, at in ((own, port), (flow.config, flow.port))
        ]
        result.lines += others[0].lines(f"{BESIDE}, shipped flows")
        result.lines += others[1].lines(f"{BESIDE}, a flow of {large:,} nodes")
    return result


def _at_most(what: str, seconds: Sequence[float], bound: float) -> Goal:
    return Goal(what, Spread.of(seconds), bound, at_least=False, unit="s")


async def _starts(
    bench: Bench,
    config: Path,
    port: int,
    times: int,
    advance: Callable[[int], None],
    checkout: Path | None = None,
) -> _Starts:
    """Start a project so many times, on an empty database each."""
    starts = _Starts()
    for _ in range(times):
        for file in config.parent.glob("*.db*"):
            file.unlink()
        async with flowhook(config, port, bench.cache, checkout) as server:
            await asyncio.sleep(0.5)
            starts.seconds.append(server.started_in)
            starts.cpu_seconds.append(server.cpu_seconds_since_start)
            starts.megabytes.append(server.resident_bytes / 1e6)
        advance(1)
    return starts


async def _busy(bench: Bench, advance: Callable[[int], None]) -> float:
    """Return the memory after some traffic, in megabytes."""
    project = Project(bench.directory / "memory", FIVE_NODES, bench.webhook_port)
    async with flowhook(project.config, project.port, bench.cache) as server:
        for number in range(2):
            await burst(bench, Contestant(OURS, server, messages), number, bench.messages)
            advance(1)
        return server.resident_bytes / 1e6


def _shipped(directory: Path, port: int, checkout: Path = REPOSITORY) -> Path:
    """Return the project of a checkout with a database and a port of its own."""
    directory.mkdir()
    for name in ("flows", "plugins"):
        (directory / name).symlink_to(checkout / name)
    text = (checkout / "config.yaml").read_text()
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
