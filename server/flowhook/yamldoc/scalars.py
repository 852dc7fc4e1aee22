"""What an unquoted word of YAML means: the core schema of YAML 1.2, kept to what JSON can hold.

Only ``true`` and ``false`` are booleans; ``yes``, ``12:30`` and ``2026-01-31`` are texts; ``010`` is ten.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from flowhook.problems.suggestion import did_you_mean

Scalar = str | int | float | bool | None

_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_DECIMAL = re.compile(r"[-+]?[0-9]+", re.ASCII)
_BASED = re.compile(r"0(?:o[0-7]+|x[0-9a-fA-F]+)", re.ASCII)
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?", re.ASCII)
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_NUMERIC_START = frozenset("0123456789+-.")
_LONGEST = 100  # digits; nobody means more, and Python refuses some thousands

_TYPES: Mapping[str, tuple[type, ...]] = {
    "int": (int,),
    "float": (float, int),
    "bool": (bool,),
    "null": (type(None),),
}
CORE = "tag:yaml.org,2002:"
#: How a condition begins that somebody denies with !, as in other languages.
CONDITION = re.compile(r"\s*\(?(?:context|input|profile|session|vars|history|answer|now)\b")


def parse_plain(text: str) -> Scalar:
    """The value of an unquoted scalar. Raises ValueError with a sentence for one that JSON cannot hold."""
    if text in _WORDS:
        return _WORDS[text]
    return _number(text) if text[0] in _NUMERIC_START else text


def _number(text: str) -> Scalar:
    if _DECIMAL.fullmatch(text):
        if len(text) > _LONGEST:
            raise ValueError("this number is too long; put it in quotes to make it a text")
        return int(text)
    if _BASED.fullmatch(text) and len(text) <= _LONGEST:
        return int(text, 0)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isfinite(number):
            return number
        raise ValueError(f'"{text}" is too large for a number')
    if _NOT_FINITE.fullmatch(text):
        raise ValueError(f'"{text}" is not a number that can be stored; put it in quotes to make it a text')
    return text


def parse_tagged(tag: str, text: str) -> Scalar:
    """The value of a scalar with a tag such as ``!!str``. Raises ValueError for tags we do not know."""
    name = tag.removeprefix(CORE)
    if tag == "!" or name == "str":
        return text
    if name not in _TYPES or name == tag:
        raise ValueError(unknown_tag_message(tag))
    value = parse_plain(text)
    if type(value) not in _TYPES[name]:
        raise ValueError(f'"{text}" is no {name}')
    return float(value) if name == "float" and isinstance(value, int) else value


def unknown_tag_message(tag: str) -> str:
    """Why a tag is not taken."""
    if not tag.startswith(CORE):
        return "a text that begins with ! needs quotes"
    shown = "!!" + tag.removeprefix(CORE)
    shown = shown if len(shown) <= 40 else shown[:39] + "…"
    nearest = did_you_mean(shown, [f"!!{name}" for name in ("str", *_TYPES)])
    return f"the tag {shown} is not known{nearest and '; ' + nearest}"
