"""How somebody is reached: e-mail addresses, telephone numbers, addresses of web pages."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from flowhook.extraction.match import Context, Match
from flowhook.i18n.normalize import fold_accents, region, word_set
from flowhook.languages import language_for

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

# --- e-mail ------------------------------------------------------------------------------------------

_EMAIL = re.compile(
    r"(?<![\w.+'-])[\w.+'-]{1,64}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_]{2,24}(?![\w-]|\.\w)"
)


def find_email(text: str, context: Context) -> list[Match]:
    """Find e-mail addresses. A value is the address as typed, the part after the ``@`` in lower case."""
    found = []
    for address in _EMAIL.finditer(text):
        name, _, domain = address[0].partition("@")
        quoted = len(name) - len(name.lstrip("'"))
        name = name[quoted:]
        if name and ".." not in name and name[0] != "." and name[-1] not in ".'" and "_" not in domain:
            found.append(Match(f"{name}@{domain.lower()}", address.start() + quoted, address.end()))
    return found


# --- telephone ---------------------------------------------------------------------------------------

#: What may be a telephone number; the library is asked about nothing else.
_CANDIDATE = re.compile(r"(?<![\w.,])(?<!\w-)(?:\+|\(\+?)?\d(?:[\d\s()/.\-–]{4,28})\d(?![\w])")
_DAY = r"\d{1,2}[./]\s?\d{1,2}(?:[./]\s?(?:\d{4}|\d\d)?)?"
#: A date, or two of them with a dash between.
_DATE = re.compile(rf"(?:\d{{4}}-\d\d-\d\d|{_DAY})(?:\s{{0,2}}[-–]\s{{0,2}}(?:\d{{4}}-\d\d-\d\d|{_DAY}))?")
_DECIMAL = re.compile(r"\d{1,3}\.\d{3,8}(?<!\.\d{3})")  #: of a map: 53.5511
_GROUP = re.compile(r"\d+")
_WORD_BEFORE = re.compile(r"([^\W\d_]{2,20})[\s-]{1,2}\Z")
_WORD_BEHIND = re.compile(r"[\s-]{0,2}([^\W\d_]{2,20})")
MAX_PHONES = 20  #: candidates of one text that are looked at


def find_phone(text: str, context: Context) -> list[Match]:
    """Find telephone numbers, as ``+4930123456``. One without a country is of the locale's country."""
    found: list[Match] = []
    for count, candidate in enumerate(_CANDIDATE.finditer(text)):
        if count == MAX_PHONES:
            break
        if _DATE.fullmatch(candidate[0].strip()) or _DECIMAL.fullmatch(candidate[0].strip()):
            continue
        written = candidate[0].strip()
        if _is_spoken_on(text, candidate, context.locale):
            continue
        number = _parsed(candidate[0], region(context.locale))
        if number is None or (text.strip(" .!?,;:\"'") != written and _is_code(written, number)):
            continue
        found.append(Match(_written_as("E164", number), candidate.start(), candidate.end()))
    return found


def _is_spoken_on(text: str, candidate: re.Match[str], locale: str) -> bool:
    """Whether numbers in words stand right beside the digits: "null eins sieben 2345678"."""
    words = language_for(locale).numbers.words
    before, behind = (
        _WORD_BEFORE.search(text, max(0, candidate.start() - 24), candidate.start()),
        _WORD_BEHIND.match(text, candidate.end()),
    )
    return any(fold_accents(word[1]) in words for word in (before, behind) if word)


def _is_code(written: str, number: PhoneNumber) -> bool:
    """Whether this is more like the number of an order: groups with hyphens or slashes, without a prefix for
    the area or the country, in a country whose numbers have one, and not as they are written there."""
    if (
        max(written.count("-"), written.count("/")) < 2
        or written.startswith(("+", "0", "("))
        or not _has_prefix(number)
    ):
        return False
    return _GROUP.findall(written) != _GROUP.findall(_written_as("NATIONAL", number))


def _has_prefix(number: PhoneNumber) -> bool:
    """Whether an area code is dialled behind a prefix where the number is from, such as 0 in Germany."""
    import phonenumbers

    country = phonenumbers.region_code_for_number(number)
    return bool(country and phonenumbers.ndd_prefix_for_region(country, True))


def _written_as(style: str, number: PhoneNumber) -> str:
    import phonenumbers

    written: str = phonenumbers.format_number(number, getattr(phonenumbers.PhoneNumberFormat, style))
    return written


def _parsed(written: str, country: str) -> PhoneNumber | None:
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
    return number if sound else None


# --- web ---------------------------------------------------------------------------------------------

_URL = re.compile(
    r"(?<![\w@.:/-])(?:(?P<scheme>https?)://)?(?P<host>(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}"
    r"|localhost|\d{1,3}(?:\.\d{1,3}){3})"
    r"(?P<port>:\d{1,5})?(?P<rest>[/?#][^\s<>\"“”]*)?(?![\w@]|-\w|\.[^\W_])",
    re.IGNORECASE,
)
#: Ends of names without scheme and ``www.`` that are web addresses, not slips of the space bar.
_COMMON = word_set(
    "com org net edu gov info biz io ai app dev me tv co eu de at ch li fr es it "
    "nl be lu pt pl cz sk dk se no fi hu ro bg hr si gr ie uk us ca au "
    "nz jp cn kr in br mx ar cl ru ua tr za online shop store site tech cloud blog page xyz "
    "cafe pizza restaurant berlin wien hamburg bayern swiss"
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def find_url(text: str, context: Context) -> list[Match]:
    """Find web addresses such as ``www.example.com``.

    A value has its scheme, ``https`` when none was said; scheme and host are in lower case.
    """
    found = []
    for address in _URL.finditer(text):
        scheme, host = (address["scheme"] or "").lower(), address["host"].lower()
        if not _is_host(host, bool(scheme), address["host"]) or int((address["port"] or ":0")[1:]) > 65535:
            continue
        rest = _trimmed(address["rest"] or "")
        end = address.end() - len(address["rest"] or "") + len(rest)
        found.append(
            Match(f"{scheme or 'https'}://{host}{address['port'] or ''}{rest}", address.start(), end)
        )
    return found


def _is_host(host: str, explicit: bool, written: str) -> bool:
    end = host.rpartition(".")[2]
    if end.isdigit() or host == "localhost":
        return explicit and all(int(part) < 256 for part in host.split(".") if part.isdigit())
    if "-." in host or "_" in host:
        return False
    if explicit or (host.startswith("www.") and host.count(".") > 1):
        return True
    return end in _COMMON and (
        written.islower() or host.startswith("www.") or written.rpartition(".")[2].islower()
    )


def _trimmed(rest: str) -> str:
    """The path without the punctuation of the sentence around it."""
    while rest:
        last = rest[-1]
        if last in ".,;:!?'*_" or (last in _CLOSING and rest.count(last) > rest.count(_CLOSING[last])):
            rest = rest[:-1]
        else:
            break
    return rest
