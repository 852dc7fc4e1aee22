"""Expressions and templates of flow files: compiled once at load, evaluated per turn.

Three forms, by where they stand:

- a *condition* is a bare expression: ``context.quantity > 3``;
- a *value* is any setting with ``{{ … }}`` in it: exactly one ``{{ … }}`` keeps its type, all else is text;
- a *text* is a setting that is shown: a template in it always gives text.

What a user typed enters as data of the scope and is never compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import ignored_tokens
from jinja2.parser import Parser
from pydantic import ValidationError

from flowhook.engine.fields import marks_of
from flowhook.engine.node import Node
from flowhook.engine.sandbox import (
    MAX_OUTPUT,
    MAX_SOURCE,
    Evaluation,
    Missing,
    Refused,
    Sandbox,
    dotted,
    plain,
    read,
    text_of,
    too_deep,
)
from flowhook.errors import FlowhookError

Scope = Mapping[str, Any]
RawPath = tuple[str | int, ...]
_Run = Callable[[Evaluation], Iterable[str]]
_Tree = TypeVar("_Tree", bound=nodes.Node)

_RESULT: Final = "_result"
_OPENINGS: Final = ("{{", "{%", "{#")

#: Operators of JavaScript, and their form here. Tried in this order on a source that does not parse.
_JS_OPERATORS = (
    (re.compile(r"&&"), "&& is JavaScript; write and"),
    (re.compile(r"\|\|"), "|| is JavaScript; write or, or x | default('…') for a default"),
    (re.compile(r"[!=]=="), "=== is JavaScript; write == or !="),
    (re.compile(r"!(?!=)"), "! is JavaScript; write not x"),
    (re.compile(r"\?\?"), "?? is JavaScript; write x | default('…')"),
    (re.compile(r"\?\."), "?. is JavaScript; a plain dot does not mind what is missing"),
    (re.compile(r"\?[^:]*:"), "? : is JavaScript; write a if condition else b"),
    (re.compile(r"`"), "`…` is JavaScript; write a ~ b"),
    (re.compile(r"=>"), "=> is JavaScript; write x | map(attribute='name') or x | selectattr('name')"),
    (re.compile(r"(?<![=!<>])=(?!=)"), "= does not compare; write =="),
)


class ExpressionError(FlowhookError):
    """An expression does not compile, or failed. ``line`` and ``column`` count in its source, from 1."""

    code = "expression"

    def __init__(self, message: str, line: int = 1, column: int = 1, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint


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

    __slots__ = ("_path", "_run", "_sandbox", "names", "paths", "source")
    constant = False

    def __init__(self, sandbox: Sandbox, source: str, expression: nodes.Expr) -> None:
        self.source = source
        self.names, self.paths = _reads(expression)
        self._sandbox = sandbox
        self._path = _static_path(expression)
        self._run = None if self._path else _result_of(sandbox, source, expression)

    def evaluate(self, scope: Scope, warnings: list[str]) -> Any:
        """The value as plain data, with its type. Raises :class:`ExpressionError`."""
        try:
            return plain(self._value(scope, warnings))
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
        if self._run is None:
            return self._look_up(scope, warnings)
        evaluation = Evaluation(self._sandbox, scope, warnings)
        for _ in self._run(evaluation):
            pass
        return evaluation.vars[_RESULT]

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
        value = Evaluation(self._sandbox, scope, warnings).resolve_or_missing(self._path[0])
        for name in self._path[1:]:
            value = read(value, name, warnings)
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
        """The value as plain data. Raises :class:`ExpressionError`."""
        return self.expression.evaluate(scope, warnings)


class TextTemplate:
    """A text with templates in it."""

    __slots__ = ("_pieces", "_run", "_sandbox", "names", "paths", "source")
    constant = False

    def __init__(self, sandbox: Sandbox, source: str, tree: nodes.Template) -> None:
        self.source = source
        self.names, self.paths = _reads(tree)
        self._sandbox = sandbox
        self._pieces = _simple_pieces(sandbox, source, tree)
        self._run = None if self._pieces else _generated(sandbox, source, tree)

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
            assert self._run
            text = "".join(self._run(Evaluation(self._sandbox, scope, warnings)))
        if len(text) > MAX_OUTPUT:
            raise ExpressionError(f"a template may print {MAX_OUTPUT} characters at most")
        return text


class MappingTemplate:
    """A mapping with templates somewhere in its values."""

    __slots__ = ("items", "names", "paths")
    constant = False

    def __init__(self, items: dict[str, Compiled]) -> None:
        self.items = items
        self.names, self.paths = _united(items.values())

    def evaluate(self, scope: Scope, warnings: list[str]) -> dict[str, Any]:
        """The mapping, evaluated. Raises :class:`ExpressionError`."""
        return {key: item.evaluate(scope, warnings) for key, item in self.items.items()}


class ListTemplate:
    """A list with templates somewhere in it."""

    __slots__ = ("items", "names", "paths")
    constant = False

    def __init__(self, items: list[Compiled]) -> None:
        self.items = items
        self.names, self.paths = _united(items)

    def evaluate(self, scope: Scope, warnings: list[str]) -> list[Any]:
        """The list, evaluated. Raises :class:`ExpressionError`."""
        return [item.evaluate(scope, warnings) for item in self.items]


Template = TypedTemplate | TextTemplate
Compiled = Constant | Template | MappingTemplate | ListTemplate


class Expressions:
    """Compiles the expressions of one library of flows. Equal sources are compiled once."""

    def __init__(self, filters: Mapping[str, Callable[..., Any]] | None = None) -> None:
        self.sandbox = Sandbox(filters or {})
        self._conditions: dict[str, Expression] = {}
        self._templates: dict[tuple[str, bool], Constant | Template] = {}

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
        return _reads(self._parse_any(source))[0]

    def paths(self, source: str) -> frozenset[str]:
        """The dotted paths that it reads: ``{"context.size"}``; what is computed ends the path."""
        return _reads(self._parse_any(source))[1]

    def _parse_any(self, source: str) -> nodes.Node:
        if any(opening in source for opening in _OPENINGS):
            return _parse_template(self.sandbox, source)
        return _parse_condition(self.sandbox, source)

    def _condition(self, source: str) -> Expression:
        return Expression(self.sandbox, source, _parse_condition(self.sandbox, source))

    def _template(self, source: str, text: bool) -> Constant | Template:
        if not any(opening in source for opening in _OPENINGS):
            return Constant(source)
        known = self._templates.get((source, text))
        if known is None:
            known = self._templates[source, text] = self._compiled_template(source, text)
        return known

    def _compiled_template(self, source: str, text: bool) -> Constant | Template:
        tree = _parse_template(self.sandbox, source)
        only = _only_expression(tree)
        if only is not None and not text:
            return TypedTemplate(source, Expression(self.sandbox, source, only))
        data = [child.data for child in _children(tree) if isinstance(child, nodes.TemplateData)]
        if len(data) == len(list(_children(tree))):  # raw blocks and comments only
            return Constant("".join(data))
        return TextTemplate(self.sandbox, source, tree)


# --- settings of nodes -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SettingsProblem:
    """One thing wrong in a node's settings. ``path`` leads to the raw value: ``("choices", 0)``.

    ``kind`` is pydantic's type of error (``string_type``, ``extra_forbidden`` …), or ``expression``:
    then ``line`` and ``column`` count inside the string at ``path``, from 1.
    """

    path: RawPath
    message: str
    kind: str
    value: Any = None
    line: int = 1
    column: int = 1
    hint: str = ""


class SettingsError(FlowhookError):
    """The settings of a node cannot be used: all problems at once."""

    code = "settings"

    def __init__(self, problems: list[SettingsProblem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


class Settings:
    """What one node in a flow file is set to: validated once at load as far as it is constant."""

    __slots__ = (
        "_checked",
        "_dynamic",
        "_fixed",
        "always",
        "conditions",
        "expressions",
        "names",
        "node_type",
        "paths",
    )

    def __init__(self, node_type: type[Node], raw: Mapping[str, Any], expressions: Expressions) -> None:
        """``raw`` maps fields to values as in the file. Raises :class:`SettingsError`."""
        self.node_type = node_type
        self.expressions = expressions
        self._checked = node_type.__pydantic_validator__
        problems: list[SettingsProblem] = []
        self._dynamic = self._compile_templates(raw, problems)
        self._fixed = {key: value for key, value in raw.items() if key not in self._dynamic}
        self.conditions = self._compile_conditions(raw, problems)
        #: the node itself, when no template stands in its settings
        self.always = self._validate(raw, problems)
        if problems:
            raise SettingsError(problems)
        names, self.paths = _united([*self._dynamic.values(), *self.conditions.values()])
        self.names = names | node_type.reads(raw) | self._kept_roots(raw)

    def node(self, scope: Scope, warnings: list[str]) -> Node:
        """The node for this scope. Raises ExpressionError or pydantic's ValidationError."""
        if self.always is not None:
            return self.always
        return self.validated(self.rendered(scope, warnings))

    def rendered(self, scope: Scope, warnings: list[str]) -> dict[str, Any]:
        """The settings as plain data, every template evaluated; JSON can hold them."""
        values = dict(self._fixed)
        for name, compiled in self._dynamic.items():
            values[name] = compiled.evaluate(scope, warnings)
        return values

    def validated(self, values: dict[str, Any]) -> Node:
        """The node for rendered settings. Raises pydantic's ValidationError."""
        node: Node = self._checked.validate_python(values, context=_RENDERED)
        return node

    # -- at load ------------------------------------------------------------------------------------

    def _compile_templates(
        self, raw: Mapping[str, Any], problems: list[SettingsProblem]
    ) -> dict[str, Compiled]:
        dynamic: dict[str, Compiled] = {}
        for name, value in raw.items():
            marks = self._marks(name)
            if "condition" in marks:
                continue
            faults = list(self._template_faults((name,), value, "text" in marks))
            problems += faults
            if not faults:
                compiled = self.expressions.compile_value(value, text="text" in marks)
                if not compiled.constant:
                    dynamic[name] = compiled
        return dynamic

    def _kept_roots(self, raw: Mapping[str, Any]) -> frozenset[str]:
        """The roots in which paths of the settings lie."""
        kept = [value for name, value in raw.items() if "path" in self._marks(name)]
        paths = [path for value in kept for path in (value if isinstance(value, dict | list) else [value])]
        return frozenset(path.partition(".")[0] for path in paths if isinstance(path, str))

    def _marks(self, name: str) -> frozenset[str]:
        field = self.node_type.model_fields.get(name)
        return marks_of(field) if field is not None else frozenset()

    def _template_faults(self, path: RawPath, value: Any, text: bool) -> Iterator[SettingsProblem]:
        for where, source in _strings(path, value):
            try:
                self.expressions.compile_value(source, text=text)
            except ExpressionError as error:
                yield _expression_problem(where, source, error)

    def _compile_conditions(
        self, raw: Mapping[str, Any], problems: list[SettingsProblem]
    ) -> dict[str, Expression]:
        conditions: dict[str, Expression] = {}
        for name, value in raw.items():
            if "condition" not in self._marks(name):
                continue
            for where, source in _strings((name,), value):
                try:
                    conditions[source] = self.expressions.compile_condition(source)
                except ExpressionError as error:
                    problems.append(_expression_problem(where, source, error))
        return conditions

    def _validate(self, raw: Mapping[str, Any], problems: list[SettingsProblem]) -> Node | None:
        """The node, when it is constant. Where a template stands, only a turn can tell."""
        strings = [entry for name in self._dynamic for entry in _strings((name,), raw[name])]
        unknown = [path for path, source in strings if any(opening in source for opening in _OPENINGS)]
        try:
            node = self.node_type.model_validate(dict(raw))
        except ValidationError as error:
            for detail in error.errors(include_url=False, include_context=False):
                location = detail["loc"]
                if any(_leads_to(path, location) for path in unknown) or (unknown and not location):
                    continue
                message = detail["msg"].removeprefix("Value error, ")
                problems.append(SettingsProblem(location, message, detail["type"], detail["input"]))
            return None
        return node if not self._dynamic else None


_RENDERED = {"rendered": True}


def _expression_problem(path: RawPath, source: str, error: ExpressionError) -> SettingsProblem:
    return SettingsProblem(path, error.message, "expression", source, error.line, error.column, error.hint)


def _strings(path: RawPath, value: Any) -> Iterator[tuple[RawPath, str]]:
    """Every string in a value, with the path to it."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from _strings((*path, key), item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _strings((*path, index), item)


def _leads_to(path: RawPath, location: RawPath) -> bool:
    """Whether an error's location belongs to a value; unions put words of their own between."""
    parts = iter(location)
    return all(any(part == step for part in parts) for step in path)


# --- parsing -----------------------------------------------------------------------------------------


def _parse_template(sandbox: Sandbox, source: str) -> nodes.Template:
    return _parsed(sandbox, source, None, Parser.parse)


def _parse_condition(sandbox: Sandbox, source: str) -> nodes.Expr:
    if source.lstrip().startswith("{{"):
        column = source.index("{{") + 1
        hint = "leave out the braces: write x, not {{ x }}"
        raise ExpressionError("a condition is a bare expression", 1, column, hint=hint)
    if not source.strip():
        raise ExpressionError("the expression is empty")
    return _parsed(sandbox, source, "variable", _bare_expression)


def _bare_expression(parser: Parser) -> nodes.Expr:
    expression = parser.parse_expression()
    if not parser.stream.eos:
        parser.fail(f"unexpected {parser.stream.current.value!r}", exc=TemplateSyntaxError)
    return expression


def _parsed(sandbox: Sandbox, source: str, state: str | None, parse: Callable[[Parser], _Tree]) -> _Tree:
    """A source, parsed; what is wrong with it is pointed at."""
    if len(source) > MAX_SOURCE:
        raise ExpressionError(f"an expression has {MAX_SOURCE} characters at most")
    parser = None
    try:
        parser = Parser(sandbox, source, state=state)
        tree = parse(parser)
    except TemplateSyntaxError as error:
        offset = _error_offset(sandbox, source, state, parser, error)
        raise _located(source, offset, str(error.message), _javascript_hint(source, state)) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply") from None
    if too_deep(tree):
        raise ExpressionError("the expression is nested too deeply")
    tree.set_environment(sandbox)
    return tree


def _error_offset(
    sandbox: Sandbox, source: str, state: str | None, parser: Parser | None, error: TemplateSyntaxError
) -> int:
    """Where in the source parsing stopped: Jinja tells the line only, so the tokens left are counted."""
    at = re.search(r" at (\d+)\Z", str(error.message))
    if at:
        return int(at[1])
    if parser is None:
        return 0
    try:
        left = sum(1 for _ in parser.stream)
        offsets = list(_token_offsets(sandbox, source, state))
    except TemplateSyntaxError:
        return 0
    return offsets[len(offsets) - left] if 0 < left <= len(offsets) else len(source.rstrip())


def _token_offsets(sandbox: Sandbox, source: str, state: str | None) -> Iterator[int]:
    offset = 0
    for _, kind, value in sandbox.lexer.tokeniter(source, None, None, state):
        offset = source.find(value, offset) if value in source[offset:] else offset
        if kind not in ignored_tokens and kind not in ("raw_begin", "raw_end"):
            yield offset
        offset += len(value)


def _located(source: str, offset: int, message: str, hint: str = "") -> ExpressionError:
    before = source[:offset]
    line = before.count("\n") + 1
    return ExpressionError(message, line, offset - (before.rfind("\n") + 1) + 1, hint=hint)


def _javascript_hint(source: str, state: str | None) -> str:
    """What to write instead, when a source that does not parse looks like JavaScript."""
    code = source if state else " ".join(re.findall(r"\{[{%](.*?)[}%]\}", source, re.DOTALL))
    code = re.sub(r"'[^']*'|\"[^\"]*\"", "''", code)
    return next((hint for pattern, hint in _JS_OPERATORS if pattern.search(code)), "")


# --- generating code ---------------------------------------------------------------------------------


def _generated(sandbox: Sandbox, source: str, tree: nodes.Template) -> _Run:
    """The code of a tree, after the sandbox has tamed it."""
    try:
        run: _Run = sandbox.from_string(sandbox.tame(tree)).root_render_func
    except Refused as error:
        offset = _word_offset(source, error.word, error.lineno)
        raise _located(source, offset, str(error.message), error.hint) from None
    except TemplateSyntaxError as error:
        raise _located(source, _word_offset(source, "", error.lineno), str(error.message)) from None
    except (SyntaxError, RecursionError, MemoryError, ValueError, OverflowError) as error:
        raise ExpressionError(f"the expression is too intricate ({type(error).__name__})") from None
    return run


def _word_offset(source: str, word: str, line: int) -> int:
    """Where a word stands, from its line on."""
    start = 0
    for _ in range(line - 1):
        start = source.find("\n", start) + 1
    if word:
        found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)").search(source, start)
        return found.start() if found else start
    return start


def _result_of(sandbox: Sandbox, source: str, expression: nodes.Expr) -> _Run:
    body: list[nodes.Node] = [nodes.Assign(nodes.Name(_RESULT, "store"), expression, lineno=1)]
    return _generated(sandbox, source, nodes.Template(body, lineno=1))


def _only_expression(tree: nodes.Template) -> nodes.Expr | None:
    """The expression of a template that is exactly one ``{{ … }}``."""
    if len(tree.body) != 1 or not isinstance(tree.body[0], nodes.Output):
        return None
    printed = tree.body[0].nodes
    return printed[0] if len(printed) == 1 and not isinstance(printed[0], nodes.TemplateData) else None


def _children(tree: nodes.Template) -> Iterator[nodes.Expr]:
    """What a template prints at its top, when it does nothing but print."""
    for statement in tree.body:
        if isinstance(statement, nodes.Output):
            yield from statement.nodes
        else:
            yield nodes.Const(None)


def _simple_pieces(sandbox: Sandbox, source: str, tree: nodes.Template) -> list[str | Expression] | None:
    """Texts and dotted paths, when a template consists of nothing else."""
    if not all(isinstance(statement, nodes.Output) for statement in tree.body):
        return None
    pieces: list[str | Expression] = []
    for child in _children(tree):
        if isinstance(child, nodes.TemplateData):
            pieces.append(child.data)
        elif _static_path(child):
            pieces.append(Expression(sandbox, source, child))
        else:
            return None
    return pieces


def _static_path(node: nodes.Node) -> tuple[str, ...] | None:
    """A dotted path that needs no code, and no word with the author."""
    path = dotted(node)
    if path is None or any(name == "length" or name.startswith("__") for name in path):
        return None
    return path


def _reads(tree: nodes.Node) -> tuple[frozenset[str], frozenset[str]]:
    """The roots and the dotted paths that a tree reads."""
    found = [tree, *tree.find_all(nodes.Name)]
    read = {node.name for node in found if isinstance(node, nodes.Name) and node.ctx == "load"}
    own = {node.name for node in found if isinstance(node, nodes.Name) and node.ctx != "load"}
    names = read - own - {"range", "loop"}
    paths: set[str] = set()
    _collect_paths(tree, paths)
    return frozenset(names), frozenset(path for path in paths if path.partition(".")[0] in names)


def _collect_paths(node: nodes.Node, paths: set[str]) -> None:
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        for child in (node.node.node, *node.args, *node.kwargs):
            _collect_paths(child, paths)
        return
    names = _static_path(node)
    if names is not None:
        paths.add(".".join(names))
        return
    for child in node.iter_child_nodes():
        _collect_paths(child, paths)


def _united(compiled: Iterable[Any]) -> tuple[frozenset[str], frozenset[str]]:
    parts = [item for item in compiled if not item.constant]
    names = frozenset(name for part in parts for name in part.names)
    return names, frozenset(path for part in parts for path in part.paths)


def _all_constant(compiled: Iterable[Compiled]) -> bool:
    return all(item.constant for item in compiled)


def _failure(source: str, error: Exception) -> ExpressionError:
    if isinstance(error, ExpressionError):
        return error
    shown = source if len(source) <= 80 else source[:77] + "…"
    return ExpressionError(f"{shown}: {_reason(error)}")


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
