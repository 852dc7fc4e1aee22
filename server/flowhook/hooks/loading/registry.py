"""What plugins bring along: node types, filters, engines, commands, by name and owner."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, TypeVar

import click

from flowhook.engine.expressions.filters import known_filters
from flowhook.errors import PluginError
from flowhook.flowfiles.compile.node_types import NodeTypes, missing_methods
from flowhook.hooks.api.engine import Engine
from flowhook.hooks.calling.failures import FailureCounts, reporting
from flowhook.hooks.loading.ask_types import ask_type_of
from flowhook.hooks.loading.blueprints import check_blueprint
from flowhook.hooks.loading.kinds import BY_HOOK, KINDS, EngineKind, engine_name
from flowhook.nodes.parts.answer_types import ASK_TYPES, AskType
from flowhook.nodes.parts.question import HasAskTypes

T = TypeVar("T")

#: A plugin that took one of these would change what every flow says.
BUILTIN_FILTERS: Final = frozenset(known_filters({}))


class Owned(dict[str, T]):
    """What plugins brought, by name, with the plugin that brought it. A name can be taken once."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, str] = {}

    def add(self, name: str, value: T, owner: str) -> None:
        """Keep a value of a plugin. Raises ValueError when one of that name is there already."""
        if name in self.owners:
            raise ValueError(f'"{name}" is already registered by {self.owners[name]}')
        self[name] = value
        self.owners[name] = owner


@dataclass(slots=True)
class Registry:
    """Filled when plugins are loaded, by one method for each ``register_*`` hook."""

    node_types: NodeTypes = field(default_factory=NodeTypes)
    ask_types: Owned[AskType] = field(default_factory=Owned)
    engines: dict[EngineKind, Owned[type[Engine]]] = field(
        default_factory=lambda: {kind: Owned() for kind in KINDS}
    )
    filters: Owned[Callable[..., Any]] = field(default_factory=Owned)
    commands: Owned[click.Command] = field(default_factory=Owned)
    routes: list[tuple[str, Any]] = field(default_factory=list)  #: plugin, blueprint
    failures: FailureCounts = field(default_factory=FailureCounts)  #: of all hooks of these plugins

    def complete(self) -> None:
        """Once all plugins are loaded: teach the nodes that ask the types that plugins brought."""
        if self.ask_types:
            for node_type in list(self.node_types.values()):
                if issubclass(node_type, HasAskTypes):
                    self.node_types.replace(node_type.with_types(self.ask_types))

    def add(self, hook: str, returned: Any, plugin: str) -> None:
        """Keep what a plugin's ``register_*`` hook returned. Raises PluginError, with the position of the
        class or function that cannot be used."""
        if returned is None:
            return
        current: Any = None
        try:
            for item in self._added(hook, returned, plugin):
                current = item
        except PluginError as error:
            error.position = source_position(current)
            raise
        except (TypeError, ValueError) as error:
            failure = PluginError(plugin, hook, message=str(error))
            failure.position = source_position(current)
            raise failure from error

    def _added(self, hook: str, returned: Any, plugin: str) -> Iterator[Any]:
        """Add one after the other; each is yielded before it is added."""
        if hook in BY_HOOK:
            return self._add_engines(BY_HOOK[hook], returned, plugin)
        return self._adders[hook](self, returned, plugin)

    def _reporting(self, plugin: str, what: str, function: Callable[..., Any]) -> Callable[..., Any]:
        return reporting(plugin, what, function, self.failures)

    def _add_nodes(self, returned: Any, plugin: str) -> Iterator[Any]:
        for node_type in _listed(returned):
            yield node_type
            self.node_types.add(node_type, source=plugin)
            if fault := missing_methods(node_type):
                raise ValueError(fault)

    def _add_ask_types(self, returned: Any, plugin: str) -> Iterator[Any]:
        for name, function in _mapping(returned).items():
            yield function
            if name in ASK_TYPES:
                raise ValueError(f'"{name}" is built in')
            ask_type = ask_type_of(name, function)
            self.ask_types.add(name, self._reporting(plugin, f"ask type {name}", ask_type), plugin)

    def _add_engines(self, kind: EngineKind, returned: Any, plugin: str) -> Iterator[Any]:
        for engine in _listed(returned):
            yield engine
            self.engines[kind].add(engine_name(engine, kind), engine, plugin)

    def _add_filters(self, returned: Any, plugin: str) -> Iterator[Any]:
        for name, function in _mapping(returned).items():
            yield function
            if not callable(function):
                raise TypeError(f"the filter {name!r} is not a function")
            if name in BUILTIN_FILTERS:
                raise ValueError(f'the filter "{name}" is built in')
            self.filters.add(name, self._reporting(plugin, f"filter {name}", function), plugin)

    def _add_commands(self, returned: Any, plugin: str) -> Iterator[Any]:
        for command in [returned] if isinstance(returned, click.Command) else _listed(returned):
            yield command
            if not isinstance(command, click.Command) or not command.name:
                raise TypeError(f"{command!r} is not a click command with a name")
            self.commands.add(command.name, command, plugin)

    def _add_routes(self, returned: Any, plugin: str) -> Iterator[Any]:
        for blueprint in returned if isinstance(returned, list | tuple) else [returned]:
            yield blueprint
            check_blueprint(plugin, blueprint)
            self.routes.append((plugin, blueprint))

    _adders: ClassVar[dict[str, Callable[[Registry, Any, str], Iterator[Any]]]] = {
        "register_nodes": _add_nodes,
        "register_ask_types": _add_ask_types,
        "register_filters": _add_filters,
        "register_commands": _add_commands,
        "register_routes": _add_routes,
    }


def _listed(returned: Any) -> Iterable[Any]:
    if isinstance(returned, str | Mapping) or not isinstance(returned, Iterable):
        raise TypeError(f"answered {type(returned).__name__}, not a list")
    return returned


def _mapping(returned: Any) -> Mapping[str, Any]:
    if not isinstance(returned, Mapping) or not all(isinstance(name, str) for name in returned):
        raise TypeError(f"answered {type(returned).__name__}, not a mapping of names")
    return returned


def source_position(item: Any) -> tuple[str, int] | None:
    """File and line of a class or function; None for anything else, and where the source is not known."""
    try:
        target = inspect.unwrap(item) if callable(item) else item
        return str(inspect.getsourcefile(target)), inspect.getsourcelines(target)[1]
    except (TypeError, OSError, ValueError):
        return None
