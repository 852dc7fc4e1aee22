"""Cures of problems as edits of text, found by the problem's code and the place that it underlines.

A fix is **safe** when the file said nothing else before in any reading of it: what could not run gets its
only likely spelling, what had no effect gets the effect that its own words name. ``flowhook check --fix``
makes the safe ones; an editor offers all. A new fix is a function and its line in ``FIXES``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import PurePath

from flowhook.language_service.text import Range, TextEdit, line_of
from flowhook.language_service.workspace import SourceFile
from flowhook.problems.catalogue import (
    BAD_BRANCH,
    DATE_PATTERN,
    DUPLICATE_EXAMPLE,
    FALLS_INTO_ENTRY,
    MEMORY_WITHOUT_ID,
    MISSING,
    NEVER_EQUAL,
    PATTERN_WITHOUT_SLASHES,
    SINGLE_BRACES,
    UNKNOWN_NAME,
    UNKNOWN_NODE,
    WAIT_WITHOUT_ID,
    Code,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import Suggestion

_QUOTED = re.compile(r'"([^"]+)"')
_NODE_LINE = re.compile(r"(?P<lead>[ ]*(?:- +)*)(?P<key>[\w-]+)\s*:")
_LIST_LINE = re.compile(r"\s*- ")
_DATE_WRITE = re.compile(r"write (\S+)\Z")
#: What the hint of a comparison says to write, with what it takes the place of: both are filled in.
_TIME = re.compile(r"write '(?P<new>(?P<hour>\d\d):\d\d)'\Z")
_NUMBER = re.compile(r"write (?P<new>-?[\d.]+) without quotes\Z")
_VALUE = re.compile(r"write (?P<new>(?P<old>[\w.]+)\.value)\Z")
_MEMBER = re.compile(r"write (?P<new>'[^']+' in [\w.]+)\Z")
_MOMENT = re.compile(r"write (?P<new>now\.[^…]+)\Z")
_WRITE = re.compile(r"write (\{\{.+?\}\}|\{goto: .+?\}|/.+/)")


@dataclass(frozen=True, slots=True)
class Fix:
    """A cure. ``title`` is a sentence for the person who chooses it."""

    title: str
    problem: Problem
    edits: tuple[TextEdit, ...]
    safe: bool = False


def fixes_of(source: SourceFile, problem: Problem) -> list[Fix]:
    """Return the cures of one problem of a file, the likeliest first; none where no edit is known."""
    found: list[Fix] = []
    if isinstance(problem.hint, Suggestion):
        found += _suggested(source, problem, problem.hint.word)
    for build in FIXES.get(problem.code, ()):
        found += build(source, problem)
    return found


def _underlined(source: SourceFile, problem: Problem) -> str:
    return line_of(source.text, problem.line)[problem.column - 1 :][: problem.length]


def _replace(problem: Problem, text: str, begin: int = 0, length: int | None = None) -> tuple[TextEdit, ...]:
    """An edit of the underlined piece, or of a part of it."""
    size = problem.length if length is None else length
    return (TextEdit(Range.on_line(problem.line, problem.column + begin, size), text),)


def _suggested(source: SourceFile, problem: Problem, word: str) -> Iterator[Fix]:
    """The word that was probably meant, in the place of the one that the message quotes."""
    underlined = _underlined(source, problem)
    for wrong in _QUOTED.findall(problem.message):
        begin = underlined.find(wrong)
        if begin >= 0 and wrong != word:
            edits = _replace(problem, word, begin, len(wrong))
            yield Fix(f'change "{wrong}" to "{word}"', problem, edits, safe=problem.severity == "error")
            return


def _add_id(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    line = line_of(source.text, problem.line)
    name = _free_id(source, _underlined(source, problem))
    found = _NODE_LINE.match(line)
    if found is not None and len(found["lead"]) == problem.column - 1:
        indent = " " * (problem.column - 1)
        edit = TextEdit.insert(problem.line, problem.column, f"id: {name}\n{indent}")
    else:  # in braces, or beside other keys of the node
        edit = TextEdit.insert(problem.line, problem.column, f"id: {name}, ")
        if "{" not in line[: problem.column - 1]:
            return
    yield Fix(f'add "id: {name}"', problem, (edit,), safe=True)


def _free_id(source: SourceFile, kind: str) -> str:
    taken = {one.symbol.name for one in source.occurrences if one.symbol.kind == "node"}
    stem = re.sub(r"\W", "_", kind) or "node"
    number = 1
    while f"{stem}_{number}" in taken:
        number += 1
    return f"{stem}_{number}"


def _write_it(safe: bool) -> Callable[[SourceFile, Problem], Iterator[Fix]]:
    """What the hint says to write, in the place of what is underlined."""

    def build(source: SourceFile, problem: Problem) -> Iterator[Fix]:
        found = _WRITE.search(problem.hint)
        underlined = _underlined(source, problem)
        if found is None or not underlined:
            return
        new = found[1]
        if underlined[:1] in "\"'" and new.startswith("/"):
            new = underlined[0] + new + underlined[0]
        yield Fix(f"write {new}", problem, _replace(problem, new), safe=safe)

    return build


def _braces(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    """``{context.size}`` becomes a template."""
    found = _WRITE.search(problem.hint)
    line = line_of(source.text, problem.line)
    single = re.compile(r"(?<!\{)\{\s*([^{}]+?)\s*\}(?!\})").search(line, problem.column - 1)
    if found is not None and single is not None and single.start() == problem.column - 1:
        text_range = Range.on_line(problem.line, single.start() + 1, single.end() - single.start())
        yield Fix(f"write {found[1]}", problem, (TextEdit(text_range, found[1]),), safe=True)


def _date_pattern(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    """``DD.MM.YYYY`` becomes ``dd.MM.yyyy``."""
    found = _DATE_WRITE.search(problem.hint)
    old = _underlined(source, problem)
    if found is not None and found[1].casefold() == old.casefold():
        yield Fix(f"write {found[1]}", problem, _replace(problem, found[1]), safe=True)


def _comparison(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    """A comparison that never holds, as its hint writes it: the constant, the amount, or the whole of it."""
    text, hint = _underlined(source, problem), problem.hint
    if found := _TIME.match(hint):
        old = re.search(rf"(['\"])0?{int(found['hour'])}(?::\d\d)?\1", text)
        new = f"{old[1]}{found['new']}{old[1]}" if old else ""
    elif found := _NUMBER.match(hint):
        old, new = re.search(rf"(['\"]){re.escape(found['new'])}\1", text), found["new"]
    elif found := _VALUE.match(hint):
        old, new = re.search(rf"\b{re.escape(found['old'])}\b(?!\.)", text), found["new"]
    elif (found := _MEMBER.match(hint)) and "==" in text:
        old, new = (
            re.match(r".*", text),
            f"({found['new']})",
        )  # YAML takes a quote at the beginning for its own
    elif found := _MOMENT.match(hint):
        old, new = re.search(r"\bnow\b(?:\.(?:date|time)\(\))?(?!\.)", text), found["new"]
    else:
        return
    if old is not None:
        edits = _replace(problem, new, old.start(), old.end() - old.start())
        yield Fix(f"write {new}", problem, edits, safe=not _MOMENT.match(hint) or "'" not in new)


def _stop_before(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    """End the way above the entry of an intent."""
    line = line_of(source.text, problem.line)
    if line[: problem.column - 1].strip() == "-":
        indent = line[: len(line) - len(line.lstrip())]
        edit = TextEdit.insert(problem.line, 1, f"{indent}- stop:\n")
        yield Fix('put "- stop:" before it', problem, (edit,))


def _no_null(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    if problem.hint.startswith("write none"):
        yield Fix('write "none"', problem, _replace(problem, "none"), safe=True)


def _empty_branch(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    line = line_of(source.text, problem.line)
    behind = problem.column - 1 + problem.length
    if "empty" in problem.message and line[behind:].rstrip() == ":":
        edit = TextEdit.insert(problem.line, behind + 2, " []")
        yield Fix('write "[]": a branch that does nothing', problem, (edit,))


def _first_line(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    stem = PurePath(problem.file).stem
    if f'"flow: {stem}"' in problem.hint:
        yield Fix(f'begin the file with "flow: {stem}"', problem,
                  (TextEdit.insert(1, 1, f"flow: {stem}\n"),), safe=True)  # fmt: skip


def _drop_line(source: SourceFile, problem: Problem) -> Iterator[Fix]:
    """An example that stands twice, where it is alone on a line of a list."""
    line = line_of(source.text, problem.line)
    rest = line[problem.column - 1 + problem.length :]
    alone = _LIST_LINE.match(line) and not rest.strip("\"' ")
    if alone and line[: problem.column - 1].strip() == "-":
        text_range = Range(problem.line, 1, problem.line + 1, 1)
        yield Fix("take the second one away", problem, (TextEdit(text_range, ""),))


#: By code, who may know a cure.
FIXES: dict[Code, tuple[Callable[[SourceFile, Problem], Iterator[Fix]], ...]] = {
    WAIT_WITHOUT_ID: (_add_id,),
    MEMORY_WITHOUT_ID: (_add_id,),
    PATTERN_WITHOUT_SLASHES: (_write_it(safe=False),),
    SINGLE_BRACES: (_braces,),
    UNKNOWN_NODE: (_write_it(safe=True),),
    UNKNOWN_NAME: (_no_null,),
    BAD_BRANCH: (_empty_branch,),
    MISSING: (_first_line,),
    DUPLICATE_EXAMPLE: (_drop_line,),
    DATE_PATTERN: (_date_pattern,),
    NEVER_EQUAL: (_comparison,),
    FALLS_INTO_ENTRY: (_stop_before,),
}
