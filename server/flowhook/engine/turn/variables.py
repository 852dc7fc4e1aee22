"""Variables: what flows keep in context, profile and session.

A path such as ``context.order.items.0`` is walked name by name from a root, through mappings and lists:

.. code-block:: text

    roots    {"context": {"order": {"items": ["pizza", "salad"]}}, "profile": …, "session": …}
    names     context ──► order ──► items ──► 0                     value: "pizza"
              └─ holder of the last name ─┘   └ its key there: 0

Reading ends with the default where a name leads nowhere. Writing makes missing mappings on its way, never
list items, and puts in copies, so that nobody shares what is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.outcomes import NodeFailed

Names = Sequence[str]
Op = Literal["set", "unset", "append"]
#: What was done, at which path, with which value.
Change = tuple[Op, Names, Any]

ROOTS: Final = frozenset({"context", "profile", "session"})  #: that flows write to


class Variables:
    """The variables of one turn, in the mapping from which expressions read them too.

    ``roots`` maps ``context``, ``profile`` and ``session`` to their mappings. The profile is shared with
    other turns: it is copied before the first change. Each change returns what was done; None when the
    profile is inactive, which can be read but not changed.
    """

    __slots__ = ("_owns_profile", "roots")

    def __init__(self, roots: dict[str, Any]) -> None:
        self.roots = roots
        self._owns_profile = False

    def get(self, path: str | Names, default: Any = None) -> Any:
        """The value at a path: dotted, or given as its names. Not a copy."""
        return look_up(self.roots, names_of(path), default)

    def set(self, path: str | Names, value: Any) -> Change | None:
        """Keep a copy of a value. Raises NodeFailed where something else is in the way."""
        names = names_of(path)
        if names[0] == "profile" and not self._may_change_profile(names):
            return None
        value = to_plain_json(value)
        holder, key = _holder_of(self.roots, names)
        holder[key] = value
        return "set", names, value

    def append(self, path: str | Names, value: Any) -> Change | None:
        """Put a copy of a value at the end of a list, which is made if need be. Raises NodeFailed."""
        names = names_of(path)
        if names[0] == "profile" and not self._may_change_profile(names):
            return None
        value = to_plain_json(value)
        items = look_up(self.roots, names)
        if items is None:
            holder, key = _holder_of(self.roots, names)
            items = holder[key] = []
        if not isinstance(items, list):
            raise NodeFailed("path", f"{'.'.join(names)} holds no list")
        items.append(value)
        return "append", names, value

    def unset(self, path: str | Names) -> Change | None:
        """Take away what is kept at a path, if anything is."""
        names = names_of(path)
        if names[0] == "profile" and not self._may_change_profile(names):
            return None
        holder = look_up(self.roots, names[:-1])
        key = _key_in(holder, names[-1])
        if key is not None:
            del holder[key]
        return "unset", names, None

    def erase_profile(self) -> None:
        """Empty the profile, even an inactive one."""
        self._own_profile()
        self.roots["profile"].clear()

    @property
    def is_profile_active(self) -> bool:
        """Whether the profile may change: its user may have made it inactive."""
        return self.roots["profile"].get("active") is not False

    def _may_change_profile(self, names: Names) -> bool:
        if not self.is_profile_active and tuple(names) != ("profile", "active"):
            return False
        self._own_profile()
        return True

    def _own_profile(self) -> None:
        if not self._owns_profile:
            self.roots["profile"] = to_plain_json(self.roots["profile"])
            self._owns_profile = True


def names_of(path: str | Names) -> Names:
    """The names of a path, which is dotted, or given as its names when these may hold dots."""
    return path.split(".") if isinstance(path, str) else path


def look_up(roots: Mapping[str, Any], names: Names, default: Any = None) -> Any:
    """The value at a path; ``default`` where there is none."""
    value: Any = roots
    for name in names:
        key = (name if name in value else None) if isinstance(value, dict) else _key_in(value, name)
        if key is None:
            return default
        value = value[key]
    return value


def _holder_of(roots: Mapping[str, Any], names: Names) -> tuple[Any, Any]:
    """The mapping or list that holds the last name of a path, and the key to it there.

    Missing mappings on the way are made. Raises NodeFailed where something else is in the way.
    """
    if len(names) < 2 or names[0] not in ROOTS:
        raise _failed(names, "a path starts with context, profile or session and names a value")
    holder = roots[names[0]]
    for name in names[1:-1]:
        key = _key_to(holder, name, names)
        if isinstance(holder, dict) and holder.get(key) is None:
            holder[key] = {}
        holder = holder[key]
    return holder, _key_to(holder, names[-1], names)


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
        reason = (
            f"there is no item {name}"
            if isinstance(holder, list)
            else f"what stands before {name} is no mapping"
        )
        raise _failed(names, reason)
    return key


def _failed(names: Names, message: str) -> NodeFailed:
    return NodeFailed("path", f"{'.'.join(names)}: {message}")
