"""What may be written at a cursor: keys and values of the schema, and the names of the project."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from flowhook.engine.expressions.values import ATTRIBUTES
from flowhook.engine.settings.fields import marks_at
from flowhook.engine.turn.input import INPUT_NAMES
from flowhook.flowfiles.compile.references import ROOTS
from flowhook.language_service.cursor import Cursor, locate
from flowhook.language_service.schema_walk import Place, place_at
from flowhook.language_service.symbols import Occurrence, SymbolKind
from flowhook.language_service.text import Range
from flowhook.language_service.workspace import SourceFile, Workspace

ItemKind = Literal["key", "node type", "value", "filter", "name"] | SymbolKind

_ID_LINE = re.compile(r"^[ -]*id:[ \t]*([A-Za-z_][\w-]*)", re.MULTILINE)
_ABOUT_ROOT = {
    "input": "what came in: text, data, intent, slots, result …",
    "context": "variables of the session",
    "profile": "variables of the user, in all sessions",
    "session": "the session: locale, state, visits …",
    "vars": "values of config.yaml",
    "history": "the messages so far",
    "now": "the time, in the project's timezone",
    "answer": "what was answered: in valid_if, skip_if and confirm",
    "error": "what went wrong: in on_error",
}
_NAMED: dict[str, SymbolKind] = {
    "intent": "intent", "slot": "slot", "state": "state", "connection": "connection",
}  # fmt: skip
_MOMENT = sorted(next(names for kind, names in ATTRIBUTES if kind is datetime))


@dataclass(frozen=True, slots=True)
class CompletionItem:
    """A proposal. ``text`` takes the place of ``range``."""

    label: str
    kind: ItemKind
    text: str
    range: Range
    detail: str = ""
    documentation: str = ""  #: Markdown


def complete(workspace: Workspace, path: Path, line: int, column: int) -> list[CompletionItem]:
    """Return what may stand at a cursor, the likeliest first; an empty list where nothing is known."""
    kind = workspace.kind_of(path)
    if kind is None:
        return []
    cursor = locate(workspace.text(path), line, column)
    if cursor is None:
        return []
    place = place_at(workspace.schema(kind), cursor.path, cursor.data)
    found = _Completion(workspace, path, cursor, place)
    items = list(found.items(kind))
    unique: dict[tuple[str, str], CompletionItem] = {}
    for item in items:
        unique.setdefault((item.label, item.text), item)
    return list(unique.values())


class _Completion:
    def __init__(self, workspace: Workspace, path: Path, cursor: Cursor, place: Place) -> None:
        self.workspace = workspace
        self.cursor = cursor
        self.place = place
        self.source: SourceFile | None = workspace.source(path)
        self.text = workspace.text(path)
        flow = cursor.data.get("flow") if isinstance(cursor.data, dict) else None
        self.flow = flow if isinstance(flow, str) else ""

    def items(self, kind: str) -> Iterator[CompletionItem]:
        if self.cursor.at == "key":
            yield from self._intent_keys() if kind == "flow" else ()
            yield from self._keys()
            return
        if kind == "flow":
            yield from self._flow_values()
        elif kind == "test":
            yield from self._test_values()
        else:
            yield from self._config_values()
        yield from self._listed_values()
        if self.cursor.alone and self.cursor.own_line:
            yield from self._intent_keys() if kind == "flow" else ()
            yield from self._keys(new=True)

    # -- keys -----------------------------------------------------------------------------------------

    def _keys(self, new: bool = False) -> Iterator[CompletionItem]:
        """The keys that may stand here and do not yet. ``new``: of a mapping that begins with this word."""
        here = self.cursor.value_at(self.cursor.path)
        taken = set(here) if isinstance(here, dict) and not new else set()
        kinds = self.workspace.node_types
        for key, about in self.place.keys().items():
            if key in taken:
                continue
            is_type = key in kinds and "node" in self.place.names
            tail = "" if self.cursor.key_follows else ": "
            yield self._item(key, "node type" if is_type else "key", text=key + tail, documentation=about)

    def _intent_keys(self) -> Iterator[CompletionItem]:
        """Intents where they are keys: ``on_intent``."""
        path = self.cursor.path
        if path and any(path[-1] in kind.intent_maps for kind in self.workspace.node_types.values()):
            tail = "" if self.cursor.key_follows else ": "
            for item in self._names("intent", own_first=True):
                yield self._item(item.label, "intent", text=item.label + tail, detail=item.detail)

    # -- values ---------------------------------------------------------------------------------------

    def _listed_values(self) -> Iterator[CompletionItem]:
        if self.cursor.alone:
            for value in self.place.values():
                yield self._item(value, "value")

    def _flow_values(self) -> Iterator[CompletionItem]:
        path = self.cursor.path
        marks = self._marks()
        if self._in_expression(marks):
            yield from self._expression()
            return
        if "path" in marks or (not self.cursor.alone and _STORED_HEAD.search(self.cursor.before)):
            yield from self._variables(self.cursor.before)
        if "target" in marks:
            flow, slash, _ = self.cursor.before.rpartition("/")
            yield from self._nodes(flow if slash else self.flow)
            if not slash:
                yield from self._flows(ending="/")
        elif self.cursor.alone and self.place.names & {"branch", "id"}:
            yield from self._nodes(self.flow)
        if self.cursor.alone and ("flow" in marks or path[:1] == ("attach",)):
            yield from self._flows()
        for mark, kind in _NAMED.items():
            if mark in marks and self.cursor.alone:
                yield from self._names(kind, own_first=True)
        if len(path) > 2 and path[0] == "states" and self.cursor.alone:
            yield from self._names("intent", own_first=True)
        if path == ("flow",):
            yield self._item(self.source.path.stem if self.source else "", "flow")

    def _test_values(self) -> Iterator[CompletionItem]:
        path = self.cursor.path
        last = next((part for part in reversed(path) if isinstance(part, str)), "")
        owner = self.cursor.value_at(("flow",))
        flow = owner if isinstance(owner, str) else ""
        if path == ("flow",):
            yield from self._flows()
        elif last in ("node", "path"):
            named, slash, _ = self.cursor.before.rpartition("/")
            yield from self._nodes(named if slash else flow)
        elif last == "intent":
            yield from self._names("intent", own_first=False)
        elif last == "endpoint":
            yield from self._names("endpoint")

    def _config_values(self) -> Iterator[CompletionItem]:
        if self.cursor.path[:1] == ("endpoints",) and self.cursor.path[-1] == "flow":
            yield from self._flows()

    def _marks(self) -> frozenset[str]:
        """The marks of the setting under the cursor."""
        path = self.cursor.path
        if path[:1] == ("intents",) and len(path) > 2 and path[2] in ("rules", "condition"):
            return frozenset({"condition"})
        kinds = self.workspace.node_types
        for index in range(len(path), 0, -1):
            part = path[index - 1]
            node = self.cursor.value_at(path[: index - 1])
            if part in kinds and isinstance(node, dict) and part in node:
                kind, below = kinds[str(part)], path[index:]
                if not below or (below[0] not in kind.model_fields and kind.main):
                    value = self.cursor.value_at(path[:index])
                    if not isinstance(value, dict) or below:
                        below = (kind.main, *below) if kind.main else below
                return marks_at(kind, below)
        return frozenset()

    # -- names ----------------------------------------------------------------------------------------

    def _nodes(self, flow: str) -> Iterator[CompletionItem]:
        seen: set[str] = set()
        for one in self._defined("node"):
            if one.symbol.flow == flow and one.symbol.name not in seen:
                seen.add(one.symbol.name)
                yield self._item(one.symbol.name, "node", detail=one.detail)
        if flow == self.flow:  # ids of lines that cannot be read at the moment
            for name in dict.fromkeys(_ID_LINE.findall(self.text)):
                if name not in seen:
                    yield self._item(name, "node")

    def _flows(self, ending: str = "") -> Iterator[CompletionItem]:
        for one in self._defined("flow"):
            yield self._item(one.symbol.name + ending, "flow", detail=one.detail)

    def _names(self, kind: SymbolKind, own_first: bool = False) -> Iterator[CompletionItem]:
        known = {one.symbol.name: one for one in reversed(list(self._defined(kind)))}
        own = [one for one in known.values() if own_first and one.symbol.flow == self.flow]
        for one in [*own, *(one for one in known.values() if one not in own)]:
            yield self._item(one.symbol.name, kind, detail=one.detail)

    def _defined(self, kind: SymbolKind) -> Iterator[Occurrence]:
        for _, found in self.workspace.occurrences():
            if found.defines and found.symbol.kind == kind:
                yield found

    # -- expressions ----------------------------------------------------------------------------------

    def _in_expression(self, marks: frozenset[str]) -> bool:
        before = self.cursor.before
        if "condition" in marks:
            return True
        return max(before.rfind("{{"), before.rfind("{%")) > max(before.rfind("}}"), before.rfind("%}"))

    def _expression(self) -> Iterator[CompletionItem]:
        before = self.cursor.before
        if re.search(r"\|\s*\Z", before):
            yield from self._filters()
        elif compared := re.search(r"\binput\.intent\s*[!=]=\s*(['\"]?)\Z", before):
            for item in self._names("intent", own_first=True):
                quoted = item.label if compared[1] else f"'{item.label}'"
                yield self._item(item.label, "intent", text=quoted, detail=item.detail)
        elif chain := re.search(r"([A-Za-z_]\w*(?:\.\w+)*)\.\Z", before):
            yield from self._attributes(chain[1])
        else:
            for root in ROOTS:
                yield self._item(root, "name", detail=_ABOUT_ROOT.get(root, ""))

    def _attributes(self, chain: str) -> Iterator[CompletionItem]:
        if chain == "input":
            for name in sorted(INPUT_NAMES):
                yield self._item(name, "name")
        elif chain == "input.slots":
            yield from self._names("slot", own_first=True)
        elif chain == "vars":
            yield from self._names("var")
        elif chain == "now":
            for name in _MOMENT:
                yield self._item(name, "name")
        elif chain.partition(".")[0] in ("context", "profile", "session"):
            yield from self._variables(chain + ".")

    def _variables(self, before: str) -> Iterator[CompletionItem]:
        """The variables that are ever set or read below what is written: the next part of each path."""
        if "." not in before:
            for root in ("context", "profile", "session"):
                yield self._item(root, "name", text=f"{root}.", detail=_ABOUT_ROOT[root])
            return
        known = before.rstrip(".").split(".")
        counted: dict[str, str] = {}
        for path, found in self.workspace.occurrences():
            parts = found.path.split(".") if found.symbol.kind == "variable" else []
            if len(parts) > len(known) and parts[: len(known)] == known:
                where = f"{path.name}:{found.range.line}"
                about = f"{'set' if found.defines else 'read'} in {where}"
                name = parts[len(known)]
                if name not in counted or (found.defines and counted[name].startswith("read")):
                    counted[name] = found.detail or about
        for name, about in sorted(counted.items()):
            yield self._item(name, "variable", detail=about)

    def _filters(self) -> Iterator[CompletionItem]:
        for name, function in sorted(self.workspace.library.expressions.sandbox.filters.items()):
            about = inspect.getdoc(function) or ""
            if name.startswith("_"):
                continue  # what templates are rewritten to
            yield self._item(name, "filter", documentation=about.partition("\n\n")[0])

    # -- one ------------------------------------------------------------------------------------------

    def _item(
        self,
        label: str,
        kind: ItemKind,
        *,
        text: str | None = None,
        detail: str = "",
        documentation: str = "",
    ) -> CompletionItem:
        return CompletionItem(
            label, kind, label if text is None else text, self.cursor.range, detail, documentation
        )


_STORED_HEAD = re.compile(r"\A(?:context|profile|session)\.(?:[\w-]+\.)*\Z")
