"""Made-up examples of a small shop, and of a made-up world with many intents."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from flowhook.model.understanding import Understanding
from flowhook.nlu.dataset import IntentParent, TrainingSet, train
from flowhook.nlu.interpreter import Interpreter

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)

SHOP = {
    "order": ["I want a pizza", "can I order a pizza", "one pizza please", "I would like to order food"],
    "cancel": ["cancel my order", "please stop the order", "I changed my mind", "forget my order"],
    "opening": ["when are you open", "opening hours", "are you open on sunday", "when do you close"],
    "status": ["where is my pizza", "how long does it take", "is my order on its way", "track my order"],
}

GERMAN = {
    "order": ["Ich möchte eine Pizza bestellen", "eine Pizza bitte", "ich hätte gern etwas zu essen"],
    "cancel": ["Bestellung stornieren", "ich will meine Bestellung abbrechen", "vergiss die Bestellung"],
    "opening": ["Wann habt ihr geöffnet", "Öffnungszeiten", "seid ihr am Sonntag offen"],
}


def reader_of(
    examples: Mapping[str, Sequence[str]],
    slots: Mapping[str, Mapping[str, Any]] | None = None,
    kin: Mapping[str, IntentParent] | None = None,
    locale: str = "en",
) -> Interpreter:
    """A reader that has learned."""
    lesson = TrainingSet(examples, slots or {}, locale)
    return Interpreter(lesson, train(lesson), kin or {})


def read(reader: Interpreter, text: str) -> Understanding:
    """At a fixed moment."""
    return reader.read(text, NOW)


def made_up(intents: int, sentences: int, seed: int = 0) -> dict[str, list[str]]:
    """Sentences of invented words: each intent has words of its own between words of all."""
    chance = random.Random(seed)

    def word() -> str:
        return "".join(
            chance.choice("bdfgklmnprst") + chance.choice("aeiou") for _ in range(chance.randint(2, 4))
        )

    common = [word() for _ in range(60)]
    own = {f"intent{number}": [word() for _ in range(5)] for number in range(intents)}
    return {
        name: [
            " ".join(chance.sample(common, chance.randint(3, 7)) + chance.sample(words, 2))
            for _ in range(sentences)
        ]
        for name, words in own.items()
    }
