"""Sums of money: ``12,50 €``, ``$5``, ``five euros and twenty cents``; never without a currency."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from flowhook.extraction.match import Context, Match
from flowhook.extraction.measures import UnitTable, unit_of, unit_pattern, without_overlaps
from flowhook.extraction.number_words import Number, Quantity, whole
from flowhook.extraction.numbers import scan
from flowhook.i18n.normalize import fold_accents, language, region, word_set
from flowhook.languages import language_for
from flowhook.languages.language import UnitWords

_CODES = sorted(
    word_set(
        "eur usd gbp chf jpy cny sek nok dkk pln czk huf ron bgn try rub uah inr brl mxn "
        "cad aud nzd zar krw sgd hkd aed sar ils thb idr myr php vnd ars clp cop egp isk"
    )
)
_SIGNS = {
    r"us\$": "USD", r"ca?\$": "CAD", r"au?\$": "AUD", r"r\$": "BRL", r"€": "EUR", r"\$": "", r"£": "GBP",
    r"¥": "JPY", r"₹": "INR", r"₺": "TRY", r"₽": "RUB", r"₴": "UAH", r"₩": "KRW", r"₪": "ILS", r"zl": "PLN",
    r"kc": "CZK", r"ft": "HUF", r"kr\.?": "kr", r"fr\.|sfr\.?": "CHF",
}  # fmt: skip
#: The money of a country.
_OF = {
    "US": "USD", "GB": "GBP", "CH": "CHF", "LI": "CHF", "JP": "JPY", "CN": "CNY", "SE": "SEK", "NO": "NOK",
    "DK": "DKK", "PL": "PLN", "CZ": "CZK", "HU": "HUF", "CA": "CAD", "AU": "AUD", "NZ": "NZD", "BR": "BRL",
    "MX": "MXN", "AR": "ARS", "CL": "CLP", "CO": "COP", "IN": "INR", "TR": "TRY", "ZA": "ZAR", "RO": "RON",
    "BG": "BGN", "RU": "RUB", "UA": "UAH", "KR": "KRW", "SG": "SGD", "HK": "HKD", "IS": "ISK",
}  # fmt: skip
_DOLLARS = frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD"})
_PESOS = frozenset({"MXN", "ARS", "CLP", "COP", "BRL", "USD"})
_CROWNS = frozenset({"SEK", "NOK", "DKK", "ISK", "CZK"})
_OF_CENTS = {"pence": "GBP", "p": "GBP", "penny": "GBP", "pennies": "GBP", "rappen": "CHF", "rp": "CHF"}

_BEFORE = re.compile(rf"(?:({'|'.join(_CODES)})|({'|'.join(_SIGNS)}))\s{{0,2}}\Z")
_DASH = re.compile(r"[.,](?:-{1,2}|–)\s?")
_UNIT = re.compile(r"\s*[^\W\d_]|[%€$£]")
_CLAUSE_END = re.compile(r"\s*(?:$|[.,;!?)])")
_MILLIONS = re.compile(r"\s?m(?!\w)")  #: behind a sum whose currency stands before it: $2m
_TOUCHING = re.compile(r"(\d{2})(?!\w)")


def find_money(text: str, context: Context) -> list[Match]:
    """Find sums of money. A value is ``{value, currency}``, the currency a code of three letters."""
    low, words = fold_accents(text), language_for(context.locale).units
    return without_overlaps(_sums(text, low, context.locale, words))


def _sums(text: str, low: str, locale: str, words: UnitWords) -> Iterator[Match]:
    quantities = scan(text, locale)
    for index, quantity in enumerate(quantities):
        following = quantities[index + 1] if index + 1 < len(quantities) else None
        found = _after(quantity, following, low, locale, words) or _before(quantity, low, locale)
        if found:
            yield found
        elif cents := _cents(words.cents_re).match(low, quantity.end):
            currency = _OF_CENTS.get(cents[1]) or _local(locale)
            yield _money(quantity.value / 100, currency, quantity.start, cents.end())


def _after(
    quantity: Quantity, following: Quantity | None, low: str, locale: str, words: UnitWords
) -> Match | None:
    """The currency stands behind the number: 5 €, five euros, 5 euros 20, 5,- €."""
    units = _units(language(locale))
    dash = _DASH.match(low, quantity.end)
    unit = unit_pattern(units).match(low, dash.end() if dash else quantity.end)
    touching = None
    if unit is None:
        unit = _sign_inside().match(low, quantity.end)
        touching = _TOUCHING.match(low, unit.end()) if unit else None
        if unit is None or touching is None:
            return None
        currency = _SIGNS.get(unit[0], "EUR") or _local(locale)
        return _money(quantity.value + int(touching[1]) / 100, currency, quantity.start, touching.end())
    value, end = quantity.value, unit.end()
    if following and isinstance(value, int):
        gap = low[end : following.start].strip()
        cents = _cents(words.cents_re).match(low, following.end)
        part = following.value
        if following.spoken and part == 1 and not cents:
            pass  # "the 5 euro one"
        elif isinstance(part, int) and 0 < part < 100 and len(low[end : following.start]) < 8:
            joined = gap == "" or re.fullmatch(words.and_re, gap) is not None
            alone = (
                _is_spelt_out(quantity, following, low, locale) if gap else not _unit_follows(following, low)
            )
            if joined and (cents or alone):
                value, end = value + part / 100, cents.end() if cents else following.end
    if unit[0].strip().startswith("t") and unit[0].strip()[1:].upper() == unit_of(unit, units):
        value *= 1000  # TEUR
    return _money(value, _named(unit_of(unit, units), locale), quantity.start, end)


def _is_spelt_out(quantity: Quantity, cents: Quantity, low: str, locale: str) -> bool:
    """Whether two joined numbers are one sum: "diez euros con cincuenta", not "between 5 euros and 20"."""
    before = low[max(0, quantity.start - 24) : quantity.start]
    return _CLAUSE_END.match(low, cents.end) is not None and not _either(language(locale)).search(before)


@cache
def _either(code: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{language_for(code).numbers.either_re})(?!\w)")


def _unit_follows(quantity: Quantity, low: str) -> bool:
    """Whether a number belongs to what stands behind it: "5 euros 20 minutes"."""
    return _UNIT.match(low, quantity.end) is not None


def _before(quantity: Quantity, low: str, locale: str) -> Match | None:
    """The currency stands before the number: $5, EUR 5."""
    found = _BEFORE.search(low, max(0, quantity.start - 6), quantity.start)
    if found is None or quantity.spoken:
        return None
    if low[found.start() - 1 : found.start()].isalnum():
        return None
    currency = found[1].upper() if found[1] else _sign(found[2])
    start, value, end = found.start(), quantity.value, quantity.end
    if millions := _MILLIONS.match(low, end):
        value, end = value * 10**6, millions.end()
    if low[start - 1 : start] == "-" and not low[start - 2 : start - 1].strip():
        start, value = start - 1, -value
    return _money(value, _named(currency, locale), start, end)


def _sign(written: str) -> str:
    return next(code for sign, code in _SIGNS.items() if re.fullmatch(sign, written))


@cache
def _units(language: str) -> UnitTable:
    """What may stand behind a number."""
    names = tuple(sorted(language_for(language).units.money.items(), key=lambda item: -len(item[0])))
    signs = tuple(_SIGNS.items())
    codes = tuple((code, code.upper()) for code in _CODES if code not in ("try", "all"))
    thousands = tuple(("t" + code, code.upper()) for code in ("eur", "usd", "gbp", "chf"))
    return names + codes + signs + thousands


@cache
def _sign_inside() -> re.Pattern[str]:
    """12€50."""
    return re.compile("[€$£]")


@cache
def _cents(cents_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{0,2}}({cents_re}|¢)(?!\w)")


def _named(currency: str, locale: str) -> str:
    """The currency meant by a dollar sign, by crowns or by pesos."""
    local = _local(locale)
    if currency == "":
        return local if local in _DOLLARS | _PESOS or (local in _CROWNS) else "USD"
    if currency == "kr":
        return local if local in _CROWNS else "SEK"
    if currency == "USD":
        return "USD"
    return currency


def _local(locale: str) -> str:
    return _OF.get(region(locale), "EUR")


def _money(value: Number, currency: str, start: int, end: int) -> Match:
    return Match({"value": whole(round(float(value), 6)), "currency": currency}, start, end)
