"""A process out of the nursery, to be used like one of :class:`subprocess.Popen`."""

from __future__ import annotations

import atexit
import json
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import IO, Any

NURSERY = Path(__file__).with_name("nursery.py")
CLIENT = str(Path(__file__).with_name("client.py"))  #: stands for the command in a shell


@cache
def nursery_socket() -> str:
    """Where the nursery of this test run (or worker) listens; it is started when first asked for."""
    folder = tempfile.mkdtemp(prefix="flowhook-")
    path = os.path.join(folder, "s")
    nursery = subprocess.Popen([sys.executable, NURSERY, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert nursery.stdin is not None
    assert nursery.stdout is not None
    assert nursery.stdout.readline() == b"ready\n"

    def close() -> None:
        nursery.stdin.close()
        nursery.stdout.close()
        nursery.wait()
        shutil.rmtree(folder, ignore_errors=True)

    atexit.register(close)
    return path


class WarmProcess:
    """``flowhook`` with these arguments, or a script with its own. Its interface is a part of Popen's.

    ``stdin``, ``stdout`` and ``stderr`` are files, descriptors, or ``PIPE``, ``DEVNULL`` and ``STDOUT``.
    ``terminal``: standard input is a terminal, which becomes the controlling one of a session of its own.
    """

    def __init__(
        self,
        *arguments: str,
        cwd: Path | str,
        env: Mapping[str, str] | None = None,
        script: Path | str | None = None,
        stdin: Any = subprocess.DEVNULL,
        stdout: Any = None,
        stderr: Any = None,
        text: bool = False,
        terminal: bool = False,
    ) -> None:
        self.returncode: int | None = None
        self.stdin: IO[Any] | None = None
        self.stdout: IO[Any] | None = None
        self.args = [str(script or "flowhook"), *arguments]
        request = {
            "argv": self.args,
            "cwd": str(cwd),
            "environ": dict(os.environ if env is None else env),
            "terminal": terminal,
        }
        mine: list[int] = []  # ends of pipes for the process, which this one closes
        files = [self._input(stdin, mine, text), self._output(stdout, mine, text)]
        files.append(files[1] if stderr is subprocess.STDOUT else 2 if stderr is None else _number(stderr))
        self._connection = socket.socket(socket.AF_UNIX)
        self._connection.connect(nursery_socket())
        line = json.dumps(request).encode() + b"\n"
        sent = socket.send_fds(self._connection, [line], files)
        self._connection.sendall(line[sent:])
        for number in mine:
            os.close(number)
        self._told = b""
        self.pid = self._next()

    def _input(self, wanted: Any, mine: list[int], text: bool) -> int:
        if wanted is subprocess.PIPE:
            theirs, ours = os.pipe()
            mine.append(theirs)
            self.stdin = open(ours, "w" if text else "wb")  # noqa: SIM115
            return theirs
        if wanted is subprocess.DEVNULL:
            mine.append(os.open(os.devnull, os.O_RDONLY))
            return mine[-1]
        return _number(wanted)

    def _output(self, wanted: Any, mine: list[int], text: bool) -> int:
        if wanted is subprocess.PIPE:
            ours, theirs = os.pipe()
            mine.append(theirs)
            self.stdout = open(ours, encoding="utf-8") if text else open(ours, "rb")  # noqa: SIM115
            return theirs
        return 1 if wanted is None else _number(wanted)

    def _next(self, timeout: float | None = None) -> int:
        """The next number that the nursery tells. Raises TimeoutError."""
        while b"\n" not in self._told:
            ready = select.poll()  # select() knows no descriptor from 1,024 on
            ready.register(self._connection, select.POLLIN)
            if not ready.poll(None if timeout is None else 1000 * timeout):
                raise TimeoutError
            more = self._connection.recv(100)
            assert more, "the nursery has ended"
            self._told += more
        number, _, self._told = self._told.partition(b"\n")
        return int(number)

    def poll(self) -> int | None:
        """The exit code, once it has ended; negative: the signal that ended it."""
        if self.returncode is None:
            try:
                self.returncode = self._next(0)
            except TimeoutError:
                return None
            self._connection.close()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Until it ends. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            try:
                self.returncode = self._next(timeout)
            except TimeoutError:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0) from None
            self._connection.close()
        return self.returncode

    def send_signal(self, how: int) -> None:
        """Nothing happens to one that has ended."""
        if self.poll() is None:
            os.kill(self.pid, how)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _number(file: Any) -> int:
    return file if isinstance(file, int) else file.fileno()
