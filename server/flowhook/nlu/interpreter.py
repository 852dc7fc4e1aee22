"""Understands texts of one locale while one flow is in force."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flowhook.extraction.match import Context
from flowhook.model.understanding import Ranked, Slot, Understanding
from flowhook.nlu.dataset import REJECT, TrainedModel, TrainingSet
from flowhook.nlu.entities import SlotReader, shape
from flowhook.nlu.features import exact, features_of
from flowhook.nlu.sentence_types import answer_of, kind_of

SAME: Final = 1.0  #: the score of a sentence that is an example
SAME_SHAPE: Final = 0.95  #: of one that differs from an example in values of slots only
RANKED: Final = 10  #: intents that a ranking names
LEAST: Final = 0.001  #: a lower score is not worth naming
OWN: Final = 0.6  #: a child with this share of what its family has is meant itself


@dataclass(frozen=True, slots=True)
class IntentParent:
    """An intent's place in the hierarchy, by the key of :attr:`Lesson.examples`."""

    parent: str | None
    inherits: bool


class Interpreter:
    """Rankings, slots, kinds of sentences. ``learned`` comes from the same lesson."""

    def __init__(self, lesson: TrainingSet, learned: TrainedModel, kin: Mapping[str, IntentParent]) -> None:
        self.learned = learned
        self.digest = lesson.digest
        self._locale = lesson.locale
        self._slots = SlotReader(lesson.slots, lesson.locale)
        self._families = _families(kin)
        self._single = dict(enumerate(learned.classes))

    def read(self, text: str, now: datetime) -> Understanding:
        """What a text means, at a moment of the user's time zone."""
        found = self._slots.find(text, Context(self._locale, now))
        understanding = read_sentence(text, self._locale)
        understanding.found = found
        understanding.slots = understanding.wanted()
        if text.strip() and self.learned.classifier is not None:
            self._rank(understanding, text, found)
        return understanding

    def _rank(self, understanding: Understanding, text: str, found: Mapping[str, list[Slot]]) -> None:
        assert self.learned.classifier is not None
        judgement = self.learned.classifier.judge(features_of(text, found, many=self.learned.classifier.many))
        best = float(judgement.shares.max())
        scores = {
            self._single[number]: judgement.score * float(share) / best
            for number, share in enumerate(judgement.shares)
        }
        same = self._same(text, found)
        scores = self._with_families(scores)
        for name, score in same.items():
            scores[name] = score
        if judgement.strange and not same:
            understanding.rejected = bool(scores)
            return
        order = sorted(scores, key=lambda name: -scores[name])
        understanding.rejected = order[0] == REJECT
        understanding.ranking = [
            Ranked(name, scores[key], flow)
            for key in order[: RANKED + 1]
            if key != REJECT and scores[key] >= LEAST
            for flow, name in [_split(key)]
        ][:RANKED]
        if understanding.ranking and not understanding.rejected:
            first = understanding.ranking[0]
            understanding.intent, understanding.score = first.name, first.score

    def _same(self, text: str, found: Mapping[str, list[Slot]]) -> dict[str, float]:
        """Classes of which the text is an example, or one but for values of slots."""
        same = {name: SAME_SHAPE for name in self.learned.shapes.get(exact(shape(text, found)), ())}
        if not found:
            same = {}
        return same | {name: SAME for name in self.learned.exact.get(exact(text), ())}

    def _with_families(self, scores: dict[str, float]) -> dict[str, float]:
        """A parent that inherits has its children's scores, too. It is behind a child that has most of
        them: then the child itself is meant."""
        result = dict(scores)
        for parent, members in self._families.items():
            each = [scores[member] for member in members if member in scores]
            if not each:
                continue
            total = min(sum(each) + scores.get(parent, 0.0), 0.99)
            leads = max(each) >= OWN * total
            result[parent] = max(each) if leads else total
        return result


def read_sentence(text: str, locale: str) -> Understanding:
    """What can be said of a text without knowing any intent: the kind of sentence, yes or no."""
    answer = answer_of(text, locale) if text.strip() else None
    return Understanding(type=kind_of(text, locale, answer), answer=answer)


def _families(kin: Mapping[str, IntentParent]) -> dict[str, tuple[str, ...]]:
    """Each parent that inherits → all below it; deeper parents come first."""
    below: dict[str, list[str]] = {key: [] for key, each in kin.items() if each.inherits}
    for key in kin:
        for parent in _line(key, kin):
            if parent in below:
                below[parent].append(key)
    order = sorted(below, key=lambda key: -len(list(_line(key, kin))))
    return {key: tuple(below[key]) for key in order if below[key]}


def _line(key: str, kin: Mapping[str, IntentParent]) -> Iterable[str]:
    """The parents of an intent, nearest first; a circle ends where it closes."""
    seen = {key}
    parent = kin[key].parent
    while parent is not None and parent not in seen:
        yield parent
        seen.add(parent)
        parent = kin[parent].parent if parent in kin else None


def _split(key: str) -> tuple[str, str]:
    """``flow/name`` → flow and name; the flow in force is ""."""
    flow, _, name = key.rpartition("/")
    return flow, name
