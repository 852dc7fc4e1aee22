"""The difference between two loads of the flows, in nodes and intents rather than lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flowhook.engine.flow import Flow, FlowNode, Intent, Library, Loop, Stay, is_said_by_intent
from flowhook.flowfiles.library import LoadedLibrary

Kind = Literal["added", "removed", "changed"]

_MOST = 5  #: names that a text lists; the rest is counted


@dataclass(frozen=True, slots=True)
class FlowChanges:
    """What changed in one flow. Nodes are called by their keys: the id, or a path such as ``#2.then.0``.

    ``head``: something above the nodes changed that is no intent: context, settings, slots, states …
    """

    flow: str
    kind: Kind = "changed"
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    moved: Mapping[str, str] = field(default_factory=dict)  #: old id → new one, as the flow says
    intents_added: tuple[str, ...] = ()
    intents_removed: tuple[str, ...] = ()
    intents_changed: tuple[str, ...] = ()
    head: bool = False

    def __str__(self) -> str:
        """One line: ``pizza: 1 node added (sorry), 1 intent changed (cancel)``."""
        if self.kind != "changed":
            return f"{self.flow}: {self.kind}"
        parts = [
            _phrase("node", "added", self.added),
            _phrase("node", "removed", self.removed),
            _phrase("node", "changed", self.changed),
            _phrase("node", "moved", [f"{old} → {new}" for old, new in self.moved.items()]),
            _phrase("intent", "added", self.intents_added),
            _phrase("intent", "removed", self.intents_removed),
            _phrase("intent", "changed", self.intents_changed),
            "its head changed" if self.head else "",
        ]
        return f"{self.flow}: {', '.join(part for part in parts if part) or 'only its text changed'}"

    def to_json(self) -> dict[str, Any]:
        """As a reload shows it: only what there is."""
        lists = {
            "nodesAdded": self.added,
            "nodesRemoved": self.removed,
            "nodesChanged": self.changed,
            "intentsAdded": self.intents_added,
            "intentsRemoved": self.intents_removed,
            "intentsChanged": self.intents_changed,
        }
        shown: dict[str, Any] = {"flow": self.flow} | {
            name: list(keys) for name, keys in lists.items() if keys
        }
        if self.moved:
            shown["nodesMoved"] = dict(self.moved)
        if self.head:
            shown["headChanged"] = True
        return shown


@dataclass(frozen=True, slots=True)
class Changes:
    """The flows that are not as they were; ``str`` of each is a line for people."""

    flows: tuple[FlowChanges, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.flows)

    def __iter__(self) -> Iterator[FlowChanges]:
        return iter(self.flows)

    def of(self, kind: Kind) -> list[str]:
        """Return the names of the flows that were added, removed or changed."""
        return [flow.flow for flow in self.flows if flow.kind == kind]

    @property
    def text(self) -> str:
        """One line for each flow; ``nothing changed`` when there is none."""
        return "\n".join(map(str, self.flows)) or "nothing changed"

    def to_json(self) -> dict[str, Any]:
        """``{"added": [flow], "removed": [flow], "changed": [{"flow", "nodesAdded", …}]}``."""
        changed = [flow.to_json() for flow in self.flows if flow.kind == "changed"]
        return {"added": self.of("added"), "removed": self.of("removed"), "changed": changed}


def compare(old: Library | LoadedLibrary, new: Library | LoadedLibrary) -> Changes:
    """Compare two loads flow by flow, by name. A flow whose text is the same is not looked at."""
    before, after = _flows(old), _flows(new)
    found = [FlowChanges(name, "added") for name in after if name not in before]
    found += [FlowChanges(name, "removed") for name in before if name not in after]
    found += [
        _changed(before[name], flow)
        for name, flow in after.items()
        if name in before and before[name].revision != flow.revision
    ]
    return Changes(tuple(sorted(found, key=lambda change: change.flow)))


def _flows(library: Library | LoadedLibrary) -> Mapping[str, Flow]:
    return library.flows if isinstance(library, Library) else library.library.flows


def _changed(old: Flow, new: Flow) -> FlowChanges:
    before, after = _comparable_nodes(old), _comparable_nodes(new)
    moved = {was: now for was, now in new.moved.items() if was in before and now in after}
    pairs = _pair_nodes(before, after, moved)
    known = set(pairs.values())
    intents = _Difference(
        {name: _intent_identity(intent, old, pairs) for name, intent in old.intents.items()},
        {name: _intent_identity(intent, new, {}) for name, intent in new.intents.items()},
    )
    return FlowChanges(
        flow=new.name,
        added=tuple(key for key in after if key not in known),
        removed=tuple(key for key in before if key not in pairs),
        changed=tuple(
            now
            for was, now in pairs.items()
            if _node_identity(before[was], pairs) != _node_identity(after[now], {})
        ),
        moved=moved,
        intents_added=intents.added,
        intents_removed=intents.removed,
        intents_changed=intents.changed,
        head=_head_identity(old, pairs) != _head_identity(new, {}),
    )


def _comparable_nodes(flow: Flow) -> dict[str, FlowNode]:
    """The nodes of a flow, but for those that its intents' replies were made into."""
    return {key: node for key, node in flow.nodes.items() if not is_said_by_intent(key)}


def _pair_nodes(
    before: Mapping[str, FlowNode], after: Mapping[str, FlowNode], moved: Mapping[str, str]
) -> dict[str, str]:
    """Match nodes: old key → new key. Nodes with ids are known by these; the keys of the others are their
    positions in a list, so that they are matched by what they do, and then by their position."""
    pairs = {key: key for key, node in before.items() if node.has_id and key in after} | dict(moved)
    known = set(pairs.values())
    same: dict[str, list[str]] = {}
    for key, node in after.items():
        if not node.has_id and key not in known:
            same.setdefault(_behaviour(node), []).append(key)
    for key, node in before.items():
        twins = same.get(_behaviour(node), []) if not node.has_id else []
        if twins:
            pairs[key] = twins.pop(0)
    known = set(pairs.values())
    pairs |= {key: key for key in before if key not in pairs and key in after and key not in known}
    return {key: pairs[key] for key in before if key in pairs}


def _behaviour(node: FlowNode) -> str:
    return repr((node.type.key, node.settings.raw))


class _Difference:
    """The keys in which two mappings differ."""

    def __init__(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        self.added = tuple(name for name in new if name not in old)
        self.removed = tuple(name for name in old if name not in new)
        self.changed = tuple(name for name in new if name in old and old[name] != new[name])


def _node_identity(node: FlowNode, pairs: Mapping[str, str]) -> tuple[Any, ...]:
    """What makes a node the same, wherever in the file it stands. ``pairs`` gives targets their new keys."""
    branches = {name: _renamed_target(target, pairs) for name, target in node.branches.items()}
    below, on_error = _renamed_target(node.below, pairs), _renamed_target(node.on_error, pairs)
    return node.type.key, node.settings.raw, node.disabled, below, branches, on_error


def _renamed_target(target: Any, pairs: Mapping[str, str]) -> Any:
    if isinstance(target, Stay):
        return Stay(pairs.get(target.node, target.node))
    if isinstance(target, Loop):
        return Loop(pairs.get(target.node, target.node))
    return pairs.get(target, target) if isinstance(target, str) else target


def _intent_identity(intent: Intent, flow: Flow, pairs: Mapping[str, str]) -> tuple[Any, ...]:
    said = [flow.nodes[key].settings.raw for key in (intent.reply, intent.confirm) if key in flow.nodes]
    return (
        dict(intent.examples), [rule.source for rule in intent.rules],
        intent.condition.source if intent.condition else None, intent.parent, intent.inherit,
        _renamed_target(intent.entry, pairs), intent.confidence, intent.priority, said,
    )  # fmt: skip


def _head_identity(flow: Flow, pairs: Mapping[str, str]) -> tuple[Any, ...]:
    slots = [
        (rule.name, dict(rule.values), rule.pattern, rule.type, rule.fuzzy, rule.store)
        for rule in flow.slots.values()
    ]
    return (
        flow.context, dict(flow.settings), _renamed_target(flow.on_error, pairs), flow.description,
        flow.state,
        dict(flow.states), flow.attach, list(flow.locales.items()), dict(flow.reject), slots,
    )  # fmt: skip


def _phrase(noun: str, what: str, names: Any) -> str:
    """``2 nodes added (a, b)``; empty when there are none."""
    if not names:
        return ""
    shown = ", ".join([*names[:_MOST], *(["…"] if len(names) > _MOST else [])])
    return f"{len(names)} {noun}{'' if len(names) == 1 else 's'} {what} ({shown})"
