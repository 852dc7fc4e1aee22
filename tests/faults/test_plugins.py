"""Plugins at their worst: a turn may fail, its session and all others go on, the process lives."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.e2e.conftest import Start
from tests.e2e.kit import Live, Outside, Project, until
from tests.machine import PATIENCE

NODE = """
import asyncio, os, sys, threading, time
from flowhook import Node, hookimpl

class Evil(Node):
    key = "evil"
    main = "how"
    how: str

    def endless(self):
        return self.endless()

    async def run(self, turn):
        how = self.how
        if how == "fine":
            return None
        if how == "exception":
            raise ValueError("the-secret")
        if how == "exit":
            sys.exit(3)
        if how == "interrupt":
            raise KeyboardInterrupt
        if how == "base":
            raise BaseException("x")
        if how == "generator exit":
            raise GeneratorExit
        if how == "recursion":
            self.endless()
        if how == "memory":
            raise MemoryError
        if how == "cancels itself":
            raise asyncio.CancelledError
        if how == "odd error":
            class Odd(Exception):
                def __str__(self):
                    raise RuntimeError("no text")
                __repr__ = __str__
            raise Odd
        if how == "long error":
            raise ValueError("x" * 10_000_000)
        if how == "nan":
            turn.set("context.x", float("nan"))
        if how == "cycle":
            cycle = []
            cycle.append(cycle)
            turn.set("context.x", cycle)
        if how == "object":
            turn.set("context.x", object())
        if how == "deep":
            deep = []
            for _ in range(100_000):
                deep = [deep]
            turn.set("context.x", deep)
        if how == "huge":
            turn.set("context.x", "x" * 50_000_000)
        if how == "surrogate":
            turn.set("context.x", "\\ud800")
        if how == "big number":
            turn.set("context.x", 10 ** 5000)
        if how == "wrong branch":
            return "nowhere"
        if how == "wrong answer":
            return 42
        if how == "says nonsense":
            await turn.say(object())
        if how == "bad path":
            turn.set("inbound.seq", 0)
        if how == "bad memory":
            turn.memory["x"] = {1, 2}

@hookimpl
def register_nodes():
    return [Evil]
"""
WAYS = [
    "exception", "exit", "interrupt", "base", "generator exit", "recursion", "memory", "cancels itself",
    "odd error", "long error", "nan", "cycle", "object", "deep", "huge", "surrogate", "big number",
    "wrong branch", "wrong answer", "says nonsense", "bad path", "bad memory",
]  # fmt: skip


async def test_a_node_that_does_its_worst(project: Project, outside: Outside, start: Start) -> None:
    """Whatever it raises, answers or leaves in the state: the turn fails alone, its error is short and
    holds no text of the plugin's, the state is what it was, and the next turn is a good one."""
    project.plugin("evil", NODE)
    project.flow("bot", """
        context: {n: 0}
        nodes:
          - set: {context.n: "{{ context.n + 1 }}"}
          - evil: "{{ input.text }}"
          - say: "fine {{ context.n }}"
        """)  # fmt: skip
    project.endpoint("bot")
    live = await start()
    tolerated = []
    for way in WAYS:
        trace = await live.send("bot", way, session=way)
        receipt = await live.ends(trace)
        found = (await live.api("GET", f"/sessions/bot/u1/{way}"))["state"] or {}
        if receipt["status"] == "done":
            tolerated.append(way)
        else:
            assert receipt["status"] == "failed", (way, receipt)
            assert "x" not in found.get("context", {}), way
        assert len(str(receipt)) < 6000, way
        assert "the-secret" not in str(receipt)
        answer = await live.say("bot", "fine", session=way)
        assert len(answer) == 1, (way, receipt)
        assert answer[0].startswith("fine "), way
    assert set(tolerated) <= {"huge", "nan", "bad memory"}, tolerated
    assert (await live.http.get("/readyz")).status_code == 200


OUTPUT = """
import asyncio, sys
from flowhook import Deliver, hookimpl

@hookimpl
async def transform_output(output):
    how = output.text
    if how == "exit":
        sys.exit(1)
    if how == "object":
        return object()
    if how == "cycle":
        cycle = {}
        cycle["x"] = cycle
        return cycle
    if how == "nan":
        output.data = {"x": float("nan")}
        return output
    if how == "forever":
        await asyncio.Event().wait()
    if how == "stubborn":
        for _ in range(2):
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                pass
    if how == "bad url":
        return Deliver(url="gopher://x", body=b"")
    return None
"""


@pytest.mark.parametrize("how", ["exit", "object", "cycle", "nan", "forever", "stubborn", "bad url"])
async def test_an_output_hook_that_does_its_worst(
    how: str, project: Project, outside: Outside, start: Start
) -> None:
    """It fails its turn, or is passed over; the session goes on either way."""
    project.plugin("evil", OUTPUT)
    project.flow("bot", 'nodes: [{say: "{{ input.text }}"}]')
    project.endpoint("bot", transformers={"use": ["evil"], "timeout": "1s"})
    live = await start()
    trace = await live.send("bot", how)
    receipt = await live.ends(trace)
    assert receipt["status"] in ("failed", "done"), receipt
    assert await live.say("bot", "well") == ["well"]
    if how != "bad url":  # that one is a dead letter of its own
        await until(lambda: "well" in outside.texts())


LEAVES = """
import asyncio, os, threading
from flowhook import Node, hookimpl

class Leaves(Node):
    key = "leaves"

    async def run(self, turn):
        asyncio.get_running_loop().create_task(asyncio.sleep(3600))
        threading.Thread(target=threading.Event().wait, daemon=True).start()
        asyncio.get_running_loop().call_soon(self.late)

    def late(self):
        raise RuntimeError("nobody waits for me")

@hookimpl
def register_nodes():
    return [Leaves]
"""


async def test_a_node_that_leaves_things_behind(
    project: Project, outside: Outside, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Its tasks and threads are its own: turns go on, and a stop does not wait for them."""
    project.plugin("leaves", LEAVES)
    project.flow("bot", "nodes:\n  - leaves: {}\n  - say: done\n")
    project.endpoint("bot")
    live = Live(project)
    await live.start()
    for _ in range(10):
        assert await live.say("bot", "x") == ["done"]
    began = asyncio.get_running_loop().time()
    await live.stop()
    assert asyncio.get_running_loop().time() - began < PATIENCE / 4
    mine = asyncio.current_task()
    for task in asyncio.all_tasks():
        if task is not mine and "sleep" in str(task.get_coro()):
            task.cancel()


FILTER = """
import sys
from flowhook import hookimpl

def evil(how):
    if how == "exit":
        sys.exit(1)
    if how == "interrupt":
        raise KeyboardInterrupt
    if how == "recursion":
        return evil_again(how)
    if how == "object":
        return object()
    return how

def evil_again(how):
    return evil(how)

@hookimpl
def register_filters():
    return {"evil": evil}
"""


@pytest.mark.parametrize("how", ["exit", "interrupt", "recursion", "object"])
async def test_a_filter_that_does_its_worst(
    how: str, project: Project, outside: Outside, start: Start
) -> None:
    """It runs inside the engine, in the loop itself: still only its turn fails."""
    project.plugin("evil", FILTER)
    project.flow(
        "bot", 'nodes:\n  - set: {context.x: "{{ input.text | evil }}"}\n  - say: "{{ context.x }}"\n'
    )
    project.endpoint("bot")
    live = await start()
    receipt: dict[str, Any] = await live.ends(await live.send("bot", how))
    assert receipt["status"] in ("failed", "done"), receipt
    assert await live.say("bot", "well") == ["well"]


PLAIN = """
import sys
from flowhook import Node, hookimpl

class Plain(Node):
    key = "plain"
    main = "how"
    how: str

    async def run(self, turn):
        if self.how == "exit":
            sys.exit(1)
        if self.how == "interrupt":
            raise KeyboardInterrupt
        if self.how == "error":
            raise ValueError("x")

@hookimpl
def register_nodes():
    return [Plain]
"""


@pytest.mark.parametrize("how", ["exit", "interrupt", "error"])
async def test_a_plain_node_that_does_its_worst(
    how: str, project: Project, outside: Outside, start: Start
) -> None:
    """A node that leaves, is interrupted or raises fails its own turn, and nothing else."""
    project.plugin("plain", PLAIN)
    project.flow("bot", 'nodes:\n  - plain: "{{ input.text }}"\n  - say: "{{ input.text }}"\n')
    project.endpoint("bot")
    live = await start()
    assert (await live.ends(await live.send("bot", how)))["status"] == "failed"
    assert await live.say("bot", "well") == ["well"]
