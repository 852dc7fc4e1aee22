"""What must not cost more as it grows: stored sessions, the size of a flow, the length of a history."""

from __future__ import annotations

import math
import os
import random
import shutil
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path

from contest import Bench, Contestant, Messages, Run, Runs, alternate
from measure import Goal, Line, Result
from processes import flowhook
from projects import ECHO, REMEMBER, Filler, Project, message, numbered, places, some, talk

MANY_SESSIONS_FLAT = 0.95
FLAT = 0.98
STORED = 1_000_000
TALKING, MANY_TALKING = 64, 500  #: sessions in one run
LARGE_FLOW, SMALL_FLOW = 10_000, 10
HISTORY, HISTORY_SESSIONS = 10_000, 16
STARTS = 3  #: of the servers that are compared

Traffic = Callable[[int, int], Messages]  #: of the number of the run and the count of messages


async def stored_sessions(bench: Bench) -> Result:
    """The same traffic to an empty database and to one with a million sessions, of which other ones talk
    in each run: 64 of them, as everywhere here; and, as the hardest case, 500, so that every sixth
    message goes to a session whose pages nobody has touched for long."""
    stored = bench.scaled(STORED)
    result = Result("sessions", "Stored sessions")
    past = filled(bench, numbered("user"), stored, f"storing {stored:,} sessions")
    for talking, bound in ((TALKING, MANY_SESSIONS_FLAT), (MANY_TALKING, None)):
        empty = Project(bench.directory / f"sessions-0-{talking}", ECHO, bench.webhook_port)
        full = Project(bench.directory / f"sessions-many-{talking}", ECHO, bench.webhook_port)
        shutil.copyfile(past, full.database)
        traffic = _strangers(talking, stored)
        small, large = await compare(bench, f"{talking} sessions talk", empty, full, traffic, traffic)
        one = compared(
            "", "", f"none stored, {talking} talk", f"{stored:,} stored, {talking} talk", small, large, bound
        )
        result.lines += one.lines
        result.goals += one.goals
    return result


def _strangers(talking: int, stored: int) -> Traffic:
    """So many sessions, others in each run."""

    def traffic(number: int, count: int) -> Messages:
        names = some(number, talking, stored)
        return talk(count, talking, lambda n: f"user{names[n]}")

    return traffic


async def flow_size(bench: Bench) -> Result:
    """Flows of 10 and of 10,000 nodes; each message goes to a place of its own choice."""

    def traffic(places: int) -> Traffic:
        def messages(number: int, count: int) -> Messages:
            chance = random.Random(number)
            for n in range(count):
                yield message(f"user{n % 64}", "hello", {"place": chance.randrange(places - 2)})

        return messages

    large_size = bench.scaled(LARGE_FLOW)
    projects = [
        Project(bench.directory / f"flow-{size}", places(size), bench.webhook_port)
        for size in (SMALL_FLOW, large_size)
    ]
    small, large = await compare(
        bench, "flow size", projects[0], projects[1], traffic(SMALL_FLOW), traffic(large_size)
    )
    return compared(
        "flow-size", "Size of the flow", f"{SMALL_FLOW} nodes", f"{large_size:,} nodes", small, large
    )


async def history(bench: Bench) -> Result:
    """Sessions that begin and sessions that have spoken 10,000 times, with a flow that never looks
    back and with one that reads ``history`` in every turn."""
    length = bench.scaled(HISTORY)
    result = Result("history", f"Length of the history, {HISTORY_SESSIONS} sessions")

    def traffic(number: int, count: int) -> Messages:
        return talk(count, HISTORY_SESSIONS, lambda n: f"user{n}")

    names = cycle(list(islice(numbered("user"), HISTORY_SESSIONS)))
    past = filled(bench, names, length * HISTORY_SESSIONS, f"{length:,} messages for each session")
    for flow, word in ((ECHO, "not read"), (REMEMBER, "read")):
        short = Project(bench.directory / f"history-0-{word}", flow, bench.webhook_port)
        long = Project(bench.directory / f"history-{length}-{word}", flow, bench.webhook_port)
        shutil.copyfile(past, long.database)
        small, large = await compare(bench, f"history, {word}", short, long, traffic, traffic)
        one = compared("", "", f"0 before, {word}", f"{length:,} before, {word}", small, large)
        result.lines += one.lines
        result.goals += one.goals
    return result


def filled(bench: Bench, names: Iterator[str], count: int, text: str) -> Path:
    """A database with a past, to be copied."""
    database = bench.directory / "past.db"
    filler = Filler(database)
    filler.fill(names, count, bench.begin(text, count), end=True)
    filler.close()
    return database


async def compare(
    bench: Bench,
    text: str,
    small: Project,
    large: Project,
    small_traffic: Traffic,
    large_traffic: Traffic,
) -> tuple[Runs, Runs]:
    """Serve both and let them run in turns, with several starts of both: how fast a process is depends, by
    some per cent, on where it happens to lie in memory."""
    os.sync()  # else what was copied would be written to the disk while the servers are measured
    rounds = math.ceil(bench.rounds / STARTS)
    found: tuple[list[Run], list[Run]] = ([], [])
    for start in range(STARTS):
        async with AsyncExitStack() as stack:
            contestants = [
                Contestant(
                    project.config.parent.name,
                    await stack.enter_async_context(flowhook(project.config, project.port, bench.cache)),
                    _later(traffic, start * (rounds + 1)),
                )
                for project, traffic in ((small, small_traffic), (large, large_traffic))
            ]
            what = f"{text}, {start + 1} of {STARTS}"
            both = await alternate(replace(bench, rounds=rounds), what, *contestants)
        for runs, more in zip(found, both, strict=True):
            runs += more.runs
    return Runs(tuple(found[0])), Runs(tuple(found[1]))


def _later(traffic: Traffic, runs: int) -> Traffic:
    """The traffic from a later run on: no start has the messages of another one."""
    return lambda number, count: traffic(number + runs, count)


def compared(
    name: str, title: str, small: str, large: str, first: Runs, second: Runs, bound: float | None = FLAT
) -> Result:
    """Return lines for both and the goal, with the ratio of processor time beside it, which is steadier."""
    return Result(
        name,
        title,
        [
            Line(small, "messages/s", first.per_second),
            Line(large, "messages/s", second.per_second),
            Line(small, "µs CPU", first.cpu_us),
            Line(large, "µs CPU", second.cpu_us),
        ],
        [
            Goal(f"{large} / {small}", second.per_second.over(first.per_second), bound),
            Goal(f"CPU: {small} / {large}", first.cpu_us.over(second.cpu_us), None),
        ],
    )
