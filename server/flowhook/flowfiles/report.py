"""Collects the problems of one document and knows where each of them stands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from flowhook.flowfiles.diagnostics import Problem, did_you_mean
from flowhook.flowfiles.source import Document, Mark

#: Where a value stands in a document: keys and indices from the root.
Path = tuple[str | int, ...]


class Report:
    """The problems of one document, in the order found."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []

    @property
    def failed(self) -> bool:
        """Whether one of the problems is an error."""
        return any(problem.severity == "error" for problem in self.problems)

    def at_value(self, path: Path, code: str, message: str, **details: Any) -> None:
        """An error, or with ``severity``, a warning at the value under ``path``."""
        self._add(self._mark(path), code, message, **details)

    def at_key(self, path: Path, code: str, message: str, **details: Any) -> None:
        """The same at the key that ``path`` ends in."""
        self._add(self.document.key_marks.get(path) or self._mark(path), code, message, **details)

    def at(self, line: int, column: int, code: str, message: str, **details: Any) -> None:
        """The same at a line and column."""
        self._put(line, column, code, message, **details)

    def nearest(self, word: Any, candidates: Collection[str]) -> str:
        """A hint that names the candidate most like ``word``; empty when none is like it."""
        return did_you_mean(str(word), candidates)

    def _mark(self, path: Path) -> Mark:
        marks = self.document.marks
        while path not in marks and path:
            path = path[:-1]
        return marks[path]

    def _add(self, mark: Mark, code: str, message: str, **details: Any) -> None:
        length = max(1, mark.end_column - mark.column)
        self._put(mark.line, mark.column, code, message, length=length, **details)

    def _put(
        self,
        line: int,
        column: int,
        code: str,
        message: str,
        *,
        hint: str = "",
        severity: Literal["error", "warning"] = "error",
        length: int = 1,
    ) -> None:
        problem = Problem(code, message, self.document.file, line, column, severity, hint, length)
        self.problems.append(problem)
