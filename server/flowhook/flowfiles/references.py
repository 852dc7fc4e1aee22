"""What the settings of nodes refer to by name: nodes, flows, and what expressions read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flowhook.engine.settings import Settings
from flowhook.flowfiles.positions import place_in
from flowhook.flowfiles.source import Document, Path
from flowhook.flowfiles.tree import Draft

#: The names that expressions may read.
ROOTS = ("input", "context", "profile", "session", "vars", "history", "now", "answer", "error")

#: Settings that name a node or a flow, by node type.
_TARGETS: Mapping[str, str] = {"goto": "to", "call": "flow"}
UseKind = Literal["root", "answer", "input", "vars", "connection"]
_OPENINGS = ("{{", "{%")


@dataclass(frozen=True, slots=True)
class Jump:
    """A node that leaves for a place by name. ``flow`` None: in the same flow; ``node`` None: its start.

    ``anywhere``: the target is computed in the turn.
    """

    place: str
    path: Path
    line: int
    column: int
    length: int
    flow: str | None = None
    node: str | None = None
    anywhere: bool = False
    comes_back: bool = False
    waits: bool = False


@dataclass(frozen=True, slots=True)
class NameUse:
    """A name in a node's settings that has to be known elsewhere."""

    kind: UseKind
    name: str
    line: int
    column: int
    length: int


def is_template(value: Any) -> bool:
    """Whether a value is rendered in the turn."""
    return isinstance(value, str) and any(opening in value for opening in _OPENINGS)


def jumps_of(draft: Draft, written: Document) -> Iterator[Jump]:
    """Where a node leaves for by name, if its type does so; ``written`` are its settings."""
    name = _TARGETS.get(draft.type.key)
    target = written.data.get(name)
    if name is None or not isinstance(target, str):
        return
    mark = written.mark((name,))
    comes_back = name == "flow"
    flow, node = (target.rstrip("/"), None) if comes_back else _split(target)
    anywhere = is_template(target)
    yield Jump(
        place=draft.key,
        path=(*draft.value_path, name),
        line=mark.line,
        column=mark.column,
        length=mark.length,
        flow=None if anywhere else flow,
        node=None if anywhere else node,
        anywhere=anywhere,
        comes_back=comes_back,
        waits=bool(written.data.get("wait")),
    )


def _split(target: str) -> tuple[str | None, str | None]:
    """``x`` a node here, ``x/`` a flow, ``x/y`` both."""
    flow, slash, node = target.partition("/")
    return (flow, node or None) if slash else (None, flow)


def uses_of(settings: Settings, written: Document, lines: list[str]) -> Iterator[NameUse]:
    """Names that nobody knows here: unknown roots, keys of ``vars``, connections. ``lines`` of the file."""
    for root in settings.names - frozenset(ROOTS):
        yield from _places("root", root, rf"\b{re.escape(root)}\b", settings, written, lines)
    if "answer" in settings.names:
        yield from _misplaced_answers(settings, written, lines)
    for kind in ("vars", "input"):
        for name in {path.split(".")[1] for path in settings.paths if path.startswith(f"{kind}.")}:
            pattern = rf"\b{kind}(?:\.|\[\s*['\"])({re.escape(name)})\b"
            yield from _places(kind, name, pattern, settings, written, lines)
    connection = written.data.get("connection")
    if isinstance(connection, str) and not is_template(connection):
        mark = written.mark(("connection",))
        yield NameUse("connection", connection, mark.line, mark.column, mark.length)


def _misplaced_answers(settings: Settings, written: Document, lines: list[str]) -> Iterator[NameUse]:
    """Uses of ``answer`` outside the condition that tests it."""
    elsewhere = {name: value for name, value in written.data.items() if name != "valid_if"}
    for path, text in texts_in((), elsewhere):
        if not (text in settings.conditions or is_template(text)):
            continue
        if "answer" in settings.expressions.names(text):
            line, column = place_in(lines, written.mark(path), text, text.index("answer"))
            yield NameUse("answer", "answer", line, column, len("answer"))


def _places(
    kind: UseKind,
    name: str,
    pattern: str,
    settings: Settings,
    written: Document,
    lines: list[str],
) -> Iterator[NameUse]:
    """The uses of a name, at the places where they are written; ``pattern`` finds it, or groups it."""
    for path, text in texts_in((), written.data):
        found = re.search(pattern, text) if text in settings.conditions or is_template(text) else None
        if found:
            line, column = place_in(lines, written.mark(path), text, found.start(found.lastindex or 0))
            yield NameUse(kind, name, line, column, len(name))


def texts_in(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """Every text in a value, with its path."""
    if isinstance(value, str):
        yield path, value
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        yield from texts_in((*path, name), part)
