"""What the settings of nodes refer to by name: nodes, flows, and what expressions read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple, cast

from flowhook.engine.expressions import Expression
from flowhook.engine.expressions.analysis import either_name
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.engine.settings.fields import ModelMarks
from flowhook.engine.settings.strings import strings_in
from flowhook.engine.turn.input import INPUT_NAMES
from flowhook.extraction.safe_regex import is_pattern
from flowhook.flowfiles.compile.node_parser import ParsedNode
from flowhook.flowfiles.compile.question_defaults import POSITION
from flowhook.flowfiles.compile.written import Texts, WrittenSettings, is_template
from flowhook.yamldoc.document import Document, Path, Span
from flowhook.yamldoc.source_map import position_of

#: The names that expressions may read.
ROOTS = (
    "input", "context", "profile", "session", "vars", "history", "now", "answer", "error", "omit", "args",
    "visits", "snippets",
)  # fmt: skip

_ROOTS = frozenset(ROOTS)

UseKind = (
    Literal["root", "answer", "input", "vars", "now", "history", "args", "visits", "snippets", "error", "nlu"]
    | Literal["attachment", "ranked", "found"]
    | Literal["connection", "intent", "state", "slot", "locale", "flow", "timer"]
)
_LEADS = frozenset({"target", "flow"})
#: Roots whose names are known.
_WITH_NAMES: tuple[UseKind, ...] = ("vars", "input", "now", "args", "visits", "snippets", "error")


class Jump(NamedTuple):
    """A node that leaves for another by name. ``flow`` None: in the same flow; ``node`` None: its first.

    ``anywhere``: the target is computed in the turn.
    """

    source: str  #: the key of the node that leaves
    path: Path
    line: int
    column: int
    length: int
    flow: str | None = None
    node: str | None = None
    anywhere: bool = False
    comes_back: bool = False
    waits: bool = False


class NameUse(NamedTuple):
    """A name in a flow that has to be known elsewhere."""

    kind: UseKind
    name: str
    line: int
    column: int
    length: int


class CasePosition(NamedTuple):
    """A case of a ``switch``, at its key."""

    node: str  #: the key of the switch
    case: str
    line: int
    column: int
    length: int


def jumps_of(parsed: ParsedNode, written: WrittenSettings) -> Iterator[Jump]:
    """Where a node leaves for by name, if its type has fields for that; ``written`` are its settings."""
    known = ModelMarks.of(parsed.type)
    for path, target in () if known.kinds.isdisjoint(_LEADS) else written.texts:
        marks = known.at(path)
        if not marks & _LEADS:
            continue
        span = written.span(path)
        comes_back = "flow" in marks
        flow, node = (target.rstrip("/"), None) if comes_back else _split(target)
        anywhere = is_template(target)
        yield Jump(
            source=parsed.key,
            path=(*parsed.settings_path, *path),
            line=span.line,
            column=span.column,
            length=span.length,
            flow=None if anywhere else flow,
            node=None if anywhere else node,
            anywhere=anywhere,
            comes_back=comes_back,
            waits=parsed.type.stops_at_target(written.data),
        )


def _split(target: str) -> tuple[str | None, str | None]:
    """``x`` a node here, ``x/`` a flow, ``x/y`` both."""
    flow, slash, node = target.partition("/")
    return (flow, node or None) if slash else (None, flow)


def uses_of(settings: NodeSettings, written: WrittenSettings, lines: list[str]) -> Iterator[NameUse]:
    """Names that nobody knows here: unknown roots, keys of ``vars``, connections. ``lines`` of the file."""
    if settings.names:
        compiled = written.compiled_texts(settings.conditions)
        for kind, name, pattern in _names_read(settings.names, settings.paths):
            yield from _places(kind, name, pattern, compiled, written, lines)
        if "answer" in settings.names:
            yield from _misplaced_answers(settings, written, lines)
        if lists := _lists_read(settings.names, settings.paths):
            yield from _fields_of_items(lists, settings, written, lines)
    if not settings.marks.kinds.isdisjoint(_NAMING):
        yield from _named(settings, written)


@lru_cache(maxsize=1024)
def _names_read(roots: frozenset[str], paths: frozenset[str]) -> tuple[tuple[UseKind, str, str], ...]:
    """The names that have to be known, with patterns of how they are written. Remembered: the nodes of a flow
    read the same again and again."""
    found: list[tuple[UseKind, str, str]] = []
    found.extend(("root", root, rf"\b{re.escape(root)}\b") for root in sorted(roots - _ROOTS))
    read = [path.split(".") for path in paths]
    for kind in _WITH_NAMES:
        names = {parts[1] for parts in read if parts[0] == kind and len(parts) > 1}
        if kind == "input":
            names.difference_update(INPUT_NAMES)  # which are there in every flow
        found.extend((kind, name, _pattern_of(kind, name)) for name in sorted(names))
    for below, kind in _OF_UNDERSTANDING.items():
        names = {parts[2] for parts in read if parts[:2] == ["input", below] and len(parts) > 2}
        found.extend((kind, name, _pattern_of(below, name)) for name in sorted(names))
    return tuple(found)


#: What stands below ``input`` and has names of its own, with the kind of these.
_OF_UNDERSTANDING: Mapping[str, UseKind] = {"nlu": "nlu", "slots": "slot"}


def _fields_of_items(
    lists: Sequence[UseKind], settings: NodeSettings, written: WrittenSettings, lines: list[str]
) -> Iterator[NameUse]:
    """What is read of one of several: of a message, ``history[-1].text``, an attachment, a ranked intent."""
    for path, text in written.compiled_texts(settings.conditions):
        for kind in lists:
            for found in _fields_in(_LISTS[kind][1], text):
                line, column = position_of(lines, written.span(path), text, found.start(1))
                yield NameUse(kind, found[1], line, column, len(found[1]))


@lru_cache(maxsize=1024)
def _lists_read(roots: frozenset[str], paths: frozenset[str]) -> tuple[UseKind, ...]:
    """The lists with known fields that are read."""
    read = [*roots, *paths]
    return tuple(kind for kind, (start, _) in _LISTS.items() if any(path.startswith(start) for path in read))


#: Lists whose items have known fields: by kind of use, how the path begins and a pattern of the list.
_LISTS: Mapping[UseKind, tuple[str, str]] = {
    "history": ("history", r"history"),
    "attachment": ("input.attachments", r"(?:input|ci)\.attachments"),
    "ranked": ("input.nlu.intents", r"(?:input|ci)\.nlu\.intents"),
    "found": ("input.nlu.slots.", r"(?:input|ci)\.nlu\.slots\.\w+"),
}


def _fields_in(items: str, text: str) -> Iterator[re.Match[str]]:
    """The fields of items that a template reads, of one by its place or of each in a loop; no methods."""
    one = rf"(?:\b{items}\s*\[\s*-?\d+\s*\]|\(\s*{items}\s*\|\s*(?:first|last)\s*\))"
    yield from re.finditer(rf"{one}\s*\.\s*(\w+)\b(?!\s*\()", text)
    for loop in re.finditer(rf"\{{%-?\s*for\s+(\w+)\s+in\s+{items}\s*(?:\[[\d:]*\]\s*)?-?%\}}", text):
        yield from re.finditer(rf"\b{loop[1]}\.(\w+)\b(?!\s*\()", text)


#: What literal texts in settings of their own may name, told by the fields; nodes and flows are jumps.
_NAMED: tuple[UseKind, ...] = ("intent", "slot", "state", "locale", "connection", "timer")
_NAMING = frozenset(_NAMED)


def _named(settings: NodeSettings, written: WrittenSettings) -> Iterator[NameUse]:
    """Names of intents, states, slots, locales and connections that stand in fields for such names."""
    for path, text in written.texts:
        if not text or is_template(text):
            continue
        marks = settings.marks.at(path)
        for kind in _NAMED:
            if kind in marks:
                span = written.span(path)
                yield NameUse(kind, text, span.line, span.column, span.length)


#: What the NLU engine finds, beneath ``input``.
_UNDERSTOOD = (
    "intent", "intentScore", "intentFlow", "intentPath", "intentOutOfState", "slots", "type", "nlu",
    "understood",
)  # fmt: skip

_UNDERSTOOD_WORD = re.compile(rf"\b(?:{'|'.join(_UNDERSTOOD)})\b")


def needs_understanding(settings: NodeSettings, written: Mapping[str, Any]) -> bool:
    """Whether a node with these settings makes use of what the NLU engine finds in a text."""
    if "input" in settings.names and _reads_understanding(settings.paths, written):
        return True
    questions = settings.node_type.questions_in(written)
    return any(question.get("type") in ("slot", "intent") for question in questions)


def _reads_understanding(paths: Iterable[str], written: Mapping[str, Any] | None = None) -> bool:
    known = _asks_for_understanding(frozenset(paths))
    if known is not None:
        return known
    return any(_UNDERSTOOD_WORD.search(text) for _, text in strings_in((), written))  # a script


@lru_cache(maxsize=1024)
def _asks_for_understanding(paths: frozenset[str]) -> bool | None:
    """Whether one of the paths leads to what is understood; None where none leads below ``input``."""
    read = [path.split(".") for path in paths if path == "input" or path.startswith("input.")]
    return any(len(names) == 1 or names[1] in _UNDERSTOOD for names in read) if read else None


#: What is not known yet while rules and conditions of intents are tested.
_AFTER_RULES = ("intent", "intentScore", "intentFlow", "intentPath", "intentOutOfState", "understood")


def expression_needs_understanding(expression: Expression) -> bool:
    """The same of a bare expression."""
    return "input" in expression.names and _reads_understanding(expression.paths)


def intent_fields_in(expression: Expression) -> Iterator[tuple[str, int]]:
    """The fields of ``input`` that an expression reads although only intents give them their values,
    and where in it."""
    for path in sorted(expression.paths):
        names = path.split(".")
        late = names[0] == "input" and len(names) > 1 and names[1] in _AFTER_RULES
        if late or path.startswith("input.nlu.intents"):
            name = names[1] if late else "nlu.intents"
            found = re.search(rf"\binput\b.{{0,4}}?({re.escape(names[1])})\b", expression.source)
            yield f"input.{name}", found.start() if found else 0


def intent_keys(parsed: ParsedNode, document: Document) -> Iterator[NameUse]:
    """The intents that stand as keys of branches: ``on_intent``."""
    for branch in parsed.branches:
        map_name, _, name = branch.partition(".")
        if map_name in parsed.type.intent_maps and name and not is_pattern(name):
            where = POSITION if branch in parsed.inherited_branches else parsed.path
            span = document.key_span((*where, map_name, name))
            yield NameUse("intent", name, span.line, span.column, span.length)


def case_keys(parsed: ParsedNode, document: Document) -> Iterator[CasePosition]:
    """The keys of branches that are compared with a value: ``cases``."""
    for branch in parsed.branches:
        map_name, _, case = branch.partition(".")
        if map_name in parsed.type.value_maps:
            span = document.key_span((*parsed.path, map_name, case))
            yield CasePosition(parsed.key, case, span.line, span.column, span.length)


def uses_in(expression: Expression, span: Span, lines: list[str]) -> Iterator[NameUse]:
    """The same of one bare expression, written at ``span``."""
    source = expression.source
    wanted: list[tuple[UseKind, str, str]] = [
        ("root", root, rf"\b{re.escape(root)}\b") for root in expression.names - _ROOTS
    ]
    if "answer" in expression.names:
        wanted.append(("answer", "answer", r"\banswer\b"))
    for path in expression.paths:
        kind, *names = path.split(".")
        if kind in ("vars", "input", "now", "args", "visits", "snippets") and names:
            wanted.append((cast(UseKind, kind), names[0], _pattern_of(kind, names[0])))
        if path.startswith("input.slots."):
            wanted.append(("slot", names[1], _pattern_of("slots", names[1])))
    for kind, name, pattern in dict.fromkeys(wanted):
        found = re.search(pattern, source)
        if found:
            line, column = position_of(lines, span, source, found.start(found.lastindex or 0))
            yield NameUse(kind, name, line, column, len(name))


def _pattern_of(mapping: str, name: str) -> str:
    return rf"\b{either_name(mapping)}(?:\.|\[\s*['\"])({re.escape(name)})\b"


def _misplaced_answers(
    settings: NodeSettings, written: WrittenSettings, lines: list[str]
) -> Iterator[NameUse]:
    """Uses of ``answer`` outside the settings that are evaluated with it."""
    for path, text in written.compiled_texts(settings.conditions):
        if _sees_answer(settings, path):
            continue
        if "answer" in settings.expressions.names(text):
            line, column = position_of(lines, written.span(path), text, text.index("answer"))
            yield NameUse("answer", "answer", line, column, len("answer"))


def _sees_answer(settings: NodeSettings, path: Path) -> bool:
    return "answer" in settings.marks.at(path)


def _places(
    kind: UseKind,
    name: str,
    pattern: str,
    compiled: Texts,
    written: WrittenSettings,
    lines: list[str],
) -> Iterator[NameUse]:
    """The uses of a name, at the places where they are written; ``pattern`` finds it, or groups it."""
    for path, text in compiled:
        found = re.search(pattern, text)
        if found:
            line, column = position_of(lines, written.span(path), text, found.start(found.lastindex or 0))
            yield NameUse(kind, name, line, column, len(name))
