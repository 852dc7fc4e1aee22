"""The fault plan: kill -9 at every step, under load, and nothing is lost, doubled or out of order."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import Server, run
from .ledgers import Ledgers
from .mutants import MUTANTS

#: A step of the road, and at which of its passes the process is killed.
LABELS = [
    "fast.before_commit",
    "fast.after_commit",
    "accept.before_commit",
    "accept.after_commit",
    "turn.before_commit",
    "turn.after_commit",
    "turn.committed",
    "deliver.before_send",
    "deliver.sent",
    "deliver.before_mark",
    "deliver.after_mark",
    "resolve.before_commit",
    "resolve.after_commit",
]
#: Steps of the first start on an empty file, in the order in which they must strike.
FIRST = ["migrate.before_commit:1", "migrate.after_commit:1"]
SHORT = [*FIRST, *(f"{label}:7" for label in LABELS), "checkpoint:1"]
LONG = [
    *FIRST,
    *(f"{label}:{passes}" for passes in (1, 7, 40, 200) for label in LABELS),
    *["checkpoint:1"] * 4,
]


def report(server: Server, ledgers: Ledgers) -> str:
    """A table of figures."""
    promised = sum(len(messages) for messages in ledgers.promised.values())
    unique = sum(len({seen.sequence for seen in requests}) for requests in ledgers.seen.values())
    bad = sum(seen.answered != "200" for requests in ledgers.seen.values() for seen in requests)
    starts = sorted(server.starts)
    rows: list[tuple[str, object]] = [
        ("kills", server.deaths),
        *((f"  {manner}", count) for manner, count in sorted(server.figures.items())),
        ("posts", ledgers.posts),
        ("promised with 202", promised),
        ("outputs", unique),
        ("requests at the receiver", ledgers.requests()),
        ("  answered 500 or not at all", bad),
        ("  repeats beyond those", ledgers.requests() - unique - bad),
        ("calls of the flow", len(ledgers.calls)),
        ("  repeats", sum(ledgers.calls.values()) - len(ledgers.calls)),
        ("start, median and slowest", f"{starts[len(starts) // 2]:.2f} s, {starts[-1]:.2f} s"),
        ("drained in", f"{server.drained:.1f} s"),
        ("database", f"{server.database.stat().st_size / 1e6:.1f} MB"),
    ]
    return "\n".join(f"  {name:<34}{value}" for name, value in rows)


@pytest.mark.slow
@pytest.mark.timeout(7200)
async def test_nothing_is_lost_doubled_or_out_of_order(
    tmp_path: Path, long: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every 202 survives, state is applied once, order and bytes are kept, whatever dies when."""
    failpoints, kills, early = (LONG, 200, 40) if long else (SHORT, 3, 3)
    broken, server, ledgers = await run(
        tmp_path, seed=1, failpoints=failpoints, random_kills=kills, recovery_kills=early
    )
    with capsys.disabled():
        print(f"\n{'long' if long else 'short'} fault plan\n{report(server, ledgers)}")
    assert broken == [], server.log_tail()
    assert server.deaths >= len(failpoints) // 2 + kills


@pytest.mark.timeout(7200)
@pytest.mark.parametrize("mutant", sorted(MUTANTS))
async def test_a_broken_variant_is_caught(
    mutant: str, tmp_path: Path, long: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """The judge sees each of six deliberate mistakes."""
    broken, server, _ = await run(
        tmp_path, seed=2, failpoints=[], random_kills=40 if long else 8, mutant=mutant
    )
    with capsys.disabled():
        print(f"\n{mutant}: {server.deaths} kills → {'; '.join(broken[:2])}")
    assert broken, f"{mutant} was not caught"
