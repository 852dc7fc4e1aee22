"""How well small flows are understood: 3 to 25 intents with 5 to 15 examples each, drawn from a file.

Usage: python benchmarks/small_flows.py FILE [DRAWS] [SEED] [--encoder], where FILE holds sentences with their
intents, as `flowhook nlu evaluate` reads them (for BANKING77: train.csv). Prints one line for each flow, and
the means: right and wrong in scope, refused of the sentences of other intents and of everyday sentences, and
the balance, which is the mean of what should be.
"""

from __future__ import annotations

import sys
from pathlib import Path

from flowhook.builtin.evaluation.small_flows import Shares, SmallFlowsReport, drawn, measured
from flowhook.builtin.sentence_encoder import encoder_named
from flowhook.cli.nlu.example_files import read_examples
from flowhook.nlu.encoder import SentenceEncoder


def line(name: str, right: float, wrong: float, other: float, unrelated: float, balance: float) -> str:
    """One row of the table."""
    figures = (right, wrong, other, unrelated, balance)
    return f"{name:12}" + "".join(f"{figure:12.3f}" for figure in figures)


def row(shares: Shares) -> str:
    """One flow."""
    return line(
        f"{shares.intents} intents",
        shares.right,
        shares.wrong,
        shares.refused_other,
        shares.refused_unrelated,
        shares.balance,
    )


def main(file: Path, draws: int, seed: int, encoder: SentenceEncoder | None) -> None:
    """Everything, on stdout."""
    print(" " * 12 + "".join(f"{title:>12}" for title in ("right", "wrong", "other", "unrelated", "balance")))
    every = []
    for flow in drawn(read_examples(file), draws, seed):
        every.append(measured(flow, "en", 0.4, encoder))
        print(row(every[-1]), flush=True)
    report = SmallFlowsReport(tuple(every))
    names = ("right", "wrong", "refused_other", "refused_unrelated", "balance")
    print(line("mean", *(report.mean(name) for name in names)))
    print(f"spread of the balance (standard deviation): {report.to_json()['spread']:.3f}")


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if argument != "--encoder"]
    if not 1 <= len(arguments) <= 3:
        sys.exit(__doc__)
    draws, seed = ([int(number) for number in arguments[1:]] + [18, 0][len(arguments) - 1 :])[:2]
    main(Path(arguments[0]), draws, seed, encoder_named("multilingual" if "--encoder" in sys.argv else ""))
