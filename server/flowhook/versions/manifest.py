"""The manifest of a version: what the project consists of, by hash. Equal ones are the same bytes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

FORMAT = 1  #: of the manifest; a newer one is refused


@dataclass(frozen=True, slots=True)
class PluginVersion:
    """A plugin that was loaded. Its code is not kept: the digest tells whether it is the same."""

    source: str  #: directory, shipped or installed
    version: str  #: as it calls itself; empty when it does not
    digest: str  #: of its source; empty when there is none to read

    def is_same(self, other: PluginVersion) -> bool:
        """Whether both are the same code, as far as can be told."""
        if self.digest and other.digest:
            return self.digest == other.digest
        return self.version == other.version

    def __str__(self) -> str:
        return self.version or (f"source {self.digest[:8]}" if self.digest else "of no version")


@dataclass(frozen=True, slots=True)
class Manifest:
    """Files are named by their paths below the directory of the flows, hashes are SHA-256 in hex."""

    flows: Mapping[str, str] = field(default_factory=dict)  #: path → hash of the text
    tests: Mapping[str, str] = field(default_factory=dict)  #: path → hash of the text
    plugins: Mapping[str, PluginVersion] = field(default_factory=dict)
    endpoints: Mapping[str, Any] = field(default_factory=dict)  #: name → settings, without keys and secrets
    connections: tuple[str, ...] = ()  #: names

    @property
    def blobs(self) -> set[str]:
        """The hashes of all texts."""
        return {*self.flows.values(), *self.tests.values()}

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "format": FORMAT,
            "flows": dict(self.flows),
            "tests": dict(self.tests),
            "plugins": {
                name: {"source": plugin.source, "version": plugin.version, "digest": plugin.digest}
                for name, plugin in self.plugins.items()
            },
            "endpoints": dict(self.endpoints),
            "connections": list(self.connections),
        }

    @classmethod
    def from_json(cls, manifest: Mapping[str, Any]) -> Manifest:
        """The reverse of :meth:`to_json`. Raises ValueError for a format that is not known."""
        if manifest.get("format") != FORMAT:
            raise ValueError(f"the format {manifest.get('format')!r} is not known here")
        return cls(
            manifest["flows"],
            manifest["tests"],
            {name: PluginVersion(**plugin) for name, plugin in manifest["plugins"].items()},
            manifest["endpoints"],
            tuple(manifest["connections"]),
        )

    @property
    def canonical(self) -> bytes:
        """The bytes that are hashed."""
        return canonical_json(self.to_json())

    @property
    def hash(self) -> str:
        """What names this version."""
        return sha256(self.canonical)


def canonical_json(value: Any) -> bytes:
    """JSON of which there is one for a value: keys sorted, no spaces, UTF-8."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> str:
    """In hex."""
    return hashlib.sha256(content).hexdigest()
