"""Packages as bytes: what is read of a stranger's file, and what is refused."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from typing import Any

import pytest

from flowhook.versions import package as packages
from flowhook.versions.contents import Contents
from flowhook.versions.manifest import Manifest, PluginVersion, sha256
from flowhook.versions.package import (
    ConnectionNeed,
    Package,
    PackageError,
    is_safe,
    read_package,
    write_package,
)

FLOW = b"flow: pizza\nnodes:\n  - say: hi\n"
TEST = b"flow: pizza\ntests: []\n"

Entries = dict[str, bytes]


def a_package() -> Package:
    """A flow with its test and all that a package can name."""
    manifest = Manifest(
        {"sub/pizza.yaml": sha256(FLOW)},
        {"sub/pizza.test.yaml": sha256(TEST)},
        {"loud": PluginVersion("directory", "1.0", "abc")},
        {"pizza": {"flow": "pizza"}},
        ("crm",),
    )
    needs = {"crm": ConnectionNeed("https://crm.example", ("bearer",))}
    return Package(Contents(manifest, {sha256(FLOW): FLOW, sha256(TEST): TEST}), needs, ("shop_name",))


def entries_of(raw: bytes) -> Entries:
    """Name → content."""
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {entry.filename: archive.read(entry) for entry in archive.infolist()}


def zipped(entries: Entries, change: Callable[[zipfile.ZipInfo], None] | None = None) -> bytes:
    """The entries as a stranger would write them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, body in entries.items():
            entry = zipfile.ZipInfo(name)
            if change is not None and name != "package.json":
                change(entry)
            archive.writestr(entry, body, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def with_index(entries: Entries, change: Callable[[Any], None]) -> Entries:
    """The entries with another index, whose hash is right."""
    index = json.loads(entries["package.json"])
    change(index)
    index["hash"] = Manifest.from_json(index["manifest"]).hash if "manifest" in index else ""
    return {**entries, "package.json": json.dumps(index).encode()}


def test_a_package_comes_back_as_it_was_written() -> None:
    """And so does one that another program packed."""
    package = a_package()
    assert read_package(write_package(package)) == package
    assert read_package(zipped(entries_of(write_package(package)))) == package


def test_the_same_flows_make_the_same_bytes() -> None:
    """Nothing of the time or the machine is in it, nor the order in which files were found."""
    package = a_package()
    manifest = package.manifest
    turned = Manifest(
        dict(reversed(manifest.flows.items())), manifest.tests, manifest.plugins, manifest.endpoints,
        manifest.connections,
    )  # fmt: skip
    again = Package(Contents(turned, package.contents.blobs), package.connections, package.vars)
    assert write_package(again) == write_package(package)


@pytest.mark.parametrize(
    "path",
    [
        "../pizza.yaml", "/etc/pizza.yaml", "a/../../pizza.yaml", "./pizza.yaml", "a//pizza.yaml",
        ".hidden.yaml", "a\\..\\pizza.yaml", "C:/pizza.yaml", "C:pizza.yaml", "a/.git/pizza.yaml",
        "pizza.py", "pizza.yaml/",
        "pizza", "", "a\x00.yaml", "a\n.yaml", "x" * 300 + ".yaml",
        "a /pizza.yaml", "a./pizza.yaml", "~?.yaml",
    ],
)  # fmt: skip
def test_a_name_that_leads_elsewhere_is_refused(path: str) -> None:
    """In the zip, and in its index."""
    assert not is_safe(path)
    entries = entries_of(write_package(a_package()))
    body = entries.pop("flows/sub/pizza.yaml")

    def rename(index: Any) -> None:
        index["manifest"]["flows"] = {path: sha256(body)}

    renamed = with_index(entries, rename)
    for files in ({**renamed, f"flows/{path}": body}, renamed, {**entries, path or "x": body}):
        with pytest.raises(PackageError):
            read_package(zipped(files))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO, stat.S_IFCHR])
def test_only_regular_files_are_taken(kind: int) -> None:
    """A link would be written through."""

    def change(entry: zipfile.ZipInfo) -> None:
        entry.create_system, entry.external_attr = 3, (kind | 0o777) << 16

    with pytest.raises(PackageError, match="no regular file"):
        read_package(zipped(entries_of(write_package(a_package())), change))


def test_what_unfolds_to_more_than_fits_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it says of its size; one file, all of them, and their number."""
    entries = entries_of(write_package(a_package()))
    bomb = zipped({**entries, "flows/bomb.yaml": b"#" * (packages.MAX_SIZE + 1)})
    assert len(bomb) < 50_000
    with pytest.raises(PackageError, match="unfolds to more"):
        read_package(bomb)
    monkeypatch.setattr(packages, "MAX_PACKAGE", 100_000)
    with pytest.raises(PackageError, match="unfolds to more"):
        read_package(zipped({**entries, "flows/a.yaml": b"#" * 60_000, "flows/b.yaml": b"#" * 60_000}))
    monkeypatch.setattr(packages, "MAX_FILES", 2)
    with pytest.raises(PackageError, match="more than 2 files"):
        read_package(zipped(entries))
    monkeypatch.setattr(packages, "MAX_PACKAGE", 10)
    with pytest.raises(PackageError, match="larger than"):
        read_package(zipped(entries))


def test_what_was_changed_is_refused() -> None:
    """A file, the index, and what is listed or not."""
    entries = entries_of(write_package(a_package()))
    flow = "flows/sub/pizza.yaml"
    for files, what in (
        ({**entries, flow: FLOW + b"#"}, "was changed"),
        ({**entries, flow: b"\xff\xfe"}, "was changed"),
        ({name: body for name, body in entries.items() if name != flow}, "not in it"),
        ({**entries, "flows/more.yaml": FLOW}, "not listed"),
        ({**entries, "more.txt": FLOW}, "no place"),
        ({**entries, "flows/SUB/pizza.yaml": FLOW}, "twice"),
        ({flow: FLOW}, "has no package.json"),
        ({**entries, "package.json": entries["package.json"].replace(b"sub/", b"bus/")}, "hash is another"),
    ):
        with pytest.raises(PackageError, match=what):
            read_package(zipped(files))


@pytest.mark.parametrize(
    "index",
    [
        b"", b"[]", b"null", b"{}", b'{"format": "flowhook-package/2"}', b"[" * 100_000,
        b'{"format": "flowhook-package/1", "manifest": 3}', b"\xff",
    ],
)  # fmt: skip
def test_an_index_that_is_none_is_refused(index: bytes) -> None:
    """In a sentence."""
    with pytest.raises(PackageError):
        read_package(zipped({"package.json": index}))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("flows", {"a.yaml": 3}), ("endpoints", {"a": {}}), ("endpoints", {"a": {"flow": 3}}),
        ("connections", [3]),
        ("plugins", {"a": {"source": 1, "version": 2, "digest": 3}}), ("plugins", {"a": {}}), ("tests", []),
    ],
)  # fmt: skip
def test_an_index_of_other_types_is_refused(part: str, value: Any) -> None:
    """Nothing of it is used before all of it is checked."""
    entries = entries_of(write_package(a_package()))
    index = json.loads(entries["package.json"])
    index["manifest"][part] = value
    index["hash"] = sha256(json.dumps(index["manifest"], sort_keys=True, separators=(",", ":")).encode())
    with pytest.raises(PackageError):
        read_package(zipped({**entries, "package.json": json.dumps(index).encode()}))


def test_what_is_no_zip_is_refused() -> None:
    """Nor one that is cut off, or encrypted."""
    raw = write_package(a_package())
    for broken in (b"", b"flow: pizza", raw[:-30], raw[:100], raw.replace(FLOW, FLOW[::-1])):
        with pytest.raises(PackageError):
            read_package(broken)
