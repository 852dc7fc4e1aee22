"""What the nodes of a flow do with variables of the conversation, ``context.…`` and ``session.…``: which
they set and which they read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

from jinja2 import nodes

from flowhook.engine.expressions import Expressions
from flowhook.engine.expressions.analysis import path_in, static_path
from flowhook.engine.expressions.plain import plain_pieces
from flowhook.engine.node import Node
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.engine.settings.strings import RawPath, strings_in
from flowhook.flowfiles.compile.written import WrittenSettings, is_template
from flowhook.yamldoc.source_map import Span, position_of

Names = tuple[str, ...]  #: of a path: ("context", "order", "size")

ROOTS = ("context", "session")
_PATH = re.compile(r"(?:context|session)(?:\.[^.\s{}\[\]]+)+\Z")
_IN_SCRIPT = re.compile(r"\b(context)(?:\.(\w+)|\[\s*['\"](\w+)['\"]\s*\])")
_READ_ROOTS = ("context", "cc", "session")
_MAY_READ = re.compile(rf"\b(?:{'|'.join(_READ_ROOTS)})\b")
#: Filters and tests for which a value need not be there.
_PATIENT_FILTERS = frozenset({"default", "d"})
_PATIENT_TESTS = frozenset({"defined", "undefined", "none"})


class Reading(NamedTuple):
    """A variable that a node reads. ``wants``: the reading makes no sense before it is set."""

    node: str  #: its key
    names: Names
    wants: bool
    line: int
    column: int
    length: int


@dataclass(slots=True)
class VariableUsage:
    """What the nodes of one flow do with variables."""

    readings: list[Reading] = field(default_factory=list)
    sets: dict[str, set[Names]] = field(default_factory=dict)  #: by key of the node
    places: dict[tuple[str, Names], Span] = field(default_factory=dict)  #: where a node names what it sets
    anything: bool = False  #: a path is computed, or a plugin's code may set what it likes

    def add(self, node: str, settings: NodeSettings, written: WrittenSettings, lines: Sequence[str]) -> None:
        """Note what one node reads and sets."""
        sets, anything = _set_by(settings)
        if sets:
            self.sets.setdefault(node, set()).update(sets)
            for names, path in sets.items():
                in_key = (*path, ".".join(names))
                span = written.key_span(in_key) if in_key in written.key_spans else written.span(path)
                self.places.setdefault((node, names), span)
        self.anything |= anything
        self.readings += dict.fromkeys(_readings(node, settings, written, lines))


class PathSet:
    """Paths, and whether one of them is a variable, holds it, or lies in it."""

    def __init__(self, paths: Iterable[Names]) -> None:
        self.paths = set(paths)
        self.prefixes = {path[:length] for path in self.paths for length in range(1, len(path))}

    def overlaps(self, names: Names) -> bool:
        """Whether one of the paths has to do with the variable."""
        holds = any(names[:length] in self.paths for length in range(1, len(names) + 1))
        return holds or names in self.prefixes


# --- who sets what ---------------------------------------------------------------------------------


def _set_by(settings: NodeSettings) -> tuple[dict[Names, RawPath], bool]:
    """The paths that a node's settings name outside its expressions, each with where in them, and whether
    there may be more."""
    kind = settings.node_type
    if kind.empties_paths:
        return {}, False
    paths: dict[Names, RawPath] = {}
    anything = kind.sets_freely(settings.raw)
    scripts, computed = "script" in settings.marks.kinds, "path" in settings.marks.kinds
    for path, text in strings_in((), settings.raw, keys=True):
        is_path = text.startswith(ROOTS) and _PATH.match(text) is not None
        if not (is_path or scripts or (computed and is_template(text))):
            continue
        marks = settings.marks.at(path)
        if "script" in marks:
            paths |= {(found[1], found[2] or found[3]): path for found in _IN_SCRIPT.finditer(text)}
        elif "condition" not in marks and not _is_assigned(settings, path):
            if is_path:
                paths.setdefault(tuple(text.split(".")), path)
            anything = anything or ("path" in marks and is_template(text))
    for names in _set_by_default(kind):
        paths.setdefault(names, ())
    return paths, anything


_DEFAULT_PATHS: WeakKeyDictionary[type[Node], tuple[Names, ...]] = WeakKeyDictionary()


def _set_by_default(kind: type[Node]) -> tuple[Names, ...]:
    """The paths at which a type of node, such as a plugin's, keeps something without being told where."""
    known = _DEFAULT_PATHS.get(kind)
    if known is None:
        defaults = [field.default for field in kind.model_fields.values()]
        paths = [text for text in defaults if isinstance(text, str) and _PATH.match(text)]
        known = _DEFAULT_PATHS[kind] = tuple(tuple(path.split(".")) for path in paths)
    return known


def _is_assigned(settings: NodeSettings, path: RawPath) -> bool:
    """Whether a text is the value, and no path, in a mapping of paths to values."""
    keys = (part for part in path[1:] if isinstance(part, str))
    return "path" in settings.marks.at(path[:1]) and any(map(_PATH.match, keys))


# --- who reads what --------------------------------------------------------------------------------


def _readings(
    node: str, settings: NodeSettings, written: WrittenSettings, lines: Sequence[str]
) -> Iterator[Reading]:
    for path, text in written.compiled_texts(settings.conditions):
        if not any(root in text for root in _READ_ROOTS) or not _MAY_READ.search(text):
            continue  # to look for words is far cheaper than to look for whole ones
        for names, wants in _cached_readings(settings.expressions, text).items():
            start, length = path_in(text, names)
            line, column = position_of(lines, written.span(path), text, start)
            yield Reading(node, names, wants, line, column, length)


@lru_cache(maxsize=4096)
def _cached_readings(expressions: Expressions, source: str) -> dict[Names, bool]:
    """Remembered: a reload compiles a whole flow again for one line of it."""
    if (pieces := plain_pieces(source)) is not None:
        return {piece: True for piece in pieces if isinstance(piece, tuple) and _is_variable(piece)}
    return readings_of(expressions.tree(source))


def readings_of(tree: nodes.Node) -> dict[Names, bool]:
    """The variables that an expression reads; True for those that it needs to have a value.

    The tree is walked once. Where a subtree is only asked whether it holds (``if context.a``, ``context.a
    or 'x'``), or stands under ``default`` or ``is defined``, a variable in it may be missing; one such
    place in an expression is enough for the variable, and for all that lies in it.
    """
    found: dict[Names, bool] = {}
    patient: set[Names] = set()
    _collect(tree, found, patient, free=isinstance(tree, nodes.Expr))
    return {
        names: wants and not any(names[: len(prefix)] == prefix for prefix in patient)
        for names, wants in found.items()
    }


def _collect(node: nodes.Node, found: dict[Names, bool], patient: set[Names], *, free: bool) -> None:
    """``free``: here a variable is only asked whether it is there."""
    names = _variable(node)
    if names is not None:
        found[names] = found.get(names, False) or not free
        if free:
            patient.add(names)
        return
    if isinstance(node, nodes.Filter) and node.name in _PATIENT_FILTERS and node.node is not None:
        _forgive(node.node, patient)
        for argument in node.args:
            _collect(argument, found, patient, free=False)
        return
    if isinstance(node, nodes.Test) and node.name in _PATIENT_TESTS:
        _forgive(node.node, patient)
        return
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):  # of a method: what has it
        _collect(node.node.node, found, patient, free=False)
        for given in (*node.args, *node.kwargs):
            _collect(given, found, patient, free=False)
        return
    for child in node.iter_child_nodes():
        _collect(child, found, patient, free=_only_asks(node, child, free))


def _forgive(node: nodes.Node, patient: set[Names]) -> None:
    """What a filter or test takes care of is no reading at all, wherever else it is read."""
    names = _variable(node)
    if names is not None:
        patient.add(names)
    else:
        for child in node.iter_child_nodes():
            _forgive(child, patient)


def _variable(node: nodes.Node) -> Names | None:
    if isinstance(node, nodes.Getattr | nodes.Getitem):
        names = static_path(node)
        if names is not None and _is_variable(names):
            return names
    return None


def _is_variable(names: Names) -> bool:
    return names[0] in ROOTS and len(names) > 1


def _only_asks(node: nodes.Node, child: nodes.Node, free: bool) -> bool:
    """Whether a child is only asked whether it holds, or compared for being the same."""
    if isinstance(node, nodes.Or):
        return free or child is node.left
    if isinstance(node, nodes.Not | nodes.And):
        return free
    if isinstance(node, nodes.CondExpr | nodes.If):
        return child is node.test
    if isinstance(node, nodes.Compare):
        return all(operand.op in ("eq", "ne", "in", "notin") for operand in node.ops)
    return isinstance(node, nodes.Operand) and node.op in ("eq", "ne", "in", "notin")
