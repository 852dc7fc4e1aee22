"""How good and how fast the built-in understanding is, on data with train.csv and test.csv.

Usage: python benchmarks/nlu.py DIRECTORY [--encoder] [--speed], where train.csv and test.csv have the columns
text and category (BANKING77: https://github.com/PolyAI-LDN/task-specific-datasets). Prints what
docs/understanding.md quotes, and whether the goals for speed are reached; with --speed these alone.
"""

from __future__ import annotations

import platform
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

from flowhook.builtin.evaluation.costs import Costs, costs_of
from flowhook.builtin.evaluation.report import Subject, evaluate
from flowhook.builtin.sentence_encoder import encoder_named
from flowhook.cli.nlu.example_files import Examples, read_examples
from flowhook.nlu.dataset import TrainingSet, train
from flowhook.nlu.encoder import SentenceEncoder
from flowhook.nlu.evaluation import accuracy, macro_f1
from flowhook.nlu.interpreter import Interpreter
from flowhook.nlu.similarity import overlaps

#: The goals: milliseconds a message without and with the encoder, seconds, milliseconds.
MESSAGE, MESSAGE_ENCODED, MANY_SECONDS, WARM_SECONDS, STILL = 2.0, 6.0, 30.0, 0.5, 50.0
ASKED = 500  #: messages whose time is taken


def small(examples: Examples) -> Examples:
    """200 sentences of 20 intents."""
    return {name: texts[:10] for name, texts in list(examples.items())[:20]}


def message_times(learned: Examples, asked: list[str], encoder: SentenceEncoder | None) -> list[float]:
    """The milliseconds of each of these messages, read by a model of some examples: CPU time of this
    thread, as on a core with nothing else to do."""
    training_set = TrainingSet(learned)
    interpreter = Interpreter(training_set, train(training_set, encoder), {}, encoder)
    now, times = datetime.now(UTC), []
    for text in asked:
        began = time.thread_time()
        interpreter.read(text, now)
        times.append(1000 * (time.thread_time() - began))
    return times


def told(what: str, value: float, unit: str, goal: float) -> None:
    """One goal, and whether it is reached."""
    print(f"{what:46}{value:8.2f} {unit}   {'ok' if value <= goal else 'MISSED'}, at most {goal:g}")


def speed(learned: Examples, asked: Examples, encoder: SentenceEncoder | None) -> None:
    """The goals for speed, on stdout."""
    name = "multilingual" if encoder is not None else ""
    texts = [text for said in asked.values() for text in said][:ASKED]
    goal = MESSAGE_ENCODED if encoder is not None else MESSAGE
    for title, examples in (("200 sentences", small(learned)), ("all sentences", learned)):
        times = message_times(examples, texts, encoder)
        told(f"message, {title}: p50", quantiles(times, n=100)[49], "ms", goal)
        print(f"{'':46}{quantiles(times, n=100)[98]:8.2f} ms p99")
    few: Costs = costs_of(TrainingSet(small(learned), encoder=name))
    told("200 sentences, learned before", few.warm, "s ", WARM_SECONDS)
    told("200 sentences, learned anew", few.training, "s ", WARM_SECONDS)
    told("the loop stood still meanwhile, at the longest", 1000 * few.longest, "ms", STILL)
    many = costs_of(TrainingSet(learned, encoder=name))
    told(f"{sum(map(len, learned.values())):,} sentences, learned anew", many.training, "s ", MANY_SECONDS)
    print(f"{'the same, learned before':46}{many.warm:8.2f} s ")
    told("the loop stood still meanwhile, at the longest", 1000 * many.longest, "ms", STILL)
    print(f"{'':46}{1000 * many.p99:8.2f} ms p99")


def quality(learned: Examples, asked: Examples, encoder: SentenceEncoder | None) -> None:
    """How good it is, on stdout."""
    subject = Subject()
    if encoder is not None:
        subject = replace(subject, encoder=encoder, encoder_name="multilingual")
    report = evaluate(learned, asked, subject, tell=lambda what: print("…", what, file=sys.stderr))
    right, wrong, refused = report.outcomes
    print(f"learned             {report.learned} sentences, {report.intents} intents")
    print(f"accuracy            {accuracy(report.predictions):.4f} of {len(report.predictions)}")
    print(f"macro F1            {macro_f1(report.predictions):.4f}")
    print(f"at 0.4              {right:.4f} right, {wrong:.4f} wrong, {refused:.4f} refused")
    mean = sum(report.ten) / len(report.ten)
    print(f"10 per intent       {mean:.4f} ({min(report.ten):.4f} to {max(report.ten):.4f})")
    if report.scope is not None:
        scope = report.scope
        print(f"out of scope        AUROC {scope.auroc:.4f}, {report.held_out} intents left out")
        print(f"                    understood {scope.understood:.4f}, refused {scope.refused:.4f}")
    print(f"model               {report.memory / 1e6:.1f} MB")


def main(directory: Path, encoder: SentenceEncoder | None, *, only_speed: bool) -> None:
    """Everything, on stdout."""
    learned, asked = read_examples(directory / "train.csv"), read_examples(directory / "test.csv")
    print(f"{platform.machine()}, Python {platform.python_version()}, {platform.system()}")
    if not only_speed:
        quality(learned, asked, encoder)
    speed(learned, asked, encoder)
    began = time.perf_counter()
    found = overlaps(learned)
    print(f"overlaps            {len(found)}, found in {time.perf_counter() - began:.1f} s")


if __name__ == "__main__":
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
    if len(arguments) != 1:
        sys.exit(__doc__)
    named = "multilingual" if "--encoder" in sys.argv else ""
    main(Path(arguments[0]), encoder_named(named), only_speed="--speed" in sys.argv)
