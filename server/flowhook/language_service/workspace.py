"""A project as an editor sees it: what is on disk, and in its place the texts that are open and not saved."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from flowhook import builtin
from flowhook.config import Config, config_from_mapping, read_config_text
from flowhook.config.json_schema import config_schema
from flowhook.flowfiles.compile.compiler import CompiledFlow, revision_of
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.json_schema import json_schema
from flowhook.flowfiles.library import LoadedLibrary, flow_files, is_flow_file, load_library
from flowhook.flowtest.files.json_schema import test_schema
from flowhook.flowtest.files.parser import is_test_file, read_document, test_files
from flowhook.flowtest.files.rules import check as check_names
from flowhook.hooks.facade import Hooks
from flowhook.hooks.loading.loader import PluginLoadError, PluginRequirements, load_hooks, load_plugins
from flowhook.language_service.symbols import FlowSymbols, Occurrence, config_symbols, test_symbols
from flowhook.problems.catalogue import UNKNOWN_NODE_TYPE
from flowhook.problems.problem import Problem, sort_problems
from flowhook.runtime.project.blocked_addresses import blocked_addresses
from flowhook.runtime.project.project import load_flows
from flowhook.yamldoc.document import Document, load, read_text

FileKind = Literal["flow", "test", "config"]


@dataclass(slots=True)
class SourceFile:
    """One file as it was read last. ``document`` is the last reading that gave something: while a line is
    being written its file can often not be read, and the names in it stay known meanwhile."""

    path: Path
    kind: FileKind
    revision: str
    text: str
    document: Document | None
    occurrences: list[Occurrence] = field(default_factory=list)
    symbols: FlowSymbols | None = None  #: of a flow
    problems: list[Problem] = field(default_factory=list)  #: of reading it


class Workspace:
    """The files of the project whose configuration is ``config_path``, which need not exist.

    Texts are handed in by ``update``; everything else is read again when it is asked for after ``update`` or
    ``reload``. Nothing here raises for what authors got wrong.
    """

    def __init__(self, config_path: Path, environ: Mapping[str, str] | None = None) -> None:
        self.config_path = config_path.resolve()
        self.root = self.config_path.parent
        self.config: Config | None = None
        self.files: dict[Path, SourceFile] = {}
        self.node_types = _builtin_types()
        self._library: LoadedLibrary | None = None
        self._environ = os.environ if environ is None else environ
        self._unsaved: dict[Path, str] = {}
        self._hooks: Hooks | None = None
        self._plugin_problems: list[Problem] = []
        self._config_text: str | None = None
        self._schemas: dict[FileKind, Mapping[str, Any]] = {}
        self._stale = self._unchecked = True

    # -- what the editor tells ------------------------------------------------------------------------

    def update(self, path: Path, text: str | None) -> None:
        """Take the text of an open file; None when it was closed, so that the one on disk counts again."""
        path = path.resolve()
        if text is None:
            self._unsaved.pop(path, None)
        else:
            self._unsaved[path] = text
        self._stale = self._unchecked = True

    def reload(self, *, plugins: bool = False) -> None:
        """Read what may have changed on disk; with ``plugins`` their code, too."""
        self._stale = self._unchecked = True
        if plugins:
            self._config_text = None

    def close(self) -> None:
        """Let go of the plugins."""
        if self._hooks is not None:
            self._hooks.close()
            self._hooks = None

    # -- what is known --------------------------------------------------------------------------------

    def text(self, path: Path) -> str:
        """Return the text of a file as the editor has it, else from disk; empty when there is none."""
        path = path.resolve()
        if path in self._unsaved:
            return self._unsaved[path]
        text = read_text(path, str(path))
        return text if isinstance(text, str) else ""

    def kind_of(self, path: Path) -> FileKind | None:
        """Return what kind of file a path is of; None for one that is none of ours."""
        path = path.resolve()
        if path == self.config_path:
            return "config"
        if is_test_file(path.name):
            return "test"
        return "flow" if is_flow_file(path.name) and self._is_below_flows(path) else None

    def schema(self, kind: FileKind) -> Mapping[str, Any]:
        """Return the JSON Schema of a kind of file, with the nodes of the plugins."""
        self.refresh()
        if kind not in self._schemas:
            self._schemas[kind] = _SCHEMAS[kind](self.node_types)
        return self._schemas[kind]

    @property
    def library(self) -> LoadedLibrary:
        """All flows, compiled and checked against each other: what costs most, so only when asked for."""
        self.refresh()
        if self._library is None or self._unchecked:
            self._unchecked = False
            if self.config is not None and self._hooks is not None:
                self._library = load_flows(self.config, self._hooks, self._library, unsaved=self._unsaved)
            else:
                self._library = load_library(
                    self._flow_places(), self.node_types,
                    root=self.root, previous=self._library, unsaved=self._unsaved,
                )  # fmt: skip
            self._check_tests(self._library)
        return self._library

    def compiled(self, path: Path) -> CompiledFlow | None:
        """Return what became of a flow file."""
        files = self.library.files.items()
        return next((one for name, one in files if self._absolute(name) == path.resolve()), None)

    def source(self, path: Path) -> SourceFile | None:
        """Return a file of the project as it was read."""
        self.refresh()
        return self.files.get(path.resolve())

    def occurrences(self) -> Iterator[tuple[Path, Occurrence]]:
        """Yield every place at which a name is written, in all files."""
        self.refresh()
        for path, source in self.files.items():
            for found in source.occurrences:
                yield path, found

    def problems(self) -> dict[Path, list[Problem]]:
        """Return the problems of every file; a file without any has an empty list."""
        library = self.library
        told: dict[Path, list[Problem]] = {path: [] for path in self.files}
        without_plugins = bool(self._plugin_problems)
        for problem in library.problems:
            if not (without_plugins and (problem.code == UNKNOWN_NODE_TYPE or problem.unregistered)):
                told.setdefault(self._absolute(problem.file), []).append(problem)
        for problem in self._plugin_problems:
            told.setdefault(self._absolute(problem.file), []).append(problem)
        for path, source in self.files.items():
            told[path] += source.problems
        return {path: sort_problems(found) for path, found in told.items()}

    # -- reading --------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Read what changed since the last time."""
        if not self._stale:
            return
        self._stale = False
        config_problems = self._read_config()
        self._read_files(config_problems)

    def _read_config(self) -> list[Problem]:
        text = self.text(self.config_path)
        if not text and not self.config_path.is_file():
            self.config = None
            return []
        config, problems = read_config_text(text, self.config_path, self._environ)
        if config is None:
            return problems  # the last good one still says where the flows are
        self.config = config
        problems += blocked_addresses(config)
        if text != self._config_text:
            self._config_text = text
            self._load_plugins(config)
        return problems

    def _load_plugins(self, config: Config) -> None:
        self.close()
        self._plugin_problems = []
        self._schemas = {}
        try:
            requirements = PluginRequirements.of(config)
            self._hooks = load_hooks(requirements, builtin=builtin, locate=config.locate)
            self.node_types = self._hooks.types
        except PluginLoadError as error:
            self._plugin_problems = list(error.problems)

    def _flow_places(self) -> list[Path]:
        if self.config is not None:
            return [self.config.flows_dir]
        return [self.root / "flows"] if (self.root / "flows").is_dir() else [self.root]

    def _is_below_flows(self, path: Path) -> bool:
        return any(path.is_relative_to(place.resolve()) for place in self._flow_places())

    def _read_files(self, config_problems: list[Problem]) -> None:
        wanted: dict[Path, FileKind] = {path.resolve(): "flow" for path in flow_files(self._flow_places())}
        wanted |= {path.resolve(): "test" for path in test_files(self._flow_places())}
        wanted |= {path: "test" for path in self._unsaved if is_test_file(path.name)}
        if self.config_path.is_file() or self.config_path in self._unsaved:
            wanted[self.config_path] = "config"
        self.files = {path: self._read_file(path, kind) for path, kind in wanted.items()}
        if self.config_path in self.files:
            self.files[self.config_path].problems = config_problems

    def _read_file(self, path: Path, kind: FileKind) -> SourceFile:
        text = self.text(path)
        revision = revision_of(text)
        old = self.files.get(path)
        if old is not None and old.revision == revision:
            return old
        document, _ = load(text, str(path))
        if document is None and old is not None and old.document is not None:
            return SourceFile(path, kind, revision, text, old.document, old.occurrences, old.symbols)
        if document is None:  # it was opened like this; what is on disk may be better
            saved = read_text(path, str(path))
            document = load(saved, str(path))[0] if isinstance(saved, str) else None
        source = SourceFile(path, kind, revision, text, document)
        if document is None:
            return source
        if kind == "flow":
            source.symbols = FlowSymbols(document, self.node_types)
            source.occurrences = source.symbols.read()
        else:
            source.occurrences = list((config_symbols if kind == "config" else test_symbols)(document))
        return source

    def _check_tests(self, library: LoadedLibrary) -> None:
        config = self.config or config_from_mapping({}, self.root)
        for source in self.files.values():
            if source.kind != "test":
                continue
            document, problems = load(source.text, str(source.path))
            file = None
            if document is not None:
                file, problems = read_document(document, problems)
            if file is not None and library.good:
                with suppress(KeyError):  # a flow that could not be read
                    problems = [*problems, *check_names(file, library.library, config)]
            source.problems = problems

    def _absolute(self, name: str) -> Path:
        path = Path(name)
        return (path if path.is_absolute() else self.root / path).resolve()


_SCHEMAS: Mapping[FileKind, Callable[[NodeTypes], Mapping[str, Any]]] = {
    "flow": json_schema,
    "test": lambda _: test_schema(),
    "config": lambda _: config_schema(),
}


def _builtin_types() -> NodeTypes:
    return load_plugins(PluginRequirements(), builtin).registry.node_types
