"""What commands print. Colour is written always and taken out where nobody would see it, by click."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from flowhook.cli.project_option import ProjectPath
from flowhook.errors import FlowhookError
from flowhook.problems.problem import Problem, Sources
from flowhook.problems.render import render_text

_CONTROL = re.compile("[\x7f-\x9f]")  #: the control characters that JSON lets pass

OK = "✓"
BAD = "✗"


def bold(text: str) -> str:
    """What matters most in a line."""
    return click.style(text, bold=True)


def dim(text: str) -> str:
    """What matters least."""
    return click.style(text, dim=True)


def good(text: str) -> str:
    """It went well."""
    return click.style(text, fg="green")


def bad(text: str) -> str:
    """It did not."""
    return click.style(text, fg="red")


def say(text: str = "") -> None:
    """One line, or several."""
    click.echo(text)


def warn(text: str) -> None:
    """A line for people beside the output that programs read."""
    click.echo(f"{click.style('flowhook:', fg='yellow')} {text}", err=True)


def print_json(value: Any) -> None:
    """For programs. No character in it is one that a terminal would obey."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    click.echo(_CONTROL.sub(lambda found: f"\\u{ord(found[0]):04x}", text))


def table(headers: Sequence[str], rows: Iterable[Sequence[Any]], *, empty: str) -> None:
    """Aligned columns, never wrapped, so that ``grep`` and ``awk`` can work with them."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        warn(empty)
        return
    widths = [max(map(len, column)) for column in zip(headers, *cells, strict=True)]
    for number, row in enumerate([list(headers), *cells]):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        say(dim(line) if number == 0 else line)


def _cell(value: Any) -> str:
    return "-" if value in (None, "") else one_line(str(value)) or "-"


def one_line(text: str) -> str:
    """Without line breaks, and without what a terminal would obey: ids and texts come from outside."""
    return "".join(char if char.isprintable() else "·" for char in " ".join(text.split()))


def moment(value: float | str | None) -> str:
    """A time in the machine's zone, to the second. Takes POSIX seconds or RFC 3339."""
    if value is None:
        return "-"
    at = (
        datetime.fromisoformat(value)
        if isinstance(value, str)
        else datetime.fromtimestamp(value).astimezone()
    )
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def short(text: str, room: int = 60) -> str:
    """At most ``room`` characters on one line."""
    line = one_line(text)
    return line if len(line) <= room else line[: room - 1] + "…"


@contextmanager
def working(text: str) -> Iterator[None]:
    """A spinner on a terminal while something takes long; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(text):
        yield


def show_error(error: FlowhookError) -> None:
    """One sentence on stderr; for files, every problem with its line and a caret."""
    problems = getattr(error, "problems", [])
    if problems:
        show_problems(problems)
    else:
        click.echo(f"{bad('Error:')} {error}", err=True)
    for each in getattr(error, "errors", []):
        if each["message"] not in str(error):
            click.echo(f"  {each['field']}: {each['message']}", err=True)


def show_problems(problems: Iterable[Problem], *, err: bool = True) -> None:
    """Problems as people read them, with the lines that they point at."""
    problems = from_here(problems)
    click.echo(render_text(problems, sources_of(problems), True), nl=False, err=err)


def from_here(problems: Iterable[Problem]) -> list[Problem]:
    """The same with files named as seen from the working directory, so that editors find them."""
    context = click.get_current_context(silent=True)
    project = context.find_object(ProjectPath) if context is not None else None
    return [
        replace(problem, file=_seen_from_here(problem.file, project or ProjectPath())) for problem in problems
    ]


def _seen_from_here(file: str, project: ProjectPath) -> str:
    """Flow files are named from the project's directory, plugins absolutely."""
    path = Path(file)
    if not path.is_absolute() and not path.exists():
        path = project.path.parent / path
    try:
        return Path(os.path.realpath(path)).relative_to(Path.cwd()).as_posix()
    except ValueError:
        return str(path)


def sources_of(problems: Iterable[Problem]) -> Sources:
    """The texts of the files that problems name, as far as they can be read."""
    sources = Sources()
    for file in {problem.file for problem in problems}:
        try:
            sources.add(file, Path(file).read_text("utf-8-sig"))
        except (OSError, UnicodeDecodeError):
            continue
    return sources
