"""Where plugins come from, and how their modules are imported afresh on each load."""

from __future__ import annotations

import importlib
import marshal
import sys
import threading
import traceback
from collections.abc import Iterator, Sequence
from contextlib import suppress
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    SourceFileLoader,
)
from importlib.metadata import EntryPoint, entry_points
from importlib.util import MAGIC_NUMBER, cache_from_source, source_hash
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Final, Literal, NamedTuple

from flowhook.errors import PluginError
from flowhook.shipped import shipped_dir

GROUP = "flowhook"
Source = Literal["directory", "shipped", "installed", "builtin"]


class PluginSource(NamedTuple):
    """A plugin that could be loaded."""

    name: str
    source: Source
    path: Path | None = None  #: its file, or the directory of a package
    entry_point: EntryPoint | None = None


def available_plugins(directory: Path | None, shipped: Path | None = None) -> dict[str, PluginSource]:
    """All plugins by name. Of one name, the project's own wins, then a shipped one."""
    plugins = {plugin.name: plugin for plugin in _files(directory, "directory")}
    for plugin in (*_files(shipped or shipped_dir("plugins"), "shipped"), *_installed()):
        plugins.setdefault(plugin.name, plugin)
    return plugins


def clashes(directory: Path | None) -> Iterator[tuple[str, Path, Path]]:
    """Names for which a directory holds a file and a package; the package would be imported."""
    seen: dict[str, Path] = {}
    for plugin in _files(directory, "directory"):
        assert plugin.path is not None
        if plugin.name in seen:
            yield plugin.name, seen[plugin.name], plugin.path
        seen[plugin.name] = plugin.path


def _files(directory: Path | None, source: Source) -> Iterator[PluginSource]:
    if directory is None or not directory.is_dir():
        return
    for path in sorted(directory.iterdir()):
        name = path.stem if path.suffix == ".py" else path.name
        if name.startswith(("_", ".")) or "." in name:
            continue
        if (path.suffix == ".py" and path.is_file()) or (path / "__init__.py").is_file():
            yield PluginSource(name, source, path)


def _installed() -> Iterator[PluginSource]:
    for entry_point in sorted(entry_points(group=GROUP), key=lambda entry_point: entry_point.name):
        yield PluginSource(entry_point.name, "installed", entry_point=entry_point)


def _loaded(entry_point: EntryPoint) -> Any:
    """The module or object that an entry point names."""
    plugin = entry_point.load()
    if isinstance(plugin, str | bytes | int | float | bool | list | tuple | dict | None):
        kind = type(plugin).__name__
        raise TypeError(f"the entry point {entry_point.value!r} names a {kind}, not a module with hooks")
    return plugin


#: The flags of a compiled file that belongs to a source by its hash, which is looked at.
_BY_CHECKED_HASH: Final = (0b11).to_bytes(4, "little")


def is_interrupt(error: BaseException) -> bool:
    """Whether somebody at the keyboard wants to end it; a plugin that raises the same elsewhere fails."""
    return isinstance(error, KeyboardInterrupt) and threading.current_thread() is threading.main_thread()


class _Loader(SourceFileLoader):
    """Keeps compiled modules as Python does, but by the hash of their source: the usual kind tells an edit by
    the whole second only."""

    def get_code(self, fullname: str) -> CodeType:
        path = self.get_filename(fullname)
        source = self.get_data(path)
        head = MAGIC_NUMBER + _BY_CHECKED_HASH + source_hash(source)
        kept = cache_from_source(path)
        with suppress(OSError, EOFError, ValueError, TypeError):
            content = self.get_data(kept)
            code = marshal.loads(content[len(head) :]) if content.startswith(head) else None
            if isinstance(code, CodeType) and code.co_filename == path:  # it may have been moved
                return code
        code = self.source_to_code(source, path)
        if not sys.dont_write_bytecode:
            self.set_data(kept, head + marshal.dumps(code))  # nothing where it cannot be written
        return code


class _Finder(MetaPathFinder):
    """Finds the modules of one load."""

    def __init__(self, package: str) -> None:
        self.prefix = package + "."

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(self.prefix):
            return None
        for directory in path or ():
            finder = FileFinder(directory, (_Loader, [".py"]), (ExtensionFileLoader, EXTENSION_SUFFIXES))
            spec = finder.find_spec(fullname)
            if spec is not None and spec.loader is not None:
                return spec
        return None


class Modules:
    """The imported modules of one load, under a package name that no other load uses.

    So a reload makes new modules while turns in progress go on with the old ones. ``close`` takes
    them out of ``sys.modules``.
    """

    def __init__(self, directories: Sequence[Path]) -> None:
        self.package = _free_name("flowhook_plugins")
        parent = ModuleType(self.package, "The plugins of this server.")
        parent.__path__ = [str(directory) for directory in directories]
        sys.modules[self.package] = parent
        self._finder = _Finder(self.package)
        sys.meta_path.insert(0, self._finder)

    def load(self, plugin: PluginSource) -> Any:
        """Import a plugin. Raises PluginError naming the file and line at fault."""
        try:
            if plugin.entry_point is not None:
                return _loaded(plugin.entry_point)
            return importlib.import_module(f"{self.package}.{plugin.name}")
        except BaseException as error:  # such as the panic of a compiled module
            if is_interrupt(error):
                raise
            frame = own_frame(error, plugin.path)
            where = f"{frame[0]}:{frame[1]}: " if frame is not None else ""
            failure = PluginError(plugin.name, "import", message=f"{where}{type(error).__name__}: {error}")
            raise failure from error

    def close(self) -> None:
        """Forget the modules."""
        if self._finder in sys.meta_path:
            sys.meta_path.remove(self._finder)
        prefix = self._finder.prefix
        for name in [name for name in sys.modules if f"{name}.".startswith(prefix)]:
            del sys.modules[name]


def distribution_of(plugin: PluginSource) -> str:
    """For people: which distribution and module a plugin comes from; "" for a file."""
    point = plugin.entry_point
    if point is None:
        return ""
    dist = point.dist
    return f" ({dist.name} {dist.version}, {point.value})" if dist is not None else f" ({point.value})"


def position_of(error: BaseException, plugin: PluginSource) -> tuple[str, int]:
    """File and line at fault, of an error that importing a plugin raised."""
    if plugin.entry_point is not None and not isinstance(error, SyntaxError):
        frames = [frame for frame in traceback.extract_tb(error.__traceback__) if _is_foreign(frame.filename)]
        if frames:
            return frames[-1].filename, frames[-1].lineno or 1
    return own_frame(error, plugin.path) or (str(plugin.path or plugin.name), 1)


def _is_foreign(filename: str) -> bool:
    """Whether a file is neither ours nor Python's own import machinery."""
    own = Path(__file__).parents[2]
    return not (filename.startswith("<") or Path(filename).is_relative_to(own) or "importlib" in filename)


def own_frame(error: BaseException, path: Path | None) -> tuple[str, int] | None:
    """File and line of a plugin's own code at which an error came up; None when it was elsewhere."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.filename, error.lineno or 1
    frames = traceback.extract_tb(error.__traceback__)
    prefix = str(path) if path is not None else None
    own = [frame for frame in frames if prefix is not None and frame.filename.startswith(prefix)]
    return (own[-1].filename, own[-1].lineno or 1) if own else None


def _free_name(name: str) -> str:
    number = 1
    free = name
    while free in sys.modules:
        number += 1
        free = f"{name}_{number}"
    return free
