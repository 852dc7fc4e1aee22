"""Several wishes in one message: the one that wins, and what is meant as well."""

from __future__ import annotations

import pytest

from tests.nlu.shop import made_up, read, reader_of

BANK = {
    "lost": ["I lost my card", "my card is gone", "my card was stolen"],
    "dispute": ["there is a payment I don't know", "I did not buy that", "a charge that is not mine"],
    "balance": ["how much money do I have", "what is my balance", "account balance please"],
}
GERMAN = {
    "lost": ["ich habe meine Karte verloren", "meine Karte ist weg"],
    "dispute": ["da ist eine Abbuchung, die ich nicht kenne", "das habe ich nicht gekauft"],
    "balance": ["wie ist mein Kontostand", "Kontostand bitte"],
}


@pytest.mark.parametrize(
    ("locale", "text", "first", "also"),
    [
        ("en", "I lost my card and there is a payment I don't know", "lost", ["dispute"]),
        ("en", "my card was stolen. what is my balance?", "lost", ["balance"]),
        ("en", "I lost my card, and also there is a charge that is not mine", "lost", ["dispute"]),
        ("de", "ich habe meine Karte verloren und wie ist mein Kontostand", "lost", ["balance"]),
        ("en", "I lost my card and my keys", "lost", []),
        ("en", "I lost my card", "lost", []),
    ],
)
def test_wishes_are_named_in_their_order(locale: str, text: str, first: str, also: list[str]) -> None:
    found = read(reader_of(BANK if locale == "en" else GERMAN, locale=locale), text)
    assert (found.intent, [ranked.name for ranked in found.also]) == (first, also)
    assert found.score >= 0.4


def test_a_clear_clause_carries_a_message() -> None:
    found = read(reader_of(BANK), "we were at the lake with the children yesterday, and now I lost my card")
    assert found.intent == "lost"
    assert found.score >= 0.4


def test_what_is_denied_is_no_further_wish() -> None:
    found = read(reader_of(BANK), "what is my balance, and my card is not gone")
    assert "lost" not in [ranked.name for ranked in found.also]


def test_one_story_in_two_sentences_is_no_two_wishes() -> None:
    linking = [
        "I found my card, how do I put it back in the app",
        "I found my card again, please link it in the app",
    ]
    text = "I lost my card. I found it, how do I put it back in the app again"
    found = read(reader_of(BANK | {"linking": linking}), text)
    assert (found.intent, [ranked.name for ranked in found.also]) == ("linking", ["lost"])


def test_with_many_examples_a_story_is_what_its_sentences_make_clear_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Wishes blur each other; sentences of one story, of an intent whose examples tell all of it, do not."""
    monkeypatch.setattr("flowhook.nlu.dataset.MANY", 200)  # a thousand take seconds to learn
    examples = made_up(12, 20)
    words = ["bilefu", "gireme", "mado", "pinorema", "sadage"]  # of intent0 alone
    assert all(any(word in text for word in words) for text in examples["intent0"])
    examples["intent11"] = [
        f"{text} {words[number % len(words)]}" for number, text in enumerate(examples["intent11"])
    ]
    reader = reader_of(examples)
    story = read(reader, "lugupuko noru bilefu. lugupuko noru gidi kadisa kopu")
    assert (story.intent, [ranked.name for ranked in story.also]) == ("intent11", ["intent0"])
    wishes = read(reader, f"{examples['intent0'][0]}. {examples['intent1'][0]}")
    assert (wishes.intent, [ranked.name for ranked in wishes.also]) == ("intent0", ["intent1"])
