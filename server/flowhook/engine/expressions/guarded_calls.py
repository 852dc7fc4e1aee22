"""What the code of a template calls in place of reading, calling, looping and printing by itself."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext, Undefined
from jinja2.utils import pass_context

from flowhook.engine.expressions.context import EvalContext
from flowhook.engine.expressions.limits import MAX_ITEMS, MAX_LOOPS, MAX_OUTPUT
from flowhook.engine.expressions.values import BudgetExceeded, Missing, get_member, text_of
from flowhook.i18n.normalize import word_set

_TEXT_METHODS = word_set(
    "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit islower",
    "isnumeric isspace istitle isupper lower lstrip partition removeprefix removesuffix rfind rindex",
    "rpartition rsplit rstrip split splitlines startswith strip swapcase title upper",
)

#: What may be called on what; the first type that fits.
METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, _TEXT_METHODS),
    (Mapping, word_set("get items keys values")),
    (list, word_set("count index")),
    (tuple, word_set("count index")),
    (datetime, word_set("date isocalendar isoformat isoweekday strftime time timestamp weekday")),
    (date, word_set("isocalendar isoformat isoweekday strftime weekday")),
    (time, word_set("isoformat strftime")),
    (timedelta, word_set("total_seconds")),
    (float, word_set("is_integer")),
    (LoopContext, word_set("changed cycle")),
)

_STRFTIME = re.compile(r"(?:%[-]?[A-Za-z%]|[^%])*\Z")


@pass_context
def _read(evaluation: EvalContext, value: Any, name: Any, path: str = "") -> Any:
    """``path`` is the dotted path of what is read, for the warning, where the source tells it."""
    if type(value) is dict and name in value:  # the common case first
        return value[name]
    found = get_member(value, name, evaluation.warnings)
    return Missing(name=path, warnings=evaluation.warnings) if path and isinstance(found, Missing) else found


@pass_context
def _method(evaluation: EvalContext, value: Any, name: str, *args: Any, **kwargs: Any) -> Any:
    if isinstance(value, Missing):
        value._used()
        return value[name]
    for kind, names in METHODS:
        if isinstance(value, kind) and name in names:
            break
    else:
        raise SecurityError(f"{type(value).__name__} has no method {name}")
    if name == "strftime" and not (len(args) == 1 and len(args[0]) <= 100 and _STRFTIME.match(args[0])):
        raise SecurityError("strftime takes a format such as '%d.%m.%Y'")
    kwargs.pop("_loop_vars", None)
    kwargs.pop("_block_vars", None)
    result = getattr(value, name)(*args, **kwargs)
    if isinstance(result, str | list | tuple):
        evaluation.produce(len(result))
    return result


@pass_context
def rounds(evaluation: EvalContext, items: Any) -> Any:
    """What a loop goes over; null is nothing, as everywhere."""
    if items is None or isinstance(items, Undefined):
        return () if items is None else items
    if not isinstance(items, list | tuple | str | Mapping | range):
        items = list(islice(items, evaluation.loops + 1))
    evaluation.loops -= len(items)
    if evaluation.loops < 0:
        raise BudgetExceeded(f"loops may have {MAX_LOOPS} rounds in one template")
    return items


@pass_context
def built(evaluation: EvalContext, value: Any) -> Any:
    """A list or mapping made in a template; counted as a tree, or sharing would double without end."""
    size = _measure(value, MAX_ITEMS)
    if size > MAX_ITEMS:
        raise BudgetExceeded(f"a list or mapping may hold {MAX_ITEMS} values at most")
    evaluation.produce(size)
    return value


def _measure(value: Any, limit: int) -> int:
    """How many values a structure holds, counted as a tree; stops above ``limit``."""
    count = 0
    stack = [value]
    while stack and count <= limit:
        item = stack.pop()
        count += 1
        if isinstance(item, Mapping):
            stack.extend(islice(item.values(), limit))
        elif isinstance(item, list | tuple):
            stack.extend(islice(item, limit))
    return count


@pass_context
def _searched(evaluation: EvalContext, value: Any) -> Any:
    """The right side of ``in``. Null holds nothing."""
    if value is None:
        return ()
    if isinstance(value, str):
        evaluation.go_through(len(value) // 64)
    elif isinstance(value, list | tuple):
        evaluation.go_through(len(value))
    return value


@pass_context
def _concat(evaluation: EvalContext, parts: list[Any]) -> str:
    texts = [text_of(part) for part in parts]
    evaluation.produce(sum(map(len, texts)))
    return "".join(texts)


@pass_context
def printed(evaluation: EvalContext, value: Any) -> str:
    """Everything that is printed passes here."""
    text = value if type(value) is str else text_of(value)
    evaluation.output -= len(text)
    if evaluation.output < 0:
        raise BudgetExceeded(f"a template may print {MAX_OUTPUT} characters at most")
    return text


#: What tamed templates call; their names are no filters for authors.
HELPERS: dict[str, Callable[..., Any]] = {
    "_read": _read, "_method": _method, "_rounds": rounds, "_built": built, "_concat": _concat,
    "_searched": _searched,
}  # fmt: skip
