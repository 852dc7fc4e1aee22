"""A diagram as Mermaid text, which GitHub, GitLab and many editors draw."""

from __future__ import annotations

from collections.abc import Mapping

from flowhook.diagram.diagram import Arrow, ArrowKind, Box, Diagram
from flowhook.engine.node import DrawnAs

#: The shape of a node's box, by how its type is drawn.
_SHAPES: Mapping[DrawnAs, tuple[str, str]] = {
    "say": ("(", ")"), "ask": ("[/", "/]"), "choose": ("{{", "}}"), "outside": ("[[", "]]"),
    "quiet": ("[", "]"), "end": ("([", "])"), "plain": ("[", "]"),
}  # fmt: skip
_LINKS: Mapping[ArrowKind, str] = {
    "next": "-->", "branch": "-->", "jump": "-->",
    "intent": "-.->", "error": "-.->", "time": "-.->", "wait": "-.->",
}  # fmt: skip
_CLASSES = {
    "say": "fill:#e3f2fd,stroke:#1e88e5,color:#0d2b45",
    "ask": "fill:#fff3d6,stroke:#f0a500,color:#4a3200",
    "choose": "fill:#f3e8fd,stroke:#8e4ec6,color:#33124d",
    "outside": "fill:#e2f6ee,stroke:#1d9e75,color:#0b3b2c",
    "entry": "fill:#eceff1,stroke:#607d8b,color:#263238",
}


def render(diagram: Diagram) -> str:
    """The text, with a final line break."""
    ids = {key: f"n{number}" for number, key in enumerate(diagram.boxes)}
    lines = [f"%% flow {diagram.name}", "flowchart TD"]
    lines += [f"  {ids[box.key]}{_shape(box)}" for box in diagram.boxes.values()]
    lines += [f"  {ids[arrow.source]} {_link(arrow)} {ids[arrow.target]}" for arrow in diagram.arrows]
    for name, style in _CLASSES.items():
        members = [ids[box.key] for box in diagram.boxes.values() if _class(box) == name]
        if members:
            lines += [f"  classDef {name} {style}", f"  class {','.join(members)} {name}"]
    return "\n".join(lines) + "\n"


def _class(box: Box) -> str:
    return box.style if box.kind == "node" else "entry"


def _shape(box: Box) -> str:
    if box.kind in ("start", "end"):
        return f'(["{_escaped(box.title)}"])'
    if box.kind == "intent":
        return f'>"{_escaped(box.title)}"]'
    if box.kind == "flow":
        return f'[["flow {_escaped(box.title)}"]]'
    before, after = _SHAPES[box.style]
    head = f"<b>{_escaped(box.title)}</b> · {box.type}" if box.title else f"<i>{box.type}</i>"
    text = f"{head}<br/>{_escaped(box.text)}" if box.text else head
    return f'{before}"{text}"{after}'


def _link(arrow: Arrow) -> str:
    link = _LINKS[arrow.kind]
    return f'{link}|"{_escaped(arrow.label)}"|' if arrow.label else link


def _escaped(text: str) -> str:
    """Text as Mermaid takes it inside quotation marks: as entities, so that nothing is read as its own."""
    for char, entity in (
        ("#", "#35;"), ("&", "#amp;"), ('"', "#quot;"), ("<", "#lt;"), (">", "#gt;"), ("|", "#124;"),
        ("`", "#96;"), ("\\", "#92;"), ("{", "#123;"), ("}", "#125;"),
    ):  # fmt: skip
        text = text.replace(char, entity)
    return text
