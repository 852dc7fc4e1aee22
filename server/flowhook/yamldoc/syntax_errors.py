"""Turns the YAML parser's complaints into sentences that say the repair."""

from __future__ import annotations

import re
from collections.abc import Sequence

import yaml

from flowhook.problems.catalogue import YAML_SYNTAX
from flowhook.problems.characters import find_lookalike, without_lookalikes
from flowhook.problems.problem import Problem
from flowhook.yamldoc.syntax_repairs import find_repair, gets_past

_CODE = YAML_SYNTAX
LINES_ABOVE = 10  #: of the place where the parser stopped, that may hold the mistake
_QUOTES = "a text with a quote in it needs other quotes around it"

#: An unquoted ``{{`` where a value begins: the value up to a comment or the end of the line.
_TEMPLATE = re.compile(r"(?:^|[\s\[,])(?P<value>\{\{.*?)\s*(?:\s#.*)?$")
_LEAD = re.compile(r"^\s*(?:-\s+)*(?:[^\s\"'#{\[][^\"'#{]*:\s+)?$")

#: (part of libyaml's complaint, what we say, hint)
_SENTENCES = (
    (
        "mapping values are not allowed",
        'a ": " is not allowed here',
        "put a text that holds a colon in quotes; or the line is indented too far",
    ),
    (
        "could not find expected ':'",
        'this is no "key: value" pair',
        "a colon with a space after it is missing, or the text above it is not closed",
    ),
    (
        "did not find expected key",
        "this does not belong to the mapping above",
        "align it with the keys above; a text with quotes inside needs quotes around all of it",
    ),
    (
        "did not find expected '-' indicator",
        "this does not belong to the list above",
        'begin it with "- ", aligned with the items above',
    ),
    ("did not find expected ',' or ']'", "a comma or ] is missing in this list", ""),
    ("did not find expected ',' or '}'", "a comma or } is missing in this mapping", ""),
    ("did not find expected node content", "a value is expected here", ""),
    ("found a tab character", "a tab cannot indent YAML", "use spaces"),
    ("unknown escape character", "this \\ begins no known escape", "write \\\\, or use single quotes"),
    ("block sequence entries are not allowed", "a list cannot begin here", "begin it on a new line"),
    ("did not find expected alphabetic", "a value cannot begin with & or *", "put it in quotes"),
    (
        "did not find expected comment or line break",
        "nothing may follow | or > on its line",
        "begin the text on the next line, or put it in quotes",
    ),
    ("mapping keys are not allowed", "a value cannot begin with ? and a space", "put it in quotes"),
    ("undefined tag handle", "a value cannot begin with !", "put it in quotes"),
    ("expected <document start>", "this does not belong to what is above", "check the indentation"),
)


def explain_syntax_error(error: Exception, text: str, file: str) -> Problem:
    """The problem that stopped the parser. Errors without a place are put at the file's beginning."""
    mark = getattr(error, "problem_mark", None)
    opening = getattr(error, "context_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
    complaint = str(getattr(error, "problem", "") or getattr(error, "reason", "") or "this is not YAML")
    lines = text.splitlines()
    for number in dict.fromkeys((line, opening.line + 1 if opening else line, line - 1)):
        found = unquoted_template(lines[number - 1]) if 0 < number <= len(lines) else None
        if found is not None:
            start, value = found
            return template_problem(value, file, number, start + 1)
    odd = _odd_character(lines, file, line, opening.line + 1 if opening else line)
    if odd is not None:
        return odd
    better = find_repair(lines, line, opening.line + 1 if opening else line, complaint)
    if better is not None:
        return Problem(
            _CODE, better.message, file, better.line, better.column, hint=better.hint, length=better.length
        )
    if opening and "unexpected end of stream" in complaint:
        line, column = opening.line + 1, opening.column + 1
    at = lines[line - 1] if line <= len(lines) else ""
    if at[column - 2 : column] == "${":
        return variable_problem(at, file, line, column - 1)
    message, hint = _sentence(complaint, at[column - 1 : column], opening)
    return Problem(_CODE, message, file, line, column, hint=hint)


def _odd_character(lines: Sequence[str], file: str, line: int, opening: int) -> Problem | None:
    """A character that only looks like one of YAML's, near where the parser stopped, or without which it
    would not have."""
    near = [line, opening, *range(line - 1, max(line - LINES_ABOVE, 0), -1), line + 1]
    for number in dict.fromkeys(near):
        odd = lookalike_problem(lines[number - 1], file, number) if 0 < number <= len(lines) else None
        if odd is not None and (number in (line, opening) or gets_past(_cleaned(lines), line)):
            return odd
    return None


def _cleaned(lines: Sequence[str]) -> list[str]:
    """The lines with YAML's own characters where others look like them."""
    return [without_lookalikes(line) for line in lines]


def lookalike_problem(text: str, file: str, line: int) -> Problem | None:
    """A character of a line that only looks like one of YAML's; None when there is none."""
    odd = find_lookalike(text)
    if odd is None:
        return None
    return Problem(YAML_SYNTAX, odd.message, file, line, odd.column, hint=odd.hint)


def unquoted_template(line: str) -> tuple[int, str] | None:
    """Where on a line a value begins with ``{{`` without quotes, from 0, and that value."""
    for found in _TEMPLATE.finditer(line):
        start = found.start("value")
        if _LEAD.match(line[:start]):
            return start, found["value"]
    return None


def template_problem(value: str, file: str, line: int, column: int) -> Problem:
    """``{{`` opens a mapping for YAML, so a value that begins with a template needs quotes."""
    mark = "'" if '"' in value and "'" not in value else '"'
    quoted = value.replace('"', '\\"') if mark == '"' else value
    return Problem(
        _CODE,
        "a value that begins with {{ needs quotes",
        file,
        line,
        column,
        hint=f"quote the template: {mark}{quoted}{mark}",
        length=len(value),
    )


def variable_problem(at: str, file: str, line: int, column: int) -> Problem:
    """Inside ``[…]`` and ``{…}`` the brace of ``${NAME}`` opens a mapping, so it needs quotes."""
    reference = at[column - 1 : at.find("}", column) + 1] or "${"
    message = "a variable inside [ ] or { } needs quotes"
    return Problem(_CODE, message, file, line, column, hint=f'write "{reference}"', length=len(reference))


def _sentence(complaint: str, char: str, opening: yaml.Mark | None) -> tuple[str, str]:
    """Message and hint for a complaint about a character."""
    if "cannot start any token" in complaint:
        if char == "\t":
            return "a tab cannot indent YAML", "use spaces"
        return f'a value cannot begin with "{char}"', "put it in quotes"
    if "unexpected end of stream" in complaint:
        return "this quote is never closed", _QUOTES
    if "directive" in complaint:
        return 'a value cannot begin with "%"', "put it in quotes"
    for part, message, hint in _SENTENCES:
        if part in complaint:
            since = f", opened on line {opening.line + 1}" if opening and "missing" in message else ""
            return message + since, hint
    return complaint, ""
