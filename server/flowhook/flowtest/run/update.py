"""``--update``: writes what the bot says now into the lines that failed, and leaves the rest of the file
as it is: comments, order, layout."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any

from flowhook.errors import FlowhookError
from flowhook.flowtest.files.matchers import MISSING
from flowhook.flowtest.files.parser import read_document
from flowhook.flowtest.run.outputs import titles_of, written_output
from flowhook.flowtest.run.result import Fix, Result
from flowhook.problems.problem import has_errors
from flowhook.yamldoc.document import Document, Span, load
from flowhook.yamldoc.writer import write_flow_style, write_scalar

_BOM = "\ufeff"


@dataclass(frozen=True, slots=True, order=True)
class Replacement:
    """``text`` in the place of ``[start, end)``."""

    start: int
    end: int
    text: str


def update(results: Iterable[Result]) -> dict[str, int]:
    """Apply the fixes of the results to their files. Answers how many to which file."""
    fixes: dict[str, tuple[Document, list[Fix]]] = {}
    for result in results:
        found = [failure.fix for failure in result.failures if failure.fix is not None]
        if found:
            fixes.setdefault(result.file.file, (result.file.document, []))[1].extend(found)
    return {file: _rewrite(document, wanted) for file, (document, wanted) in fixes.items()}


def _rewrite(document: Document, fixes: Sequence[Fix]) -> int:
    """Raises FlowhookError when the file changed meanwhile."""
    path = FilePath(document.file)
    before = path.read_bytes().decode("utf-8")
    if before.removeprefix(_BOM) != document.text:
        raise FlowhookError(f"{document.file} changed while the tests ran; nothing is written")
    text, count = updated(document, fixes)
    if count:
        path.write_bytes(((_BOM if before.startswith(_BOM) else "") + text).encode())
    return count


def updated(document: Document, fixes: Sequence[Fix]) -> tuple[str, int]:
    """The text of a file after the fixes, and how many of them could be applied."""
    writer = _Writer(document)
    edits: list[Replacement] = []
    for fix in fixes:
        edit = writer.edit(fix)
        if edit is not None and not any(_overlap(edit, other) for other in edits):
            edits.append(edit)
    text = document.text
    for edit in sorted(edits, reverse=True):
        text = text[: edit.start] + edit.text + text[edit.end :]
    again, problems = load(text, document.file)
    if again is None or has_errors(problems) or has_errors(read_document(again)[1]):
        raise FlowhookError(f"{document.file} cannot be updated by itself; change it by hand")
    return text, len(edits)


def _overlap(one: Replacement, other: Replacement) -> bool:
    return one == other or (one.start < other.end and other.start < one.end)


class _Writer:
    """Makes edits of one document."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.text = document.text
        self._lines = [0]
        for line in self.text.split("\n"):
            self._lines.append(self._lines[-1] + len(line) + 1)

    def edit(self, fix: Fix) -> Replacement | None:
        """The edit of a fix; None where it cannot be made."""
        if fix.path not in self.document.spans:
            return None
        span = self.document.spans[fix.path]
        if fix.do == "replace":
            return self._replace(span, fix.value)
        if fix.do == "remove":
            return self._remove(span)
        return self._insert(span, fix.value)

    def _span(self, span: Span) -> tuple[int, int]:
        """Where a value is written, without the comments and blanks that follow it."""
        start = self._at(span.line, span.column)
        if span.children and not self.text.startswith(("{", "["), start):  # a block ends with its last value
            return start, max(self._span(child)[1] for child in span.children.values())
        end = self._at(span.end_line, span.end_column)
        return start, start + len(self.text[start:end].rstrip())

    def _at(self, line: int, column: int) -> int:
        return min(len(self.text), self._lines[min(line, len(self._lines)) - 1] + column - 1)

    def _replace(self, span: Span, value: Any) -> Replacement | None:
        start, end = self._span(span)
        written = self.text[start:end]
        if value is MISSING or (span.text is None and not written.startswith(("{", "["))):
            return None  # a mapping in block style: who wrote it knows what to keep of it
        if isinstance(value, dict | list):
            return Replacement(start, end, write_flow_style(value))
        return Replacement(start, end, write_scalar(value, bare=span.plain))

    def _in_block(self, start: int) -> int | None:
        """Where the dash of a step stands; None when the steps stand in brackets."""
        before = self.text[:start].rstrip(" ")
        return len(before) - 1 if before.endswith("-") else None

    def _remove(self, span: Span) -> Replacement | None:
        start, end = self._span(span)
        dash = self._in_block(start)
        if dash is not None:
            line = self.text.rfind("\n", 0, dash) + 1
            after = self.text.find("\n", end)
            return Replacement(line, len(self.text) if after < 0 else after + 1, "") if line else None
        before = self.text[:start].rstrip()
        if before.endswith(","):
            return Replacement(len(before) - 1, end, "")
        rest = self.text[end:]
        comma = len(rest) - len(rest.lstrip())
        following = rest.lstrip().startswith(",")
        return Replacement(start, end + comma + 1, "") if following else Replacement(start, end, "")

    def _insert(self, span: Span, outputs: Sequence[Mapping[str, Any]]) -> Replacement:
        start, end = self._span(span)
        dash = self._in_block(start)
        if dash is None:
            return Replacement(end, end, "".join(f", {{bot: {_output(output)}}}" for output in outputs))
        indent = " " * (dash - self.text.rfind("\n", 0, dash) - 1)
        line_end = self.text.find("\n", end)
        line_end = len(self.text) if line_end < 0 else line_end
        lines = "".join(f"\n{indent}- bot: {_output(output)}" for output in outputs)
        return Replacement(line_end, line_end, lines)


def _output(output: Mapping[str, Any]) -> str:
    """As short as the contract's examples: buttons are looked at where the test says so."""
    return write_flow_style(
        output["text"] if titles_of(output["data"]) and output["text"] else written_output(output)
    )
