"""Three processes on one database, while everything dies: nothing that was accepted is lost, order is kept,
state is changed once."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from tests.postgres_server import PostgresServer, Unavailable, require_driver, running_server, unavailable

from .kit import SHORT_LEASES, Outside, Process, Project, until

pytestmark = pytest.mark.slow

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }}"
"""
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


@pytest.fixture(scope="module")
def durable_server() -> AsyncIterator[PostgresServer]:
    """One that keeps what it said it kept."""
    require_driver()
    try:
        with running_server(**DURABLE) as server:
            yield server
    except Unavailable as error:
        unavailable(error)


@pytest.fixture
def url(durable_server: PostgresServer) -> str:
    """A database of the test's own."""
    return durable_server.url(durable_server.create_database())


@pytest.fixture
async def three(project: Project, url: str) -> AsyncIterator[list[Process]]:
    """Three processes that serve."""
    project.settings["storage"] = url
    project.flow("count", COUNT)
    project.endpoint("count", webhook={"retries": ["100ms"] * 20})
    async with AsyncExitStack() as stack:
        processes = [Process(project) for _ in range(3)]
        for process in processes:
            stack.push_async_callback(process.close)
            process.runs(SHORT_LEASES)
            await process.start()
        yield processes


class Talker:
    """Says one thing after the other in a session, to any process, each until it is accepted."""

    def __init__(self, session: str, processes: list[Process], chance: random.Random) -> None:
        self.session = session
        self.accepted = 0
        self._processes = processes
        self._chance = chance

    async def talk(self, done: asyncio.Event) -> None:
        body = {"userId": "u1", "sessionId": self.session, "text": "hi"}
        while not done.is_set():
            key = {"idempotency-key": f"{self.session}-{self.accepted}"}
            self.accepted += await self._is_accepted(body, key)
            await asyncio.sleep(0.05)
        key = {"idempotency-key": f"{self.session}-{self.accepted}"}
        while not await self._is_accepted(body, key):  # noqa: ASYNC110 - nothing tells when a server is back
            await asyncio.sleep(0.05)
        self.accepted += 1

    async def _is_accepted(self, body: dict[str, str], key: dict[str, str]) -> bool:
        process = self._chance.choice(self._processes)
        try:
            answer = await process.http.post("/tok-count", json=body, headers=key, timeout=5)
        except httpx.TransportError:
            return False
        assert answer.status_code in (202, 429, 500, 503), answer.text
        return bool(answer.status_code == 202)


async def judged(talkers: list[Talker], outside: Outside, process: Process) -> None:
    """Each session's receiver was told 1, 2, 3 … in this order, and the state has counted the same."""

    def texts(talker: Talker) -> list[str]:
        seen: dict[str, str] = {}
        for one in outside.at():
            if one.json["sessionId"] == talker.session:
                seen.setdefault(one.id, one.text)
        return list(seen.values())

    await until(lambda: all(len(texts(talker)) >= talker.accepted for talker in talkers))
    for talker in talkers:
        assert texts(talker) == [str(number) for number in range(1, talker.accepted + 1)]
        assert await process.context("count", talker.session) == {"n": talker.accepted}


async def storm(
    three: list[Process], durable_server: PostgresServer, chance: random.Random, deed: str
) -> None:
    """One thing that goes wrong, and what brings it back."""
    victim = chance.choice(three)
    assert victim.process is not None
    if deed == "kill":
        await victim.kill()
        await asyncio.sleep(chance.uniform(0.2, 1.5))
        await victim.start()
    elif deed == "stop":
        assert await victim.terminate() == 0
        await victim.start()
    elif deed == "hold":
        victim.process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(5)  # longer than a lease
        victim.process.send_signal(signal.SIGCONT)
    else:
        await asyncio.to_thread(durable_server.stop)
        await asyncio.sleep(chance.uniform(0.1, 1.0))
        await asyncio.to_thread(durable_server.start)
    await asyncio.sleep(chance.uniform(0.3, 1.0))


@pytest.mark.parametrize("deeds", [["kill", "stop"], ["database", "kill"], ["hold"]], ids=" ".join)
async def test_whatever_dies(
    three: list[Process],
    durable_server: PostgresServer,
    outside: Outside,
    deeds: list[str],
    pytestconfig: pytest.Config,
) -> None:
    """Owners are killed, stopped and held past their leases, PostgreSQL crashes and comes back, while clients
    post to any process."""
    chance, done = random.Random(11), asyncio.Event()
    talkers = [Talker(f"s{number}", three, chance) for number in range(8)]
    talking = [asyncio.create_task(talker.talk(done)) for talker in talkers]
    for deed in deeds * (10 if pytestconfig.getoption("--chaos") == "long" else 1):
        await asyncio.sleep(0.5)
        await storm(three, durable_server, chance, deed)
    done.set()
    await asyncio.gather(*talking)
    assert all(talker.accepted for talker in talkers)
    await judged(talkers, outside, three[0])
