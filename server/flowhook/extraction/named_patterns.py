"""Named patterns: account and card numbers, addresses, plates, with their checksums."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping

from flowhook.extraction import MAX_TEXT, Finder
from flowhook.extraction.contacts import find_email, find_phone, find_url
from flowhook.extraction.match import Context, Match

#: Characters of an IBAN by country.
_IBAN_LENGTHS = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29,
    "BY": 28, "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29,
    "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28,
    "HR": 21, "HU": 28, "IE": 22, "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20,
    "LB": 28, "LC": 32, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "LY": 25, "MC": 27, "MD": 24, "ME": 22,
    "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15, "PK": 24, "PL": 28, "PS": 29, "PT": 25,
    "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19, "SK": 24, "SM": 27, "ST": 25,
    "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip

_IBAN = re.compile(r"(?<![^\W_])[a-z]{2}\d{2}(?:[ -]?[a-z0-9]){11,30}", re.IGNORECASE)
_BIC = re.compile(r"(?<![^\W_])[A-Za-z]{4}([A-Za-z]{2})[A-Za-z0-9]{2}(?:[A-Za-z0-9]{3})?(?![^\W_])")
_CARD = re.compile(r"(?<![\w.,-])\d(?:[ -]?\d){11,18}(?![\w-])")
_IPV4 = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d)")
_IPV6 = re.compile(
    r"(?<![\w:.])(?=[0-9a-f]*:)[0-9a-f:]{2,39}(?:(?<=:)\d{1,3}(?:\.\d{1,3}){3})?(?![\w:])", re.IGNORECASE
)
_SSN = re.compile(r"(?<![\w-])(\d{3})([- ]?)(\d{2})\2(\d{4})(?![\w-])")
_PLATE = re.compile(
    r"(?<![^\W_])([A-ZÄÖÜ]{1,3})(?:[- ]|: ?)([A-Z]{1,2})[- ]?([1-9]\d{0,3})([EH]?)(?![^\W_])", re.IGNORECASE
)
_ISBN = re.compile(r"(?<![\w-])(?:97[89][ -]?)?\d(?:[ -]?\d){8}[ -]?[\dXx](?![\w-])")
_VIN = re.compile(r"(?<![^\W_])(?=[A-Z]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}(?![^\W_])", re.IGNORECASE)
_UUID = re.compile(r"(?<!\w)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?!\w)", re.IGNORECASE)
_BRANDS = (("4", {13, 16, 19}), ("34", {15}), ("37", {15}), ("6011", {16, 19}), ("62", {16, 17, 18, 19}))


def find_iban(text: str, context: Context) -> list[Match]:
    """International account numbers without spaces, in capitals; length and mod 97 are checked."""
    found = []
    for candidate in _IBAN.finditer(text):
        length = _IBAN_LENGTHS.get(candidate[0][:2].upper())
        end = _end_of(candidate[0], length) if length else None
        if end is None or candidate[0][end : end + 1].isalnum():
            continue
        iban = re.sub(r"[ -]", "", candidate[0][:end]).upper()
        if int("".join(str(int(character, 36)) for character in iban[4:] + iban[:4])) % 97 == 1:
            found.append(Match(iban, candidate.start(), candidate.start() + end))
    return found


def _end_of(written: str, length: int) -> int | None:
    """Where so many letters and digits end."""
    count = 0
    for index, character in enumerate(written):
        count += character not in " -"
        if count == length:
            return index + 1
    return None


def find_bic(text: str, context: Context) -> list[Match]:
    """Bank codes of 8 or 11 characters with the country of an IBAN; in capitals."""
    countries = _IBAN_LENGTHS.keys() | {
        "US",
        "CA",
        "JP",
        "CN",
        "AU",
        "IN",
        "SG",
        "HK",
        "ZA",
        "RU",
        "KR",
        "MX",
    }
    alone = text.strip()
    return [
        Match(candidate[0].upper(), candidate.start(), candidate.end())
        for candidate in _BIC.finditer(text)
        if candidate[1].upper() in countries and (candidate[0].isupper() or candidate[0] == alone)
    ]


def find_credit_card(text: str, context: Context) -> list[Match]:
    """Card numbers of the usual brands, digits only; lengths and Luhn's checksum are checked."""
    found = []
    for candidate in _CARD.finditer(text):
        digits = re.sub(r"\D", "", candidate[0])
        if _of_a_brand(digits) and _luhn(digits):
            found.append(Match(digits, candidate.start(), candidate.end()))
    return found


def _of_a_brand(digits: str) -> bool:
    if any(digits.startswith(prefix) and len(digits) in lengths for prefix, lengths in _BRANDS):
        return True
    first = int(digits[:4])
    mastercard = 5100 <= first <= 5599 or 2221 <= first <= 2720
    if len(digits) == 16 and (mastercard or 6440 <= first <= 6599 or 3528 <= first <= 3589):
        return True
    diners = 3000 <= first <= 3059 or first // 100 in (36, 38, 39)
    maestro = first // 100 in (50, 56, 57, 58, 63, 67)
    return (diners and len(digits) == 14) or (maestro and 12 <= len(digits) <= 19)


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def find_ipv4(text: str, context: Context) -> list[Match]:
    """Addresses such as 192.0.2.1."""
    return [
        Match(candidate[0], candidate.start(), candidate.end())
        for candidate in _IPV4.finditer(text)
        if all(int(part) < 256 and (part == "0" or part[0] != "0") for part in candidate[0].split("."))
    ]


def find_ipv6(text: str, context: Context) -> list[Match]:
    """Addresses such as 2001:db8::1, in their shortest form."""
    found = []
    for candidate in _IPV6.finditer(text):
        try:
            address = ipaddress.IPv6Address(candidate[0])
        except ValueError:
            continue
        found.append(Match(str(address), candidate.start(), candidate.end()))
    return found


def find_us_ssn(text: str, context: Context) -> list[Match]:
    """Social security numbers of the United States as 123-45-6789; blocks never given out are refused."""
    return [
        Match(f"{candidate[1]}-{candidate[3]}-{candidate[4]}", candidate.start(), candidate.end())
        for candidate in _SSN.finditer(text)
        if candidate[1] not in ("000", "666")
        and candidate[1] < "900"
        and candidate[3] != "00"
        and candidate[4] != "0000"
    ]


def find_german_plate(text: str, context: Context) -> list[Match]:
    """Number plates such as M-AB 1234, eight letters and digits at most."""
    found = []
    for candidate in _PLATE.finditer(text):
        district, letters, number, end = (part.upper() for part in candidate.groups())
        if len(district + letters + number + end) <= 8 and (
            candidate[1].isupper() or candidate[0] == text.strip()
        ):
            found.append(Match(f"{district}-{letters} {number}{end}", candidate.start(), candidate.end()))
    return found


def find_isbn(text: str, context: Context) -> list[Match]:
    """Book numbers of 10 or 13 digits without hyphens; the check digit is checked."""
    found = []
    for candidate in _ISBN.finditer(text):
        isbn = re.sub(r"[ -]", "", candidate[0]).upper()
        if len(isbn) == 13 and isbn.isdigit():
            sound = sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(isbn)) % 10 == 0
        else:
            values = [10 if digit == "X" else int(digit) for digit in isbn]
            sound = len(isbn) == 10 and sum((10 - at) * value for at, value in enumerate(values)) % 11 == 0
        if sound:
            found.append(Match(isbn, candidate.start(), candidate.end()))
    return found


def find_vin(text: str, context: Context) -> list[Match]:
    """Vehicle numbers of 17 characters, in capitals. Their check digit is not usual in Europe."""
    return [
        Match(candidate[0].upper(), candidate.start(), candidate.end()) for candidate in _VIN.finditer(text)
    ]


def find_uuid(text: str, context: Context) -> list[Match]:
    """UUIDs in lower case."""
    return [
        Match(candidate[0].lower(), candidate.start(), candidate.end()) for candidate in _UUID.finditer(text)
    ]


PATTERNS: Mapping[str, Finder] = {
    "iban": find_iban,
    "bic": find_bic,
    "credit_card": find_credit_card,
    "phone": find_phone,
    "email": find_email,
    "url": find_url,
    "ipv4": find_ipv4,
    "ipv6": find_ipv6,
    "us_ssn": find_us_ssn,
    "german_plate": find_german_plate,
    "isbn": find_isbn,
    "vin": find_vin,
    "uuid": find_uuid,
}


def find_pattern(name: str, text: str, context: Context) -> list[Match]:
    """What the pattern of a name finds. Raises KeyError for a name that there is not."""
    return PATTERNS[name](text[:MAX_TEXT], context)
