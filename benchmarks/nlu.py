"""How good and how fast the built-in understanding is, on data with train.csv and test.csv.

Usage: python benchmarks/nlu.py DIRECTORY, where train.csv and test.csv have the columns text and category
(BANKING77: https://github.com/PolyAI-LDN/task-specific-datasets). Prints what docs/understanding.md
quotes; also how long the event loop stands still while a server learns all sentences anew.
"""

from __future__ import annotations

import asyncio
import platform
import sys
import time
from pathlib import Path

from flowhook.builtin.nlu_training import train_in_background
from flowhook.cli.nlu.evaluation import Subject, evaluate
from flowhook.cli.nlu.example_files import Examples, read_examples
from flowhook.nlu.dataset import TrainingSet, train
from flowhook.nlu.evaluation import accuracy, macro_f1
from flowhook.nlu.similarity import overlaps


def small(examples: Examples) -> float:
    """Seconds to learn 200 sentences of 20 intents."""
    lesson = TrainingSet({name: texts[:10] for name, texts in list(examples.items())[:20]})
    train(lesson)
    began = time.perf_counter()
    train(lesson)
    return time.perf_counter() - began


async def stalls(examples: Examples) -> tuple[float, float, float]:
    """Seconds that learning in another process took, and how long the event loop stood still meanwhile:
    at the longest, and the 99th percentile."""
    training = asyncio.ensure_future(train_in_background(TrainingSet(examples)))
    began = last = time.perf_counter()
    gaps: list[float] = []
    while not training.done():
        await asyncio.sleep(0.001)
        now = time.perf_counter()
        gaps.append(now - last - 0.001)
        last = now
    training.result()
    return time.perf_counter() - began, max(gaps), sorted(gaps)[int(len(gaps) * 0.99)]


def main(directory: Path) -> None:
    """Everything, on stdout."""
    learned, asked = read_examples(directory / "train.csv"), read_examples(directory / "test.csv")
    print(f"{platform.machine()}, Python {platform.python_version()}, {platform.system()}")
    report = evaluate(learned, asked, Subject(), tell=lambda what: print("…", what, file=sys.stderr))
    right, wrong, refused = report.outcomes
    print(f"learned             {report.learned} sentences, {report.intents} intents")
    print(f"accuracy            {accuracy(report.predictions):.4f} of {len(report.answers)}")
    print(f"macro F1            {macro_f1(report.predictions):.4f}")
    print(f"at 0.4              {right:.4f} right, {wrong:.4f} wrong, {refused:.4f} refused")
    mean = sum(report.ten) / len(report.ten)
    print(f"10 per intent       {mean:.4f} ({min(report.ten):.4f} to {max(report.ten):.4f})")
    if report.scope is not None:
        scope = report.scope
        print(f"out of scope        AUROC {scope.auroc:.4f}, {report.held_out} intents left out")
        print(f"                    understood {scope.understood:.4f}, refused {scope.refused:.4f}")
    print(f"message             {report.p50:.2f} ms p50, {report.p99:.2f} ms p99")
    print(f"training            {report.training:.1f} s; {1000 * small(learned):.0f} ms for 200 sentences")
    print(f"model               {report.memory / 1e6:.1f} MB")
    took, longest, usual = asyncio.run(stalls(learned))
    print(f"beside the server   {took:.1f} s; the loop stood still {1000 * longest:.0f} ms at the longest,")
    print(f"                    {1000 * usual:.1f} ms at the 99th percentile")
    began = time.perf_counter()
    found = overlaps(learned)
    print(f"overlaps            {len(found)}, found in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
