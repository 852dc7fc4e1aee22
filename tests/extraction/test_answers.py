"""Yes and no, choices, named patterns, and values as a locale writes them."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.expressions.parser import ExpressionError
from flowhook.extraction.choices import find_choice
from flowhook.extraction.match import Context
from flowhook.extraction.named_patterns import find_pattern
from flowhook.extraction.yes_no import yes_no
from tests.extraction.test_phrases import NOW

YES = {
    "en": "yes|Yes!|why not|not bad|yes please, do it|sure|sure, why not|👍|👍🏽|no problem|"
    "okay then|yep yep|of course",
    "de": "Ja, gerne|yes|warum nicht|klar doch|nicht schlecht|ja bitte|gern|na klar|auf jeden Fall",
    "fr": "oui|bien sûr|d'accord|pourquoi pas",
    "es": "sí|claro que sí|por supuesto",
    "it": "sì|va bene",
    "nl": "ja hoor|graag",
    "pt": "sim|claro",
}
NO = {
    "en": "no|no, thanks|not really|of course not|I don't think so|👎|no way|never",
    "de": "nein danke|nö|auf keinen Fall|natürlich nicht|stimmt nicht|lieber nicht",
    "fr": "non merci|bien sûr que non",
    "es": "no|claro que no",
    "it": "no grazie",
    "nl": "nee, liever niet",
    "pt": "não, obrigado",
}
NEITHER = {
    "en": "yes but no|yes and no|yesterday|maybe|...||yes 👎|not sure|nothing|👍👎",
    "de": "ja nein|vielleicht",
    "es": "por favor",
}
SAID = [
    (locale, text, meant)
    for table, meant in ((YES, True), (NO, False), (NEITHER, None))
    for locale, texts in table.items()
    for text in texts.split("|")
]


@pytest.mark.parametrize(("locale", "text", "meant"), SAID)
def test_yes_no(locale: str, text: str, meant: bool | None) -> None:
    """Words and expressions of the language, English beside them, thumbs."""
    assert yes_no(text, locale) is meant


SIZES = [("small", ()), ("medium", ()), ("large", ("big", "huge")), ("extra large", ("xl",))]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a huge one please", "large"),
        ("LARGE", "large"),
        ("smal", "small"),
        ("lrage", "large"),
        ("Big!", "large"),
        ("the second one", "medium"),
        ("2", "medium"),
        ("extra large please", "extra large"),
        ("larges", "large"),
        ("small or large", None),
        ("not small, large", "large"),
        ("not small", None),
        ("not the small one", None),
        ("not the first one", None),
        ("not smal", None),
        ("no 2", "medium"),
        ("no, small", "small"),
        ("large, not small", "large"),
        ("the last one", "extra large"),
        ("5", None),
        ("option 3", "large"),
        ("number two", "medium"),
        ("xl", "extra large"),
        ("mdium", "medium"),
        ("", None),
        ("garbage", None),
        ("first", "small"),
        ("the 2nd", "medium"),
        ("I'd like the medium size", "medium"),
    ],
)
def test_choices(text: str, value: str | None) -> None:
    """Names in a sentence, places in the list, typos; two names are no answer."""
    assert find_choice(text, SIZES, "en") == value


@pytest.mark.parametrize(
    ("text", "options", "locale", "value"),
    [
        ("große", ["klein", "groß"], "de", "groß"),
        ("die zweite bitte", ["klein", "groß"], "de", "groß"),
        ("2", ["1", "3", "2"], "en", "2"),
        ("the second", ["1", "3", "2"], "en", "3"),
        ("two", ["one", "three", "two"], "en", "two"),
        ("1001", ["1000", "2000"], "en", None),
        ("Café", ["cafe", "tea"], "fr", "cafe"),
        ("Cafe", ["Café", "Cafe"], "fr", "Cafe"),
        ("bark", ["dark", "park"], "en", None),
        ("never", ["fever", "cough"], "en", None),
        ("lieber um elf", ["Fieber", "Husten"], "de", None),
        ("salando", ["Zalando", "Amazon"], "de", "Zalando"),
        ("kredit crad", ["credit card", "debit card"], "en", "credit card"),
        ("alrge", ["small", "large"], "en", "large"),
        ("New York", ["York", "New York"], "en", "New York"),
    ],
)
def test_more_choices(text: str, options: list[str], locale: str, value: str | None) -> None:
    """Options that are numbers, alike, or part of each other."""
    assert find_choice(text, [(option, ()) for option in options], locale) == value


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("iban", "DE89 3704 0044 0532 0130 00 bitte", ["DE89370400440532013000"]),
        ("iban", "DE89370400440532013001", []),
        ("iban", "GB82WEST12345698765432", ["GB82WEST12345698765432"]),
        ("bic", "DEUTDEFF500", ["DEUTDEFF500"]),
        ("bic", "HELLOYOU", []),
        ("credit_card", "4111 1111 1111 1111", ["4111111111111111"]),
        ("credit_card", "4111111111111112", []),
        ("credit_card", "378282246310005", ["378282246310005"]),
        ("ipv4", "it is 192.168.0.1.", ["192.168.0.1"]),
        ("ipv4", "256.1.1.1", []),
        ("ipv6", "2001:DB8::1", ["2001:db8::1"]),
        ("us_ssn", "123-45-6789", ["123-45-6789"]),
        ("us_ssn", "000-12-1234", []),
        ("german_plate", "B XY 12E", ["B-XY 12E"]),
        ("isbn", "978-3-16-148410-0", ["9783161484100"]),
        ("isbn", "978-3-16-148410-1", []),
        ("isbn", "3-16-148410-X", ["316148410X"]),
        ("vin", "WVWZZZ1JZXW000001", ["WVWZZZ1JZXW000001"]),
        ("uuid", "123E4567-e89b-12d3-a456-426614174000", ["123e4567-e89b-12d3-a456-426614174000"]),
    ],
)
def test_named_patterns(name: str, text: str, values: list[str]) -> None:
    """Found anywhere, checksums checked, one way to write them."""
    assert [match.value for match in find_pattern(name, text, Context("de", NOW))] == values


@pytest.mark.parametrize(
    ("template", "shown"),
    [
        ("{{ day | date_format('EEEE, d. MMMM', 'de') }}", "Donnerstag, 24. Dezember"),
        ("{{ day | date_format }}", "24.12.2026"),
        ("{{ '2026-12-24T17:00:00+01:00' | date_format('HH:mm') }}", "17:00"),
        ("{{ price | money }}", "€\xa012,50"),
        ("{{ 3 | money('USD', 'en-US') }}", "$3.00"),
        ("{{ 1234.5 | number }}", "1.234,5"),
        ("{{ 1234.5 | number(2, 'en') }}", "1,234.50"),
        ("{{ none | money }}", ""),
    ],
)
def test_filters(template: str, shown: str) -> None:
    """They take the locale of the input, or another."""
    scope: dict[str, Any] = {"input": {"locale": "de-AT"}, "day": "2026-12-24"}
    scope["price"] = {"value": 12.5, "currency": "EUR"}
    assert Expressions().compile_value(template).evaluate(scope, []).replace("\xa01.234", "1.234") == shown


@pytest.mark.parametrize(
    "template",
    [
        "{{ day | date_format('HH:mm') }}",
        "{{ 5 | money }}",
        "{{ 'x' | number }}",
        "{{ 5 | number(99) }}",
        "{{ 'x' | date_format }}",
        "{{ day | date_format('yyyyyyyyyyyyyyyyyyyyyy') }}",
    ],
)
def test_filters_refuse(template: str) -> None:
    """What cannot be shown is an error that says why."""
    with pytest.raises(ExpressionError, match=r"\w"):
        Expressions().compile_value(template).evaluate({"day": "2026-12-24", "input": {}}, [])
