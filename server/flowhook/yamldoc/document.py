"""YAML in, plain data out, and beside it where every key and value was written.

The one loader for config, flow and test files. It reads the parser's events, which libyaml makes one at
a time however deep the text is nested, and composes them without recursion: no text can crash or hang it.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

import yaml

from flowhook.problems.catalogue import PROBLEMS, TOO_LARGE, UNREADABLE, YAML_SYNTAX, Code, Severity
from flowhook.problems.problem import Problem
from flowhook.yamldoc import syntax_errors
from flowhook.yamldoc.composer import Composer, Stop
from flowhook.yamldoc.source_map import Path, Span, SpanMap, position_of
from flowhook.yamldoc.syntax_errors import lookalike_problem

__all__ = ["MAX_SIZE", "Document", "Path", "Span", "SpanMap", "load", "load_file", "read_text"]

MAX_SIZE = 8 * 1024 * 1024  #: bytes of a file, characters of a text

#: Control characters, surrogates, the byte order mark and what is no character. As one set of all that is
#: allowed it takes ten times as long to compile.
_FORBIDDEN = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]|[\ud800-\udfff]|[\ufeff\ufffe\uffff]")


@dataclass(slots=True)
class Document:
    """One file: its data, and beside it where each key and value is written.

    Aliases share their data: never change it in place.
    """

    file: str
    text: str
    data: Any
    spans: Mapping[Path, Span]
    key_spans: Mapping[Path, Span]
    _lines: list[str] = field(default_factory=list, init=False, repr=False, compare=False)

    @property
    def lines(self) -> list[str]:
        """The text by lines."""
        if not self._lines:
            self._lines = self.text.splitlines()
        return self._lines

    def span(self, path: Path) -> Span:
        """Return where a value is written, or the nearest thing around it that is."""
        while True:
            try:
                return self.spans[path]
            except KeyError:
                path = path[:-1]

    def key_span(self, path: Path) -> Span:
        """Return where the key at the end of a path is written; the value when it has no key."""
        return self.key_spans.get(path) or self.span(path)

    def as_written(self, path: Path, value: Any) -> Any:
        """Return a number, true or false, where a text is expected, as the text it was written as without
        quotes (``1.10``); any other value as it is."""
        if not isinstance(value, int | float):
            return value
        span = self.spans.get(path)
        return span.text if span is not None and span.plain and span.text is not None else value

    def _lookalike(self, span: Span, value: Span) -> Problem | None:
        """What may be behind an error at a span: a character in it, or before it on its line, that only looks
        like one of YAML's; or the one with which a list or mapping begins, the value of a key."""
        if self.text.isascii():
            return None
        ends = span.end_column if span.end_line == span.line else len(self.text)
        begins = value.column + 2 if value.text is None else 0
        for line, column in ((span.line, ends), (value.line, begins)):
            odd = (
                lookalike_problem(self.lines[line - 1], self.file, line) if line <= len(self.lines) else None
            )
            if odd is not None and odd.column < column:
                return odd
        return None

    def problem(
        self,
        code: Code,
        message: str,
        path: Path = (),
        *,
        at_key: bool = False,
        hint: str = "",
        severity: Severity | None = None,
        offset: int | None = None,
    ) -> Problem:
        """Make a problem at a value of this document, or at its key; with ``offset``, at that character."""
        span = self.key_span(path) if at_key else self.span(path)
        if (severity or PROBLEMS[code]) == "error":
            odd = self._lookalike(span, self.span(path))
            if odd is not None:
                return odd
        if offset is not None and span.text is not None:
            line, column = position_of(self.lines, span, span.text, offset)
            span = Span(line, column, line, column + 1)
        elif span.text is None:  # a line under a whole list would hide where it begins
            span = Span(span.line, span.column, span.line, span.column + 1)
        return Problem.at(code, message, self.file, span, hint, severity)


def load_file(path: FilePath, name: str | None = None) -> tuple[Document | None, list[Problem]]:
    """Read and load a file; ``name`` is what problems call it. Unreadable files are problems too."""
    name = name or str(path)
    text = read_text(path, name)
    return load(text, name) if isinstance(text, str) else (None, [text])


def read_text(path: FilePath, name: str) -> str | Problem:
    """Return the text of a file, or why it has none; ``name`` is what the problem calls the file."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # to open a pipe would wait for ever
            return Problem(UNREADABLE, "cannot be read: it is no regular file", name)
        with path.open("rb") as file:
            raw = file.read(MAX_SIZE + 1)
        return _too_large(name) if len(raw) > MAX_SIZE else raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = error.object[: error.start].decode("utf-8", "replace").split("\n")
        return Problem(YAML_SYNTAX, "not UTF-8 text", name, len(before), len(before[-1]) + 1)
    except OSError as error:
        return Problem(UNREADABLE, f"cannot be read: {error.strerror or error}", name)


def _too_large(name: str) -> Problem:
    return Problem(TOO_LARGE, f"larger than {MAX_SIZE // 1024**2} MiB", name)


def load(text: str, file: str) -> tuple[Document | None, list[Problem]]:
    """Load one document. With problems the document may be None, or what could be understood.

    Mapping keys are texts as written; values are those of YAML 1.2 core without NaN and infinity.
    An empty text gives a document whose data is None.
    """
    text = text.removeprefix("\ufeff")
    if len(text) > MAX_SIZE:
        return None, [_too_large(file)]
    composer = Composer(text, file)
    forbidden = _FORBIDDEN.search(text)
    if forbidden:
        composer.report_character(forbidden.start())
        return None, composer.problems
    try:
        root = composer.compose()
    except Stop:
        return None, composer.problems
    except (yaml.YAMLError, ValueError) as error:
        last = syntax_errors.explain_syntax_error(error, text, file)
        return None, [found for found in composer.problems if found.line != last.line] + [last]
    return Document(file, text, root.value, SpanMap(root.span), SpanMap(root.span, True)), composer.problems
