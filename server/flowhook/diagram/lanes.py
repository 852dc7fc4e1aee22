"""Several flows in one picture: the flow in question, and beside it, each in a lane of its own, those that
are attached or called, and what these attach and call.

Each lane is laid out by itself, as if it were alone. Lanes stand in columns from left to right, the flow
itself in the first; a column is filled down to the height of the first. From the box that stands for another
flow an arrow leads into the lane of that flow.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from flowhook.diagram.diagram import START, Arrow, diagram_of
from flowhook.diagram.picture import LINE, Lane, LaneRole, Picture, PlacedArrow, PlacedBox, picture_of
from flowhook.flowfiles.compile.compiler import CompiledFlow

MOST = 12  #: flows in one picture; the others stay boxes
PADDING, HEAD = 18.0, 2 * LINE  #: inside the frame of a lane; above its boxes, for its name
GAP = 60.0  #: between lanes

FLOW = "flow "  #: how the key of a box begins that stands for another flow
_Point = tuple[float, float]


def lanes_of(name: str, flows: Mapping[str, CompiledFlow]) -> Picture:
    """Return the picture of a flow with lanes. ``flows``: all of the library by name; those that have errors,
    and what is not there, stay boxes."""
    parts = [_Part(flow, role, picture_of(diagram_of(flows[flow]))) for flow, role in _reached(name, flows)]
    _place(parts)
    found = {part.flow: part for part in parts}
    boxes = [box for part in parts for box in part.boxes(own=part is parts[0])]
    arrows = [arrow for part in parts for arrow in part.arrows(own=part is parts[0])]
    placed = {box.box.key: box for box in boxes}
    arrows += _between(parts, found, placed)
    return Picture(
        name,
        max(part.x + part.width for part in parts),
        max(part.y + part.height for part in parts),
        tuple(boxes),
        tuple(arrows),
        tuple(part.lane(own=part is parts[0]) for part in parts),
    )


def _reached(name: str, flows: Mapping[str, CompiledFlow]) -> Iterator[tuple[str, LaneRole]]:
    """The flow, then what it attaches and calls, near ones first, each once."""
    seen, todo = {name}, deque[tuple[str, LaneRole]]([(name, "own")])
    while todo:
        flow, role = todo.popleft()
        yield flow, role
        compiled = flows[flow]
        near: list[tuple[str, LaneRole]] = [(use.name, "attached") for use in compiled.attached]
        near.extend((jump.flow, "called") for jump in compiled.jumps if jump.flow is not None)
        for other, why in near:
            known = flows.get(other)
            if known is not None and known.flow is not None and other not in seen and len(seen) < MOST:
                seen.add(other)
                todo.append((other, why))


@dataclass(slots=True)
class _Part:
    """One lane on its way into the picture: ``x, y`` is where its frame begins."""

    flow: str
    role: LaneRole
    picture: Picture
    x: float = 0.0
    y: float = 0.0

    @property
    def width(self) -> float:
        return self.picture.width + 2 * PADDING

    @property
    def height(self) -> float:
        return self.picture.height + HEAD + 2 * PADDING

    @property
    def shift(self) -> _Point:
        """How far its boxes are moved."""
        return self.x + PADDING, self.y + PADDING + HEAD

    def key(self, key: str, *, own: bool) -> str:
        """The key of one of its boxes in the whole picture: those of the flow itself keep theirs."""
        return key if own else f"{self.flow}/{key}"

    def boxes(self, *, own: bool) -> Iterator[PlacedBox]:
        right, down = self.shift
        for placed in self.picture.boxes:
            box = replace(placed.box, key=self.key(placed.box.key, own=own))
            yield replace(placed, box=box, x=placed.x + right, y=placed.y + down)

    def arrows(self, *, own: bool) -> Iterator[PlacedArrow]:
        right, down = self.shift
        for placed in self.picture.arrows:
            source, target = placed.arrow.source, placed.arrow.target
            arrow = replace(placed.arrow, source=self.key(source, own=own), target=self.key(target, own=own))
            label = placed.label and replace(placed.label, x=placed.label.x + right, y=placed.label.y + down)
            yield PlacedArrow(arrow, _moved(placed.path, right, down), label)

    def lane(self, *, own: bool) -> Lane:
        boxes = {self.key(placed.box.key, own=own): placed.box.key for placed in self.picture.boxes}
        return Lane(self.flow, self.role, self.x, self.y, self.width, self.height, boxes)


def _place(parts: list[_Part]) -> None:
    """Fill columns from left to right, none longer than the first lane, or than its own first one."""
    longest = parts[0].height
    left, column = parts[0].width + GAP, list[_Part]()
    for part in parts[1:]:
        bottom = column[-1].y + column[-1].height + GAP if column else 0.0
        if column and bottom + part.height > longest:
            left += max(above.width for above in column) + GAP
            column, bottom = [], 0.0
        part.x, part.y = left, bottom
        column.append(part)


def _between(
    parts: list[_Part], found: Mapping[str, _Part], placed: Mapping[str, PlacedBox]
) -> Iterator[PlacedArrow]:
    """The arrows from a box that stands for a flow into the lane of that flow."""
    for part in parts:
        for box in part.picture.boxes:
            if box.box.kind != "flow":
                continue
            name, _, node = box.box.title.partition("/")
            target = found.get(name)
            if target is None or target is part:
                continue
            source_key = part.key(box.box.key, own=part is parts[0])
            target_key = target.key(node or START, own=target is parts[0])
            if target_key in placed:
                path = _across(placed[source_key], placed[target_key])
                yield PlacedArrow(Arrow(source_key, target_key, "", "lane"), path, None)


def _across(source: PlacedBox, target: PlacedBox) -> str:
    """A path from the side of one box to the side of another, in another lane."""
    right = target.x > source.x
    x1 = source.x + source.width / 2 * (1 if right else -1)
    x2 = target.x - target.width / 2 * (1 if right else -1)
    bend = max(GAP, abs(x2 - x1) / 2) * (1 if right else -1)
    return (
        f"M{x1:.1f} {source.y:.1f} C{x1 + bend:.1f} {source.y:.1f} {x2 - bend:.1f} {target.y:.1f} "
        f"{x2:.1f} {target.y:.1f}"
    )


def _moved(path: str, right: float, down: float) -> str:
    """A path of ``M`` and ``C`` with all its points moved."""
    words, is_x = [], True
    for word in path.split():
        letter = word[0] if word[0].isalpha() else ""
        value = float(word[len(letter) :]) + (right if is_x else down)
        words.append(f"{letter}{value:.1f}")
        is_x = not is_x
    return " ".join(words)
