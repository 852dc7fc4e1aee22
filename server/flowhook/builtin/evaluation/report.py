"""Trains and asks the built-in understanding, and takes the time."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib import import_module
from statistics import fmean, quantiles
from typing import Any, Final

from flowhook.builtin.evaluation.costs import Costs, costs_of
from flowhook.builtin.evaluation.everyday import EVERYDAY
from flowhook.builtin.evaluation.small_flows import SmallFlowsReport, small_flows
from flowhook.i18n.normalize import language
from flowhook.nlu.dataset import REJECT, IntentParent, TrainingSet, train
from flowhook.nlu.encoder import SentenceEncoder
from flowhook.nlu.evaluation import (
    Examples,
    LabelledPrediction,
    Scope,
    accuracy,
    by_intent,
    confusions,
    few,
    folds,
    macro_f1,
    scope,
    without_some,
)
from flowhook.nlu.interpreter import Interpreter

TEN: Final = 10
DRAWS: Final = 5
SMALL_DRAWS: Final = 6  #: small flows that are drawn
STRANGERS: Final = "\0everyday"  #: the key of sentences that no intent means
LEFT_OUT: Final = 0.2  #: share of the intents that are taken out to see whether their texts are refused
Tell = Callable[[str], None]  #: told what is done next


def _silent(_: str) -> None:
    """Nobody is told."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What a model is made of besides the examples."""

    locale: str = "en"
    slots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    parents: Mapping[str, IntentParent] = field(default_factory=dict)
    reject: Sequence[str] = ()
    confidence: float = 0.4
    encoder: SentenceEncoder | None = None
    encoder_name: str = ""  #: the name of it in a configuration


@dataclass(slots=True)
class Report:
    """All that was measured. Times are in seconds, those of messages in milliseconds."""

    intents: int
    learned: int  #: sentences
    predictions: list[LabelledPrediction]
    training: float
    memory: int  #: bytes of the model
    times: list[float]
    confidence: float
    ten: list[float] = field(default_factory=list)  #: accuracy with ten examples per intent, by draw
    scope: Scope | None = None
    held_out: int = 0  #: intents
    folds: int = 0  #: 0: asked what was not learned from another file
    everyday: tuple[int, int] = (0, 0)  #: everyday sentences that are refused, of so many
    small: SmallFlowsReport = field(default_factory=SmallFlowsReport)  #: of flows drawn from the examples
    costs: Costs | None = None
    language: str = ""

    @property
    def p50(self) -> float:
        """Half of the messages take less."""
        return self._quantile(50)

    @property
    def p99(self) -> float:
        """One in a hundred takes more."""
        return self._quantile(99)

    @property
    def missed(self) -> list[LabelledPrediction]:
        """The texts that no intent won, the most promising first: what is like them is missing."""
        lost = [
            prediction
            for prediction in self.predictions
            if prediction.wanted is not None and (prediction.rejected or prediction.score < self.confidence)
        ]
        return sorted(lost, key=lambda prediction: -prediction.score)

    @property
    def near_misses(self) -> list[LabelledPrediction]:
        """Of the missed texts those that the right intent nearly won: one more example like them would do."""
        return [
            prediction
            for prediction in self.missed
            if prediction.right and not prediction.rejected and prediction.score >= self.confidence / 2
        ]

    def _quantile(self, percent: int) -> float:
        if len(self.times) < 2:
            return self.times[0] if self.times else 0.0
        return quantiles(self.times, n=100, method="inclusive")[percent - 1]

    @property
    def outcomes(self) -> tuple[float, float, float]:
        """Shares of the texts that were understood rightly, wrongly, and not at all, at the confidence."""
        counting = [
            prediction
            for prediction in self.predictions
            if prediction.score >= self.confidence and not prediction.rejected
        ]
        total = max(1, len(self.predictions))
        right = sum(prediction.right for prediction in counting)
        return right / total, (len(counting) - right) / total, 1 - len(counting) / total

    def to_json(self, most: int) -> dict[str, Any]:
        """For programs; ``most`` confusions."""
        right, wrong, refused = self.outcomes
        return {
            "language": self.language,
            "intents": self.intents,
            "sentences": {"learned": self.learned, "asked": len(self.predictions)},
            "folds": self.folds or None,
            "accuracy": round(accuracy(self.predictions), 4),
            "macroF1": round(macro_f1(self.predictions), 4),
            "atConfidence": {
                "confidence": self.confidence,
                "right": round(right, 4),
                "wrong": round(wrong, 4),
                "refused": round(refused, 4),
            },
            "tenExamples": {
                "mean": round(fmean(self.ten), 4),
                "draws": [round(share, 4) for share in self.ten],
            }
            if self.ten
            else None,
            "outOfScope": {
                "intentsLeftOut": self.held_out,
                "auroc": round(self.scope.auroc, 4),
                "understood": round(self.scope.understood, 4),
                "refused": round(self.scope.refused, 4),
            }
            if self.scope is not None
            else None,
            "everyday": {"refused": self.everyday[0], "asked": self.everyday[1]},
            "smallFlows": self.small.to_json() if self.small.draws else None,
            "missed": [_missed(missed) for missed in self.missed[:most]],
            "nearMisses": [_missed(missed) for missed in self.near_misses[:most]],
            "msPerMessage": {"p50": round(self.p50, 3), "p99": round(self.p99, 3)},
            "trainingSeconds": round(self.training, 3),
            "costs": self.costs.to_json() if self.costs is not None else None,
            "memory": {"model": self.memory, "peak": peak_memory()},
            "byIntent": {
                name: {
                    "precision": round(quality.precision, 4),
                    "recall": round(quality.recall, 4),
                    "f1": round(quality.f1, 4),
                    "count": quality.count,
                }
                for name, quality in by_intent(self.predictions).items()
            },
            "confusions": [
                {
                    "wanted": confusion.wanted,
                    "got": confusion.got,
                    "count": confusion.count,
                    "texts": confusion.texts,
                }
                for confusion in confusions(self.predictions)[:most]
            ],
        }


def _missed(prediction: LabelledPrediction) -> dict[str, Any]:
    return {
        "text": prediction.text,
        "wanted": prediction.wanted,
        "likeliest": prediction.intent,
        "score": round(prediction.score, 4),
    }


def evaluate(
    learned: Examples,
    asked: Examples | None,
    subject: Subject,
    *,
    parts: int = 5,
    tell: Tell = _silent,
) -> Report:
    """Measure everything. Without ``asked`` the examples are cross-validated in so many ``parts``."""
    import_module("flowhook.nlu.classifier")  # loading numpy is not learning
    report = _cross_validated(learned, subject, parts, tell) if asked is None else None
    if report is None:
        assert asked is not None
        tell(f"learning {_count(learned)} sentences")
        report = _asked(learned, asked, subject)
    _ten_examples(report, learned, asked, subject, tell)
    _out_of_scope(report, learned, asked, subject, parts, tell)
    tell("everyday sentences, and small flows")
    texts = EVERYDAY.get(language(subject.locale), EVERYDAY["en"])
    strangers = _asked(learned, {STRANGERS: texts}, subject, frozenset([STRANGERS])).predictions
    won = sum(not stranger.rejected and stranger.score >= subject.confidence for stranger in strangers)
    report.everyday = (len(strangers) - won, len(strangers))
    report.small = small_flows(
        learned,
        draws=SMALL_DRAWS,
        locale=subject.locale,
        confidence=subject.confidence,
        encoder=subject.encoder,
    )
    tell("what learning costs")
    examples = dict(learned) | ({REJECT: subject.reject} if subject.reject else {})
    report.costs = costs_of(TrainingSet(examples, subject.slots, subject.locale, subject.encoder_name))
    report.language = subject.locale
    return report


def _asked(
    learned: Examples, asked: Examples, subject: Subject, unknown: frozenset[str] = frozenset()
) -> Report:
    """One model, asked once. ``unknown`` intents are out of scope."""
    examples = dict(learned) | ({REJECT: subject.reject} if subject.reject else {})
    training_set = TrainingSet(examples, subject.slots, subject.locale)
    began = time.perf_counter()
    model = train(training_set, subject.encoder)
    training = time.perf_counter() - began
    parents = {name: parent for name, parent in subject.parents.items() if name in learned}
    interpreter = Interpreter(training_set, model, parents, subject.encoder)
    report = Report(len(learned), _count(learned), [], training, model.size, [], subject.confidence)
    now = datetime.now(UTC)
    for intent, texts in asked.items():
        for text in texts:
            began = time.perf_counter()
            understanding = interpreter.read(text, now)
            report.times.append((time.perf_counter() - began) * 1000)
            first = understanding.ranking[0] if understanding.ranking else None
            report.predictions.append(
                LabelledPrediction(
                    text,
                    None if intent in unknown else intent,
                    (f"{first.flow}/{first.name}" if first.flow else first.name) if first else None,
                    first.score if first else 0.0,
                    understanding.rejected,
                )
            )
    return report


def _cross_validated(examples: Examples, subject: Subject, parts: int, tell: Tell) -> Report:
    whole: Report | None = None
    for number, (learned, asked) in enumerate(folds(examples, parts), 1):
        tell(f"part {number} of {parts}")
        part = _asked(learned, asked, subject)
        if whole is None:
            whole = part
        else:
            whole.predictions += part.predictions
            whole.times += part.times
            whole.training = max(whole.training, part.training)
    assert whole is not None
    whole.folds, whole.learned = parts, _count(examples)
    return whole


def _ten_examples(
    report: Report, learned: Examples, asked: Examples | None, subject: Subject, tell: Tell
) -> None:
    if len(learned) < 2 or not any(len(texts) > TEN for texts in learned.values()):
        return
    for draw in range(DRAWS):
        tell(f"{TEN} examples per intent, draw {draw + 1} of {DRAWS}")
        some, rest = few(learned, TEN, draw)
        report.ten.append(accuracy(_asked(some, asked if asked is not None else rest, subject).predictions))


def _out_of_scope(
    report: Report, learned: Examples, asked: Examples | None, subject: Subject, parts: int, tell: Tell
) -> None:
    if len(learned) < 4:
        return
    tell("texts out of scope")
    if asked is None:
        learned, asked = folds(learned, parts)[0]
    rest, held_out = without_some(learned, LEFT_OUT, 0)
    report.held_out = len(held_out)
    predictions = _asked(rest, asked, subject, held_out).predictions
    if any(prediction.wanted is None for prediction in predictions):
        report.scope = scope(predictions, subject.confidence)


def _count(examples: Examples) -> int:
    return sum(map(len, examples.values()))


def peak_memory() -> int:
    """The most bytes that this process ever took."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
