"""The way to the database is swallowed, and another server takes it over: nothing that was accepted is lost,
order is kept, state is changed once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.postgres_server import PostgresServer, Unavailable, require_driver, running_server, unavailable

from .kit import Outside, Process, Project, eventually, until
from .test_three_processes import COUNT, DURABLE, Talker, judged

pytestmark = pytest.mark.slow

REPLICATED = {**DURABLE, "wal_level": "replica", "max_wal_senders": "4", "hot_standby": "on"}
SESSIONS = [f"s{number}" for number in range(6)]


class Proxy:
    """A way to a server's socket that can be held, as by a network that swallows, and led elsewhere."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.open = asyncio.Event()
        self.open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        """Returns the port."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """End all connections."""
        if self._server is not None:
            self._server.close()
        self.cut()

    def cut(self) -> None:
        """End the connections there are."""
        for writer in self._writers:
            writer.transport.abort()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self.open.wait()
        try:
            there = await asyncio.open_unix_connection(str(self.folder / ".s.PGSQL.5432"))
        except OSError:
            writer.transport.abort()
            return
        self._writers |= {writer, there[1]}
        await asyncio.gather(self._pump(reader, there[1]), self._pump(there[0], writer))
        self._writers -= {writer, there[1]}

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await reader.read(65536):
                await self.open.wait()
                writer.write(data)
                await writer.drain()
        writer.transport.abort()


@pytest.fixture
def primary() -> Iterator[PostgresServer]:
    """A server that can have a standby. Each test has its own: one of them ends it."""
    require_driver()
    try:
        with running_server(**REPLICATED) as server:
            yield server
    except Unavailable as error:
        unavailable(error)


@pytest.fixture
async def proxy(primary: PostgresServer) -> AsyncIterator[Proxy]:
    """The way to it."""
    proxy = Proxy(primary.folder)
    yield proxy
    await proxy.stop()


async def serving(project: Project, stack: AsyncExitStack, *urls: str) -> list[Process]:
    """A process for each way to the database, each with its share."""
    project.flow("count", COUNT)
    project.endpoint("count", webhook={"retries": ["100ms"] * 20})
    processes = []
    for url in urls:
        project.settings["storage"] = url
        process = Process(project)
        stack.push_async_callback(process.close)
        await process.start()
        processes.append(process)

    async def have_shares() -> bool:
        found = (await processes[0].api("GET", "/processes"))["processes"]
        return [one["shards"] for one in found] == [256 // len(urls)] * len(urls)

    await eventually(have_shares)
    return processes


async def test_the_way_of_one_process_is_swallowed(
    project: Project, primary: PostgresServer, proxy: Proxy, outside: Outside
) -> None:
    """It says so within its deadlines, the other one takes its sessions over, and then it serves again."""
    database = await asyncio.to_thread(primary.create_database)
    port = await proxy.start()
    async with AsyncExitStack() as stack:
        ways = f"postgresql://flowhook@127.0.0.1:{port}/{database}", primary.url(database)
        cut, whole = await serving(project, stack, *ways)
        await asyncio.gather(*(cut.say("count", "hi", session) for session in SESSIONS))
        proxy.open.clear()
        body = {"userId": "u1", "sessionId": "s0", "text": "hi"}
        waiting = asyncio.create_task(cut.post("/tok-count", body, {"idempotency-key": "k"}))
        began = time.monotonic()
        await asyncio.gather(*(whole.send("count", "hi", session) for session in SESSIONS[1:]))

        async def has_all() -> bool:
            return (await whole.api("GET", "/processes"))["processes"][-1]["shards"] == 256

        await eventually(has_all)
        assert time.monotonic() - began < 25  # ten for the leases, the rest for a busy machine
        answer = await waiting
        assert answer.status_code == 503, answer.text
        proxy.open.set()

        async def is_kept() -> bool:
            answer = await cut.post("/tok-count", body, {"idempotency-key": "k"})
            return answer.status_code == 202

        await eventually(is_kept)
        await asyncio.gather(*(cut.send("count", "hi", session) for session in SESSIONS))
        expected = [["1", "2", "3"]] * len(SESSIONS)
        await until(lambda: [texts(outside, session) for session in SESSIONS] == expected)
        for session in SESSIONS:
            assert await whole.context("count", session) == {"n": 3}


async def test_a_standby_is_promoted(
    project: Project, primary: PostgresServer, proxy: Proxy, outside: Outside
) -> None:
    """The server dies under traffic, its standby takes over with all that was acknowledged, and deliveries
    that are made then belong to a new epoch."""
    database = await asyncio.to_thread(primary.create_database)
    port = await proxy.start()
    url = f"postgresql://flowhook@127.0.0.1:{port}/{database}"
    chance, done = random.Random(5), asyncio.Event()
    async with AsyncExitStack() as stack:
        processes = await serving(project, stack, url, url)
        standby = await asyncio.to_thread(standby_of, primary)
        stack.callback(shutil.rmtree, standby.folder, ignore_errors=True)
        stack.callback(standby.stop)
        await asyncio.to_thread(primary.set, "synchronous_standby_names", "*")
        talkers = [Talker(session, processes, chance) for session in SESSIONS]
        talking = [asyncio.create_task(talker.talk(done)) for talker in talkers]
        await until(lambda: all(talker.accepted > 3 for talker in talkers))
        await asyncio.to_thread(primary.stop)
        proxy.cut()
        await asyncio.to_thread(standby.promote)
        proxy.folder = standby.folder
        before = [talker.accepted for talker in talkers]
        await until(lambda: all(talker.accepted > n + 3 for talker, n in zip(talkers, before, strict=True)))
        done.set()
        await asyncio.gather(*talking)
        await judged(talkers, outside, processes[0])
        epochs = {one.id[-8:] for one in outside.at()}
        assert len(epochs) == 2


def texts(outside: Outside, session: str) -> list[str]:
    """What the receiver was told of a session, each delivery once, in the order of arrival."""
    seen: dict[str, str] = {}
    for one in outside.at():
        if one.json["sessionId"] == session:
            seen.setdefault(one.id, one.text)
    return list(seen.values())


def standby_of(primary: PostgresServer) -> PostgresServer:
    """A copy that follows it, on a socket of its own."""
    standby = primary.standby(Path(tempfile.mkdtemp(prefix="fh-pg-", dir="/tmp")))
    standby.start()
    return standby
