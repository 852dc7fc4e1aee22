"""The language service: one door to everything that an editor asks, for ``check``, ``lsp`` and the studio."""

from __future__ import annotations

from pathlib import Path

from flowhook.language_service.completion import CompletionItem, complete
from flowhook.language_service.fixes import Fix, fixes_of
from flowhook.language_service.navigation import Hover, Location, definitions, hover, references
from flowhook.language_service.outline import OutlineItem, outline
from flowhook.language_service.renaming import Edits, renamable, rename
from flowhook.language_service.text import Range, TextEdit, apply_edits
from flowhook.language_service.workspace import Workspace
from flowhook.problems.problem import Problem


class LanguageService:
    """Answers questions about the files of one project.

    Paths are those of files; lines and columns count from 1 in characters. Every change that it proposes is
    edits of text: comments, order and quotes outside them stay byte for byte.
    """

    def __init__(self, workspace: Workspace) -> None:
        self.workspace = workspace

    def diagnose(self) -> dict[Path, list[Problem]]:
        """Return the problems of every file of the project; a file without any has an empty list."""
        return self.workspace.problems()

    def complete(self, path: Path, line: int, column: int) -> list[CompletionItem]:
        """Return what may be written at a cursor."""
        return complete(self.workspace, path, line, column)

    def hover(self, path: Path, line: int, column: int) -> Hover | None:
        """Return what is to be told of the word under a cursor, as Markdown."""
        return hover(self.workspace, path, line, column)

    def definition(self, path: Path, line: int, column: int) -> list[Location]:
        """Return where the name under a cursor is defined; a variable: wherever it is set."""
        return definitions(self.workspace, path, line, column)

    def references(
        self, path: Path, line: int, column: int, *, with_definitions: bool = True
    ) -> list[Location]:
        """Return every place at which the name under a cursor is written."""
        return references(self.workspace, path, line, column, with_definitions=with_definitions)

    def renamable(self, path: Path, line: int, column: int) -> Range | None:
        """Return the name under a cursor when it can be renamed."""
        found = renamable(self.workspace, path, line, column)
        return found.range if found is not None else None

    def rename(self, path: Path, line: int, column: int, new: str) -> Edits:
        """Return the edits that rename what is under a cursor; a node leaves a line under ``moved:``.

        Raises FlowhookError with a sentence where that cannot be.
        """
        return rename(self.workspace, path, line, column, new)

    def fixes(self, path: Path, *, line: int | None = None, safe: bool = False) -> list[Fix]:
        """Return cures of the problems of a file, or of one of its lines; with ``safe`` only those."""
        source = self.workspace.source(path)
        if source is None:
            return []
        found: list[Fix] = []
        for problem in self.diagnose().get(path.resolve(), []):
            if line is None or problem.line == line:
                found += [fix for fix in fixes_of(source, problem) if fix.safe or not safe]
        return found

    def fixed(self, path: Path) -> tuple[str, list[Fix]]:
        """Return the text of a file with its safe fixes made, and those that were.

        Of fixes that touch each other the first is made; what it leaves is found in another round.
        """
        text, made = self.workspace.text(path), []
        edits: list[TextEdit] = []
        for fix in self.fixes(path, safe=True):
            try:
                text_then = apply_edits(text, [*edits, *fix.edits])
            except ValueError:
                continue
            if text_then:
                edits += fix.edits
                made.append(fix)
        return apply_edits(text, edits), made

    def outline(self, path: Path) -> list[OutlineItem]:
        """Return the parts of a file as a tree."""
        return outline(self.workspace, path)
