"""How good a model is: splits of examples, and measures of its predictions."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Examples = Mapping[str, Sequence[str]]  #: intent → sentences


@dataclass(frozen=True, slots=True)
class LabelledPrediction:
    """What a model made of one text. ``wanted`` is None for a text out of scope."""

    text: str
    wanted: str | None
    intent: str | None  #: the likeliest, whatever its score
    score: float = 0.0
    rejected: bool = False

    @property
    def right(self) -> bool:
        """Whether the likeliest intent is the wanted one."""
        return self.intent is not None and self.intent == self.wanted


@dataclass(frozen=True, slots=True)
class Measure:
    """One intent: ``precision`` is the share of texts given to it that are its own, ``recall`` the share
    of its own that were given to it."""

    precision: float
    recall: float
    count: int  #: texts that mean it

    @property
    def f1(self) -> float:
        """Their harmonic mean."""
        total = self.precision + self.recall
        return 2 * self.precision * self.recall / total if total else 0.0


@dataclass(frozen=True, slots=True)
class Confusion:
    """Two intents of which one was taken for the other."""

    wanted: str
    got: str
    count: int
    texts: list[str] = field(default_factory=list)


def accuracy(predictions: Sequence[LabelledPrediction]) -> float:
    """The share of texts whose likeliest intent is the wanted one."""
    return sum(prediction.right for prediction in predictions) / len(predictions) if predictions else 0.0


def by_intent(predictions: Sequence[LabelledPrediction]) -> dict[str, Measure]:
    """Each intent that is wanted or given."""
    wanted = Counter(prediction.wanted for prediction in predictions if prediction.wanted is not None)
    given = Counter(prediction.intent for prediction in predictions if prediction.intent is not None)
    right = Counter(prediction.wanted for prediction in predictions if prediction.right)
    return {
        name: Measure(
            right[name] / given[name] if given[name] else 0.0,
            right[name] / wanted[name] if wanted[name] else 0.0,
            wanted[name],
        )
        for name in sorted({*wanted, *given})
    }


def macro_f1(predictions: Sequence[LabelledPrediction]) -> float:
    """The mean of the F1 of all wanted intents: each counts the same, however many texts it has."""
    measures = [measure for measure in by_intent(predictions).values() if measure.count]
    return sum(measure.f1 for measure in measures) / len(measures) if measures else 0.0


def confusions(predictions: Sequence[LabelledPrediction], texts: int = 2) -> list[Confusion]:
    """Which intent was taken for which, most often first, with some of the texts."""
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for prediction in predictions:
        if prediction.wanted is not None and not prediction.right:
            found[prediction.wanted, prediction.intent or "(none)"].append(prediction.text)
    order = sorted(found.items(), key=lambda item: (-len(item[1]), item[0]))
    return [Confusion(wanted, got, len(said), said[:texts]) for (wanted, got), said in order]


@dataclass(frozen=True, slots=True)
class Scope:
    """How well what is meant is told from what is not known."""

    auroc: float  #: the chance that a text in scope scores higher than one out of scope
    understood: float  #: share of the texts in scope with the right intent and a score that counts
    refused: float  #: share of the texts out of scope with a score that does not count
    in_scope: int
    out_of_scope: int


def scope(predictions: Sequence[LabelledPrediction], confidence: float) -> Scope:
    """``answers`` hold texts in scope and, with ``wanted`` None, out of scope."""
    inside = [prediction for prediction in predictions if prediction.wanted is not None]
    outside = [prediction for prediction in predictions if prediction.wanted is None]
    understood = sum(prediction.right and _counts(prediction, confidence) for prediction in inside)
    refused = sum(not _counts(prediction, confidence) for prediction in outside)
    return Scope(
        auroc(
            [_effective(prediction) for prediction in inside],
            [_effective(prediction) for prediction in outside],
        ),
        understood / len(inside) if inside else 0.0,
        refused / len(outside) if outside else 0.0,
        len(inside),
        len(outside),
    )


def _effective(prediction: LabelledPrediction) -> float:
    return 0.0 if prediction.rejected else prediction.score


def _counts(prediction: LabelledPrediction, confidence: float) -> bool:
    return not prediction.rejected and prediction.score >= confidence


def auroc(high: Sequence[float], low: Sequence[float]) -> float:
    """The chance that one of ``high`` is above one of ``low``; a tie counts half. 0.5 without any."""
    if not high or not low:
        return 0.5
    ranked = sorted([*((score, 1) for score in high), *((score, 0) for score in low)])
    total, position = 0.0, 0
    while position < len(ranked):
        after = position
        while after < len(ranked) and ranked[after][0] == ranked[position][0]:
            after += 1
        rank = (position + 1 + after) / 2
        total += rank * sum(is_high for _, is_high in ranked[position:after])
        position = after
    return (total - len(high) * (len(high) + 1) / 2) / (len(high) * len(low))


# --- splits ------------------------------------------------------------------------------------------


def folds(examples: Examples, count: int, seed: int = 0) -> list[tuple[Examples, Examples]]:
    """``count`` pairs of what to learn and what to ask; each sentence is asked once. The sentences of
    an intent with only one are learned always and never asked."""
    chance = random.Random(seed)
    parts: list[dict[str, list[str]]] = [{} for _ in range(count)]
    alone: dict[str, list[str]] = {}
    for name, texts in examples.items():
        mixed = list(texts)
        chance.shuffle(mixed)
        if len(mixed) < 2:
            alone[name] = mixed
            continue
        offset = chance.randrange(count)
        for position, text in enumerate(mixed):
            parts[(position + offset) % count].setdefault(name, []).append(text)
    pairs: list[tuple[Examples, Examples]] = []
    for number, asked in enumerate(parts):
        learned: dict[str, list[str]] = {name: list(alone.get(name, ())) for name in examples}
        for other, part in enumerate(parts):
            if other != number:
                for name, texts in part.items():
                    learned[name] += texts
        pairs.append((learned, asked))
    return pairs


def few(examples: Examples, count: int, seed: int) -> tuple[Examples, Examples]:
    """At most ``count`` sentences of each intent, drawn by chance, and the rest."""
    chance = random.Random(seed)
    drawn: dict[str, list[str]] = {}
    rest: dict[str, list[str]] = {}
    for name, texts in examples.items():
        mixed = list(texts)
        chance.shuffle(mixed)
        drawn[name], rest[name] = mixed[:count], mixed[count:]
    return drawn, rest


def without_some(examples: Examples, share: float, seed: int) -> tuple[Examples, frozenset[str]]:
    """The examples without a share of the intents (at least one), and the names of those."""
    names = sorted(examples)
    held_out = frozenset(random.Random(seed).sample(names, max(1, round(share * len(names)))))
    return {name: texts for name, texts in examples.items() if name not in held_out}, held_out


def as_json(value: Any) -> Any:
    """A number as reports show it."""
    return round(value, 4) if isinstance(value, float) else value
