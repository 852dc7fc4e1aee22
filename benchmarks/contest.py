"""Two servers under the same load, in turns: what disturbs the machine disturbs both."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from measure import Spread
from processes import Server
from traffic import Receiver, post_all

CONNECTIONS = 32
DELIVERY_SECONDS = 120.0

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
    begin: Callable[[str, int], Callable[[int], None]]  #: text and total of a step → how to go on

    def scaled(self, size: int) -> int:
        """A size that a quick look makes smaller."""
        return max(1, int(size * self.scale))


@dataclass(frozen=True, slots=True)
class Contestant:
    """A server with the messages of a run; ``messages`` is asked anew for each run."""

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
    """A run each to warm up, then ``bench.rounds`` runs each, in turns."""
    advance = bench.begin(text, (bench.rounds + 1) * len(contestants))
    found: list[list[Run]] = [[] for _ in contestants]
    for number in range(bench.rounds + 1):
        for contestant, runs in zip(contestants, found, strict=True):
            run = await burst(bench, contestant, number, bench.messages)
            if number:
                runs.append(run)
            advance(1)
    return [Runs(tuple(runs)) for runs in found]
