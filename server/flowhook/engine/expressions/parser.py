"""From the source of an expression to code; what is wrong with a source is pointed at."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from jinja2 import nodes
from jinja2.exceptions import TemplateSyntaxError
from jinja2.lexer import ignored_tokens
from jinja2.parser import Parser

from flowhook.engine.expressions.analysis import SHORT_NAMES, too_deep, write_out_short_names
from flowhook.engine.expressions.context import EvalContext
from flowhook.engine.expressions.limits import MAX_SOURCE
from flowhook.engine.expressions.rewriter import Refused
from flowhook.engine.expressions.sandbox import Sandbox
from flowhook.errors import FlowhookError
from flowhook.problems.characters import described, instead_of

_Run = Callable[[EvalContext], Iterable[str]]
_Tree = TypeVar("_Tree", bound=nodes.Node)
_Token = TypeVar("_Token")

RESULT: Final = "_result"
MAX_DEFERRED: Final = 200  #: characters of a source whose code may be made at its first evaluation
_COMPARISON: Final = re.compile("[=!<>]=")

#: What other languages write, mostly JavaScript, and its form here. Tried in this order on a source that
#: does not parse.
_FOREIGN = (
    (re.compile(r"&&"), "&& is JavaScript; write and"),
    (re.compile(r"\|\|"), "|| is JavaScript; write or, or x | default('…') for a default"),
    (re.compile(r"[!=]=="), "=== is JavaScript; write == or !="),
    (re.compile(r"!(?!=)"), "! is JavaScript; write not x"),
    (re.compile(r"\?\?"), "?? is JavaScript; write x | default('…')"),
    (re.compile(r"\?\."), "?. is JavaScript; a plain dot does not mind what is missing"),
    (re.compile(r"\?[^:]*:"), "? : is JavaScript; write a if condition else b"),
    (re.compile(r"`"), "`…` is JavaScript; write a ~ b"),
    (re.compile(r"=>"), "=> is JavaScript; write x | map(attribute='name') or x | selectattr('name')"),
    (re.compile(r"<>"), "<> is SQL; write !="),
    (re.compile(r"(?<![=!<>])=(?!=)"), "= does not compare; write =="),
    (re.compile(r"\b\d{4}-\d{2}-\d{2}\b"), "a date needs quotes: '2026-01-31'"),
    (re.compile(r"\bthen\b"), "a condition stands alone; then is a key of its own below it"),
    (re.compile(r"(?<!\})\}(?!\})"), "a template ends with }}"),
)

_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
#: The text around the expressions of a template.
_OUTSIDE = re.compile(r"(?:\A|[}%]\}).*?(?:\{[{%]|\Z)", re.DOTALL)
_HALF_COMPARISON = re.compile(r"\b(?:and|or)\s*[<>=!]=?\Z")

#: What Jinja says of a source that stops too early, in words of ours.
_PARSE_ERRORS = {
    "unexpected 'end of template'": "the expression ends too early",
    "unexpected 'end of print statement'": "something is missing before }}",
    "unexpected 'end of statement block'": "something is missing before %}",
}

_STRANGE_CHAR = re.compile("unexpected char '([^\x00-\x7f])'")


class ExpressionError(FlowhookError):
    """An expression does not compile, or failed. ``line`` and ``column`` count in its source, from 1.

    ``unregistered``: it names a filter or test that a plugin might bring.
    """

    code = "expression"

    def __init__(
        self, message: str, line: int = 1, column: int = 1, *, hint: str = "", unregistered: bool = False
    ) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column
        self.hint = hint
        self.unregistered = unregistered


# --- parsing -----------------------------------------------------------------------------------------


def parse_template(sandbox: Sandbox, source: str) -> nodes.Template:
    return _parsed(sandbox, source, None, Parser.parse)


def parse_condition(sandbox: Sandbox, source: str) -> nodes.Expr:
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
        message = _PARSE_ERRORS.get(str(error.message), str(error.message))
        message = re.sub(r" at \d+\Z", "", message)  # the caret says it better
        found = _STRANGE_CHAR.match(message)
        if found is not None:
            message = f"the character {described(found[1])} means nothing in an expression"
            raise _located(source, offset, message, instead_of(found[1])) from None
        raise _located(source, offset, message, _hint(source, state, offset)) from None
    except (RecursionError, MemoryError):
        raise ExpressionError("the expression is nested too deeply") from None
    except ValueError:  # int() of thousands of digits
        raise ExpressionError("a number has too many digits") from None
    if too_deep(tree):
        raise ExpressionError("the expression is nested too deeply")
    if any(name in source for name in SHORT_NAMES):  # to look is cheaper than to walk
        write_out_short_names(tree)
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
        return _reached(sandbox, source, state)
    offsets, whole = _told(_token_offsets(sandbox, source, state))
    left, ended = _told(parser.stream)
    if ended and not whole:  # a token that cannot be read was what parsing stopped at
        return _reached(sandbox, source, state)
    count = len(left) + (not ended)  # the one before what cannot be read is not counted
    return offsets[len(offsets) - count] if 0 < count <= len(offsets) else len(source.rstrip())


def _told(tokens: Iterable[_Token]) -> tuple[list[_Token], bool]:
    """The tokens up to one that cannot be read, and whether there is none such."""
    told: list[_Token] = []
    try:
        told.extend(tokens)  # keeps what came before an error
    except TemplateSyntaxError:
        return told, False
    return told, True


def _reached(sandbox: Sandbox, source: str, state: str | None) -> int:
    """Where the tokens end, in a source that cannot be taken apart to its end."""
    offset = 0
    try:
        for _, _, value in sandbox.lexer.tokeniter(source, None, None, state):
            offset = source.find(value, offset) + len(value) if value in source[offset:] else offset
    except TemplateSyntaxError:
        pass
    return offset + len(source[offset:]) - len(source[offset:].lstrip())


def _token_offsets(sandbox: Sandbox, source: str, state: str | None) -> Iterator[int]:
    offset = 0
    for _, kind, value in sandbox.lexer.tokeniter(source, None, None, state):
        offset = source.find(value, offset) if value in source[offset:] else offset
        if kind not in ignored_tokens and kind not in ("raw_begin", "raw_end"):
            yield offset
        offset += len(value)


def _located(
    source: str, offset: int, message: str, hint: str = "", unregistered: bool = False
) -> ExpressionError:
    before = source[:offset]
    line, column = before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
    return ExpressionError(message, line, column, hint=hint, unregistered=unregistered)


def _hint(source: str, state: str | None, offset: int) -> str:
    """What to write instead, where a source that does not parse looks like JavaScript or like half a
    comparison: what stands at the place itself, then what stands anywhere."""
    code = source if state else _OUTSIDE.sub(lambda text: " " * len(text[0]), source)
    code = _QUOTED.sub(lambda text: "'" + " " * (len(text[0]) - 2) + "'", code)
    if _HALF_COMPARISON.search(code, 0, offset + 1):
        return "compare a name on both sides: x > 0 and x <= 10, or 0 < x <= 10"
    found = [(match, hint) for pattern, hint in _FOREIGN for match in pattern.finditer(code)]
    here = (hint for match, hint in found if match.start() <= offset < match.end())
    return next(here, found[0][1] if found else "")


# --- generating code ---------------------------------------------------------------------------------


class Code:
    """The code of a tree that the sandbox has tamed. A short expression has it when it is evaluated first:
    of hundreds in a flow a conversation needs few, and what may be wrong with them was told before."""

    __slots__ = ("_sandbox", "_source", "_tamed", "run")

    def __init__(self, sandbox: Sandbox, source: str, tree: nodes.Template) -> None:
        """Raises :class:`ExpressionError` for what is not available here, and for what has no code."""
        self._sandbox, self._source = sandbox, source
        self._tamed: nodes.Template | None
        try:
            self._tamed = sandbox.rewrite(tree)
        except Refused as error:
            offset = _word_offset(source, error.word, error.lineno)
            raise _located(source, offset, str(error.message), error.hint, error.unregistered) from None
        self.run: _Run | None = None
        if not _has_code_for_certain(source):
            self.generate()

    def generate(self) -> _Run:
        """Return what runs, and keep it as :attr:`run`. Raises :class:`ExpressionError`."""
        if self.run is None:
            assert self._tamed is not None
            self.run = _generated(self._sandbox, self._source, self._tamed)
            self._tamed = None
        return self.run


def _has_code_for_certain(source: str) -> bool:
    """Whether Python takes the code of an expression that was parsed: it has no statements, which may be
    nested too deeply, no named arguments, which may stand twice, no slices, which may stand beside other
    indexes, and no numbers of thousands of digits."""
    if len(source) > MAX_DEFERRED or "{%" in source or ("[" in source and ":" in source):
        return False
    return "=" not in _COMPARISON.sub("", source)


def _generated(sandbox: Sandbox, source: str, tamed: nodes.Template) -> _Run:
    try:
        run: _Run = sandbox.from_string(tamed).root_render_func
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


def result_of(sandbox: Sandbox, source: str, expression: nodes.Expr) -> Code:
    body: list[nodes.Node] = [nodes.Assign(nodes.Name(RESULT, "store"), expression, lineno=1)]
    return Code(sandbox, source, nodes.Template(body, lineno=1))
