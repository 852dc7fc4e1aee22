"""One evaluation of an expression: what it can read, and the budget that it draws on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from jinja2.nodes import EvalContext as JinjaEvalContext
from jinja2.runtime import Context
from jinja2.utils import pass_context

from flowhook.engine.expressions.limits import MAX_LOOPS, MAX_OUTPUT, MAX_PRODUCED, MAX_RANGE, MAX_READ
from flowhook.engine.expressions.values import OMIT, OMIT_NAME, BudgetExceeded, Missing


class Environment(Protocol):
    """What is needed of the sandbox, which evaluates with this context."""

    eval_context: JinjaEvalContext


class EvalContext(Context):
    """One evaluation: the names it can read, its warnings, and what is left of its budget."""

    def __init__(self, environment: Environment, scope: Mapping[str, Any], warnings: list[str]) -> None:
        # The base's constructor is left out on purpose: it prepares inheritance and exports.
        budget = getattr(scope, "budget", None)
        if budget is not None:  # of the turn; what is evaluated elsewhere has none
            budget.check()
        self.environment = environment  # type: ignore[assignment]  # the sandbox is one of Jinja's, too
        self.eval_ctx = environment.eval_context
        self.scope = scope
        self.warnings = warnings
        self.vars: dict[str, Any] = {}
        self.exported_vars: set[str] = set()
        self.parent: dict[str, Any] = {}
        self.name = None
        self.output = MAX_OUTPUT
        self.produced = MAX_PRODUCED
        self.read = MAX_READ
        self.loops = MAX_LOOPS
        self.ranges = MAX_RANGE

    def resolve_or_missing(self, key: str) -> Any:
        try:
            return self.scope[key]
        except KeyError:
            if key == "range":
                return bounded_range
            if key == OMIT_NAME:
                return OMIT
            return Missing(name=key, warnings=self.warnings)

    def produce(self, amount: int) -> None:
        """Draw characters or items from the budget."""
        self.produced -= amount
        if self.produced < 0:
            raise BudgetExceeded(f"an expression may make {MAX_PRODUCED} characters and items at most")

    def go_through(self, amount: int) -> None:
        """Draw items to be looked at from the budget."""
        self.read -= amount
        if self.read < 0:
            raise BudgetExceeded(f"an expression may go through {MAX_READ} items at most")

    def derived(self, locals: dict[str, Any] | None = None) -> EvalContext:
        return self  # so that what is called inside a loop draws on the same budget


@pass_context
def bounded_range(evaluation: EvalContext, *args: int) -> range:
    """``range``, of 1,000 items in one evaluation."""
    numbers = range(*args)
    if len(numbers) > evaluation.ranges:
        raise BudgetExceeded(f"ranges may have {MAX_RANGE} items in one expression")
    evaluation.ranges -= len(numbers)
    return numbers
