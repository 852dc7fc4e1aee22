"""A turn that kills the process does so three times, and no more; innocent turns are not blamed."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from flowhook.runtime.observe.crash_guard import DEATHS, CrashGuard
from tests.e2e.kit import Outside, Process, Project, until
from tests.machine import PATIENCE

A, B = b"a" * 16, b"b" * 16


def life(path: Path) -> CrashGuard:
    """A process that begins; it never closes, as if it were killed."""
    suspects = CrashGuard(path)
    suspects.open()
    return suspects


def test_what_runs_at_a_death_is_a_suspect(tmp_path: Path) -> None:
    """What had ended is not."""
    first = life(tmp_path / "x.inflight")
    first.begin(A, 1, 10)
    first.begin(B, 7, 3)
    first.end(A, 1)
    found = CrashGuard(tmp_path / "x.inflight").open()
    assert [(delivery.session, delivery.seq, delivery.deaths) for delivery in found] == [(B, 7, 1)]


def test_a_suspect_that_waited_is_not_blamed(tmp_path: Path) -> None:
    """Only those that ran in a life count its death."""
    path = tmp_path / "x.inflight"
    first = life(path)
    first.begin(A, 1, 0)
    first.begin(B, 1, 0)
    for _ in range(DEATHS):
        life(path).begin(A, 1, 0)
    last = CrashGuard(path)
    assert {delivery.session: delivery.deaths for delivery in last.open()} == {A: DEATHS + 1, B: 1}
    assert last.is_poison(A, 1)
    assert not last.is_poison(B, 1)


def test_a_turn_that_gets_further_is_not_blamed(tmp_path: Path) -> None:
    """A death at another revision of the session is another matter."""
    path = tmp_path / "x.inflight"
    for revision in range(20):
        life(path).begin(A, 1, revision)
        assert next(delivery.deaths for delivery in CrashGuard(path).open()) < DEATHS


def test_the_file_does_not_grow(tmp_path: Path) -> None:
    """A line is used again when its turn has ended."""
    path = tmp_path / "x.inflight"
    suspects = life(path)
    for seq in range(1000):
        suspects.begin(A, seq, seq)
        suspects.begin(B, seq, seq)
        suspects.end(A, seq)
        suspects.end(B, seq)
    assert path.stat().st_size == 2 * 96
    assert path.stat().st_mode & 0o777 == 0o600
    assert CrashGuard(path).open() == []


@pytest.mark.parametrize("content", [b"", b"\x00" * 500, b"\xff" * 96, b"zz 1 2 3 runs", b"x\n" * 1000])
def test_a_damaged_file_is_no_obstacle(tmp_path: Path, content: bytes) -> None:
    """After a power cut anything may stand there: nobody is blamed."""
    path = tmp_path / "x.inflight"
    path.write_bytes(content)
    suspects = CrashGuard(path)
    assert suspects.open() == []
    suspects.begin(A, 1, 0)
    assert len(CrashGuard(path).open()) == 1


def test_a_turn_that_is_not_noted_costs_no_write(tmp_path: Path) -> None:
    """Until the watchdog asks: then the one that holds the loop is noted, or all when nobody knows."""
    path = tmp_path / "x.inflight"
    first = life(path)
    for session in (A, B):
        first.begin(session, 1, 4, note=False)
    assert path.stat().st_size == 0
    first.computing(A, 1)
    first.note_computing()
    assert [(suspect.session, suspect.deaths) for suspect in CrashGuard(path).open()] == [(A, 1)]

    second = life(path)
    second.begin(A, 1, 4, note=False)  # it was in the file, so it is noted while it runs again
    second.begin(B, 1, 4, note=False)
    second.note_computing()
    found = {suspect.session: suspect.deaths for suspect in CrashGuard(path).open()}
    assert found == {A: 2, B: 1}


def test_without_a_file_nothing_is_noted(tmp_path: Path) -> None:
    """A database in memory has no second life."""
    suspects = CrashGuard(None)
    assert suspects.open() == []
    suspects.begin(A, 1, 0)
    suspects.end(A, 1)


DEADLY = """
import os, time
from flowhook import Node, hookimpl

class Touch(Node):
    key = "touch"
    main = "how"
    how: str

    async def run(self, turn):
        if self.how == "exit":
            os._exit(9)
        if self.how == "loop":
            while True:
                pass
        if self.how == "freeze":
            time.sleep(3600)

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


SLOW = """
import asyncio
from flowhook import Node, hookimpl

class Linger(Node):
    key = "linger"

    async def run(self, turn):
        await asyncio.sleep(0.2)

@hookimpl
def register_nodes():
    return [Linger]
"""


async def post(process: Process, text: str, session: str) -> None:
    with suppress(httpx.TransportError):  # it died in front of us; the client would repeat
        await process.send("bot", text, session)


async def lives_until_it_serves(process: Process) -> int:
    """Be the supervisor; answers how many lives it took."""
    for lives in range(1, 9):
        if process.process is not None:
            await asyncio.to_thread(process.process.wait, PATIENCE)
        try:
            await process.start(FLOWHOOK_WATCHDOG="2")
        except AssertionError:
            continue
        await asyncio.sleep(0.2)
        if process.process is not None and process.process.poll() is None:
            return lives
    raise AssertionError("it does not stop dying:\n" + process.log.read_text()[-3000:])


@pytest.mark.parametrize("how", ["exit", "loop"])
async def test_a_deadly_turn_is_given_up(
    how: str, project: Project, outside: Outside, process: Process
) -> None:
    """``os._exit`` in a node, and a loop that only the watchdog can end: after three deaths the
    inbound has failed for good, its session and all others go on, and nothing else was lost."""
    project.plugin("deadly", DEADLY)
    project.flow("bot", FLOW)
    project.endpoint("bot")
    await process.start(FLOWHOOK_WATCHDOG="2")
    await process.send("bot", "ok", "s1")
    await outside.until(2)
    await post(process, how, "s1")
    assert process.process is not None
    assert await asyncio.to_thread(process.process.wait, PATIENCE) == {"exit": 9, "loop": 70}[how]

    assert await lives_until_it_serves(process) == 3
    await process.send("bot", "next", "s1")
    await process.send("bot", "other", "s2")
    await until(lambda: {"after next", "after other"} <= set(outside.texts()))
    firsts = list(dict.fromkeys(outside.texts("s1")))  # one that was sent as it died is sent again
    assert firsts == ["before ok", "after ok", f"before {how}", "before next", "after next"]
    assert outside.texts("s2") == ["before other", "after other"]
    assert (await process.context("bot", "s1"))["n"] == 3
    if how == "loop":
        assert "deadly.py" in process.log.read_text(), "the watchdog shows where the loop stood"
    assert await process.terminate() == 0


ENDLESS = """
from flowhook.cli import main
from flowhook.engine.turn.executor import TurnExecutor

start = TurnExecutor.start

def endless(run):
    while run.inbound.text == "loop":
        pass
    return start(run)

TurnExecutor.start = endless
main()
"""


@pytest.mark.slow
async def test_a_turn_that_holds_the_loop_without_any_plugin_is_given_up(
    project: Project, outside: Outside, process: Process
) -> None:
    """The watchdog notes the turn before it ends the process: after three deaths its inbound has failed,
    though no code of a plugin ran. At the first death it was not accepted yet, so that the server is back at
    once and waits; repeated, it is accepted before it runs, and the count goes on."""
    project.flow("bot", "nodes: [{say: 'after {{ input.text }}'}]")
    project.endpoint("bot")
    process.runs(ENDLESS)
    await process.start(FLOWHOOK_WATCHDOG="1")
    await process.send("bot", "ok", "s2")
    await post(process, "loop", "s1")
    assert process.process is not None
    assert await asyncio.to_thread(process.process.wait, PATIENCE) == 70

    assert await lives_until_it_serves(process) == 1
    trace_id = ""
    with suppress(httpx.TransportError):
        trace_id = await process.send("bot", "loop", "s1")
    assert await lives_until_it_serves(process) == 2
    await process.send("bot", "next", "s1")
    await until(lambda: len(outside.told()) >= 2)
    assert outside.told() == ["after ok", "after next"]
    if trace_id:
        receipt = await process.receipt(trace_id)
        assert (receipt["status"], receipt["reason"]) == ("failed", "poison")
    assert await process.terminate() == 0


async def test_innocent_turns_survive_a_killer(project: Project, outside: Outside, process: Process) -> None:
    """Turns that run beside a deadly one die with it; each ends well in a later life."""
    project.plugin("deadly", DEADLY)
    project.plugin("slow", SLOW)
    project.flow("bot", FLOW)
    project.flow("slow", FLOW.replace('touch: "{{ input.text }}"', "linger: {}"))
    project.endpoint("bot")
    project.endpoint("slow")
    await process.start()
    await asyncio.gather(*(process.send("slow", "ok", f"i{n}") for n in range(8)))
    await post(process, "exit", "s1")
    await lives_until_it_serves(process)
    await until(lambda: len(outside.told()) >= 8 * 2 + 1)
    for n in range(8):
        assert outside.told(f"i{n}") == ["before ok", "after ok"]
    await process.send("bot", "ok", "s1")
    await until(lambda: len(outside.told()) >= 8 * 2 + 1 + 2)
    log = process.log.read_text()
    assert log.count("poison") == 1, log


async def test_a_slow_suspect_keeps_nobody_waiting(
    project: Project, outside: Outside, process: Process
) -> None:
    """A turn that runs long after a death is left to itself, and its session's next message follows it."""
    project.plugin("slow", SLOW.replace("0.2", "3"))
    project.flow("slow", FLOW.replace('touch: "{{ input.text }}"', "linger: {}"))
    project.endpoint("slow")
    await process.start()
    for text in ("one", "two"):
        await process.send("slow", text)
    await outside.until(1)
    await process.kill()
    await process.start()
    assert "after one" not in outside.texts()
    await until(lambda: "after two" in outside.texts())
    assert list(dict.fromkeys(outside.texts())) == ["before one", "after one", "before two", "after two"]


async def test_an_orderly_stop_leaves_no_suspects(
    project: Project, outside: Outside, process: Process
) -> None:
    """What a stop cut short is not held against it."""
    project.plugin("deadly", DEADLY)
    project.flow("bot", FLOW)
    project.endpoint("bot")
    await process.start()
    await process.send("bot", "ok", "s1")
    await outside.until(2)
    assert await process.terminate() == 0
    assert (project.root / "bot.db.inflight").read_text().strip() == ""
    await process.start()
    await process.kill()
    assert "runs alone" not in process.log.read_text()
