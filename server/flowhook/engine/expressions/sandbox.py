"""The sandbox in which expressions of flow files run: Jinja2, bounded in reach and in cost.

Three rules keep it small:

1. *Data only.* Before code is generated, every attribute access and method call of a template is
   replaced by a call of ours. Attributes read data; methods are those on a list; nothing else can
   be called. So an escape needs a method on that list, not one that somebody forgot to forbid.
2. *A budget for each evaluation.* Loops, ranges, produced text and nested literals draw on it.
3. *No statement that defines or loads code*: no macros, includes, imports, blocks.

It is a hedge against mistakes of authors, not a wall against hostile ones: what users type is never
compiled in the first place.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from jinja2 import nodes
from jinja2.exceptions import SecurityError
from jinja2.nodes import EvalContext as JinjaEvalContext
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment

from flowhook.engine.expressions.context import EvalContext, bounded_range
from flowhook.engine.expressions.filters import KNOWN_TESTS, known_filters
from flowhook.engine.expressions.guarded_calls import HELPERS, built, printed
from flowhook.engine.expressions.rewriter import Rewriter
from flowhook.engine.expressions.values import Missing, bits_of, check_bits, check_integer, get_member

# --- operators -------------------------------------------------------------------------------------


def _check_operands(left: Any, right: Any) -> None:
    """Integers as they come are bounded; only those that an operator made may be larger."""
    check_integer(left)
    check_integer(right)


def _times(evaluation: EvalContext, left: Any, right: Any) -> Any:
    if isinstance(left, int | float) and isinstance(right, int | float):
        check_bits(bits_of(left) + bits_of(right))
        return left * right
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, str | list | tuple) and isinstance(times, int):
            evaluation.produce(len(sequence) * max(times, 0))
            result = sequence * times
            return result if isinstance(result, str) else built(evaluation, result)
    return left * right


_BUILT = (list, tuple)


def _plus(evaluation: EvalContext, left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        evaluation.produce(len(left) + len(right))
    result = check_integer(left + right)
    return built(evaluation, result) if isinstance(result, _BUILT) else result


def _minus(evaluation: EvalContext, left: Any, right: Any) -> Any:
    return check_integer(left - right)


def _power(evaluation: EvalContext, left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        check_bits(max(bits_of(left), 1) * abs(right))
    return left**right


def _floor_divide(evaluation: EvalContext, left: Any, right: Any) -> Any:
    _check_operands(left, right)
    return left // right


def _modulo(evaluation: EvalContext, left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise SecurityError("% does not format texts here; write a ~ b")
    _check_operands(left, right)
    return left % right


def _divide(evaluation: EvalContext, left: Any, right: Any) -> Any:
    _check_operands(left, right)
    return left / right


_OPERATORS: dict[str, Callable[[EvalContext, Any, Any], Any]] = {
    "*": _times, "+": _plus, "-": _minus, "**": _power, "//": _floor_divide, "%": _modulo, "/": _divide,
}  # fmt: skip


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment. Its tables are filled once; evaluating changes nothing in it."""

    intercepted_binops: ClassVar[frozenset[str]] = frozenset(_OPERATORS)  # type: ignore[misc]

    def __init__(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(
            undefined=Missing, autoescape=False, optimized=False, keep_trailing_newline=True, cache_size=0
        )
        self.finalize = printed
        self.eval_context = JinjaEvalContext(self, None)
        self.globals = {}
        named = known_filters(filters)
        self.words = frozenset(named)  #: filters that authors may name
        self.filters = named | HELPERS
        self.tests = dict(KNOWN_TESTS)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return _OPERATORS[operator](context, left, right)  # type: ignore[arg-type]

    def getattr(self, obj: Any, attribute: str) -> Any:
        return get_member(obj, attribute, None)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return get_member(obj, argument, None)

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is bounded_range

    def rewrite(self, tree: nodes.Template) -> nodes.Template:
        """Put our calls in the place of what a parsed template reads and calls. Raises Refused."""
        tamed: nodes.Template = Rewriter(self.words, self.tests).visit(tree)
        tamed.set_environment(self)
        return tamed
