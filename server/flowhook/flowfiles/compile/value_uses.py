"""What becomes of values in expressions, beside operations: shown in a text, given to a filter, called, and
read in part. The rules ask whether that fits what the value is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from jinja2 import nodes

from flowhook.engine.expressions import Expressions
from flowhook.engine.expressions.analysis import path_in, static_path
from flowhook.engine.expressions.plain import plain_pieces
from flowhook.engine.settings.compiled import NodeSettings
from flowhook.engine.settings.fields import NAMES
from flowhook.flowfiles.compile.operations import ITEM, Operand, operand_of, printed_by, with_root
from flowhook.flowfiles.compile.variable_usage import Names
from flowhook.flowfiles.compile.written import WrittenSettings, is_one_print, is_template
from flowhook.yamldoc.document import Path
from flowhook.yamldoc.source_map import position_of

How = Literal["shown", "filtered", "called", "read", "looped", "tested", "named"]

#: The roots of paths that flows keep nothing at, with how many names a path has that is no part of a value.
_WHOLE: dict[str, int] = {"answer": 1, "input": 2, "args": 2, "profile": 1}
_PATIENT = ("default", "d")  #: filters that give what they are given


class ValueUse(NamedTuple):
    """One value that an expression does something with, at its place in the file.

    ``how``: a text shows it; it is given to the filter ``by`` with the constants ``given``; its method ``by``
    is called; the part that ``operand`` names is read of it; rounds are made of it, ``by`` says where; it is
    a condition by itself, or the test ``by`` is made of it; it is to name a locale or a state: ``by`` says
    which.
    """

    how: How
    node: str  #: the key of the node
    setting: Path  #: where in its settings
    operand: Operand
    by: str
    given: tuple[Any, ...]
    line: int
    column: int
    length: int


class _Found(NamedTuple):
    how: How
    operand: Operand
    by: str = ""
    given: tuple[Any, ...] = ()


def value_uses_in(
    key: str, settings: NodeSettings, written: WrittenSettings, lines: Sequence[str]
) -> Iterator[ValueUse]:
    """Every use of a value in the settings of a node."""
    scripts = "script" in settings.marks.kinds
    for path, text in written.compiled_texts(settings.conditions):
        shown, found = _uses(settings.expressions, text)
        if not shown and not found:
            continue
        if text not in settings.conditions:
            if scripts and "script" in settings.marks.at(path):
                continue
            if shown and _is_said(settings, path, text):
                found = (*shown, *found)
        for use in found:
            start, length = _whereabouts(use, text)
            line, column = position_of(lines, written.span(path), text, start)
            yield ValueUse(use.how, key, path, use.operand, use.by, use.given, line, column, length)
    if not settings.marks.kinds.isdisjoint(_NAMED):
        yield from _named(key, settings, written)
    main = settings.node_type.main if settings.node_type.looping else None
    for setting in filter(None, (main, "values_from" if "values_from" in written.data else None)):
        source, span = written.data.get(setting), written.span((setting,))
        if not isinstance(source, str):
            continue
        operand = printed_by(settings.expressions, source) if is_template(source) else _path(source)
        if operand.names:
            yield ValueUse(
                "looped", key, (setting,), operand, setting, (), span.line, span.column, span.length
            )


_NAMED = ("locale", "state")


def _named(key: str, settings: NodeSettings, written: WrittenSettings) -> Iterator[ValueUse]:
    """What a turn takes for the name of a locale or a state."""
    for path, text in written.compiled_texts(settings.conditions):
        by = next((kind for kind in _NAMED if kind in settings.marks.at(path)), None)
        operand = printed_by(settings.expressions, text) if by is not None else Operand()
        if by is not None and operand.names:
            span = written.span(path)
            yield ValueUse("named", key, path, operand, by, (), span.line, span.column, span.length)


def _path(source: str) -> Operand:
    return Operand(tuple(source.split("."))) if _PATH.fullmatch(source) else Operand()


def _is_said(settings: NodeSettings, path: Path, text: str) -> bool:
    """Whether people read what a template gives: in a message, or in a text that is kept."""
    kind = settings.node_type
    marks = settings.marks.at(path)
    if kind.draws_as in ("say", "ask") and "text" in marks and marks.isdisjoint(NAMES):
        return True
    if kind.draws_as == "outside" and path in _SAID_OUTSIDE and "text" in marks:
        return True
    is_kept = path[-1] in kind.assignments(settings.raw) if path and isinstance(path[-1], str) else False
    return is_kept and not is_one_print(text)


_SAID_OUTSIDE = (("url",), ("text",))
_PATH = re.compile(r"\s*(?:context|session|args)(?:\.\w+)+\s*")
_CONDITION = re.compile(r"\s*(?:not\s+)?((?:context|session)(?:\.\w+)+)\s*\Z")


@lru_cache(maxsize=4096)
def _uses(expressions: Expressions, source: str) -> tuple[tuple[_Found, ...], tuple[_Found, ...]]:
    """What a template shows as it is, and the other uses of values in an expression. Remembered: a reload
    compiles a whole flow again for one line of it."""
    if (pieces := plain_pieces(source)) is None:
        shown = _shown(expressions.tree(source)) if is_template(source) else ()
        return shown, _given_and_read(expressions, source)
    said: list[_Found] = []
    read: list[_Found] = []
    for piece in pieces:
        if isinstance(piece, tuple) and _may_hold_more(piece):
            said.append(_Found("shown", Operand(piece)))
            if _is_part(piece):
                read.append(_Found("read", Operand(piece)))
    return tuple(said), tuple(read)


def _shown(tree: nodes.Node) -> tuple[_Found, ...]:
    printed = [child for output in with_root(tree, nodes.Output) for child in output.nodes]
    said = [operand for child in printed for operand in _printed(child) if operand.is_read]
    return tuple(_Found("shown", operand) for operand in said if _may_hold_more(operand.names))


def _may_hold_more(names: Names) -> bool:
    """Whether what stands at a path may be a mapping or a list."""
    return len(names) < 2 or names[0] in _KEPT or (names[0] == "input" and names[1] in _HOLDING)


_KEPT = frozenset({"context", "session", "args", "answer", "profile"})
_HOLDING = frozenset(
    {"slots", "result", "attachments", "nlu", "activeQuestion", "handover", "intentPath", "data"}
)


def _printed(node: nodes.Expr) -> Iterator[Operand]:
    """What one ``{{ … }}`` may show."""
    if isinstance(node, nodes.TemplateData):
        return
    parts: Sequence[nodes.Expr | None] | None = None
    if isinstance(node, nodes.CondExpr):
        parts = (node.expr1, node.expr2)
    elif isinstance(node, nodes.Or):
        parts = (node.left, node.right)
    elif isinstance(node, nodes.Concat):
        parts = node.nodes
    elif isinstance(node, nodes.Filter) and node.name in _PATIENT:
        parts = (node.node,)
    if parts is None:
        yield operand_of(node)
    for part in parts or ():
        if part is not None:
            yield from _printed(part)


def _given_and_read(expressions: Expressions, source: str) -> tuple[_Found, ...]:
    """What filters and methods are given, and the parts of values that are read."""
    found: list[_Found] = []
    if (alone := _CONDITION.match(source)) is not None:
        return (_Found("tested", Operand(tuple(alone[1].split(".")))),)
    if "|" in source or "(" in source or " is " in source or "{%" in source:
        for node in expressions.tree(source).find_all((nodes.Filter, nodes.Call, nodes.Test, nodes.For)):
            found += _given(node)
        found += _given(expressions.tree(source))
    if "answer" in source or "input" in source or "ci." in source or "profile" in source or "cp." in source:
        read = (tuple(path.split(".")) for path in sorted(expressions.paths(source)))
        found += (_Found("read", Operand(path)) for path in read if _is_part(path))
    return tuple(dict.fromkeys(found))


def _given(node: nodes.Node) -> Iterator[_Found]:
    """What a filter is given, or what a method is called of."""
    if isinstance(node, nodes.Filter):
        of = _given_to(node)
        if of is not None and of.is_read:
            given = tuple(getattr(argument, "value", None) for argument in node.args)
            yield _Found("filtered", of, node.name, (*given, *(argument.key for argument in node.kwargs)))
    elif isinstance(node, nodes.Test):
        path = static_path(node.node)
        if path is not None:
            yield _Found("tested", Operand(path), node.name)
    elif isinstance(node, nodes.For):
        path = static_path(node.iter)
        if path is not None:
            yield _Found("looped", Operand(path), "for")
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name):
        path = static_path(node.args[0]) if node.node.name == "range" and node.args else None
        if path is not None:
            yield _Found("looped", Operand(path), "range")
    elif isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        path = static_path(node.node.node)
        if path is not None:
            given = tuple(getattr(argument, "value", None) for argument in node.args)
            yield _Found("called", Operand(path), node.node.attr, given)


def _given_to(node: nodes.Filter) -> Operand | None:
    """What a filter is given; a default that stands before it is left aside."""
    of = node.node
    while isinstance(of, nodes.Filter) and of.name in _PATIENT:
        of = of.node
    return operand_of(of) if of is not None else None


def _is_part(names: Names) -> bool:
    """Whether a path names a part of an answer or of an input. Of what flows keep the readings know it."""
    whole = _WHOLE.get(names[0])
    if whole is None:
        return False
    if names[0] == "input" and len(names) > 1 and names[1] == "slots":
        whole = 3
    return len(names) > whole


def _whereabouts(use: _Found, text: str) -> tuple[int, int]:
    """Where in an expression a value is used, as well as that can be told without offsets."""
    if use.how == "filtered":
        given = re.compile(rf"\|\s*{re.escape(use.by)}\b")
        is_shown = use.operand.names and ITEM not in use.operand.names
        start, length = path_in(text, use.operand.names) if is_shown else (0, 1)
        found = given.search(text, start)
        if found is not None and length > 1:
            return start, found.end() - start
        found = given.search(text)
        return (found.start(), len(found[0])) if found is not None else (0, 1)
    if ITEM in use.operand.names or not use.operand.names:
        start_at = text.find(use.operand.shown)
        return (start_at, len(use.operand.shown)) if start_at >= 0 and use.operand.shown else (0, 1)
    names = (*use.operand.names, use.by) if use.how == "called" else use.operand.names
    return path_in(text, names)
