"""What stands under a cursor: what it means, where it is defined, where else it is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from flowhook.language_service.cursor import locate
from flowhook.language_service.schema_walk import describe, place_at
from flowhook.language_service.symbols import Occurrence, Symbol
from flowhook.language_service.text import Range
from flowhook.language_service.workspace import Workspace
from flowhook.problems.pages import problem_page
from flowhook.problems.problem import Problem

_WORDS = {"var": "value of config.yaml", "variable": "variable"}


@dataclass(frozen=True, slots=True)
class Location:
    """A piece of a file."""

    path: Path
    range: Range


@dataclass(frozen=True, slots=True)
class Hover:
    """What is told of a word. ``text`` is Markdown."""

    text: str
    range: Range


def symbol_at(workspace: Workspace, path: Path, line: int, column: int) -> Occurrence | None:
    """Return the name under a cursor; None where there is none."""
    source = workspace.source(path)
    for found in source.occurrences if source is not None else ():
        if found.range.holds(line, column):
            return found
    return None


def occurrences_of(workspace: Workspace, symbol: Symbol) -> Iterator[tuple[Path, Occurrence]]:
    """Yield every place at which a symbol is written.

    An intent, slot or state that its own flow does not define is the one of another flow with its name: of
    the flow that calls it, or one that is attached.
    """
    owners = _owners(workspace, symbol)
    for path, found in workspace.occurrences():
        other = found.symbol
        if other.kind != symbol.kind or other.name != symbol.name:
            continue
        if other.flow == symbol.flow or (symbol.kind != "node" and _owners(workspace, other) & owners):
            yield path, found


def _owners(workspace: Workspace, symbol: Symbol) -> frozenset[str]:
    """The flows that may define a symbol: its own where that does, else all that have one of its name."""
    if symbol.kind in ("node", "flow"):
        return frozenset({symbol.flow})
    defining = {
        found.symbol.flow
        for _, found in workspace.occurrences()
        if found.defines and found.symbol.kind == symbol.kind and found.symbol.name == symbol.name
    }
    return frozenset({symbol.flow} if symbol.flow in defining or not defining else defining)


def definitions(workspace: Workspace, path: Path, line: int, column: int) -> list[Location]:
    """Return where the name under a cursor is defined; a variable: wherever it is set."""
    here = symbol_at(workspace, path, line, column)
    if here is None:
        return []
    return [
        Location(where, one.range) for where, one in occurrences_of(workspace, here.symbol) if one.defines
    ]


def references(
    workspace: Workspace, path: Path, line: int, column: int, *, with_definitions: bool = True
) -> list[Location]:
    """Return every place at which the name under a cursor is written, in all files."""
    here = symbol_at(workspace, path, line, column)
    if here is None:
        return []
    places = [
        Location(where, one.range)
        for where, one in occurrences_of(workspace, here.symbol)
        if with_definitions or not one.defines
    ]
    return list(dict.fromkeys(places))


def hover(workspace: Workspace, path: Path, line: int, column: int) -> Hover | None:
    """Return what is to be told of the word under a cursor: of a name, a key, a value; a problem's page."""
    problem = _problem_at(workspace, path, line, column)
    here = symbol_at(workspace, path, line, column)
    if here is not None:
        text = _about_symbol(workspace, here)
        return Hover(_joined(text, problem), here.range)
    kind = workspace.kind_of(path)
    cursor = locate(workspace.text(path), line, column) if kind is not None else None
    if kind is None or cursor is None:
        return Hover(_joined("", problem), Range.on_line(line, column, 1)) if problem is not None else None
    schema = workspace.schema(kind)
    word = _whole_word(workspace, path, cursor.range)
    if cursor.at == "key":
        place = place_at(schema, cursor.path, _without_placeholder(cursor.data, cursor.path, word))
        about = place.keys().get(word, "")
        if not about:
            about = describe(next(iter(place_at(schema, (*cursor.path, word), cursor.data).schemas), {}))
    else:
        about = place_at(schema, cursor.path, cursor.data).description()
    text = f"**{word}**\n\n{about}" if about and word else about
    whole = _joined(text, problem)
    return Hover(whole, cursor.range) if whole else None


def _whole_word(workspace: Workspace, path: Path, text_range: Range) -> str:
    lines = workspace.text(path).splitlines()
    return (
        lines[text_range.line - 1][text_range.column - 1 : text_range.end_column - 1]
        if text_range.line <= len(lines)
        else ""
    )


def _without_placeholder(data: object, path: tuple[str | int, ...], word: str) -> object:
    """The data as it was before the placeholder took the place of a key."""
    if not path:
        return {**data, word: None} if isinstance(data, dict) else data
    part, rest = path[0], path[1:]
    if isinstance(data, dict):
        return {**data, part: _without_placeholder(data.get(part), rest, word)}
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return [*data[:part], _without_placeholder(data[part], rest, word), *data[part + 1 :]]
    return data


def _about_symbol(workspace: Workspace, here: Occurrence) -> str:
    symbol = here.symbol
    places = list(occurrences_of(workspace, symbol))
    defined = [(path, one) for path, one in places if one.defines]
    name = here.path or symbol.name
    title = f"**{name}**: {_WORDS.get(symbol.kind, symbol.kind)}"
    if symbol.kind == "node" and symbol.flow:
        title += f" of the flow {symbol.flow}"
    lines = [title]
    detail = next((one.detail for _, one in defined if one.detail), "")
    if detail:
        lines.append(detail)
    if symbol.kind == "variable":
        told = [f"{path.name}:{one.range.line}" for path, one in defined[:5]]
        lines.append("set in " + ", ".join(told) if told else "set nowhere in the flows")
    elif defined and not here.defines:
        path, one = defined[0]
        lines.append(f"defined in {path.name}:{one.range.line}")
    elif not defined:
        lines.append("defined nowhere in this project")
    uses = sum(not one.defines for _, one in places)
    lines.append(f"used {uses} time{'' if uses == 1 else 's'}")
    return "\n\n".join(lines)


def _problem_at(workspace: Workspace, path: Path, line: int, column: int) -> Problem | None:
    for problem in workspace.problems().get(path.resolve(), []):
        if problem.line == line and problem.column <= column <= problem.column + problem.length:
            return problem
    return None


def _joined(text: str, problem: Problem | None) -> str:
    page = problem_page(problem.code) if problem is not None else None
    return "\n\n---\n\n".join(filter(None, [text, page or ""]))
