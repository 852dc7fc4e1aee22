"""What commands print. Colour is written always and taken out where nobody would see it, by click."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from operator import itemgetter
from pathlib import Path
from typing import Any

import click

from flowhook.cli.encoding import can_show_all
from flowhook.cli.project_option import ProjectPath
from flowhook.errors import FlowhookError
from flowhook.model.inbound import JsonObject
from flowhook.problems.problem import Problem, Sources
from flowhook.problems.render import render_text
from flowhook.terminal import escaped, escaped_json, one_line

OK = "✓"
BAD = "✗"

#: A column of a table: the name of a field, or what makes a cell of an object.
Column = str | Callable[[JsonObject], Any]


#: Style → how click shows it.
STYLES: Mapping[str, Mapping[str, Any]] = {
    "good": {"fg": "green"},
    "bad": {"fg": "red"},
    "warning": {"fg": "yellow"},
    "user": {"fg": "cyan"},
    "dim": {"dim": True},
    "bold": {"bold": True},
    "bold_good": {"fg": "green", "bold": True},
    "bold_bad": {"fg": "red", "bold": True},
}


def paint(style: str, text: str) -> str:
    """Return a text in a style of :data:`STYLES`."""
    return click.style(text, **STYLES[style])


def bold(text: str) -> str:
    """What matters most in a line."""
    return paint("bold", text)


def dim(text: str) -> str:
    """What matters least."""
    return paint("dim", text)


def good(text: str) -> str:
    """It went well."""
    return paint("good", text)


def bad(text: str) -> str:
    """It did not."""
    return paint("bad", text)


def say(text: str = "") -> None:
    """One line, or several."""
    click.echo(text)


def warn(text: str) -> None:
    """A line for people beside the output that programs read."""
    click.echo(f"{click.style('flowhook:', fg='yellow')} {text}", err=True)


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON for programs: exact on any console, with no character that a terminal would obey."""
    plain = not can_show_all(getattr(sys.stdout, "encoding", None))
    return escaped_json(json.dumps(value, ensure_ascii=plain, indent=indent))


def print_json(value: Any) -> None:
    """Print JSON for programs."""
    click.echo(json_text(value, indent=2))


def print_document(text: str) -> None:
    """Print what may be redirected into a file: in UTF-8 where the console's encoding lacks characters."""
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        click.echo(text.encode(), nl=False)
    else:
        click.echo(text, nl=False)


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


#: ``--json`` of the commands that print what they found.
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def print_found(
    found: Sequence[JsonObject], columns: Mapping[str, Column], *, as_json: bool, empty: str
) -> None:
    """Print what was found: as JSON for programs, or as a table of which ``columns`` names the headings, each
    with the field that it shows or with what makes the cell of an object."""
    if as_json:
        print_json(found)
        return
    cells = [column if callable(column) else itemgetter(column) for column in columns.values()]
    table(tuple(columns), [[cell(one) for cell in cells] for one in found], empty=empty)


def _cell(value: Any) -> str:
    return "-" if value in (None, "") else one_line(str(value)) or "-"


def moment(value: float | str | None) -> str:
    """A time in the machine's zone, which is named, to the second. Takes POSIX seconds or RFC 3339."""
    if value is None:
        return "-"
    at = (
        datetime.fromisoformat(value)
        if isinstance(value, str)
        else datetime.fromtimestamp(value).astimezone()
    )
    return at.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z").rstrip()


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


@contextmanager
def progress(text: str, total: int) -> Iterator[Callable[[str], None]]:
    """Show a bar on a terminal while something takes long; nothing elsewhere.

    Call what it yields before each of the ``total`` steps, with what is done next.
    """
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=total)
        begun = False

        def step(about: str) -> None:
            nonlocal begun
            bar.update(task, description=one_line(about) or text, advance=1 if begun else 0)
            begun = True

        yield step


def show_error(error: FlowhookError) -> None:
    """One sentence on stderr; for files, every problem with its line and a caret."""
    problems = getattr(error, "problems", [])
    if problems:
        show_problems(problems)
    else:
        click.echo(f"{bad('Error:')} {escaped(str(error))}", err=True)
    for part in getattr(error, "errors", []):
        if part["message"] not in str(error):
            click.echo(escaped(f"  {part['field']}: {part['message']}"), err=True)


def show_problems(problems: Iterable[Problem], *, err: bool = True) -> None:
    """Problems as people read them, with the lines that they point at."""
    problems = from_here(problems)
    click.echo(render_text(problems, sources_of(problems), True), nl=False, err=err)


def show_diff(before: str, after: str, name: str) -> None:
    """Two states of a file, line by line as ``diff -u`` has them."""
    from difflib import unified_diff

    paint_diff(unified_diff(before.splitlines(), after.splitlines(), name, name, lineterm="", n=2))


def paint_diff(lines: Iterable[str]) -> None:
    """Show the lines of a unified diff."""
    for line in lines:
        paint = {"-": bad, "+": good, "@": dim}.get(line[0], str)
        say(dim(line) if line.startswith(("---", "+++")) else paint(line))


def from_here(problems: Iterable[Problem]) -> list[Problem]:
    """The same with files named as seen from the working directory, so that editors find them."""
    context = click.get_current_context(silent=True)
    project = context.find_object(ProjectPath) if context is not None else None
    return [
        replace(problem, file=seen_from_here(problem.file, project or ProjectPath())) for problem in problems
    ]


def seen_from_here(file: str, project: ProjectPath) -> str:
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
    from flowhook.yamldoc.document import read_text

    sources = Sources()
    for file in {problem.file for problem in problems}:
        text = read_text(Path(file), file)  # never of a pipe or a device: what is wrong may be just that
        if isinstance(text, str):
            sources.add(file, text)
    return sources
