"""What a JSON Schema says of a place: the keys that may stand there, values, and what they mean.

The schemas are our own, so only what they use is understood: references, ``anyOf``, ``allOf``, ``if`` with
``required``, properties by name and pattern, items.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Place:
    """The schemas that hold for one place, references followed, and the names of those references."""

    schemas: tuple[Schema, ...]
    names: frozenset[str]

    def keys(self) -> dict[str, str]:
        """Return the keys that may stand here, each with its description."""
        found: dict[str, str] = {}
        for schema in self.schemas:
            for key, about in schema.get("properties", {}).items():
                text = describe(about)
                if text or key not in found:
                    found[key] = text or found.get(key, "")
        return found

    def values(self) -> list[str]:
        """Return the values that are listed for here, as they are written."""
        found: list[str] = []
        for schema in self.schemas:
            listed = [*schema.get("enum", ()), *([schema["const"]] if "const" in schema else [])]
            listed += [value for value in schema.get("examples", ()) if isinstance(value, str)]
            kinds = schema.get("type", ())
            if "boolean" in ((kinds,) if isinstance(kinds, str) else kinds) and "number" not in kinds:
                listed += [True, False]
            found += [_written(value) for value in listed if value is None or isinstance(value, str | int)]
        return list(dict.fromkeys(found))

    def description(self) -> str:
        """Return what is said of the place itself."""
        return next(filter(None, map(describe, self.schemas)), "")


def describe(schema: Any) -> str:
    """Return the description of a schema, as Markdown where there is one."""
    if not isinstance(schema, Mapping):
        return ""
    text = schema.get("markdownDescription") or schema.get("description") or ""
    return str(text)


def place_at(schema: Schema, path: Sequence[str | int], data: Any) -> Place:
    """Return what holds at ``path`` of ``data``, which decides where schemas are alternatives."""
    walk = _Walk(schema)
    found = list(walk.expanded(schema, data))
    names: set[str] = set()
    for part in path:
        walk.names = set()
        below = _below(data, part)
        found = [
            expanded
            for one in found
            for child in _children(one, part)
            for expanded in walk.expanded(child, below)
        ]
        data = below
        names = walk.names
    return Place(tuple(found), frozenset(names))


@dataclass(slots=True)
class _Walk:
    root: Schema
    names: set[str] = field(default_factory=set)

    def expanded(self, schema: Any, data: Any, depth: int = 0) -> Iterator[Schema]:
        """A schema and its alternatives, of which those are left out that ``data`` rules out."""
        if not isinstance(schema, Mapping) or depth > 12:
            return
        reference = schema.get("$ref")
        if isinstance(reference, str):
            section, _, name = reference.removeprefix("#/").rpartition("/")
            self.names.add(name)
            target = self.root.get(section, {}).get(name)
            about = {key: value for key, value in schema.items() if key.endswith("escription")}
            if about:
                yield about
            yield from self.expanded(target, data, depth + 1)
            return
        chosen = [part["then"] for part in schema.get("allOf", ()) if _holds(part.get("if"), data)]
        if chosen:  # the form for this kind of node says more than the one for all of them
            for part in chosen:
                yield from self.expanded(part, data, depth + 1)
            return
        yield schema
        for key in ("anyOf", "oneOf"):
            for part in schema.get(key, ()):
                yield from self.expanded(part, data, depth + 1)
        if "propertyNames" in schema.get("if", {}):
            yield from self.expanded(schema.get("then"), data, depth + 1)
            yield from self.expanded(schema.get("else"), data, depth + 1)


def _holds(condition: Any, data: Any) -> bool:
    required = condition.get("required", ()) if isinstance(condition, Mapping) else ()
    return bool(required) and isinstance(data, Mapping) and all(key in data for key in required)


def _children(schema: Schema, part: str | int) -> Iterator[Any]:
    if isinstance(part, int):
        items = schema.get("items")
        if items is not None:
            yield items
        return
    properties = schema.get("properties", {})
    if part in properties:
        yield properties[part]
        return
    patterns = [
        child for pattern, child in schema.get("patternProperties", {}).items() if re.search(pattern, part)
    ]
    yield from patterns
    if not patterns and isinstance(schema.get("additionalProperties"), Mapping):
        yield schema["additionalProperties"]


def _below(data: Any, part: str | int) -> Any:
    if isinstance(data, Mapping):
        return data.get(part)
    if isinstance(data, list) and isinstance(part, int) and part < len(data):
        return data[part]
    return None


def _written(value: Any) -> str:
    return (
        value
        if isinstance(value, str)
        else {None: "null", True: "true", False: "false"}.get(value, str(value))
    )
