"""A name changed everywhere it is written, in flows, tests and config.yaml, as edits of text.

A renamed node leaves a line under ``moved:``, so that sessions that wait there go on.
"""

from __future__ import annotations

import re
from pathlib import Path

from flowhook.errors import FlowhookError
from flowhook.flowfiles.compile.compiler import FLOW_NAME
from flowhook.flowfiles.compile.node_parser import ID
from flowhook.language_service.navigation import occurrences_of, symbol_at
from flowhook.language_service.symbols import Occurrence, Symbol
from flowhook.language_service.text import Range, TextEdit, line_of
from flowhook.language_service.workspace import Workspace
from flowhook.yamldoc.document import Document

_WORD = re.compile(r"[A-Za-z_]\w*\Z")
_INTENT = re.compile(r"[\w][\w .-]*\Z")
_RULES: dict[str, tuple[re.Pattern[str], str]] = {
    "node": (ID, "letters, digits, _ and -, the first a letter or _"),
    "flow": (FLOW_NAME, "lower-case letters, digits, _ and -"),
    "intent": (_INTENT, "a word or a few"),
    "slot": (_WORD, "letters, digits and _"),
    "state": (_WORD, "letters, digits and _"),
    "variable": (_WORD, "letters, digits and _"),
    "var": (_WORD, "letters, digits and _"),
}

Edits = dict[Path, list[TextEdit]]


def renamable(workspace: Workspace, path: Path, line: int, column: int) -> Occurrence | None:
    """Return the name under a cursor when it can be renamed."""
    here = symbol_at(workspace, path, line, column)
    return here if here is not None and here.symbol.kind in _RULES else None


def rename(workspace: Workspace, path: Path, line: int, column: int, new: str) -> Edits:
    """Return the edits that give the name under a cursor another one, by file.

    Raises FlowhookError where nothing can be renamed, the new name cannot be one, or is taken.
    """
    here = renamable(workspace, path, line, column)
    if here is None:
        raise FlowhookError("there is no name here that can be renamed")
    symbol = here.symbol
    pattern, rule = _RULES[symbol.kind]
    if not pattern.match(new):
        raise FlowhookError(f'"{new}" is no name of a {symbol.kind}: {rule}')
    if new == symbol.name.rpartition(".")[2]:
        return {}
    _refuse_taken(workspace, symbol, new)
    edits: Edits = {}
    for where, found in occurrences_of(workspace, symbol):
        edits.setdefault(where, []).append(TextEdit(found.range, new))
    if symbol.kind == "node":
        _remember_move(workspace, symbol, new, edits)
    return {where: list(dict.fromkeys(found)) for where, found in edits.items()}


def _refuse_taken(workspace: Workspace, symbol: Symbol, new: str) -> None:
    name = f"{symbol.name.partition('.')[0]}.{new}" if symbol.kind == "variable" else new
    for where, found in workspace.occurrences():
        other = found.symbol
        if found.defines and other.kind == symbol.kind and other.name == name and other.flow == symbol.flow:
            raise FlowhookError(f'"{new}" is taken in {where.name}, line {found.range.line}')


def _remember_move(workspace: Workspace, symbol: Symbol, new: str, edits: Edits) -> None:
    """Add ``moved: {old: new}`` to the flow of a node."""
    for where, source in workspace.files.items():
        document = source.document
        if source.kind != "flow" or document is None or not isinstance(document.data, dict):
            continue
        if document.data.get("flow") == symbol.flow:
            edits.setdefault(where, []).append(_move_line(document, symbol.name, new))
            return


def _move_line(document: Document, old: str, new: str) -> TextEdit:
    moved = document.data.get("moved")
    if isinstance(moved, dict) and moved:
        span = document.span(("moved",))
        first = document.key_span(("moved", next(iter(moved))))
        if line_of(document.text, span.line)[span.column - 1 : span.column] == "{":
            return TextEdit.insert(first.line, first.column, f"{old}: {new}, ")
        return TextEdit.insert(first.line, first.column, f"{old}: {new}\n{' ' * (first.column - 1)}")
    if "moved" in document.data:
        key, value = document.key_span(("moved",)), document.span(("moved",))
        if (value.line, value.column) != (value.end_line, value.end_column):  # {} or null
            text_range = Range(value.line, value.column, value.end_line, value.end_column)
            return TextEdit(text_range, f"{{{old}: {new}}}")
        return TextEdit.insert(key.line, key.end_column + 1, f" {{{old}: {new}}}")
    anchor = next((key for key in ("nodes",) if key in document.data), None)
    line = document.key_span((anchor,)).line if anchor else len(document.lines) + 1
    return TextEdit.insert(line, 1, f"moved: {{{old}: {new}}}\n")
