"""How long the sessions of a process that ends wait for another one.

``python benchmarks/failover.py``: two processes on a PostgreSQL of its own. One is killed on this machine,
where the other sees that it is dead; killed as if it were on another machine (in a namespace of process
numbers of its own); and stopped in order.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
from cluster import CONFIG, DURABLE, FLOW
from processes import free_port, machine

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from tests.postgres_server import running_server  # noqa: E402 - behind the path to it

MANNERS = {
    "killed on this machine": (signal.SIGKILL, []),
    "killed on another machine": (signal.SIGKILL, ["unshare", "--pid", "--fork", "--kill-child"]),
    "stopped in order": (signal.SIGTERM, []),
}
OWNERS = "SELECT owner::text, count(*) FROM shard_owners WHERE owner IS NOT NULL GROUP BY owner"


@contextlib.asynccontextmanager
async def serving(url: str, prefix: list[str]) -> AsyncIterator[asyncio.subprocess.Process]:
    """A process that serves; what is in front of the command is part of its process group."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "flows").mkdir()
        (root / "flows" / "count.yaml").write_text(FLOW)
        config = root / "config.yaml"
        config.write_text(CONFIG.format(port=free_port(), storage=url, hook=9, flows=root / "flows"))
        command = [*prefix, sys.executable, "-m", "flowhook", "serve", "--config", str(config)]
        process = await asyncio.create_subprocess_exec(
            *command, cwd=root, stdout=asyncio.subprocess.DEVNULL, start_new_session=True
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()


async def owners(connection: asyncpg.Connection, shares: list[int]) -> float:
    """Wait until so many processes have so many shards each, and return when."""
    while True:
        with contextlib.suppress(asyncpg.UndefinedTableError):  # they have not started yet
            if sorted(count for _, count in await connection.fetch(OWNERS)) == shares:
                return time.perf_counter()
        await asyncio.sleep(0.005)


async def failover(url: str, how: signal.Signals, prefix: list[str]) -> float:
    """Return the seconds from the signal until the other process has all shards."""
    connection = await asyncpg.connect(url)
    try:
        async with serving(url, []), serving(url, prefix) as victim:
            await owners(connection, [128, 128])
            began = time.perf_counter()
            os.killpg(victim.pid, how)
            return await owners(connection, [256]) - began
    finally:
        await connection.close()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    print(machine())
    with running_server(None, **DURABLE) as database:
        for manner, (how, prefix) in MANNERS.items():
            times = []
            for _ in range(options.rounds):
                url = database.url(database.create_database())
                times.append(asyncio.run(failover(url, how, prefix)))
            print(f"{manner}: {', '.join(f'{seconds:.2f} s' for seconds in times)}")


if __name__ == "__main__":
    main()
