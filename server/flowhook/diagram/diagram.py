"""A flow as boxes and arrows, whatever draws them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from flowhook.engine.flow import Back, Flow, FlowNode, Loop, Stay, Target, is_said_by_intent
from flowhook.engine.node import DrawnAs
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import Jump
from flowhook.flowfiles.rules.graph import Jumps, jumps_by_node

BoxKind = Literal["start", "end", "intent", "flow", "node"]
#: ``wait``: back to where the session waits; ``lane``: into the picture of another flow.
ArrowKind = Literal["next", "branch", "error", "time", "jump", "intent", "wait", "lane"]

START, END, BACK = "(start)", "(end)", "(back)"
TEXT = 90  #: characters of a node's text that a box shows

#: Branches that no user chooses.
_SPECIAL: Mapping[str, ArrowKind] = {
    "on_error": "error",
    "on_fail": "error",
    "on_timeout": "time",
    "on_timer": "time",
}


@dataclass(frozen=True, slots=True)
class Box:
    """One node; or the start, the end, an intent that enters or is answered, another flow."""

    key: str
    kind: BoxKind
    type: str = ""  #: of a node: its type's key
    style: DrawnAs = "plain"  #: how a node of this type is drawn
    title: str = ""  #: the node's id, or the name of the intent or flow
    text: str = ""  #: what the node's main setting says, short
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """An arrow from one box to another."""

    source: str
    target: str
    label: str = ""
    kind: ArrowKind = "next"
    #: the branch of the source that it is, as traces name it: ``cases.red``; "" for every other way
    branch: str = field(default="", compare=False)


@dataclass(slots=True)
class Diagram:
    """Boxes in the order of the file, the start first."""

    name: str
    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)


def diagram_of(compiled: CompiledFlow) -> Diagram:
    """The diagram of one flow. ``compiled.flow`` must be there."""
    assert compiled.flow is not None
    return _Builder(compiled, compiled.flow).build()


class _Builder:
    def __init__(self, compiled: CompiledFlow, flow: Flow) -> None:
        self.flow = flow
        self.attached = [use.name for use in compiled.attached]
        self.jumps: Jumps = jumps_by_node(compiled.jumps)
        self.diagram = Diagram(flow.name)

    def build(self) -> Diagram:
        flow, boxes = self.flow, self.diagram.boxes
        boxes[START] = Box(START, "start", title=flow.name)
        self._arrow(START, flow.first)
        for name in self.attached:
            self._arrow(START, self._flow_box(name), "attach", "intent")
        self._intents()
        for name, first in flow.timers.items():
            boxes[f"timer {name}"] = Box(f"timer {name}", "intent", title=f"timer {name}")
            self._arrow(f"timer {name}", first, "", "time")
        drawn = [node for node in flow.nodes.values() if self._is_drawn(node)]
        for node in drawn:
            boxes[node.key] = _box(node)
        self._shared_branches()
        for node in drawn:
            self._arrows_from(node)
        if isinstance(flow.on_error, str):
            boxes[_ERRORS.key] = _ERRORS
            self._arrow(_ERRORS.key, flow.on_error, "", "error")
        return self.diagram

    def _is_drawn(self, node: FlowNode) -> bool:
        """Whether a node has a box of its own: of those that all questions have, the first question's."""
        if _is_said_by_intent(node):
            return False
        return not node.derived.get("shared") or any(map(node.key.startswith, self._shown))

    @cached_property
    def _shown(self) -> dict[str, tuple[str, FlowNode]]:
        """The branches that questions have in common: where the keys of the nodes under each begin, by the
        first question that has it, with its name and that question."""
        found: dict[str, tuple[str, FlowNode]] = {}
        for node in self.flow.nodes.values():
            names = {name for name, _ in found.values()}
            for branch in sorted(node.derived.get("inherited", frozenset()) - names):
                found[f"{node.key}.{branch}"] = branch, node
        return found

    def _shared_branches(self) -> None:
        """What all questions have in common leads from a box that stands for them."""
        for branch, node in self._shown.values():
            self.diagram.boxes[_QUESTIONS.key] = _QUESTIONS
            word, _, case = branch.partition(".")
            target = node.branches[branch]
            self._arrow(_QUESTIONS.key, target, case or word, _SPECIAL.get(word, "branch"))

    def _intents(self) -> None:
        """The intents that lead to a node, and those that are answered, after which the session stands
        where it stood."""
        for intent in self.flow.intents.values():
            if intent.entry is None and intent.reply is None:
                continue
            key = f"intent {intent.name}"
            self.diagram.boxes[key] = Box(key, "intent", title=intent.name)
            if intent.entry is not None:
                self._arrow(key, intent.entry, "", "intent")
            if intent.reply is not None:
                if intent.does:
                    self._arrow(key, intent.reply, "do", "intent")
                    continue
                reply = self.flow.nodes[intent.reply]
                self.diagram.boxes[reply.key] = replace(_box(reply), title="")
                self._arrow(key, reply.key, "reply", "intent")
                self._arrow(reply.key, Back())

    def _arrows_from(self, node: FlowNode) -> None:
        inherited = node.derived.get("inherited", ())
        for branch, target in node.branches.items() if not node.disabled else ():
            if branch in inherited:
                continue
            word, _, case = branch.partition(".")
            if target is not None or not node.goes_below:
                self._arrow(node.key, target, case or word, _SPECIAL.get(word, "branch"), branch)
        if node.on_error is not False and not node.disabled:
            caught = node.on_error
            target = None if isinstance(caught, bool) else caught
            self._arrow(node.key, target, "on_error", "error", "on_error")
        leaves = self._jumps(node)
        if node.goes_below and not leaves:
            self._arrow(node.key, node.below, _missing(node), branch="next")

    def _jumps(self, node: FlowNode) -> bool:
        """Draw what the node leaves for by name: ``goto``, ``call``. Whether it leaves for good."""
        jumps = () if node.disabled else self.jumps.get(node.key, ())
        for jump in jumps:
            self._jump(node, jump)
        return any(not jump.comes_back for jump in jumps)

    def _jump(self, node: FlowNode, jump: Jump) -> None:
        label = "call" if jump.comes_back else "wait" if jump.waits else ""
        if jump.anywhere:
            self._arrow(node.key, self._flow_box("…"), label, "jump")
        elif jump.flow in (None, self.flow.name):
            self._arrow(node.key, jump.node or self.flow.first, label, "jump")
        else:
            name = str(jump.flow) if jump.node is None else f"{jump.flow}/{jump.node}"
            self._arrow(node.key, self._flow_box(name), label, "jump")

    def _flow_box(self, name: str) -> str:
        key = f"flow {name}"
        self.diagram.boxes.setdefault(key, Box(key, "flow", title=name))
        return key

    def _arrow(
        self, source: str, target: Target, label: str = "", kind: ArrowKind = "next", branch: str = ""
    ) -> None:
        if target is None:
            self.diagram.boxes.setdefault(END, Box(END, "end", title="end"))
            target = END
        elif isinstance(target, Back):
            self.diagram.boxes.setdefault(BACK, Box(BACK, "end", title="back to where it stood"))
            target, kind = BACK, "wait"
        elif isinstance(target, Loop):
            if target.node == source:
                return
            target, label, kind = target.node, label or "next", "wait"
        elif isinstance(target, Stay):
            if target.node == source:
                return  # a branch that does nothing: the node waits on
            if source == _QUESTIONS.key:
                return
            if (origin := self.flow.nodes.get(source)) is not None and origin.derived.get("shared"):
                target = Stay(_QUESTIONS.key)
            target, label, kind = target.node, label or "waits on", "wait"
        arrow = Arrow(source, target, label, kind, branch)
        if arrow not in self.diagram.arrows:
            self.diagram.arrows.append(arrow)


_QUESTIONS = Box("(questions)", "intent", title="any question")
_ERRORS = Box("(errors)", "intent", title="any error")


def _is_said_by_intent(node: FlowNode) -> bool:
    """Replies of intents and their questions, which are drawn with their intents, or not at all."""
    return is_said_by_intent(node.key)


def _box(node: FlowNode) -> Box:
    title = node.key if node.has_id else ""
    return Box(node.key, "node", node.type.key, node.type.draws_as, title, _text(node), node.disabled)


def _missing(node: FlowNode) -> str:
    """What to call the way below, where it stands for a branch that is not there."""
    missing = [branch for branch in node.type.exhaustive if branch not in node.branches]
    return missing[0] if len(missing) == 1 else ""


def _text(node: FlowNode) -> str:
    main = node.type.main
    raw = node.settings.raw
    value = raw.get(main) if main is not None else None
    if value is None:
        value = next(iter(raw.values()), "")
    shown = " ".join(_words(value))
    return shown if len(shown) <= TEXT else shown[: TEXT - 1] + "…"


def _words(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield " ".join(value.split())
    elif isinstance(value, Mapping) and "text" in value:  # a question, an element with a text
        yield from _words(value["text"])
    elif isinstance(value, Mapping):
        first = next(iter(value.values()), "")
        if isinstance(first, str | list) and all(len(str(key)) <= 5 for key in value):
            yield from _words(first)  # a text by locale
        else:
            yield ", ".join(str(key) for key in value)
    elif isinstance(value, list):
        for item in value[:1]:
            yield from _words(item)
        if len(value) > 1:
            yield f"(+{len(value) - 1})"
    else:
        yield str(value)
