"""What is wrong in a file, where, and the likely cure.

A checker makes problems and hands all of them on at once; nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol, cast

from flowhook.problems.catalogue import PROBLEMS, Code, Severity
from flowhook.problems.suggestion import Suggestion

CONTROL_CHARACTERS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")

_OF_THE_CODE = cast(Severity, "")


class Region(Protocol):
    """A piece of one line of a file, counted from 1, such as a Span or the use of a name."""

    @property
    def line(self) -> int: ...

    @property
    def column(self) -> int: ...

    @property
    def length(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. ``line`` and ``column`` count from 1, ``length`` is that of the underline.

    The severity is that of the code unless another one is given.
    """

    code: Code
    message: str
    file: str
    line: int = 1
    column: int = 1
    severity: Severity = _OF_THE_CODE
    hint: str = ""
    length: int = 1
    #: a plugin might bring what is said not to be there
    unregistered: bool = False

    def __post_init__(self) -> None:
        if not self.severity:
            object.__setattr__(self, "severity", PROBLEMS.get(self.code, "error"))

    @classmethod
    def at(
        cls,
        code: Code,
        message: str,
        file: str,
        region: Region,
        hint: str = "",
        severity: Severity | None = None,
    ) -> Problem:
        """Make a problem that underlines a region of a file."""
        return cls(
            code,
            message,
            file,
            region.line,
            region.column,
            severity or _OF_THE_CODE,
            hint,
            region.length,
        )

    @property
    def text(self) -> str:
        """The message, with the word that was probably meant when the hint is such a word."""
        return f"{self.message}; {self.hint}" if isinstance(self.hint, Suggestion) else self.message

    @property
    def remedy(self) -> str:
        """The hint, unless ``text`` says it already."""
        return "" if isinstance(self.hint, Suggestion) else self.hint

    def __str__(self) -> str:
        head = f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.text}"
        return CONTROL_CHARACTERS.sub(" ", head)


class Sources:
    """The texts that problems point into, by file name."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._texts: dict[str, str] = dict(texts or {})
        self._lines: dict[str, list[str]] = {}  #: of the texts that were pointed into

    def add(self, file: str, text: str) -> None:
        """Remember a file's text."""
        self._texts[file] = text
        self._lines.pop(file, None)

    def text(self, file: str) -> str | None:
        """The whole text; None when it is not known."""
        return self._texts.get(file)

    def line(self, file: str, number: int) -> str | None:
        """The line of that number, from 1; None when the text is not known."""
        if file not in self._lines:
            self._lines[file] = self._texts.get(file, "").splitlines()
        lines = self._lines[file]
        return lines[number - 1] if 0 < number <= len(lines) else None


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by file and place, each once."""
    return sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.severity, p.code, p.message))


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether anything is worse than a warning."""
    return any(problem.severity == "error" for problem in problems)
