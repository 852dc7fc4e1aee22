"""The parts of a file, as a tree: what an editor's outline shows, and a reader steps through."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from flowhook.engine.settings.strings import strings_in
from flowhook.flowfiles.compile.node_parser import ParsedNode
from flowhook.language_service.text import Range
from flowhook.language_service.workspace import SourceFile, Workspace
from flowhook.yamldoc.document import Document
from flowhook.yamldoc.document import Path as YamlPath

_LONGEST = 60  #: characters of a node's text


@dataclass(slots=True)
class OutlineItem:
    """A part of a file. ``range`` is its name, ``whole`` all that belongs to it, at least the name."""

    name: str
    kind: str  #: flow, node, branch, intent, slot, state, section
    detail: str
    range: Range
    whole: Range
    children: list[OutlineItem] = field(default_factory=list)


def outline(workspace: Workspace, path: Path) -> list[OutlineItem]:
    """Return the parts of a file; of one that cannot be read at the moment, as it was before."""
    source = workspace.source(path)
    if source is None or source.document is None:
        return []
    if source.symbols is None:
        return _sections(source.document)
    return _flow_parts(source, source.document)


def _flow_parts(source: SourceFile, document: Document) -> list[OutlineItem]:
    assert source.symbols is not None
    parts: list[OutlineItem] = []
    for section, kind in (("intents", "intent"), ("slots", "slot"), ("states", "state")):
        names = document.data.get(section) if isinstance(document.data, dict) else None
        if isinstance(names, dict) and names:
            item = _keyed(document, (section,), section, "section", "")
            item.children = [_keyed(document, (section, name), name, kind, "") for name in names]
            parts.append(item)
    if isinstance(document.data, dict) and "nodes" in document.data:
        nodes = _keyed(document, ("nodes",), "nodes", "section", "")
        nodes.children = [_node(document, parsed) for parsed in source.symbols.top]
        parts.append(nodes)
    return parts


def _node(document: Document, parsed: ParsedNode) -> OutlineItem:
    """A node with its branches, by depth; the loader bounds how deep files are nested."""
    value = document.data
    for part in parsed.settings_path:
        value = value[part]
    if isinstance(value, dict) and parsed.type.main in value:
        value = value[parsed.type.main]
    text = next((text for _, text in strings_in((), value)), "").strip().partition("\n")[0][:_LONGEST]
    name = parsed.key if parsed.has_id else f"{parsed.type.key}: {text}" if text else parsed.type.key
    detail = f"{parsed.type.key}: {text}" if parsed.has_id and text else parsed.type.key
    where = (*parsed.path, "id") if parsed.has_id else parsed.settings_path
    span = document.span(where) if parsed.has_id else document.key_span(where)
    item = OutlineItem(
        name, "node", detail, Range.on_line(span.line, span.column, span.length),
        _whole(document, parsed.path),
    )  # fmt: skip
    branches = list(parsed.branches.items())
    if parsed.on_error is not None:
        branches.append(("on_error", parsed.on_error))
    for name, branch in branches:
        mapping, _, case = name.partition(".")
        path: YamlPath = (*parsed.path, mapping, case) if case else (*parsed.path, mapping)
        target = f"→ {branch.reference.word}" if branch.reference is not None else ""
        child = _keyed(document, path, case or mapping, "branch", target)
        child.children = [_node(document, one) for one in branch.nodes]
        item.children.append(child)
    return item


def _sections(document: Document) -> list[OutlineItem]:
    """The keys of config.yaml or a test file, and what is listed with a name in them."""
    items: list[OutlineItem] = []
    for key, value in document.data.items() if isinstance(document.data, dict) else ():
        item = _keyed(document, (key,), key, "section", "")
        for index, part in enumerate(value) if isinstance(value, list) else ():
            if isinstance(part, dict) and isinstance(part.get("name"), str):
                span = document.span((key, index, "name"))
                text_range = Range.on_line(span.line, span.column, span.length)
                whole = _whole(document, (key, index))
                item.children.append(OutlineItem(part["name"], "node", "", text_range, whole))
        items.append(item)
    return items


def _keyed(document: Document, path: YamlPath, name: str, kind: str, detail: str) -> OutlineItem:
    key = document.key_span(path)
    whole = _whole(document, path)
    text_range = Range.on_line(key.line, key.column, key.length)
    return OutlineItem(
        name, kind, detail, text_range, Range(key.line, key.column, whole.end_line, whole.end_column)
    )


def _whole(document: Document, path: YamlPath) -> Range:
    span = document.span(path)
    return Range(span.line, span.column, max(span.end_line, span.line), span.end_column)
