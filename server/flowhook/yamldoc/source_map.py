"""Where things stand in a file: beside the data, never in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, cast

Path = tuple[str | int, ...]  #: keys and indexes from the root: ``("nodes", 3, "say")``
Position = tuple[int, int]  #: line and column, from 1

#: Characters after a backslash in double quotes that stand for one character, and their length.
_ESCAPES = {"x": 3, "u": 5, "U": 9}
_BLANKS = frozenset("ntrvf_NLP \t")  #: after a backslash, those that stand for white space


def _nothing() -> Mapping[Any, Span]:
    return NO_SPANS


NO_SPANS: Final[Mapping[Any, Span]] = MappingProxyType({})


@dataclass(slots=True)
class Span:
    """Where a key or value stands, counted from 1; the end is the column after its last character.

    ``text`` is a scalar as written, without quotes and escapes; None for a list or mapping. ``plain``:
    it stood without quotes, so that its type was guessed from its look.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str | None = None
    plain: bool = False
    children: Mapping[str | int, Span] = field(default_factory=_nothing, repr=False, compare=False)
    keys: Mapping[str, Span] = field(default_factory=_nothing, repr=False, compare=False)

    @property
    def length(self) -> int:
        """Characters to underline: up to the end when that is on the same line."""
        return max(1, self.end_column - self.column) if self.end_line == self.line else 1


class SpanMap(Mapping[Path, Span]):
    """Spans by path, such as ``("nodes", 3, "say")``. What an alias brings has the spans of its origin."""

    def __init__(self, root: Span, of_keys: bool = False) -> None:
        self._root = root
        self._of_keys = of_keys

    def __getitem__(self, path: Path) -> Span:
        span = self._root
        if not self._of_keys:
            for part in path:
                span = span.children[part]
            return span
        if not path:
            raise KeyError(path)  # the root has no key
        for part in path[:-1]:
            span = span.children[part]
        return span.keys[cast(str, path[-1])]

    def get(self, path: Path, default: Any = None) -> Any:
        """Return the span at a path; without a detour, because most that is told of a file asks for it."""
        try:
            return self[path]
        except KeyError:
            return default

    def __iter__(self) -> Iterator[Path]:
        todo: list[tuple[Path, Span]] = [((), self._root)]
        while todo:
            path, span = todo.pop()
            if not self._of_keys:
                yield path
            for part, child in span.children.items():
                if self._of_keys and part in span.keys:
                    yield (*path, part)
                todo.append(((*path, part), child))

    def __len__(self) -> int:
        return sum(1 for _ in self)


# -- characters of a scalar ---------------------------------------------------------------------------


def position_of(lines: Sequence[str], span: Span, value: str, offset: int) -> Position:
    """Return where the character ``value[offset]`` of a scalar is written.

    ``lines`` are those of the file, ``span`` is that of the scalar.
    """
    raw = lines[span.line - 1][span.column - 1 :] if span.line <= len(lines) else ""
    if raw.startswith("|"):
        return _in_block(lines, span, value, offset)
    if raw.startswith(">") or span.end_line != span.line:
        return _in_folded(lines, span, value, offset, raw[:1])
    if raw.startswith(("'", '"')):
        return span.line, span.column + 1 + _written_length(raw[1:], raw[0], offset)
    return span.line, span.column + offset


def _in_block(lines: Sequence[str], span: Span, value: str, offset: int) -> Position:
    """In a literal block, which begins on the line after its sign."""
    number = span.line + 1 + value.count("\n", 0, offset)
    column = offset - (value.rfind("\n", 0, offset) + 1)
    for line in lines[span.line : span.end_line]:
        if line.strip():
            return number, len(line) - len(line.lstrip(" ")) + column + 1
    return number, 1


def _in_folded(lines: Sequence[str], span: Span, value: str, offset: int, sign: str) -> Position:
    """In a text over several lines, whose breaks are folded: white space aside, what is written and what is
    meant are the same, character by character."""
    before = sum(not char.isspace() for char in value[:offset])
    position = (span.line, span.column)
    for position in _written_characters(lines, span, sign):
        if before == 0:
            return position
        before -= 1
    return position


def _written_characters(lines: Sequence[str], span: Span, sign: str) -> Iterator[Position]:
    """Where each character of a scalar is written, white space aside."""
    block = sign == ">"
    quote = sign if sign in ("'", '"') else ""
    first = span.line + 1 if block else span.line
    for number in range(first, min(span.end_line, len(lines)) + 1):
        line = lines[number - 1]
        at = span.column - 1 + len(quote) if number == span.line else 0
        while at < len(line):
            length, blank = _unit(line, at, quote)
            if not blank:
                yield number, at + 1
            at += length


def _unit(line: str, at: int, quote: str) -> tuple[int, bool]:
    """How many characters one character of the value takes, and whether it is white space or nothing."""
    if quote == "'" and line.startswith("''", at):
        return 2, False
    if quote == '"' and line[at] == "\\":
        sign = line[at + 1 : at + 2]
        length = 1 + _ESCAPES.get(sign, 1)
        code = line[at + 2 : at + length]
        if sign in _ESCAPES:
            return length, _is_blank(code)
        return length, sign == "" or sign in _BLANKS
    return 1, line[at].isspace()


def _is_blank(code: str) -> bool:
    try:
        return chr(int(code, 16)).isspace()
    except (ValueError, OverflowError):
        return False


def _written_length(raw: str, quote: str, count: int) -> int:
    """How many characters of a quoted scalar ``count`` characters of its value take."""
    if ("''" if quote == "'" else "\\") not in raw:
        return count  # as nearly always
    at = 0
    for _ in range(count):
        if quote == "'" and raw.startswith("''", at):
            at += 2
        elif quote == '"' and raw.startswith("\\", at):
            at += 1 + _ESCAPES.get(raw[at + 1 : at + 2], 1)
        else:
            at += 1
    return at
