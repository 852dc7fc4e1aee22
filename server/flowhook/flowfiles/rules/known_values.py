"""What may stand at a path, or in ``input.result``, where only questions whose answers are known keep
something there.

Nothing is known where anything else may be the value: what another node, a slot, a default, a script or a
plugin keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flowhook.engine.flow import Flow, FlowNode
from flowhook.flowfiles.compile.operations import ValueKind
from flowhook.flowfiles.compile.references import is_template
from flowhook.flowfiles.compile.variable_usage import Names, PathSet
from flowhook.flowfiles.rules.flow_set import FlowSet
from flowhook.flowfiles.rules.graph import FlowGraph, waits

RESULT: Names = ("input", "result")


@dataclass(frozen=True, slots=True)
class Values:
    """What a value may be, null aside. ``listed`` is all that it can be, as text; None: too many to say."""

    kinds: frozenset[ValueKind]
    listed: tuple[str, ...] | None = None

    def united(self, other: Values) -> Values:
        """What it may be when it comes from either of two questions."""
        listed = None
        if self.listed is not None and other.listed is not None:
            listed = tuple(dict.fromkeys([*self.listed, *other.listed]))
        return Values(self.kinds | other.kinds, listed)


def _of(kind: ValueKind) -> Values:
    return Values(frozenset({kind}))


BOOLEANS = Values(frozenset({"boolean"}), ("true", "false"))
NUMBERS = _of("number")

#: What questions keep, by their type; ``choice`` and ``slot`` depend on more, ``any`` and those of plugins
#: may keep anything.
_BY_TYPE: Mapping[str, Values] = {
    "yes_no": BOOLEANS,
    "number": NUMBERS, "integer": NUMBERS, "percentage": NUMBERS, "duration": NUMBERS,
    "text": _of("text"), "email": _of("text"), "phone": _of("text"), "url": _of("text"),
    "pattern": _of("text"), "intent": _of("text"),
    "date": _of("date"), "time": _of("time"), "datetime": _of("datetime"), "money": _of("money"),
    "data": _of("mapping"), "attachment": _of("list"), "name": _of("text"), "scale": NUMBERS,
    "date_range": _of("mapping"), "time_range": _of("mapping"),
}  # fmt: skip


def values_of(question: Mapping[str, Any]) -> Values | None:
    """What the answer to a question may be; None where that is not known."""
    kind = question.get("type", "text")
    if "slot" in question and kind != "text":
        return None
    if kind == "choice" and isinstance(question.get("choices"), list):
        written = [
            choice.get("value") if isinstance(choice, Mapping) else choice for choice in question["choices"]
        ]
        listed = tuple(value for value in written if isinstance(value, str) and not is_template(value))
        return Values(frozenset({"text"}), listed) if len(listed) == len(written) else None
    return _BY_TYPE.get(str(kind)) if "slot" not in question else None


def united(sources: Sequence[Values | None]) -> Values | None:
    """What a value may be that comes from any of these; None where one of them, or all, are not known."""
    values: Values | None = None
    for source in sources:
        if source is None:
            return None
        values = source if values is None else values.united(source)
    return values


class KnownValues:
    """The values at the paths of all flows: the questions that keep one there, joined."""

    def __init__(self, flows: FlowSet) -> None:
        self._flows = flows
        self._anything = any(compiled.variables.anything for compiled, _ in flows.compiled)
        self._known: dict[Names, Values | None] = {}

    def at(self, names: Names) -> Values | None:
        """What may stand at a path; None where that is not known."""
        if self._anything or not self._flows.complete:
            return None
        if names not in self._known:
            self._known[names] = self._kept_at(names)
        return self._known[names]

    @cached_property
    def _keepers(self) -> tuple[dict[Names, list[FlowNode | None]], dict[Names, list[FlowNode | None]]]:
        """The nodes that keep something at a path, and those that do further down."""
        at: dict[Names, list[FlowNode | None]] = {}
        below: dict[Names, list[FlowNode | None]] = {}
        for compiled, graph in self._flows.compiled:
            for key, paths in compiled.variables.sets.items():
                node = graph.flow.nodes.get(key)
                for path in paths:
                    at.setdefault(path, []).append(node)
                    for length in range(1, len(path)):
                        below.setdefault(path[:length], []).append(node)
        return at, below

    def _kept_at(self, names: Names) -> Values | None:
        if any(_is_set_before(graph.flow, names) for _, graph in self._flows.compiled):
            return None
        at, below = self._keepers
        nodes = list(below.get(names, ()))
        for length in range(1, len(names) + 1):
            nodes += at.get(names[:length], ())
        return united([_kept_by(node, names) if node is not None else None for node in nodes])


def _is_set_before(flow: Flow, names: Names) -> bool:
    """Whether a slot or a default of the flow has to do with the path. A default of null says nothing."""
    if PathSet(rule.store for rule in flow.slots.values() if rule.store).overlaps(names):
        return True
    value: Any = flow.context
    for name in names[1:] if names[0] == "context" else ():
        if not isinstance(value, Mapping) or name not in value:
            return value is not None and not isinstance(value, Mapping)
        value = value[name]
    return names[0] == "context" and value is not None


def _kept_by(node: FlowNode, names: Names) -> Values | None:
    """What one node keeps there; None where that is not known."""
    path = ".".join(names)
    touching = [
        question
        for question in node.type.questions_in(node.settings.raw)
        if PathSet([tuple(str(question.get("store", "")).split("."))]).overlaps(names)
    ]
    if not all(question.get("store") == path for question in touching):
        return None
    return united([values_of(question) for question in touching])


# -- right after a question -----------------------------------------------------------------------


def result_before(graph: FlowGraph, node: FlowNode) -> Values | None:
    """What ``input.result`` may be at a node to which nothing but questions lead."""
    if node.key == graph.flow.first or node.key in graph.entries or node.key in graph.interruptions():
        return None
    before = [other for other in graph.flow.nodes.values() if node.key in graph.successors(other.key)]
    return united([_given_at(other, node.key) for other in before])


def _given_at(node: FlowNode, target: str) -> Values | None:
    """The answer with which a session goes on below from a question."""
    leading = [way for way, to in node.branches.items() if to == target]
    if not node.type.is_question or not waits(node):
        return None
    if node.below != target or node.on_error == target:
        return None
    if any(way != "on_fail" for way in leading) or "skip_if" in node.settings.raw:
        return None
    return united([values_of(question) for question in node.type.questions_in(node.settings.raw)])


def listed(values: Iterable[str]) -> str:
    """Some values in a sentence: ``small, medium or large``."""
    shown = [*values]
    if len(shown) > 6:
        shown = [*shown[:5], "…"]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
