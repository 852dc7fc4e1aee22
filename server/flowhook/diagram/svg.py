"""A diagram as SVG: one file, no script, no font to load, light and dark."""

from __future__ import annotations

from html import escape

from flowhook.diagram.diagram import Diagram
from flowhook.diagram.picture import (
    CLASSES,
    LINE,
    MARGIN,
    PADDING,
    Label,
    Lane,
    Picture,
    PlacedArrow,
    PlacedBox,
    picture_of,
)

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
.lane { stroke: #607d8b; stroke-dasharray: 1 4; }
rect.lane { fill: none; stroke-dasharray: none; opacity: .5; }
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
    return render_picture(picture_of(diagram))


def render_picture(picture: Picture) -> str:
    """The same of a picture in which everything has its place already."""
    parts = [_lane(lane) for lane in picture.lanes]
    parts += [_arrow(arrow) for arrow in picture.arrows]
    parts += [_box(box) for box in picture.boxes]
    parts += [_label(arrow.label) for arrow in picture.arrows if arrow.label is not None]
    width, height = picture.width + 2 * MARGIN, picture.height + 2 * MARGIN
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height:.0f}" '
        f'viewBox="{-MARGIN:.0f} {-MARGIN:.0f} {width:.0f} {height:.0f}" role="img">\n'
        f"<title>{escape(f'The flow {picture.name}')}</title>\n<style>{_STYLE}</style>\n"
        '<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path class="head" d="M0 1 L9 5 L0 9 z"/></marker></defs>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _lane(lane: Lane) -> str:
    frame = f'x="{lane.x:.1f}" y="{lane.y:.1f}" width="{lane.width:.1f}" height="{lane.height:.1f}"'
    name = lane.flow if lane.role == "own" else f"{lane.flow} ({lane.role})"
    return (
        f'<g><rect class="lane" {frame} rx="12"/><text class="id" x="{lane.x + PADDING:.1f}" '
        f'y="{lane.y + PADDING + 12:.1f}">{escape(name)}</text></g>'
    )


def _box(placed: PlacedBox) -> str:
    box = placed.box
    x, y = placed.x - placed.width / 2, placed.y - placed.height / 2
    frame = f'x="{x:.1f}" y="{y:.1f}" width="{placed.width:.1f}" height="{placed.height:.1f}"'
    if box.kind != "node":
        round_ = 4 if box.kind == "flow" else 15
        name = "box" if box.kind == "flow" else "box entry"
        text_class = "" if box.kind == "flow" else ' class="entry-text"'
        return (
            f'<g><rect class="{name}" {frame} rx="{round_}"/>'
            f'<text{text_class} x="{placed.x:.1f}" y="{placed.y + 4.5:.1f}" text-anchor="middle">'
            f"{escape(box.title)}</text></g>"
        )
    kind = CLASSES[box.style]
    disabled = " disabled" if box.disabled else ""
    left, top = x + PADDING, y + PADDING + 8
    head = f'<tspan class="id">{escape(box.title)}</tspan>' if box.title else ""
    gap = ' dx="8"' if box.title else ""
    rows = [f'<text x="{left:.1f}" y="{top:.1f}">{head}<tspan class="type"{gap}>{box.type}</tspan></text>']
    for number, line in enumerate(placed.lines, 1):
        rows.append(f'<text x="{left:.1f}" y="{top + number * LINE:.1f}">{escape(line)}</text>')
    tip = escape(f"{box.key}: {box.text}" if box.text else box.key)
    return f'<g><title>{tip}</title><rect class="box {kind}{disabled}" {frame} rx="9"/>{"".join(rows)}</g>'


def _arrow(placed: PlacedArrow) -> str:
    kind = placed.arrow.kind
    kind_class = f" {kind}" if kind in ("error", "time", "intent", "wait", "lane") else ""
    return f'<path class="arrow{kind_class}" d="{placed.path}" marker-end="url(#head)"/>'


def _label(label: Label) -> str:
    return (
        f'<text class="label" x="{label.x:.1f}" y="{label.y:.1f}" text-anchor="middle">'
        f"{escape(label.text)}</text>"
    )
