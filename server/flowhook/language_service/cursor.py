"""Where a cursor stands in a YAML text that is being written, so that it can hardly be parsed.

A placeholder is put in the place of the word under the cursor, and the text is read as it is, then with the
likely repairs: as a key, with open quotes and brackets closed, without what follows, with nothing but the
lines that the cursor's line belongs to. In the first reading that works the placeholder is found, and with it
the path.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any, Literal

from flowhook.language_service.text import Range
from flowhook.yamldoc.document import Path, load

PLACEHOLDER = "zqCURSORqz"
_LEFT = re.compile(r"[\w-]*\Z")
_RIGHT = re.compile(r"[\w-]*")
_DASHES = re.compile(r"\s*(?:-\s+)*-\Z")
_OPENINGS = {"{": "}", "[": "]"}


@dataclass(frozen=True, slots=True)
class Cursor:
    """A cursor in a text.

    ``path`` leads to the value in which it stands; of a key, to the mapping that the key belongs to.
    ``data`` is what the text says with the placeholder in it. ``before`` is what stands in the same scalar
    before the word, ``word`` what is written of it up to the cursor, ``range`` the whole word.
    """

    at: Literal["key", "value"]
    path: Path
    data: Any
    before: str
    word: str
    range: Range
    alone: bool  #: the scalar is nothing but the word
    key_follows: bool  #: a colon stands behind the word already
    own_line: bool  #: nothing but dashes stands before the word on its line

    def value_at(self, path: Path) -> Any:
        """Return what stands at a path; None where nothing does."""
        value = self.data
        for part in path:
            if isinstance(value, Mapping):
                value = value.get(part)
            elif isinstance(value, list) and isinstance(part, int) and part < len(value):
                value = value[part]
            else:
                return None
        return value


def locate(text: str, line: int, column: int) -> Cursor | None:
    """Return where a cursor stands; None where no reading of the text has the place."""
    lines = text.splitlines()
    lines += [""] * (line - len(lines))
    written = lines[line - 1]
    left, right = written[: column - 1], written[column - 1 :]
    word_left = _LEFT.search(left)
    begin = word_left.start() if word_left else len(left)
    if _DASHES.fullmatch(left[:begin] + "-") and left[begin : begin + 1] == "-":
        begin += 1  # the dash of a list
    word_right = _RIGHT.match(right)
    end = column - 1 + (word_right.end() if word_right else 0)
    head = "\n".join([*lines[: line - 1], written[:begin]])
    tail = "\n".join([written[end:], *lines[line:]])
    rest = written[end:].lstrip()
    space = "" if not written[:begin].endswith("-") else " "
    readings = _readings(head + space, tail, written[:begin], rest)
    around = "\n".join([*_lines_around(lines, line), written[:begin]])
    for candidate in chain(readings, _readings(around + space, "", written[:begin], rest)):
        document, _ = load(candidate, "")
        if document is None or not isinstance(document.data, dict):
            continue
        found = _find((), document.data)
        if found is not None:
            at, path, before, after = found
            return Cursor(
                at, path, document.data, before, written[begin : column - 1],
                Range(line, begin + 1, line, end + 1), not before and not after.strip(),
                rest.startswith(":"), not written[:begin].strip(" -"),
            )  # fmt: skip
    return None


def _readings(head: str, tail: str, begun: str, rest: str) -> Iterator[str]:
    """The text with the placeholder: as it stands, as a key, with what is open closed, and cut off."""
    closing = _closing(begun)
    cut = tail.partition("\n")[2]
    yield head + PLACEHOLDER + tail
    if not rest.startswith(":"):
        yield head + PLACEHOLDER + ": " + tail
    if closing:
        for middle in (PLACEHOLDER, PLACEHOLDER + ": "):
            yield head + middle + closing + "\n" + cut
    for middle in (PLACEHOLDER, PLACEHOLDER + ": "):
        yield head + middle + "\n" + cut
        yield head + middle + closing


def _lines_around(lines: list[str], line: int) -> list[str]:
    """The lines above that a line belongs to: those of its own mapping, and the nearest that are indented
    less. What is broken elsewhere is not among them."""
    limit = _indent(lines[line - 1])
    kept: list[str] = []
    open_list = False
    for written in reversed(lines[: line - 1]):
        indent = _indent(written)
        if not written.strip() or indent > limit or (indent == limit and open_list):
            continue
        open_list = written.lstrip().startswith("- ")
        limit = indent
        kept.append(written)
    return kept[::-1]


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _closing(begun: str) -> str:
    """What closes the quotes and brackets that a line has opened."""
    stack: list[str] = []
    quote = ""
    previous = " "
    at = 0
    while at < len(begun):
        char = begun[at]
        if quote:
            if char == "\\" and quote == '"':
                at += 1
            elif char == quote:
                quote = ""
        elif char in "\"'" and previous in " [{,:-":
            quote = char
        elif char in _OPENINGS and (stack or previous in " "):
            stack.append(_OPENINGS[char])
        elif stack and char == stack[-1]:
            stack.pop()
        previous = char
        at += 1
    return quote + "".join(reversed(stack))


def _find(path: Path, value: Any) -> tuple[Literal["key", "value"], Path, str, str] | None:
    """Where the placeholder stands, and what stands around it in its scalar; the loader bounds the depth."""
    if isinstance(value, str):
        before, found, after = value.partition(PLACEHOLDER)
        return ("value", path, before, after) if found else None
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, item in items:
        if isinstance(name, str) and PLACEHOLDER in name:
            before, _, after = name.partition(PLACEHOLDER)
            return "key", path, before, after
        below = _find((*path, name), item)
        if below is not None:
            return below
    return None
