"""From POST to webhook, beside the bare chain."""

from __future__ import annotations

from contextlib import AsyncExitStack

from contest import Bench, Contestant, Messages, alternate
from measure import Goal, Line, Result
from processes import bare_chain, flowhook
from projects import ECHO, Project, talk

SESSIONS = 64
WANTED = 0.45


def messages(number: int, count: int) -> Messages:
    """The same sessions in all runs."""
    return talk(count, SESSIONS, lambda n: f"user{n}")


async def end_to_end(bench: Bench) -> Result:
    """Messages per second, delivered, of one core; and of a chain that does nothing else."""
    project = Project(bench.directory / "end-to-end", ECHO, bench.webhook_port)
    async with AsyncExitStack() as stack:
        bare = await stack.enter_async_context(bare_chain(bench.webhook_port))
        ours = await stack.enter_async_context(flowhook(project.config, project.port, bench.cache))
        chain, road = await alternate(
            bench, "end to end", Contestant(bare, messages), Contestant(ours, messages)
        )
    return Result(
        "end-to-end",
        "From POST to webhook, one core",
        [
            Line("bare chain", "messages/s", chain.per_second),
            Line("flowhook", "messages/s", road.per_second),
            Line("bare chain", "µs CPU", chain.cpu_us),
            Line("flowhook", "µs CPU", road.cpu_us),
            Line("flowhook, POST to 202, median", "ms", road.accept_ms, 1),
        ],
        [Goal("flowhook / bare chain", road.per_second.over(chain.per_second), WANTED)],
    )
