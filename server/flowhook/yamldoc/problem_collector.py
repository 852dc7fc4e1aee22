"""Collects the problems of one document."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from flowhook.problems.catalogue import Code
from flowhook.problems.problem import Problem, has_errors
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Document, Path

_MOST_COMPARED = 200_000  # words that hints look at in one document; a search among ids costs its number


class ProblemCollector:
    """The problems of one document, in the order found."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.problems: list[Problem] = []
        self._compared = 0

    @property
    def failed(self) -> bool:
        """Whether one of the problems is an error."""
        return has_errors(self.problems)

    def at_value(self, path: Path, code: Code, message: str, **details: Any) -> None:
        """An error, or with ``severity``, a warning at the value under ``path``."""
        self.problems.append(self.document.problem(code, message, path, **details))

    def at_key(self, path: Path, code: Code, message: str, **details: Any) -> None:
        """The same at the key that ``path`` ends in."""
        self.problems.append(self.document.problem(code, message, path, at_key=True, **details))

    def at_top(self, code: Code, message: str, hint: str = "") -> None:
        """An error of the file as a whole."""
        self.problems.append(Problem(code, message, self.document.file, hint=hint))

    def nearest(self, word: str, candidates: Collection[str]) -> str:
        """A hint that names the candidate most like ``word``; empty when none is like it."""
        self._compared += len(candidates)
        return did_you_mean(word, candidates) if self._compared <= _MOST_COMPARED else ""
