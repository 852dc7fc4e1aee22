"""What expressions do with values: comparisons, arithmetic, formats. The rules ask whether it makes sense."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple, TypeVar

from jinja2 import nodes

from flowhook.engine.expressions import Expressions
from flowhook.engine.expressions.analysis import dotted, is_whole, only_expression, static_path
from flowhook.engine.expressions.plain import plain_pieces
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.flowfiles.compile.variable_usage import Names
from flowhook.flowfiles.compile.written import WrittenSettings
from flowhook.yamldoc.document import Path
from flowhook.yamldoc.source_map import Span, position_of

AnyNode = TypeVar("AnyNode", bound=nodes.Node)

#: The values that expressions know, as JSON has them; a date and a time are texts such as ``2027-05-12``
#: and ``08:00``, a locale one such as ``de-AT``, money is ``{value, currency}``; ``moment`` is ``now`` and
#: what its methods give, no JSON.
ValueKind = Literal[
    "text", "boolean", "number", "date", "time", "datetime", "locale", "money", "mapping", "list", "null",
    "moment",
]  # fmt: skip

LetterCase = Literal["", "lower", "upper"]

ITEM = "[]"  #: the name of an item of a list in the names of an operand

_COMPARISONS = {
    "eq": "==", "ne": "!=", "lt": "<", "lteq": "<=", "gt": ">", "gteq": ">=", "in": "in", "notin": "not in",
}  # fmt: skip
_ARITHMETIC: dict[type[nodes.BinExpr], str] = {
    nodes.Add: "+", nodes.Sub: "-", nodes.Mul: "*", nodes.Div: "/", nodes.FloorDiv: "//", nodes.Mod: "%",
    nodes.Pow: "**",
}  # fmt: skip
#: What filters give, whatever they are given.
_NUMBERS = ("int", "float", "length", "count", "round", "abs", "wordcount")
_TEXTS = (
    "string", "lower", "upper", "trim", "title", "capitalize", "replace", "join", "truncate", "tojson",
    "date_format", "number", "money",
)  # fmt: skip
_FILTERS: dict[str, ValueKind] = {**dict.fromkeys(_NUMBERS, "number"), **dict.fromkeys(_TEXTS, "text")}
#: What methods give, each of which one kind of value alone has.
_METHODS: dict[str, ValueKind] = {
    **dict.fromkeys(("date", "time"), "moment"),
    **dict.fromkeys(("strftime", "isoformat"), "text"),
    **dict.fromkeys(("weekday", "isoweekday", "timestamp"), "number"),
    **dict.fromkeys(("lower", "upper", "strip", "title", "capitalize", "casefold", "removeprefix"), "text"),
    **dict.fromkeys(("startswith", "endswith", "isdigit", "isalpha", "isnumeric"), "boolean"),
    **dict.fromkeys(("split", "splitlines"), "list"),
}


#: In which letters filters and methods leave a text; the others of these change none.
_LETTER_CASES: dict[str, LetterCase] = {"lower": "lower", "casefold": "lower", "upper": "upper"}
_KEEP_LETTER_CASES = frozenset({"trim", "strip", "lstrip", "rstrip", "string"})


@dataclass(frozen=True, slots=True)
class Operand:
    """One side of an operation: a dotted path, a constant, a list of constants, or what is known of
    anything else."""

    names: Names = ()
    constant: Any = None
    items: tuple[Any, ...] = ()
    kind: ValueKind | None = None  #: of a constant and of what a filter gives; None: not known
    shown: str = ""  #: how what is called or filtered is written: ``now.date()``
    letter_case: LetterCase = ""  #: in which letters a text is, where a filter or a method says so

    def __str__(self) -> str:
        if self.is_read:
            return self.shown or ".".join(self.names)
        if isinstance(self.constant, str):
            return f'"{self.constant}"'
        if isinstance(self.constant, bool):
            return "true" if self.constant else "false"
        return "this" if self.constant is None else str(self.constant)

    @property
    def is_read(self) -> bool:
        """Whether it is read from somewhere, and stands in no file as it is."""
        return bool(self.names or self.shown)


class Operation(NamedTuple):
    """Two values that an expression compares or computes with."""

    node: str  #: the key of the node; empty in a rule or condition of an intent
    setting: Path  #: where in its settings
    left: Operand
    operator: str  #: as it is written: ``==``, ``not in``, ``*``
    right: Operand
    line: int
    column: int
    length: int

    @property
    def is_comparison(self) -> bool:
        """Whether it is true or false, and no number."""
        return self.operator in _COMPARISONS.values()


class DateFormat(NamedTuple):
    """A pattern of ``date_format`` that stands in an expression, or one of ``strftime``."""

    pattern: str
    by_method: bool  #: it is one of ``strftime``
    line: int
    column: int
    length: int


class _Found(NamedTuple):
    left: Operand
    operator: str
    right: Operand


def operations_in(
    key: str, settings: NodeSettings, written: WrittenSettings, lines: Sequence[str]
) -> Iterator[Operation]:
    """Every operation in the settings of a node, at its place in the file."""
    for path, text in expressions_in(settings, written):
        yield from operations_of(settings.expressions, text, written.span(path), lines, key, path)


def operations_of(
    expressions: Expressions, text: str, span: Span, lines: Sequence[str], key: str = "", setting: Path = ()
) -> Iterator[Operation]:
    """Every operation in one expression or template, written at ``span``."""
    for found in _operations(expressions, text):
        start, length = _whereabouts(found, text)
        line, column = position_of(lines, span, text, start)
        yield Operation(key, setting, found.left, found.operator, found.right, line, column, length)


@lru_cache(maxsize=4096)
def printed_by(expressions: Expressions, source: str) -> Operand:
    """What a template gives: that of its one ``{{ … }}``, and a text where it is anything else."""
    tree = expressions.tree(source)
    printed = only_expression(tree) if isinstance(tree, nodes.Template) else None
    return operand_of(printed) if printed is not None else Operand(kind="text")


def date_formats_in(
    settings: NodeSettings, written: WrittenSettings, lines: Sequence[str]
) -> Iterator[DateFormat]:
    """The patterns of dates in the settings of a node."""
    for path, text in expressions_in(settings, written):
        if "date_format" not in text and "strftime" not in text:
            continue
        for pattern, by_method in _date_patterns(settings.expressions, text):
            start = max(text.find(pattern), 0)
            line, column = position_of(lines, written.span(path), text, start)
            yield DateFormat(pattern, by_method, line, column, len(pattern))


def expressions_in(settings: NodeSettings, written: WrittenSettings) -> Iterator[tuple[Path, str]]:
    """The conditions and templates of a node that are more than texts and paths, with where they stand."""
    scripts = "script" in settings.marks.kinds
    for path, text in written.computed_texts(settings.conditions):
        if not scripts or text in settings.conditions or "script" not in settings.marks.at(path):
            yield path, text


@lru_cache(maxsize=4096)
def _date_patterns(expressions: Expressions, source: str) -> tuple[tuple[str, bool], ...]:
    """The patterns of ``date_format``, and of ``strftime``, which are marked by True."""
    tree = expressions.tree(source)
    given: list[tuple[Any, bool]] = [
        (getattr(node.args[0], "value", None), False)
        for node in with_root(tree, nodes.Filter)
        if node.name == "date_format" and node.args
    ]
    given += [
        (getattr(node.args[0], "value", None), True)
        for node in with_root(tree, nodes.Call)
        if isinstance(node.node, nodes.Getattr) and node.node.attr == "strftime" and node.args
    ]
    return tuple(dict.fromkeys(entry for entry in given if isinstance(entry[0], str)))


@lru_cache(maxsize=4096)
def _operations(expressions: Expressions, source: str) -> tuple[_Found, ...]:
    """Remembered: a reload compiles a whole flow again for one line of it."""
    if plain_pieces(source) is not None:
        return ()
    tree = expressions.tree(source)
    found: list[_Found] = []
    for node in with_root(tree, nodes.Compare):
        left = node.expr
        for operand in node.ops:  # 0 < a < 9 are two of them
            found.append(_Found(operand_of(left), _COMPARISONS[operand.op], operand_of(operand.expr)))
            left = operand.expr
    for pair in with_root(tree, nodes.BinExpr):
        operator = _ARITHMETIC.get(type(pair))
        if operator is not None:
            found.append(_Found(operand_of(pair.left), operator, operand_of(pair.right)))
    return tuple(dict.fromkeys(found))


def with_root(tree: nodes.Node, kind: type[AnyNode]) -> Iterator[AnyNode]:
    """All nodes of a kind in a tree, its root too."""
    if isinstance(tree, kind):
        yield tree
    yield from tree.find_all(kind)


def operand_of(node: nodes.Expr) -> Operand:
    """What an expression is, as far as it can be told from how it is written."""
    if isinstance(node, nodes.Const):
        return Operand(constant=node.value, kind=_kind_of(node.value))
    if isinstance(node, nodes.Neg) and isinstance(node.node, nodes.Const):
        return Operand(constant=-node.node.value, kind="number") if _is_number(node.node.value) else Operand()
    if isinstance(node, nodes.List | nodes.Tuple):
        items = tuple(item.value for item in node.items if isinstance(item, nodes.Const))
        return Operand(items=items, kind="list") if len(items) == len(node.items) else Operand(kind="list")
    if isinstance(node, nodes.Dict):
        return Operand(kind="mapping")
    if isinstance(node, nodes.Filter):
        of = operand_of(node.node) if node.node is not None else Operand()
        shown = f"{of} | {node.name}" if of.is_read else ""
        if node.name in ("first", "last") and of.names and ITEM not in of.names:
            return Operand(names=(*of.names, ITEM), shown=shown)
        return Operand(kind=_FILTERS.get(node.name), shown=shown, letter_case=_letter_case(node.name, of))
    if isinstance(node, nodes.Concat):
        return Operand(kind="text")
    if isinstance(node, nodes.Sub | nodes.Div | nodes.FloorDiv | nodes.Pow):
        return Operand(kind="number")
    if isinstance(node, nodes.Or):
        return Operand(shown=f"{operand_of(node.left)} or …")
    if isinstance(node, nodes.Compare | nodes.Not):
        return Operand(kind="boolean")
    if isinstance(node, nodes.Add) and any(
        _is_number(getattr(side, "value", None)) for side in (node.left, node.right)
    ):
        return Operand(kind="number")
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        called, method = dotted(node.node), node.node.attr
        letters = _letter_case(method, operand_of(node.node.node))
        shown = f"{'.'.join(called)}()" if called else ""
        return Operand(kind=_METHODS.get(method), shown=shown, letter_case=letters)
    names = static_path(node)
    return Operand(names=names) if names is not None else _of_item(node)


def _letter_case(name: str, of: Operand) -> LetterCase:
    """In which letters a text is after a filter or a method."""
    return of.letter_case if name in _KEEP_LETTER_CASES else _LETTER_CASES.get(name, "")


def _of_item(node: nodes.Expr) -> Operand:
    """One of several, or a part of it: ``input.slots.size[0]``, ``history[-1].text``."""
    below: list[str] = []
    while isinstance(node, nodes.Getattr):
        below.append(node.attr)
        node = node.node
    index = getattr(node.arg, "value", node.arg) if isinstance(node, nodes.Getitem) else None
    if isinstance(index, nodes.Neg):
        index = -getattr(index.node, "value", 0)
    whole = static_path(node.node) if isinstance(node, nodes.Getitem) else None
    if whole is None or not isinstance(index, int) or isinstance(index, bool):
        return Operand()
    names = (*whole, ITEM, *reversed(below))
    return Operand(names=names, shown=".".join(whole) + ".".join((f"[{index}]", *reversed(below))))


def _kind_of(value: Any) -> ValueKind | None:
    if isinstance(value, bool):
        return "boolean"
    if _is_number(value):
        return "number"
    if isinstance(value, str):
        return "text"
    return "null" if value is None else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _whereabouts(found: _Found, text: str) -> tuple[int, int]:
    """Where in an expression an operation stands, as well as that can be told without offsets."""
    usual = f"{found.left} {found.operator} {found.right}"
    start = text.find(usual) if found.left.names and text.count(found.operator) == 1 else -1
    if start >= 0 and _has_pattern(found.right) and is_whole(text, start, start + len(usual)):
        return start, len(usual)  # no pattern has to be compiled for it
    parts = [_pattern(found.left), re.escape(found.operator).replace(r"\ ", r"\s+"), _pattern(found.right)]
    for wanted in (r"\s*".join(filter(None, parts)), parts[0] or parts[2]):
        match = re.search(wanted, text) if wanted else None
        if match:
            return match.start(), len(match[0])
    return 0, 1


def _has_pattern(operand: Operand) -> bool:
    return bool(operand.names) or isinstance(operand.constant, str) or _is_number(operand.constant)


def _pattern(operand: Operand) -> str:
    if ITEM in operand.names:
        return re.escape(operand.shown)
    if operand.names:
        return r"\b" + r"\s*\.\s*".join(map(re.escape, operand.names)) + r"\b"
    if isinstance(operand.constant, str):
        return rf"['\"]{re.escape(operand.constant)}['\"]"
    return rf"{re.escape(str(operand))}\b" if _is_number(operand.constant) else ""
