"""What plugins bring along: node types, filters, engines, commands, by name and owner."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar

import click

from flowhook.errors import PluginError
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.hooks.api.nlu_engine import NluEngine, require_name
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.loading.ask_types import ask_type_of
from flowhook.nodes.ask import Ask
from flowhook.nodes.collect import Collect
from flowhook.nodes.optional_ask import OptionalAsk
from flowhook.nodes.parts.answer_types import ASK_TYPES, AskType

T = TypeVar("T")


class Owned(dict[str, T]):
    """Things by name that know which plugin brought them. A name can be taken once."""

    def __init__(self) -> None:
        super().__init__()
        self.owners: dict[str, str] = {}

    def add(self, name: str, thing: T, owner: str) -> None:
        """Raises ValueError when another plugin has brought one of that name."""
        if name in self.owners:
            raise ValueError(f'"{name}" is already registered by {self.owners[name]}')
        self[name] = thing
        self.owners[name] = owner


@dataclass(slots=True)
class Registry:
    """Filled when plugins are loaded, by one method for each ``register_*`` hook."""

    node_types: NodeTypes = field(default_factory=NodeTypes)
    ask_types: Owned[AskType] = field(default_factory=Owned)
    nlu: Owned[type[NluEngine]] = field(default_factory=Owned)
    outputs: Owned[type[OutputPlugin]] = field(default_factory=Owned)
    filters: Owned[Callable[..., Any]] = field(default_factory=Owned)
    commands: Owned[click.Command] = field(default_factory=Owned)
    routes: list[tuple[str, Any]] = field(default_factory=list)  #: plugin, blueprint

    def settle(self) -> None:
        """Once all plugins are heard: the nodes that ask learn the types that they brought."""
        if self.ask_types:
            for node_type in (Ask, OptionalAsk, Collect):
                self.node_types.replace(node_type.with_types(self.ask_types))

    def take(self, hook: str, answer: Any, plugin: str) -> None:
        """Keep what a plugin answered. Raises PluginError when it cannot be used."""
        if answer is None:
            return
        try:
            self._takers[hook](self, answer, plugin)
        except (TypeError, ValueError) as error:
            raise PluginError(plugin, hook, message=str(error)) from error

    def _nodes(self, answer: Any, plugin: str) -> None:
        for node_type in _several(answer):
            self.node_types.add(node_type, source=plugin)

    def _ask_types(self, answer: Any, plugin: str) -> None:
        for name, ask_type in _mapping(answer).items():
            if name in ASK_TYPES:
                raise ValueError(f'"{name}" is built in')
            self.ask_types.add(name, ask_type_of(name, ask_type), plugin)

    def _nlu(self, answer: Any, plugin: str) -> None:
        for engine in _several(answer):
            self.nlu.add(require_name(engine, NluEngine), engine, plugin)

    def _outputs(self, answer: Any, plugin: str) -> None:
        for output in _several(answer):
            self.outputs.add(require_name(output, OutputPlugin), output, plugin)

    def _filters(self, answer: Any, plugin: str) -> None:
        for name, function in _mapping(answer).items():
            if not callable(function):
                raise TypeError(f"the filter {name!r} is not a function")
            self.filters.add(name, function, plugin)

    def _commands(self, answer: Any, plugin: str) -> None:
        for command in [answer] if isinstance(answer, click.Command) else _several(answer):
            if not isinstance(command, click.Command) or not command.name:
                raise TypeError(f"{command!r} is not a click command with a name")
            self.commands.add(command.name, command, plugin)

    def _routes(self, answer: Any, plugin: str) -> None:
        for blueprint in answer if isinstance(answer, list | tuple) else [answer]:
            self.routes.append((plugin, blueprint))

    _takers: ClassVar[dict[str, Callable[[Registry, Any, str], None]]] = {
        "register_nodes": _nodes,
        "register_ask_types": _ask_types,
        "register_nlu": _nlu,
        "register_outputs": _outputs,
        "register_filters": _filters,
        "register_commands": _commands,
        "register_routes": _routes,
    }


def _several(answer: Any) -> Iterable[Any]:
    if isinstance(answer, str | Mapping) or not isinstance(answer, Iterable):
        raise TypeError(f"answered {type(answer).__name__}, not a list")
    return answer


def _mapping(answer: Any) -> Mapping[str, Any]:
    if not isinstance(answer, Mapping) or not all(isinstance(name, str) for name in answer):
        raise TypeError(f"answered {type(answer).__name__}, not a mapping of names")
    return answer
