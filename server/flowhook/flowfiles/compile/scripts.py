"""Scripts in flow files: read at load, so that their mistakes are known before anybody runs them."""

from __future__ import annotations

import ast
import builtins
import warnings
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from typing import Any

from flowhook.engine.settings.fields import marked
from flowhook.flowfiles.compile.node_parser import ParsedNode
from flowhook.flowfiles.compile.written import is_template
from flowhook.problems.catalogue import (
    BAD_SCRIPT,
    MISSING_EXTRA,
    PROBLEMS,
    TEMPLATE_IN_SCRIPT,
    UNKNOWN_NAME,
    Code,
    Severity,
)
from flowhook.problems.problem import Problem
from flowhook.problems.suggestion import did_you_mean
from flowhook.yamldoc.document import Document
from flowhook.yamldoc.source_map import position_of

#: What a script is given, and the names of Python that the sandbox has not.
GIVEN = frozenset({"input", "context", "profile", "vars", "history", "now", "result"})
_NOT_THERE = frozenset({"compile", "input", "breakpoint", "__import__", "globals", "locals"})

#: What the sandbox's part of Python lacks, and how people call it.
_LACKING: dict[type[ast.AST], str] = {
    ast.Delete: "del",
    ast.Yield: "yield",
    ast.YieldFrom: "yield from",
    ast.AsyncWith: "async with",
    ast.AsyncFor: "async for",
    ast.TryStar: "except*",
}


def script_problems(parsed: ParsedNode, written: Document, lines: Sequence[str]) -> Iterator[Problem]:
    """What is wrong with the scripts in a node's settings, and whether they can run here at all."""
    for name in script_fields(parsed):
        source = written.data.get(name)
        if not isinstance(source, str):
            continue
        span = written.span((name,))
        for code, message, line, column, hint, severity in _faults(source):
            at = position_of(lines, span, source, _offset(source, line, column))
            yield Problem(code, message, written.file, *at, severity or PROBLEMS[code], hint)
        if find_spec("pydantic_monty") is None:
            message = f'"{parsed.type.key}" needs a sandbox that is not installed here'
            hint = "pip install 'flowhook[script]'"
            yield written.problem(MISSING_EXTRA, message, (), hint=hint)


def script_fields(parsed: ParsedNode) -> list[str]:
    """The settings of a node's type that hold Python."""
    return marked(parsed.type, "python")


def script_line(parsed: ParsedNode, document: Document, lines: Sequence[str]) -> int:
    """The line of the file in which the script of a node begins; 0 when it has none."""
    for name in script_fields(parsed):
        value: Any = document.data
        for part in parsed.settings_path:
            value = value[part]
        path = parsed.settings_path if isinstance(value, str) else (*parsed.settings_path, name)
        source = value if isinstance(value, str) else value.get(name) if isinstance(value, dict) else None
        if isinstance(source, str):
            return position_of(lines, document.span(path), source, 0)[0]
    return 0


_Fault = tuple[Code, str, int, int, str, Severity | None]  #: severity None: that of the code


def _faults(source: str) -> Iterator[_Fault]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except SyntaxError as error:
        line = min(error.lineno or 1, source.count("\n") + 1)
        yield BAD_SCRIPT, f"the script: {error.msg}", line, max(error.offset or 1, 1), "", None
        return
    except (ValueError, RecursionError, MemoryError) as error:
        yield BAD_SCRIPT, f"the script cannot be read: {error}", 1, 1, "", None
        return
    yield from _lacking(tree)
    yield from _unknown_names(tree)
    if is_template(source):
        at = min(found for found in (source.find("{{"), source.find("{%")) if found >= 0)
        line, column = source.count("\n", 0, at) + 1, at - source.rfind("\n", 0, at)
        message = "templates are not rendered in a script"
        yield TEMPLATE_IN_SCRIPT, message, line, column, "read input and context by name", None


def _lacking(tree: ast.AST) -> Iterator[_Fault]:
    for node in ast.walk(tree):
        word = _LACKING.get(type(node), "")
        if isinstance(node, ast.ClassDef) and (node.bases or node.keywords):
            word = "a class that inherits"
        if isinstance(node, ast.ImportFrom) and node.names[0].name == "*":
            word = "import *"
        if word:
            message = f"the sandbox has no {word}" if " " not in word else f"the sandbox does not know {word}"
            yield BAD_SCRIPT, message, *_at(node), "", None


def _unknown_names(tree: ast.AST) -> Iterator[_Fault]:
    """Names that are read and set nowhere; one warning for each."""
    known = GIVEN | (frozenset(dir(builtins)) - _NOT_THERE) | frozenset(_bound(tree))
    told: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id not in known | told:
            told.add(node.id)
            hint = did_you_mean(node.id, sorted(GIVEN | frozenset(_bound(tree))))
            yield UNKNOWN_NAME, f'the script knows no name "{node.id}"', *_at(node), hint, "warning"


def _bound(tree: ast.AST) -> Iterator[str]:
    """Every name that a script gives to something, wherever that is."""
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                yield name
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name, asname=other):
                yield other or name.partition(".")[0]
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                yield name
            case ast.MatchMapping(rest=str(name)):
                yield name


def _at(node: Any) -> tuple[int, int]:
    return node.lineno, node.col_offset + 1


def _offset(source: str, line: int, column: int) -> int:
    """Characters before a line and column of a text."""
    return min(sum(len(part) + 1 for part in source.split("\n")[: line - 1]) + column - 1, len(source))
