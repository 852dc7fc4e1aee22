"""Kinds of sentences."""

from __future__ import annotations

import pytest

from flowhook.nlu.sentence_types import answer_of, kind_of


def kind(text: str, locale: str) -> str | None:
    return kind_of(text, locale, answer_of(text, locale))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("yes", "pAnswer"),
        ("no thanks", "nAnswer"),
        ("why not", "pAnswer"),
        ("why not?", "pAnswer"),
        ("Hello!", "Greeting"),
        ("good morning", "Greeting"),
        ("hi there", "Greeting"),
        ("goodbye", "BGreeting"),
        ("see you later", "BGreeting"),
        ("hello, where is my pizza?", "whQuestion"),
        ("What is the price?", "whQuestion"),
        ("at what time do you open", "whQuestion"),
        ("how much is it", "howQuestion"),
        ("Can I pay by card?", "ynQuestion"),
        ("are you open", "ynQuestion"),
        ("you are open?", "ynQuestion"),
        ("please cancel my order", "Command"),
        ("show me the menu", "Command"),
        ("I want a pizza", "Statement"),
        ("", None),
        ("!?", None),
    ],
)
def test_english(text: str, expected: str | None) -> None:
    assert kind(text, "en") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ja", "pAnswer"),
        ("nein danke", "nAnswer"),
        ("warum nicht", "pAnswer"),
        ("Grüß Gott", "Greeting"),
        ("Guten Morgen!", "Greeting"),
        ("Tschüss", "BGreeting"),
        ("auf Wiedersehen", "BGreeting"),
        ("Wann habt ihr offen?", "whQuestion"),
        ("Für wen ist das?", "whQuestion"),
        ("Wie lange dauert das", "howQuestion"),
        ("Kann ich mit Karte zahlen?", "ynQuestion"),
        ("Storniere meine Bestellung bitte", "Command"),
        ("Ich möchte eine Pizza", "Statement"),
    ],
)
def test_german(text: str, expected: str) -> None:
    assert kind(text, "de-AT") == expected


@pytest.mark.parametrize(
    ("text", "locale", "expected"),
    [
        ("Bonjour", "fr", "Greeting"),
        ("où est ma pizza ?", "fr", "whQuestion"),
        ("¿Dónde está mi pizza?", "es", "whQuestion"),
        ("arrivederci", "it", "BGreeting"),
        ("hoe laat is het", "nl", "howQuestion"),
        ("bom dia", "pt", "Greeting"),
        ("営業していますか？", "ja", "ynQuestion"),
        ("ピザをください", "ja", "Statement"),
    ],
)
def test_other_languages(text: str, locale: str, expected: str) -> None:
    assert kind(text, locale) == expected
