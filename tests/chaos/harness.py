"""A server that is killed over and over while clients post to it, and the judgement at the end."""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections import defaultdict
from pathlib import Path

import aiohttp

from tests.machine import PATIENCE, reserve_port
from tests.warm import WarmProcess

from .ledgers import ENDPOINT, TOKEN, Client, Ledgers, Receiver
from .oracle import certainly_broken, verdict

HERE = Path(__file__).parent
SESSIONS = 20
WAITING = "SELECT count(*) FROM inbox WHERE status = 'queued'"
PENDING = "SELECT count(*) FROM outbox WHERE status = 'pending'"

CONFIG = """
server: {{host: 127.0.0.1, port: {port}}}
storage: "sqlite:///chaos.db"
admin_key: chaos
log: {{level: warning}}
outgoing: {{allow: ["127.0.0.1"]}}
connections: {{ledger: {{base_url: "http://127.0.0.1:{hook}"}}}}
endpoints:
  - name: {name}
    token: {token}
    flow: chain
    webhook: {{url: "http://127.0.0.1:{hook}/hook", timeout: 5s, retries: [{retries}]}}
"""


class Server:
    """One server after the other, on the same files and the same port."""

    def __init__(self, root: Path, hook_port: int, mutant: str | None = None) -> None:
        self.root = root
        self.port = reserve_port()
        self.mutant = mutant
        self.deaths = 0
        self.figures: dict[str, int] = defaultdict(int)  #: how often it was killed in which manner
        self.starts: list[float] = []
        self.drained = 0.0  #: seconds that the last life needed for what was left over
        shutil.copytree(HERE / "project", root, dirs_exist_ok=True)
        config = CONFIG.format(
            port=self.port, hook=hook_port, name=ENDPOINT, token=TOKEN, retries=", ".join(["100ms"] * 20)
        )
        (root / "config.yaml").write_text(config)
        self._log = (root / "server.log").open("ab")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def database(self) -> Path:
        return self.root / "chaos.db"

    def start(self, failpoint: str = "") -> None:
        """Start a server; armed, it dies by itself."""
        mutant = [self.mutant] if self.mutant else []
        self.process = WarmProcess(
            *mutant, "serve", "--config", str(self.root / "config.yaml"),
            script=HERE / "mutants.py" if mutant else None,
            cwd=self.root, env={**os.environ, "FLOWHOOK_FAILPOINT": failpoint},
            stdout=self._log, stderr=self._log,
        )  # fmt: skip
        self._started = time.monotonic()

    async def ready(self, seconds: float = PATIENCE) -> bool:
        """Wait until it answers; False when it died first (a failpoint in the start)."""
        while time.monotonic() - self._started < seconds:
            if self.process.poll() is not None:
                return False
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                writer.close()
                self.starts.append(time.monotonic() - self._started)
                return True
            except OSError:
                await asyncio.sleep(0.01)
        raise AssertionError("the server does not start:\n" + self.log_tail())

    async def dies(self, seconds: float) -> bool:
        """Wait for a failpoint to strike; False when it did not."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.process.poll() is not None:
                self.deaths += 1
                return True
            await asyncio.sleep(0.01)
        return False

    def kill(self) -> None:
        """kill -9."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.deaths += 1
        self.process.wait()

    async def strike(self, failpoint: str) -> None:
        """One life that ends at a failpoint, or by kill -9 when it does not come by there."""
        label = failpoint.partition(":")[0]
        self.start(failpoint)
        serves = await self.ready()
        if label == "checkpoint" and serves:  # the log is emptied at an orderly stop
            await asyncio.sleep(0.5)
            self.process.terminate()
        if serves and not await self.dies(6.0):
            self.kill()
            self.figures["failpoint not reached"] += 1
            return
        if not serves:
            self.deaths += 1
        self.process.wait()
        struck = self.process.returncode == -signal.SIGKILL
        self.figures[f"at {label}" if struck else "failpoint not reached"] += 1

    def stop(self) -> None:
        """The last one ends in order."""
        if self.process.poll() is None:
            self.process.terminate()
            self.process.wait(PATIENCE)
        self._log.close()

    def log_tail(self) -> str:
        """For a failure's message."""
        return (self.root / "server.log").read_text()[-3000:]

    def undone(self) -> int:
        """Inbounds that wait and outputs that are pending; very many while nobody can tell."""
        try:
            with sqlite3.connect(f"file:{self.database}?mode=ro", uri=True, timeout=2) as connection:
                (waiting,) = connection.execute(WAITING).fetchone()
                (pending,) = connection.execute(PENDING).fetchone()
            connection.close()
        except sqlite3.Error:
            return sys.maxsize
        return int(waiting + pending)


async def run(
    root: Path,
    *,
    seed: int,
    failpoints: list[str],
    random_kills: int,
    recovery_kills: int = 0,
    mutant: str | None = None,
) -> tuple[list[str], Server, Ledgers]:
    """Post, kill, restart, drain, judge. Answers what is broken."""
    chance = random.Random(seed)
    ledgers = Ledgers()
    receiver = Receiver(ledgers, chance)
    server = Server(root, await receiver.start(), mutant)
    stop = asyncio.Event()
    clients = [Client(f"s{n}", server.url, ledgers, chance) for n in range(SESSIONS)]
    timeout = aiohttp.ClientTimeout(total=3)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as http:
        posting = [asyncio.create_task(client.run(http, 1_000_000, stop)) for client in clients]
        try:
            for failpoint in failpoints:
                await server.strike(failpoint)
            for _ in range(random_kills):
                server.start()
                await server.ready()
                await asyncio.sleep(chance.uniform(0.3, 0.8))
                server.kill()
                server.figures["at random"] += 1
                if mutant and (broken := certainly_broken(ledgers, server.database)):
                    return broken, server, ledgers
            for _ in range(recovery_kills):  # about when it begins to listen: while it recovers
                server.start()
                await asyncio.sleep(chance.uniform(0.5, 1.5) * min(server.starts))
                server.kill()
                server.figures["in the recovery"] += 1
                server.start()  # and lives: a turn with three deaths in a row would rightly be given up
                await server.ready()
                await asyncio.sleep(0.5)
                server.kill()
                server.figures["at random"] += 1
            server.start()
            await server.ready()
            await asyncio.sleep(0.3)
            stop.set()
            await asyncio.gather(*posting)
            receiver.faulty = False
            began = time.monotonic()
            await _drained(server, 5.0 if mutant else PATIENCE)
            server.drained = time.monotonic() - began
        finally:
            stop.set()
            for task in posting:
                task.cancel()
            await asyncio.gather(*posting, return_exceptions=True)
            server.stop()
            await receiver.stop()
    return verdict(ledgers, server.database, server.deaths, SESSIONS), server, ledgers


async def _drained(server: Server, patience: float) -> None:
    """Wait until nothing is left over, or nothing has got less for so many seconds: a fast machine
    leaves a long queue behind, which is no fault as long as it shrinks."""
    least = server.undone()
    moved = time.monotonic()
    while least and time.monotonic() - moved < patience:
        await asyncio.sleep(0.1)
        undone = server.undone()
        if undone < least:
            least, moved = undone, time.monotonic()
    # The oracle says what is missing; a mutant never drains.
