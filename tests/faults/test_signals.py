"""Signals, and a process that is not well treated."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from contextlib import suppress

import httpx
import pytest

from tests.e2e.kit import Outside, Process, Project, held, until

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }}"
"""
MESSAGE = {"userId": "u1", "sessionId": "s1", "text": "x"}


class Load:
    """Clients that post, one message after the other, each to a session of its own."""

    def __init__(self, process: Process, sessions: int = 8) -> None:
        self.process = process
        self.accepted: dict[str, int] = {f"s{n}": 0 for n in range(sessions)}
        self.unclear: dict[str, int] = dict.fromkeys(self.accepted, 0)
        self.stop = asyncio.Event()
        self.tasks = [asyncio.create_task(self._post(session)) for session in self.accepted]

    async def _post(self, session: str) -> None:
        while not self.stop.is_set():
            try:
                answer = await self.process.post("/tok-bot", {**MESSAGE, "sessionId": session})
            except httpx.TransportError:
                self.unclear[session] += 1
                await asyncio.sleep(0.05)
            else:
                assert answer.status_code in (202, 503), answer.text
                self.accepted[session] += answer.status_code == 202

    async def end(self) -> None:
        self.stop.set()
        await asyncio.gather(*self.tasks)

    def holds(self, outside: Outside) -> bool:
        """Whether all that was accepted has arrived: each number once or again, first in order."""
        for session, count in self.accepted.items():
            firsts = list(dict.fromkeys(outside.texts(session)))
            assert firsts == [str(n) for n in range(1, len(firsts) + 1)], session
            assert len(firsts) <= count + self.unclear[session]
            if len(firsts) < count:
                return False
        return True


async def test_sigterm_twice_with_a_receiver_that_hangs(
    project: Project, outside: Outside, process: Process
) -> None:
    """The second one changes nothing for the worse: it still ends in order, and what was not
    delivered is after the next start."""
    project.flow("bot", COUNT)
    project.endpoint("bot", webhook={"timeout": "1s"})
    gate = asyncio.Event()
    outside.answers["/hook"] = held(gate)
    await process.start()
    await process.send("bot", "x")
    await until(lambda: outside.at())
    assert process.process is not None
    process.process.send_signal(signal.SIGTERM)
    await asyncio.sleep(0.1)
    assert await process.terminate() == 0
    gate.set()
    await process.start()
    await until(lambda: outside.texts())
    assert set(outside.texts()) == {"1"}


STUBBORN = """
import asyncio
from flowhook import hookimpl

@hookimpl
async def transform_output(output):
    while True:
        try:
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            pass
"""


async def test_sigterm_with_a_plugin_that_will_not_go(
    project: Project, outside: Outside, process: Process
) -> None:
    """A hook that swallows its cancellation cannot keep the process from ending."""
    project.plugin("stubborn", STUBBORN)
    project.flow("bot", COUNT)
    project.endpoint("bot", transformers={"use": ["stubborn"], "timeout": "500ms"})
    await process.start()
    assert (await process.ends(await process.send("bot", "x")))["status"] == "failed"
    assert await process.terminate() == 70
    assert "status 70" in process.log.read_text()  # and says so


async def test_a_pause_of_the_whole_process(project: Project, outside: Outside, process: Process) -> None:
    """SIGSTOP, longer than the watchdog's patience, then SIGCONT: it goes on as if nothing was."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    await process.start(FLOWHOOK_WATCHDOG="1")
    load = Load(process)
    await asyncio.sleep(0.3)
    assert process.process is not None
    process.process.send_signal(signal.SIGSTOP)
    await asyncio.sleep(2.5)
    process.process.send_signal(signal.SIGCONT)
    await asyncio.sleep(0.5)
    await load.end()
    assert process.process.poll() is None
    await until(lambda: load.holds(outside))
    assert await process.terminate() == 0


async def test_without_anywhere_to_log(project: Project, outside: Outside, process: Process) -> None:
    """stdout and stderr closed, a full log disk: messages are answered all the same."""
    project.flow("bot", COUNT)
    project.endpoint("bot", webhook={"retries": ["30ms"] * 5})
    path = project.write(process.port)
    closed = "import os, sys; os.close(1); os.close(2); from flowhook.cli import main; main()"
    process.process = subprocess.Popen(  # noqa: ASYNC220
        [sys.executable, "-c", closed, "serve", "--config", str(path)], cwd=project.root
    )
    process.log.touch()
    await process.answers()
    assert await process.say("bot", "x") == ["1"]
    assert (await process.post("/tok-bot", {"userId": 5})).status_code == 400
    await outside.until(1)
    await process.kill()

    with open("/dev/full", "wb") as full:  # noqa: ASYNC230
        process.process = subprocess.Popen(  # noqa: ASYNC220
            [sys.executable, "-m", "flowhook", "serve", "--config", str(path)],
            cwd=project.root, stdout=full, stderr=full,
        )  # fmt: skip
    await process.answers()
    assert await process.say("bot", "x") == ["2"]
    await process.terminate()


@pytest.mark.parametrize("label", ["turn.before_commit", "resolve.before_commit"])
async def test_a_death_in_the_recovery(
    label: str, project: Project, outside: Outside, process: Process
) -> None:
    """Killed while it comes back to life, several times in a row: nothing is lost or doubled in the
    state, and an innocent turn is not taken for a killer."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    gate = asyncio.Event()
    outside.answers["/hook"] = held(gate)
    await process.start()
    traces = [await process.send("bot", "x", session=f"s{n % 2}") for n in range(4)]
    await until(lambda: outside.at())
    await process.kill()
    gate.set()
    for _ in range(3):
        with suppress(AssertionError):  # it dies before it answers, or right after
            await process.start(FLOWHOOK_FAILPOINT=f"{label}:1")
        assert process.process is not None
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.process.wait, 1)
        await process.kill()
    await process.start()
    for trace in traces:
        assert (await process.ends(trace))["status"] == "done"
    await until(lambda: all(set(outside.texts(s)) >= {"1", "2"} for s in ("s0", "s1")))
    for session in ("s0", "s1"):
        assert list(dict.fromkeys(outside.texts(session))) == ["1", "2"]
        assert (await process.context("bot", session))["n"] == 2


async def test_a_repeat_across_a_restart(project: Project, outside: Outside, process: Process) -> None:
    """The same idempotency key after kill -9: the first answer, no second turn; with another body 422."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    await process.start()
    first = await process.post("/tok-bot", MESSAGE, {"idempotency-key": "k"})
    await process.kill()
    await process.start()
    again = await process.post("/tok-bot", MESSAGE, {"idempotency-key": "k"})
    assert (again.status_code, again.json()["traceId"]) == (202, first.json()["traceId"])
    other = await process.post("/tok-bot", {**MESSAGE, "text": "y"}, {"idempotency-key": "k"})
    assert other.status_code == 422
    assert await process.say("bot", "z") == ["2"]


async def test_sighup_is_no_reason_to_die_badly(project: Project, process: Process) -> None:
    """A closed terminal ends it or does not; either way the next start has everything."""
    project.flow("bot", COUNT)
    project.endpoint("bot")
    await process.start()
    await process.say("bot", "x")
    assert process.process is not None
    os.kill(process.process.pid, signal.SIGHUP)
    await asyncio.sleep(0.3)
    await process.kill()
    await process.start()
    assert await process.say("bot", "x") == ["2"]
