"""Amounts as people say them: decimals in words, parts of hours, millions in letters; and what is none."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowhook.extraction.answers import values_meant
from flowhook.extraction.match import Context

NOW = datetime(2026, 11, 29, 17, 6, 40, tzinfo=ZoneInfo("Europe/Berlin"))


def money(value: float, currency: str) -> dict[str, Any]:
    return {"value": value, "currency": currency}


DECIMALS = [
    ("en", "two point five", 2.5),
    ("en", "20 point 5", 20.5),
    ("en", "zero point two five", 0.25),
    ("en", "three point one four", 3.14),
    ("en", "minus two point five", -2.5),
    ("en", "two point twenty five", 2.25),
    ("en", "it is about twelve point five", 12.5),
    ("en", "point five", 0.5),
    ("en", "minus two", -2),
    ("fr", "moins deux", -2),
    ("de", "minus drei", -3),
    ("en", "two point five million", 2_500_000),
    ("en", "1 point 2 million", 1_200_000),
    ("en", "Point seven.", 0.7),
    ("de", "zwei Komma fünf", 2.5),
    ("de", "drei Komma null acht", 3.08),
    ("de", "null Komma fünf", 0.5),
    ("de", "zwei Komma fünfundzwanzig", 2.25),
    ("de", "Komma fünf", 0.5),
    ("de", "eins Komma fünf Millionen", 1_500_000),
    ("de", "minus zwei Komma fünf", -2.5),
    ("de", "3 Komma 5", 3.5),
    ("fr", "deux virgule cinq", 2.5),
    ("fr", "un virgule deux", 1.2),
    ("fr", "trois virgule quatorze", 3.14),
    ("fr", "zéro virgule cinq", 0.5),
    ("fr", "virgule cinq", 0.5),
    ("fr", "deux virgule cinq millions", 2_500_000),
    ("it", "due virgola cinque", 2.5),
    ("it", "zero virgola cinque", 0.5),
    ("it", "tre virgola quattordici", 3.14),
    ("it", "virgola cinque", 0.5),
    ("es", "cinco coma uno", 5.1),
    ("es", "cinco con uno", 5.1),
    ("es", "uno coma dos", 1.2),
    ("es", "tres punto catorce", 3.14),
    ("es", "cero coma cinco", 0.5),
    ("es", "dos coma cinco millones", 2_500_000),
    ("pt", "cinco vírgula um", 5.1),
    ("pt", "dois vírgula cinco", 2.5),
    ("pt", "zero vírgula cinco", 0.5),
    ("pt", "três vírgula catorze", 3.14),
    ("pt", "dois ponto cinco", 2.5),
    ("nl", "twee komma vijf", 2.5),
    ("nl", "nul komma vijf", 0.5),
    ("nl", "drie komma veertien", 3.14),
    ("nl", "komma vijf", 0.5),
    ("nl", "twee komma vijf miljoen", 2_500_000),
    ("da", "to komma fem", 2.5),
    ("da", "nul komma fem", 0.5),
]

FRACTIONS = [
    ("en", "two and a quarter", 2.25),
    ("en", "ten and one quarter", 10.25),
    ("en", "two and three quarters", 2.75),
    ("en", "3 and three-quarters", 3.75),
    ("en", "five and a third", 5.333333333333),
    ("en", "five and two thirds", 5.666666666667),
    ("de", "zwei und ein Viertel", 2.25),
    ("de", "zwei und drei Viertel", 2.75),
    ("de", "zwei und dreiviertel", 2.75),
    ("de", "fünf und ein Drittel", 5.333333333333),
    ("de", "fünf und zwei Drittel", 5.666666666667),
    ("de", "vier und ein Achtel", 4.125),
    ("de", "drei und fünf Achtel", 3.625),
    ("fr", "deux et quart", 2.25),
    ("fr", "deux et un quart", 2.25),
    ("fr", "deux et trois quarts", 2.75),
    ("fr", "cinq et un tiers", 5.333333333333),
    ("fr", "cinq et deux tiers", 5.666666666667),
    ("es", "dos y cuarto", 2.25),
    ("es", "dos y tres cuartos", 2.75),
    ("es", "cinco y un tercio", 5.333333333333),
    ("es", "cinco y dos tercios", 5.666666666667),
    ("it", "due e un quarto", 2.25),
    ("it", "due e tre quarti", 2.75),
    ("it", "cinque e un terzo", 5.333333333333),
    ("it", "cinque e due terzi", 5.666666666667),
    ("pt", "dois e um quarto", 2.25),
    ("pt", "dois e três quartos", 2.75),
    ("pt", "cinco e um terço", 5.333333333333),
    ("pt", "cinco e dois terços", 5.666666666667),
    ("nl", "twee en een kwart", 2.25),
    ("nl", "twee en drie kwart", 2.75),
    ("nl", "twee en driekwart", 2.75),
    ("nl", "vijf en een derde", 5.333333333333),
    ("nl", "vijf en twee derden", 5.666666666667),
    ("da", "to og en kvart", 2.25),
    ("da", "to og tre kvart", 2.75),
    ("da", "fem og en tredjedel", 5.333333333333),
    ("da", "fem og to tredjedele", 5.666666666667),
]

SCALES = [
    ("en", "1.5M", 1_500_000),
    ("en", "2 mln", 2_000_000),
    ("en", "3 bn", 3 * 10**9),
    ("en", "5k", 5000),
    ("de", "5k", 5000),
    ("de", "2 Mio.", 2_000_000),
    ("de", "3 Mrd", 3 * 10**9),
    ("de", "1,5M", 1_500_000),
    ("fr", "5k", 5000),
    ("fr", "2 Md", 2 * 10**9),
    ("fr", "1,5M", 1_500_000),
    ("it", "5k", 5000),
    ("it", "2 mld", 2 * 10**9),
    ("es", "5k", 5000),
    ("pt", "5k", 5000),
    ("nl", "5k", 5000),
    ("nl", "2 mld", 2 * 10**9),
    ("nl", "2 mln", 2_000_000),
]

SUMS = [
    ("en", "two point five million dollars", money(2_500_000, "USD")),
    ("en", "$2m", money(2_000_000, "USD")),
    ("en", "$2M", money(2_000_000, "USD")),
    ("en", "£1.5m", money(1_500_000, "GBP")),
    ("en", "£20k", money(20_000, "GBP")),
    ("en", "2 point 5 million dollars", money(2_500_000, "USD")),
    ("en", "$3bn", money(3 * 10**9, "USD")),
    ("en", "two point five euros", money(2.5, "EUR")),
    ("en", "the 5 euro one", money(5, "EUR")),
    ("en", "the sixty euro one", money(60, "EUR")),
    ("en", "5 euros twenty", money(5.2, "EUR")),
    ("de", "20k €", money(20_000, "EUR")),
    ("de", "2 Mio. €", money(2_000_000, "EUR")),
    ("de", "2 Mio €", money(2_000_000, "EUR")),
    ("de", "20 TEUR", money(20_000, "EUR")),
    ("de", "zwei Komma fünf Euro", money(2.5, "EUR")),
    ("de", "3 Mrd. Euro", money(3 * 10**9, "EUR")),
    ("fr", "20 k€", money(20_000, "EUR")),
    ("fr", "20k€", money(20_000, "EUR")),
    ("fr", "deux virgule cinq euros", money(2.5, "EUR")),
    ("it", "due virgola cinque euro", money(2.5, "EUR")),
    ("it", "20k €", money(20_000, "EUR")),
    ("es", "dos coma cinco euros", money(2.5, "EUR")),
    ("es", "20k €", money(20_000, "EUR")),
    ("pt", "dois vírgula cinco euros", money(2.5, "EUR")),
    ("nl", "twee komma vijf euro", money(2.5, "EUR")),
    ("nl", "20k €", money(20_000, "EUR")),
]

SHARES = [
    ("en", "two point five percent", 2.5),
    ("en", "zero point five per cent", 0.5),
    ("de", "zwei Komma fünf Prozent", 2.5),
    ("fr", "deux virgule cinq pour cent", 2.5),
    ("it", "due virgola cinque per cento", 2.5),
    ("es", "dos coma cinco por ciento", 2.5),
    ("pt", "dois vírgula cinco por cento", 2.5),
    ("nl", "twee komma vijf procent", 2.5),
]

DURATIONS = [
    ("en", "an hour and a quarter", 4500),
    ("en", "two and a quarter hours", 8100),
    ("en", "one and three quarter hours", 6300),
    ("en", "two point five hours", 9000),
    ("en", "three quarters of an hour", 2700),
    ("en", "a quarter of an hour", 900),
    ("en", "an hour and three quarters", 6300),
    ("en", "an hour and a half", 5400),
    ("de", "zwei Komma fünf Stunden", 9000),
    ("de", "eine Stunde und eine Viertelstunde", 4500),
    ("de", "eine Dreiviertelstunde", 2700),
    ("fr", "un quart d'heure", 900),
    ("fr", "trois quarts d'heure", 2700),
    ("fr", "une heure et quart", 4500),
    ("fr", "deux heures et demie", 9000),
    ("fr", "une demi-heure", 1800),
    ("fr", "une heure et trois quarts", 6300),
    ("it", "due ore e un quarto", 8100),
    ("it", "un quarto d'ora", 900),
    ("it", "tre quarti d'ora", 2700),
    ("it", "mezz'ora", 1800),
    ("it", "un'ora e tre quarti", 6300),
    ("es", "una hora y cuarto", 4500),
    ("es", "tres cuartos de hora", 2700),
    ("es", "un cuarto de hora", 900),
    ("es", "media hora", 1800),
    ("es", "dos horas y media", 9000),
    ("pt", "uma hora e um quarto", 4500),
    ("pt", "hora e meia", 5400),
    ("pt", "um quarto de hora", 900),
    ("pt", "três quartos de hora", 2700),
    ("nl", "twee komma vijf uur", 9000),
    ("nl", "een uur en een kwartier", 4500),
    ("nl", "drie kwartier", 2700),
    ("en", "two hours and a quarter", 8100),
    ("en", "three hours and two thirds", 13200),
    ("de", "eine Stunde und drei Viertel", 6300),
    ("de", "zwei Stunden und ein Drittel", 8400),
    ("fr", "deux heures et trois quarts", 9900),
    ("fr", "deux heures et un tiers", 8400),
    ("es", "dos horas y tres cuartos", 9900),
    ("es", "tres horas y un cuarto", 11700),
    ("it", "due ore e tre quarti", 9900),
    ("it", "tre ore e un terzo", 12000),
    ("pt", "duas horas e três quartos", 9900),
    ("pt", "duas horas e um terço", 8400),
    ("nl", "twee uur en een kwart", 8100),
    ("nl", "een uur en een kwart", 4500),
    ("da", "to timer og en kvart", 8100),
    ("da", "to timer og tre kvart", 9900),
]

NOTHING = [
    ("number", "en", "5'11"),
    ("number", "en", "6'2"),
    ("integer", "en", "two point five"),
    ("integer", "de", "zwei Komma fünf"),
    ("integer", "en", "point five"),
    ("integer", "es", "cinco coma uno"),
    ("phone", "de-DE", "04.06.-07.06"),
    ("phone", "de-DE", "03.07 - 17.07.15"),
    ("phone", "de-DE", "16.8.-1.9"),
    ("phone", "de-DE", "08.06  - 22.06"),
    ("phone", "de-DE", "03.08.15-04.08.15"),
    ("phone", "de-DE", "Bestellung 4711-0815-2025"),
    ("phone", "it-IT", "04.06.-07.06"),
    ("phone", "fr-FR", "04.06.-07.06."),
    ("phone", "nl-NL", "01.02.2026 - 03.02.2026"),
    ("phone", "es-ES", "12/06/2026-15/06/2026"),
    ("phone", "pt-PT", "2026-06-12 - 2026-06-15"),
    ("phone", "en-GB", "04/06/26 - 07/06/26"),
]

PHONES = [
    ("de-DE", "030 1234567", "+49301234567"),
    ("de-DE", "ruf 0171-1234567 an", "+491711234567"),
    ("en-GB", "020 7946 0958", "+442079460958"),
    ("en-US", "212-555-0123", "+12125550123"),
    ("it-IT", "06 6982 1234", "+390669821234"),
]

ROWS = [
    (kind, *row)
    for kind, rows in {
        "number": DECIMALS + FRACTIONS + SCALES,
        "money": SUMS,
        "percentage": SHARES,
        "duration": DURATIONS,
        "phone": PHONES,
    }.items()
    for row in rows
]


def values(kind: str, locale: str, text: str) -> list[Any]:
    """The values of a kind that a text means."""
    return [match.value for match in values_meant(kind, text, Context(locale, NOW))]


@pytest.mark.parametrize(("kind", "locale", "text", "value"), ROWS)
def test_an_amount_is_the_one_that_was_said(kind: str, locale: str, text: str, value: Any) -> None:
    """One value, and all of it."""
    assert values(kind, locale, text) == [value]


@pytest.mark.parametrize(("kind", "locale", "text"), NOTHING)
def test_what_is_no_value_of_the_kind_is_none(kind: str, locale: str, text: str) -> None:
    """Feet and inches are no number, a range of dates and the number of an order no telephone."""
    assert values(kind, locale, text) == []
