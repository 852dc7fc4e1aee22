"""Telephone numbers, by the country of the locale."""

from __future__ import annotations

import re

from flowhook.extraction.match import Context, Match
from flowhook.i18n.normalize import region

#: What may be a telephone number; the library is asked about nothing else.
_CANDIDATE = re.compile(r"(?<![\w.,])(?:\+|\(\+?)?\d(?:[\d\s()/.\-–]{4,28})\d(?![\w])")
_DATE = re.compile(r"\d{4}-\d\d-\d\d|\d{1,2}[./]\d{1,2}[./]\d{2,4}")
MOST = 20  #: candidates of one text that are looked at


def find_phone(text: str, around: Context) -> list[Match]:
    """Telephone numbers as ``+4930123456``. Numbers without a country are of the locale's country."""
    found: list[Match] = []
    for count, each in enumerate(_CANDIDATE.finditer(text)):
        if count == MOST:
            break
        if not _DATE.fullmatch(each[0].strip()) and (number := _e164(each[0], region(around.locale))):
            found.append(Match(number, each.start(), each.end()))
    return found


def _e164(written: str, country: str) -> str | None:
    import phonenumbers

    bare = written.lstrip("( ")
    if bare.startswith("00"):  # as it is dialled in most countries, whichever this one is
        written = "+" + bare[2:]
    try:
        number = phonenumbers.parse(written, country or None)
    except phonenumbers.NumberParseException:
        return None
    sound = phonenumbers.is_valid_number(number)
    if not sound and written.lstrip("(").startswith("+"):
        sound = phonenumbers.is_possible_number(number)
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if sound else None
