"""Where in a file a character of a text stands that was written there as a YAML scalar."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flowhook.yamldoc.document import Span

#: Characters after a backslash in double quotes that stand for one character, and their length.
_ESCAPES = {"x": 3, "u": 5, "U": 9}
_BLANKS = frozenset("ntrvf_NLP \t")  #: after a backslash, those that stand for white space

Place = tuple[int, int]


def place_in(lines: Sequence[str], mark: Span, value: str, offset: int) -> Place:
    """Line and column of ``value[offset]``; ``lines`` are those of the file, ``mark`` the scalar's."""
    raw = lines[mark.line - 1][mark.column - 1 :] if mark.line <= len(lines) else ""
    if raw.startswith("|"):
        return _in_block(lines, mark, value, offset)
    if raw.startswith(">") or mark.end_line != mark.line:
        return _in_folded(lines, mark, value, offset, raw[:1])
    if raw.startswith(("'", '"')):
        return mark.line, mark.column + 1 + _written_length(raw[1:], raw[0], offset)
    return mark.line, mark.column + offset


def _in_block(lines: Sequence[str], mark: Span, value: str, offset: int) -> Place:
    """In a literal block, which begins on the line after its sign."""
    number = mark.line + 1 + value.count("\n", 0, offset)
    column = offset - (value.rfind("\n", 0, offset) + 1)
    for line in lines[mark.line : mark.end_line]:
        if line.strip():
            return number, len(line) - len(line.lstrip(" ")) + column + 1
    return number, 1


def _in_folded(lines: Sequence[str], mark: Span, value: str, offset: int, sign: str) -> Place:
    """In a text over several lines, whose breaks are folded: white space aside, what is written and what is
    meant are the same, character by character."""
    before = sum(not char.isspace() for char in value[:offset])
    place = (mark.line, mark.column)
    for place in _written_characters(lines, mark, sign):
        if before == 0:
            return place
        before -= 1
    return place


def _written_characters(lines: Sequence[str], mark: Span, sign: str) -> Iterator[Place]:
    """Where each character of a scalar is written, white space aside."""
    block = sign == ">"
    quote = sign if sign in ("'", '"') else ""
    first = mark.line + 1 if block else mark.line
    for number in range(first, min(mark.end_line, len(lines)) + 1):
        line = lines[number - 1]
        at = mark.column - 1 + len(quote) if number == mark.line else 0
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
    at = 0
    for _ in range(count):
        if quote == "'" and raw.startswith("''", at):
            at += 2
        elif quote == '"' and raw.startswith("\\", at):
            at += 1 + _ESCAPES.get(raw[at + 1 : at + 2], 1)
        else:
            at += 1
    return at
