"""The names of a project and where each is defined and used: in flow files, tests and config.yaml.

The nodes are read by the compiler's own parser and what their settings name is told by the marks of their
fields, so a node of a plugin is treated as a built-in one. Files with problems give what could be read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flowhook.engine.expressions.analysis import SHORT_NAMES
from flowhook.engine.settings.fields import marks_at
from flowhook.engine.settings.strings import strings_in
from flowhook.extraction.safe_regex import is_pattern
from flowhook.flowfiles.compile.node_parser import Branch, NodeParser, ParsedNode
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.compile.question_defaults import POSITION, SHARED_BRANCHES, SHARED_MAPS
from flowhook.flowfiles.compile.written import is_template
from flowhook.language_service.text import Range
from flowhook.yamldoc.document import Document, Path, Span
from flowhook.yamldoc.problem_collector import ProblemCollector
from flowhook.yamldoc.source_map import position_of

SymbolKind = Literal[
    "flow", "node", "intent", "slot", "state", "timer", "variable", "connection", "var", "endpoint"
]

_STORED = re.compile(r"(?:context|profile|session)(?:\.[^.\s{}\[\]]+)+\Z")
_VARIABLE = re.compile(
    r"\b(context|cc|profile|cp|session|vars)((?:\s*\.\s*\w+|\[\s*(?:'\w+'|\"\w+\")\s*\])+)(?!\s*\()"
)
_PART = re.compile(r"\w+")
_SLOT = re.compile(r"\binput\s*\.\s*slots\s*(?:\.\s*|\[\s*['\"])(\w+)")
_COMPARED = re.compile(r"\binput\s*\.\s*intent\s*[!=]=\s*(['\"])(.+?)\1")
_PLACEHOLDER = re.compile(r"\{\s*([A-Za-z_][\w-]*)\s*\}")
_TEMPLATE = re.compile(r"\{\{.*?(?:\}\}|\Z)|\{%.*?(?:%\}|\Z)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Symbol:
    """A name. ``flow`` is where it belongs, "" for what the whole project shares."""

    kind: SymbolKind
    name: str
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A place at which a symbol is written. ``range`` is the name alone; ``about``: the definition whole."""

    symbol: Symbol
    range: Range
    defines: bool = False
    detail: str = ""  #: of a definition: what it is, in a few words
    path: str = ""  #: of a variable, whole: ``context.order.size``


class FlowSymbols:
    """Reads the symbols of one flow file."""

    def __init__(self, document: Document, node_types: NodeTypes) -> None:
        self.document = document
        self.data: Mapping[str, Any] = document.data if isinstance(document.data, dict) else {}
        self.flow = str(self.data.get("flow") or "")
        self.parser = NodeParser(ProblemCollector(document), node_types)
        self.found: list[Occurrence] = []
        self.top: list[ParsedNode] = []

    def read(self) -> list[Occurrence]:
        """Return the occurrences of the file, in no particular order."""
        if self.flow:
            about = str(self.data.get("description") or "")
            self._add("flow", self.flow, ("flow",), defines=True, detail=about)
        nodes = self.data.get("nodes")
        if isinstance(nodes, list):
            self.top = self.parser.read_list(nodes, ("nodes",))
        settings = self.data.get("settings")
        if isinstance(settings, dict) and "on_error" in settings:
            value = settings["on_error"]
            self._branch(
                self.parser.read_branch(value, ("settings", "on_error"), parent=None, prefix="#error")
            )
        questions = settings.get("questions") if isinstance(settings, dict) else None
        if isinstance(questions, dict):
            self._questions(questions)
        self._context()
        self._intents()
        self._slots()
        self._states()
        for path, name, nodes in self._mapping("timers"):
            self._at_key("timer", name, path)
            if isinstance(nodes, dict | list):
                self._branch(self.parser.read_branch(nodes, path, parent=None, prefix=f"#timers.{name}"))
        for path, name in _texts(("attach",), self.data.get("attach")):
            self._add("flow", name.rstrip("/"), path)
        moved = self.data.get("moved")
        for old, new in moved.items() if isinstance(moved, dict) else ():
            if isinstance(new, str):
                self._node(new, ("moved", old))
        for parsed in self.parser.nodes:
            self._parsed(parsed)
        return self.found

    def _questions(self, questions: Mapping[str, Any]) -> None:
        """The branches that questions have in common, read once."""
        for name, value in questions.items():
            where: Path = (*POSITION, name)
            if name in SHARED_BRANCHES:
                self._branch(self.parser.read_branch(value, where, parent=None, prefix=f"#questions.{name}"))
            elif name in SHARED_MAPS and isinstance(value, dict):
                for intent, part in value.items():
                    self._at_key("intent", intent, (*where, intent), defines=False)
                    prefix = f"#questions.{name}.{intent}"
                    self._branch(self.parser.read_branch(part, (*where, intent), parent=None, prefix=prefix))
            else:
                for path, text in strings_in(where, value):
                    self._templates(path, text)

    # -- above the nodes ------------------------------------------------------------------------------

    def _context(self) -> None:
        context = self.data.get("context")
        for name, value in context.items() if isinstance(context, dict) else ():
            path = f"context.{name}"
            self._at_key("variable", path, ("context", name), f"from the start: {value}", path)

    def _intents(self) -> None:
        for path, name, intent in self._mapping("intents"):
            self._at_key("intent", name, path, _examples_of(intent))
            if not isinstance(intent, dict):
                continue
            entry = intent.get("entry")
            if isinstance(entry, str):
                self._node(entry, (*path, "entry"))
            if isinstance(intent.get("do"), dict | list):
                where = (*path, "do")
                self._branch(
                    self.parser.read_branch(intent["do"], where, parent=None, prefix=f"#intents.{name}.do")
                )
            for key in ("rules", "condition"):
                for where, text in _texts((*path, key), intent.get(key)):
                    self._expression(where, text, 0)
            for where, text in strings_in((*path, "examples"), intent.get("examples")):
                for found in _PLACEHOLDER.finditer(text):
                    self._add("slot", found[1], where, found.start(1))
            for key in ("reply", "confirm"):
                for where, text in strings_in((*path, key), intent.get(key)):
                    self._templates(where, text)

    def _slots(self) -> None:
        for path, name, slot in self._mapping("slots"):
            values = slot.get("values") if isinstance(slot, dict) else None
            self._at_key("slot", name, path, ", ".join(map(str, values))[:80] if values else "")
            store = slot.get("store") if isinstance(slot, dict) else None
            if isinstance(store, str):
                self._stored((*path, "store"), store, defines=True)

    def _states(self) -> None:
        for path, name, state in self._mapping("states"):
            self._at_key("state", name, path)
            for key in ("allow", "block") if isinstance(state, dict) else ():
                for where, intent in _texts((*path, key), state.get(key)):
                    self._add("intent", intent.rpartition("/")[2], where, intent.rfind("/") + 1)

    def _mapping(self, key: str) -> Iterator[tuple[Path, str, Any]]:
        value = self.data.get(key)
        for name, part in value.items() if isinstance(value, dict) else ():
            yield (key, name), name, part

    # -- nodes ----------------------------------------------------------------------------------------

    def _parsed(self, parsed: ParsedNode) -> None:
        if parsed.has_id:
            self._add("node", parsed.key, (*parsed.path, "id"), defines=True, detail=self._summary(parsed))
        if parsed.next is not None:
            self._node(parsed.next.word, parsed.next.path)
        for name, branch in parsed.branches.items():
            self._branch(branch)
            mapping, _, intent = name.partition(".")
            if mapping in parsed.type.intent_maps and intent and not is_pattern(intent):
                self._at_key("intent", intent, (*parsed.path, mapping, intent), defines=False)
        self._branch(parsed.on_error)
        self._settings(parsed)

    def _summary(self, parsed: ParsedNode) -> str:
        value = self._value(parsed.settings_path)
        if isinstance(value, dict) and parsed.type.main in value:
            value = value[parsed.type.main]
        text = next((text for _, text in strings_in((), value)), "")
        return f"{parsed.type.key}: {text}"[:100] if text else parsed.type.key

    def _branch(self, branch: Branch | None) -> None:
        if branch is not None and branch.reference is not None:
            self._node(branch.reference.word, branch.reference.path)

    def _settings(self, parsed: ParsedNode) -> None:
        value, where = self._value(parsed.settings_path), parsed.settings_path
        fields = parsed.type.model_fields
        names = {known.alias or name for name, known in fields.items()} | set(fields)
        within: Path = ()
        if not isinstance(value, dict) or not any(key in names for key in value):
            within = (parsed.type.main,) if parsed.type.main else ()
        for path, text in strings_in((), value):
            self._setting(marks_at(parsed.type, (*within, *path)), (*where, *path), text)
        if within and isinstance(value, dict) and not parsed.type.empties_paths:  # set: {context.size: large}
            for key in value:
                if _STORED.match(key):
                    self._stored((*where, key), key, defines=True, at_key=True)

    def _setting(self, marks: frozenset[str], path: Path, text: str) -> None:
        if "condition" in marks:
            self._expression(path, text, 0)
        elif is_template(text):
            self._templates(path, text)
        elif "target" in marks:
            flow, slash, node = text.partition("/")
            if slash:
                self._add("flow", flow, path)
            if not slash or node:
                self._add(
                    "node", node or flow, path, len(flow) + 1 if slash else 0, flow=flow if slash else ""
                )
        elif "flow" in marks:
            self._add("flow", text.rstrip("/"), path)
        elif _STORED.match(text) and "script" not in marks:
            self._stored(path, text, defines="path" in marks)
        else:
            kinds: tuple[SymbolKind, ...] = ("intent", "slot", "state", "connection", "timer")
            for kind in kinds:
                if kind in marks:
                    self._add(kind, text, path)

    def _value(self, path: Path) -> Any:
        value: Any = self.data
        for part in path:
            value = value[part]
        return value

    # -- expressions ----------------------------------------------------------------------------------

    def _templates(self, path: Path, text: str) -> None:
        for part in _TEMPLATE.finditer(text):
            self._expression(path, text, part.start(), part.end())

    def _expression(self, path: Path, text: str, start: int, end: int | None = None) -> None:
        for found in _VARIABLE.finditer(text, start, len(text) if end is None else end):
            parts = list(_PART.finditer(text, found.start(2), found.end(2)))
            root = SHORT_NAMES.get(found[1], found[1])
            whole = ".".join([root, *(part[0] for part in parts)])
            if found[1] == "vars":
                self._add("var", parts[0][0], path, parts[0].start())
            else:
                name = f"{root}.{parts[0][0]}"
                self._add("variable", name, path, parts[0].start(), length=len(parts[0][0]), whole=whole)
        for found in _SLOT.finditer(text, start, len(text) if end is None else end):
            self._add("slot", found[1], path, found.start(1))
        for found in _COMPARED.finditer(text, start, len(text) if end is None else end):
            self._add("intent", found[2], path, found.start(2))

    # -- places ---------------------------------------------------------------------------------------

    def _node(self, name: str, path: Path) -> None:
        self._add("node", name, path)

    def _stored(self, path: Path, text: str, *, defines: bool, at_key: bool = False) -> None:
        root, first, *_ = text.split(".")
        begin = len(root) + 1
        span = self.document.key_span(path) if at_key else self.document.span(path)
        self._note("variable", f"{root}.{first}", span, begin, len(first), defines, whole=text)

    def _at_key(
        self,
        kind: SymbolKind,
        name: str,
        path: Path,
        detail: str = "",
        whole: str = "",
        *,
        defines: bool = True,
    ) -> None:
        span = self.document.key_span(path)
        self._note(kind, name, span, 0, len(span.text or name), defines, detail=detail, whole=whole)

    def _add(
        self, kind: SymbolKind, name: str, path: Path, begin: int = 0, *,
        length: int | None = None, flow: str = "", defines: bool = False, detail: str = "", whole: str = "",
    ) -> None:  # fmt: skip
        if path not in self.document.spans:
            return
        span = self.document.span(path)
        self._note(
            kind, name, span, begin, len(name) if length is None else length, defines,
            flow=flow, detail=detail, whole=whole,
        )  # fmt: skip

    def _note(
        self, kind: SymbolKind, name: str, span: Span, begin: int, length: int, defines: bool, *,
        flow: str = "", detail: str = "", whole: str = "",
    ) -> None:  # fmt: skip
        owned = ("node", "intent", "slot", "state", "timer")
        owner = flow or (self.flow if kind in owned else "")
        line, column = span.line, span.column
        if span.text is not None:
            line, column = position_of(self.document.lines, span, span.text, begin)
        text_range = Range.on_line(line, column, length)
        self.found.append(Occurrence(Symbol(kind, name, owner), text_range, defines, detail, whole))


def _texts(path: Path, value: Any) -> Iterator[tuple[Path, str]]:
    """A text, or those of a list."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, list):
        for index, item in enumerate(value):
            if isinstance(item, str):
                yield (*path, index), item


def _examples_of(intent: Any) -> str:
    examples = intent.get("examples") if isinstance(intent, dict) else None
    listed = [text for _, text in strings_in((), examples)]
    return " · ".join(listed[:3])


# -- beside the flows -----------------------------------------------------------------------------------


def config_symbols(document: Document) -> Iterator[Occurrence]:
    """Yield what config.yaml names: connections, vars, endpoints, and the flows of endpoints."""
    data = document.data if isinstance(document.data, dict) else {}
    shared: tuple[tuple[str, SymbolKind], ...] = (("connections", "connection"), ("vars", "var"))
    for key, kind in shared:
        section = data.get(key)
        for name, value in section.items() if isinstance(section, dict) else ():
            about = str(value.get("base_url", "")) if isinstance(value, dict) else str(value)
            if "${" in about:
                about = ""  # from the environment, and possibly secret
            yield Occurrence(Symbol(kind, name), _range(document.key_span((key, name))), True, about)
    endpoints = data.get("endpoints")
    for index, endpoint in enumerate(endpoints if isinstance(endpoints, list) else ()):
        if not isinstance(endpoint, dict):
            continue
        kinds: tuple[tuple[str, SymbolKind], ...] = (("name", "endpoint"), ("flow", "flow"))
        for key, kind in kinds:
            name = endpoint.get(key)
            if isinstance(name, str):
                span = document.span(("endpoints", index, key))
                yield Occurrence(Symbol(kind, name), _range(span), key == "name")


def test_symbols(document: Document) -> Iterator[Occurrence]:
    """Yield what a test file names: its flow, and the nodes at which a session is started or expected."""
    data = document.data if isinstance(document.data, dict) else {}
    flow = data.get("flow")
    if not isinstance(flow, str):
        return
    yield Occurrence(Symbol("flow", flow), _range(document.span(("flow",))))
    for path, text in strings_in((), data):
        last = path[len(path) - 1]
        names_node = last == "node" or (len(path) > 1 and path[-2] == "path" and isinstance(last, int))
        if names_node and text and not text.startswith("#"):
            owner, slash, node = text.partition("/")
            span = document.span(path)
            if slash:
                yield Occurrence(Symbol("flow", owner), Range.on_line(*_start(document, span, 0), len(owner)))
            begin = len(owner) + 1 if slash else 0
            place = Range.on_line(*_start(document, span, begin), len(node or owner))
            yield Occurrence(Symbol("node", node or owner, owner if slash else flow), place)
        elif last == "intent":
            yield Occurrence(Symbol("intent", text, flow), _range(document.span(path)))
        elif last == "endpoint":
            yield Occurrence(Symbol("endpoint", text), _range(document.span(path)))


def _start(document: Document, span: Span, begin: int) -> tuple[int, int]:
    return position_of(document.lines, span, span.text or "", begin)


def _range(span: Span) -> Range:
    return Range.on_line(span.line, span.column, span.length)
