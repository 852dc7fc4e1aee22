"""Loads directories of flow files together, and again when one of them was edited."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flowhook.engine.expressions import Expressions
from flowhook.engine.flow import Flow, Library
from flowhook.flowfiles.compile.compiler import CompiledFlow, compile_flow, revision_of
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.rules import check
from flowhook.flowfiles.rules.cross_references import with_flows_that_are_meant
from flowhook.problems.catalogue import NO_FLOWS, UNREADABLE
from flowhook.problems.problem import Problem, Sources, has_errors, sort_problems
from flowhook.yamldoc.document import load, read_text

Filters = Mapping[str, Callable[..., Any]]

_NOT_THERE = (FileNotFoundError, NotADirectoryError)
_NAME_LINE = re.compile(r"^flow:[ \t]*([a-z0-9][a-z0-9_-]*)[ \t]*(?:#.*)?$", re.MULTILINE)


@dataclass(slots=True)
class LoadedLibrary:
    """The result of loading flow files. Without an error among ``problems``, ``library`` can serve.

    With errors, ``library`` has the flows that compiled; a server keeps its last good one instead.
    """

    library: Library
    problems: list[Problem]
    sources: Sources
    files: dict[str, CompiledFlow] = field(default_factory=dict)
    paths: dict[str, str] = field(default_factory=dict)  #: of the files, below the directory of the flows
    node_types: NodeTypes = field(default_factory=NodeTypes)
    filters: dict[str, Callable[..., Any]] = field(default_factory=dict)
    expressions: Expressions = field(default_factory=Expressions)

    @property
    def good(self) -> bool:
        """Tell whether it may serve traffic."""
        return not has_errors(self.problems)


def load_library(
    directory: Path | str | Iterable[Path | str],
    node_types: NodeTypes,
    *,
    filters: Filters | None = None,
    vars: Collection[str] | None = None,
    connections: Collection[str] | None = None,
    root: Path | str | None = None,
    previous: LoadedLibrary | None = None,
    unsaved: Mapping[Path, str] | None = None,
) -> LoadedLibrary:
    """Load every ``*.yaml`` and ``*.yml`` under ``directory``, tests aside. Never raises for what
    authors got wrong: all of it is in ``problems``. ``directory`` may also be a file, or several of both.

    ``vars`` and ``connections`` are the names that the configuration has (None: not checked).
    Files are named relative to ``root``, by default the working directory. From ``previous`` come
    the flows whose text did not change, if the node types and filters are the same. ``unsaved`` are texts of
    an editor by their resolved path, which stand for what is on disk.
    """
    base = Path(root) if root is not None else Path.cwd()
    loader = _Loader(node_types, dict(filters or {}), previous, unsaved or {})
    for wanted in map(Path, [directory] if isinstance(directory, str | Path) else directory):
        unreadable: list[OSError] = []
        found = list(_flow_files(wanted, unreadable.append))
        for path in found:
            below = path.name if path == wanted else path.relative_to(wanted).as_posix()
            loader.read(path, _display_name(path, base), below)
        unreadable = [error for error in unreadable if not isinstance(error, _NOT_THERE)]
        for error in unreadable:
            message = f"this directory cannot be read: {error.strerror}"
            loader.problems.append(Problem(UNREADABLE, message, _display_name(Path(error.filename), base)))
        if not found and not unreadable:
            loader.problems.append(_nothing_found(wanted, _display_name(wanted, base)))
    return loader.finish(vars, connections)


def load_texts(
    texts: Mapping[str, str],
    directory: Path,
    node_types: NodeTypes,
    *,
    filters: Filters | None = None,
    vars: Collection[str] | None = None,
    connections: Collection[str] | None = None,
    root: Path,
    previous: LoadedLibrary | None = None,
) -> LoadedLibrary:
    """Load flows that were kept elsewhere as if they stood below ``directory``: by their paths there. The
    rest is as for :func:`load_library`."""
    loader = _Loader(node_types, dict(filters or {}), previous, {})
    for below, text in sorted(texts.items()):
        loader.take(text, _display_name(directory / below, root), below)
    return loader.finish(vars, connections)


class _Loader:
    def __init__(
        self,
        node_types: NodeTypes,
        filters: dict[str, Callable[..., Any]],
        previous: LoadedLibrary | None,
        unsaved: Mapping[Path, str],
    ) -> None:
        self.node_types = node_types
        self.unsaved = unsaved
        self.filters = filters
        same = previous is not None and previous.node_types == node_types and previous.filters == filters
        self.old = previous.files if previous and same else {}
        self.expressions = previous.expressions if previous and same else Expressions(filters)
        self.files: dict[str, CompiledFlow] = {}
        self.paths: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.sources = Sources()

    def read(self, path: Path, name: str, below: str) -> None:
        """Read one file and take its text."""
        unsaved = self.unsaved.get(path.resolve()) if self.unsaved else None
        text = read_text(path, name) if unsaved is None else unsaved
        if isinstance(text, Problem):
            self.problems.append(text)
            return
        self.take(text, name, below)

    def take(self, text: str, name: str, below: str) -> None:
        """Compile a text, unless it is as it was. ``below``: its path below the directory of the flows."""
        self.sources.add(name, text)
        self.paths[name] = below
        old = self.old.get(name)
        if old is not None and old.revision == revision_of(text):
            self.files[name] = old
            return
        self.files[name] = self._compile(text, name)

    def _compile(self, text: str, name: str) -> CompiledFlow:
        document, problems = load(text, name)
        if document is None:
            named = _NAME_LINE.search(text)
            return CompiledFlow(name, revision_of(text), problems=problems, name=named[1] if named else None)
        compiled = compile_flow(document, self.node_types, self.expressions)
        if has_errors(problems):  # the rest was read to report what is wrong there, too
            compiled.flow = compiled.ids = None
        compiled.problems += problems
        return compiled

    def finish(self, vars: Collection[str] | None, connections: Collection[str] | None) -> LoadedLibrary:
        """Check the files against each other and put them together."""
        files = list(self.files.values())
        names = {compiled.name for compiled in files if compiled.name is not None}
        problems = list(self.problems)
        for compiled in files:
            problems += with_flows_that_are_meant(compiled, names)
        problems += check(files, vars=vars, connections=connections)
        return LoadedLibrary(
            library=_assemble(compiled.flow for compiled in files if compiled.flow is not None),
            problems=sort_problems(problems),
            sources=self.sources,
            files=self.files,
            paths=self.paths,
            node_types=self.node_types,
            filters=self.filters,
            expressions=self.expressions,
        )


def _assemble(flows: Iterable[Flow]) -> Library:
    """Of two flows with one name, which is an error, the first counts."""
    by_name: dict[str, Flow] = {}
    for flow in flows:
        by_name.setdefault(flow.name, flow)
    digest = hashlib.sha256()
    for name in sorted(by_name):
        digest.update(f"{name}:{by_name[name].revision}\n".encode())
    return Library(by_name, digest.hexdigest()[:16])


def flow_files(places: Iterable[Path]) -> Iterator[Path]:
    """Yield the flow files at or below the places, in an order that is the same everywhere."""
    for place in places:
        yield from _flow_files(place, lambda _: None)


def _flow_files(directory: Path, on_error: Callable[[OSError], None]) -> Iterator[Path]:
    """Yield the flow files below a directory, in an order that is the same everywhere; or the one file."""
    if directory.is_file():
        yield directory
    for folder, folders, names in os.walk(directory, onerror=on_error):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            if is_flow_file(name):
                yield Path(folder, name)


def _nothing_found(wanted: Path, name: str) -> Problem:
    """Why a directory or file gave no flow."""
    if wanted.exists():
        return Problem(NO_FLOWS, "there is no flow here", name, severity="warning")
    return Problem(NO_FLOWS, "there is no such file or directory", name)


def is_flow_file(name: str) -> bool:
    """Tell whether a file of that name holds a flow: YAML, not hidden, not a test."""
    stem, dot, ending = name.rpartition(".")
    return bool(dot) and ending in ("yaml", "yml") and not name.startswith(".") and not stem.endswith(".test")


def _display_name(path: Path, base: Path) -> str:
    """A path as people are shown it: relative where it lies below ``base``."""
    for form in (os.path.realpath, os.path.abspath):  # a link may lead elsewhere, or to itself
        shown = Path(form(path))
        if shown.is_relative_to(Path(form(base))):
            return shown.relative_to(form(base)).as_posix()
    return path.as_posix()
