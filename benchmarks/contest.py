"""Several servers under the same load, in turns: what disturbs the machine disturbs all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

from measure import Spread
from processes import Server, bare_chain, flowhook
from projects import Project
from traffic import Receiver, post_all

CONNECTIONS = 16
DELIVERY_SECONDS = 120.0

BARE, OURS, BESIDE = "bare chain", "flowhook", "flowhook beside"

Messages = Iterator[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Bench:
    """What every benchmark is given."""

    receiver: Receiver
    webhook_port: int
    directory: Path  #: a new one for each benchmark
    cache: Path  #: where compiled modules are kept
    rounds: int  #: runs of each
    messages: int  #: of one run
    scale: float  #: 1, or less for a quick look: of everything else that is large
    beside: Path | None  #: another checkout of flowhook that is measured in turns with this one
    begin: Callable[[str, int], Callable[[int], None]]  #: text and total of a step → how to go on

    def scaled(self, size: int) -> int:
        """A size that a quick look makes smaller."""
        return max(1, int(size * self.scale))


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server with the messages of a run; ``messages`` is asked anew for each run."""

    name: str
    server: Server
    messages: Callable[[int, int], Messages]  #: number of the run, count of messages


@dataclass(frozen=True, slots=True)
class Run:
    """One burst, from the first request to the last delivery."""

    per_second: float
    cpu_us: float  #: processor time of the server for one message
    accept_ms: float  #: median, from request to 202


@dataclass(frozen=True, slots=True)
class Runs:
    """All bursts of one contestant."""

    runs: tuple[Run, ...]

    @property
    def per_second(self) -> Spread:
        """Messages per second."""
        return Spread.of([run.per_second for run in self.runs])

    @property
    def cpu_us(self) -> Spread:
        """Microseconds of the server's processor time for one message."""
        return Spread.of([run.cpu_us for run in self.runs])

    @property
    def accept_ms(self) -> Spread:
        """Median milliseconds to the 202."""
        return Spread.of([run.accept_ms for run in self.runs])


async def contestants(
    bench: Bench, stack: AsyncExitStack, flow: str, messages: Callable[[int, int], Messages]
) -> list[Contestant]:
    """Start the bare chain, flowhook, and the other checkout where there is one, with the same flow."""
    bare = await stack.enter_async_context(bare_chain(bench.webhook_port))
    found = [Contestant(BARE, bare, messages)]
    for name, checkout in ((OURS, None), (BESIDE, bench.beside)):
        if name == BESIDE and checkout is None:
            continue
        project = Project(bench.directory / name.replace(" ", "-"), flow, bench.webhook_port)
        server = await stack.enter_async_context(
            flowhook(project.config, project.port, bench.cache, checkout)
        )
        found.append(Contestant(name, server, messages))
    return found


async def burst(bench: Bench, contestant: Contestant, number: int, count: int) -> Run:
    """Post so many messages and wait until the receiver has as many outputs."""
    receiver, server = bench.receiver, contestant.server
    before, cpu = receiver.count, server.cpu_seconds
    began = time.perf_counter()
    posted = await post_all(server.port, contestant.messages(number, count), CONNECTIONS)
    if posted.refused:
        raise RuntimeError(f"{len(posted.refused)} messages were refused: {posted.refused[0]!r}")
    await receiver.expect(before + count, DELIVERY_SECONDS)
    seconds = time.perf_counter() - began
    median = posted.latencies[len(posted.latencies) // 2]
    return Run(count / seconds, (server.cpu_seconds - cpu) / count * 1e6, median * 1e3)


async def alternate(bench: Bench, text: str, *contestants: Contestant) -> list[Runs]:
    """A run each to warm up, then ``bench.rounds`` runs each, in turns. Who begins a round changes."""
    advance = bench.begin(text, (bench.rounds + 1) * len(contestants))
    found: list[list[Run]] = [[] for _ in contestants]
    for number in range(bench.rounds + 1):
        turns = list(zip(contestants, found, strict=True))
        for contestant, runs in turns if number % 2 else reversed(turns):
            run = await burst(bench, contestant, number, bench.messages)
            if number:
                runs.append(run)
            advance(1)
    return [Runs(tuple(runs)) for runs in found]
