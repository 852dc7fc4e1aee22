"""Addresses of web pages: ``https://example.com/a``, ``www.example.com``, ``example.com``."""

from __future__ import annotations

import re

from flowhook.extraction.match import Context, Match
from flowhook.i18n.normalize import listed

_URL = re.compile(
    r"(?<![\w@.:/-])(?:(?P<scheme>https?)://)?(?P<host>(?:[^\W_](?:[\w-]{0,62})\.){1,8}[^\W\d_]{2,24}"
    r"|localhost|\d{1,3}(?:\.\d{1,3}){3})"
    r"(?P<port>:\d{1,5})?(?P<rest>[/?#][^\s<>\"“”]*)?(?![\w@]|-\w|\.[^\W_])",
    re.IGNORECASE,
)
#: Ends of names without scheme and ``www.`` that are web addresses, not slips of the space bar.
_COMMON = listed(
    "com org net edu gov info biz io ai app dev me tv co eu de at ch li fr es it "
    "nl be lu pt pl cz sk dk se no fi hu ro bg hr si gr ie uk us ca au "
    "nz jp cn kr in br mx ar cl ru ua tr za online shop store site tech cloud blog page xyz "
    "cafe pizza restaurant berlin wien hamburg bayern swiss"
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def find_url(text: str, around: Context) -> list[Match]:
    """Web addresses with their scheme, ``https`` when none was said; scheme and host in lower case."""
    found = []
    for each in _URL.finditer(text):
        scheme, host = (each["scheme"] or "").lower(), each["host"].lower()
        if not _is_host(host, bool(scheme), each["host"]) or int((each["port"] or ":0")[1:]) > 65535:
            continue
        rest = _trimmed(each["rest"] or "")
        end = each.end() - len(each["rest"] or "") + len(rest)
        found.append(Match(f"{scheme or 'https'}://{host}{each['port'] or ''}{rest}", each.start(), end))
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
