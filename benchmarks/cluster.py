"""What a message costs with one process on PostgreSQL and with several: CPU by process, statements, commits.

``python benchmarks/cluster.py`` starts a PostgreSQL of its own, with ``fsync`` and ``synchronous_commit`` on.
CPU is measured, not wall time: how much N processes do when each has a core follows from what a message costs
them all together.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg
from processes import TICKS_PER_SECOND, Server, flowhook, free_port, machine
from traffic import Receiver, post_all

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.postgres_server import PostgresServer, running_server  # noqa: E402 - behind the path to it

SESSIONS, CONNECTIONS, WARM = 400, 16, 300
SECONDS = 120.0  #: for all that was accepted to be delivered
DURABLE = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on",
    "shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "top",
}  # fmt: skip
FLOW = """
flow: count
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }}: {{ input.text }}"
"""
CONFIG = """
server: {{host: 127.0.0.1, port: {port}}}
storage: "{storage}"
admin_key: bench
log: {{level: warning}}
outgoing: {{allow: ["127.0.0.1"]}}
flows: {flows}
endpoints:
  - {{name: bench, token: bench, flow: count, webhook: {{url: "http://127.0.0.1:{hook}/"}}}}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one message."""

    processes: list[float]  #: milliseconds of CPU, by process
    database: float  #: the same of PostgreSQL
    statements: float
    transactions: float

    def __str__(self) -> str:
        of_each = " + ".join(f"{ms:.2f}" for ms in self.processes)
        return (
            f"{sum(self.processes):.2f} ms ({of_each}), PostgreSQL {self.database:.2f} ms,"
            f" {self.statements:.1f} statements, {self.transactions:.1f} transactions"
        )


async def measured(database: PostgresServer, count: int, messages: int, connections: int) -> Cost:
    """Run so many processes, and let messages of random sessions go to any of them."""
    async with contextlib.AsyncExitStack() as stack:
        url = database.url(await asyncio.to_thread(database.create_database))
        receiver = Receiver()
        hook = await receiver.start()
        servers = [await stack.enter_async_context(_serving(url, hook)) for _ in range(count)]
        connection = await asyncpg.connect(url)
        stack.push_async_callback(connection.close)
        await connection.execute("CREATE EXTENSION pg_stat_statements")
        await _have_shards(connection, count)
        await _post(servers, receiver, WARM, connections)
        await connection.execute("SELECT pg_stat_statements_reset()")
        before = [server.cpu_seconds for server in servers], cpu_below(database), await _commits(connection)
        messages *= count
        await _post(servers, receiver, messages, connections)
        after = [server.cpu_seconds for server in servers], cpu_below(database), await _commits(connection)
        calls = await connection.fetchval(
            "SELECT sum(calls) FROM pg_stat_statements WHERE query !~ '^(BEGIN|COMMIT)'"
        )
    used = [1000 * (end - begin) / messages for begin, end in zip(before[0], after[0], strict=True)]
    by_database = 1000 * (after[1] - before[1]) / messages
    return Cost(used, by_database, float(calls) / messages, (after[2] - before[2]) / messages)


@contextlib.asynccontextmanager
async def _serving(url: str, hook: int) -> AsyncIterator[Server]:
    with tempfile.TemporaryDirectory() as folder:
        root, port = Path(folder), free_port()
        (root / "flows").mkdir()
        (root / "flows" / "count.yaml").write_text(FLOW)
        config = root / "config.yaml"
        config.write_text(CONFIG.format(port=port, storage=url, hook=hook, flows=root / "flows"))
        async with flowhook(config, port, root / "cache") as server:
            yield server


async def _have_shards(connection: asyncpg.Connection, count: int) -> None:
    query = "SELECT count(DISTINCT owner) FROM shard_owners WHERE owner IS NOT NULL"
    while await connection.fetchval(query) != count:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.2)


async def _post(servers: list[Server], receiver: Receiver, messages: int, connections: int) -> None:
    chance = random.Random(messages)
    target = receiver.count + messages
    share = messages // len(servers)

    def bodies(count: int) -> Iterator[tuple[str, bytes]]:
        for number in range(count):
            session = chance.randrange(SESSIONS)
            body = f'{{"userId":"u{session}","sessionId":"s{session}","text":"message {number}"}}'
            yield "/bench", body.encode()

    posted = await asyncio.gather(
        *(post_all(server.port, bodies(share), max(1, connections // len(servers))) for server in servers)
    )
    refused = [line for one in posted for line in one.refused]
    if refused:
        raise RuntimeError(f"{len(refused)} messages were refused, the first with {refused[0]!r}")
    await receiver.expect(target - (messages - share * len(servers)), SECONDS)


async def _commits(connection: asyncpg.Connection) -> int:
    await asyncio.sleep(1.2)  # backends tell of what they did once a second
    return int(
        await connection.fetchval(
            "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        )
    )


def cpu_below(database: PostgresServer) -> float:
    """CPU seconds of the server and its backends that live, and of those that ended."""
    pid = database.pid
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return sum(
        _ticks(Path(f"/proc/{process}/stat"), own=process != str(pid)) for process in [str(pid), *children]
    )


def _ticks(path: Path, *, own: bool) -> float:
    try:
        fields = path.read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(int(field) for field in fields[11 : 13 if own else 15]) / TICKS_PER_SECOND


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--messages", type=int, default=4000, help="for each process")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="to each process")
    options = parser.parse_args()
    os.nice(5)
    print(machine())
    with running_server(**DURABLE) as database:
        costs = {
            count: asyncio.run(measured(database, count, options.messages, options.connections))
            for count in options.processes
        }
    for count, cost in costs.items():
        print(f"{count} process{'es' * (count > 1)}: {cost}")
    first = costs[options.processes[0]]
    for count, cost in costs.items():
        ratio = count * sum(first.processes) / sum(cost.processes) / options.processes[0]
        print(f"{count}: {ratio:.2f} times the work of {options.processes[0]}, each on a core of its own")


if __name__ == "__main__":
    main()
