"""The filters and tests of expressions: Jinja's, as far as they are safe and bounded, and our own."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from jinja2.filters import FILTERS
from jinja2.runtime import Undefined
from jinja2.tests import TESTS
from jinja2.utils import pass_context

from flowhook.engine.expressions.context import EvalContext
from flowhook.engine.expressions.guarded_calls import rounds
from flowhook.engine.expressions.limits import MAX_DIGITS
from flowhook.engine.expressions.values import check_integer, get_member, text_of, to_plain_json
from flowhook.i18n.formatting import format_date, format_money, format_number
from flowhook.i18n.normalize import word_set

#: Jinja's filters that stay; of the others some are replaced by our own and the rest is not there.
SAFE_FILTERS = word_set(
    "abs capitalize count d default dictsort filesizeformat first float groupby items last length",
    "list lower map max min reject rejectattr reverse select selectattr sort title trim truncate unique",
    "upper urlencode wordcount",
)

#: Filters that take as long for a long list as for a short one.
_QUICK_FILTERS = word_set("count d default first last length")

#: Filters that look at each item several times.
_HEAVY_FILTERS = word_set("dictsort groupby sort unique")

#: Tests that tell of the program, not of data.
_REFUSED_TESTS = word_set("callable escaped filter test")


@pass_context
def _join(evaluation: EvalContext, items: Any, separator: str = "", attribute: Any = None) -> str:
    separator = text_of(separator)
    texts: list[str] = []
    for item in rounds(evaluation, items):
        text = text_of(item if attribute is None else get_member(item, attribute, evaluation.warnings))
        evaluation.produce(len(text) + len(separator))
        texts.append(text)
    return separator.join(texts)


@pass_context
def _replace(evaluation: EvalContext, value: Any, old: Any, new: Any, count: int = -1) -> str:
    text, old_text, new_text = text_of(value), text_of(old), text_of(new)
    times = text.count(old_text)
    if count >= 0:
        times = min(times, count)
    evaluation.produce(len(text) + times * len(new_text))
    return text.replace(old_text, new_text, times)


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    if not -15 <= precision <= 15:
        raise ValueError("round takes a precision of -15 to 15")
    if isinstance(value, int) and precision >= 0 and method in ("common", "ceil", "floor"):
        return value  # by way of a float it would lose digits
    return FILTERS["round"](value, precision, method)


def _int(value: Any, default: Any = 0, base: int = 10) -> Any:
    """Jinja's ``int``, but exact: "12345678901234567890.5" does not go by way of a float."""
    try:
        return int(value, base) if isinstance(value, str) else int(value)
    except (TypeError, ValueError, OverflowError):
        pass
    try:
        number = Decimal(value.strip()) if isinstance(value, str) else None
    except InvalidOperation:
        return default
    within = number is not None and number.is_finite() and number.adjusted() < MAX_DIGITS
    return int(number) if number is not None and within else default


@pass_context
def _sum(evaluation: EvalContext, items: Any, attribute: Any = None, start: Any = 0) -> Any:
    total = start
    for item in rounds(evaluation, items):
        number = item if attribute is None else get_member(item, attribute, evaluation.warnings)
        if not isinstance(total, int | float) or not isinstance(number, int | float):
            raise TypeError("sum adds numbers")
        total = check_integer(total + number)
    return total


def _tojson(value: Any) -> str:
    return json.dumps(to_plain_json(value), ensure_ascii=False)


def _escape(value: Any) -> str:
    text = text_of(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&#34;").replace("'", "&#39;")


_OWN_FILTERS: dict[str, Callable[..., Any]] = {
    "join": _join, "replace": _replace, "sum": _sum, "round": _round, "int": _int,
    "string": text_of, "tojson": _tojson, "e": _escape, "escape": _escape,
}  # fmt: skip


# --- values as people of a locale write them: without one the filters take that of the input; what is not
# there shows as nothing


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


_LOCAL_FILTERS: dict[str, Callable[..., Any]] = {
    "date_format": _date_format,
    "number": _number,
    "money": _money,
}


# --- the budget ------------------------------------------------------------------------------------

#: What a filter of Jinja's wants before its value.
_FIRST_ARGUMENTS: dict[str, Callable[[EvalContext], tuple[Any, ...]]] = {
    "": lambda evaluation: (),
    "context": lambda evaluation: (evaluation,),
    "eval_context": lambda evaluation: (evaluation.eval_ctx,),
    "environment": lambda evaluation: (evaluation.environment,),
}


def _gone_through(evaluation: EvalContext, items: Iterator[Any]) -> Iterator[Any]:
    """Items that are made one by one; each is drawn from the budget."""
    for item in items:
        evaluation.go_through(3)
        yield item


_CONTAINERS = (list, tuple, dict)
_COUNTED = (str, *_CONTAINERS)


def _guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that draws on the budget with what it goes through and what it makes."""
    weight = 0 if name in _QUICK_FILTERS else 8 if name in _HEAVY_FILTERS else 1
    first = _FIRST_ARGUMENTS[getattr(getattr(function, "jinja_pass_arg", None), "name", "")]

    @pass_context
    def guarded(evaluation: EvalContext, *args: Any, **kwargs: Any) -> Any:
        if args and weight and isinstance(args[0], _CONTAINERS):
            evaluation.go_through(len(args[0]) * weight)
        result = function(*first(evaluation), *args, **kwargs)
        if isinstance(result, _COUNTED):
            evaluation.produce(len(result))
        elif isinstance(result, Iterator):
            return _gone_through(evaluation, result)
        return check_integer(result)

    return guarded


def _is_none(value: Any) -> bool:
    """What is not there is null to ``is none``, as it is to ``== none``."""
    return value is None or isinstance(value, Undefined)


def known_filters(more: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """All filters that authors may name, ``more`` of plugins among them; each draws on the budget."""
    named = {name: FILTERS[name] for name in SAFE_FILTERS} | _OWN_FILTERS | _LOCAL_FILTERS | dict(more)
    return {name: _guarded(name, function) for name, function in named.items()}


#: The tests that authors may name.
KNOWN_TESTS = {name: test for name, test in TESTS.items() if name not in _REFUSED_TESTS} | {"none": _is_none}
