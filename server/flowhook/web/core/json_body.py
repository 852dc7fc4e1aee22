"""JSON from strangers: strict, and fast for the small bodies that nearly everybody sends.

The parser of pydantic-core already refuses text that is not UTF-8, byte order marks, NaN and
Infinity, lone surrogates, control characters and 4,300-digit numbers. What it lets pass is looked
for here, because each of it would fail later, inside the database or at a receiver: duplicate keys
(two readers, two meanings), NUL, endless integers, floats that overflow, and deep nesting. Integers
are exact, whatever their size up to ``MAX_DIGITS``.
"""

from __future__ import annotations

import json
import re
from math import isfinite
from typing import Any

from pydantic_core import from_json

from flowhook.errors import ApiError

MAX_DEPTH = 64
MAX_DIGITS = 400  #: of an integer
_TOO_LARGE = 10**MAX_DIGITS

_KEY_ENDS = re.compile(rb'"[ \t\r\n]*:')


def parse_object(raw: bytes) -> dict[str, Any]:
    """The JSON object in ``raw``. Raises ApiError 400 ``invalid_json`` or ``invalid_body``."""
    value = parse_json(raw)
    if type(value) is not dict:
        raise ApiError(400, "invalid_body", "The body must be a JSON object.")
    return value


def parse_json(raw: bytes) -> Any:
    """The JSON value in ``raw``. Raises ApiError 400 ``invalid_json``."""
    try:
        value = from_json(raw, allow_inf_nan=False, cache_strings="keys")
    except ValueError as error:
        raise _invalid(_encoding_of(raw) or str(error)) from None
    keys = _inspect(value, nul=b"\\u0000" in raw)
    # Each key of the text is followed by a colon: as many colons as keys means that no key was
    # given twice. Colons inside strings make the two slower looks necessary.
    if keys != raw.count(b":") and keys != len(_KEY_ENDS.findall(raw)):
        _refuse_duplicates(raw)
    return value


def _encoding_of(raw: bytes) -> str:
    """What the body is rather than JSON in UTF-8, where its first bytes tell; else nothing."""
    if raw.startswith(b"\x1f\x8b"):
        return "it looks compressed (gzip); send it as it is"
    if raw.startswith(b"\xef\xbb\xbf"):
        return "it begins with a byte order mark; send UTF-8 without one"
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\0" in raw[:4]:
        return "it looks like UTF-16 or UTF-32; send UTF-8"
    return ""


def _inspect(value: Any, *, nul: bool) -> int:
    """Refuse what must not be stored. Return how many keys the value holds, at all depths."""
    keys = 0
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        deeper: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str:
                if nul and "\0" in item:
                    raise _invalid("a string holds the character NUL")
            elif kind is dict:
                keys += len(item)
                deeper.extend(item.values())
                if nul:
                    deeper.extend(item)
            elif kind is list:
                deeper.extend(item)
            elif kind is int:
                if not -_TOO_LARGE < item < _TOO_LARGE:
                    raise _invalid(f"an integer has more than {MAX_DIGITS} digits; send it as a string")
            elif kind is float and not isfinite(item):
                raise _invalid("a number is too large")
        if not deeper:
            return keys
        level = deeper
    raise _invalid(f"it is nested deeper than {MAX_DEPTH}")


def _refuse_duplicates(raw: bytes) -> None:
    """Parse again, slowly, looking at every pair."""
    json.loads(raw, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> None:
    seen: set[str] = set()
    for key, _ in pairs:
        if key in seen:
            raise _invalid(f"the key {key[:80]!r} is given twice")
        seen.add(key)


def _invalid(why: str) -> ApiError:
    return ApiError(400, "invalid_json", f"The body is not acceptable JSON: {why}.")
