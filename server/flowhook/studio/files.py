"""Flow and test files as pages edit them: read, tried, and replaced whole or not at all."""

from __future__ import annotations

import asyncio
import difflib
import hashlib
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError
from flowhook.file_replacing import replace_file
from flowhook.flowfiles.library import flow_files
from flowhook.flowfiles.orphaned_sessions import SessionCount, find_orphaned, session_counts
from flowhook.flowtest.files.parser import test_files
from flowhook.problems.problem import Problem
from flowhook.studio.language import LanguageDesk
from flowhook.studio.merging import merge

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


@dataclass(frozen=True, slots=True)
class FileChange:
    """A text for a file. ``sha256`` is the digest of what was read; None for a file that is new."""

    path: str  #: below the project
    text: str
    sha256: str | None = None


@dataclass(slots=True)
class Trial:
    """What edits would do: ``diff`` (unified), what is then wrong in all files, and the sessions that
    would lose their node."""

    diff: str
    problems: list[Problem] = field(default_factory=list)
    stranded: list[dict[str, Any]] = field(default_factory=list)

    @property
    def errors(self) -> list[dict[str, str]]:
        """As a response shows them."""
        return [_told(problem) for problem in self.problems if problem.severity == "error"]

    def to_json(self) -> dict[str, Any]:
        """As a response shows it."""
        warnings = [_told(problem) for problem in self.problems if problem.severity != "error"]
        return {
            "diff": self.diff,
            "errors": self.errors,
            "warnings": warnings,
            "stranded": self.stranded,
        }


class FlowFiles:
    """The files below the directory of the flows. One edit after the other."""

    def __init__(self, application: Application, desk: LanguageDesk, *, reloads: bool) -> None:
        self._application = application
        self._desk = desk
        self._reloads = reloads
        self._lock = asyncio.Lock()

    @property
    def editable(self) -> bool:
        """Whether pages may write: as ``studio.edit`` says; ``auto`` is yes where saved files take effect."""
        edit = self._application.config.studio.edit
        return self._reloads if edit is None else edit

    def listed(self) -> dict[str, Any]:
        """Return all files with their kind, the folder for new ones, and ``state``: another one when any of
        them was changed, by whomever."""
        flows = self._application.config.flows_dir
        found = {path.resolve(): "flow" for path in flow_files([flows])}
        found |= {path.resolve(): "test" for path in test_files([flows])}
        return {
            "folder": PurePath(os.path.relpath(flows.resolve(), self._desk.root)).as_posix(),
            "state": digest(repr([(str(path), _stamp(path)) for path in sorted(found)])),
            "files": [
                {"path": path.relative_to(self._desk.root).as_posix(), "kind": kind}
                for path, kind in sorted(found.items())
            ],
        }

    def read(self, name: str) -> dict[str, str]:
        """Return a file with the digest that guards its next edit. Raises ApiError 404."""
        path = self._path(name)
        text = _text_of(path)
        if text is None:
            raise ApiError(404, "unknown_file", "There is no file of that name among the flows.")
        return {"path": name, "text": text, "sha256": digest(text)}

    async def merged(self, name: str, base: str, mine: str) -> dict[str, Any]:
        """Return a file as somebody saved it meanwhile (``theirs`` and its digest; gone: nothing and None),
        and the text that holds both what he made of ``base`` and what I did, with the places where we
        disagree."""
        theirs = _text_of(self._path(name))
        found = await asyncio.to_thread(merge, base, mine, theirs or "")
        return {
            "path": name,
            "theirs": theirs or "",
            "sha256": digest(theirs) if theirs is not None else None,
            "text": found.text,
            "conflicts": [asdict(conflict) for conflict in found.conflicts],
        }

    async def try_out(self, edits: Sequence[FileChange]) -> Trial:
        """Return what texts would do in the place of their files."""
        texts = {self._path(edit.path): edit.text for edit in edits}
        trial = Trial("".join(_diff(edit, self._path(edit.path)) for edit in edits))
        trial.problems, library = await self._desk.compile(texts)
        if not trial.errors:
            orphaned = find_orphaned(await self._standing(), library)
            trial.stranded = [sessions.to_json() for sessions in orphaned]
        return trial

    async def write(self, edits: Sequence[FileChange]) -> dict[str, Any]:
        """Put texts in the place of their files, and reload: all of it or nothing.

        Raises ApiError: 403 where pages may not write; 409 when a file is not as it was read; 422 when
        flows or tests would have errors. Then the files are as they were.
        """
        if not self.editable:
            raise ApiError(403, "editing_off", "Pages may not edit here: studio.edit in config.yaml.")
        async with self._lock:
            before = {self._path(edit.path): _text_of(self._path(edit.path)) for edit in edits}
            for edit in edits:
                text = before[self._path(edit.path)]
                if (digest(text) if text is not None else None) != edit.sha256:
                    raise ApiError(409, "file_changed", f"{edit.path} is not as it was when you read it.")
            trial = await self.try_out(edits)
            if trial.errors:
                raise ApiError(422, "flow_refused", "Nothing was written.", errors=trial.errors)
            try:
                for edit in edits:
                    await asyncio.to_thread(_put, self._path(edit.path), edit.text)
                reloaded = await self._application.reload()
                if errors := [_told(one) for one in reloaded.problems if one.severity == "error"]:
                    raise ApiError(422, "flow_refused", "Nothing was changed.", errors=errors)
            except BaseException:
                for path, old in before.items():
                    _put(path, old)
                raise
        return {
            "files": {edit.path: digest(edit.text) for edit in edits},
            "revision": self._application.project.library.revision,
            "changes": reloaded.changes.to_json(),
            "stranded": reloaded.stranded,
        }

    async def _standing(self) -> Iterable[SessionCount]:
        application = self._application
        found: list[SessionCount] = []
        for endpoint in await application.projects.following_edits():
            counts = await application.store.sessions.by_node(endpoint.name)
            found += session_counts(application.project.library, endpoint.name, counts)
        return found

    def _path(self, name: str) -> Path:
        return self._desk.path_of(name, self._application.config.flows_dir)


def digest(text: str) -> str:
    """Return what names one content of a file."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _text_of(path: Path) -> str | None:
    """The text as it stands, byte for byte; None when there is no file, or it is no UTF-8."""
    try:
        return path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def _stamp(path: Path) -> tuple[int, int]:
    """When a file was written last, and its length; nothing where it is gone."""
    try:
        found = path.stat()
    except OSError:
        return 0, 0
    return found.st_mtime_ns, found.st_size


def _put(path: Path, text: str | None) -> None:
    """Let a file have a text; None: be gone."""
    if text is None:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text)


def _diff(edit: FileChange, path: Path) -> str:
    before = (_text_of(path) or "").splitlines(keepends=True)
    lines = difflib.unified_diff(before, edit.text.splitlines(keepends=True), edit.path, edit.path)
    return "".join(line if line.endswith("\n") else line + "\n" for line in lines)


def _told(problem: Problem) -> dict[str, str]:
    return {"field": f"{problem.file}:{problem.line}:{problem.column}", "message": problem.text}
