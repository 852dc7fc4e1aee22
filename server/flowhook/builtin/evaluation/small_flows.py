"""How well small flows are understood: few intents with few examples, as most flows have.

Flows are drawn from sentences with their intents. Each is asked three kinds of texts: further sentences of
its intents, sentences of intents that it does not have, and everyday sentences that mean nothing to it.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import fmean, pstdev
from typing import Any, Final

from flowhook.builtin.evaluation.everyday import EVERYDAY
from flowhook.i18n.normalize import language
from flowhook.nlu.dataset import TrainingSet, train
from flowhook.nlu.encoder import SentenceEncoder
from flowhook.nlu.evaluation import Examples
from flowhook.nlu.interpreter import Interpreter

SIZES: Final = (3, 5, 8, 12, 18, 25)  #: intents of the flows that are drawn, in turn
FEWEST, MOST = 5, 15  #: examples of an intent
ASKED: Final = 100  #: sentences of each kind that one flow is asked
_NOW: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class SmallFlow:
    """One flow that was drawn, and what it is asked."""

    examples: Examples
    inside: Sequence[tuple[str, str]]  #: text and intent
    other: Sequence[str]  #: of intents that the flow does not have


@dataclass(frozen=True, slots=True)
class Shares:
    """What became of the texts of one flow, in shares."""

    intents: int
    right: float
    wrong: float
    refused_other: float  #: of the sentences of other intents
    refused_unrelated: float  #: of the everyday sentences

    @property
    def balance(self) -> float:
        """The mean of what should be: understood rightly, and refused, both kinds of it."""
        return (self.right + self.refused_other + self.refused_unrelated) / 3


@dataclass(frozen=True, slots=True)
class SmallFlowsReport:
    """The shares of all flows that were drawn."""

    draws: Sequence[Shares] = field(default_factory=tuple)

    def mean(self, name: str) -> float:
        """The mean of one share over the flows."""
        return fmean(getattr(shares, name) for shares in self.draws)

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        balances = [shares.balance for shares in self.draws]
        return {
            "draws": len(self.draws),
            "right": round(self.mean("right"), 4),
            "wrong": round(self.mean("wrong"), 4),
            "refusedOther": round(self.mean("refused_other"), 4),
            "refusedUnrelated": round(self.mean("refused_unrelated"), 4),
            "balance": round(fmean(balances), 4),
            "spread": round(pstdev(balances), 4),
        }


def drawn(examples: Examples, draws: int, seed: int = 0, sizes: Sequence[int] = SIZES) -> Iterator[SmallFlow]:
    """Flows from sentences by intent; the same seed draws the same ones. Intents with too few sentences are
    left out; a flow never has all intents, so that there are others."""
    chance = random.Random(seed)
    enough = {intent: list(texts) for intent, texts in examples.items() if len(texts) > FEWEST}
    for number in range(draws):
        size = min(sizes[number % len(sizes)], len(enough) - 1)
        if size < 2:
            return
        names = chance.sample(sorted(enough), size)
        learned: dict[str, list[str]] = {}
        inside: list[tuple[str, str]] = []
        for name in names:
            count = min(chance.randint(FEWEST, MOST), len(enough[name]) - 1)
            texts = chance.sample(enough[name], min(len(enough[name]), count + max(1, ASKED // size)))
            learned[name] = texts[:count]
            inside += [(text, name) for text in texts[count:]]
        others = sorted(enough.keys() - learned.keys())
        other = [chance.choice(enough[chance.choice(others)]) for _ in range(ASKED)]
        yield SmallFlow(learned, inside, other)


def measured(
    flow: SmallFlow, locale: str, confidence: float, encoder: SentenceEncoder | None = None
) -> Shares:
    """What one flow makes of what it is asked."""
    training_set = TrainingSet(flow.examples, {}, locale)
    interpreter = Interpreter(training_set, train(training_set, encoder), {}, encoder)

    def won(text: str) -> str | None:
        understanding = interpreter.read(text, _NOW)
        return understanding.intent if understanding.score >= confidence else None

    inside = [(won(text), intent) for text, intent in flow.inside]
    unrelated = EVERYDAY.get(language(locale), EVERYDAY["en"])
    return Shares(
        len(flow.examples),
        fmean(got == wanted for got, wanted in inside),
        fmean(got not in (None, wanted) for got, wanted in inside),
        fmean(won(text) is None for text in flow.other),
        fmean(won(text) is None for text in unrelated),
    )


def small_flows(
    examples: Examples,
    *,
    draws: int,
    locale: str = "en",
    confidence: float = 0.4,
    seed: int = 0,
    encoder: SentenceEncoder | None = None,
) -> SmallFlowsReport:
    """Draw small flows and measure each. Without enough intents the report has no draws."""
    return SmallFlowsReport(
        tuple(measured(flow, locale, confidence, encoder) for flow in drawn(examples, draws, seed))
    )
