"""Finds the line that an author got wrong where the YAML parser stumbles over a later one.

A forgotten quote, a bracket that is not closed, a line that is indented wrongly: the parser notices them
lines below. Here likely repairs are tried, nearest first; the first that gets the parser past the place
tells where the mistake is. A file that cannot be parsed is rare, and a few more looks at it cost little.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import yaml

MAX_SIZE = 200_000  #: characters of a text that is tried again
MAX_TRIALS = 40
MAX_LINES_ABOVE = 5  #: lines with something on them that are looked at, upwards
NEAR = 3  #: lines above and below one to which its indentation is compared
FURTHER = 3  #: lines that a repair has to get the parser past the place
_SCANNER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ENTRY = re.compile(r" *(?:- +)*(?:[\w-]+:(?: |$)|- )")  #: how a line of a mapping or list begins
_PAIR = re.compile(r"(?P<lead> *(?:- +)*)[\w-]+: +\S")  #: a key with a value on its line
_QUOTES = "a text with a quote in it needs other quotes around it"


class Repair(NamedTuple):
    """What is wrong instead, and where; ``line`` and ``column`` count from 1, ``length`` are the characters
    to underline. ``message`` and ``hint`` are for people."""

    message: str
    line: int
    column: int
    hint: str = ""
    length: int = 1


def find_repair(lines: Sequence[str], line: int, opening: int, complaint: str) -> Repair | None:
    """Return the mistake behind a complaint of the YAML parser; None: it is where the parser says.

    The complaint is about ``line``; what the parser was reading there began on the line ``opening``;
    ``complaint`` is its message, in PyYAML's words. Lines count from 1.
    """
    if sum(map(len, lines)) > MAX_SIZE:
        return None
    return (
        _open_quote(lines, line)
        or _open_bracket(lines, line, opening, complaint)
        or _no_pair(lines, line, opening, complaint)
        or _wrong_order(lines, line)
        or _wrong_indentation(lines, line, opening)
    )


def _open_quote(lines: Sequence[str], line: int) -> Repair | None:
    """A quote that was forgotten took keys below it for text."""
    found: yaml.Token | None = None
    try:
        for token in yaml.scan("\n".join(lines), Loader=_SCANNER):
            if token.start_mark.line >= line:
                break
            if isinstance(token, yaml.ScalarToken) and token.style in ("'", '"'):
                swallowed = lines[token.start_mark.line + 1 : token.end_mark.line + 1]
                if any(map(_ENTRY.match, swallowed)):
                    found = token
                    break
    except yaml.YAMLError:
        pass
    if found is None:
        return None
    at = found.start_mark
    message = f"this quote is not closed on its line, but in line {found.end_mark.line + 1}"
    return Repair(message, at.line + 1, at.column + 1, _QUOTES, len(lines[at.line]) - at.column)


def _open_bracket(lines: Sequence[str], line: int, opening: int, complaint: str) -> Repair | None:
    """A bracket after which a new entry of the surrounding list or mapping begins is never closed."""
    if "expected ',' or" not in complaint or not 0 < opening < line <= len(lines):
        return None
    first = next((n for n in range(opening, line) if _begins_entry(lines, n, opening)), None)
    if first is None:
        return None
    bracket = "[" if "']'" in complaint else "{"
    column = lines[opening - 1].rfind(bracket) + 1
    return Repair(
        f"this {bracket} is never closed", opening, max(column, 1), f'close it with "{_CLOSING[bracket]}"'
    )


_CLOSING = {"[": "]", "{": "}"}


def _begins_entry(lines: Sequence[str], index: int, opening: int) -> bool:
    line = lines[index]
    return bool(_ENTRY.match(line)) and _indent(line) <= _indent(lines[opening - 1])


def _no_pair(lines: Sequence[str], line: int, opening: int, complaint: str) -> Repair | None:
    """A line that was to be a key has no colon: the parser notices on the next one."""
    if "could not find expected ':'" not in complaint or not 0 < opening < line:
        return None
    text = lines[opening - 1]
    hint = "a colon with a space after it is missing, or the text above it is not closed"
    return Repair('this is no "key: value" pair', opening, _indent(text) + 1, hint, len(text.strip()))


def _wrong_order(lines: Sequence[str], line: int) -> Repair | None:
    """A key that lost what stands under it, because the line below it has to come first."""
    for upper in range(min(line, len(lines) - 1), max(line - 3, 0), -1):
        above, below = lines[upper - 1], lines[upper]
        if not above.rstrip().endswith(":") or not below.strip() or below.rstrip().endswith(":"):
            continue
        if gets_past([*lines[: upper - 1], below, above, *lines[upper + 1 :]], line):
            message = f"this line and line {upper + 1} below it are in the wrong order"
            return Repair(message, upper, _indent(above) + 1, "swap the two", len(above.strip()))
    return None


# --- indentation -----------------------------------------------------------------------------------


def _wrong_indentation(lines: Sequence[str], line: int, opening: int) -> Repair | None:
    """A line above the complaint which, indented like one of its neighbours, lets the parser go on."""
    if line > len(lines):
        return None
    sibling = _under_its_sibling(lines, line)
    if sibling is not None:
        return sibling
    trials = 0
    for number in _suspects(lines, line, opening):
        own = _indent(lines[number - 1])
        for column in _columns(lines, number):
            trials += 1
            if trials > MAX_TRIALS:
                return None
            tried = [*lines[: number - 1], " " * column + lines[number - 1].lstrip(" "), *lines[number:]]
            if gets_past(tried, line):
                if number == line:
                    return None  # the parser was right
                message = f"this line is indented by {own}, which does not fit the lines around it"
                return Repair(message, number, own + 1, f"indent it by {column}")
    return None


def _under_its_sibling(lines: Sequence[str], line: int) -> Repair | None:
    """The line of the complaint, when it is a key that goes on if indented like the key above it."""
    above = next((text for text in reversed(lines[: line - 1]) if text.strip()), "")
    key = _PAIR.match(above)
    own, column = _indent(lines[line - 1]), key.end("lead") if key else -1
    if key is None or own == column or not _PAIR.match(lines[line - 1].replace("- ", "", 1)):
        return None
    if lines[line - 1].lstrip().startswith("- "):
        return None
    if not gets_past([*lines[: line - 1], " " * column + lines[line - 1].lstrip(" "), *lines[line:]], line):
        return None
    message = f"this line is indented by {own}, and the key above it by {column}"
    return Repair(message, line, own + 1, f"indent it by {column}")


def _suspects(lines: Sequence[str], line: int, opening: int) -> Iterator[int]:
    """The line of the complaint, and those above it, nearest first; then where it all began. Those come
    first that no other line near them is indented like."""
    found: list[int] = []
    for number in range(line, 0, -1):
        if lines[number - 1].strip():
            found.append(number)
        if len(found) > MAX_LINES_ABOVE:
            break
    suspects = list(dict.fromkeys([*found[1:2], *found[:1], *found[2:], opening]))
    yield from sorted(suspects, key=lambda number: not _is_odd(lines, number))


def _is_odd(lines: Sequence[str], number: int) -> bool:
    around = [*lines[max(number - 1 - NEAR, 0) : number - 1], *lines[number : number + NEAR]]
    return _indent(lines[number - 1]) not in {_indent(line) for line in around if line.strip()}


def _columns(lines: Sequence[str], number: int) -> list[int]:
    """Other indentations that the line could have had: those of its neighbours, and one level more."""
    near: list[int] = []
    for step in (-1, 1):
        at = number - 1 + step
        seen = 0
        while 0 <= at < len(lines) and seen < 2:
            if lines[at].strip():
                own = _indent(lines[at])
                near += [own, own + 2] if step < 0 else [own, max(own - 2, 0)]
                seen += 1
            at += step
    own = _indent(lines[number - 1])
    return [column for column in dict.fromkeys(near) if column != own]


def gets_past(lines: Sequence[str], line: int) -> bool:
    """Whether the parser finds nothing wrong, or only well below."""
    try:
        for _ in yaml.parse("\n".join(lines), Loader=_SCANNER):
            pass
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        return mark is not None and mark.line + 1 > line + FURTHER
    return True


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip(" "))
