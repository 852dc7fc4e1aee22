"""How well a text fits each intent of one training set: a score from 0 to 1 by the key of the intent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flowhook.model.understanding import Slot
from flowhook.nlu.dataset import REJECT, IntentParent, TrainedModel, TrainingSet
from flowhook.nlu.entities import shape
from flowhook.nlu.features import exact, features_of, words_of
from flowhook.nlu.small_talk import small_talk_of
from flowhook.nlu.spelling import Speller
from flowhook.nlu.synonyms import thesaurus_of

if TYPE_CHECKING:
    from flowhook.nlu.classifier import Classifier
    from flowhook.nlu.encoder import SentenceEncoder

EXACT_SCORE: Final = 1.0  #: the score of a sentence that is an example
SHAPE_SCORE: Final = 0.95  #: of one that differs from an example in values of slots only
CHILD_SHARE: Final = 0.6  #: a child with this share of what its family has is meant itself


@dataclass(frozen=True, slots=True)
class Scores:
    """What a text may mean: key of the intent → score, REJECT among them."""

    by_key: Mapping[str, float]
    rejected: bool = False  #: nothing counts
    is_example: bool = False  #: but for case, marks and values of slots
    is_unfamiliar: bool = False  #: there is nothing to compare it with, so that no score says anything

    @property
    def best(self) -> str | None:
        """The key with the highest score; None where nothing counts."""
        return None if self.rejected or not self.by_key else max(self.by_key, key=lambda k: self.by_key[k])

    def counting(self, confidence: float) -> str | None:
        """The best key, if its score counts."""
        best = self.best
        return best if best is not None and self.by_key[best] >= confidence else None


class IntentRanker:
    """Scores texts by a trained classifier, small talk, and the examples themselves."""

    def __init__(
        self,
        training_set: TrainingSet,
        model: TrainedModel,
        classifier: Classifier,
        parents: Mapping[str, IntentParent],
        encoder: SentenceEncoder | None = None,
    ) -> None:
        self.many = classifier.many  #: whether it learned from many sentences
        self._encoder = encoder if classifier.encoded is not None else None
        self._model = model
        self._classifier = classifier
        self._families = _families(parents)
        self._class_names = dict(enumerate(model.classes))
        texts = [text for texts in training_set.examples.values() for text in texts]
        talk = small_talk_of(training_set.locale)
        self.light = talk.light
        self._small_talk = talk.unwanted(texts)
        self._thesaurus = thesaurus_of(training_set.locale)
        self._speller: Speller | None = None
        self._by_group: dict[str, str] = {}
        if not classifier.many:
            words = {word for text in texts for word in words_of(text)}
            self._speller = Speller(words, talk.ordinary)
            self._by_group = self._words_by_group(texts)

    def scores(self, text: str, found: Mapping[str, list[Slot]]) -> Scores:
        """How well a text, in which these slots were found, fits each intent."""
        mended = " ".join(self._speller.mended(words_of(text))) if self._speller is not None else text
        synonyms = self._thesaurus.features
        features = features_of(mended, found, many=self._classifier.many, synonyms=synonyms)
        vocabulary = self._classifier.vocabulary  # a value says something where examples hold one, too
        content = _without_values(self._small_talk.content(mended), found)
        content = [word if word in vocabulary else self._synonym_of(word) for word in content]
        content += self._expressed_in(mended)
        content += [place for place in (f"@{name}" for name in found) if place in vocabulary]
        sentence = self._encoder.encode([text])[0] if self._encoder is not None else None
        talk = self._small_talk.similarity(features)
        prediction = self._classifier.predict(features, content, talk, sentence)
        best = float(prediction.probabilities.max())
        scores = self._with_families(
            {
                self._class_names[number]: prediction.score * float(probability) / best
                for number, probability in enumerate(prediction.probabilities)
            }
        )
        exact_scores = self._exact_scores(text, found)
        if prediction.is_unfamiliar and not exact_scores:
            return Scores(scores, rejected=True, is_unfamiliar=True)
        scores |= exact_scores
        small_talk = not exact_scores and self._small_talk.is_phrase(text)
        rejected = small_talk or max(scores, key=lambda key: scores[key]) == REJECT
        return Scores(scores, rejected, is_example=bool(exact_scores))

    def _words_by_group(self, texts: Iterable[str]) -> dict[str, str]:
        """For each group of synonyms that examples hold a word of such an example that says something."""
        found: dict[str, str] = {}
        for text in texts:
            words = words_of(text)
            content = self._small_talk.content(text)
            for group in self._thesaurus.features(words) if content else ():
                found.setdefault(group, content[0])
        return found

    def _synonym_of(self, word: str) -> str:
        """A word of the examples that stands for the same; the word itself where there is none."""
        groups = self._thesaurus.features([word]) if self._by_group else ()
        return next((self._by_group[group] for group in groups if group in self._by_group), word)

    def _expressed_in(self, text: str) -> list[str]:
        """Words of the examples that stand for expressions of the text: "fit me in" for "appointment"."""
        if not self._by_group:
            return []
        groups = self._thesaurus.said_in_words(words_of(text))
        return [self._by_group[group] for group in groups if group in self._by_group]

    def _exact_scores(self, text: str, found: Mapping[str, list[Slot]]) -> dict[str, float]:
        """Classes of which the text is an example, or one but for values of slots."""
        exact_scores = {name: SHAPE_SCORE for name in self._model.shapes.get(exact(shape(text, found)), ())}
        if not found:
            exact_scores = {}
        return exact_scores | {name: EXACT_SCORE for name in self._model.exact.get(exact(text), ())}

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
