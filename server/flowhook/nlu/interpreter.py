"""What a text means, for one locale while one flow is in force: intents, slots, kind of sentence."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final

from flowhook.extraction.match import Context
from flowhook.model.understanding import Ranked, Slot, Understanding
from flowhook.nlu.dataset import REJECT, TrainedModel, TrainingSet
from flowhook.nlu.entities import SlotReader, shape
from flowhook.nlu.features import exact, features_of, words_of
from flowhook.nlu.sentence_types import answer_of, kind_of
from flowhook.nlu.spelling import Speller

if TYPE_CHECKING:
    from flowhook.nlu.small_talk import SmallTalkFilter

EXACT_SCORE: Final = 1.0  #: the score of a sentence that is an example
SHAPE_SCORE: Final = 0.95  #: of one that differs from an example in values of slots only
MAX_RANKED: Final = 10  #: intents that a ranking names
MIN_SCORE: Final = 0.001  #: a lower score is not worth naming
CHILD_SHARE: Final = 0.6  #: a child with this share of what its family has is meant itself


@dataclass(frozen=True, slots=True)
class IntentParent:
    """An intent's place in the hierarchy, by the key of :attr:`TrainingSet.examples`."""

    parent: str | None
    inherits: bool


class Interpreter:
    """Reads texts: ranks intents, finds slots, tells kinds of sentences apart. ``model`` was trained on
    the same training set."""

    def __init__(
        self, training_set: TrainingSet, model: TrainedModel, parents: Mapping[str, IntentParent]
    ) -> None:
        self.model = model
        self.digest = training_set.digest
        self._locale = training_set.locale
        self._slots = SlotReader(training_set.slots, training_set.locale)
        self._families = _families(parents)
        self._class_names = dict(enumerate(model.classes))
        self._small_talk: SmallTalkFilter | None = None
        self._speller: Speller | None = None
        if model.classifier is not None:
            from flowhook.nlu.small_talk import small_talk_of  # numpy

            texts = [text for texts in training_set.examples.values() for text in texts]
            talk = small_talk_of(training_set.locale)
            self._small_talk = talk.unwanted(texts)
            if not model.classifier.many:
                words = (word for text in texts for word in words_of(text))
                self._speller = Speller(words, talk.ordinary)

    def read(self, text: str, now: datetime) -> Understanding:
        """Return what a text means, at a moment of the user's time zone."""
        found = self._slots.find(text, Context(self._locale, now))
        understanding = read_sentence(text, self._locale)
        understanding.found = found
        understanding.slots = understanding.wanted()
        if text.strip() and self.model.classifier is not None:
            self._rank(understanding, text, found)
        return understanding

    def _rank(self, understanding: Understanding, text: str, found: Mapping[str, list[Slot]]) -> None:
        classifier, small_talk = self.model.classifier, self._small_talk
        assert classifier is not None
        assert small_talk is not None
        mended = " ".join(self._speller.mended(words_of(text))) if self._speller is not None else text
        features = features_of(mended, found, many=classifier.many)
        content = _without_values(small_talk.content(mended), found)
        prediction = classifier.predict(features, content, small_talk.similarity(features))
        best = float(prediction.probabilities.max())
        scores = {
            self._class_names[number]: prediction.score * float(probability) / best
            for number, probability in enumerate(prediction.probabilities)
        }
        exact_scores = self._exact_scores(text, found)
        scores = self._with_families(scores)
        for name, score in exact_scores.items():
            scores[name] = score
        if prediction.is_unfamiliar and not exact_scores:
            understanding.rejected = bool(scores)
            return
        if small_talk.is_phrase(text) and not exact_scores:
            understanding.rejected = True
        order = sorted(scores, key=lambda name: -scores[name])
        understanding.rejected = understanding.rejected or order[0] == REJECT
        understanding.ranking = [
            Ranked(name, scores[key], flow)
            for key in order[: MAX_RANKED + 1]
            if key != REJECT and scores[key] >= MIN_SCORE
            for flow, name in [_split(key)]
        ][:MAX_RANKED]
        if understanding.ranking and not understanding.rejected:
            first = understanding.ranking[0]
            understanding.intent, understanding.score = first.name, first.score

    def _exact_scores(self, text: str, found: Mapping[str, list[Slot]]) -> dict[str, float]:
        """Classes of which the text is an example, or one but for values of slots."""
        exact_scores = {name: SHAPE_SCORE for name in self.model.shapes.get(exact(shape(text, found)), ())}
        if not found:
            exact_scores = {}
        return exact_scores | {name: EXACT_SCORE for name in self.model.exact.get(exact(text), ())}

    def _with_families(self, scores: dict[str, float]) -> dict[str, float]:
        """A parent that inherits has its children's scores, too. It is behind a child that has most of
        them: then the child itself is meant."""
        result = dict(scores)
        for parent, members in self._families.items():
            children = [scores[member] for member in members if member in scores]
            if not children:
                continue
            total = min(sum(children) + scores.get(parent, 0.0), 0.99)
            leads = max(children) >= CHILD_SHARE * total
            result[parent] = max(children) if leads else total
        return result


def read_sentence(text: str, locale: str) -> Understanding:
    """What can be said of a text without knowing any intent: the kind of sentence, yes or no."""
    answer = answer_of(text, locale) if text.strip() else None
    return Understanding(type=kind_of(text, locale, answer), answer=answer)


def _without_values(words: list[str], found: Mapping[str, list[Slot]]) -> list[str]:
    """The words that belong to no value of a slot: those are known, whether they stand in examples or not."""
    values = {word for slots in found.values() for slot in slots for word in words_of(slot.text)}
    return [word for word in words if word not in values]


def _families(parents: Mapping[str, IntentParent]) -> dict[str, tuple[str, ...]]:
    """Each parent that inherits → all below it; deeper parents come first."""
    below: dict[str, list[str]] = {key: [] for key, intent in parents.items() if intent.inherits}
    for key in parents:
        for parent in _ancestors(key, parents):
            if parent in below:
                below[parent].append(key)
    order = sorted(below, key=lambda key: -len(list(_ancestors(key, parents))))
    return {key: tuple(below[key]) for key in order if below[key]}


def _ancestors(key: str, parents: Mapping[str, IntentParent]) -> Iterable[str]:
    """The parents of an intent, nearest first; a circle ends where it closes."""
    seen = {key}
    parent = parents[key].parent
    while parent is not None and parent not in seen:
        yield parent
        seen.add(parent)
        parent = parents[parent].parent if parent in parents else None


def _split(key: str) -> tuple[str, str]:
    """``flow/name`` → flow and name; the flow in force is ""."""
    flow, _, name = key.rpartition("/")
    return flow, name
