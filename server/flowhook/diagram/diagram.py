"""What a picture of a flow shows: boxes and arrows, whatever draws them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from flowhook.engine.flow import Flow, FlowNode, Target
from flowhook.engine.node import DrawnAs
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.compile.references import Jump
from flowhook.flowfiles.rules.graph import Jumps, jumps_by_node

Kind = Literal["start", "end", "intent", "flow", "node"]
Way = Literal["next", "branch", "error", "time", "jump", "intent"]

START, END = "(start)", "(end)"
TEXT = 90  #: characters of a node's text that a box shows

#: Branches that no user chooses.
_SPECIAL: Mapping[str, Way] = {"on_error": "error", "on_fail": "error", "on_timeout": "time"}


@dataclass(frozen=True, slots=True)
class Box:
    """One node; or the start, the end, an intent that enters, another flow."""

    key: str
    kind: Kind
    type: str = ""  #: of a node: its type's key
    style: DrawnAs = "plain"  #: how a node of this type is drawn
    title: str = ""  #: the node's id, or the name of the intent or flow
    text: str = ""  #: what the node's main setting says, short
    disabled: bool = False


@dataclass(frozen=True, slots=True)
class Arrow:
    """A way from one box to another."""

    source: str
    target: str
    label: str = ""
    way: Way = "next"


@dataclass(slots=True)
class Diagram:
    """Boxes in the order of the file, the start first."""

    name: str
    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)


def picture_of(compiled: CompiledFlow) -> Diagram:
    """The picture of one flow. ``compiled.flow`` must be there."""
    assert compiled.flow is not None
    return _Painter(compiled.flow, jumps_by_node(compiled.jumps)).paint()


class _Painter:
    def __init__(self, flow: Flow, jumps: Jumps) -> None:
        self.flow = flow
        self.jumps = jumps
        self.picture = Diagram(flow.name)

    def paint(self) -> Diagram:
        flow, boxes = self.flow, self.picture.boxes
        boxes[START] = Box(START, "start", title=flow.name)
        self._intents()
        for place in flow.nodes.values():
            if not _is_hidden(place):
                boxes[place.key] = _box(place)
        self._arrow(START, flow.first)
        for place in flow.nodes.values():
            if not _is_hidden(place):
                self._ways(place)
        if flow.on_error is not False and isinstance(flow.on_error, str):
            boxes[_ERRORS.key] = _ERRORS
            self._arrow(_ERRORS.key, flow.on_error, "", "error")
        return self.picture

    def _intents(self) -> None:
        for intent in self.flow.intents.values():
            if intent.entry is None:
                continue
            key = f"intent {intent.name}"
            self.picture.boxes[key] = Box(key, "intent", title=intent.name)
            self._arrow(key, intent.entry, "", "intent")

    def _ways(self, place: FlowNode) -> None:
        for branch, target in place.branches.items() if not place.disabled else ():
            word, _, case = branch.partition(".")
            if target is not None or not place.goes_below:
                self._arrow(place.key, target, case or word, _SPECIAL.get(word, "branch"))
        if place.on_error is not False and not place.disabled:
            caught = place.on_error
            self._arrow(place.key, None if isinstance(caught, bool) else caught, "on_error", "error")
        left = self._jumps(place)
        if place.goes_below and not left:
            self._arrow(place.key, place.below, _missing(place))

    def _jumps(self, place: FlowNode) -> bool:
        """Draw what the node leaves for by name: ``goto``, ``call``. Whether it leaves for good."""
        jumps = () if place.disabled else self.jumps.get(place.key, ())
        for jump in jumps:
            if not jump.anywhere:
                self._jump_arrow(place, jump)
        return any(not jump.comes_back for jump in jumps)

    def _jump_arrow(self, place: FlowNode, jump: Jump) -> None:
        if jump.flow in (None, self.flow.name):
            target = jump.node or self.flow.first
            self._arrow(place.key, target, "wait" if jump.waits else "", "jump")
        else:
            name = jump.flow if jump.node is None else f"{jump.flow}/{jump.node}"
            key = f"flow {name}"
            self.picture.boxes.setdefault(key, Box(key, "flow", title=str(name)))
            self._arrow(place.key, key, "call" if jump.comes_back else "", "jump")

    def _arrow(self, source: str, target: Target, label: str = "", way: Way = "next") -> None:
        if target is None:
            self.picture.boxes.setdefault(END, Box(END, "end", title="end"))
            target = END
        if not isinstance(target, str):
            return  # back to where the session waits: nothing to draw
        arrow = Arrow(source, target, label, way)
        if arrow not in self.picture.arrows:
            self.picture.arrows.append(arrow)


_ERRORS = Box("(errors)", "intent", title="any error")


def _is_hidden(place: FlowNode) -> bool:
    """Replies of intents: they say something and come back."""
    return place.key.startswith("#intents.")


def _box(place: FlowNode) -> Box:
    title = place.key if place.has_id else ""
    return Box(place.key, "node", place.type.key, place.type.draws_as, title, _text(place), place.disabled)


def _missing(place: FlowNode) -> str:
    """What to call the way below, where it stands for a branch that is not there."""
    missing = [branch for branch in place.type.exhaustive if branch not in place.branches]
    return missing[0] if len(missing) == 1 else ""


def _text(place: FlowNode) -> str:
    main = place.type.main
    raw = place.settings.raw
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
