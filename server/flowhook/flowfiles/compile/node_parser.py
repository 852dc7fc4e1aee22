"""Reads the nodes of a flow file into nodes: which types, which branches, what follows what.

Nothing is resolved here: a reference is kept as it was written, with its place in the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from flowhook.durations import parse_duration
from flowhook.engine.node import Node
from flowhook.engine.settings.strings import RawPath
from flowhook.extraction.safe_regex import Pattern, PatternError, is_pattern
from flowhook.flowfiles.compile import reserved_words
from flowhook.flowfiles.compile.node_types import COMMON_KEYS, NodeTypes
from flowhook.flowfiles.compile.question_defaults import NO_DEFAULTS, POSITION, QuestionDefaults
from flowhook.problems.catalogue import (
    BAD_BRANCH,
    BAD_ID,
    BAD_NODE,
    BAD_PATTERN,
    BAD_VALUE,
    BARE_DURATION,
    DUPLICATE_ID,
    EQUAL_CASES,
    NO_NODE_TYPE,
    NOT_AVAILABLE_YET,
    PATTERN_WITHOUT_SLASHES,
    TWO_NODE_TYPES,
    UNKNOWN_KEY,
    UNKNOWN_NODE_TYPE,
)
from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Document, Path
from flowhook.yamldoc.problem_collector import ProblemCollector

ID = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*\Z")
_ELIF = ("elif", "elseif", "elsif", "else if", "else_if")
_NO_ELIF = 'a node "if" has "then" and "else": put another "if" under "else", or use "switch"'
#: Alternatives, any characters, anchors, classes: what hardly stands in a value.
_LOOKS_LIKE_PATTERN = re.compile(r"\w\|\w|\.\*|\.\+|\\[dws]|\[[^\]]+-[^\]]+\]|^\^|\$$")
_PLAIN_SEGMENT = re.compile(r"[A-Za-z0-9_-]+\Z")


#: Where the session is at the end of a list: below the parent, waiting at the parent, back where it stood
#: before it came to the parent's branch, or at the parent for its next round.
Ending = Literal["below", "staying", "back", "looping"]


class Reference(NamedTuple):
    """A word in the file that stands for a node or a flow."""

    word: str
    path: Path


@dataclass(slots=True)
class Branch:
    """One branch as written: an id, or nodes of its own."""

    reference: Reference | None = None
    nodes: list[ParsedNode] = field(default_factory=list)
    ending: Ending = "below"  #: where the session is when its nodes have ended


@dataclass(slots=True, eq=False)
class ParsedNode:
    """A node as written, on its way to become a node of the flow."""

    key: str
    path: Path
    type: type[Node]
    has_id: bool
    parent: ParsedNode | None
    ending: Ending  #: where the session is at the end of the list in which it stands
    after: ParsedNode | None = None  #: the next in its list
    next: Reference | None = None
    branches: dict[str, Branch] = field(default_factory=dict)
    on_error: Branch | None = None
    disabled: bool = False
    inherited: Mapping[RawPath, Any] = field(default_factory=dict)  #: settings of ``settings.questions``
    inherited_branches: list[str] = field(default_factory=list)  #: branches that stand there
    declined: frozenset[str] = frozenset()  #: branches of ``settings.questions`` that it leaves aside, by []
    reminders: list[tuple[float, str]] = field(default_factory=list)  #: seconds, and the branch of each
    dedented: bool = False  #: its settings stand beside its type, not under it, which is told
    hidden: bool = False  #: said by an intent: its settings stand at ``path`` itself; it leads back
    garbled: bool = (
        False  #: has an id that is wrong, or a key that nobody knows: what seems to lack may be there
    )

    @property
    def settings_path(self) -> Path:
        """Where the node's settings stand."""
        return self.path if self.hidden else (*self.path, self.type.key)


class NodeParser:
    """Reads one document's nodes. Afterwards ``nodes`` has them all, parents before children."""

    def __init__(
        self, report: ProblemCollector, node_types: NodeTypes, defaults: QuestionDefaults = NO_DEFAULTS
    ) -> None:
        self.report = report
        self.types = node_types
        self._type_of = dict(node_types)
        self.defaults = defaults
        self.nodes: list[ParsedNode] = []
        self.ids: dict[str, Path] = {}

    def read_list(
        self,
        items: list[Any],
        path: Path,
        *,
        parent: ParsedNode | None = None,
        prefix: str = "#",
        ending: Ending = "below",
    ) -> list[ParsedNode]:
        """The nodes of one list. ``prefix`` begins the keys of those that have no id."""
        nodes: list[ParsedNode] = []
        for index, item in enumerate(items):
            parsed = self._node(item, (*path, index), parent, f"{prefix}{index}", ending)
            if parsed is None:
                continue
            if nodes:
                nodes[-1].after = parsed
            nodes.append(parsed)
        return nodes

    def read_branch(
        self, value: Any, path: Path, *, parent: ParsedNode | None, prefix: str, ending: Ending = "below"
    ) -> Branch:
        """One branch: an id, one node, or a list of nodes."""
        branch = Branch(ending=ending)
        if isinstance(value, str):
            branch.reference = Reference(value, path)
        elif isinstance(value, list):
            branch.nodes = self.read_list(value, path, parent=parent, prefix=f"{prefix}.", ending=ending)
        elif isinstance(value, dict):
            parsed = self._node(value, path, parent, prefix, ending)
            branch.nodes = [parsed] if parsed else []
        else:
            written = "empty" if value is None else f"{json.dumps(value)}"
            message = f'the branch "{path[-1]}" is {written}; a branch is an id, a node or a list of nodes'
            self.report.at_key(path, BAD_BRANCH, message, hint="for a branch that does nothing write []")
        return branch

    def read_hidden(self, key: str, path: Path, type_key: str) -> ParsedNode:
        """A node that an intent brings; ``path`` leads to its settings. Raises KeyError without the type."""
        parsed = ParsedNode(key, path, self.types[type_key], False, None, "back", hidden=True)
        self.nodes.append(parsed)
        return parsed

    # -- one node -------------------------------------------------------------------------------

    def _node(
        self, item: Any, path: Path, parent: ParsedNode | None, key: str, ending: Ending
    ) -> ParsedNode | None:
        if not isinstance(item, dict):
            self._not_a_node(item, path)
            return None
        identity = self._identity(item, path)
        node_type = self._type(item, path)
        if node_type is None:
            self._keep_ids_below(item, path)
            return None
        parsed = ParsedNode(identity or key, path, node_type, identity is not None, parent, ending)
        parsed.garbled = "id" in item and identity is None
        parsed.disabled = self._disabled(item, path)
        parsed.next = self._next(item, path)
        self.nodes.append(parsed)
        self._read_branches(parsed, item, path)
        self._read_defaults(parsed, item)
        return parsed

    def _not_a_node(self, item: Any, path: Path) -> None:
        hint = ""
        if isinstance(item, str):
            word = item.removesuffix(":")
            value = ": …" if word in self.types and self.types[word].model_fields else ":"
            hint = f'write "- {word}{value}"' if word in self.types else 'write "- say: …" or "- goto: …"'
        elif isinstance(item, list):
            hint = 'there is one "- " too many: write "- say: …"'
        what = "empty" if item is None else "not a mapping"
        message = f'this node is {what}; a node is a mapping such as "say: Hello"'
        self.report.at_value(path, BAD_NODE, message, hint=hint)

    def _identity(self, item: dict[str, Any], path: Path) -> str | None:
        if "id" not in item:
            return None
        where = (*path, "id")
        identity = item["id"]
        if not isinstance(identity, str) or not ID.match(identity):
            message = f"{_quoted(identity)} is no id: letters, digits, _ and -, the first a letter or _"
            self.report.at_value(where, BAD_ID, message)
            return None
        if path[: len(POSITION)] == POSITION:
            message = f'the node "{identity}" is run at each question, so it cannot have an id'
            hint = "let the branch lead to the id of a node of the flow"
            self.report.at_value(where, BAD_ID, message, hint=hint)
            return None
        if identity in self.ids:
            first = self.report.document.span(self.ids[identity]).line
            message = f'the id "{identity}" is taken by the node in line {first}'
            self.report.at_value(where, DUPLICATE_ID, message)
            return None
        self.ids[identity] = where
        return identity

    def _type(self, item: dict[str, Any], path: Path) -> type[Node] | None:
        """The type of a node, if it has exactly one; else what is wrong is reported."""
        found = [key for key in item if key in self._type_of]
        if len(found) == 1:
            return self._type_of[found[0]]
        if found:
            both = " and ".join(f'"{key}"' for key in found)
            message = f"this node has {both}; a node has exactly one type"
            self.report.at_key((*path, found[1]), TWO_NODE_TYPES, message, hint='begin a new node with "- "')
            return None
        others = [key for key in item if key not in COMMON_KEYS]
        if not others:
            message = 'this node has no type, such as "say" or "ask"'
            self.report.at_value(path, NO_NODE_TYPE, message)
        for key in others:
            if key in reserved_words.NODE_TYPES:
                message = f'the node "{key}" is not available yet'
                self.report.at_key((*path, key), NOT_AVAILABLE_YET, message)
                return None
        if others:
            self._unknown_type(others, path)
        return None

    def _unknown_type(self, keys: list[str], path: Path) -> None:
        """The key that looks most like a type is taken for the misspelt one."""
        branches = {branch for kind in self.types.values() for branch in (*kind.branches, *kind.branch_maps)}
        keys = [key for key in keys if key not in branches] or keys
        hints = {key: self.report.nearest(key, list(self.types)) for key in keys}
        key = next((key for key in keys if hints[key]), keys[0])
        hint = hints[key] or "flowhook plugins lists what the plugins bring"
        if key in _ELIF:
            hint = _NO_ELIF
        elif key in branches:
            owner = next(
                kind.key for kind in self.types.values() if key in (*kind.branches, *kind.branch_maps)
            )
            hint = f'"{key}" is a branch: indent it under its node, beside "{owner}", without "- "'
        self.report.at_key((*path, key), UNKNOWN_NODE_TYPE, f'no node type "{key}"', hint=hint)

    def _disabled(self, item: dict[str, Any], path: Path) -> bool:
        disabled = item.get("disabled", False)
        if not isinstance(disabled, bool):
            self.report.at_value((*path, "disabled"), BAD_VALUE, '"disabled" is true or false')
            return False
        return disabled

    def _next(self, item: dict[str, Any], path: Path) -> Reference | None:
        if "next" not in item:
            return None
        word = item["next"]
        if not isinstance(word, str):
            self.report.at_value((*path, "next"), BAD_VALUE, '"next" is the id of a node')
            return None
        return Reference(word, (*path, "next"))

    # -- branches -------------------------------------------------------------------------------

    def _read_branches(self, parsed: ParsedNode, item: dict[str, Any], path: Path) -> None:
        node_type = parsed.type
        dedented = self._dedented(parsed, item, path)
        for key, value in item.items():
            where = (*path, key)
            if key in dedented:
                continue
            if key == "on_timeout" and node_type.reminds and is_reminders(value):
                self._read_reminders(parsed, value, where)
            elif key in node_type.branches:
                ending = self._ending(parsed, key, item)
                parsed.branches[key] = self.read_branch(
                    value, where, parent=parsed, prefix=f"{parsed.key}.{key}", ending=ending
                )
            elif key in node_type.branch_maps:
                self._read_branch_map(parsed, key, value, where)
            elif key == "on_error":
                parsed.on_error = self.read_branch(
                    value, where, parent=parsed, prefix=f"{parsed.key}.on_error"
                )
            elif key != node_type.key and key not in COMMON_KEYS:
                self._unknown_key(parsed, key, where)

    def _ending(self, parsed: ParsedNode, branch: str, item: dict[str, Any]) -> Ending:
        """Where the session is when the list of a branch has ended."""
        settings = item.get(parsed.type.key)
        if branch in parsed.type.returning(settings if isinstance(settings, dict) else {}):
            return "back"
        if branch in parsed.type.looping:
            return "looping"
        return "staying" if branch in parsed.type.staying else "below"

    def _dedented(self, parsed: ParsedNode, item: dict[str, Any], path: Path) -> list[str]:
        """The settings that stand beside a type with nothing under it: a slip of indentation, told once."""
        kind = parsed.type
        if item[kind.key] is not None:
            return []
        taken = (kind.key, *COMMON_KEYS, *kind.branches, *kind.branch_maps)
        found = [key for key in item if key in kind.model_fields and key not in taken]
        if not found:
            return []
        parsed.garbled = parsed.dedented = True
        names = " and ".join(filter(None, [", ".join(map(_quoted, found[:-1])), _quoted(found[-1])]))
        verb, them = ("stands", "it") if len(found) == 1 else ("stand", "them")
        message = f'{names} {verb} beside "{kind.key}", not under it'
        hint = f'indent {them} further than "{kind.key}"'
        self.report.at_key((*path, found[0]), UNKNOWN_KEY, message, hint=hint)
        return found

    def _read_branch_map(self, parsed: ParsedNode, name: str, value: Any, path: Path) -> None:
        if not isinstance(value, dict):
            message = f'"{name}" maps values to branches, such as "yes: next_node"'
            self.report.at_key(path, BAD_BRANCH, message)
            return
        ending: Ending = "staying" if name in parsed.type.staying else "below"
        seen: dict[str, str] = {}
        for case, branch in value.items():
            where = (*path, case)
            folded = case if is_pattern(case) else case.casefold()
            if folded in seen:
                message = f'the case "{case}" is the same as "{seen[folded]}": cases compare without case'
                self.report.at_key(where, EQUAL_CASES, message)
                continue
            seen[folded] = case
            self._check_pattern(case, where)
            prefix = f"{parsed.key}.{name}.{_segment(case)}"
            parsed.branches[f"{name}.{case}"] = self.read_branch(
                branch, where, parent=parsed, prefix=prefix, ending=ending
            )

    def _read_reminders(self, parsed: ParsedNode, steps: list[Any], path: Path) -> None:
        """Read ``on_timeout: [{after: 10m, do: …}, …]``, the times rising."""
        before = 0.0
        for index, step in enumerate(steps):
            where: Path = (*path, index)
            seconds = self._reminder_time(step, where, before)
            if seconds is None:
                continue
            before = seconds
            self.report.problems += bare_duration(self.report.document, (*where, "after"), step["after"])
            branch = f"on_timeout.{self.report.document.as_written((*where, 'after'), step['after'])}"
            parsed.branches[branch] = self.read_branch(
                step["do"], (*where, "do"), parent=parsed, prefix=f"{parsed.key}.on_timeout.{index}",
                ending="staying",
            )  # fmt: skip
            parsed.reminders.append((seconds, branch))

    def _reminder_time(self, step: Any, path: Path, before: float) -> float | None:
        """When a step is due, in seconds after the question; None for what is wrong, which is reported."""
        if not isinstance(step, dict) or set(step) != {"after", "do"}:
            message = "a reminder is {after: 10m, do: […]}: when, counted from the question, and what is done"
            self.report.at_value(path, BAD_VALUE, message)
            return None
        try:
            seconds: float | None = parse_duration(step["after"])
        except ValueError as error:
            self.report.at_value((*path, "after"), BAD_VALUE, str(error))
            return None
        if seconds is None or seconds <= before:
            message = (
                "the reminders of a question come one after the other: each time counts from the question"
            )
            self.report.at_value(
                (*path, "after"), BAD_VALUE, message, hint="let the times rise, such as 10m, 1h"
            )
            return None
        return seconds

    def _read_defaults(self, parsed: ParsedNode, item: dict[str, Any]) -> None:
        """Read what a question takes from ``settings.questions``; no branch that it would never take."""
        if self.defaults is NO_DEFAULTS:
            return
        written = item[parsed.type.key]
        parsed.inherited = self.defaults.missing_in(parsed.type, written)
        settings = written if isinstance(written, dict) else {}
        parsed.declined = frozenset(name for name in self.defaults.branches if item.get(name) == [])
        own = {key: value for key, value in settings.items() if value is not None}
        never = parsed.type.never_taken(own | {str(path[0]): True for path in parsed.inherited})
        for name, value in self.defaults.branches_for(parsed.type, item):
            before = set(parsed.branches)
            if name == "on_timeout" and parsed.type.reminds and is_reminders(value):
                self._read_reminders(parsed, value, (*POSITION, name))
                parsed.inherited = {p: v for p, v in parsed.inherited.items() if p != ("timeout",)}
            elif name in parsed.type.branch_maps:
                self._read_branch_map(parsed, name, value, (*POSITION, name))
            elif name not in never:
                parsed.branches[name] = self.read_branch(
                    value, (*POSITION, name), parent=parsed, prefix=f"{parsed.key}.{name}",
                    ending=self._ending(parsed, name, item),
                )  # fmt: skip
            parsed.inherited_branches += [branch for branch in parsed.branches if branch not in before]

    def _check_pattern(self, case: str, where: Path) -> None:
        if not is_pattern(case):
            if _LOOKS_LIKE_PATTERN.search(case):
                message = f'the case "{case}" is compared as a text; a pattern stands between slashes'
                hint = f"write /{case.strip('^$')}/"
                self.report.at_key(where, PATTERN_WITHOUT_SLASHES, message, hint=hint)
            return
        try:
            Pattern(case[1:-1])
        except PatternError as error:
            offset = None if error.offset is None else error.offset + 1  # behind the slash
            self.report.at_key(where, BAD_PATTERN, str(error), offset=offset)

    def _unknown_key(self, parsed: ParsedNode, key: str, where: Path) -> None:
        node_type = parsed.type
        parsed.garbled = True
        if key in node_type.model_fields:
            hint = (
                f'it is a setting of "{node_type.key}": write it inside, as {node_type.key}: {{…, {key}: …}}'
            )
        elif key in _ELIF:
            hint = _NO_ELIF
        else:
            known = (*node_type.branches, *node_type.branch_maps, "on_error")
            there_are = (
                f"its branches are {', '.join(known)}" if len(known) > 1 else "its only branch is on_error"
            )
            hint = self.report.nearest(key, (*COMMON_KEYS, *known)) or there_are
        self.report.at_key(
            where, UNKNOWN_KEY, f'a node of type "{node_type.key}" has no key "{key}"', hint=hint
        )

    def _keep_ids_below(self, item: Any, path: Path) -> None:
        """Note the ids under a node that cannot be read, so that they are not reported as missing."""
        for where, mapping in _mappings_below(item, path):
            identity = mapping.get("id")
            if isinstance(identity, str) and ID.match(identity):
                self.ids.setdefault(identity, (*where, "id"))


SHORT_TIME = 60  #: seconds: whoever writes fewer as a bare number may mean minutes


def bare_duration(written: Document, path: Path, value: Any) -> Iterator[Problem]:
    """A time that is a small number without a unit."""
    if type(value) in (int, float) and 0 < value < SHORT_TIME:
        message = f"{value:g} is {value:g} seconds, in which few people answer"
        yield written.problem(BARE_DURATION, message, path, hint=f"write {value:g}m, or {value:g}s")


def is_reminders(value: Any) -> bool:
    """Whether ``on_timeout`` is a list of reminders, ``{after, do}`` each, and not one of nodes."""
    return isinstance(value, list) and any(isinstance(item, dict) and "after" in item for item in value)


def _mappings_below(value: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, part in parts:
        where = (*path, name)
        if isinstance(part, dict):
            yield where, part
        yield from _mappings_below(part, where)


def _segment(case: str) -> str:
    """A case as a part of a key: quoted where it could be taken for several parts."""
    return case if _PLAIN_SEGMENT.match(case) else json.dumps(case, ensure_ascii=False)


def _quoted(value: Any) -> str:
    return f'"{value}"' if isinstance(value, str) else json.dumps(value, default=str)
