"""From POST to webhook, beside the bare chain."""

from __future__ import annotations

from contextlib import AsyncExitStack

from contest import BARE, BESIDE, OURS, Bench, Messages, alternate, contestants
from measure import Goal, Line, Result
from projects import FIVE_NODES, talk

SESSIONS = 1_000
WANTED = 0.8


def messages(number: int, count: int) -> Messages:
    """The same sessions in all runs."""
    return talk(count, SESSIONS, lambda n: f"user{n}")


async def end_to_end(bench: Bench) -> Result:
    """Messages per second, delivered, of one core, and processor time for each: of flowhook, of a chain that
    does nothing else, and of another checkout."""
    async with AsyncExitStack() as stack:
        found = await contestants(bench, stack, FIVE_NODES, messages)
        runs = dict(
            zip(
                [contestant.name for contestant in found],
                await alternate(bench, "end to end", *found),
                strict=True,
            )
        )
    result = Result("end-to-end", "From POST to webhook: five nodes, 16 connections, 1,000 sessions")
    for name, spread in runs.items():
        result.lines += [
            Line(name, "messages/s", spread.per_second),
            Line(name, "µs CPU", spread.cpu_us),
            Line(f"{name}, POST to 202, median", "ms", spread.accept_ms, 1),
        ]
    bare, ours = runs[BARE], runs[OURS]
    result.goals += [
        Goal(f"{OURS} / {BARE}", ours.per_second.over(bare.per_second), WANTED),
        Goal(f"CPU: {OURS} / {BARE}", ours.cpu_us.over(bare.cpu_us), None),
    ]
    if BESIDE in runs:
        beside = runs[BESIDE]
        result.goals += [
            Goal(f"{OURS} / {BESIDE}", ours.per_second.over(beside.per_second), None),
            Goal(f"CPU: {OURS} / {BESIDE}", ours.cpu_us.over(beside.cpu_us), None),
        ]
    return result
