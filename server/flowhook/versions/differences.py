"""The difference between two versions of a project, by flow and node, in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from flowhook.engine.flow import Flow, Library
from flowhook.flowfiles.changes import Changes, FlowChanges, compare
from flowhook.versions.contents import Contents

_ROOM = 60  #: characters of a value that a line shows


@dataclass(frozen=True, slots=True)
class Differences:
    """What is not the same, each as lines for people; ``flows`` for programs, too."""

    flows: Changes = field(default_factory=Changes)
    nodes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  #: flow → a line for each node
    tests: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    endpoints: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return any((self.flows, self.tests, self.plugins, self.endpoints, self.connections))

    @property
    def lines(self) -> list[str]:
        """All of it; empty when the two are the same."""
        found: list[str] = []
        for change in self.flows:
            found.append(str(change))
            found += [f"  {line}" for line in self.nodes.get(change.flow, ())]
        return [*found, *self.tests, *self.plugins, *self.endpoints, *self.connections]

    def to_json(self) -> dict[str, Any]:
        """``{"flows": {"added", "removed", "changed"}, "lines": [text]}``."""
        return {"same": not self, "flows": self.flows.to_json(), "lines": self.lines}


def find_differences(old: Contents, old_flows: Library, new: Contents, new_flows: Library) -> Differences:
    """Compare two versions, whose flows were compiled."""
    changes = compare(old_flows, new_flows)
    before, after = old.manifest, new.manifest
    return Differences(
        changes,
        {
            change.flow: tuple(
                _node_lines(change, old_flows.flows[change.flow], new_flows.flows[change.flow])
            )
            for change in changes
            if change.kind == "changed"
        },
        tuple(_lines("test file", before.tests, after.tests)),
        tuple(_lines("plugin", _shown(before.plugins), _shown(after.plugins))),
        tuple(_endpoint_lines(before.endpoints, after.endpoints)),
        tuple(_lines("connection", dict.fromkeys(before.connections), dict.fromkeys(after.connections))),
    )


def _shown(plugins: Mapping[str, Any]) -> dict[str, str]:
    """What tells a plugin's code from another one's."""
    return {name: plugin.digest or plugin.version for name, plugin in plugins.items()}


def _lines(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"{what} {name}: added"
        elif name not in new:
            yield f"{what} {name}: removed"
        elif old[name] != new[name]:
            yield f"{what} {name}: changed"


def _endpoint_lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name in old and name in new:
            for setting in _setting_lines(_flat(old[name]), _flat(new[name])):
                yield f"endpoint {name}: {setting}"
        else:
            yield f"endpoint {name}: {'added' if name in new else 'removed'}"


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """``{"webhook": {"url": …}}`` as ``{"webhook.url": …}``."""
    flat: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            flat |= _flat(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat


def _node_lines(change: FlowChanges, old: Flow, new: Flow) -> Iterator[str]:
    """A line for each node of a flow that is another one: what of it changed."""
    earlier = {now: was for was, now in change.moved.items()}
    for key in change.added:
        yield f"{key}: a new {new.nodes[key].type.key}"
    for key in change.removed:
        yield f"{key}: gone, a {old.nodes[key].type.key}"
    for key in change.changed:
        before, after = old.nodes.get(earlier.get(key, key)), new.nodes[key]
        if before is None:
            continue  # it has no id, and stood elsewhere
        if before.type.key != after.type.key:
            yield f"{key}: a {before.type.key} became a {after.type.key}"
            continue
        settings = list(_setting_lines(dict(before.settings.raw), dict(after.settings.raw)))
        if before.disabled != after.disabled:
            settings.append("disabled" if after.disabled else "no longer disabled")
        yield f"{key}: {'; '.join(settings) or 'leads elsewhere'}"


def _setting_lines(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in dict.fromkeys((*old, *new)):
        if name not in old:
            yield f"{name} is now {_value(new[name])}"
        elif name not in new:
            yield f"{name} is gone, was {_value(old[name])}"
        elif old[name] != new[name]:
            yield f"{name} {_value(old[name])} → {_value(new[name])}"


def _value(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _ROOM else text[: _ROOM - 1] + "…"
