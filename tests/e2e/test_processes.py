"""Several processes on one database are one server: accepted anywhere, in order, once, whoever dies."""

from __future__ import annotations

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest

from .kit import ADMIN, SHORT_LEASES, Outside, Process, Project, eventually, until

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }}"
"""
SESSIONS = [f"s{number}" for number in range(12)]


@pytest.fixture
async def pair(project: Project, empty_postgres: str) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes that have not been started."""
    project.settings["storage"] = empty_postgres
    project.flow("count", COUNT)
    project.endpoint("count")
    async with AsyncExitStack() as stack:
        processes = Process(project), Process(project)
        for process in processes:
            stack.push_async_callback(process.close)
        yield processes


async def shares(process: Process) -> dict[str, int]:
    """How many shards each process has, as the database knows."""
    import asyncpg

    connection = await asyncpg.connect(process.project.settings["storage"])
    try:
        rows = await connection.fetch(
            "SELECT owner::text, count(*) FROM shard_owners WHERE owner IS NOT NULL GROUP BY owner"
        )
    finally:
        await connection.close()
    return {owner: count for owner, count in rows}


async def both_started(pair: tuple[Process, Process]) -> None:
    """Both serve, and each has half of the shards."""
    for process in pair:
        await process.start()

    async def have_half_each() -> bool:
        return sorted((await shares(pair[0])).values()) == [128, 128]

    await eventually(have_half_each)


def heard(outside: Outside, session: str) -> list[str]:
    """What the receiver was told of a session, each delivery once, in the order of arrival."""
    seen: dict[str, str] = {}
    for one in outside.at():
        if one.json["sessionId"] == session:
            seen.setdefault(one.id, one.text)
    return list(seen.values())


async def test_messages_go_to_any_process(pair: tuple[Process, Process], outside: Outside) -> None:
    """The caller who waits is answered by the process that he asked; each session counts on, in order."""
    await both_started(pair)
    for turn in range(1, 7):
        process = pair[turn % 2]
        answers = await asyncio.gather(*(process.say("count", "hi", session) for session in SESSIONS))
        assert answers == [[str(turn)]] * len(SESSIONS)
    expected = [str(turn) for turn in range(1, 7)]
    await until(lambda: all(heard(outside, session) == expected for session in SESSIONS))


async def turns_of(process: Process) -> int:
    """How many turns ran in a process."""
    text = (await process.http.get("/metrics", headers=ADMIN)).text
    found = re.search(r"^flowhook_turn_duration_seconds_count\{.*\} ([0-9.]+)$", text, re.MULTILINE)
    return int(float(found[1])) if found is not None else 0


async def test_a_turn_runs_where_its_message_came(pair: tuple[Process, Process], outside: Outside) -> None:
    """It is not handed to the process that owns its session, and what it says leaves from there, in order
    with what others said."""
    await both_started(pair)
    for number in range(1, 5):
        process = pair[number % 2]
        await asyncio.gather(*(process.send("count", "hi", session) for session in SESSIONS))
    expected = [str(number) for number in range(1, 5)]
    await until(lambda: all(heard(outside, session) == expected for session in SESSIONS))
    assert [await turns_of(process) for process in pair] == [2 * len(SESSIONS)] * 2
    assert len(outside.at()) == 4 * len(SESSIONS)  # none was sent by both


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
async def test_the_sessions_of_one_that_ends_go_on_at_the_other(
    pair: tuple[Process, Process], outside: Outside, how: signal.Signals
) -> None:
    """What was accepted by the one that is killed has its turn, and so has all that comes."""
    first, second = pair
    await both_started(pair)
    await asyncio.gather(*(first.send("count", "hi", session) for session in SESSIONS))
    assert first.process is not None
    first.process.send_signal(how)
    await asyncio.gather(*(second.send("count", "hi", session) for session in SESSIONS))
    await until(lambda: all(heard(outside, session) == ["1", "2"] for session in SESSIONS))
    assert list((await shares(second)).values()) == [256]


async def test_one_that_was_stopped_for_long_finds_its_sessions_gone(
    pair: tuple[Process, Process], outside: Outside
) -> None:
    """Its leases have ended, the other one has worked meanwhile, and nothing is done twice."""
    first, second = pair
    for process in pair:
        process.runs(SHORT_LEASES)
    await both_started(pair)
    await asyncio.gather(*(first.say("count", "hi", session) for session in SESSIONS))
    assert first.process is not None
    first.process.send_signal(signal.SIGSTOP)
    await asyncio.gather(*(second.send("count", "hi", session) for session in SESSIONS))
    await until(lambda: all(heard(outside, session) == ["1", "2"] for session in SESSIONS))
    first.process.send_signal(signal.SIGCONT)
    await asyncio.gather(*(first.send("count", "hi", session) for session in SESSIONS))
    await until(lambda: all(heard(outside, session) == ["1", "2", "3"] for session in SESSIONS))
    for session in SESSIONS:
        assert await second.context("count", session) == {"n": 3}


async def test_keys_switches_and_pauses_hold_everywhere(
    pair: tuple[Process, Process], outside: Outside
) -> None:
    """What is changed through one process is known to the other one a moment later."""
    first, second = pair
    await both_started(pair)
    await first.api("POST", "/endpoints/count/pause", {"reason": "quiet"})

    async def is_paused() -> bool:
        return bool((await second.api("GET", "/endpoints/count"))["paused"])

    await eventually(is_paused)
    for process, session in ((second, "s1"), (first, "s2"), (second, "s3"), (first, "s4")):
        await process.ends(await process.send("count", "hi", session))
    assert outside.at() == []
    await first.api("POST", "/endpoints/count/resume")
    await until(lambda: all(heard(outside, f"s{number}") == ["1"] for number in range(1, 5)))


ANSWERS = """
from flowhook import DISCARD, Message, hookimpl

@hookimpl
def transform_input(request):
    return Message("u1", request.query["s"], text=request.query["t"], message_id=request.query["t"], wait=20)

@hookimpl
def answer(outputs, response):
    response.headers["content-type"] = "text/plain"
    response.body = "; ".join(output.text for output in outputs)
"""


async def test_an_answer_inside_the_request_wherever_its_turn_runs(
    pair: tuple[Process, Process], outside: Outside
) -> None:
    """What is said is the response of the process that was asked, and is not delivered; a repeat at the other
    one has the same."""
    project = pair[0].project
    project.plugin("slash", ANSWERS)
    call = '  - http_request: {url: "OUT/price"}\n'  # such a turn runs where its session is owned
    project.flow("count", f'{COUNT}{call}  - say: "and {{{{ input.text }}}}"\n')
    project.endpoint("count", transformers={"use": ["slash"]})
    await both_started(pair)
    for turn in (1, 2):
        for asked in pair:
            answers = await asyncio.gather(
                *(asked.http.get(f"/tok-count?s={session}&t=t{turn}") for session in SESSIONS)
            )
            assert [answer.text for answer in answers] == [f"{turn}; and t{turn}"] * len(SESSIONS)
    assert outside.at() == [], "nothing is delivered"
