"""Which code the plugins of a project are, as far as can be told without importing it anew."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path

from flowhook.hooks.loading.discovery import GROUP
from flowhook.hooks.loading.plugin import LoadedPlugin
from flowhook.versions.manifest import PluginVersion


def plugin_versions(plugins: Iterable[LoadedPlugin]) -> dict[str, PluginVersion]:
    """Return name → version, of the plugins that do something and are not our own."""
    used = [plugin for plugin in plugins if plugin.source != "builtin" and not plugin.idle]
    return {plugin.name: _version_of(plugin) for plugin in used}


def _version_of(plugin: LoadedPlugin) -> PluginVersion:
    own = getattr(plugin.module, "__version__", "")
    version = own if isinstance(own, str) else ""
    if not version and plugin.source == "installed":
        version = next((version for name, version in _installed() if name == plugin.name), "")
    return PluginVersion(plugin.source, version, _digest(plugin.path))


def _installed() -> Iterator[tuple[str, str]]:
    for entry_point in entry_points(group=GROUP):
        if entry_point.dist is not None:
            yield entry_point.name, entry_point.dist.version


def _digest(path: Path | None) -> str:
    """SHA-256 over the Python files, by their names; empty when there are none to read."""
    if path is None:
        return ""
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path]
    digest = hashlib.sha256()
    try:
        for file in files:
            name = file.relative_to(path).as_posix() if path.is_dir() else file.name
            digest.update(f"{name}\0{hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    except OSError:
        return ""
    return digest.hexdigest()


def differing_plugins(
    kept: Mapping[str, PluginVersion], here: Mapping[str, PluginVersion]
) -> dict[str, tuple[PluginVersion, PluginVersion | None]]:
    """Return the plugins of a version that are others here, or none: name → then, now."""
    return {
        name: (plugin, here.get(name))
        for name, plugin in kept.items()
        if (now := here.get(name)) is None or not plugin.is_same(now)
    }


def plugin_warnings(
    kept: Mapping[str, PluginVersion], here: Mapping[str, PluginVersion], whose: str
) -> list[str]:
    """Return a sentence for each plugin that is not the one of a version. ``whose``: "the snapshot"."""
    sentences = []
    for name, (then, now) in differing_plugins(kept, here).items():
        if now is None:
            sentences.append(f"the plugin {name} ({then}) of {whose} is not loaded here")
        else:
            apart = "" if str(then) != str(now) else ", with other code"
            sentences.append(f"the plugin {name} is {now} here, {then} in {whose}{apart}")
    return sentences
