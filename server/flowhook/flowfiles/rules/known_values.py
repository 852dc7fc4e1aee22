"""What may stand at a path, in ``input.result``, or in ``args``, where it is known of all that may be there:
answers of questions, slots, defaults, what ``set`` assigns, what calls give.

Nothing is known where anything else may be the value: what another node, a script or a plugin keeps.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from flowhook.engine.flow import Flow, FlowNode, SlotRule
from flowhook.engine.turn.input import DEFAULT_STATE
from flowhook.flowfiles.compile.operations import ITEM, Operand, ValueKind, printed_by
from flowhook.flowfiles.compile.variable_usage import Names, PathSet
from flowhook.flowfiles.compile.written import is_template
from flowhook.flowfiles.rules.graph import FlowGraph, waits
from flowhook.model.inbound import Kind
from flowhook.nlu.sentence_types import SENTENCE_TYPES
from flowhook.nodes.parts.question import Question
from flowhook.yamldoc.document import Path

if TYPE_CHECKING:
    from flowhook.flowfiles.rules.flow_set import FlowSet

RESULT: Names = ("input", "result")
MANY_MARKS = 20  #: of a scale: so many are not told one by one
#: Words with which choices stand for yes and no; as a text each of them holds.
YES = frozenset({"yes", "y", "ja", "oui", "sí", "si", "sim", "ok", "true"})
NO = frozenset({"no", "n", "nein", "non", "nee", "não", "false"})


@dataclass(frozen=True, slots=True)
class Values:
    """What a value may be, null aside. ``listed`` is all that it can be, as text; None: too many to say."""

    kinds: frozenset[ValueKind]
    listed: tuple[str, ...] | None = None
    parts: Mapping[str, Values] = field(default_factory=dict, hash=False)  #: what is known of a mapping's

    def united(self, other: Values) -> Values:
        """What it may be when it comes from either of two sources."""
        listed = None
        if self.listed is not None and other.listed is not None:
            listed = tuple(dict.fromkeys([*self.listed, *other.listed]))
        parts = self.parts if self.parts == other.parts else {}
        return Values(self.kinds | other.kinds, listed, parts)


def _of(kind: ValueKind) -> Values:
    return Values(frozenset({kind}))


BOOLEANS = Values(frozenset({"boolean"}), ("true", "false"))
NUMBERS = _of("number")
TEXTS = _of("text")
#: What the fields of items of lists are.
_ITEMS: Mapping[Names, Values] = {
    **{("input.nlu.intents", name): TEXTS for name in ("name", "flow", "reason")},
    ("input.nlu.intents", "score"): NUMBERS,
    **{("input.attachments", name): TEXTS for name in ("url", "name", "type", "caption")},
    **{("history", name): TEXTS for name in ("role", "text", "traceId", "at")},
}
_LIST = _of("list")
_MAPPING = _of("mapping")


def _one_of(*words: str) -> Values:
    return Values(frozenset({"text"}), words)


_UNHEARD = (Kind.NOTIFY, Kind.PRESENCE)  #: of which no flow hears
#: What ``input`` holds, and what its ``nlu`` does, null aside; of the rest anything is possible.
_INPUT: Mapping[str, Values] = {
    **dict.fromkeys(("text", "intent", "intentOutOfState", "intentFlow", "state", "userId"), TEXTS),
    **dict.fromkeys(("sessionId", "traceId", "channel", "endpoint", "flow", "node"), TEXTS),
    **dict.fromkeys(("attachments", "intentPath"), _LIST),
    **dict.fromkeys(("slots", "nlu", "activeQuestion", "handover"), _MAPPING),
    **dict.fromkeys(("execution", "intentScore", "availableAgents"), NUMBERS),
    **dict.fromkeys(("understood", "test"), BOOLEANS),
    "locale": _of("locale"),
    "kind": _one_of(*(kind for kind in Kind if kind not in _UNHEARD)),
    "mode": _one_of("text", "data", "text+data"),
    "type": _one_of(*SENTENCE_TYPES),
}
_NLU: Mapping[str, Values] = {
    **dict.fromkeys(("yesNo", "rejected"), BOOLEANS),
    **dict.fromkeys(("also", "denied", "intents"), _LIST),
    "slots": _MAPPING,
}
_NO_SLOTS: Mapping[str, SlotRule] = {}


def _span(kind: ValueKind) -> Values:
    return Values(frozenset({"mapping"}), parts={"from": _of(kind), "to": _of(kind)})


_MONEY = Values(frozenset({"money"}), parts={"value": NUMBERS, "currency": TEXTS})

#: What questions keep, by their type; ``choice`` and ``slot`` depend on more, ``any`` and those of plugins
#: may keep anything.
_BY_TYPE: Mapping[str, Values] = {
    "yes_no": BOOLEANS,
    "number": NUMBERS, "integer": NUMBERS, "percentage": NUMBERS, "duration": NUMBERS,
    "text": _of("text"), "email": _of("text"), "phone": _of("text"), "url": _of("text"),
    "pattern": _of("text"), "intent": _of("text"),
    "date": _of("date"), "time": _of("time"), "datetime": _of("datetime"), "money": _MONEY,
    "data": _of("mapping"), "attachment": _of("list"), "name": _of("text"), "scale": NUMBERS,
    "date_range": _span("date"), "time_range": _span("time"),
}  # fmt: skip


def values_of(question: Mapping[str, Any], slots: Mapping[str, SlotRule] = _NO_SLOTS) -> Values | None:
    """What the answer to a question may be; None where that is not known. ``slots`` are those of its flow."""
    kind = str(question.get("type", "text"))
    if "slot" not in question:
        return _of_type(kind, question)
    rule = slots.get(str(question["slot"]))
    said = values_of_slot(rule) if rule is not None else None
    return said if kind == "slot" else united([_of_type(kind, question), said])


def values_of_slot(rule: SlotRule) -> Values | None:
    """What is found for a slot; None where that is not known."""
    if rule.values and rule.pattern is None and rule.type is None:
        return Values(frozenset({"text"}), tuple(rule.values))
    if rule.pattern is not None or rule.values_from is not None:
        return TEXTS
    return _BY_TYPE.get(rule.type or "")


def _of_type(kind: str, question: Mapping[str, Any]) -> Values | None:
    if kind == "choice" and isinstance(question.get("choices"), list):
        written = [
            choice.get("value") if isinstance(choice, Mapping) else choice for choice in question["choices"]
        ]
        listed = tuple(value for value in written if isinstance(value, str) and not is_template(value))
        return Values(frozenset({"text"}), listed) if len(listed) == len(written) else None
    if kind == "scale":
        return Values(frozenset({"number"}), _marks(question.get("scale")))
    return _BY_TYPE.get(kind)


def _marks(scale: Any) -> tuple[str, ...] | None:
    """The marks of a scale, as it is written: its highest one, or both ends."""
    ends = scale if isinstance(scale, list) and len(scale) == 2 else [scale]
    if scale is not None and not all(isinstance(end, int) for end in ends):
        return None
    lowest, highest = Question.model_construct(text="", scale=scale).marks
    if highest - lowest > MANY_MARKS:
        return None
    return tuple(str(mark) for mark in range(lowest, highest + 1))


def united(sources: Iterable[Values | None]) -> Values | None:
    """What a value may be that comes from any of these; None where one of them, or all, are not known."""
    values: Values | None = None
    for source in sources:
        if source is None:
            return None
        values = source if values is None else values.united(source)
    return values


class KnownValues:
    """The values at the paths of all flows: what questions, slots, defaults and assignments keep there, and
    what calls give and get, joined.

    A fixed point is not looked for: a value that depends on itself is not known.
    """

    def __init__(self, flows: FlowSet) -> None:
        self._flows = flows
        self._anything = any(compiled.variables.anything for compiled, _ in flows.compiled)
        self._known: dict[Names, Values | None] = {}
        self._counted: dict[str, frozenset[str]] = {}  #: by flow

    def at(self, names: Names) -> Values | None:
        """What may stand at a path; None where that is not known."""
        if self._anything or not self._flows.complete:
            return None
        if names not in self._known:
            self._known[names] = None
            values = self._kept_at(names)
            self._known[names] = values if values is not None and values.kinds else None
        return self._known[names]

    def of(
        self, operand: Operand, graph: FlowGraph, node: FlowNode | None, setting: Path = ()
    ) -> Values | None:
        """What a value in the settings of a node may be; ``node`` None: in a rule of an intent."""
        if operand.kind is not None:
            return _of(operand.kind)
        names = operand.names
        if ITEM in names:
            return self._of_item(names)
        if names[:1] == ("answer",) and node is not None:
            question = question_at(node, setting)
            return part_of(values_of(question, graph.flow.slots), names[1:]) if question is not None else None
        if names[:2] == RESULT and node is not None:
            return part_of(result_before(graph, node), names[2:])
        if names == ("input", "state") and self._states:
            return Values(frozenset({"text"}), self._states)
        if names[:1] == ("input",):
            return _of_input(names[1:])
        if names and names[0] == "now" and len(names) <= 2:
            return _of("moment") if len(names) == 1 else NUMBERS
        if names == ("history",):
            return _LIST
        if len(names) == 2 and names[0] == "visits":
            return NUMBERS
        if len(names) > 1 and names[0] == "args":
            return part_of(self._given_as(graph.flow.name, names[1]), names[2:])
        if len(names) == 1 and names[0] in self._counters(graph):
            return NUMBERS
        return self.at(names) if names and names[0] in ("context", "session") else None

    def _counters(self, graph: FlowGraph) -> frozenset[str]:
        """The names by which the rounds of a flow are counted."""
        if graph.flow.name not in self._counted:
            loops = [node for node in graph.flow.nodes.values() if node.type.looping]
            names = [node.type.names_in(node.settings.raw) for node in loops]
            items = {item for item, *_ in names}
            self._counted[graph.flow.name] = frozenset(name for _, *rest in names for name in rest) - items
        return self._counted[graph.flow.name]

    @cached_property
    def _states(self) -> tuple[str, ...]:
        """The states of all flows, and the one of sessions that were set to none."""
        states = dict.fromkeys(name for compiled in self._flows.files for name in compiled.states)
        return (DEFAULT_STATE, *states) if states and self._flows.complete else ()

    def _of_item(self, names: Names) -> Values | None:
        """What one of several is: a value of a slot, a field of an intent, a message or an attachment."""
        whole, below = names[: names.index(ITEM)], names[names.index(ITEM) + 1 :]
        if whole[:2] == ("input", "slots") and len(whole) == 3:
            rules = [graph.flow.slots.get(whole[2]) for _, graph in self._flows.compiled]
            said = [values_of_slot(rule) for rule in rules if rule is not None]
            return part_of(united(said), below) if self._flows.complete else None
        return _ITEMS.get((".".join(whole), *below))

    @cached_property
    def _keepers(self) -> tuple[dict[Names, list[_Keeper]], dict[Names, list[_Keeper]]]:
        """The nodes that keep something at a path, and those that do further down."""
        at: dict[Names, list[_Keeper]] = {}
        below: dict[Names, list[_Keeper]] = {}
        for compiled, graph in self._flows.compiled:
            for key, paths in compiled.variables.sets.items():
                keeper = (graph, graph.flow.nodes.get(key))
                for path in paths:
                    at.setdefault(path, []).append(keeper)
                    for length in range(1, len(path)):
                        below.setdefault(path[:length], []).append(keeper)
        return at, below

    def _kept_at(self, names: Names) -> Values | None:
        at, below = self._keepers
        keepers = list(below.get(names, ()))
        for length in range(1, len(names) + 1):
            keepers += at.get(names[:length], ())
        sources = [value for _, graph in self._flows.compiled for value in _set_before(graph.flow, names)]
        if None in sources:
            return None
        return united([*sources, *(self._kept_by(graph, node, names) for graph, node in keepers)])

    def _kept_by(self, graph: FlowGraph, node: FlowNode | None, names: Names) -> Values | None:
        """What one node keeps there; None where that is not known."""
        if node is None:
            return None
        raw, path = node.settings.raw, ".".join(names)
        assigned = node.type.assignments(raw)
        if path in assigned:
            return self._value(assigned[path], graph, node)
        if raw.get("store") == path and not node.type.is_question and graph.jumps.get(node.key):
            return self._returned_to(graph, node)
        questions = node.type.questions_in(raw)
        touching = [(q, _names(q)) for q in questions if PathSet([_names(q)]).overlaps(names)]
        if not all(names[: len(store)] == store for _, store in touching):
            return None
        return united(
            [
                part_of(values_of(question, graph.flow.slots), names[len(store) :])
                for question, store in touching
            ]
        )

    def _value(self, value: Any, graph: FlowGraph, node: FlowNode) -> Values | None:
        """What a value becomes that is written in the settings of a node."""
        if is_template(value):
            return self.of(printed_by(node.settings.expressions, value), graph, node)
        return _of_constant(value)

    # -- what calls give and get --------------------------------------------------------------------

    @cached_property
    def _calls(self) -> dict[str, list[tuple[FlowGraph, FlowNode]]] | None:
        """The nodes that call each flow; None where some flow is called whose name a turn makes."""
        found: dict[str, list[tuple[FlowGraph, FlowNode]]] = {}
        for _, graph in self._flows.compiled:
            for jump in (jump for jumps in graph.jumps.values() for jump in jumps if jump.comes_back):
                if jump.flow is None or jump.source not in graph.flow.nodes:
                    return None
                found.setdefault(jump.flow, []).append((graph, graph.flow.nodes[jump.source]))
        return found

    def _given_as(self, flow: str, name: str) -> Values | None:
        """What a called flow gets as one of its ``args``."""
        if self._calls is None or not self._flows.complete:
            return None
        if ("args", flow, name) not in self._known:
            self._known["args", flow, name] = None
            given = [
                (graph, node, node.type.arguments(node.settings.raw))
                for graph, node in self._calls.get(flow, ())
            ]
            self._known["args", flow, name] = united(
                self._value(args[name], graph, node) if args is not None else None
                for graph, node, args in given
                if args is None or name in args
            )
        return self._known["args", flow, name]

    def _returned_to(self, graph: FlowGraph, node: FlowNode) -> Values | None:
        """What a node gets from the flow that it calls."""
        flows = [jump.flow for jump in graph.jumps[node.key] if jump.comes_back]
        called = self._flows.graphs.get(flows[0] or "") if len(flows) == 1 else None
        if called is None:
            return None
        return united(
            self._value(giver.settings.raw.get(giver.type.returned), called, giver)
            for giver in called.flow.nodes.values()
            if giver.type.returned is not None
        )


def _of_input(names: Names) -> Values | None:
    if len(names) == 1:
        return _INPUT.get(names[0])
    if len(names) == 2 and names[0] == "nlu":
        return _NLU.get(names[1])
    return _LIST if len(names) == 2 and names[0] == "slots" else None


def question_at(node: FlowNode, setting: Path) -> Mapping[str, Any] | None:
    """The question in whose settings a value stands."""
    questions = node.type.questions_in(node.settings.raw)
    value: Any = node.settings.raw
    around = [value]
    for part in setting:
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            break
        around.append(value)
    for mapping in reversed([value for value in around if isinstance(value, Mapping)]):
        for question in questions:
            if question is mapping or all(question.get(key) == part for key, part in mapping.items()):
                return question
    return None


_Keeper = tuple[FlowGraph, FlowNode | None]


def _names(question: Mapping[str, Any]) -> Names:
    return tuple(str(question.get("store", "")).split("."))


def _of_constant(value: Any) -> Values | None:
    """What a value is that stands in a file; null says nothing of others."""
    if value is None:
        return Values(frozenset())
    if isinstance(value, bool):
        return _of("boolean")
    if isinstance(value, int | float):
        return NUMBERS
    if isinstance(value, Mapping):
        return _MONEY if value.keys() == {"value", "currency"} else _MAPPING
    if isinstance(value, list):
        return _LIST
    return TEXTS if isinstance(value, str) else None


def part_of(values: Values | None, names: Names) -> Values | None:
    """What a part of an answer is: ``value`` of an amount, ``from`` of a span of days."""
    for name in names:
        if values is None or len(values.parts) == 0:
            return None
        values = values.parts.get(name)
    return values if values is None or values.kinds else None


def _set_before(flow: Flow, names: Names) -> Iterator[Values | None]:
    """What slots and defaults of the flow keep at the path. A default of null says nothing."""
    for rule in flow.slots.values():
        if rule.store is not None and PathSet([rule.store]).overlaps(names):
            yield values_of_slot(rule) if rule.store == names else None
    value: Any = flow.context
    for name in names[1:] if names[0] == "context" else ():
        if not isinstance(value, Mapping) or name not in value:
            if value is not None and not isinstance(value, Mapping):
                yield None
            return
        value = value[name]
    if names[0] == "context" and value is not None:
        yield _of_constant(value)


# -- right after a question -----------------------------------------------------------------------


def result_before(graph: FlowGraph, node: FlowNode) -> Values | None:
    """What ``input.result`` may be at a node to which nothing but questions lead."""
    if node.key == graph.flow.first or node.key in graph.entries or node.key in graph.interruptions():
        return None
    before = [other for other in graph.flow.nodes.values() if node.key in graph.successors(other.key)]
    return united([_given_at(other, node.key, graph.flow.slots) for other in before])


def _given_at(node: FlowNode, target: str, slots: Mapping[str, SlotRule]) -> Values | None:
    """The answer with which a session goes on below from a question."""
    leading = [way for way, to in node.branches.items() if to == target]
    questions = node.type.questions_in(node.settings.raw)
    if not questions or not waits(node):
        return None
    if node.below != target or node.on_error == target:
        return None
    if any(way != "on_fail" for way in leading) or "skip_if" in node.settings.raw:
        return None
    if node.type.is_question:
        return united([values_of(question, slots) for question in questions])
    stores = [str(question.get("store", "")).split(".")[1:] for question in questions]
    if any(len(names) != 1 for names in stores):
        return _MAPPING  # of the answers of a form, some of them further down
    answers = [values_of(question, slots) or Values(frozenset()) for question in questions]
    parts = {names[0]: answer for names, answer in zip(stores, answers, strict=True)}
    return Values(frozenset({"mapping"}), parts=parts)


def listed(values: Iterable[str]) -> str:
    """Some values in a sentence: ``small, medium or large``."""
    shown = [*values]
    if len(shown) > 6:
        shown = [*shown[:5], "…"]
    return " or ".join([", ".join(shown[:-1]), shown[-1]] if len(shown) > 1 else shown)
