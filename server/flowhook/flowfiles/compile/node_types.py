"""Which node types there are: the built-in ones and those of plugins, by their key in YAML."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from inspect import iscoroutinefunction

from flowhook.engine.node import Node, node_seconds
from flowhook.errors import PluginError

#: Keys that may stand beside any node's type.
COMMON_KEYS = ("id", "next", "on_error", "disabled", "comment")

#: Those of them that a type cannot have as a branch; an ``on_error`` of its own it can.
_NO_BRANCHES = tuple(key for key in COMMON_KEYS if key != "on_error")

_KEY = re.compile(r"[a-z][a-z0-9_]*\Z")


class NodeTypes(Mapping[str, type[Node]]):
    """Node types by key, in the order in which they were added.

    Two registries are equal when they hold the same classes, so that a reload can tell whether
    compiled flows are still good.
    """

    def __init__(self, types: Iterable[type[Node]] = (), *, source: str = "flowhook") -> None:
        self._types: dict[str, type[Node]] = {}
        self._sources: dict[str, str] = {}
        for node_type in types:
            self.add(node_type, source=source)

    def add(self, node_type: type[Node], *, source: str) -> None:
        """Take in one type. ``source`` is the plugin it comes from.

        Raises PluginError when the type cannot work or its key is taken; both owners are named.
        """
        problem = _fault(node_type)
        if problem:
            raise PluginError(source, "register_nodes", message=problem)
        known = self._types.get(node_type.key)
        if known is not None and known is not node_type:
            other = self._sources[node_type.key]
            message = (
                f'node type "{node_type.key}" ({node_type.__qualname__}) is already registered by {other}'
            )
            raise PluginError(source, "register_nodes", message=message)
        self._types[node_type.key] = node_type
        self._sources[node_type.key] = source

    def replace(self, node_type: type[Node]) -> None:
        """Put a type in the place of the one with its key; who brought it stays."""
        self._types[node_type.key] = node_type

    def source(self, key: str) -> str:
        """The plugin that a type comes from; ``flowhook`` for the built-in ones."""
        return self._sources[key]

    def __getitem__(self, key: str) -> type[Node]:
        return self._types[key]

    def __contains__(self, key: object) -> bool:
        return key in self._types

    def __iter__(self) -> Iterator[str]:
        return iter(self._types)

    def __len__(self) -> int:
        return len(self._types)


def _fault(node_type: type[Node]) -> str:
    """Why a class cannot be a node type; empty when it can."""
    if not (isinstance(node_type, type) and issubclass(node_type, Node)):
        return f"{node_type!r} is not a subclass of Node"
    name = node_type.__qualname__
    key = getattr(node_type, "key", None)
    if not isinstance(key, str) or not _KEY.match(key):
        return f"{name}.key must be a word in lower case such as crm_lookup, not {key!r}"
    if key in COMMON_KEYS:
        return f'{name}.key must not be "{key}", which may stand beside every node'
    if node_type.main is not None and node_type.main not in node_type.model_fields:
        return f'{name}.main names "{node_type.main}", which is not a field of it'
    taken = [word for word in (*node_type.branches, *node_type.branch_maps) if word in (*_NO_BRANCHES, key)]
    if taken:
        return f'{name} must not have a branch called "{taken[0]}"'
    beside = (*COMMON_KEYS, *node_type.branches, *node_type.branch_maps)
    hidden = [field for field in node_type.model_fields if field in beside]
    if hidden:
        return f'{name} must not have a setting called "{hidden[0]}", which stands beside the node'
    return _inconsistent(node_type)


def _inconsistent(node_type: type[Node]) -> str:
    """What a class says of branches and settings that it does not have; empty when it has them all."""
    name = node_type.__qualname__
    branches, maps = {*node_type.branches, *node_type.branch_maps}, set(node_type.branch_maps)
    settings = {known.alias or field for field, known in node_type.model_fields.items()}
    said = {
        "intent_maps": (node_type.intent_maps, maps, "branch map"),
        "value_maps": (node_type.value_maps, maps, "branch map"),
        "staying": (node_type.staying, branches, "branch"),
        "exhaustive": (node_type.exhaustive, branches, "branch"),
        "first_takes": ([node_type.first_takes] if node_type.first_takes else [], branches, "branch"),
        "armed_by": (node_type.armed_by, branches, "branch"),
        "idle_without": (node_type.idle_without.values(), branches, "branch"),
    }
    for attribute, (words, known, what) in said.items():
        for word in words:
            if word not in known:
                return f'{name}.{attribute} names "{word}", which is no {what} of it'
    for setting in (*node_type.armed_by.values(), *node_type.idle_without):
        if setting not in settings:
            return f'{name} names "{setting}" as a setting, which is not a field of it'
    return ""


def missing_methods(node_type: type[Node]) -> str:
    """Why the node type of a plugin could not do anything, whatever its names; empty when it can."""
    name = node_type.__qualname__
    if node_type.run is Node.run:
        return f"{name} needs a method `async def run(self, turn)`"
    if node_type.waits and node_type.resume is Node.resume:
        return f"{name} says waits = True, so it needs a method `async def resume(self, turn)`"
    for method in (node_type.run, node_type.resume):
        if not iscoroutinefunction(method) and not method.__module__.startswith("flowhook."):
            return f"{name}.{method.__name__} must be `async def`"
    try:
        node_seconds(node_type)
    except ValueError as error:
        return f"{name}: {error}"
    return ""
