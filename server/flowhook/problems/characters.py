"""Characters that look like those of YAML and of expressions and are none: copied from web pages."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import NamedTuple

SPACES = "\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000"  #: parts of a character class of re
INVISIBLE = "\u00ad\u200b-\u200f\u2028\u2029\u202a-\u202e\u2060-\u2064\u2066-\u2069"

#: What to write instead. Spaces and invisible characters are known by their class.
_INSTEAD = {
    **dict.fromkeys("“”„‟«»＂", '"'),
    **dict.fromkeys("‘’‚‛‹›＇`´", "'"),
    **dict.fromkeys("‐‑‒–—―−－•‣▪·∙", "-"),
    "：": ":", "﹕": ":", "∶": ":", "，": ",", "、": ",", "［": "[", "］": "]", "【": "[", "】": "]",
    "｛": "{", "｝": "}", "（": "(", "）": ")", "｜": "|", "＞": ">", "＜": "<", "＝": "=", "≤": "<=",
    "≥": ">=", "≠": "!=", "＃": "#", "！": "not", "×": "*", "÷": "/", "…": "...",
}  # fmt: skip
_NAMES = {"\t": "tab", "\ufeff": "byte order mark"}
_IS_SPACE = re.compile(f"[{SPACES}]")
_IS_INVISIBLE = re.compile(f"[{INVISIBLE}\ufeff]")

_ITEMS = r"^[ \t]*(?:- +)*"
#: Where such a character takes the place of one of YAML's own. ``c`` is the character.
_STRUCTURAL = (
    rf"^[ \t-]*(?P<c>[{SPACES}{INVISIBLE}])",  # in the indentation, or behind the dash of an item
    rf"^[^:'\"#{{\[]*?(?P<c>[{INVISIBLE}])[^:'\"#{{\[]*:(?:\s|$)",  # in a key
    rf"{_ITEMS}(?:[\w./-]+:[ \t]+)?[\w./-]*(?P<c>[{INVISIBLE}])",  # in a name
    rf"{_ITEMS}[\w./-]+[ \t]*(?P<c>[{SPACES}]+) *:(?:\s|$)",  # between a key and its colon
    rf"{_ITEMS}[\w./-]+:(?P<c>[{SPACES}{INVISIBLE}])",  # behind the colon of a key
    rf"{_ITEMS}[A-Za-z_][\w-]*[ \t]*(?P<c>[：﹕∶])",
    rf"{_ITEMS}(?P<c>[‐‑‒–—―−－•‣▪·∙])(?:[\s{SPACES}]|$)",
    rf"{_ITEMS}(?P<c>[“”„‟«»＂‘’‚‛‹›＇`´])[^:]*[“”„‟«»＂‘’‚‛‹›＇`´]?[ \t]*:(?:\s|$)",  # a key in quotes
    rf"{_ITEMS}(?:[\w./-]+:[ \t]+)?(?P<c>[“”„‟«»＂‘’‚‛‹›＇`´])",  # a value in quotes
    r"[\[{,][ \t]*(?P<c>[“”„‟«»＂‘’‚‛‹›＇`´])",
    rf"{_ITEMS}(?:[\w./-]+:[ \t]+)(?P<c>[［【｛])",
    r"[\[{][^'\"]*?(?P<c>[，、］】｝])",
)


class Lookalike(NamedTuple):
    """A character that only looks like one that is meant. ``column`` counts from 1."""

    char: str
    column: int

    @property
    def message(self) -> str:
        """Which character it is."""
        if _IS_INVISIBLE.match(self.char):
            return f"{described(self.char)} stands here, which cannot be seen"
        meant = "a space" if _IS_SPACE.match(self.char) else _INSTEAD[self.char]
        return f"{described(self.char)} stands where {meant} is meant"

    @property
    def hint(self) -> str:
        """What to do about it."""
        return instead_of(self.char)


@cache
def _structural() -> tuple[re.Pattern[str], ...]:
    """Compiled when a file has a problem."""
    return tuple(map(re.compile, _STRUCTURAL))


def without_lookalikes(line: str) -> str:
    """Return a line with what was meant in the place of each such character."""
    while odd := find_lookalike(line):
        at = odd.column - 1
        line = line[:at] + _replacement(odd.char) + line[at + 1 :]
    return line


def _replacement(char: str) -> str:
    if _IS_INVISIBLE.match(char):
        return ""
    return " " if _IS_SPACE.match(char) else {":": ": ", ",": ", "}.get(_INSTEAD[char], _INSTEAD[char])


def described(char: str) -> str:
    """``U+00A0 (no-break space)``."""
    name = _NAMES.get(char) or unicodedata.name(char, "").lower()
    return f"U+{ord(char):04X}" + (f" ({name})" if name else "")


def instead_of(char: str) -> str:
    """What to do about a character; empty when it looks like none that is meant."""
    if _IS_INVISIBLE.match(char):
        return "delete it"
    if _IS_SPACE.match(char):
        return "write a plain space"
    return f"write {_INSTEAD[char]}" if char in _INSTEAD else ""


def is_lookalike_letter(char: str) -> bool:
    """Whether a letter looks like a Latin one and is none, or cannot be seen."""
    name = unicodedata.name(char, "")
    return bool(_IS_INVISIBLE.match(char)) or name.startswith(("CYRILLIC", "GREEK", "FULLWIDTH"))


def find_lookalike(line: str) -> Lookalike | None:
    """Return the first character of a line that takes the place of one of YAML's own; None without one."""
    if line.isascii():
        return None
    found = [match for pattern in _structural() if (match := pattern.search(line))]
    first = min(found, key=lambda match: match.start("c"), default=None)
    return Lookalike(first["c"][0], first.start("c") + 1) if first is not None else None
