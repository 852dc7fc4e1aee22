"""The processes that are measured, on a core of their own."""

from __future__ import annotations

import asyncio
import contextlib
import os
import platform
import socket
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
SERVER_CORE = 0
OTHER_CORE = 1
START_SECONDS = 120.0
STOP_SECONDS = 60.0
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


def stay_on(core: int) -> bool:
    """Pin the calling process; False where there is no such core for it."""
    try:
        os.sched_setaffinity(0, {core})
    except OSError:
        return False
    return True


def machine() -> str:
    """Say what is measured on, and how busy it is."""
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} cores, load average before: {load_average()}"
    )


def load_average() -> str:
    """Return the load of the last 1, 5 and 15 minutes."""
    return " ".join(f"{load:.2f}" for load in os.getloadavg())


def free_port() -> int:
    """A port that nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Server:
    """A running process that listens at a port of this machine."""

    process: asyncio.subprocess.Process
    port: int
    started_in: float  #: seconds from the start of the process to its first answer

    @property
    def cpu_seconds(self) -> float:
        """Processor time of the threads that live now, by the nanosecond where the kernel counts them: for
        the difference between two moments."""
        try:
            threads = Path(f"/proc/{self.process.pid}/task").glob("*/schedstat")
            return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
        except (OSError, IndexError, ValueError):
            return self.cpu_seconds_since_start

    @property
    def cpu_seconds_since_start(self) -> float:
        """Processor time of all its threads so far, also of those that have ended, in hundredths."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_SECOND

    @property
    def resident_bytes(self) -> int:
        """Memory that it occupies."""
        pages = int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")


@contextlib.asynccontextmanager
async def bare_chain(webhook_port: int) -> AsyncIterator[Server]:
    """The bare chain, sending to a receiver."""
    port = free_port()
    command = [sys.executable, str(HERE / "bare_chain.py"), str(port), f"http://127.0.0.1:{webhook_port}/"]
    async with running(command, port, {}, HERE) as server:
        yield server


@contextlib.asynccontextmanager
async def flowhook(
    config: Path, port: int, cache: Path, checkout: Path | None = None, core: int | None = SERVER_CORE
) -> AsyncIterator[Server]:
    """``flowhook serve``, of this checkout or of another. Compiled modules are kept in ``cache``, as a user's
    are in the tree. ``core``: that it stays on; None: on any."""
    command = [sys.executable, "-m", "flowhook", "serve", "--config", str(config)]
    environment = {"PYTHONPYCACHEPREFIX": str(cache)}
    if checkout is not None:
        environment["PYTHONPATH"] = str(checkout / "server")
    async with running(command, port, environment, config.parent, core) as server:
        yield server


@contextlib.asynccontextmanager
async def running(
    command: Sequence[str],
    port: int,
    environment: Mapping[str, str],
    directory: Path,
    core: int | None = SERVER_CORE,
) -> AsyncIterator[Server]:
    """A process on the server's core, from its first answer on."""
    environment = {**os.environ, **environment}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    affinity = os.sched_getaffinity(0)
    if core is not None:
        stay_on(core)  # a child inherits it
    try:
        began = time.perf_counter()
        process = await asyncio.create_subprocess_exec(
            *command, env=environment, cwd=directory, stdout=asyncio.subprocess.DEVNULL
        )
    finally:
        os.sched_setaffinity(0, affinity)
    try:
        await _answering(process, port)
        yield Server(process, port, time.perf_counter() - began)
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), STOP_SECONDS)


async def _answering(process: asyncio.subprocess.Process, port: int) -> None:
    """Wait for an answer to any request."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if process.returncode is not None:
            raise RuntimeError(f"the server ended with {process.returncode} before it listened")
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.005)
            continue
        writer.write(b"GET /healthz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n")
        answered = await reader.readline()
        writer.close()
        if answered:
            return
    raise RuntimeError("the server did not answer in time")
