"""Places in a text, and edits of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Range:
    """A piece of a text. Lines and columns count from 1 in characters; the end is behind the last one."""

    line: int
    column: int
    end_line: int
    end_column: int

    @classmethod
    def on_line(cls, line: int, column: int, length: int) -> Range:
        """Return a piece of one line."""
        return cls(line, column, line, column + length)

    def holds(self, line: int, column: int) -> bool:
        """Tell whether a cursor stands in the piece or at one of its ends."""
        return (self.line, self.column) <= (line, column) <= (self.end_line, self.end_column)


@dataclass(frozen=True, slots=True)
class TextEdit:
    """Characters that take the place of a piece of a text; an empty piece inserts."""

    range: Range
    text: str

    @classmethod
    def insert(cls, line: int, column: int, text: str) -> TextEdit:
        """Return an edit that puts something before a character."""
        return cls(Range(line, column, line, column), text)


def apply_edits(text: str, edits: Iterable[TextEdit]) -> str:
    """Return a text with edits made in it. Everything outside them stays byte for byte.

    Raises ValueError where two of them overlap.
    """
    starts = line_starts(text)
    spans = sorted(
        (offset_of(starts, text, edit.range.line, edit.range.column),
         offset_of(starts, text, edit.range.end_line, edit.range.end_column), edit.text)
        for edit in dict.fromkeys(edits)
    )  # fmt: skip
    pieces: list[str] = []
    done = 0
    for start, end, new in spans:
        if start < done:
            raise ValueError("two edits overlap")
        pieces += (text[done:start], new)
        done = end
    return "".join([*pieces, text[done:]])


def line_starts(text: str) -> list[int]:
    """Return the offset of each line, in the sense of ``str.splitlines``, with one more behind the last."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    return starts


def offset_of(starts: list[int], text: str, line: int, column: int) -> int:
    """Return the offset of a place; one behind a line's end is the end of the line."""
    if line >= len(starts):
        return len(text)
    begin = starts[line - 1]
    written = text[begin : starts[line]].splitlines()
    return begin + min(column - 1, len(written[0]) if written else 0)


def line_of(text: str, number: int) -> str:
    """Return a line, counted from 1, without its end; empty behind the last."""
    lines = text.splitlines()
    return lines[number - 1] if 0 < number <= len(lines) else ""
