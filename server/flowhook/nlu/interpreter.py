"""What a text means, for one locale while one flow is in force: intents, slots, kind of sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final

from flowhook.extraction.match import Context
from flowhook.model.understanding import Ranked, Slot, Understanding
from flowhook.nlu.bare_values import is_bare_value
from flowhook.nlu.dataset import REJECT, IntentParent, TrainedModel, TrainingSet
from flowhook.nlu.denial import Denial, DenialReader
from flowhook.nlu.entities import SlotReader
from flowhook.nlu.sentence_types import answer_of, kind_of
from flowhook.nlu.wishes import parts_of

if TYPE_CHECKING:
    from flowhook.nlu.encoder import SentenceEncoder
    from flowhook.nlu.ranker import IntentRanker, Scores

MAX_RANKED: Final = 10  #: intents that a ranking names
MIN_SCORE: Final = 0.001  #: a lower score is not worth naming
CLAUSE: Final = 0.7  #: of the score of one clause, where the others mean nothing
CLEAR: Final = (
    0.5  #: the score of a part of a text that is a wish of its own, and of what is left of a denial
)
#: The wish that is said first leads if it has, in the whole text, this share of what the likeliest has:
#: one story in two sentences is no two wishes.
LEADING_SHARE: Final = 0.001
#: With many sentences intents are each other's neighbours, and a part of a story often means the next one.
#: Sentences of a story make each other clearer, wishes blur each other: the first leads where the odds of the
#: likeliest are so much lower in the whole text than in its own part.
BLURRED: Final = 0.3

BARE: Final = 0.1  #: a lower score is none that anybody would take


class Interpreter:
    """Reads texts: ranks intents, finds slots, tells kinds of sentences apart. ``model`` was trained on
    the same training set."""

    def __init__(
        self,
        training_set: TrainingSet,
        model: TrainedModel,
        parents: Mapping[str, IntentParent],
        encoder: SentenceEncoder | None = None,
    ) -> None:
        self.model = model
        self.digest = training_set.digest
        self._locale = training_set.locale
        self._slots = SlotReader(training_set.slots, training_set.locale)
        self._ranker: IntentRanker | None = None
        if model.classifier is not None:
            from flowhook.nlu.ranker import IntentRanker  # numpy

            self._ranker = IntentRanker(training_set, model, model.classifier, parents, encoder)
            self._denials = DenialReader(training_set.examples, training_set.locale, self._ranker.light)

    def read(self, text: str, now: datetime) -> Understanding:
        """Return what a text means, at a moment of the user's time zone."""
        context = Context(self._locale, now)
        found = self._slots.find(text, context)
        understanding = read_sentence(text, self._locale)
        understanding.found = found
        understanding.slots = understanding.wanted()
        if text.strip() and self._ranker is not None:
            is_example = self._rank(self._ranker, understanding, text, found)
            if not is_example:
                self._refuse_bare_value(understanding, text, context)
        return understanding

    def _refuse_bare_value(self, understanding: Understanding, text: str, context: Context) -> None:
        """Let no intent win by "monday", unless the flow looks for such values, or has it for an example."""
        if (
            understanding.intent is not None
            and understanding.score >= BARE
            and not understanding.found
            and is_bare_value(text, context)
        ):
            understanding.intent, understanding.score, understanding.rejected = None, 0.0, True

    def _rank(
        self, ranker: IntentRanker, understanding: Understanding, text: str, found: Mapping[str, list[Slot]]
    ) -> bool:
        """Rank the intents; return whether the text is an example, or one but for values of slots."""
        whole = ranker.scores(text, found)
        if whole.is_unfamiliar:
            understanding.rejected = bool(whole.by_key)
            return False
        scores = dict(whole.by_key)
        if max(scores.values()) < 1.0:  # an example is what it is
            self._deny(ranker, understanding, text, found, scores)
            self._divide(ranker, understanding, text, found, scores)
        order = sorted(scores, key=lambda name: -scores[name])
        understanding.rejected = whole.rejected or not order or order[0] == REJECT
        understanding.ranking = _ranking(order, scores)
        if understanding.ranking and not understanding.rejected:
            first = understanding.ranking[0]
            understanding.intent, understanding.score = first.name, first.score
        return whole.is_example

    def _deny(
        self,
        ranker: IntentRanker,
        understanding: Understanding,
        text: str,
        found: Mapping[str, list[Slot]],
        scores: dict[str, float],
    ) -> None:
        """Take the intents that the text denies out of the scores; what is left of it may mean another."""
        denial = self._denials.read(text)
        if denial is None:
            return
        rest = ranker.scores(denial.rest, _within(found, denial.rest)) if denial.rest else None
        left = rest.counting(CLEAR) if rest is not None else None
        denied = [key for key in scores if key != left and self._denials.denies(denial, key)]
        if not denied:
            return
        best = max(scores, key=lambda key: scores[key])
        understanding.denied = [_split(key)[1] for key in denied]
        for key in denied:
            del scores[key]
        if best in denied or left is not None:
            self._rescore(denial, scores, rest if left is not None else None)

    def _rescore(self, denial: Denial, scores: dict[str, float], rest: Scores | None) -> None:
        """Of the intents that are left: those that deny the same themselves keep their scores, others have
        what the rest of the text gives them."""
        for key in scores:
            if not self._denials.is_negative(denial, key):
                scores[key] = rest.by_key.get(key, 0.0) if rest is not None else min(scores[key], 0.2)

    def _divide(
        self,
        ranker: IntentRanker,
        understanding: Understanding,
        text: str,
        found: Mapping[str, list[Slot]],
        scores: dict[str, float],
    ) -> None:
        """Note the intents of a text that says several wishes one after the other."""
        parts = parts_of(text, self._locale)
        if len(parts) < 2 or not scores or understanding.denied:
            return
        meant = self._meant(ranker, parts, found)
        best = max(scores, key=lambda key: scores[key])
        if len(meant) < 2:  # one clause says it, whatever stands in the others
            scores[best] = max(scores[best], CLAUSE * meant.get(best, 0.0))
            return
        if best not in meant and scores[best] >= CLEAR:
            return
        first = self._leading(ranker, scores, meant, best)
        others = [key for key in meant if key != first]
        top = max(scores[best], meant[first])
        scores.update({key: min(meant[key], top - MIN_SCORE) for key in others})
        scores[first] = top
        understanding.also = [
            Ranked(name, scores[key], flow) for key in others for flow, name in [_split(key)]
        ]

    def _leading(
        self, ranker: IntentRanker, scores: Mapping[str, float], meant: Mapping[str, float], best: str
    ) -> str:
        """Which of several intents wins: the first that is meant, unless the whole text speaks against it."""
        first = next(iter(meant))
        if best not in meant:
            return first
        leads = scores[first] >= LEADING_SHARE * scores[best]
        if ranker.many:
            leads = leads and _odds(scores[best]) <= BLURRED * _odds(meant[best])
        return first if leads else best

    def _meant(
        self, ranker: IntentRanker, parts: list[str], found: Mapping[str, list[Slot]]
    ) -> dict[str, float]:
        """The intents that parts of a text mean by themselves, in its order, with their scores."""
        meant: dict[str, float] = {}
        for part in parts:
            scores = ranker.scores(part, _within(found, part))
            key = scores.counting(CLEAR)
            if key is None or key == REJECT:
                continue
            denial = self._denials.read(part)
            if denial is None or not self._denials.denies(denial, key):
                meant[key] = max(scores.by_key[key], meant.get(key, 0.0))
        return meant


def read_sentence(text: str, locale: str) -> Understanding:
    """What can be said of a text without knowing any intent: the kind of sentence, yes or no."""
    answer = answer_of(text, locale) if text.strip() else None
    return Understanding(type=kind_of(text, locale, answer), answer=answer)


def _odds(score: float) -> float:
    """Of a score; those of an example are as good as infinite."""
    return score / max(1 - score, 1e-9)


def _ranking(order: list[str], scores: Mapping[str, float]) -> list[Ranked]:
    return [
        Ranked(name, scores[key], flow)
        for key in order[: MAX_RANKED + 1]
        if key != REJECT and scores[key] >= MIN_SCORE
        for flow, name in [_split(key)]
    ][:MAX_RANKED]


def _within(found: Mapping[str, list[Slot]], part: str) -> dict[str, list[Slot]]:
    """The slots whose values stand in a part of the text."""
    within = {name: [slot for slot in slots if slot.text in part] for name, slots in found.items()}
    return {name: slots for name, slots in within.items() if slots}


def _split(key: str) -> tuple[str, str]:
    """``flow/name`` → flow and name; the flow in force is ""."""
    flow, _, name = key.rpartition("/")
    return flow, name
