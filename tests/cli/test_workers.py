"""``flowhook serve --workers``: several processes behind one socket, replaced without anybody noticing."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import outside, project
from tests.e2e.kit import WAIT, Outside, Process, Project, eventually, until
from tests.machine import PATIENCE

__all__ = ["outside", "project"]

ECHO = """
nodes: [{say: "{{ input.text }}"}]
"""


@pytest.fixture
async def parent(project: Project, empty_postgres: str) -> AsyncIterator[Process]:
    """The parent of two workers that serve."""
    project.settings["storage"] = empty_postgres
    project.flow("echo", ECHO)
    project.endpoint("echo")
    async with AsyncExitStack() as stack:
        process = Process(project)
        stack.push_async_callback(process.close)
        await process.start("--workers", "2")
        await eventually(lambda: has_workers(process, 2))
        yield process


async def has_workers(parent: Process, count: int) -> bool:
    return len(workers_of(parent)) == count


def workers_of(parent: Process) -> list[int]:
    """The process ids of a parent's children."""
    assert parent.process is not None
    pid = parent.process.pid
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"


async def all_ended(pids: list[int]) -> bool:
    return not any(map(lives, pids))


@pytest.mark.slow
async def test_workers_are_replaced_one_by_one(parent: Process, outside: Outside) -> None:
    """SIGHUP: nobody who calls meanwhile is refused or unheard, and all of them are others then. One that is
    killed is replaced, too."""
    before = workers_of(parent)
    done = asyncio.Event()

    async def call() -> int:
        said = 0
        while not done.is_set():
            said += 1
            body = {"userId": "u1", "sessionId": "caller", "text": f"n{said}"}
            answer = await parent.post("/tok-echo", body, {**WAIT, "connection": "close"})
            # 202: the worker that was asked stops, and another one runs the turn.
            assert answer.status_code in (200, 202)
        return said

    calling = asyncio.create_task(call())
    assert parent.process is not None
    parent.process.send_signal(signal.SIGHUP)

    async def are_others() -> bool:
        now = workers_of(parent)
        return len(now) == 2 and not set(now) & set(before)

    await eventually(are_others)
    done.set()
    said = await calling
    await until(lambda: len(set(outside.texts("caller"))) == said)
    assert list(dict.fromkeys(outside.texts("caller"))) == [f"n{number}" for number in range(1, said + 1)]
    victim = workers_of(parent)[0]
    os.kill(victim, signal.SIGKILL)

    async def is_replaced() -> bool:
        now = workers_of(parent)
        return len(now) == 2 and victim not in now

    await eventually(is_replaced)
    assert await parent.say("echo", "hi", "another") == ["hi"]
    last = workers_of(parent)
    assert await parent.terminate() == 0
    assert not any(map(lives, last))


async def test_workers_end_with_their_parent(parent: Process) -> None:
    """However it ends."""
    workers = workers_of(parent)
    await parent.kill()
    await eventually(lambda: all_ended(workers))


async def test_a_file_has_one_process(project: Project) -> None:
    """The sentence says what to do, and nothing starts."""
    process = Process(project)
    process.launch("--workers", "2")
    assert process.process is not None
    assert await asyncio.to_thread(process.process.wait, PATIENCE) == 2
    await process.close()
    said = process.log.read_text()
    assert "--workers needs PostgreSQL" in said
    assert "storage: postgresql://" in said
