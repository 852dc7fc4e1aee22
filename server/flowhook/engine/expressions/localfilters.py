"""Filters that show values as people of a locale write them: ``date_format``, ``number``, ``money``.

Without a locale they take that of the input. What is not there shows as nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2.runtime import Undefined
from jinja2.utils import pass_context

from flowhook.engine.expressions.context import EvalContext
from flowhook.engine.expressions.values import text_of
from flowhook.i18n.formatting import format_date, format_money, format_number


@pass_context
def _date_format(evaluation: EvalContext, value: Any, pattern: str = "medium", locale: Any = None) -> str:
    return "" if _is_nothing(value) else format_date(value, text_of(pattern), _locale(evaluation, locale))


@pass_context
def _number(evaluation: EvalContext, value: Any, decimals: int | None = None, locale: Any = None) -> str:
    return "" if _is_nothing(value) else format_number(value, _locale(evaluation, locale), decimals)


@pass_context
def _money(evaluation: EvalContext, value: Any, currency: str | None = None, locale: Any = None) -> str:
    return "" if _is_nothing(value) else format_money(value, currency, _locale(evaluation, locale))


def _is_nothing(value: Any) -> bool:
    return value is None or value == "" or isinstance(value, Undefined)


def _locale(evaluation: EvalContext, named: Any) -> str:
    """The locale asked for, or that of the input, or English."""
    if isinstance(named, str) and named:
        return named[:35]
    said = evaluation.resolve_or_missing("input")
    known = said.get("locale") if isinstance(said, dict) else None
    return known if isinstance(known, str) and known else "en"


LOCAL_FILTERS: dict[str, Callable[..., Any]] = {
    "date_format": _date_format,
    "number": _number,
    "money": _money,
}
