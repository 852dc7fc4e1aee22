"""What falls due falls due once, at whichever process, whoever dies before, and whatever their clocks say."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime

import pytest

from flowhook.clock import SharedClock

from .kit import QUICK_BEATS, Outside, Process, Project, Received, eventually, held, until

SESSIONS = [f"s{number}" for number in range(12)]  # of either process, but for one in 4,000 runs
COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ input.text }} {{ context.n }}"
"""
ASK = """
context: {late: 0}
nodes:
  - id: size
    ask: {text: "Which size?", type: text, timeout: 2s}
    on_timeout:
      - set: {context.late: "{{ context.late + 1 }}"}
      - say: "Too late {{ context.late }}."
"""
#: A process whose clock is off by so many seconds, which nothing has told it.
OFF = """
import time
from flowhook.clock import SystemClock

right = time.time
time.time = lambda: right() + {seconds}
SystemClock.now = staticmethod(time.time)

from flowhook.cli import main
main()
"""


def soon(seconds: float) -> str:
    """A moment from now, for ``notBefore``."""
    return datetime.fromtimestamp(time.time() + seconds, UTC).isoformat()


@pytest.fixture
async def pair(project: Project, empty_postgres: str) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes that have not been started."""
    project.settings["storage"] = empty_postgres
    for name, flow in {"count": COUNT, "ask": ASK}.items():
        project.flow(name, flow)
        project.endpoint(name, webhook={"timeout": "60s"})
    async with AsyncExitStack() as stack:
        processes = Process(project), Process(project)
        for process in processes:
            stack.push_async_callback(process.close)
        yield processes


async def both_have_half(process: Process) -> None:
    """Wait until each of two has its share."""

    async def have() -> bool:
        members = (await process.api("GET", "/processes"))["processes"]
        return [one["shards"] for one in members] == [128, 128]

    await eventually(have)


def told(outside: Outside, text: str) -> Counter[str]:
    """How many deliveries with a text each session's receiver had; a repeat of one is the same."""
    seen = {one.id: one for one in outside.at() if one.text.startswith(text)}
    return Counter(one.json["sessionId"] for one in seen.values())


@pytest.mark.parametrize("dies", [False, True], ids=["both live", "an owner dies"])
async def test_timers_and_scheduled_messages_fire_once(
    pair: tuple[Process, Process], outside: Outside, dies: bool
) -> None:
    """Those of either process, set through either, also when one of the two dies before they fall due."""
    for process in pair:
        process.runs(QUICK_BEATS)
        await process.start()
    await both_have_half(pair[0])
    moment = soon(3)
    for place, session in enumerate(SESSIONS):
        process = pair[place % 2]
        await process.send("count", "now", session)
        await process.send("count", "later", session, route="/inject", notBefore=moment)
        await process.send("ask", "hi", session)
    if dies:
        await pair[0].kill()
    last = pair[1]
    once = Counter(dict.fromkeys(SESSIONS, 1))
    await until(lambda: told(outside, "later") >= once and told(outside, "Too late") >= once)
    for session in SESSIONS:
        assert await last.context("count", session) == {"n": 2}
        assert await last.context("ask", session) == {"late": 1}
    assert told(outside, "later") == told(outside, "Too late") == once
    assert await last.api("GET", "/timers") == {"timers": []}


def test_a_slow_answer_moves_no_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long as both clocks may be right: when it was said is known to within the time that it took."""
    monkeypatch.setattr(time, "time", lambda: 1000.0)
    clock = SharedClock()
    clock.correct(996.0, waited=5.0)
    assert clock.now() == 1000.0
    clock.correct(990.0, waited=5.0)  # at 995 to 1000 here
    assert clock.now() == 995.0
    clock.correct(1010.0, waited=1.0)
    assert clock.now() == 1010.0


@pytest.mark.slow
@pytest.mark.parametrize("seconds", [-600, 600])
async def test_a_process_whose_clock_is_off_goes_by_that_of_the_database(
    pair: tuple[Process, Process], outside: Outside, seconds: int
) -> None:
    """What one claims is sent by it alone, and what is for later is neither early nor late, at whichever
    process."""
    wrong, right = pair
    wrong.runs(OFF.format(seconds=seconds))
    await wrong.start()
    right.script = None
    await right.start()
    await both_have_half(right)
    gate = asyncio.Event()
    outside.answers["/hook"] = held(gate)
    for place, session in enumerate(SESSIONS):
        await pair[place % 2].send("count", "now", session)
    once = Counter(dict.fromkeys(SESSIONS, 1))
    await until(lambda: told(outside, "now") == once)
    await asyncio.sleep(2.5)  # both have looked for what is due
    assert len(outside.at()) == len(SESSIONS), "each is sent by one process"
    arrived: list[float] = []

    async def note(one: Received) -> None:
        if one.text.startswith("later"):
            arrived.append(time.time())

    outside.answers["/hook"] = note
    gate.set()
    moment = time.time() + 2
    for place, session in enumerate(SESSIONS):
        process = pair[place % 2]
        await process.send("count", "later", session, route="/inject", notBefore=soon(2))
        await process.send("ask", "hi", session)
    await until(lambda: told(outside, "later") >= once and told(outside, "Too late") >= once)
    assert min(arrived) >= moment
    assert told(outside, "later") == told(outside, "Too late") == once
