"""``make bench``: everything that is measured, with the machine's noise shown.

    python benchmarks/run.py [--quick] [--only NAME]… [--skip NAME]… [--rounds N] [--beside PATH]
                             [--json FILE]

Exit code 1 when a goal was missed. ``--quick`` is for a look while working: its figures mean little.
``--beside`` names another checkout of flowhook, such as the worktree of an older commit, which is measured in
turns with this one. ``report.py`` writes the tables of docs/performance.md from the file of ``--json``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from contest import Bench
from end_to_end import end_to_end
from engine_alone import engine
from growth import flow_size, history, stored_sessions
from latency import latency
from life import recovery, start
from measure import Goal, Result, Spread
from processes import OTHER_CORE, load_average, machine, stay_on
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from traffic import Receiver
from transports import transports

BENCHES: dict[str, Callable[[Bench], Awaitable[Result]]] = {
    "end-to-end": end_to_end,
    "latency": latency,
    "engine": engine,
    "sessions": stored_sessions,
    "flow-size": flow_size,
    "history": history,
    "start": start,
    "recovery": recovery,
    "transports": transports,
}
ROUNDS, MESSAGES = 11, 3_000
QUICK_ROUNDS, QUICK_MESSAGES, QUICK_SCALE = 3, 1_000, 0.05

console = Console(width=None if sys.stdout.isatty() else 110)


def main() -> None:
    """Measure, show, and say whether the goals were reached."""
    arguments = _arguments()
    if not stay_on(OTHER_CORE):
        console.print("[yellow]One core only: server and load share it, so the figures are lower bounds.")
    facts = machine()
    console.print(f"[dim]{facts}")
    names = arguments.only or [name for name in BENCHES if name not in (arguments.skip or ())]
    results = asyncio.run(_measure(arguments, names, facts))
    for result in results:
        _show(result)
    console.print(f"[dim]load average after: {load_average()}")
    reached = all(goal.reached for result in results for goal in result.goals)
    sys.exit(not reached or len(results) < len(names))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="small and rough")
    parser.add_argument("--only", action="append", choices=BENCHES, metavar="NAME", help=", ".join(BENCHES))
    parser.add_argument("--skip", action="append", choices=BENCHES, metavar="NAME", help="all but these")
    parser.add_argument("--beside", type=Path, metavar="PATH", help="another checkout, measured in turns")
    parser.add_argument("--json", metavar="FILE", help="write all runs there")
    parser.add_argument("--rounds", type=int, help=f"runs of each, {ROUNDS} by default")
    return parser.parse_args()


async def _measure(arguments: argparse.Namespace, names: Iterable[str], facts: str) -> list[Result]:
    """Measure one after the other; what was measured is written at once. One that breaks ends none of the
    others."""
    receiver = Receiver()
    port = await receiver.start()
    results: list[Result] = []
    with _progress() as begin, _temporary() as cache:
        for name in names:
            with _temporary() as directory:
                bench = Bench(
                    receiver,
                    port,
                    directory,
                    cache,
                    arguments.rounds or (QUICK_ROUNDS if arguments.quick else ROUNDS),
                    QUICK_MESSAGES if arguments.quick else MESSAGES,
                    QUICK_SCALE if arguments.quick else 1.0,
                    arguments.beside and arguments.beside.absolute(),
                    begin,
                )
                began = time.perf_counter()
                try:
                    result = await BENCHES[name](bench)
                except Exception:
                    console.print_exception()
                    continue
                result.seconds = time.perf_counter() - began
                results.append(result)
                if arguments.json:
                    _write(arguments, results, facts)
    return results


def _write(arguments: argparse.Namespace, results: Sequence[Result], facts: str) -> None:
    report = {
        "machine": facts,
        "loadAfter": load_average(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "beside": str(arguments.beside) if arguments.beside else None,
        "results": [result.to_json() for result in results],
    }
    Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n")


@contextmanager
def _temporary() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="flowhook-bench-") as directory:
        yield Path(directory)


@contextmanager
def _progress() -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    # Redrawing takes time from the load generator: seldom, then.
    with Progress(*columns, console=console, refresh_per_second=1) as progress:

        def begin(text: str, total: int) -> Callable[[int], None]:
            task = progress.add_task(text, total=total)
            return lambda done: progress.advance(task, done)

        yield begin


def _show(result: Result) -> None:
    table = Table(title=f"{result.title} ({result.seconds:.0f} s)", title_justify="left", title_style="bold")
    for name in ("", "median", "±", "lowest", "highest", "goal"):
        table.add_column(name, justify="left" if not name else "right")
    for line in result.lines:
        table.add_row(line.what, *_figures(line.spread, line.digits, line.unit), "")
    for goal in result.goals:
        table.add_row(goal.what, *_figures(goal.spread, goal.digits, goal.unit), _bound(goal), style="bold")
    console.print(table)


def _bound(goal: Goal) -> str:
    if goal.bound is None:
        return ""
    mark = "[green]✓" if goal.reached else "[red]✗"
    return f"{'≥' if goal.at_least else '≤'} {goal.bound:,.{goal.digits}f} {mark}"


def _figures(spread: Spread, digits: int, unit: str) -> list[str]:
    shown = (spread.median, spread.deviation, min(spread.values), max(spread.values))
    median, *others = (f"{value:,.{digits}f}" for value in shown)
    return [f"{median} {unit}".strip(), *others]


if __name__ == "__main__":
    main()
