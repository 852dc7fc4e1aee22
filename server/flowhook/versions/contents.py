"""What a project consists of: its manifest, and the texts that the manifest names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json

from flowhook.config import Config
from flowhook.flowfiles.library import LoadedLibrary
from flowhook.hooks.loading.plugin import LoadedPlugin
from flowhook.problems.problem import Problem
from flowhook.storage.records import Version
from flowhook.versions.manifest import Manifest, sha256
from flowhook.versions.plugin_versions import plugin_versions
from flowhook.versions.public_settings import public_settings
from flowhook.yamldoc.document import read_text

TEST_ENDINGS = (".test.yaml", ".test.yml")


class Contents(NamedTuple):
    """Immutable, and whole: each hash of the manifest is among the ``blobs``."""

    manifest: Manifest
    blobs: Mapping[str, bytes]

    @property
    def flows(self) -> dict[str, str]:
        """Path below the directory of the flows → text."""
        return {path: self.blobs[hash].decode() for path, hash in self.manifest.flows.items()}

    @property
    def tests(self) -> dict[str, str]:
        """Path below the directory of the flows → text."""
        return {path: self.blobs[hash].decode() for path, hash in self.manifest.tests.items()}

    def to_version(self) -> Version:
        """As the store keeps it."""
        return Version(self.manifest.hash, self.manifest.canonical, dict(self.blobs))

    @classmethod
    def of_version(cls, version: Version) -> Contents:
        """The reverse. Raises ValueError for what a newer flowhook kept."""
        return cls(Manifest.from_json(from_json(version.manifest)), version.blobs)


def contents_of(config: Config, loaded: LoadedLibrary, plugins: Iterable[LoadedPlugin]) -> Contents:
    """Return what is loaded: the flows as they were compiled, the tests as they stand beside them now."""
    flows = {below: loaded.sources.text(name) or "" for name, below in loaded.paths.items()}
    return contents_of_texts(config, flows, dict(_tests(config.flows_dir)), plugins)


def contents_of_texts(
    config: Config, flows: Mapping[str, str], tests: Mapping[str, str], plugins: Iterable[LoadedPlugin]
) -> Contents:
    """Return what these files, the settings and the plugins are together."""
    blobs: dict[str, bytes] = {}

    def kept(text: str) -> str:
        body = text.encode()
        hash = sha256(body)
        blobs[hash] = body
        return hash

    manifest = Manifest(
        {path: kept(text) for path, text in flows.items()},
        {path: kept(text) for path, text in tests.items()},
        plugin_versions(plugins),
        {endpoint.name: public_settings(endpoint) for endpoint in config.endpoints},
        tuple(sorted(config.connections)),
    )
    return Contents(manifest, blobs)


def _tests(directory: Path) -> Iterator[tuple[str, str]]:
    """Path below the directory, text; what cannot be read is no test."""
    for path in sorted(directory.rglob("*")):
        if path.name.endswith(TEST_ENDINGS) and not any(
            part.startswith(".") for part in path.relative_to(directory).parts
        ):
            text = read_text(path, path.name)
            if not isinstance(text, Problem):
                yield path.relative_to(directory).as_posix(), text
