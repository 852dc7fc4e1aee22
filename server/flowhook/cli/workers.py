"""Several processes behind one socket: the parent listens and serves nothing, its workers take what comes.

A worker that ends by itself is replaced. SIGHUP replaces one after the other: the new one serves before the
old one is asked to stop, and the socket stays open throughout, so that nobody's connection is refused.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import socket
from asyncio.subprocess import Process, create_subprocess_exec
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowhook.model.log_action import LogAction
from flowhook.web.server.inherited import LISTEN_FD, PARENT_FD

log = logging.getLogger("flowhook")

READY = b"1"
RESTART_SECONDS = 1.0  #: before a worker that ended is replaced
STOP_SECONDS = 20.0  #: for a worker to end; its own limits are shorter


@dataclass(slots=True)
class _Worker:
    process: Process
    line: socket.socket  #: its other end is the worker's

    async def serves(self) -> bool:
        """Wait until it serves; False when it ended before."""
        try:
            return await asyncio.get_running_loop().sock_recv(self.line, 1) == READY
        except OSError:
            return False

    async def ended(self) -> int:
        """Its exit code, once it has ended."""
        code = await self.process.wait()
        self.line.close()
        return code

    async def stop(self) -> None:
        """Ask it to end, and see to it that it does."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        except TimeoutError:
            self.process.kill()


@dataclass(slots=True)
class Workers:
    """So many processes of one command, behind a socket that listens."""

    command: Sequence[str]
    count: int
    listener: socket.socket
    _slots: list[_Worker] = field(default_factory=list)
    _started: list[_Worker] = field(default_factory=list)  #: all that have not ended, as far as is known
    _watching: set[asyncio.Task[None]] = field(default_factory=set)
    _stopping: asyncio.Event = field(default_factory=asyncio.Event)
    _replacing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def run(self) -> int:
        """Serve until SIGINT or SIGTERM. Returns the exit code: that of a worker that cannot start at all,
        else 0."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._stopping.set)
        loop.add_signal_handler(signal.SIGHUP, lambda: self._spawn(self._replace_all()))
        try:
            async with self._replacing:  # whoever asks for others waits until these serve
                for _ in range(self.count):
                    worker = await self._start()
                    if not await worker.serves():
                        return 0 if self._stopping.is_set() else await worker.ended() or 1
                    self._slots.append(worker)
                    self._spawn(self._watch(len(self._slots) - 1, worker))
            log.info("%d workers", self.count, extra={"action": LogAction.WORKERS})
            await self._stopping.wait()
            return 0
        finally:
            self._stopping.set()
            await asyncio.gather(*(worker.stop() for worker in self._started))

    async def _start(self) -> _Worker:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        listening, line = self.listener.fileno(), theirs.fileno()
        process = await create_subprocess_exec(
            *self.command,
            pass_fds=(listening, line),
            env={**os.environ, LISTEN_FD: str(listening), PARENT_FD: str(line)},
        )
        theirs.close()
        worker = _Worker(process, ours)
        self._started = [other for other in self._started if other.process.returncode is None] + [worker]
        return worker

    async def _watch(self, slot: int, worker: _Worker) -> None:
        """Replace a worker that ended without being asked."""
        code = await worker.ended()
        while not self._stopping.is_set() and self._slots[slot] is worker:
            log.error("a worker ended with status %d", code, extra={"action": LogAction.WORKER_ENDED})
            await asyncio.sleep(RESTART_SECONDS)
            async with self._replacing:
                if await self._replace(slot):
                    return

    async def _replace_all(self) -> None:
        """One after the other, so that most of them serve at any time."""
        async with self._replacing:
            for slot, old in enumerate(list(self._slots)):
                if self._stopping.is_set() or not await self._replace(slot):
                    return
                await old.stop()
            log.info("%d workers were replaced", self.count, extra={"action": LogAction.WORKERS})

    async def _replace(self, slot: int) -> bool:
        """Put a new worker into a slot, once it serves. False: it does not, and the old one stays."""
        worker = await self._start()
        if not await worker.serves():
            code = await worker.ended()
            log.error("a new worker ended with status %d", code, extra={"action": LogAction.WORKER_ENDED})
            return False
        self._slots[slot] = worker
        self._spawn(self._watch(slot, worker))
        return True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._watching.add(task)
        task.add_done_callback(self._watching.discard)


async def follow_parent(line: socket.socket, stop: asyncio.Event) -> None:
    """Let a worker end with its parent, however that ends."""
    with contextlib.suppress(OSError):
        await asyncio.get_running_loop().sock_recv(line, 1)
    stop.set()
