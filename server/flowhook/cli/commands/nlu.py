"""``flowhook nlu``: how good the built-in understanding is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.console import bold, dim, good, json_option, print_json, progress, say, short, table
from flowhook.cli.nlu.example_files import Examples, read_examples
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.errors import FlowhookError

if TYPE_CHECKING:
    from flowhook.builtin.evaluation.report import Report, Subject
    from flowhook.nlu.encoder import SentenceEncoder
    from flowhook.nlu.evaluation import LabelledPrediction

FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
ENCODER = "multilingual"
WEAKEST = 10  #: intents that the report for people lists


@click.group("nlu")
def command() -> None:
    """Look at the built-in understanding."""


@command.command("evaluate")
@click.argument("file", type=FILE, required=False)
@click.option("--train", type=FILE, help="Learn from this file; FILE is what is asked.")
@click.option("--flow", metavar="NAME", help="Learn from the intents of this flow, with its slots.")
@click.option("--language", default=None, metavar="LOCALE", help="Default: all of the flow's, else en.")
@click.option("--confidence", type=click.FloatRange(0, 1), help="A score that counts.  [default: 0.4]")
@click.option(
    "--folds",
    type=click.IntRange(2, 20),
    default=5,
    show_default=True,
    help="Without a second file: in so many parts, each asked of a model that learned the others.",
)
@click.option(
    "--confusions", type=click.IntRange(min=0), default=10, show_default=True, help="How many to list."
)
@click.option("--encoder", is_flag=True, help="With the sentence encoder (the extra flowhook[encoder]).")
@json_option
@with_project
def evaluate(
    project: ProjectPath,
    file: Path | None,
    train: Path | None,
    flow: str | None,
    language: str | None,
    confidence: float | None,
    folds: int,
    confusions: int,
    encoder: bool,
    as_json: bool,
) -> None:
    """Measure how well intents are told apart.

    FILE holds sentences with their intents: CSV with the columns text and intent (or category), or a
    JSON or YAML mapping of intents to lists. Alone, FILE or the flow's own examples are cross-validated;
    with --train or --flow, FILE is asked of what was learned there. A flow is measured in each of its
    languages.
    """
    from flowhook.builtin.evaluation.report import DRAWS, Subject
    from flowhook.builtin.evaluation.report import evaluate as measure

    if train is not None and flow is not None:
        raise click.UsageError("--train and --flow exclude each other")
    if file is None and flow is None:
        raise click.UsageError("name a FILE, or a --flow")
    subjects: list[tuple[Examples, Subject]] = []
    if flow is not None:
        subjects = _of_flow(project, flow, language, confidence)
    elif source := train or file:
        usual = 0.4 if confidence is None else confidence
        subjects = [(read_examples(source), Subject(language or "en", confidence=usual))]
    if encoder:
        loaded = _encoder()
        subjects = [
            (examples, replace(subject, encoder=loaded, encoder_name=ENCODER))
            for examples, subject in subjects
        ]
    asked = read_examples(file) if file is not None and (train or flow) else None
    steps = len(subjects) * ((folds if asked is None else 1) + DRAWS + 3)
    with progress("learning", steps) as tell:
        reports = [
            (examples, measure(examples, asked, subject, parts=folds, tell=tell))
            for examples, subject in subjects
        ]
    if as_json:
        told = [_as_json(examples, report, confusions) for examples, report in reports]
        print_json(told[0] | ({"languages": {one["language"]: one for one in told}} if flow else {}))
        return
    for number, (examples, report) in enumerate(reports):
        if len(reports) > 1:
            say(("\n" if number else "") + bold(report.language))
        _show(report, confusions)
        _show_overlaps(examples)


def _as_json(examples: Examples, report: Report, most: int) -> dict[str, Any]:
    return report.to_json(most) | {"overlaps": [_overlap(overlap) for overlap in _overlaps(examples)]}


def _encoder() -> SentenceEncoder | None:
    from flowhook.builtin.sentence_encoder import EncoderMissing, encoder_named

    try:
        return encoder_named(ENCODER)
    except EncoderMissing as error:
        raise FlowhookError(str(error)) from error


def _of_flow(
    project: ProjectPath, name: str, language: str | None, confidence: float | None
) -> list[tuple[Examples, Subject]]:
    """The examples that compete while a flow is in force, and what goes with them, in each language."""
    from flowhook.cli.loading import find_flow, load_flows_of
    from flowhook.runtime.project.nlu_evaluation import evaluations_of

    flow = find_flow(project, name).flow
    assert flow is not None
    return evaluations_of(load_flows_of(project).library, flow.name, language, confidence)


# --- for people --------------------------------------------------------------------------------------


def _show(report: Report, most: int) -> None:
    from flowhook.builtin.evaluation.report import peak_memory
    from flowhook.nlu.evaluation import accuracy, by_intent, confusions, macro_f1

    way = f"in {report.folds} parts" if report.folds else f"{len(report.predictions):,} others asked"
    say(f"{report.intents} intents, {report.learned:,} sentences, {way}")
    right, wrong, refused = report.outcomes
    predictions = report.predictions
    _line("accuracy", good(f"{accuracy(predictions):.4f}"), f"macro F1 {macro_f1(predictions):.4f}")
    _line(f"at {report.confidence:g}", f"{right:.4f}", f"right, {wrong:.4f} wrong, {refused:.4f} refused")
    if report.ten:
        mean = sum(report.ten) / len(report.ten)
        spread = f"mean of {len(report.ten)} draws, {min(report.ten):.4f} to {max(report.ten):.4f}"
        _line("10 per intent", f"{mean:.4f}", spread)
    if report.scope is not None:
        scope = report.scope
        rest = f"AUROC; understood {scope.understood:.4f}, out of scope refused {scope.refused:.4f}"
        _line("out of scope", f"{scope.auroc:.4f}", f"{rest} ({report.held_out} intents left out)")
    refused_everyday, everyday = report.everyday
    _line("everyday", f"{refused_everyday}/{everyday}", "sentences that mean nothing here, refused")
    if report.small.draws:
        small = report.small.to_json()
        rest = (
            f"balance of {small['draws']} small flows: right {small['right']:.4f}, other intents refused "
            f"{small['refusedOther']:.4f}, unrelated {small['refusedUnrelated']:.4f}"
        )
        _line("small flows", f"{small['balance']:.4f}", rest)
    _line("message", f"{report.p50:.2f} ms", f"p50, {report.p99:.2f} ms p99")
    _line("training", f"{report.training:.2f} s", "")
    if report.costs is not None:
        costs = report.costs
        rest = f"in the background; the loop stood still {1000 * costs.longest:.0f} ms at the longest"
        _line("beside", f"{costs.training:.2f} s", f"{rest}, {1000 * costs.p99:.1f} ms p99")
        _line("warm start", f"{costs.warm:.2f} s", "what was learned before, from the disk")
    megabytes = report.memory / 1_000_000
    _line(
        "memory", f"{megabytes:.1f} MB", f"the model; {peak_memory() / 1_000_000:.0f} MB this process at most"
    )
    weak = sorted(by_intent(report.predictions).items(), key=lambda item: item[1].f1)
    rows = [
        (name, f"{quality.precision:.2f}", f"{quality.recall:.2f}", f"{quality.f1:.2f}", quality.count)
        for name, quality in weak[:WEAKEST]
        if quality.f1 < 1
    ]
    if rows:
        say()
        say(bold("The weakest intents"))
        table(("INTENT", "PRECISION", "RECALL", "F1", "TEXTS"), rows, empty="")
    near = report.near_misses[:most]
    _show_missed("Nearly won: one more example like these would do", near)
    far = [missed for missed in report.missed if missed not in report.near_misses]
    _show_missed("Won by no intent: examples like these are missing", far[:most])
    taken = confusions(report.predictions)[:most]
    if taken:
        say()
        say(bold("Taken for another"))
    for overlap in taken:
        say(f"{overlap.count:4d}  {overlap.wanted} → {overlap.got}")
        for text in overlap.texts:
            say(dim(f"        {short(text, 90)}"))


def _show_missed(title: str, missed: Sequence[LabelledPrediction]) -> None:
    if missed:
        say()
        say(bold(title))
        rows = [(f"{text.score:.2f}", text.wanted or "", short(text.text)) for text in missed]
        table(("SCORE", "INTENT", "TEXT"), rows, empty="")


def _line(name: str, value: str, rest: str) -> None:
    say(f"  {name.ljust(14)} {value}  {dim(rest)}".rstrip())


def _overlaps(examples: Examples) -> list[Any]:
    from flowhook.nlu.similarity import overlaps

    return list(overlaps(examples))


def _overlap(overlap: Any) -> dict[str, Any]:
    return {
        "intent": overlap.intent,
        "text": overlap.text,
        "other": overlap.other,
        "otherText": overlap.other_text,
        "likeness": overlap.similarity,
    }


def _show_overlaps(examples: Examples) -> None:
    found = _overlaps(examples)
    if not found:
        return
    say()
    say(bold("Nearly the same sentence in two intents"))
    for pair in found[:WEAKEST]:
        say(f"  {pair.intent}: {short(pair.text)}")
        say(f"  {pair.other}: {short(pair.other_text)}")
        say()
