"""Loading a project's parts for commands that look at them and run nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

    from flowhook.config import Config
    from flowhook.flowfiles.types import NodeTypes
    from flowhook.hooks.facade import Hooks


def plugin_commands(config: Config) -> Mapping[str, click.Command]:
    """The commands that the project's plugins bring along. Raises PluginLoadError."""
    with open_hooks(config) as hooks:
        return hooks.commands()


@contextmanager
def open_hooks(config: Config) -> Iterator[Hooks]:
    """The project's plugins, to be looked at. Raises PluginLoadError."""
    from flowhook.hooks.facade import load_hooks
    from flowhook.hooks.loading import Wishes

    hooks = load_hooks(Wishes.of(config), locate=config.locate)
    try:
        yield hooks
    finally:
        hooks.close()


def builtin_types() -> NodeTypes:
    """The node types that need no plugin."""
    from flowhook.hooks.loading import Wishes, load_plugins

    return load_plugins(Wishes()).registry.node_types
