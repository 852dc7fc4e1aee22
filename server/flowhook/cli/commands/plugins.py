"""``flowhook plugins``: what is loaded, and how long it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from flowhook.cli.admin_client import find_server
from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import bold, dim, json_option, print_json, say, working
from flowhook.cli.project_option import ProjectPath, with_project
from flowhook.model.inbound import JsonObject

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.hooks.facade import Hooks
    from flowhook.hooks.loading.loader import LoadedPlugin


@click.command("plugins")
@json_option
@with_project
def command(project: ProjectPath, as_json: bool) -> None:
    """Show the plugins in use, and how long they take.

    For each: where it comes from, how long it took to load, its hooks, what it brings along, and,
    when the server runs, how often its hooks ran there and how long they took.
    """
    from flowhook.cli.loading import open_hooks

    config = project.load()
    ran = run_async(_timings(config))
    with working("loading plugins"), open_hooks(config) as hooks:
        plugins = [_describe(plugin, hooks, ran.get(plugin.name, {})) for plugin in hooks.plugins]
    if as_json:
        print_json(plugins)
        return
    for plugin in plugins:
        _show(plugin)


async def _timings(config: Config) -> dict[str, JsonObject]:
    """Of the running server: plugin → hook → {calls, seconds, failures}. Empty when none runs."""
    async with find_server(config) as (admin, _):
        if admin is None:
            return {}
        return {plugin["name"]: plugin["hooks"] for plugin in (await admin.get("/plugins"))["plugins"]}


def _describe(plugin: LoadedPlugin, hooks: Hooks, ran: JsonObject) -> JsonObject:
    registry = hooks.registry
    owned = {
        "nodes": [key for key in registry.node_types if registry.node_types.source(key) == plugin.name],
        "askTypes": _owned(registry.ask_types, plugin),
        **{kind.plural: _owned(engines, plugin) for kind, engines in registry.engines.items()},
        "filters": _owned(registry.filters, plugin),
        "commands": _owned(registry.commands, plugin),
    }
    return {
        "name": plugin.name,
        "source": plugin.source,
        "path": str(plugin.path) if plugin.path is not None else None,
        "loadMs": round(plugin.load_seconds * 1000, 1),
        "idle": plugin.idle or None,
        "hooks": {hook: ran.get(hook, {"calls": 0, "seconds": 0.0, "failures": 0}) for hook in plugin.hooks},
        "brings": {kind: names for kind, names in owned.items() if names},
    }


def _owned(things: Any, plugin: LoadedPlugin) -> list[str]:
    return [name for name, owner in things.owners.items() if owner == plugin.name]


def _show(plugin: JsonObject) -> None:
    about = f"{plugin['source']}, {plugin['loadMs']:.1f} ms" + (
        f", {plugin['path']}" if plugin["path"] else ""
    )
    say(f"{bold(plugin['name'])}  {dim(about)}")
    if plugin["idle"]:
        say(f"  idle: {plugin['idle']}")
    say(f"  hooks: {', '.join(_hook(*hook) for hook in plugin['hooks'].items()) or 'none'}")
    for kind, names in plugin["brings"].items():
        say(f"  {kind}: {', '.join(names)}")


def _hook(name: str, ran: JsonObject) -> str:
    """A hook, with what it took on the running server."""
    if not ran["calls"]:
        return name
    failures = f", {ran['failures']} failed" if ran["failures"] else ""
    return f"{name} ({ran['calls']} calls, {ran['seconds'] * 1000 / ran['calls']:.1f} ms each{failures})"
