"""The language service for pages: one question, about the files on disk and a text that is being written."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flowhook.engine.flow import Library
from flowhook.errors import ApiError, FlowhookError
from flowhook.language_service.outline import OutlineItem
from flowhook.language_service.service import LanguageService
from flowhook.language_service.text import TextEdit
from flowhook.language_service.workspace import Workspace
from flowhook.problems.pages import problem_page
from flowhook.problems.problem import Problem


class Question:
    """What is asked: a file (``path`` below the project), the text that it has in the editor, a cursor."""

    def __init__(self, path: Path, text: str | None, line: int, column: int, name: str) -> None:
        self.path, self.text, self.line, self.column, self.name = path, text, line, column, name


class LanguageDesk:
    """Answers questions one after the other, in a thread: a project is read and checked meanwhile.

    Only files below the directory of the flows may be asked about.
    """

    def __init__(self, config_path: Path) -> None:
        self._service = LanguageService(Workspace(config_path))
        self._lock = asyncio.Lock()

    @property
    def root(self) -> Path:
        """The directory to which paths are relative."""
        return self._service.workspace.root

    def path_of(self, name: str, flows: Path) -> Path:
        """Return a file of the flows by its path below the project. Raises ApiError 404 for any other."""
        path = (self.root / name).resolve()
        if not path.is_relative_to(flows.resolve()) or path.suffix not in (".yaml", ".yml"):
            raise ApiError(404, "unknown_file", "There is no file of that name among the flows.")
        return path

    async def ask(self, verb: str, question: Question) -> dict[str, Any]:
        """Return the response to a verb, as JSON. Raises ApiError 409 for a rename that cannot be."""
        async with self._lock:
            return await asyncio.to_thread(self._ask, verb, question)

    async def compile(self, texts: Mapping[Path, str]) -> tuple[list[Problem], Library]:
        """Return what is wrong in all files with these texts in the place of some, and the flows that they
        make."""
        async with self._lock:
            return await asyncio.to_thread(self._compile, texts)

    def _compile(self, texts: Mapping[Path, str]) -> tuple[list[Problem], Library]:
        workspace = self._service.workspace
        workspace.reload()
        for path, text in texts.items():
            workspace.update(path, text)
        try:
            found = self._service.diagnose()
            return [problem for problems in found.values() for problem in problems], workspace.library.library
        finally:
            for path in texts:
                workspace.update(path, None)

    def _ask(self, verb: str, question: Question) -> dict[str, Any]:
        workspace = self._service.workspace
        workspace.reload()
        if question.text is not None:
            workspace.update(question.path, question.text)
        try:
            return _VERBS[verb](self, question)
        except FlowhookError as error:
            raise ApiError(409, "not_renamable", f"{error}") from error
        finally:
            workspace.update(question.path, None)

    # -- the verbs ------------------------------------------------------------------------------------

    def _diagnose(self, question: Question) -> dict[str, Any]:
        found = self._service.diagnose()
        return {
            "problems": {
                self._shown(path): [_problem_json(problem) for problem in problems]
                for path, problems in found.items()
                if problems or path == question.path
            }
        }

    def _complete(self, question: Question) -> dict[str, Any]:
        items = self._service.complete(question.path, question.line, question.column)
        return {"items": [asdict(item) for item in items]}

    def _hover(self, question: Question) -> dict[str, Any]:
        found = self._service.hover(question.path, question.line, question.column)
        return {"hover": asdict(found) if found is not None else None}

    def _definition(self, question: Question) -> dict[str, Any]:
        found = self._service.definition(question.path, question.line, question.column)
        return {"places": [{"path": self._shown(one.path), "range": asdict(one.range)} for one in found]}

    def _references(self, question: Question) -> dict[str, Any]:
        found = self._service.references(question.path, question.line, question.column)
        return {"places": [{"path": self._shown(one.path), "range": asdict(one.range)} for one in found]}

    def _rename(self, question: Question) -> dict[str, Any]:
        edits = self._service.rename(question.path, question.line, question.column, question.name)
        return {"edits": {self._shown(path): _edits_json(found) for path, found in edits.items()}}

    def _fixes(self, question: Question) -> dict[str, Any]:
        found = self._service.fixes(question.path, line=question.line or None)
        return {
            "fixes": [
                {
                    "title": fix.title,
                    "safe": fix.safe,
                    "problem": _problem_json(fix.problem),
                    "edits": _edits_json(fix.edits),
                }
                for fix in found
            ]
        }

    def _outline(self, question: Question) -> dict[str, Any]:
        return {"outline": [_outline_json(item) for item in self._service.outline(question.path)]}

    def _shown(self, path: Path) -> str:
        return path.relative_to(self.root).as_posix() if path.is_relative_to(self.root) else path.name


_VERBS: dict[str, Callable[[LanguageDesk, Question], dict[str, Any]]] = {
    "diagnose": LanguageDesk._diagnose,
    "complete": LanguageDesk._complete,
    "hover": LanguageDesk._hover,
    "definition": LanguageDesk._definition,
    "references": LanguageDesk._references,
    "rename": LanguageDesk._rename,
    "fixes": LanguageDesk._fixes,
    "outline": LanguageDesk._outline,
}
VERBS = tuple(_VERBS)


def _problem_json(problem: Problem) -> dict[str, Any]:
    return {
        "code": problem.code,
        "severity": problem.severity,
        "message": problem.text,
        "line": problem.line,
        "column": problem.column,
        "length": problem.length,
        "hasPage": problem_page(problem.code) is not None,
    }


def _edits_json(edits: Any) -> list[dict[str, Any]]:
    return [_edit_json(edit) for edit in edits]


def _edit_json(edit: TextEdit) -> dict[str, Any]:
    return {"range": asdict(edit.range), "text": edit.text}


def _outline_json(item: OutlineItem) -> dict[str, Any]:
    """An item with its children; files are nested no deeper than the loader allows."""
    return {
        "name": item.name,
        "kind": item.kind,
        "detail": item.detail,
        "range": asdict(item.range),
        "whole": asdict(item.whole),
        "children": [_outline_json(child) for child in item.children],
    }
