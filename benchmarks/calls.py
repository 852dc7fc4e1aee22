"""How many functions a message calls: a figure that no other load of the machine disturbs.

    python benchmarks/calls.py [--messages N] [--checkout PATH] [--top N] [--callers] [--json FILE]

A server counts, in all its threads, each call of a Python function (each time that a coroutine goes on is
one) and of a built-in one, while it is sent the messages of ``end-to-end``. ``--checkout`` names another
checkout of flowhook to be counted. ``--callers`` lists built-in functions by who calls them.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path

from contest import Bench, Contestant, burst
from end_to_end import messages
from processes import Server, running
from projects import FIVE_NODES, Project
from sampling import area_of
from traffic import Receiver

#: Runs in the server: counts between two signals, and writes what it found when the process ends.
_BOOTSTRAP = """
import atexit, json, signal, sys, threading
from collections import Counter
from pathlib import Path

result, config = sys.argv[1:]
found, main, counting = Counter(), threading.get_ident(), False

def note(frame, event, argument):
    if not counting or event not in ("call", "c_call"):
        return
    code = frame.f_code
    thread = "loop" if threading.get_ident() == main else "others"
    called = getattr(argument, "__qualname__", "") if event == "c_call" else ""
    found[f"{thread}|{code.co_filename}|{code.co_qualname}|{called}"] += 1

def switch(number, frame):
    global counting
    counting = number == signal.SIGUSR1

signal.signal(signal.SIGUSR1, switch)
signal.signal(signal.SIGUSR2, switch)
atexit.register(lambda: Path(result).write_text(json.dumps(found)))
threading.setprofile(note)
sys.setprofile(note)
sys.argv[:] = ["flowhook", "serve", "--config", config]
from flowhook.cli import cli
cli(prog_name="flowhook")
"""


def main() -> None:
    """Load a server, and print what it called for each message."""
    arguments = _arguments()
    found = asyncio.run(_count(arguments.messages, arguments.checkout))
    if arguments.json:
        arguments.json.write_text(json.dumps({"messages": arguments.messages, "found": found}) + "\n")
    _show(found, arguments.messages, arguments.top, callers=arguments.callers)


async def _count(number: int, checkout: Path | None) -> dict[str, int]:
    """Return how often each function was called while so many messages were served."""
    receiver = Receiver()
    port = await receiver.start()
    with tempfile.TemporaryDirectory(prefix="flowhook-calls-") as place:
        directory = Path(place)
        project = Project(directory / "project", FIVE_NODES, port)
        kept = directory / "calls.json"
        environment = {"PYTHONPATH": str(checkout / "server")} if checkout is not None else {}
        command = [sys.executable, "-c", _BOOTSTRAP, str(kept), str(project.config)]
        bench = Bench(receiver, port, directory, directory / "cache", 1, number, 1.0, None, _no_bar)
        async with AsyncExitStack() as stack:
            server: Server = await stack.enter_async_context(
                running(command, project.port, environment, project.directory)
            )
            contestant = Contestant("flowhook", server, messages)
            await burst(bench, contestant, 0, number)  # warm
            server.process.send_signal(signal.SIGUSR1)
            await burst(bench, contestant, 1, number)
            server.process.send_signal(signal.SIGUSR2)
        found: dict[str, int] = json.loads(kept.read_text())
    return found


def _show(found: dict[str, int], number: int, top: int, *, callers: bool) -> None:
    totals: Counter[str] = Counter()
    areas: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for key, count in found.items():
        thread, file, function, called = key.split("|")
        area = area_of(file)
        totals[f"{thread}: {'built-in' if called else 'Python'}"] += count
        areas[f"{area} {'(built-in)' if called else ''}"] += count
        if not called or callers:
            functions[f"{area} {function}{' > ' + called if called else ''}"] += count
    print(f"{sum(found.values()) / number:8.1f} calls a message")
    for counted, least in ((totals, 0.0), (areas, 0.5), (functions, 0.0)):
        print()
        for what, count in counted.most_common(top):
            if count >= least * number:
                print(f"{count / number:8.2f} {what}")


def _no_bar(text: str, total: int) -> Callable[[int], None]:
    return lambda done: None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=480)
    parser.add_argument("--checkout", type=Path, metavar="PATH", help="another one than this")
    parser.add_argument("--top", type=int, default=40, help="lines of each list")
    parser.add_argument("--callers", action="store_true", help="built-in functions by their callers")
    parser.add_argument("--json", type=Path, metavar="FILE")
    return parser.parse_args()


if __name__ == "__main__":
    main()
