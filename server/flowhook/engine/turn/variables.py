"""Where flows keep values: paths such as ``context.order.items.0`` into mappings and lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowhook.engine.outcomes import NodeFailed

Names = Sequence[str]


def names_of(path: str | Names) -> Names:
    """The names of a path, which is dotted, or given as its names when these may hold dots."""
    return path.split(".") if isinstance(path, str) else path


def look_up(roots: Mapping[str, Any], names: Names, default: Any = None) -> Any:
    """What stands at a path; ``default`` where nothing does."""
    value: Any = roots
    for name in names:
        key = _key_in(value, name)
        if key is None:
            return default
        value = value[key]
    return value


def holder_of(roots: Mapping[str, Any], names: Names) -> tuple[Any, Any]:
    """The mapping or list that holds the last name of a path, and the key to it there.

    Missing mappings on the way are made. Raises NodeFailed where something else is in the way.
    """
    if len(names) < 2 or names[0] not in roots:
        raise _failed(names, "a path starts with context, profile or session and names a value")
    holder = roots[names[0]]
    for name in names[1:-1]:
        key = _key_to(holder, name, names)
        if isinstance(holder, dict) and holder.get(key) is None:
            holder[key] = {}
        holder = holder[key]
    return holder, _key_to(holder, names[-1], names)


def remove(roots: Mapping[str, Any], names: Names) -> None:
    """Take away what stands at a path, if anything does."""
    holder = look_up(roots, names[:-1])
    key = _key_in(holder, names[-1])
    if key is not None:
        del holder[key]


def _key_in(holder: Any, name: str) -> Any:
    """The key of something that is there; None when it is not."""
    if isinstance(holder, dict):
        return name if name in holder else None
    if isinstance(holder, list) and name.isdecimal() and int(name) < len(holder):
        return int(name)
    return None


def _key_to(holder: Any, name: str, names: Names) -> Any:
    """The key of something that may be put there."""
    if isinstance(holder, dict):
        return name
    key = _key_in(holder, name)
    if key is None:
        kind = (
            f"there is no item {name}"
            if isinstance(holder, list)
            else f"what stands before {name} is no mapping"
        )
        raise _failed(names, kind)
    return key


def _failed(names: Names, message: str) -> NodeFailed:
    return NodeFailed("path", f"{'.'.join(names)}: {message}")
