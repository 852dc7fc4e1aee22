"""Expressions and templates of flow files: compiled once at load, evaluated per turn.

Three forms, by where they stand:

- a *condition* is a bare expression: ``context.quantity > 3``;
- a *value* is any setting with ``{{ … }}`` in it: exactly one ``{{ … }}`` keeps its type, all else is text;
- a *text* is a setting that is shown: a template in it always gives text.

What a user typed enters as data of the scope and is never compiled.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from jinja2 import nodes

from flowhook.engine.expressions.analysis import (
    AnyNode,
    children,
    copied,
    only_expression,
    reads,
    static_path,
)
from flowhook.engine.expressions.context import EvalContext
from flowhook.engine.expressions.limits import MAX_OUTPUT, MAX_REASON
from flowhook.engine.expressions.parser import (
    RESULT,
    Code,
    ExpressionError,
    parse_condition,
    parse_template,
    result_of,
)
from flowhook.engine.expressions.plain import Path, plain_pieces
from flowhook.engine.expressions.sandbox import Sandbox
from flowhook.engine.expressions.values import OMIT, OMIT_NAME, Missing, get_member, text_of, to_plain_json

Scope = Mapping[str, Any]

MAX_TREES: Final = 16  #: that are kept: as many as a node of a flow has expressions, but for very few


def has_template(source: str) -> bool:
    """Tell whether there is anything for Jinja in a source."""
    return "{" in source and ("{{" in source or "{%" in source or "{#" in source)


class Constant:
    """A value without any template in it."""

    __slots__ = ("value",)
    constant = True

    def __init__(self, value: Any) -> None:
        self.value = value

    def evaluate(self, scope: Scope, warnings: list[str]) -> Any:
        """The value itself, not a copy: who keeps it copies it."""
        return self.value


class Expression:
    """A bare expression, compiled. ``names`` are the roots it reads, ``paths`` the dotted ones."""

    __slots__ = ("_code", "_path", "_sandbox", "names", "paths", "source")
    constant = False

    def __init__(self, sandbox: Sandbox, source: str, expression: nodes.Expr | Path) -> None:
        """``expression`` is what was parsed, or the names of a dotted path."""
        self.source = source
        self._sandbox = sandbox
        self._path: Path | None
        if isinstance(expression, tuple):
            self.names, self.paths = frozenset(expression[:1]), frozenset((".".join(expression),))
            self._path, self._code = expression, None
        else:
            self.names, self.paths = reads(expression)
            self._path = static_path(expression)
            self._code = None if self._path else result_of(sandbox, source, expression)

    def evaluate(self, scope: Scope, warnings: list[str]) -> Any:
        """The value as plain data, with its type. Raises :class:`ExpressionError`."""
        try:
            value = self._value(scope, warnings)
            return value if value is OMIT else to_plain_json(value)
        except Exception as error:
            raise _failure(self.source, error) from error

    def test(self, scope: Scope, warnings: list[str]) -> bool:
        """Whether it holds. What cannot be evaluated does not hold, and says so in a warning."""
        try:
            return bool(self._value(scope, warnings))
        except Exception as error:
            warnings.append(f"{self.source}: {_reason(error)}")
            return False

    def _value(self, scope: Scope, warnings: list[str]) -> Any:
        code = self._code
        if code is None:
            return self._look_up(scope, warnings)
        evaluation = EvalContext(self._sandbox, scope, warnings)
        for _ in (code.run or code.generate())(evaluation):
            pass
        return evaluation.vars[RESULT]

    def _look_up(self, scope: Scope, warnings: list[str]) -> Any:
        """A dotted path needs no code: most expressions are one."""
        value: Any = scope
        assert self._path
        for name in self._path:
            try:
                value = value[name]
            except (KeyError, TypeError, IndexError):
                return self._look_closer(scope, warnings)
        return value

    def _look_closer(self, scope: Scope, warnings: list[str]) -> Any:
        assert self._path
        value = EvalContext(self._sandbox, scope, warnings).resolve_or_missing(self._path[0])
        for name in self._path[1:]:
            value = get_member(value, name, warnings)
        return Missing(name=".".join(self._path), warnings=warnings) if isinstance(value, Missing) else value


class TypedTemplate:
    """Exactly one ``{{ … }}``: gives the value, with its type."""

    __slots__ = ("expression", "names", "paths", "source")
    constant = False

    def __init__(self, source: str, expression: Expression) -> None:
        self.source = source
        self.expression = expression
        self.names, self.paths = expression.names, expression.paths

    def evaluate(self, scope: Scope, warnings: list[str]) -> Any:
        """The value as plain data, or ``OMIT``. Raises :class:`ExpressionError`."""
        return self.expression.evaluate(scope, warnings)


class TextTemplate:
    """A text with templates in it."""

    __slots__ = ("_code", "_pieces", "_sandbox", "names", "paths", "source")
    constant = False

    def __init__(
        self, sandbox: Sandbox, source: str, content: nodes.Template | list[str | Expression]
    ) -> None:
        """``content`` is what was parsed, or the texts and paths of a plain template."""
        self.source = source
        self._sandbox = sandbox
        self._pieces: list[str | Expression] | None
        if isinstance(content, list):
            self.names, self.paths = united(piece for piece in content if not isinstance(piece, str))
            self._pieces, self._code = content, None
        else:
            self.names, self.paths = reads(content)
            self._pieces = _simple_pieces(sandbox, source, content)
            self._code = None if self._pieces else Code(sandbox, source, content)

    def evaluate(self, scope: Scope, warnings: list[str]) -> str:
        """The text. Raises :class:`ExpressionError`."""
        try:
            return self._render(scope, warnings)
        except Exception as error:
            raise _failure(self.source, error) from error

    def _render(self, scope: Scope, warnings: list[str]) -> str:
        if self._pieces:
            text = "".join([
                piece if isinstance(piece, str) else text_of(piece._look_up(scope, warnings))
                for piece in self._pieces
            ])  # fmt: skip
        else:
            code = self._code
            assert code is not None
            text = "".join((code.run or code.generate())(EvalContext(self._sandbox, scope, warnings)))
        if len(text) > MAX_OUTPUT:
            raise ExpressionError(f"a template may print {MAX_OUTPUT} characters at most")
        return text


class MappingTemplate:
    """A mapping with templates somewhere in its values."""

    __slots__ = ("items", "names", "paths")
    constant = False

    def __init__(self, items: dict[str, Compiled]) -> None:
        self.items = items
        self.names, self.paths = united(items.values())

    def evaluate(self, scope: Scope, warnings: list[str]) -> dict[str, Any]:
        """The mapping, evaluated. Raises :class:`ExpressionError`."""
        values = {key: item.evaluate(scope, warnings) for key, item in self.items.items()}
        return without_omitted(values) if OMIT_NAME in self.names else values


class ListTemplate:
    """A list with templates somewhere in it."""

    __slots__ = ("items", "names", "paths")
    constant = False

    def __init__(self, items: list[Compiled]) -> None:
        self.items = items
        self.names, self.paths = united(items)

    def evaluate(self, scope: Scope, warnings: list[str]) -> list[Any]:
        """The list, evaluated. Raises :class:`ExpressionError`."""
        values = [item.evaluate(scope, warnings) for item in self.items]
        return [value for value in values if value is not OMIT] if OMIT_NAME in self.names else values


def without_omitted(values: dict[str, Any]) -> dict[str, Any]:
    """Return a mapping without the keys whose value is ``omit``."""
    return {key: value for key, value in values.items() if value is not OMIT}


Template = TypedTemplate | TextTemplate
Compiled = Constant | Template | MappingTemplate | ListTemplate


class Expressions:
    """Compiles the expressions of one library of flows. Equal sources are compiled once."""

    def __init__(self, filters: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.sandbox = Sandbox(filters or {})
        self._conditions: dict[str, Expression] = {}
        self._templates: dict[tuple[str, bool], Constant | Template] = {}
        self._paths: dict[Path, Expression] = {}  #: of plain texts, which read the same again and again
        self._trees: dict[str, nodes.Node] = {}  #: of the last sources: several questions are asked of each

    def compile_condition(self, source: str) -> Expression:
        """A bare expression. Raises :class:`ExpressionError` with its line and column."""
        known = self._conditions.get(source)
        if known is None:
            known = self._conditions[source] = self._condition(source)
        return known

    def compile_value(self, source: Any, *, text: bool = False) -> Compiled:
        """Any setting: a string, or a structure with strings in it. Raises :class:`ExpressionError`.

        With ``text`` even exactly one ``{{ … }}`` gives text.
        """
        if isinstance(source, str):
            return self._template(source, text)
        if isinstance(source, dict):
            mapping = {key: self.compile_value(item, text=text) for key, item in source.items()}
            return Constant(source) if _all_constant(mapping.values()) else MappingTemplate(mapping)
        if isinstance(source, list):
            items = [self.compile_value(item, text=text) for item in source]
            return Constant(source) if _all_constant(items) else ListTemplate(items)
        return Constant(source)

    def names(self, source: str) -> frozenset[str]:
        """The roots that a condition or a template reads: ``{"context", "input"}``."""
        return reads(self.tree(source))[0]

    def paths(self, source: str) -> frozenset[str]:
        """The dotted paths that it reads: ``{"context.size"}``; what is computed ends the path."""
        return reads(self.tree(source))[1]

    def tree(self, source: str) -> nodes.Node:
        """What a condition or a template consists of, to be read only. Raises :class:`ExpressionError`."""
        known = self._trees.get(source)
        if known is None:
            parse = parse_template if has_template(source) else parse_condition
            known = self._remembered(source, parse(self.sandbox, source))
        return known

    def _remembered(self, source: str, tree: AnyNode) -> AnyNode:
        """Keep a tree for what is asked of it next."""
        if len(self._trees) >= MAX_TREES:
            self._trees.clear()
        self._trees[source] = tree
        return tree

    def _condition(self, source: str) -> Expression:
        tree = self._remembered(source, parse_condition(self.sandbox, source))
        return Expression(self.sandbox, source, copied(tree))  # compiling writes into it

    def _template(self, source: str, text: bool) -> Constant | Template:
        if not has_template(source):
            return Constant(source)
        known = self._templates.get((source, text))
        if known is None:
            known = self._templates[source, text] = self._compiled_template(source, text)
        return known

    def _path(self, path: Path) -> Expression:
        known = self._paths.get(path)
        if known is None:
            known = self._paths[path] = Expression(self.sandbox, ".".join(path), path)
        return known

    def _compiled_template(self, source: str, text: bool) -> Constant | Template:
        if (pieces := plain_pieces(source)) is not None:
            if len(pieces) == 1 and isinstance(pieces[0], tuple) and not text:
                return TypedTemplate(source, Expression(self.sandbox, source, pieces[0]))
            content = [piece if isinstance(piece, str) else self._path(piece) for piece in pieces]
            return TextTemplate(self.sandbox, source, content)
        tree = copied(self._remembered(source, parse_template(self.sandbox, source)))
        only = only_expression(tree)
        if only is not None and not text:
            return TypedTemplate(source, Expression(self.sandbox, source, only))
        data = [child.data for child in children(tree) if isinstance(child, nodes.TemplateData)]
        if len(data) == len(list(children(tree))):  # raw blocks and comments only
            return Constant("".join(data))
        return TextTemplate(self.sandbox, source, tree)


def _simple_pieces(sandbox: Sandbox, source: str, tree: nodes.Template) -> list[str | Expression] | None:
    """Texts and dotted paths, when a template consists of nothing else."""
    if not all(isinstance(statement, nodes.Output) for statement in tree.body):
        return None
    pieces: list[str | Expression] = []
    for child in children(tree):
        if isinstance(child, nodes.TemplateData):
            pieces.append(child.data)
        elif static_path(child):
            pieces.append(Expression(sandbox, source, child))
        else:
            return None
    return pieces


def united(compiled: Iterable[Any]) -> tuple[frozenset[str], frozenset[str]]:
    """Return the roots and the dotted paths that several read: of one alone its own, which are no copies."""
    parts = [item for item in compiled if not item.constant]
    if len(parts) == 1:
        return parts[0].names, parts[0].paths
    return _NOTHING.union(*(part.names for part in parts)), _NOTHING.union(*(part.paths for part in parts))


_NOTHING: frozenset[str] = frozenset()


def _all_constant(compiled: Iterable[Compiled]) -> bool:
    return all(item.constant for item in compiled)


def _failure(source: str, error: Exception) -> ExpressionError:
    if isinstance(error, ExpressionError):
        return error
    shown = source if len(source) <= 80 else source[:77] + "…"
    return ExpressionError(f"{shown}: {_reason(error)}")


def _reason(error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return reason if len(reason) <= MAX_REASON else reason[: MAX_REASON - 1] + "…"
