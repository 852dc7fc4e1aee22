"""Problems as text for people, as JSON, SARIF and workflow commands for programs."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from flowhook.problems.pages import problem_cure, problem_meaning, problem_page
from flowhook.problems.problem import CONTROL_CHARACTERS, Problem, Sources, sort_problems
from flowhook.version import __version__

_WIDEST = 120  # columns of source shown; longer lines are cut around the caret


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
    position = f"{problem.file}:{problem.line}:{problem.column}:"
    label = f"{problem.severity}[{problem.code}]:"
    rows = [" ".join((paint("1", _clean(position)), paint(shade, label), _clean(problem.text)))]
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
    return CONTROL_CHARACTERS.sub(" ", text)


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
            "help": problem_meaning(problem.code),
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
    meaning, page = problem_meaning(code), problem_page(code)
    if page is None:
        return {"id": code}
    return {
        "id": code,
        "shortDescription": {"text": re.split(r"(?<=[.]) ", meaning, maxsplit=1)[0]},
        "fullDescription": {"text": meaning},
        "help": {"text": f"{meaning}\n\n{problem_cure(code)}", "markdown": page},
    }


def _sarif_result(problem: Problem, rule: int) -> dict[str, Any]:
    region = {
        "startLine": problem.line,
        "startColumn": problem.column,
        "endColumn": problem.column + problem.length,
    }
    location = {"artifactLocation": {"uri": _uri(problem.file)}, "region": region}
    text = f"{problem.text}. {problem.remedy}" if problem.remedy else problem.text
    return {
        "ruleId": problem.code,
        "ruleIndex": rule,
        "level": problem.severity,
        "message": {"text": text},
        "locations": [{"physicalLocation": location}],
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
