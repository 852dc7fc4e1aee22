"""The process from which others are forked. Called as ``python nursery.py SOCKET``.

Each connection to the socket is one process. A line of JSON comes in, with the three standard files; a line
with the pid and one with the exit code go out. The nursery ends when its standard input does; what it
forked goes on.
"""

from __future__ import annotations

import fcntl
import gc
import importlib
import json
import os
import pkgutil
import runpy
import selectors
import signal
import socket
import sys
import termios
from contextlib import suppress
from typing import Any, NoReturn

#: What flowhook loads when it is first needed, which most commands of the tests come to.
LIBRARIES = (
    "aiohttp", "asyncpg", "babel.dates", "babel.numbers", "click.globals", "httpx", "numpy", "quart",
    "rapidfuzz.process", "rich.console", "rich.progress", "standardwebhooks.webhooks", "yarl",
)  # fmt: skip
#: What only processes of their own load: the language server, the plugin of pytest, a program to be called.
APART = ("flowhook.cli.lsp", "flowhook.testing.fixtures", "pytest_collector", "__main__")


class Nursery:
    """Forks what is asked for, and tells how it ended."""

    def __init__(self, path: str) -> None:
        self.listening = socket.socket(socket.AF_UNIX)
        self.listening.bind(path)
        self.listening.listen(100)
        self.running: dict[int, socket.socket] = {}  #: pid → who asked for it
        self.ended, self._wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the test run
        signal.set_wakeup_fd(self._wake, warn_on_full_buffer=False)
        self.looking = selectors.DefaultSelector()
        for file in (self.listening.fileno(), self.ended, 0):
            self.looking.register(file, selectors.EVENT_READ)

    def run(self) -> None:
        """Until standard input ends."""
        while True:
            ready = [key.fd for key, _ in self.looking.select()]
            if 0 in ready:
                return
            if self.listening.fileno() in ready:
                self._fork()
            if self.ended in ready:
                os.read(self.ended, 4096)
                self._tell_what_ended()

    def _fork(self) -> None:
        caller, _ = self.listening.accept()
        request, files = _request_of(caller)
        pid = os.fork()
        if pid == 0:
            self._let_go(caller)
            become(request, files)
        for file in files:
            os.close(file)
        self.running[pid] = caller
        _tell(caller, pid)

    def _let_go(self, caller: socket.socket) -> None:
        """What the forked process must not hold."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        self.looking.close()
        for connection in (self.listening, caller, *self.running.values()):
            connection.close()
        os.close(self.ended)
        os.close(self._wake)

    def _tell_what_ended(self) -> None:
        with suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if pid == 0:
                    return
                caller = self.running.pop(pid)
                _tell(caller, os.waitstatus_to_exitcode(status))
                caller.close()


def _request_of(caller: socket.socket) -> tuple[dict[str, Any], list[int]]:
    line, files, _, _ = socket.recv_fds(caller, 65536, 3)
    while not line.endswith(b"\n"):
        line += caller.recv(65536)
    return json.loads(line), list(files)


def _tell(caller: socket.socket, number: int) -> None:
    with suppress(OSError):  # nobody listens any more
        caller.sendall(f"{number}\n".encode())


def become(request: dict[str, Any], files: list[int]) -> NoReturn:
    """Be the process that was asked for."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["environ"])
    encoding, _, wrong = os.environ.get("PYTHONIOENCODING", "utf-8").partition(":")
    wrong = wrong or "strict"
    sys.stdin, sys.stdout, sys.stderr = sys.__stdin__, sys.__stdout__, sys.__stderr__ = [
        open(number, mode, buffering=1, encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115 - as long as it lives
        for number, (mode, errors) in enumerate((("r", wrong), ("w", wrong), ("w", "backslashreplace")))
    ]
    if request["terminal"]:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)
    _read_environment_anew()
    sys.argv = request["argv"]
    if sys.argv[0].endswith(".py"):
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        from flowhook.cli import main

        main()
    sys.exit()


def _read_environment_anew() -> None:
    """What modules took from the environment when they were imported."""
    from flowhook import failpoints

    failpoints.hit = failpoints._from_environment() or failpoints._ignore


def import_everything() -> None:
    """All of flowhook, and what it loads later. An extra may be missing."""
    import flowhook

    for library in LIBRARIES:
        with suppress(ImportError):
            importlib.import_module(library)
    for module in pkgutil.walk_packages(flowhook.__path__, "flowhook."):
        if not any(apart in module.name for apart in APART):
            with suppress(ImportError):
                importlib.import_module(module.name)


if __name__ == "__main__":
    nursery = Nursery(sys.argv[1])
    import_everything()
    gc.collect()
    gc.freeze()  # pages that nobody writes to are shared
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    nursery.run()
