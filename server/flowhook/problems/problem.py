"""What is wrong in a file, where, and the likely cure; shown to people, editors and CI.

A checker makes problems and hands all of them on at once; nothing here raises.
"""

from __future__ import annotations

import difflib
import json
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Literal
from urllib.parse import quote

from flowhook.problems.catalogue import cure_of, meaning_of, page_of
from flowhook.version import __version__

Severity = Literal["error", "warning"]

_WIDEST = 120  # columns of source shown; longer lines are cut around the caret
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong. ``line`` and ``column`` count from 1, ``length`` is that of the underline."""

    code: str
    message: str
    file: str
    line: int = 1
    column: int = 1
    severity: Severity = "error"
    hint: str = ""
    length: int = 1

    @property
    def text(self) -> str:
        """The message, with the nearest known word when the hint names one."""
        return f"{self.message}; {self.hint}" if self.hint.startswith("did you mean") else self.message

    @property
    def remedy(self) -> str:
        """The hint, unless ``text`` says it already."""
        return "" if self.hint.startswith("did you mean") else self.hint

    def __str__(self) -> str:
        head = f"{self.file}:{self.line}:{self.column}: {self.severity}[{self.code}]: {self.text}"
        return _CONTROL.sub(" ", head)


class Sources:
    """The texts that problems point into, by file name."""

    def __init__(self, texts: Mapping[str, str] | None = None) -> None:
        self._lines: dict[str, list[str]] = {}
        for file, text in (texts or {}).items():
            self.add(file, text)

    def add(self, file: str, text: str) -> None:
        """Remember a file's text."""
        self._lines[file] = text.splitlines()

    def line(self, file: str, number: int) -> str | None:
        """The line of that number, from 1; None when the text is not known."""
        lines = self._lines.get(file, [])
        return lines[number - 1] if 0 < number <= len(lines) else None


def did_you_mean(word: str, candidates: Iterable[str]) -> str:
    """``did you mean "confirm"?`` for the nearest candidate; empty when none is near."""
    names = {candidate.casefold(): candidate for candidate in candidates}
    nearest = difflib.get_close_matches(str(word).casefold(), names, n=1, cutoff=0.6)
    return f'did you mean "{names[nearest[0]]}"?' if nearest else ""


def sort_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Sorted by file and place, each once."""
    return sorted(set(problems), key=lambda p: (p.file, p.line, p.column, p.severity, p.code, p.message))


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether anything is worse than a warning."""
    return any(problem.severity == "error" for problem in problems)


def summary(problems: Sequence[Problem], files: int) -> str:
    """``2 errors, 1 warning in 3 files``."""
    errors = sum(problem.severity == "error" for problem in problems)
    counts = [_count(errors, "error"), _count(len(problems) - errors, "warning")]
    found = ", ".join(count for count in counts if not count.startswith("0 "))
    return f"{found or 'no problems'} in {_count(files, 'file')}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


# -- for people --------------------------------------------------------------------------------------


def render_text(problems: Iterable[Problem], sources: Sources, colour: bool = False) -> str:
    """Each problem with its line and a caret; ends with a newline unless there is none."""
    paint = _paint if colour else _plain
    return "".join(f"{_render(problem, sources, paint)}\n" for problem in sort_problems(problems))


def _render(problem: Problem, sources: Sources, paint: Any) -> str:
    shade = "31" if problem.severity == "error" else "33"
    place = f"{problem.file}:{problem.line}:{problem.column}:"
    label = f"{problem.severity}[{problem.code}]:"
    rows = [" ".join((paint("1", _clean(place)), paint(shade, label), _clean(problem.text)))]
    line = sources.line(problem.file, problem.line)
    if line is not None:
        shown, caret = _excerpt(line, problem.column, problem.length)
        rows += [f"    {shown}", f"    {paint(shade, caret)}"]
    if problem.remedy:
        rows.append(f"  = {_clean(problem.remedy)}")
    return "\n".join(rows)


def _excerpt(line: str, column: int, length: int) -> tuple[str, str]:
    """The part of a line around a column, and the row that underlines it."""
    at = min(max(column - 1, 0), len(line))
    length = max(1, min(length, len(line) - at))
    begin = max(0, at - _WIDEST // 2) if len(line) > _WIDEST else 0
    end = begin + _WIDEST
    lead, rest = ("…" if begin else ""), ("…" if end < len(line) else "")
    before = lead + _clean(line[begin:at])
    marked = _clean(line[at : min(at + length, end)])
    shown = before + marked + _clean(line[at + len(marked) : end]) + rest
    return shown, " " * _width(before) + "^" + "~" * (_width(marked) - 1)


def _clean(text: str) -> str:
    """Without what a terminal would obey; one character stays one character."""
    return _CONTROL.sub(" ", text)


def _width(text: str) -> int:
    """Columns that a terminal needs for the text."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1
        for char in text
    )


def _paint(code: str, text: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m"


def _plain(code: str, text: str) -> str:
    return text


# -- for programs ------------------------------------------------------------------------------------


def render_json(problems: Iterable[Problem]) -> str:
    """``{"problems": [{code, severity, message, hint, help, file, line, column, endColumn}], …}``: ``help``
    says what the code means."""
    ordered = sort_problems(problems)
    errors = sum(problem.severity == "error" for problem in ordered)
    rows = [
        {
            "code": problem.code,
            "severity": problem.severity,
            "message": problem.message,
            "hint": problem.hint,
            "help": meaning_of(problem.code),
            "file": problem.file,
            "line": problem.line,
            "column": problem.column,
            "endColumn": problem.column + problem.length,
        }
        for problem in ordered
    ]
    report = {"problems": rows, "errors": errors, "warnings": len(rows) - errors}
    return json.dumps(report, indent=2, ensure_ascii=False) + "\n"


def render_sarif(problems: Iterable[Problem]) -> str:
    """SARIF 2.1.0, as code scanning services read it."""
    ordered = sort_problems(problems)
    rules = sorted({problem.code for problem in ordered})
    driver = {"name": "flowhook", "version": __version__, "rules": [_sarif_rule(rule) for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(problem, rules.index(problem.code)) for problem in ordered],
    }
    log = {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _sarif_rule(code: str) -> dict[str, Any]:
    """What a code means: ``help`` has its whole page, which code scanning shows beside the result."""
    meaning, page = meaning_of(code), page_of(code)
    if page is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": re.split(r"(?<=[.]) ", meaning, maxsplit=1)[0]},
        "fullDescription": {"text": meaning},
        "help": {"text": f"{meaning}\n\n{cure_of(code)}", "markdown": page},
    }


def _sarif_result(problem: Problem, rule: int) -> dict[str, Any]:
    region = {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endColumn": problem.column + problem.length,
    }
    place = {"artifactLocation": {"uri": _uri(problem.file)}, "region": region}
    text = f"{problem.text}. {problem.remedy}" if problem.remedy else problem.text
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": place}],
    }


def _uri(file: str) -> str:
    path = PurePath(file)
    return path.as_uri() if path.is_absolute() else quote(file.replace("\\", "/"))


def render_github(problems: Iterable[Problem]) -> str:
    """Workflow commands: GitHub Actions shows them beside the changed lines."""
    return "".join(f"{_github_command(problem)}\n" for problem in sort_problems(problems))


def _github_command(problem: Problem) -> str:
    fields = {
        "file": problem.file,
        "line": problem.line,
        "col": problem.column,
        "title": problem.code,
    }
    listed = ",".join(f"{name}={_github_escape(str(value), True)}" for name, value in fields.items())
    text = f"{problem.text} ({problem.remedy})" if problem.remedy else problem.text
    return f"::{problem.severity} {listed}::{_github_escape(text, False)}"


def _github_escape(text: str, is_field: bool) -> str:
    text = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return text.replace(":", "%3A").replace(",", "%2C") if is_field else text
