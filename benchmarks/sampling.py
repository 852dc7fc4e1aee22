"""Where a message's processor time goes, by room of the house and by library.

    python benchmarks/sampling.py [--messages N] [--lines] [--json FILE]

How much each thread used is exact: the kernel counts it. What the event loop did is sampled: each 2 ms of
processor time a signal interrupts its thread and books the innermost Python function; what C does for a
function (writing to a socket, printing JSON) counts as the function's. A signal that comes while the loop
waits is thrown away. The other threads are SQLite's, with what Python does around it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from contest import Bench, Contestant, burst
from end_to_end import messages
from measure import Line, Result, Spread
from processes import OTHER_CORE, Server, load_average, machine, running, stay_on
from projects import FIVE_NODES, Project
from report import table
from traffic import Receiver

#: Runs in the server: samples between two signals, and writes what it found when the process ends.
_BOOTSTRAP = """
import atexit, json, signal, sys, threading
from collections import Counter
from pathlib import Path

result, config = sys.argv[1:]
found, before, used = Counter(), {}, {}

def threads():
    tasks = Path("/proc/self/task").iterdir()
    return {task.name: int((task / "schedstat").read_text().split()[0]) for task in tasks}

def sample(number, frame):
    code = frame.f_code
    if code.co_name != "select":  # it waits
        found[f"{code.co_filename}|{code.co_qualname}|{frame.f_lineno}"] += 1

def begin(*_):
    before.update(threads())
    signal.setitimer(signal.ITIMER_PROF, 0.002, 0.002)

def end(*_):
    signal.setitimer(signal.ITIMER_PROF, 0)
    main = str(threading.main_thread().native_id)
    for name, time in threads().items():
        kind = "loop" if name == main else "others"
        used[kind] = used.get(kind, 0) + time - before.get(name, time)

signal.signal(signal.SIGPROF, sample)
signal.signal(signal.SIGUSR1, begin)
signal.signal(signal.SIGUSR2, end)
atexit.register(lambda: Path(result).write_text(json.dumps({"used": used, "found": found})))
sys.argv[:] = ["flowhook", "serve", "--config", config]
from flowhook.cli import cli
cli(prog_name="flowhook")
"""
LEAST_SHARE = 0.004  #: of all, to be shown
_ROOMS_OF_TWO = frozenset({"runtime", "web", "engine", "storage"})  #: rooms that are shown floor by floor


def main() -> None:
    """Load a server, print where its time went, and keep it for ``report.py``."""
    arguments = _arguments()
    facts = machine()
    result = asyncio.run(_measure(arguments)).to_json()
    report = {
        "machine": facts,
        "loadAfter": load_average(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "results": [result],
    }
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n")
    print(table(report, result))


async def _measure(arguments: argparse.Namespace) -> Result:
    stay_on(OTHER_CORE)
    began, receiver = time.perf_counter(), Receiver()
    port = await receiver.start()
    with tempfile.TemporaryDirectory(prefix="flowhook-bench-") as place:
        directory = Path(place)
        project = Project(directory / "project", FIVE_NODES, port)
        kept = directory / "samples.json"
        command = [sys.executable, "-c", _BOOTSTRAP, str(kept), str(project.config)]
        cache = directory / "cache"
        bench = Bench(receiver, port, directory, cache, 1, arguments.messages, 1.0, None, _no_bar)
        async with AsyncExitStack() as stack:
            server: Server = await stack.enter_async_context(
                running(command, project.port, {"PYTHONPYCACHEPREFIX": str(cache)}, project.directory)
            )
            contestant = Contestant("flowhook", server, messages)
            await burst(bench, contestant, 0, bench.messages)  # warm
            server.process.send_signal(signal.SIGUSR1)
            await burst(bench, contestant, 1, bench.messages)
            server.process.send_signal(signal.SIGUSR2)
        report = json.loads(kept.read_text())
    used = {kind: nanoseconds / 1e3 / bench.messages for kind, nanoseconds in report["used"].items()}
    result = _result(report["found"], used["loop"], used.get("others", 0.0), arguments.lines)
    result.seconds = time.perf_counter() - began
    return result


def _result(samples: dict[str, int], loop_us: float, others_us: float, lines: bool) -> Result:
    """Return the parts of the processor time of a message, the largest first."""
    by_area: Counter[str] = Counter()
    for key, count in samples.items():
        file, function, line = key.split("|")
        by_area[f"{area_of(file)} {function}:{line}" if lines else area_of(file)] += count
    total = sum(by_area.values())
    parts = [
        (f"event loop: {area}", count / total * loop_us)
        for area, count in by_area.most_common()
        if count >= LEAST_SHARE * total
    ]
    whole = [("all of it", loop_us + others_us), ("SQLite's threads", others_us), ("event loop", loop_us)]
    shown = [Line(what, "µs", Spread.of([us])) for what, us in [*whole, *parts]]
    return Result("profile", f"Where the time of a message goes, {total} samples", shown)


def area_of(file: str) -> str:
    """Return what a file belongs to: a room, a library, or the standard library."""
    path = file.replace(os.sep, "/")
    if "/site-packages/" in path:
        return path.partition("/site-packages/")[2].partition("/")[0].removesuffix(".py")
    if "/flowhook/" in path:
        room, *rest = path.rpartition("/flowhook/")[2].split("/")
        deep = room in _ROOMS_OF_TWO and len(rest) > 1
        return f"flowhook/{room}/{rest[0]}" if deep else f"flowhook/{room.removesuffix('.py')}"
    if "/asyncio/" in path or path.endswith("selectors.py"):
        return "asyncio"
    return "standard library" if path.startswith("/") else "dataclasses, frozen modules"


def _no_bar(text: str, total: int) -> Callable[[int], None]:
    return lambda done: None


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--messages", type=int, default=20_000, help="of the run that is looked at")
    parser.add_argument("--json", metavar="FILE", help="for report.py")
    parser.add_argument("--lines", action="store_true", help="by line of code")
    return parser.parse_args()


if __name__ == "__main__":
    main()
