"""The life of plugins: what they start ends with their load, and what hangs is told and bounded."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

import pytest

from tests.e2e.kit import Outside, Process, Project, until
from tests.machine import reserve_port

from .conftest import Start

FLOW = "nodes: [{say: hello}]"
TICKING = """
import asyncio
from flowhook import hookimpl

ticks = __import__("builtins").__dict__.setdefault("ticks_of_the_test", [])

@hookimpl
async def startup(app):
    async def tick():
        while True:
            ticks.append(VERSION)
            await asyncio.sleep(0.01)

    app.spawn(tick())
"""
LISTENING = """
import asyncio
from flowhook import hookimpl

server = None

@hookimpl
async def startup(app):
    global server
    server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", PORT)
    FAILURE

@hookimpl
async def shutdown(app):
    server.close()
    await server.wait_closed()
"""


async def ticks_within(seconds: float) -> list[int]:
    """Which versions of the plugin tick."""
    import builtins

    ticks: list[int] = builtins.__dict__["ticks_of_the_test"]
    await asyncio.sleep(0.05)  # what was cancelled has ended
    ticks.clear()
    await asyncio.sleep(seconds)
    return ticks


async def test_spawned_tasks_end_with_their_load(project: Project, outside: Outside, start: Start) -> None:
    """After a reload only the new plugin's tasks run; after it was deleted, none."""
    project.flow("bot", FLOW)
    project.endpoint("bot")
    project.plugin("ticking", TICKING.replace("VERSION", "1"))
    live = await start()
    assert set(await ticks_within(0.1)) == {1}
    project.plugin("ticking", TICKING.replace("VERSION", "2"))
    assert (await live.services.reload()).problems == []
    assert set(await ticks_within(0.1)) == {2}
    (project.root / "plugins" / "ticking.py").unlink()
    assert (await live.services.reload()).problems == []
    assert await ticks_within(0.1) == []


def listening(project: Project, port: int, failure: str = "") -> None:
    project.plugin("port", LISTENING.replace("PORT", str(port)).replace("FAILURE", failure))


async def connects(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection("127.0.0.1", port)
    except OSError:
        return False
    writer.close()
    return True


async def test_a_plugin_with_a_port_can_be_reloaded(project: Project, outside: Outside, start: Start) -> None:
    """The old one ends before the new one starts; when that fails, the old one starts again."""
    port = reserve_port()
    project.flow("bot", FLOW)
    project.endpoint("bot")
    listening(project, port)
    live = await start()
    assert await connects(port)
    assert (await live.services.reload()).problems == []
    assert await connects(port)

    listening(project, port, "server.close(); raise RuntimeError('no database')")
    (problem,) = (await live.services.reload()).problems
    assert "plugin port, hook startup" in problem.text
    assert "no database" in problem.text
    assert await connects(port)

    listening(project, port)
    assert (await live.services.reload()).problems == []
    assert await connects(port)


OUTPUT = """
import asyncio
from flowhook import Delivered, OutputPlugin, hookimpl

class Slow(OutputPlugin):
    name = "slow"

    async def open(self):
        OPEN

    async def deliver(self, delivery):
        return Delivered()

@hookimpl
def register_outputs():
    return [Slow]
"""


@pytest.mark.parametrize(
    ("opening", "told"),
    [
        ("await asyncio.sleep(10**6)", "open() is not done within 0.2 s"),
        ("for _ in range(20):\n            try:\n                await asyncio.sleep(0.05)\n"
         "            except BaseException:\n                pass", "open() is not done within 0.2 s"),
        ("raise RuntimeError('no printer')", "RuntimeError at"),
        ("raise SystemExit(3)", "SystemExit at"),
    ],
)  # fmt: skip
async def test_an_output_that_does_not_open(
    opening: str, told: str, project: Project, outside: Outside, start: Start, monkeypatch: Any
) -> None:
    """The reload is rejected in time and names the plugin; the next one is well."""
    project.flow("bot", FLOW)
    project.endpoint("bot")
    live = await start()
    monkeypatch.setattr("flowhook.runtime.project.project.OPEN_SECONDS", 0.2)
    project.plugin("slow", OUTPUT.replace("OPEN", opening))
    (problem,) = (await live.services.reload()).problems
    assert "plugin slow, hook output slow" in problem.text
    assert told in problem.text
    project.plugin("slow", OUTPUT.replace("OPEN", "pass"))
    assert (await live.services.reload()).problems == []


async def test_what_takes_long_is_told(
    project: Project, outside: Outside, start: Start, monkeypatch: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """While it lasts, with the plugin's line where it is known."""
    project.flow("bot", FLOW)
    project.endpoint("bot")
    live = await start()
    monkeypatch.setattr("flowhook.slow.TELL_EVERY_SECONDS", 0.05)
    project.plugin("slow", "import time\n\ntime.sleep(0.5)\n")
    with caplog.at_level(logging.WARNING):
        assert (await live.services.reload()).problems == []
    lines = [record.getMessage() for record in caplog.records if "still waiting" in record.getMessage()]
    assert any("flows and plugins to load, at" in line and "slow.py:4" in line for line in lines)


async def test_a_start_that_hangs_can_be_stopped(
    project: Project, outside: Outside, process: Process
) -> None:
    """In an import, in startup, in the open() of an output: SIGTERM ends it at once, with status 0."""
    project.flow("bot", FLOW)
    project.endpoint("bot", output="slow")
    hangs = {
        "import": OUTPUT.replace("OPEN", "pass") + "\nimport time\n\ntime.sleep(10**6)\n",
        "open": OUTPUT.replace("OPEN", "await asyncio.sleep(10**6)"),
        "startup": OUTPUT.replace("OPEN", "pass")
        + "\n@hookimpl\nasync def startup(app):\n    await asyncio.sleep(10**6)\n",
    }
    for how, plugin in hangs.items():
        project.plugin("slow", plugin + "\nprint('begun', flush=True)\n" if how != "import" else
                       plugin.replace("time.sleep", "print('begun', flush=True)\ntime.sleep"))  # fmt: skip
        process.log.write_text("")
        process.launch()
        await until(lambda: "begun" in process.log.read_text())
        assert await process.terminate() == 0, how
        assert "Traceback" not in process.log.read_text()
