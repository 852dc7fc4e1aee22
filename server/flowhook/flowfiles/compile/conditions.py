"""Conditions that hold whatever happens, or never do: ``size == 'small' or 'large'``.

Only what can be told from the expression alone: a text or a number that stands where something is to be
tested, and comparisons of one value with several constants.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import nodes

from flowhook.engine.expressions import Expressions
from flowhook.flowfiles.compile.operations import Operand, operand_of, with_root
from flowhook.flowfiles.compile.written import is_template

#: Words without which there is nothing to tell: most conditions have none of them and need not be walked.
_JOINED = re.compile(r"\b(?:or|and)\b|\A\s*\(*\s*['\"]")


class ConstantCondition(NamedTuple):
    """What is wrong with a condition, where in it, how long, and what to write."""

    message: str
    hint: str
    start: int
    length: int


@lru_cache(maxsize=4096)
def constant_conditions_in(expressions: Expressions, source: str) -> tuple[ConstantCondition, ...]:
    """The parts of a condition, or of the conditions in a template, whose outcome is known beforehand."""
    if is_template(source):
        if " or " not in source and " and " not in source:
            return ()
        tree = expressions.tree(source)
        tests = [node.test for node in with_root(tree, nodes.If)]
        tests += [node.test for node in with_root(tree, nodes.CondExpr)]
    elif _JOINED.search(source):
        tree = expressions.tree(source)
        tests = [tree] if isinstance(tree, nodes.Expr) else []
        tests += [node.test for node in with_root(tree, nodes.CondExpr)]
    else:
        return ()
    return tuple(dict.fromkeys(found for test in tests for found in _in_test(test, source)))


def _in_test(test: nodes.Node, source: str) -> Iterator[ConstantCondition]:
    if isinstance(test, nodes.Const):
        if isinstance(test.value, str) and test.value:
            message = f'"{test.value}" is a text, and so always holds'
            hint = f"write {test.value} without quotes"
            yield ConstantCondition(message, hint, *_whereabouts(test.value, source))
    elif isinstance(test, nodes.Not):
        yield from _in_test(test.node, source)
    elif isinstance(test, nodes.Or | nodes.And):
        yield from _in_parts(list(_parts(test, type(test))), test, source)


def _parts(node: nodes.Node, kind: type[nodes.BinExpr]) -> Iterator[nodes.Node]:
    """What is joined by ``or``, or by ``and``."""
    if isinstance(node, kind):
        yield from _parts(node.left, kind)
        yield from _parts(node.right, kind)
    else:
        yield node


def _in_parts(parts: list[nodes.Node], test: nodes.Node, source: str) -> Iterator[ConstantCondition]:
    compared: Operand | None = None
    operator = "eq" if isinstance(test, nodes.And) else "ne"
    seen: dict[Operand, Any] = {}
    for part in parts:
        if isinstance(part, nodes.Const) and _is_said(part.value):
            shown = f'"{part.value}"' if isinstance(part.value, str) else str(part.value)
            message = f"{shown} alone always holds: it is compared with nothing"
            hint = (
                f"write {compared} == {part.value!r}" if compared is not None else "compare it with something"
            )
            yield ConstantCondition(message, hint, *_whereabouts(part.value, source, after=True))
            continue
        if not isinstance(part, nodes.Compare):
            yield from _in_test(part, source)
            continue
        if len(part.ops) != 1:
            continue
        operand, constant = operand_of(part.expr), operand_of(part.ops[0].expr)
        if operand.names and constant.kind is not None:
            compared = operand
        if part.ops[0].op != operator or not operand.names or constant.kind in (None, "null"):
            continue
        if seen.setdefault(operand, constant.constant) != constant.constant:
            yield _twice(operand, operator, seen[operand], constant.constant, source)


def _twice(operand: Operand, operator: str, one: Any, two: Any, source: str) -> ConstantCondition:
    """One value compared with two constants so that the outcome is known."""
    if operator == "eq":
        message = f"{operand} is never {one!r} and {two!r} at once, so this never holds"
        hint = f"write or, or {operand} in [{one!r}, {two!r}]"
    else:
        message = f"{operand} is always another one than {one!r} or {two!r}, so this always holds"
        hint = f"write and, or {operand} not in [{one!r}, {two!r}]"
    return ConstantCondition(message, hint, *_whereabouts(two, source, after=True))


def _is_said(value: Any) -> bool:
    """Whether a constant is one that an author meant to compare."""
    return bool(value) and not isinstance(value, bool) and isinstance(value, str | int | float)


def _whereabouts(value: Any, source: str, *, after: bool = False) -> tuple[int, int]:
    """Where a constant stands in a source; ``after``: behind an ``or`` or ``and``, if it does."""
    shown = rf"['\"]{re.escape(value)}['\"]" if isinstance(value, str) else rf"\b{re.escape(str(value))}\b"
    joined = re.search(rf"\b(?:or|and)\s+({shown})", source) if after else None
    found = joined or re.search(rf"({shown})", source)
    return (found.start(1), len(found[1])) if found else (0, 1)
