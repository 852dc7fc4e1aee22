"""Packages: flows with what they need, in one file that another project opens.

A zip with ``package.json`` and the files below ``flows/``. The same flows make the same bytes. What is read
is not trusted: names that lead elsewhere, links, files that are not listed or not what their hash says, and
more than fits are refused before anything is written.
"""

from __future__ import annotations

import io
import json
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from flowhook.errors import FlowhookError
from flowhook.version import __version__
from flowhook.versions.contents import TEST_ENDINGS, Contents
from flowhook.versions.manifest import Manifest, sha256
from flowhook.yamldoc.document import MAX_SIZE

FORMAT = "flowhook-package/1"
INDEX = "package.json"
FOLDER = "flows/"

MAX_PACKAGE = 64 * 1024 * 1024  #: bytes of the file, and of what it unfolds to
MAX_FILES = 5_000

_EPOCH = (1980, 1, 1, 0, 0, 0)  #: the first moment that a zip can name
_MODE = (stat.S_IFREG | 0o644) << 16
_PART = re.compile(r"[^\x00-\x1f\x7f\\:*?\"<>|/]{1,200}")
_ENDINGS = (".yaml", ".yml")


class PackageError(FlowhookError):
    """The file is no package that can be used."""

    code = "package"


class ConnectionNeed(NamedTuple):
    """A connection that flows name. Its secrets stay where they are; which there are is told."""

    base_url: str  #: scheme and host
    secrets: tuple[str, ...] = ()  #: bearer, user, password, headers.X-Key …


@dataclass(frozen=True, slots=True)
class Package:
    """What a package holds. The plugins of the manifest are those that its flows need."""

    contents: Contents
    connections: Mapping[str, ConnectionNeed] = field(default_factory=dict)
    vars: tuple[str, ...] = ()
    made_by: str = __version__  #: the version of flowhook

    @property
    def manifest(self) -> Manifest:
        """The files, by hash."""
        return self.contents.manifest

    def to_json(self) -> dict[str, Any]:
        """All but the texts; as ``package.json`` has it."""
        return {
            "format": FORMAT,
            "flowhook": self.made_by,
            "hash": self.manifest.hash,
            "connections": {
                name: {"base_url": need.base_url, "secrets": list(need.secrets)}
                for name, need in self.connections.items()
            },
            "vars": list(self.vars),
            "manifest": self.manifest.to_json(),
        }


def write_package(package: Package) -> bytes:
    """Return the zip: nothing in it depends on the time or the machine."""
    texts = {**package.manifest.flows, **package.manifest.tests}
    index = json.dumps(package.to_json(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        _add(archive, INDEX, index.encode())
        for path, hash in sorted(texts.items()):
            _add(archive, FOLDER + path, package.contents.blobs[hash])
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, name: str, body: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.create_system, entry.external_attr = 3, _MODE
    archive.writestr(entry, body)


def read_package(raw: bytes) -> Package:
    """Read and check a package. Raises PackageError."""
    if len(raw) > MAX_PACKAGE:
        raise PackageError(f"it is larger than {MAX_PACKAGE // 1024**2} MiB")
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            files = dict(_unfolded(archive))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, EOFError, ValueError) as error:
        raise PackageError(f"it is no package: {error}") from error
    except (RuntimeError, OSError, zlib.error) as error:
        raise PackageError(f"it cannot be unfolded: {error}") from error
    if INDEX not in files:
        raise PackageError(f"it is no package: it has no {INDEX}")
    package = _from_index(files.pop(INDEX), files)
    _check_files(package.manifest, files)
    return package


def _unfolded(archive: zipfile.ZipFile) -> Iterator[tuple[str, bytes]]:
    """Name and content of each entry, within the bounds whatever the entries say of themselves."""
    entries = archive.infolist()
    if len(entries) > MAX_FILES:
        raise PackageError(f"it has more than {MAX_FILES} files")
    seen: set[str] = set()
    left = MAX_PACKAGE
    for entry in entries:
        _check_entry(entry)
        if entry.filename.casefold() in seen:
            raise PackageError(f"{entry.filename!r} is in it twice")
        seen.add(entry.filename.casefold())
        bound = min(left, MAX_SIZE)
        with archive.open(entry) as file:
            body = file.read(bound + 1)
        if len(body) > bound:
            raise PackageError(f"{entry.filename!r} unfolds to more than is allowed")
        left -= len(body)
        yield entry.filename, body


def _check_entry(entry: zipfile.ZipInfo) -> None:
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or entry.is_dir():
        raise PackageError(f"{entry.filename!r} is no regular file")
    if entry.flag_bits & 1:
        raise PackageError(f"{entry.filename!r} is encrypted")
    name = entry.filename
    if name != INDEX and not (name.startswith(FOLDER) and is_safe(name.removeprefix(FOLDER))):
        raise PackageError(f"{name!r} has no place in a package")


def is_safe(path: str) -> bool:
    """Whether a path names a YAML file below the directory of the flows, on every system."""
    parts = path.split("/")
    return path.endswith(_ENDINGS) and all(
        _PART.fullmatch(part) and not part.startswith(".") and part.rstrip(" .") == part for part in parts
    )


def _from_index(index: bytes, files: Mapping[str, bytes]) -> Package:
    try:
        found = json.loads(index)
        if found["format"] != FORMAT:
            raise PackageError(f"its format is {found['format']!r}, this flowhook reads {FORMAT}")
        manifest = _checked(Manifest.from_json(found["manifest"]))
        needs = {
            str(name): ConnectionNeed(str(need["base_url"]), tuple(map(str, need["secrets"])))
            for name, need in found["connections"].items()
        }
        if manifest.hash != found["hash"]:
            raise PackageError("its index was changed: the hash is another one")
        blobs = {sha256(body): body for body in files.values()}
        return Package(
            Contents(manifest, blobs), needs, tuple(map(str, found["vars"])), str(found["flowhook"])
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise PackageError(f"its {INDEX} cannot be read: {type(error).__name__}: {error}") from error


def _checked(manifest: Manifest) -> Manifest:
    """The manifest, if all in it is of the right type. Raises TypeError."""
    texts = [*manifest.flows.values(), *manifest.tests.values(), *manifest.connections]
    texts += [settings["flow"] for settings in manifest.endpoints.values()]
    for plugin in manifest.plugins.values():
        texts += [plugin.source, plugin.version, plugin.digest]
    if not all(isinstance(text, str) for text in texts):
        raise TypeError("a text is expected where there is none")
    return manifest


def _check_files(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    listed = {**manifest.flows, **manifest.tests}
    if manifest.flows.keys() & manifest.tests.keys():
        raise PackageError("a file is listed as a flow and as a test")
    for path, hash in listed.items():
        if not is_safe(path) or path.endswith(TEST_ENDINGS) != (path in manifest.tests):
            raise PackageError(f"{path!r} has no place in a package")
        body = files.get(FOLDER + path)
        if body is None:
            raise PackageError(f"{path!r} is listed, but not in it")
        if sha256(body) != hash:
            raise PackageError(f"{path!r} was changed: its hash is another one")
        try:
            body.decode()
        except UnicodeDecodeError:
            raise PackageError(f"{path!r} is no UTF-8 text") from None
    if extra := files.keys() - {FOLDER + path for path in listed}:
        raise PackageError(f"{min(extra).removeprefix(FOLDER)!r} is in it, but not listed")
    if not manifest.flows:
        raise PackageError("it has no flows")
