"""Taking a package into a project: a plan first, then all of its files or none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple

from flowhook.config import Config
from flowhook.file_replacing import replace_file
from flowhook.flowfiles.library import LoadedLibrary, load_texts
from flowhook.hooks.facade import Hooks
from flowhook.problems.problem import Problem
from flowhook.versions.package import Package, PackageError
from flowhook.versions.plugin_versions import plugin_versions, plugin_warnings
from flowhook.versions.selection import paths_of
from flowhook.yamldoc.document import load, read_text

State = Literal["new", "equal", "differs"]


class PlannedFile(NamedTuple):
    """A file of a package, and what is in its place."""

    path: str  #: below the directory of the flows
    state: State
    text: str  #: of the package
    current: str | None  #: what is there now; None: nothing

    def to_json(self) -> dict[str, Any]:
        """Without the texts."""
        return {"path": self.path, "state": self.state}


class ImportPlan(NamedTuple):
    """What an import would do. ``needs`` are sentences: what the project lacks, or has in another version."""

    files: tuple[PlannedFile, ...]
    needs: tuple[str, ...] = ()

    def of(self, state: State) -> list[PlannedFile]:
        """The files in this state."""
        return [file for file in self.files if file.state == state]

    def writes(self, replaced: Callable[[PlannedFile], bool]) -> dict[str, str]:
        """Return path → text of what is to be written: what is new, and of what differs what is replaced."""
        return {
            file.path: file.text
            for file in self.files
            if file.state == "new" or (file.state == "differs" and replaced(file))
        }

    def to_json(self) -> dict[str, Any]:
        """``{"files": [{"path", "state"}], "needs": [text]}``."""
        return {"files": [file.to_json() for file in self.files], "needs": list(self.needs)}


def plan_import(config: Config, loaded: LoadedLibrary, hooks: Hooks, package: Package) -> ImportPlan:
    """Compare a package with a project. A flow that the project has in another file is compared with that
    one. Raises PackageError for a file that would be written elsewhere than below the directory of the flows.
    """
    here = paths_of(loaded)
    texts = {
        here.get(_flow_in(text, path), path) if path in package.manifest.flows else path: text
        for path, text in {**package.contents.flows, **package.contents.tests}.items()
    }
    files = [_planned(config, path, text) for path, text in sorted(texts.items())]
    return ImportPlan(tuple(files), tuple(_needs(config, hooks, package)))


def _planned(config: Config, path: str, text: str) -> PlannedFile:
    target = config.flows_dir / path
    inside = target.parent.resolve().is_relative_to(config.flows_dir.resolve())
    if not inside or target.is_symlink() or (target.exists() and not target.is_file()):
        raise PackageError(f"{path!r} would not be written below {config.flows_dir}")
    current = read_text(target, path) if target.exists() else None
    if isinstance(current, Problem):
        raise PackageError(f"{path!r} is there, and {current.message}")
    state: State = "new" if current is None else "equal" if current == text else "differs"
    return PlannedFile(path, state, text, current)


def _flow_in(text: str, path: str) -> str:
    document, _ = load(text, path)
    data = document.data if document is not None and isinstance(document.data, dict) else {}
    return str(data.get("flow", ""))


def _needs(config: Config, hooks: Hooks, package: Package) -> Iterator[str]:
    for name in package.manifest.connections:
        need = package.connections.get(name)
        known = config.connections.get(name)
        if known is None:
            was = f", which was at {need.base_url}" if need is not None else ""
            secrets = f", with {', '.join(need.secrets)}" if need is not None and need.secrets else ""
            yield f"config.yaml has no connection {name}{was}{secrets}"
            continue
        given: Mapping[str, Any] = {
            "bearer": known.bearer,
            "user": known.user,
            "password": known.password,
            **{f"headers.{header}": True for header in known.headers},
        }
        missing = [secret for secret in (need.secrets if need is not None else ()) if not given.get(secret)]
        if missing:
            yield f"the connection {name} has no {', '.join(missing)} here"
    for name in package.vars:
        if name not in config.vars:
            yield f"config.yaml has no {name} under vars"
    yield from plugin_warnings(package.manifest.plugins, plugin_versions(hooks.plugins), "the package")
    entered = {settings["flow"] for settings in package.manifest.endpoints.values()}
    for flow in sorted(entered - {endpoint.flow for endpoint in config.endpoints}):
        yield f"no endpoint in config.yaml enters the flow {flow}"


def check_import(
    config: Config, loaded: LoadedLibrary, hooks: Hooks, writes: Mapping[str, str]
) -> list[Problem]:
    """Return every problem that the flows would have with these files."""
    texts = {below: loaded.sources.text(name) or "" for name, below in loaded.paths.items()}
    flows = {path: text for path, text in writes.items() if ".test." not in path}
    return load_texts(
        {**texts, **flows},
        config.flows_dir,
        hooks.types,
        filters=hooks.filters(),
        vars=config.vars,
        connections=config.connections,
        root=config.root,
        previous=loaded,
    ).problems


@dataclass(slots=True)
class WrittenFiles:
    """Files that were written, and what was in their places."""

    files: list[tuple[Path, str | None]] = field(default_factory=list)
    folders: list[Path] = field(default_factory=list)  #: that were not there

    def undo(self) -> None:
        """Make all as it was, as far as the disk lets us."""
        for path, before in reversed(self.files):
            with suppress(OSError):
                path.unlink() if before is None else replace_file(path, before)
        for folder in reversed(self.folders):
            with suppress(OSError):
                os.rmdir(folder)


def install(directory: Path, writes: Mapping[str, str]) -> WrittenFiles:
    """Write the files below a directory: when one cannot be written, all are as they were. Raises OSError."""
    done = WrittenFiles()
    try:
        for path, text in writes.items():
            target = directory / path
            _make_folder(target.parent, done)
            before = read_text(target, path) if target.exists() else None
            replace_file(target, text)
            done.files.append((target, before if isinstance(before, str) else None))
    except BaseException:
        done.undo()
        raise
    return done


def _make_folder(folder: Path, done: WrittenFiles) -> None:
    """Make a folder and those above it."""
    for parent in [parent for parent in (folder, *folder.parents) if not parent.exists()][::-1]:
        parent.mkdir()
        done.folders.append(parent)
