"""Commands of the documentation, run as a reader would run them."""

from __future__ import annotations

import os
import queue
import re
import shlex
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.machine import PATIENCE
from tests.warm import CLIENT, WarmProcess, nursery_socket


class Process:
    """A command that goes on running; its output line by line."""

    def __init__(self, project: Path, *arguments: str) -> None:
        self._process = WarmProcess(
            *arguments,
            cwd=project,
            env={**os.environ, "NO_COLOR": "1"},
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self._lines: queue.Queue[str] = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line)

    def until(self, pattern: str) -> re.Match[str]:
        """The next line in which the pattern is found."""
        heard = ""
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                pytest.fail(f"never said {pattern!r}:\n{heard}")
            heard += line
            if found := re.search(pattern, line):
                return found

    def stop(self) -> None:
        """Ask it to end, and see that it does."""
        self._process.terminate()
        self._process.wait(PATIENCE)
        self._reader.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()


def bash(command: str, project: Path) -> subprocess.CompletedProcess[str]:
    """A line of the README in a shell that finds ``flowhook``."""
    folder = project / ".bin"
    folder.mkdir(exist_ok=True)
    command_line = shlex.join([sys.executable, "-S", CLIENT, nursery_socket()])
    (folder / "flowhook").write_text(f'#!/bin/sh\nexec {command_line} "$@"\n', "utf-8")
    (folder / "flowhook").chmod(0o755)
    environ = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}", "no_proxy": "*"}
    return subprocess.run(
        ["bash", "-c", command],
        cwd=project,
        env=environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
