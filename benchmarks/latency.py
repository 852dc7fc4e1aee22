"""Milliseconds from POST to the 202 and to the webhook, at loads that a server bears.

Messages arrive at random moments (a Poisson process) at a rate that does not depend on how fast they are
answered. One that finds no free connection waits, and its wait counts.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field

from contest import BARE, DELIVERY_SECONDS, OURS, Bench, Contestant, burst, contestants
from end_to_end import messages
from measure import Goal, Line, Result, Spread, quantile
from projects import FIVE_NODES
from traffic import post_at

SECONDS = 5.0  #: of one run
ONE_CONNECTION_RATE = 100.0  #: messages a second over one connection
QUANTILES = (0.5, 0.95, 0.99)


@dataclass(slots=True)
class _Times:
    """The runs of one contestant over so many connections: a value for each run, by quantile."""

    accept: dict[float, list[float]] = field(default_factory=lambda: {q: [] for q in QUANTILES})
    deliver: dict[float, list[float]] = field(default_factory=lambda: {q: [] for q in QUANTILES})


async def latency(bench: Bench) -> Result:
    """At 1 connection with few messages; at 16 and 200 with half of what flowhook can do at most."""
    result = Result("latency", "Latency under half load, in milliseconds")
    async with AsyncExitStack() as stack:
        found = await contestants(bench, stack, FIVE_NODES, messages)
        ours = next(contestant for contestant in found if contestant.name == OURS)
        for number, contestant in enumerate(found):
            await burst(bench, contestant, number, bench.messages)  # warm
        full = [await burst(bench, ours, number, bench.messages) for number in range(2)]
        half = sum(run.per_second for run in full) / len(full) / 2
        loads = ((1, ONE_CONNECTION_RATE), (16, half), (200, half))
        rounds = max(1, bench.rounds // 4)
        advance = bench.begin("latency", len(loads) * rounds * len(found))
        for connections, rate in loads:
            times = {contestant.name: _Times() for contestant in found}
            for number in range(rounds):
                for contestant in found:
                    await _run(bench, contestant, times[contestant.name], connections, rate, number)
                    advance(1)
            for name, measured in times.items():
                what = f"{name}, {connections} connection{'s' * (connections > 1)}, {rate:,.0f}/s"
                result.lines += [
                    Line(f"{what}, to the {place}, p{q * 100:g}", "ms", Spread.of(values[q]), 1)
                    for place, values in (("202", measured.accept), ("webhook", measured.deliver))
                    for q in QUANTILES
                ]
            ratio = Spread.of(times[OURS].deliver[0.5]).over(Spread.of(times[BARE].deliver[0.5]))
            result.goals.append(Goal(f"{OURS} / {BARE}, {connections} to the webhook, p50", ratio, None))
    return result


async def _run(
    bench: Bench, contestant: Contestant, times: _Times, connections: int, rate: float, number: int
) -> None:
    count = max(20, int(rate * SECONDS * min(1.0, bench.scale * 5)))
    receiver = bench.receiver
    before = receiver.count
    with receiver.noting() as arrivals:
        posted = await post_at(
            contestant.server.port, contestant.messages(number, count), connections, rate, seed=number
        )
        if posted.refused:
            raise RuntimeError(f"{len(posted.refused)} messages were refused: {posted.refused[0]!r}")
        await receiver.expect(before + count, DELIVERY_SECONDS)
    delivered = sorted(at - posted.began[number] for number, at in arrivals.items() if number in posted.began)
    if len(delivered) != count:
        raise RuntimeError(f"{count} messages were sent, and {len(delivered)} of them came")
    for q in QUANTILES:
        times.accept[q].append(quantile(posted.latencies, q) * 1e3)
        times.deliver[q].append(quantile(delivered, q) * 1e3)
