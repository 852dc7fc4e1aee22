"""A diagram as SVG: one file, no script, no font to load, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from itertools import pairwise

from flowhook.diagram.diagram import Arrow, Box, Diagram
from flowhook.diagram.layered_layout import Layout, Vertex, lay_out
from flowhook.engine.node import DrawnAs

WIDEST = 230.0  #: of a box, in pixels
MARGIN = 24.0
LINE, PADDING = 17.0, 12.0
LINES = 3  #: of text in a box

#: The colours of a node's box: the classes of the style below, by how its type is drawn.
_CLASSES: Mapping[DrawnAs, str] = {
    "say": "say", "ask": "ask", "choose": "choose", "outside": "outside", "quiet": "quiet", "end": "quiet",
    "plain": "",
}  # fmt: skip
_STYLE = """
svg { font: 13px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; background: #fff; }
text { fill: #1c2733; } .type { fill: #6b7885; font-size: 11px; } .id { font-weight: 600; }
.box { fill: #fff; stroke: #a9b4be; stroke-width: 1.2; }
.say { fill: #e8f2fd; stroke: #5b9ee0; } .ask { fill: #fff4d9; stroke: #e0a526; }
.choose { fill: #f4ebfc; stroke: #a06bd0; } .outside { fill: #e4f6ee; stroke: #3fae85; }
.quiet { fill: #f3f5f7; stroke: #a9b4be; } .entry { fill: #37474f; stroke: #37474f; }
.entry-text { fill: #fff; font-weight: 600; } .disabled { opacity: .45; stroke-dasharray: 4 3; }
.arrow { fill: none; stroke: #7b8894; stroke-width: 1.4; } .head { fill: #7b8894; }
.error { stroke: #d2604f; stroke-dasharray: 5 4; } .time { stroke: #c58a1b; stroke-dasharray: 2 4; }
.intent { stroke: #607d8b; stroke-dasharray: 5 4; } .wait { stroke: #9aa5b0; stroke-dasharray: 2 3; }
.label { font-size: 11px; fill: #45525e; paint-order: stroke; stroke: #fff; stroke-width: 4px; }
@media (prefers-color-scheme: dark) {
  svg { background: #14191f; } text { fill: #e6ebf0; } .type { fill: #93a1ae; }
  .box { fill: #1d242c; stroke: #55626e; } .say { fill: #14304b; } .ask { fill: #3d2f0c; }
  .choose { fill: #31213f; } .outside { fill: #12352a; } .quiet { fill: #222a32; }
  .entry { fill: #cfd8dc; stroke: #cfd8dc; } .entry-text { fill: #14191f; }
  .label { fill: #c4ced7; stroke: #14191f; }
}
"""


def render(diagram: Diagram) -> str:
    """The file's text."""
    boxes = list(diagram.boxes.values())
    lines = {box.key: _lines(box) for box in boxes}
    sizes = {box.key: _size(box, lines[box.key]) for box in boxes}
    layout = lay_out(sizes, [(arrow.source, arrow.target) for arrow in diagram.arrows])
    parts = [_arrow(arrow, layout, index) for index, arrow in enumerate(diagram.arrows)]
    parts += [_box(box, layout.vertices[box.key], lines[box.key]) for box in boxes]
    parts += [_label(arrow, layout, index) for index, arrow in enumerate(diagram.arrows) if arrow.label]
    width, height = layout.width + 2 * MARGIN, layout.height + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-MARGIN:.0f} {-MARGIN:.0f} {width:.0f} {height:.0f}" role="img">\n'
        f"<title>{escape(f'The flow {diagram.name}')}</title>\n<style>{_STYLE}</style>\n"
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="head" d="M0 1 L9 5 L0 9 z"/></marker></defs>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


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


def _box(box: Box, vertex: Vertex, lines: list[str]) -> str:
    x, y = vertex.x - vertex.width / 2, vertex.y - vertex.height / 2
    frame = f'x="{x:.1f}" y="{y:.1f}" width="{vertex.width:.1f}" height="{vertex.height:.1f}"'
    if box.kind != "node":
        round_ = 4 if box.kind == "flow" else 15
        name = "box" if box.kind == "flow" else "box entry"
        text_class = "" if box.kind == "flow" else ' class="entry-text"'
        return (
            f'<g><rect class="{name}" {frame} rx="{round_}"/>'
            f'<text{text_class} x="{vertex.x:.1f}" y="{vertex.y + 4.5:.1f}" text-anchor="middle">'
            f"{escape(box.title)}</text></g>"
        )
    kind = _CLASSES[box.style]
    disabled = " disabled" if box.disabled else ""
    left, top = x + PADDING, y + PADDING + 8
    head = f'<tspan class="id">{escape(box.title)}</tspan>' if box.title else ""
    gap = ' dx="8"' if box.title else ""
    rows = [f'<text x="{left:.1f}" y="{top:.1f}">{head}<tspan class="type"{gap}>{box.type}</tspan></text>']
    for number, line in enumerate(lines, 1):
        rows.append(f'<text x="{left:.1f}" y="{top + number * LINE:.1f}">{escape(line)}</text>')
    tip = escape(f"{box.key}: {box.text}" if box.text else box.key)
    return f'<g><title>{tip}</title><rect class="box {kind}{disabled}" {frame} rx="9"/>{"".join(rows)}</g>'


# --- arrows ----------------------------------------------------------------------------------------


def _arrow(arrow: Arrow, layout: Layout, index: int) -> str:
    points = _points(arrow, layout, index)
    path = f"M{points[0][0]:.1f} {points[0][1]:.1f}"
    for (x1, y1), (x2, y2) in pairwise(points):
        bend = (y2 - y1) * 0.5
        path += f" C{x1:.1f} {y1 + bend:.1f} {x2:.1f} {y2 - bend:.1f} {x2:.1f} {y2:.1f}"
    if arrow.source == arrow.target:
        path = _loop(layout.vertices[arrow.source])
    kind = f" {arrow.kind}" if arrow.kind in ("error", "time", "intent", "wait") else ""
    return f'<path class="arrow{kind}" d="{path}" marker-end="url(#head)"/>'


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


def _label(arrow: Arrow, layout: Layout, index: int) -> str:
    points = _points(arrow, layout, index)
    (x1, y1), (x2, y2) = points[0], points[1]
    if arrow.source == arrow.target:
        vertex = layout.vertices[arrow.source]
        x1 = x2 = vertex.x + vertex.width / 2 + 30
        y1 = y2 = vertex.y
    share = 0.15 if arrow.kind == "wait" else 0.42  # beside the label of the way there
    x, y = x1 + (x2 - x1) * share, y1 + (y2 - y1) * share + 4
    text = escape(_cut(arrow.label, 120.0))
    return f'<text class="label" x="{x:.1f}" y="{y:.1f}" text-anchor="middle">{text}</text>'
