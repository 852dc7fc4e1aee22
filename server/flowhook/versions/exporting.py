"""Making a package of the flows of a project."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from flowhook.config import Config, ConnectionConfig
from flowhook.flowfiles.library import LoadedLibrary
from flowhook.hooks.facade import Hooks
from flowhook.versions.contents import Contents, contents_of
from flowhook.versions.package import ConnectionNeed, Package
from flowhook.versions.public_settings import without_path
from flowhook.versions.selection import Selection, paths_of, select
from flowhook.yamldoc.document import load


def make_package(
    config: Config, loaded: LoadedLibrary, hooks: Hooks, wanted: Iterable[str] = ()
) -> tuple[Package, Selection]:
    """Return a package of these flows (none: all) and what they lead to, with their tests, the endpoints that
    enter them, and the names of what they need. Raises FlowhookError for a flow that there is not."""
    selection = select(loaded, wanted)
    whole = contents_of(config, loaded, hooks.plugins)
    paths = {paths_of(loaded)[name] for name in selection.flows}
    manifest = replace(
        whole.manifest,
        flows={path: hash for path, hash in whole.manifest.flows.items() if path in paths},
        tests={
            path: hash
            for path, hash in whole.manifest.tests.items()
            if _flow_of_test(whole.blobs[hash].decode(), path) in selection.flows
        },
        plugins={
            name: plugin
            for name, plugin in whole.manifest.plugins.items()
            if name in _plugins_needed(selection, hooks, [whole.flows[path] for path in paths])
        },
        endpoints={
            name: settings
            for name, settings in whole.manifest.endpoints.items()
            if settings["flow"] in selection.flows
        },
        connections=selection.connections,
    )
    contents = Contents(manifest, {hash: whole.blobs[hash] for hash in manifest.blobs})
    needs = {
        name: _need(connection)
        for name in selection.connections
        if (connection := config.connections.get(name)) is not None
    }
    return Package(contents, needs, selection.vars), selection


def _flow_of_test(text: str, path: str) -> str:
    document, _ = load(text, path)
    data = document.data if document is not None and isinstance(document.data, dict) else {}
    return str(data.get("flow", ""))


def _plugins_needed(selection: Selection, hooks: Hooks, texts: Iterable[str]) -> set[str]:
    """The plugins whose node types, filters or types of questions the flows use."""
    registry = hooks.registry
    needed = {registry.node_types.source(key) for key in selection.node_types}
    words = set(re.findall(r"\w+", "\n".join(texts)))
    for brought in (registry.filters, registry.ask_types):
        owners: Mapping[str, str] = brought.owners
        needed |= {owner for name, owner in owners.items() if name in words}
    return needed


def _need(connection: ConnectionConfig) -> ConnectionNeed:
    given = {"bearer": connection.bearer, "user": connection.user, "password": connection.password}
    secrets = [name for name, value in given.items() if value]
    secrets += [f"headers.{name}" for name in connection.headers]
    return ConnectionNeed(without_path(connection.base_url), tuple(secrets))
