"""Values as expressions see them: plain data, what is missing, and what may be read of either."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, NoReturn

from jinja2.exceptions import UndefinedError
from jinja2.runtime import ChainableUndefined, LoopContext, Undefined
from jinja2.utils import missing

from flowhook.engine.expressions.limits import MAX_BITS, MAX_ITEMS
from flowhook.i18n.normalize import word_set

#: What may be read of values that are not plain data.
ATTRIBUTES: tuple[tuple[type, frozenset[str]], ...] = (
    (datetime, word_set("day hour microsecond minute month second year")),
    (date, word_set("day month year")),
    (time, word_set("hour microsecond minute second")),
    (timedelta, word_set("days seconds")),
    (LoopContext, word_set("first index index0 last length nextitem previtem revindex revindex0")),
)


class Omitted(str):
    """``omit``: a key or an item whose value it is, is left out. Everywhere else it is an empty text."""

    __slots__ = ()


OMIT = Omitted()
OMIT_NAME = "omit"


class BudgetExceeded(Exception):
    """An evaluation spent more than its budget."""


def bits_of(value: Any) -> int:
    """The bits of an integer; none of anything else."""
    return value.bit_length() if isinstance(value, int) else 0


def check_bits(bits: int) -> None:
    """Raise BudgetExceeded for an integer of that many bits, where it would be too large."""
    if bits > MAX_BITS:
        raise BudgetExceeded("the number is too large")


def check_integer(value: Any) -> Any:
    """The value. Raises BudgetExceeded for an integer that is too large."""
    if type(value) is int and value.bit_length() > MAX_BITS:
        raise BudgetExceeded("the number is too large")
    return value


class Missing(ChainableUndefined):
    """A value that is not there: prints nothing, compares false, equals null, leads to more of it.

    Each use is noted as a warning, but for the questions that ask whether it is there.
    """

    __slots__ = ("_warnings",)

    _warnings: list[str] | None

    def __init__(
        self,
        hint: str | None = None,
        obj: Any = missing,
        name: str | None = None,
        exc: Any = UndefinedError,
        warnings: list[str] | None = None,
    ) -> None:
        super().__init__(hint, obj, name, exc)
        self._warnings = warnings

    def _used(self) -> None:
        if self._warnings is not None:
            warning = f"{self._undefined_name} is undefined"
            if warning not in self._warnings:
                self._warnings.append(warning)

    def _fail_with_undefined_error(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError(f"{self._undefined_name} is undefined")

    def _compare(self, other: Any) -> bool:
        self._used()
        return False

    __lt__ = __le__ = __gt__ = __ge__ = _compare  # type: ignore[assignment]

    __add__ = __radd__ = __sub__ = __rsub__ = _fail_with_undefined_error
    __mul__ = __rmul__ = __truediv__ = __rtruediv__ = _fail_with_undefined_error
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _fail_with_undefined_error
    __pow__ = __rpow__ = __pos__ = __neg__ = _fail_with_undefined_error
    __int__ = __float__ = __complex__ = __call__ = _fail_with_undefined_error

    def __eq__(self, other: Any) -> bool:
        if other is None or isinstance(other, Undefined):
            return True
        self._used()
        return False

    def __ne__(self, other: Any) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(None)

    def __bool__(self) -> bool:
        self._used()
        return False

    def __str__(self) -> str:
        self._used()
        return ""

    def __len__(self) -> int:
        self._used()
        return 0

    def __iter__(self) -> Any:
        self._used()
        return iter(())

    def _below(self, name: Any) -> Missing:
        return Missing(name=f"{self._undefined_name}.{name}", warnings=self._warnings)

    def __getattr__(self, name: str) -> Any:
        if name[:2] == "__":
            raise AttributeError(name)
        return self._below(name)

    def __getitem__(self, name: Any) -> Any:
        return self if isinstance(name, slice) else self._below(name)


# --- plain data ------------------------------------------------------------------------------------

_SCALARS = frozenset({str, int, bool, type(None)})


def to_plain_json(value: Any) -> Any:
    """A copy that holds nothing but dict, list, str, int, float, bool and None.

    What JSON has no form for becomes text (dates in ISO 8601) or null (infinities).
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        return {key if type(key) is str else text_of(key): to_plain_json(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [to_plain_json(item) for item in value]
    return _plain_other(value)


def _plain_other(value: Any) -> Any:
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Undefined):
        str(value)  # notes the use
        return None
    if isinstance(value, str):
        return str.__str__(value)
    if isinstance(value, Mapping):
        return {text_of(key): to_plain_json(item) for key, item in value.items()}
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        items = list(islice(value, MAX_ITEMS + 1))
        if len(items) > MAX_ITEMS:
            raise BudgetExceeded(f"a list may have {MAX_ITEMS} items at most")
        return [to_plain_json(item) for item in items]
    return str(value)


#: Written out once: a union is made anew each time that it is come to, for every value that is printed.
_AS_THEY_PRINT = (int, float, Undefined, date, time, timedelta)


def text_of(value: Any) -> str:
    """A value as text: null is nothing, true and false as in YAML, lists and mappings as JSON."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    if value is True:
        return "true"
    if value is False:
        return "false"
    if isinstance(value, _AS_THEY_PRINT):
        return str(value)
    return json.dumps(to_plain_json(value), ensure_ascii=False)


# --- reading ---------------------------------------------------------------------------------------


def get_member(value: Any, name: Any, warnings: list[str] | None) -> Any:
    """``value.name`` and ``value[name]``: keys, items, and the attributes on the list."""
    if isinstance(value, Undefined):
        return value[name] if isinstance(value, Missing) else Missing(name=text_of(name), warnings=warnings)
    if isinstance(value, Mapping):
        key = str(name) if type(name) is int else name  # x.1: all keys are texts
        try:
            return value[key]
        except (KeyError, TypeError):
            return Missing(name=text_of(name), warnings=warnings)
    if isinstance(value, list | tuple | str):
        index: Any = int(name) if isinstance(name, str) and name.isdecimal() else name
        try:
            return value[index]
        except (IndexError, TypeError, ValueError):
            return _group_member(value, name, warnings)
    if isinstance(name, str):
        for kind, names in ATTRIBUTES:
            if isinstance(value, kind):
                return getattr(value, name) if name in names else Missing(name=name, warnings=warnings)
    return Missing(name=text_of(name), warnings=warnings)


def _group_member(value: Any, name: Any, warnings: list[str] | None) -> Any:
    """What ``groupby`` gives has two names beside its places."""
    fields = getattr(value, "_fields", ()) if isinstance(value, tuple) else ()
    if name in fields:
        return value[fields.index(name)]
    return Missing(name=text_of(name), warnings=warnings)
