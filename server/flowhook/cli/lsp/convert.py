"""Between our places (lines and columns from 1, in characters) and those of the protocol (from 0, in the
units that the editor asked for: UTF-16 unless it said otherwise)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from lsprotocol import types
from pygls import uris

from flowhook.language_service.completion import CompletionItem, ItemKind
from flowhook.language_service.outline import OutlineItem
from flowhook.language_service.text import Range, TextEdit
from flowhook.problems.problem import Problem

_ITEM_KINDS: Mapping[ItemKind, types.CompletionItemKind] = {
    "key": types.CompletionItemKind.Property,
    "node type": types.CompletionItemKind.Class,
    "value": types.CompletionItemKind.EnumMember,
    "filter": types.CompletionItemKind.Function,
    "name": types.CompletionItemKind.Keyword,
    "flow": types.CompletionItemKind.Module,
    "node": types.CompletionItemKind.Reference,
    "intent": types.CompletionItemKind.Event,
    "slot": types.CompletionItemKind.Field,
    "state": types.CompletionItemKind.Enum,
    "variable": types.CompletionItemKind.Variable,
    "var": types.CompletionItemKind.Constant,
    "connection": types.CompletionItemKind.Interface,
    "endpoint": types.CompletionItemKind.Unit,
}
_SYMBOL_KINDS: Mapping[str, types.SymbolKind] = {
    "flow": types.SymbolKind.Module,
    "node": types.SymbolKind.Function,
    "branch": types.SymbolKind.Key,
    "intent": types.SymbolKind.Event,
    "slot": types.SymbolKind.Field,
    "state": types.SymbolKind.Enum,
    "section": types.SymbolKind.Namespace,
}


class Converter:
    """Converts places of one text."""

    def __init__(self, text: str, encoding: types.PositionEncodingKind | str | None) -> None:
        self._lines = text.splitlines()
        self._encoding = encoding or types.PositionEncodingKind.Utf16

    def place(self, position: types.Position) -> tuple[int, int]:
        """Return line and column of a position."""
        line = self._line(position.line)
        units = column = 0
        while column < len(line) and units < position.character:
            units += self._width(line[column])
            column += 1
        return position.line + 1, column + 1

    def position(self, line: int, column: int) -> types.Position:
        """Return the position of a line and column."""
        written = self._line(line - 1)[: column - 1]
        return types.Position(line - 1, sum(map(self._width, written)))

    def range(self, text_range: Range) -> types.Range:
        """Return the protocol's form of a piece of the text."""
        return types.Range(
            self.position(text_range.line, text_range.column),
            self.position(text_range.end_line, text_range.end_column),
        )

    def edit(self, edit: TextEdit) -> types.TextEdit:
        """Return the protocol's form of an edit."""
        return types.TextEdit(self.range(edit.range), edit.text)

    def diagnostic(self, problem: Problem, page: str) -> types.Diagnostic:
        """Return a problem as editors show it; ``page`` tells more about its code, "" for none."""
        text = f"{problem.text}\n{problem.remedy}" if problem.remedy else problem.text
        severity = (
            types.DiagnosticSeverity.Error
            if problem.severity == "error"
            else types.DiagnosticSeverity.Warning
        )
        text_range = Range.on_line(problem.line, problem.column, problem.length)
        about = types.CodeDescription(page) if page else None
        return types.Diagnostic(
            self.range(text_range),
            text,
            severity,
            code=problem.code,
            code_description=about,
            source="flowhook",
        )

    def completion(self, item: CompletionItem, order: int) -> types.CompletionItem:
        """Return a proposal; ``order`` keeps the likeliest first."""
        documentation = (
            types.MarkupContent(types.MarkupKind.Markdown, item.documentation) if item.documentation else None
        )
        return types.CompletionItem(
            label=item.label,
            kind=_ITEM_KINDS[item.kind],
            detail=item.detail or None,
            documentation=documentation,
            sort_text=f"{order:04}",
            text_edit=types.TextEdit(self.range(item.range), item.text),
        )

    def symbols(self, items: Iterable[OutlineItem]) -> list[types.DocumentSymbol]:
        """Return the parts of a file as an editor's outline."""
        return [
            types.DocumentSymbol(
                name=item.name or item.kind,
                kind=_SYMBOL_KINDS[item.kind],
                range=self.range(item.whole),
                selection_range=self.range(item.range),
                detail=item.detail or None,
                children=self.symbols(item.children),
            )
            for item in items
        ]

    def _line(self, number: int) -> str:
        return self._lines[number] if 0 <= number < len(self._lines) else ""

    def _width(self, char: str) -> int:
        if self._encoding == types.PositionEncodingKind.Utf8:
            return len(char.encode("utf-8", "surrogatepass"))
        if self._encoding == types.PositionEncodingKind.Utf32:
            return 1
        return 2 if ord(char) > 0xFFFF else 1


def path_of(uri: str) -> Path | None:
    """Return the file of a URI; None for one that is no file."""
    path = uris.to_fs_path(uri)
    return Path(path) if path else None


def uri_of(path: Path) -> str:
    """Return the URI of a file."""
    return uris.from_fs_path(str(path)) or path.as_uri()


def workspace_edit(
    edits: Mapping[Path, Sequence[TextEdit]], converters: Mapping[Path, Converter]
) -> types.WorkspaceEdit:
    """Return edits of several files in one."""
    return types.WorkspaceEdit(
        changes={
            uri_of(path): [converters[path].edit(edit) for edit in found] for path, found in edits.items()
        }
    )
