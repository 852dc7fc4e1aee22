"""Random mistakes in the shipped flows: a hundred or four; ``benchmarks/mutations.py`` makes ten thousand."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from tests.machine import examples

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_mistakes_never_crash_the_checker_and_are_told_where_they_are() -> None:
    """No crash, no hang; nearly every problem stands on the line that was changed, or refers to it."""
    mutations = runpy.run_path(str(ROOT / "benchmarks" / "mutations.py"), run_name="mutations")
    outcome = mutations["mutate"](ROOT / "flows", examples(400), seed=20261121)
    assert outcome.crashes == []
    assert outcome.hangs == []
    assert outcome.count == examples(400)
    assert outcome.share("line", "refers") > 0.85
    assert outcome.share("elsewhere") < 0.05
