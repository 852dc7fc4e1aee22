"""Loading a project's parts for commands that look at them and run nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import click

    from flowhook.cli.project_option import ProjectPath
    from flowhook.config import Config
    from flowhook.flowfiles.compile.compiler import CompiledFlow
    from flowhook.flowfiles.compile.node_types import NodeTypes
    from flowhook.flowfiles.library import LoadedLibrary
    from flowhook.hooks.facade import Hooks


def plugin_commands(config: Config) -> Mapping[str, click.Command]:
    """The commands that the project's plugins bring along. Raises PluginLoadError."""
    with open_hooks(config) as hooks:
        return hooks.commands()


@contextmanager
def open_hooks(config: Config) -> Iterator[Hooks]:
    """The project's plugins, to be looked at. Raises PluginLoadError."""
    from flowhook import builtin
    from flowhook.hooks.loading.loader import PluginRequirements, load_hooks

    hooks = load_hooks(PluginRequirements.of(config), builtin=builtin, locate=config.locate)
    try:
        yield hooks
    finally:
        hooks.close()


def builtin_types() -> NodeTypes:
    """The node types that need no plugin."""
    from flowhook import builtin
    from flowhook.hooks.loading.loader import PluginRequirements, load_plugins

    return load_plugins(PluginRequirements(), builtin).registry.node_types


def load_flows_of(project: ProjectPath) -> LoadedLibrary:
    """The project's flows with the nodes of its plugins. Raises PluginLoadError, ConfigError."""
    from flowhook.flowfiles.library import load_library
    from flowhook.runtime.project.project import load_flows

    if not project.exists:
        return load_library(project.path.parent / "flows", builtin_types())
    config = project.load()
    with open_hooks(config) as hooks:
        return load_flows(config, hooks)


def find_flow(project: ProjectPath, wanted: str) -> CompiledFlow:
    """A flow by its name or its file. Raises FlowFileError when it has errors, FlowhookError when there
    is none."""
    return find_flow_and_library(project, wanted)[0]


def find_flow_and_library(project: ProjectPath, wanted: str) -> tuple[CompiledFlow, LoadedLibrary]:
    """A flow by its name or its file, and what it was loaded with. Raises FlowFileError when it has errors,
    FlowhookError when there is none."""
    from flowhook.errors import FlowFileError, FlowhookError
    from flowhook.problems.suggestion import did_you_mean

    loaded = load_flows_of(project)
    path = Path(wanted)
    known = {compiled.name: compiled for compiled in loaded.files.values() if compiled.name}
    if path.is_file() and path.suffix in (".yaml", ".yml"):
        by_file = {_absolute(file, project): compiled for file, compiled in loaded.files.items()}
        if path.resolve() not in by_file:
            from flowhook.flowfiles.library import load_library

            loaded = load_library(path, loaded.node_types, filters=loaded.filters)
            by_file = {path.resolve(): compiled for compiled in loaded.files.values()}
        found = by_file[path.resolve()]
    elif wanted in known:
        found = known[wanted]
    else:
        hint = did_you_mean(wanted, [str(name) for name in known])
        raise FlowhookError(f'there is no flow "{wanted}"' + (f"; {hint}" if hint else ""))
    if found.flow is None:
        raise FlowFileError(f'the flow "{wanted}" has errors', found.problems)
    return found, loaded


def _absolute(file: str, project: ProjectPath) -> Path:
    """Flow files are named from the project's directory."""
    path = Path(file)
    return (path if path.is_absolute() else project.path.parent / path).resolve()
