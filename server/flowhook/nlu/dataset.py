"""Examples as plain data, and the model that is trained on them.

A training set can be sent to another process; its digest tells whether a model of it exists already.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from flowhook.nlu.classifier import Classifier
    from flowhook.nlu.encoder import SentenceEncoder

REJECT: Final = "\0reject"  #: the class of the examples of no intent
MANY: Final = 1_000  #: sentences; from here on models of another kind are trained
_OPEN, _CLOSE = "{", "}"  #: a slot's place in an example: {topping}
#: Examples are read as if it were this moment: which day "tomorrow" is does not matter there.
_NOW: Final = datetime(2026, 1, 1, 12, tzinfo=UTC)


@dataclass(frozen=True)
class TrainingSet:
    """Examples by class, and the slots that may stand in them."""

    examples: Mapping[str, Sequence[str]]
    slots: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    locale: str = "en"
    encoder: str = ""  #: the name of the sentence encoder that is used, too; "": none

    @cached_property
    def digest(self) -> str:
        """Training sets with the same digest give the same model."""
        whole = [self.examples, self.slots, self.locale, *([self.encoder] if self.encoder else [])]
        content = json.dumps(whole, default=str, ensure_ascii=False)
        return hashlib.sha256(content.encode("utf-8", "surrogatepass")).hexdigest()

    def __len__(self) -> int:
        """How many sentences there are."""
        return sum(map(len, self.examples.values()))


class IntentParent(NamedTuple):
    """An intent's place in the hierarchy, by the key of :attr:`TrainingSet.examples`."""

    parent: str | None
    inherits: bool


@dataclass(frozen=True, slots=True, weakref_slot=True)
class TrainedModel:
    """What a training set came to."""

    classes: tuple[str, ...]
    classifier: Classifier | None  #: None without any example
    exact: Mapping[str, tuple[str, ...]]  #: features.exact of an example → its classes
    shapes: Mapping[str, tuple[str, ...]]  #: the same of examples with slots, names in place of values
    count: int  #: sentences

    @property
    def size(self) -> int:
        """Bytes it takes in memory, about."""
        kept = sum(len(text) + 150 for text in (*self.exact, *self.shapes))
        return kept + (self.classifier.size if self.classifier is not None else 0)


def train(training_set: TrainingSet, encoder: SentenceEncoder | None = None) -> TrainedModel:
    """Train a model. Pure; the same training set gives the same model. ``encoder`` is the one that the set
    names. Raises ValueError for slots that cannot be read."""
    from flowhook.extraction.match import Context
    from flowhook.nlu.entities import SlotReader, shape
    from flowhook.nlu.features import exact, features_of
    from flowhook.nlu.synonyms import thesaurus_of

    slots = SlotReader(training_set.slots, training_set.locale)
    context = Context(training_set.locale, _NOW)
    classes = tuple(name for name, texts in training_set.examples.items() if any(map(str.strip, texts)))
    features, labels, plain_texts = [], [], []
    many = len(training_set) >= MANY
    synonyms = thesaurus_of(training_set.locale).features
    known: dict[str, dict[str, None]] = {}
    shapes: dict[str, dict[str, None]] = {}
    for number, name in enumerate(classes):
        for text in dict.fromkeys(filter(str.strip, training_set.examples[name])):
            found = slots.find(text, context)
            written = [slot for slot in training_set.slots if f"{_OPEN}{slot}{_CLOSE}" in text]
            if not written:
                known.setdefault(exact(text), {})[name] = None
            if written or found:
                shapes.setdefault(exact(shape(text, found)), {})[name] = None
            plain_texts.append(without_placeholders(text, written))
            places = (*found, *written)
            features.append(features_of(plain_texts[-1], places, many=many, synonyms=synonyms))
            labels.append(number)
    classifier = None
    if labels:
        from flowhook.nlu.classifier import Classifier

        vectors = encoder.encode(plain_texts) if encoder is not None else None
        classifier = Classifier.fit(features, labels, len(classes), many=many, vectors=vectors)
    return TrainedModel(classes, classifier, _frozen(known), _frozen(shapes), len(labels))


def without_placeholders(text: str, slots: Sequence[str]) -> str:
    """An example without the placeholders of slots that are written in it, as ``{topping}``."""
    for slot in slots:
        text = text.replace(f"{_OPEN}{slot}{_CLOSE}", " ")
    return text


def _frozen(texts: dict[str, dict[str, None]]) -> dict[str, tuple[str, ...]]:
    return {text: tuple(classes) for text, classes in texts.items()}
