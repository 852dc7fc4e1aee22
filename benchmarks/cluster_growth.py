"""What must not cost more as a PostgreSQL database grows: what is stored, and what waits for a dead receiver.

``python benchmarks/cluster_growth.py [--only heads|sessions]`` starts two PostgreSQLs of its own, a small and
a large one, with a server at each, and gives both the same traffic in turns. ``heads``: in the large one so
many sessions of another endpoint each have a delivery for a receiver at which nobody listens, half of them
due. ``sessions``: so many sessions are stored with a message and a delivery each, in the small one 4,000; in
each run 400 talk that have not talked since the server began.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib

import asyncpg
from cluster import CONNECTIONS, DURABLE, QUOTA, Cluster, cluster, cpu_below
from measure import Spread
from processes import load_average, machine
from tests.postgres_server import PostgresServer, running_server

HEADS, STORED, FEW = 100_000, 1_000_000, 4_000
FLAT = 0.9
REST = 10.0  #: seconds in which nothing is posted
SETTINGS = DURABLE | {"shared_buffers": "256MB", "max_wal_size": "4GB"}

# The triggers count sessions row by row; here they are counted at once.
BEGIN = "SET session_replication_role = replica; SET statement_timeout = 0"
COUNT = """
UPDATE session_counts AS c SET value =
  (SELECT count(*) FROM sessions AS s WHERE s.shard = c.shard AND s.created_at IS NOT NULL)
"""
END = (COUNT, "DROP TABLE new", "RESET session_replication_role", "VACUUM ANALYZE", "CHECKPOINT")
KEYS = """
CREATE TEMPORARY TABLE new AS
SELECT get_byte(key, 0)::smallint AS shard, key, 'u' || n AS user_id, 's' || n AS session_id,
       $1::text || '-' || n AS trace_id, extract(epoch FROM now())::float8 - 80000 * random() AS at
FROM (SELECT n, substring(sha256(convert_to($1, 'UTF8') || '\\x00' || convert_to('u' || n, 'UTF8')
                                 || '\\x00' || convert_to('s' || n, 'UTF8')) FOR 16) AS key
      FROM generate_series(0, $2::integer - 1) AS n) AS keys
"""
SESSIONS = """
INSERT INTO sessions (shard, session, endpoint, user_id, session_id, revision, next_in, next_out, backlog,
                      last_message_seq, created_at, updated_at, node)
SELECT shard, key, $1, user_id, session_id, 1, 2, 2, 0, 1, at, at, 'count/1' FROM new
"""
STATES = "INSERT INTO states SELECT shard, key, $1 FROM new"
INBOX = """
INSERT INTO inbox (shard, session, seq, trace_id, kind, status, revision, first_out, last_out, received_at,
                   done_at, body)
SELECT shard, key, 1, trace_id, 'message', 'done', 1, 1, 1, at, at, $1 FROM new
"""
OUTBOX = """
INSERT INTO outbox (shard, session, seq, trace_id, endpoint, status, head, next_at, attempts, created_at,
                    done_at, last_status, method, body)
SELECT shard, key, 1, trace_id, $1, $2, $2 = 'pending',
       CASE WHEN $2 = 'pending' THEN extract(epoch FROM now()) + 600 * (random() - 0.5) END, 1, at, at, 200,
       'POST', $3
FROM new
"""
STATE = b'{"frames":[["count",null]],"context":{"n":1},"execution":1}'
ASKED = b'{"text":"How do I get to the station from here?"}'
SAID = b'{"AIOutput":{"text":"Straight ahead, and then to the left."}}'


async def fill(connection: asyncpg.Connection, endpoint: str, count: int, status: str) -> None:
    """Store sessions with a message and a delivery each."""
    await connection.execute(BEGIN)
    await connection.execute(KEYS, endpoint, count)
    await connection.execute(SESSIONS, endpoint)
    await connection.execute(STATES, STATE)
    await connection.execute(INBOX, ASKED)
    await connection.execute(OUTBOX, endpoint, status, SAID)
    for statement in END:
        await connection.execute(statement)


async def at_rest(one: Cluster) -> float:
    """Seconds of CPU for a second in which nobody talks, of server and database."""
    before = cpu_below(one.postgres) + sum(server.cpu_seconds for server in one.servers)
    await asyncio.sleep(REST)
    return (cpu_below(one.postgres) + sum(server.cpu_seconds for server in one.servers) - before) / REST


async def compare(
    small: PostgresServer, large: PostgresServer, what: str, options: argparse.Namespace
) -> tuple[Cluster, Cluster]:
    """Fill both, and let them run in turns."""
    async with contextlib.AsyncExitStack() as stack:
        found = []
        for postgres, count in ((small, FEW), (large, options.stored)):
            url = postgres.url(await asyncio.to_thread(postgres.create_database))
            name = f"{count:,} stored" if what == "sessions" else f"{options.heads:,} wait"
            started = cluster(name, url, 1, options.quota, postgres)
            found.append(await stack.enter_async_context(started))
        for one, count in zip(found, (FEW, options.stored), strict=True):
            assert one.connection is not None
            one.stored = count if what == "sessions" else FEW
            await fill(one.connection, "bench", one.stored, "delivered")
        if what == "heads":
            found[0].name = "nothing waits"
            assert found[1].connection is not None
            await fill(found[1].connection, "dead", options.heads, "pending")
            await asyncio.sleep(REST)  # until the receiver is known to be dead
        for one in found:
            assert one.connection is not None
            await one.connection.execute("SELECT pg_stat_statements_reset()")
        for number in range(options.rounds + 1):
            for one in found if number % 2 else reversed(found):
                cost = await one.run(options.messages, options.connections, number)
                if number:
                    one.runs.append(cost)
        for one in found:
            print("\n".join(one.lines(options.quota)))
            if options.statements:
                print(*[line async for line in one.statements()], sep="\n")
            print(f"    at rest: {1000 * await at_rest(one):.1f} ms of CPU a second")
        return found[0], found[1]


def show(small: Cluster, large: Cluster) -> None:
    """Print what became of the large one."""
    of_both = [
        Spread.of([run.ms(sum(run.processes) + run.database) for run in one.runs]) for one in (small, large)
    ]
    for what, ratio in (
        ("messages/s", large.per_second.over(small.per_second)),
        ("messages for a second of CPU of server and database", of_both[0].over(of_both[1])),
    ):
        print(f"{large.name} / {small.name}, {what}: {ratio.median:.2f} ± {ratio.deviation:.2f}", end=" ")
        print(f"(the goal is {FLAT})")


def main() -> None:
    """Measure, and print what it came to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", choices=["heads", "sessions"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--messages", type=int, default=1500, help="of one run")
    parser.add_argument("--connections", type=int, default=CONNECTIONS)
    parser.add_argument("--quota", type=float, default=QUOTA, help="of a core, for each server; 0: none")
    parser.add_argument("--statements", action="store_true", help="show those that took most")
    parser.add_argument("--heads", type=int, default=HEADS)
    parser.add_argument("--stored", type=int, default=STORED)
    options = parser.parse_args()
    print(machine())
    for what in [options.only] if options.only else ["heads", "sessions"]:
        with running_server(None, **SETTINGS) as small, running_server(None, **SETTINGS) as large:
            show(*asyncio.run(compare(small, large, what, options)))
    print(f"load average after: {load_average()}")


if __name__ == "__main__":
    main()
