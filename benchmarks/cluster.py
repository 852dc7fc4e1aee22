"""What one process and several do on PostgreSQL, each with the same share of a core, and one on SQLite.

``python benchmarks/cluster.py`` starts a PostgreSQL of its own, with ``fsync`` and ``synchronous_commit`` on,
and lets all of them run in turns. On a machine with few cores two servers at full speed, the database and the
load would take the cores from each other, and that would be measured. So each server is held to a quota
(``quota.py``, as root), and the database and the load have the rest: how many messages a second N servers do
is then bounded by their own processor time, with all that several servers cost each other in it (what they
read first, smaller batches, locks, what they tell each other). Beside it stand the processor time of each
process for a message, and how much of its quota each used: where that is much below 1, something else was
the limit and the ratio means little.

``--quota 0`` takes the bound away; then only processor time is comparable.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import asyncpg
from measure import Spread
from processes import TICKS_PER_SECOND, Server, flowhook, free_port, load_average, machine
from quota import quota
from traffic import Receiver, post_all

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.postgres_server import PostgresServer, running_server  # noqa: E402 - behind the path to it

SESSIONS = 400  #: for each process: twice the processes serve twice the users
CONNECTIONS, QUOTA = 16, 0.3
BATCHING = (1, 4, 16, 64)  #: connections
SECONDS = 120.0  #: for all that was accepted to be delivered
SCALES, OF_SQLITE = 1.7, 0.6  #: goals
DURABLE = {
    "fsync": "on", "synchronous_commit": "on", "full_page_writes": "on", "autovacuum": "on",
    "shared_preload_libraries": "pg_stat_statements", "pg_stat_statements.track": "top",
}  # fmt: skip
MINE = "dbid = (SELECT oid FROM pg_database WHERE datname = current_database())"
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
  - {{name: dead, token: dead, flow: count, webhook: {{url: "http://127.0.0.1:9/"}}}}
"""


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one run, from the first request to the last delivery."""

    seconds: float
    messages: int
    processes: list[float]  #: seconds of CPU, by process
    database: float  #: the same of PostgreSQL
    load: float  #: the same of this process: the messages and the receiver
    statements: float
    transactions: float

    def ms(self, seconds: float) -> float:
        """Milliseconds for a message."""
        return 1000 * seconds / self.messages


@dataclass(slots=True)
class Cluster:
    """So many servers on a database of their own."""

    name: str
    servers: list[Server]
    receiver: Receiver
    postgres: PostgresServer
    connection: asyncpg.Connection | None = None  #: None: it is SQLite
    stored: int = 0  #: sessions, of which those talk in a run that never did before; 0: the same in all runs
    runs: list[Cost] = field(default_factory=list)

    async def run(self, messages: int, connections: int, seed: int) -> Cost:
        """Let messages of random sessions go to any of the servers, so many for each."""
        statements, transactions = await self._counts()
        cpu = [server.cpu_seconds for server in self.servers]
        database, load, began = cpu_below(self.postgres), time.process_time(), time.perf_counter()
        await self._post(messages, connections, seed)
        seconds = time.perf_counter() - began
        load, database = time.process_time() - load, cpu_below(self.postgres) - database
        used = [server.cpu_seconds - before for server, before in zip(self.servers, cpu, strict=True)]
        more = await self._counts()
        count = messages * len(self.servers)
        return Cost(seconds, count, used, database, load, more[0] - statements, more[1] - transactions)

    async def _post(self, messages: int, connections: int, seed: int) -> None:
        """Post so many messages of random sessions to each server, and wait for what is said to them."""
        chance = random.Random(seed)
        count = SESSIONS * len(self.servers)
        talking = range(seed, self.stored, self.stored // count) if self.stored else range(count)
        target = self.receiver.count + messages * len(self.servers)

        def bodies() -> Iterator[tuple[str, bytes]]:
            for number in range(messages):
                session = chance.choice(talking)
                body = f'{{"userId":"u{session}","sessionId":"s{session}","text":"message {number}"}}'
                yield "/bench", body.encode()

        posts = (post_all(server.port, bodies(), connections) for server in self.servers)
        refused = [line for one in await asyncio.gather(*posts) for line in one.refused]
        if refused:
            raise RuntimeError(f"{len(refused)} messages were refused, the first with {refused[0]!r}")
        await self.receiver.expect(target, SECONDS)

    async def _counts(self) -> tuple[float, float]:
        """Statements and transactions so far."""
        if self.connection is None:
            return 0.0, 0.0
        await asyncio.sleep(1.2)  # backends tell of what they did once a second
        ours = "query !~ '^(BEGIN|COMMIT)' AND query !~ 'pg_stat'"
        query = f"SELECT sum(calls) FROM pg_stat_statements WHERE {MINE} AND {ours}"  # noqa: S608
        commits = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()"
        return float(await self.connection.fetchval(query) or 0), float(
            await self.connection.fetchval(commits)
        )

    async def statements(self) -> AsyncIterator[str]:
        """The statements that took most, all runs together."""
        if self.connection is None:
            return
        query = f"""SELECT calls, total_exec_time, shared_blks_hit, query FROM pg_stat_statements
            WHERE {MINE} ORDER BY total_exec_time DESC LIMIT 8"""  # noqa: S608
        for calls, ms, blocks, text in await self.connection.fetch(query):
            each = f"{ms / calls:.3f} ms and {blocks / calls:.0f} blocks each"
            yield f"    {ms:6.0f} ms, {calls} times, {each}: {' '.join(text.split())[:50]}"

    # --- what the runs came to -------------------------------------------------------------------

    @property
    def per_second(self) -> Spread:
        """Messages a second."""
        return Spread.of([run.messages / run.seconds for run in self.runs])

    @property
    def own_ms(self) -> Spread:
        """CPU of all servers for a message."""
        return Spread.of([run.ms(sum(run.processes)) for run in self.runs])

    def lines(self, share: float) -> Iterator[str]:
        """What is to be shown; ``share``: of a core, that each server may use."""
        last = len(self.runs)
        by_process = [
            Spread.of([run.ms(run.processes[number]) for run in self.runs]).median
            for number in range(len(self.servers))
        ]
        runs = self.runs
        database = Spread.of([run.ms(run.database) for run in runs]).median
        load = Spread.of([run.ms(run.load) for run in runs]).median
        seconds = (
            [sum(run.processes) / run.seconds for run in runs],
            [run.database / run.seconds for run in runs],
            [run.load / run.seconds for run in runs],
        )
        cores = [Spread.of(shares).median for shares in seconds]
        speed = self.per_second
        yield f"{self.name}: {speed.median:.0f} messages/s ± {speed.deviation:.0f} ({last} runs)"
        parts = " + ".join(f"{ms:.2f}" for ms in by_process)
        yield (
            f"    CPU of a message: {self.own_ms.median:.2f} ms ({parts}) ± {self.own_ms.deviation:.2f},"
            f" PostgreSQL {database:.2f} ms, load {load:.2f} ms"
        )
        used = f" ({cores[0] / share / len(self.servers):.2f} of the quota)" if share else ""
        yield f"    cores: servers {cores[0]:.2f}{used}, PostgreSQL {cores[1]:.2f}, load {cores[2]:.2f}"
        if self.connection is not None:
            statements = Spread.of([run.statements / run.messages for run in self.runs]).median
            transactions = Spread.of([run.transactions / run.messages for run in self.runs]).median
            yield f"    {statements:.2f} statements and {transactions:.2f} transactions for a message"


@contextlib.asynccontextmanager
async def cluster(
    name: str, url: str | None, count: int, share: float, postgres: PostgresServer
) -> AsyncIterator[Cluster]:
    """Start servers on a PostgreSQL database, or one on SQLite."""
    async with contextlib.AsyncExitStack() as stack:
        receiver = Receiver()
        hook = await receiver.start()
        servers = [await stack.enter_async_context(serving(url, hook)) for _ in range(count)]
        connection = None
        if url is not None:
            connection = await asyncpg.connect(url)
            stack.push_async_callback(connection.close)
            await connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
            await _have_shards(connection, count)
        if share:
            for server in servers:
                stack.enter_context(quota(server.process.pid, share))
        yield Cluster(name, servers, receiver, postgres, connection)


@contextlib.asynccontextmanager
async def serving(url: str | None, hook: int) -> AsyncIterator[Server]:
    """Start a server on any core."""
    with tempfile.TemporaryDirectory() as folder:
        root, port = Path(folder), free_port()
        (root / "flows").mkdir()
        (root / "flows" / "count.yaml").write_text(FLOW)
        config = root / "config.yaml"
        storage = url or f"sqlite:///{root / 'flowhook.db'}"
        config.write_text(CONFIG.format(port=port, storage=storage, hook=hook, flows=root / "flows"))
        async with flowhook(config, port, root / "cache", core=None) as server:
            yield server


async def _have_shards(connection: asyncpg.Connection, count: int) -> None:
    query = "SELECT count(DISTINCT owner) FROM shard_owners WHERE owner IS NOT NULL"
    while await connection.fetchval(query) != count:  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.2)


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


async def measured(postgres: PostgresServer, options: argparse.Namespace) -> list[Cluster]:
    """Run all of them in turns, once more than asked for, to warm up."""
    async with contextlib.AsyncExitStack() as stack:
        clusters = []
        for count in [0, *options.processes] if options.sqlite else options.processes:
            url = postgres.url(await asyncio.to_thread(postgres.create_database)) if count else None
            name = f"{count} on PostgreSQL" if count else "1 on SQLite"
            started = cluster(name, url, count or 1, options.quota, postgres)
            clusters.append(await stack.enter_async_context(started))
        for number in range(options.rounds + 1):
            for one in clusters if number % 2 else reversed(clusters):
                cost = await one.run(options.messages, options.connections, number)
                if number:
                    one.runs.append(cost)
        for one in clusters if options.statements else []:
            print(one.name, *[line async for line in one.statements()], sep="\n")
        return clusters


async def batching(postgres: PostgresServer, options: argparse.Namespace) -> None:
    """Let one server, at full speed, be asked over more and more connections: what is asked at the same time
    shares a transaction."""
    url = postgres.url(await asyncio.to_thread(postgres.create_database))
    async with cluster("1 on PostgreSQL", url, 1, 0.0, postgres) as one:
        for connections in BATCHING:
            one.runs.clear()
            for number in range(options.rounds + 1):
                cost = await one.run(min(options.messages, 300 * connections), connections, number)
                if number:
                    one.runs.append(cost)
            one.name = f"{connections} connection{'s' * (connections > 1)}"
            print("\n".join(one.lines(0.0)))


def main() -> None:
    """Measure, and print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=1500, help="of one run, for each process")
    parser.add_argument("--connections", type=int, default=CONNECTIONS, help="to each process")
    parser.add_argument("--quota", type=float, default=QUOTA, help="of a core, for each process; 0: none")
    parser.add_argument("--statements", action="store_true", help="show those that took most")
    parser.add_argument("--sqlite", action=argparse.BooleanOptionalAction, default=True)
    parser.add_argument("--batching", action="store_true", help="only: what more connections cost each")
    options = parser.parse_args()
    print(machine())
    with running_server(None, **DURABLE) as postgres:
        if options.batching:
            asyncio.run(batching(postgres, options))
            return
        clusters = asyncio.run(measured(postgres, options))
    for one in clusters:
        print("\n".join(one.lines(options.quota)))
    base = next(one for one in clusters if one.connection is not None)
    for one in clusters:
        if one is base:
            continue
        if one.connection is None:
            ratio, goal = one.own_ms.over(base.own_ms), f"the goal is {OF_SQLITE}"
            text = f"messages for a second of its own CPU, {base.name} / {one.name}"
        else:
            # Where one of them did not use its quota, its messages/s are too few: then CPU says more.
            factor = len(one.servers) / len(base.servers)
            ratio = Spread.of([factor * value for value in base.own_ms.over(one.own_ms).values])
            goal = f"the goal is {SCALES}" if factor == 2 else "no goal"
            if options.quota:
                speed = one.per_second.over(base.per_second)
                what = f"{one.name} / {base.name}, messages/s"
                print(f"{what}: {speed.median:.2f} ± {speed.deviation:.2f} ({goal})")
            text = f"{one.name} / {base.name}, by their CPU"
        print(f"{text}: {ratio.median:.2f} ± {ratio.deviation:.2f} ({goal})")
    print(f"load average after: {load_average()}")


if __name__ == "__main__":
    main()
