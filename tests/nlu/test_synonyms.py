"""Words that stand for one wish: one example with one of them teaches the others."""

from __future__ import annotations

import pytest

from flowhook.languages import LANGUAGES, language_for
from flowhook.nlu.features import plain, words_of
from flowhook.nlu.synonyms import thesaurus_of
from tests.nlu.shop import read, reader_of

BANK = {
    "lost": ["I lost my card", "my card is gone", "block my card please", "I can't find my card"],
    "agent": ["I want to talk to a person", "a human please", "connect me to somebody"],
    "hours": ["when are you open", "what are your opening hours", "when do you close"],
}
BOOK = {
    "book": ["I need an appointment", "book a visit", "make an appointment for me", "an appointment please"],
    "move": ["move my appointment", "reschedule my visit", "I need a different time", "another day please"],
    "hours": ["when are you open", "what are your opening hours", "when do you close"],
}
TERMIN = {
    "absagen": ["ich muss den Termin absagen", "bitte den Termin absagen", "Termin absagen"],
    "kaufen": ["ich möchte etwas kaufen", "kann ich das kaufen", "ich will Schuhe kaufen"],
}


@pytest.mark.parametrize(
    ("locale", "examples", "text", "intent"),
    [
        ("en", BANK, "operator please", "agent"),
        ("en", BANK, "my card was mislaid", "lost"),
        ("en", BOOK, "can you fit me in on monday", "book"),
        ("en", BOOK, "can we make it later", "move"),
        ("de", TERMIN, "ich will den Termin stornieren", "absagen"),
        ("de", TERMIN, "ich möchte Schuhe bestellen", "kaufen"),
    ],
)
def test_another_word_for_the_same_is_understood(locale, examples, text: str, intent: str) -> None:
    """Although no example has it."""
    assert read(reader_of(examples, locale=locale), text).intent == intent


def test_endings_and_expressions_belong_to_a_group() -> None:
    """Beginnings of at least four letters, with up to three more; expressions word by word."""
    thesaurus = thesaurus_of("en-GB")
    cancel = thesaurus.groups_of("cancel")
    assert cancel
    assert thesaurus.groups_of("cancelled") == thesaurus.groups_of("cancelling") == cancel
    assert thesaurus.groups_of("candle") == ()
    features = {f"g{number}" for number in cancel}
    assert features <= thesaurus.features(words_of("can I call off the visit")).keys()
    assert features.isdisjoint(thesaurus.features(words_of("the call is off")))


def test_every_group_has_words_that_can_be_found() -> None:
    """At least two, as the reader writes them."""
    for code in sorted(LANGUAGES):
        thesaurus = thesaurus_of(code)
        for number, group in enumerate(language_for(code).synonyms):
            words, *expressions = group.split("|")
            assert len(words.split()) + len(expressions) >= 2, (code, group)
            assert all(number in thesaurus.groups_of(plain(word)) for word in words.split()), (code, group)
