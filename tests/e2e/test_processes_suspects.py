"""A turn that ends its process is given up after three deaths, whichever processes it ended."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress

import aiohttp
import httpx
import pytest

from tests.machine import PATIENCE
from tests.postgres_server import fetch

from .kit import QUICK_BEATS, Outside, Process, Project, eventually, until

DEADLY = """
import asyncio, os
from flowhook import Node, hookimpl

class Touch(Node):
    key = "touch"
    main = "how"
    how: str

    async def run(self, turn):
        if self.how == "exit":
            os._exit(9)
        if self.how == "linger":
            await asyncio.sleep(0.1)

@hookimpl
def register_nodes():
    return [Touch]
"""
FLOW = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "before {{ input.text }}"
  - touch: "{{ input.text }}"
  - say: "after {{ input.text }}"
"""
DEADLY_FILTER = """
import os
from flowhook import hookimpl

def touch(text):
    if text == "exit":
        os._exit(9)
    return text

@hookimpl
def register_filters():
    return {"touch": touch}
"""


@pytest.fixture
async def four(project: Project, empty_postgres: str) -> AsyncIterator[list[Process]]:
    """Four processes that serve; nobody starts one again."""
    project.settings["storage"] = empty_postgres
    project.plugin("deadly", DEADLY)
    project.plugin("filters", DEADLY_FILTER)
    project.flow("bot", FLOW)
    project.flow("plain", "nodes: [{say: 'told {{ input.text | touch }}'}]")
    for name in ("bot", "plain"):
        project.endpoint(name)
    async with AsyncExitStack() as stack:
        processes = [Process(project) for _ in range(4)]
        for process in processes:
            stack.push_async_callback(process.close)
            process.runs(QUICK_BEATS)
            await process.start()
        yield processes


def living(processes: list[Process]) -> list[Process]:
    """Those that have not ended."""
    return [
        process for process in processes if process.process is not None and process.process.poll() is None
    ]


async def test_what_ended_three_processes_is_not_tried_by_the_fourth(
    four: list[Process], outside: Outside, empty_postgres: str
) -> None:
    """Each death is another process's, and they are counted together: the inbound has failed, its session and
    those that ran beside it go on, and nobody is a suspect any longer."""
    await four[0].send("bot", "ok", "s1")
    await outside.until(2)
    beside = [f"i{number}" for number in range(6)]
    await asyncio.gather(
        *(four[number % 4].send("bot", "linger", name) for number, name in enumerate(beside))
    )
    trace_id = await four[1].send("bot", "exit", "s1")

    await until(lambda: len(living(four)) == 1)
    (last,) = living(four)
    receipt = await last.ends(trace_id)
    assert (receipt["status"], receipt["reason"]) == ("failed", "poison")
    await last.send("bot", "next", "s1")
    await last.send("bot", "ok", "s2")
    await until(lambda: {"after next", "after ok"} <= set(outside.texts("s1") + outside.texts("s2")))
    told = list(dict.fromkeys(outside.texts("s1")))  # one that was sent as its process died is sent again
    assert told == ["before ok", "after ok", "before exit", "before next", "after next"]
    await until(lambda: all("after linger" in outside.texts(name) for name in beside))
    for name in beside:
        assert list(dict.fromkeys(outside.texts(name))) == ["before linger", "after linger"]
    assert len(living(four)) == 1
    codes = [process.process.poll() for process in four if process.process is not None]
    assert sorted(code for code in codes if code is not None) == [9, 9, 9]

    async def nobody_is_suspected() -> bool:
        return fetch(empty_postgres, "SELECT session FROM suspects") == []

    await eventually(nobody_is_suspected)


async def test_what_ends_a_process_before_it_is_accepted_is_accepted_first(
    four: list[Process], outside: Outside
) -> None:
    """A turn of the fast path, which nobody was promised: a repeat is accepted before it runs, and from there
    on its deaths are counted."""
    body, key = {"userId": "u1", "sessionId": "s1", "text": "exit"}, {"idempotency-key": "k"}
    first = four[0]
    with pytest.raises((httpx.TransportError, aiohttp.ClientError)):
        await first.http.post("/tok-plain", json=body, headers=key)
    assert first.process is not None
    assert await asyncio.to_thread(first.process.wait, PATIENCE) == 9
    await first.start()  # and finds what it was dead
    with suppress(httpx.TransportError, aiohttp.ClientError):  # it may die before it has answered
        await first.http.post("/tok-plain", json=body, headers=key)

    await until(lambda: len(living(four)) == 1)
    (last,) = living(four)
    answer = await last.http.post("/tok-plain", json=body, headers=key)
    receipt = await last.ends(answer.json()["traceId"])
    assert (receipt["status"], receipt["reason"]) == ("failed", "poison")
    await last.send("plain", "next", "s1")
    await until(lambda: "told next" in outside.texts("s1"))
    assert len(living(four)) == 1
