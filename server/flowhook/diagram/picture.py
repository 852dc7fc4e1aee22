"""A diagram with everything in its place: one picture for command line, documentation and studio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal

from flowhook.diagram.diagram import Arrow, Box, Diagram
from flowhook.diagram.layered_layout import Layout, Vertex, lay_out
from flowhook.engine.node import DrawnAs

#: Why a flow is in a picture: it is the one that is drawn, it is attached to one, or one calls it.
LaneRole = Literal["own", "attached", "called"]

WIDEST = 230.0  #: of a box, in pixels
MARGIN = 24.0  #: around the whole
LINE, PADDING = 17.0, 12.0
LINES = 3  #: of text in a box

#: The classes of a node's box, by how its type is drawn.
CLASSES: Mapping[DrawnAs, str] = {
    "say": "say", "ask": "ask", "choose": "choose", "outside": "outside", "quiet": "quiet", "end": "quiet",
    "plain": "",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PlacedBox:
    """A box: its middle, its size, and its text in lines that fit."""

    box: Box
    x: float
    y: float
    width: float
    height: float
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Label:
    """A text beside an arrow, about its middle."""

    text: str
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class PlacedArrow:
    """An arrow as a path of SVG."""

    arrow: Arrow
    path: str
    label: Label | None


@dataclass(frozen=True, slots=True)
class Lane:
    """One of several flows in a picture: a frame around its boxes. ``x, y`` is its left upper corner."""

    flow: str
    role: LaneRole
    x: float
    y: float
    width: float
    height: float
    boxes: Mapping[str, str]  #: the keys of its boxes in the picture → in the flow itself


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture of a flow, of several where it has lanes; its left upper corner is at 0, 0."""

    name: str
    width: float
    height: float
    boxes: tuple[PlacedBox, ...]
    arrows: tuple[PlacedArrow, ...]
    lanes: tuple[Lane, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """As the API shows it: in whole pixels but for the paths."""
        shown: dict[str, Any] = {
            "name": self.name,
            "width": round(self.width),
            "height": round(self.height),
            "margin": MARGIN,
            "boxes": [_box_json(placed) for placed in self.boxes],
            "arrows": [_arrow_json(placed) for placed in self.arrows],
        }
        if self.lanes:
            shown["lanes"] = [_lane_json(lane) for lane in self.lanes]
        return shown


def picture_of(diagram: Diagram) -> Picture:
    """Place the boxes and arrows of a diagram."""
    boxes = list(diagram.boxes.values())
    lines = {box.key: _lines(box) for box in boxes}
    sizes = {box.key: _size(box, lines[box.key]) for box in boxes}
    layout = lay_out(sizes, [(arrow.source, arrow.target) for arrow in diagram.arrows])
    placed = []
    for box in boxes:
        vertex = layout.vertices[box.key]
        placed.append(PlacedBox(box, vertex.x, vertex.y, vertex.width, vertex.height, tuple(lines[box.key])))
    arrows = [
        PlacedArrow(arrow, _path(arrow, layout, index), _label(arrow, layout, index) if arrow.label else None)
        for index, arrow in enumerate(diagram.arrows)
    ]
    return Picture(diagram.name, layout.width, layout.height, tuple(placed), tuple(arrows))


def _box_json(placed: PlacedBox) -> dict[str, Any]:
    box = placed.box
    shown: dict[str, Any] = {
        "key": box.key, "kind": box.kind, "type": box.type, "style": CLASSES[box.style], "title": box.title,
        "text": box.text, "lines": list(placed.lines), "x": round(placed.x - placed.width / 2),
        "y": round(placed.y - placed.height / 2), "width": round(placed.width),
        "height": round(placed.height),
    }  # fmt: skip
    if box.disabled:
        shown["disabled"] = True
    return shown


def _lane_json(lane: Lane) -> dict[str, Any]:
    return {
        "flow": lane.flow, "role": lane.role, "x": round(lane.x), "y": round(lane.y),
        "width": round(lane.width), "height": round(lane.height), "boxes": dict(lane.boxes),
    }  # fmt: skip


def _arrow_json(placed: PlacedArrow) -> dict[str, Any]:
    arrow, label = placed.arrow, placed.label
    shown: dict[str, Any] = {
        "source": arrow.source, "target": arrow.target, "kind": arrow.kind, "path": placed.path,
    }  # fmt: skip
    if arrow.branch:
        shown["branch"] = arrow.branch
    if label is not None:
        shown["label"] = {"text": label.text, "x": round(label.x), "y": round(label.y)}
    return shown


# --- boxes -----------------------------------------------------------------------------------------


def _lines(box: Box) -> list[str]:
    """The box's text, wrapped."""
    room = WIDEST - 2 * PADDING
    lines: list[str] = []
    for word in box.text.split():
        if lines and text_width(f"{lines[-1]} {word}") <= room:
            lines[-1] += f" {word}"
        else:
            lines.append(_cut(word, room))
    return lines if len(lines) <= LINES else [*lines[: LINES - 1], _cut(f"{lines[LINES - 1]}…", room)]


def _cut(text: str, room: float) -> str:
    while len(text) > 2 and text_width(text) > room:
        text = text[:-2] + "…"
    return text


def _size(box: Box, lines: list[str]) -> tuple[float, float]:
    if box.kind != "node":
        return text_width(box.title) + 34.0, 30.0
    head = text_width(f"{box.title}  {box.type}") if box.title else text_width(box.type)
    widest = max([head * 1.04, *(text_width(line) for line in lines)])
    return max(90.0, min(WIDEST + 40, widest + 2 * PADDING)), (len(lines) + 1) * LINE + 2 * PADDING - 6


def text_width(text: str) -> float:
    """About how wide a text is in the font of the boxes."""
    return sum(_char_width(char) for char in text)


def _char_width(char: str) -> float:
    if char in "iljtfrI.,:;'|! ()[]":
        return 4.7
    if char in "mwMW@%":
        return 12.4
    if ord(char) > 0x2E80:  # wide scripts, emoji
        return 14.0
    return 9.4 if char.isupper() or char in "{}<>+=~" else 7.9


# --- arrows ----------------------------------------------------------------------------------------


def _path(arrow: Arrow, layout: Layout, index: int) -> str:
    if arrow.source == arrow.target:
        return _loop(layout.vertices[arrow.source])
    points = _points(arrow, layout, index)
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = (y2 - y1) * 0.5
        path += f" C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"
    return path


def _points(arrow: Arrow, layout: Layout, index: int) -> list[tuple[float, float]]:
    """From the edge of one box to the edge of the other, through the arrow's places between."""
    source, target = layout.vertices[arrow.source], layout.vertices[arrow.target]
    way = layout.routes[index]
    down = target.y >= source.y
    first, last = way[1], way[-2]
    start = (_port(source, first[0]), source.y + source.height / 2 * (1 if down else -1))
    end = (_port(target, last[0]), target.y - target.height / 2 * (1 if down else -1))
    return [start, *way[1:-1], end]


def _port(vertex: Vertex, towards: float) -> float:
    """Where on its edge an arrow meets a box: a little to the side that it comes from."""
    reach = vertex.width / 2 - 14
    return vertex.x + max(-reach, min(reach, (towards - vertex.x) * 0.35))


def _loop(vertex: Vertex) -> str:
    x, y = vertex.x + vertex.width / 2, vertex.y
    return f"M{x:.1f} {y - 8:.1f} C{x + 34:.1f} {y - 26:.1f} {x + 34:.1f} {y + 26:.1f} {x:.1f} {y + 8:.1f}"


def _label(arrow: Arrow, layout: Layout, index: int) -> Label:
    points = _points(arrow, layout, index)
    (x1, y1), (x2, y2) = points[0], points[1]
    if arrow.source == arrow.target:
        vertex = layout.vertices[arrow.source]
        x1 = x2 = vertex.x + vertex.width / 2 + 30
        y1 = y2 = vertex.y
    share = 0.15 if arrow.kind == "wait" else 0.42  # beside the label of the way there
    return Label(_cut(arrow.label, 120.0), x1 + (x2 - x1) * share, y1 + (y2 - y1) * share + 4)
