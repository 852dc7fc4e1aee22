"""A small project, the command line in this process, and commands in processes of their own."""

from __future__ import annotations

import asyncio
import os
import queue
import re
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from flowhook.app import open_application
from flowhook.cli import cli
from flowhook.config import load_config
from tests.machine import PATIENCE, reserve_port
from tests.warm import WarmProcess

TOKEN = "a-token-of-the-shop"
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

CONFIG = """\
server: {{port: {port}}}
admin_key: an-admin-key-of-the-tests
outgoing: {{allow: ["127.0.0.1:{receiver_port}"]}}
endpoints:
  - name: shop
    token: {token}
    flow: order
    webhook: {{url: "http://127.0.0.1:{receiver_port}/hook", secret: {secret}, retries: [0s]}}
"""
FLOW = """\
flow: order
nodes:
  - {id: ask_size, on_timeout: [],
    ask: {text: "Which size?", type: choice, choices: [small, large], store: context.size, timeout: 10m}}
  - id: done
    say: "{{ context.size }} it is."
"""


@dataclass(frozen=True)
class Shop:
    """A project on disk, with ports that were free."""

    root: Path
    port: int
    receiver_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def config(self) -> Path:
        return self.root / "config.yaml"

    @property
    def flow(self) -> Path:
        return self.root / "flows" / "order.yaml"

    def edit(self, old: str, new: str, path: Path | None = None) -> None:
        path = path or self.config
        text = path.read_text("utf-8")
        assert old in text
        path.write_text(text.replace(old, new), "utf-8")

    def converse(self, *texts: str, user: str = "ada", session: str = "s1") -> list[dict[str, Any]]:
        """Say something without a listening server; the receipts, once all is settled."""

        async def talk() -> list[dict[str, Any]]:
            async with open_application(load_config(self.config, {})) as services:
                endpoint = services.endpoints.by_name("shop")
                assert endpoint is not None
                receipts = []
                for text in texts:
                    body = {"userId": user, "sessionId": session, "text": text}
                    submitted = await services.intake.submit(endpoint, "message", body)
                    receipts.append(await _settled(services, submitted.trace_id))
                return receipts

        return asyncio.run(talk())


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory without a project."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def shop(empty: Path) -> Shop:
    """A working directory with a project."""
    port = reserve_port()
    receiver_port = reserve_port()
    config = CONFIG.format(port=port, receiver_port=receiver_port, token=TOKEN, secret=SECRET)
    (empty / "config.yaml").write_text(config, "utf-8")
    (empty / "flows").mkdir()
    (empty / "flows" / "order.yaml").write_text(FLOW, "utf-8")
    return Shop(empty, port, receiver_port)


@pytest.fixture
def run() -> Callable[..., Result]:
    """Call ``flowhook`` in this process."""

    def call(*arguments: str, code: int = 0, **options: Any) -> Result:
        result = CliRunner().invoke(cli, arguments, prog_name="flowhook", **options)
        said = f"exit {result.exit_code}\n{result.output}\n{result.exception!r}"
        assert result.exit_code == code, said
        return result

    return call


class Process:
    """A command in a process of its own, with its output line by line."""

    def __init__(self, *arguments: str, cwd: Path) -> None:
        environ = dict(os.environ)
        self._process = WarmProcess(
            *arguments, cwd=cwd, env=environ, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self._lines: queue.Queue[str | None] = queue.Queue()
        self.output = ""
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)
        self._process.stdout.close()
        self._lines.put(None)

    def until(self, pattern: str) -> re.Match[str]:
        """The first line, from here on, in which the pattern is found."""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                line = None
            if line is None:
                raise AssertionError(f"never said {pattern!r}:\n{self.output}")
            self.output += line
            if found := re.search(pattern, line):
                return found

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to end; its exit code."""
        self._process.send_signal(how)
        return self.wait()

    def wait(self) -> int:
        """Wait until it ends by itself; its exit code."""
        code = self._process.wait(PATIENCE)
        while (line := self._lines.get(timeout=PATIENCE)) is not None:
            self.output += line
        return code

    def kill(self) -> None:
        """However it stands."""
        self._process.kill()
        self._process.wait()


@pytest.fixture
def start(empty: Path) -> Iterator[Callable[..., Process]]:
    """Start commands in processes of their own."""
    processes: list[Process] = []

    def begin(*arguments: str) -> Process:
        processes.append(Process(*arguments, cwd=empty))
        return processes[-1]

    yield begin
    for process in processes:
        process.kill()


async def _settled(services: Any, trace_id: str) -> dict[str, Any]:
    async with asyncio.timeout(PATIENCE):
        while True:
            receipt: dict[str, Any] = await services.receipts.receipt(trace_id)
            pending = any(output["status"] == "pending" for output in receipt.get("outputs", ()))
            if receipt["status"] == "done" and not pending:
                return receipt
            await asyncio.sleep(0.005)
