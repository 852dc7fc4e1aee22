"""Where in a file a character of a text stands that was written there as a YAML scalar."""

from __future__ import annotations

from collections.abc import Sequence

from flowhook.flowfiles.source import Mark

#: Characters after a backslash in double quotes that stand for one character, and their length.
_ESCAPES = {"x": 3, "u": 5, "U": 9}


def place_in(lines: Sequence[str], mark: Mark, value: str, offset: int) -> tuple[int, int]:
    """Line and column of ``value[offset]``; ``lines`` are those of the file, ``mark`` the scalar's.

    Exact for scalars on one line and in literal blocks; of others the line where they begin.
    """
    raw = lines[mark.line - 1][mark.column - 1 :] if mark.line <= len(lines) else ""
    if raw.startswith("|"):
        return _in_block(lines, mark, value, offset)
    if raw.startswith(">"):
        return _in_block(lines, mark, value, 0)
    if mark.end_line != mark.line:
        return mark.line, mark.column
    if raw.startswith(("'", '"')):
        return mark.line, mark.column + 1 + _written_length(raw[1:], raw[0], offset)
    return mark.line, mark.column + offset


def _in_block(lines: Sequence[str], mark: Mark, value: str, offset: int) -> tuple[int, int]:
    """In a block scalar, which begins on the line after its sign."""
    number = mark.line + 1 + value.count("\n", 0, offset)
    column = offset - (value.rfind("\n", 0, offset) + 1)
    for line in lines[mark.line : mark.end_line]:
        if line.strip():
            return number, len(line) - len(line.lstrip(" ")) + column + 1
    return number, 1


def _written_length(raw: str, quote: str, count: int) -> int:
    """How many characters of a quoted scalar ``count`` characters of its value take."""
    at = 0
    for _ in range(count):
        if quote == "'" and raw.startswith("''", at):
            at += 2
        elif quote == '"' and raw.startswith("\\", at):
            at += 1 + _ESCAPES.get(raw[at + 1 : at + 2], 1)
        else:
            at += 1
    return at
