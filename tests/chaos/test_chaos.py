"""The fault plan: kill -9 at every step, under load, and nothing is lost, doubled or out of order."""

from __future__ import annotations

from pathlib import Path

import pytest

from .harness import Server, run
from .ledgers import Ledgers
from .mutants import MUTANTS

#: A step of the road, and at which of its passes the process is killed.
LABELS = [
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
SHORT = [f"{label}:7" for label in LABELS]
LONG = [f"{label}:{passes}" for passes in (1, 7, 40, 200) for label in LABELS] + [
    "checkpoint:1",
    "checkpoint:2",
]


def report(server: Server, ledgers: Ledgers) -> str:
    """Figures for the long form."""
    promised = sum(len(messages) for messages in ledgers.promised.values())
    return (
        f"{server.deaths} kills, {ledgers.posts} posts, {promised} promised, {ledgers.requests()} deliveries,"
        f" start {sorted(server.starts)[len(server.starts) // 2]:.2f} s"
    )


@pytest.mark.timeout(1800)
async def test_nothing_is_lost_doubled_or_out_of_order(
    tmp_path: Path, long: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """Every 202 survives, state is applied once, order and bytes are kept, whatever dies when."""
    failpoints, kills = (LONG, 200) if long else (SHORT, 4)
    broken, server, ledgers = await run(tmp_path, seed=1, failpoints=failpoints, random_kills=kills)
    with capsys.disabled():
        print("\nchaos:", report(server, ledgers))
    assert broken == [], server.log_tail()
    assert server.deaths >= len(failpoints) // 2 + kills


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("mutant", sorted(MUTANTS))
async def test_a_broken_variant_is_caught(
    mutant: str, tmp_path: Path, long: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """The judge sees each of three deliberate mistakes."""
    broken, server, ledgers = await run(
        tmp_path, seed=2, failpoints=[], random_kills=40 if long else 8, mutant=mutant
    )
    with capsys.disabled():
        print(f"\n{mutant}:", report(server, ledgers), "→", broken[:2])
    assert broken, f"{mutant} was not caught"
