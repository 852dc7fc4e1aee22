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

import difflib
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any, ClassVar, Final, NoReturn, cast

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateSyntaxError, UndefinedError
from jinja2.filters import FILTERS
from jinja2.nodes import EvalContext
from jinja2.runtime import ChainableUndefined, Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing, pass_context
from jinja2.visitor import NodeTransformer

MAX_SOURCE: Final = 16 * 1024  #: characters of one expression or template
MAX_OUTPUT: Final = 64 * 1024  #: characters that one evaluation may print
MAX_PRODUCED: Final = 256 * 1024  #: characters and items that its filters and operators may make
MAX_READ: Final = 100_000  #: items that its filters and searches may go through
MAX_LOOPS: Final = 10_000  #: rounds of all its loops together
MAX_RANGE: Final = 1_000  #: items of all its ranges together
MAX_ITEMS: Final = 10_000  #: values in one list or mapping that it builds, nested ones included
MAX_BITS: Final = 4_096  #: of an integer
MAX_DEPTH: Final = 60  #: of an expression's tree


def _words(*lines: str) -> frozenset[str]:
    return frozenset(" ".join(lines).split())


#: Jinja's filters that stay; of the others some are replaced by our own and the rest is not there.
SAFE_FILTERS = _words(
    "abs capitalize count d default dictsort filesizeformat first float groupby int items last length",
    "list lower map max min reject rejectattr reverse select selectattr sort title trim truncate unique",
    "upper urlencode wordcount",
)

_TEXT_METHODS = _words(
    "capitalize casefold count endswith find index isalnum isalpha isascii isdecimal isdigit islower",
    "isnumeric isspace istitle isupper lower lstrip partition removeprefix removesuffix rfind rindex",
    "rpartition rsplit rstrip split splitlines startswith strip swapcase title upper",
)

#: What may be called on what; the first type that fits.
METHODS: tuple[tuple[type, frozenset[str]], ...] = (
    (str, _TEXT_METHODS),
    (Mapping, _words("get items keys values")),
    (list, _words("count index")),
    (tuple, _words("count index")),
    (datetime, _words("date isocalendar isoformat isoweekday strftime time timestamp weekday")),
    (date, _words("isocalendar isoformat isoweekday strftime weekday")),
    (time, _words("isoformat strftime")),
    (timedelta, _words("total_seconds")),
    (float, _words("is_integer")),
    (LoopContext, _words("changed cycle")),
)

#: What may be read of values that are not plain data.
ATTRIBUTES: tuple[tuple[type, frozenset[str]], ...] = (
    (datetime, _words("day hour microsecond minute month second year")),
    (date, _words("day month year")),
    (time, _words("hour microsecond minute second")),
    (timedelta, _words("days seconds")),
    (LoopContext, _words("first index index0 last length nextitem previtem revindex revindex0")),
)

_KNOWN_METHODS = frozenset().union(*(names for _, names in METHODS))

#: What people who know JavaScript write, and its form here.
JS_MEMBERS = {
    "length": "write x | length; a key of that name is x['length']",
    "includes": "write 'a' in x",
    "indexOf": "write x.find('a')",
    "toUpperCase": "write x | upper",
    "toLowerCase": "write x | lower",
    "trim": "write x | trim",
    "toString": "write x | string",
    "push": "use the node append",
    "join": "write x | join(', ')",
    "replace": "write x | replace('a', 'b')",
    "map": "write x | map(attribute='name')",
    "filter": "write x | selectattr('name')",
    "concat": "write a ~ b for texts, a + b for lists",
    "toFixed": "write x | round(2)",
    "format": "write a ~ b",
}

_STRFTIME = re.compile(r"(?:%[-]?[A-Za-z%]|[^%])*\Z")


class Exceeded(Exception):
    """An evaluation spent more than its budget."""


class Refused(TemplateSyntaxError):
    """A template holds something that the sandbox has no room for. ``word`` is what to point at."""

    def __init__(self, message: str, lineno: int, *, word: str = "", hint: str = "") -> None:
        super().__init__(message, lineno)
        self.word = word
        self.hint = hint


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


class Evaluation(Context):
    """One evaluation: the names it can read, its warnings, and what is left of its budget."""

    def __init__(self, environment: Sandbox, scope: Mapping[str, Any], warnings: list[str]) -> None:
        # The base's constructor is left out on purpose: it prepares inheritance and exports.
        self.environment = environment
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
            return Missing(name=key, warnings=self.warnings)

    def produce(self, amount: int) -> None:
        """Draw characters or items from the budget."""
        self.produced -= amount
        if self.produced < 0:
            raise Exceeded(f"an expression may make {MAX_PRODUCED} characters and items at most")

    def go_through(self, amount: int) -> None:
        """Draw items to be looked at from the budget."""
        self.read -= amount
        if self.read < 0:
            raise Exceeded(f"an expression may go through {MAX_READ} items at most")

    def derived(self, locals: dict[str, Any] | None = None) -> Evaluation:
        return self  # so that what is called inside a loop draws on the same budget


@pass_context
def bounded_range(evaluation: Evaluation, *args: int) -> range:
    """``range``, of 1,000 items in one evaluation."""
    numbers = range(*args)
    if len(numbers) > evaluation.ranges:
        raise Exceeded(f"ranges may have {MAX_RANGE} items in one expression")
    evaluation.ranges -= len(numbers)
    return numbers


# --- plain data ------------------------------------------------------------------------------------

_SCALARS = frozenset({str, int, bool, type(None)})


def plain(value: Any) -> Any:
    """A copy that holds nothing but dict, list, str, int, float, bool and None.

    What JSON has no form for becomes text (dates in ISO 8601) or null (infinities).
    """
    kind = type(value)
    if kind in _SCALARS:
        return value
    if kind is dict:
        return {key if type(key) is str else text_of(key): plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [plain(item) for item in value]
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
        return {text_of(key): plain(item) for key, item in value.items()}
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, Iterable) and not isinstance(value, bytes):
        items = list(islice(value, MAX_ITEMS + 1))
        if len(items) > MAX_ITEMS:
            raise Exceeded(f"a list may have {MAX_ITEMS} items at most")
        return [plain(item) for item in items]
    return str(value)


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
    if isinstance(value, int | float | Undefined | date | time | timedelta):
        return str(value)
    return json.dumps(plain(value), ensure_ascii=False)


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


# --- what the code of a template calls -------------------------------------------------------------


def read(value: Any, name: Any, warnings: list[str] | None) -> Any:
    """``value.name`` and ``value[name]``: keys, items, and the attributes on the list."""
    if isinstance(value, Undefined):
        return value[name] if isinstance(value, Missing) else Missing(name=text_of(name), warnings=warnings)
    if isinstance(value, Mapping):
        try:
            return value[name]
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


@pass_context
def _read(evaluation: Evaluation, value: Any, name: Any, path: str = "") -> Any:
    """``path`` is the dotted path of what is read, for the warning, where the source tells it."""
    if type(value) is dict and name in value:  # the common case first
        return value[name]
    found = read(value, name, evaluation.warnings)
    return Missing(name=path, warnings=evaluation.warnings) if path and isinstance(found, Missing) else found


@pass_context
def _method(evaluation: Evaluation, value: Any, name: str, *args: Any, **kwargs: Any) -> Any:
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
def _rounds(evaluation: Evaluation, items: Any) -> Any:
    """What a loop goes over; null is nothing, as everywhere."""
    if items is None or isinstance(items, Undefined):
        return () if items is None else items
    if not isinstance(items, list | tuple | str | Mapping | range):
        items = list(islice(items, evaluation.loops + 1))
    evaluation.loops -= len(items)
    if evaluation.loops < 0:
        raise Exceeded(f"loops may have {MAX_LOOPS} rounds in one template")
    return items


@pass_context
def _built(evaluation: Evaluation, value: Any) -> Any:
    """A list or mapping made in a template; counted as a tree, or sharing would double without end."""
    size = _measure(value, MAX_ITEMS)
    if size > MAX_ITEMS:
        raise Exceeded(f"a list or mapping may hold {MAX_ITEMS} values at most")
    evaluation.produce(size)
    return value


@pass_context
def _searched(evaluation: Evaluation, value: Any) -> Any:
    """The right side of ``in``. Null holds nothing."""
    if value is None:
        return ()
    if isinstance(value, str):
        evaluation.go_through(len(value) // 64)
    elif isinstance(value, list | tuple):
        evaluation.go_through(len(value))
    return value


@pass_context
def _concat(evaluation: Evaluation, parts: list[Any]) -> str:
    texts = [text_of(part) for part in parts]
    evaluation.produce(sum(map(len, texts)))
    return "".join(texts)


@pass_context
def _print(evaluation: Evaluation, value: Any) -> str:
    """Everything that is printed passes here."""
    text = value if type(value) is str else text_of(value)
    evaluation.output -= len(text)
    if evaluation.output < 0:
        raise Exceeded(f"a template may print {MAX_OUTPUT} characters at most")
    return text


# --- filters of our own, where Jinja's have no bound ------------------------------------------------


@pass_context
def _join(evaluation: Evaluation, items: Any, separator: str = "", attribute: Any = None) -> str:
    separator = text_of(separator)
    texts: list[str] = []
    for item in _rounds(evaluation, items):
        text = text_of(item if attribute is None else read(item, attribute, evaluation.warnings))
        evaluation.produce(len(text) + len(separator))
        texts.append(text)
    return separator.join(texts)


@pass_context
def _replace(evaluation: Evaluation, value: Any, old: Any, new: Any, count: int = -1) -> str:
    text, old_text, new_text = text_of(value), text_of(old), text_of(new)
    times = text.count(old_text)
    if count >= 0:
        times = min(times, count)
    evaluation.produce(len(text) + times * len(new_text))
    return text.replace(old_text, new_text, times)


def _round(value: Any, precision: int = 0, method: str = "common") -> Any:
    if not -15 <= precision <= 15:
        raise ValueError("round takes a precision of -15 to 15")
    return FILTERS["round"](value, precision, method)


@pass_context
def _sum(evaluation: Evaluation, items: Any, attribute: Any = None, start: Any = 0) -> Any:
    total = start
    for item in _rounds(evaluation, items):
        number = item if attribute is None else read(item, attribute, evaluation.warnings)
        if not isinstance(total, int | float) or not isinstance(number, int | float):
            raise TypeError("sum adds numbers")
        total += number
    return total


def _tojson(value: Any) -> str:
    return json.dumps(plain(value), ensure_ascii=False)


def _escape(value: Any) -> str:
    text = text_of(value).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace('"', "&#34;").replace("'", "&#39;")


#: What a filter of Jinja's wants before its value.
_FIRST_ARGUMENTS: dict[str, Callable[[Evaluation], tuple[Any, ...]]] = {
    "": lambda evaluation: (),
    "context": lambda evaluation: (evaluation,),
    "eval_context": lambda evaluation: (evaluation.eval_ctx,),
    "environment": lambda evaluation: (evaluation.environment,),
}


def _gone_through(evaluation: Evaluation, items: Iterator[Any]) -> Iterator[Any]:
    """Items that are made one by one; each is drawn from the budget."""
    for item in items:
        evaluation.go_through(3)
        yield item


def _guarded(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that draws on the budget with what it goes through and what it makes."""
    weight = 0 if name in _QUICK_FILTERS else 8 if name in _HEAVY_FILTERS else 1
    first = _FIRST_ARGUMENTS[getattr(getattr(function, "jinja_pass_arg", None), "name", "")]

    @pass_context
    def guarded(evaluation: Evaluation, *args: Any, **kwargs: Any) -> Any:
        if args and weight and isinstance(args[0], list | tuple | dict):
            evaluation.go_through(len(args[0]) * weight)
        result = function(*first(evaluation), *args, **kwargs)
        if isinstance(result, str | list | tuple | dict):
            evaluation.produce(len(result))
        elif isinstance(result, Iterator):
            return _gone_through(evaluation, result)
        return result

    return guarded


_OWN_FILTERS: dict[str, Callable[..., Any]] = {
    "join": _join, "replace": _replace, "sum": _sum, "round": _round,
    "string": text_of, "tojson": _tojson, "e": _escape, "escape": _escape,
}  # fmt: skip

#: What tamed templates call; their names are no filters for authors.
_HELPERS: dict[str, Callable[..., Any]] = {
    "_read": _read, "_method": _method, "_rounds": _rounds, "_built": _built, "_concat": _concat,
    "_searched": _searched,
}  # fmt: skip

#: Filters that take as long for a long list as for a short one.
_QUICK_FILTERS = _words("count d default first last length")

#: Filters that look at each item several times.
_HEAVY_FILTERS = _words("dictsort groupby sort unique")

_REFUSED_TESTS = _words("callable escaped filter test")


# --- operators -------------------------------------------------------------------------------------


def _bits(value: Any) -> int:
    return value.bit_length() if isinstance(value, int) else 0


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise Exceeded("the number is too large")


def _times(evaluation: Evaluation, left: Any, right: Any) -> Any:
    if isinstance(left, int | float) and isinstance(right, int | float):
        _check_bits(_bits(left) + _bits(right))
        return left * right
    for sequence, times in ((left, right), (right, left)):
        if isinstance(sequence, str | list | tuple) and isinstance(times, int):
            evaluation.produce(len(sequence) * max(times, 0))
            result = sequence * times
            return result if isinstance(result, str) else _built(evaluation, result)
    return left * right


def _plus(evaluation: Evaluation, left: Any, right: Any) -> Any:
    if isinstance(left, str) and isinstance(right, str):
        evaluation.produce(len(left) + len(right))
    result = left + right
    return _built(evaluation, result) if isinstance(result, list | tuple) else result


def _power(evaluation: Evaluation, left: Any, right: Any) -> Any:
    if isinstance(left, int) and isinstance(right, int):
        _check_bits(max(_bits(left), 1) * abs(right))
    return left**right


def _modulo(evaluation: Evaluation, left: Any, right: Any) -> Any:
    if isinstance(left, str):
        raise SecurityError("% does not format texts here; write a ~ b")
    return left % right


_OPERATORS: dict[str, Callable[[Evaluation, Any, Any], Any]] = {
    "*": _times, "+": _plus, "**": _power, "%": _modulo,
}  # fmt: skip


class Sandbox(ImmutableSandboxedEnvironment):
    """The environment. Its tables are filled once; evaluating changes nothing in it."""

    intercepted_binops: ClassVar[frozenset[str]] = frozenset(_OPERATORS)  # type: ignore[misc]

    def __init__(self, filters: Mapping[str, Callable[..., Any]]) -> None:
        super().__init__(
            undefined=Missing, autoescape=False, optimized=False, keep_trailing_newline=True, cache_size=0
        )
        self.finalize = _print
        self.eval_context = EvalContext(self, None)
        self.globals = {}
        named = {name: FILTERS[name] for name in SAFE_FILTERS} | _OWN_FILTERS | dict(filters)
        self.words = frozenset(named)  #: filters that authors may name
        self.filters = {name: _guarded(name, function) for name, function in named.items()} | _HELPERS
        self.tests = {name: test for name, test in self.tests.items() if name not in _REFUSED_TESTS}

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        return _OPERATORS[operator](context, left, right)  # type: ignore[arg-type]

    def getattr(self, obj: Any, attribute: str) -> Any:
        return read(obj, attribute, None)

    def getitem(self, obj: Any, argument: Any) -> Any:
        return read(obj, argument, None)

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is bounded_range

    def tame(self, tree: nodes.Template) -> nodes.Template:
        """Put our calls in the place of what a parsed template reads and calls. Raises Refused."""
        tamed: nodes.Template = _Tamer(self).visit(tree)
        tamed.set_environment(self)
        return tamed


def too_deep(tree: nodes.Node) -> bool:
    """Whether a tree has more levels than those who walk it can bear."""
    level: list[nodes.Node] = [tree]
    for _ in range(MAX_DEPTH):
        level = [child for node in level for child in node.iter_child_nodes()]
        if not level:
            return False
    return True


_REFUSED: dict[type[nodes.Node], str] = {
    nodes.Macro: "macro", nodes.CallBlock: "call", nodes.Include: "include", nodes.Import: "import",
    nodes.FromImport: "from", nodes.Extends: "extends", nodes.Block: "block",
    nodes.ScopedEvalContextModifier: "autoescape", nodes.NSRef: "namespace",
}  # fmt: skip


def dotted(node: nodes.Node) -> tuple[str, ...] | None:
    """``context.order.size`` as its names; None for all that is more than a dotted path."""
    names: list[str] = []
    while isinstance(node, nodes.Getattr | nodes.Getitem):
        name = node.attr if isinstance(node, nodes.Getattr) else getattr(node.arg, "value", None)
        if not isinstance(name, str):
            return None
        names.append(name)
        node = node.node
    if not isinstance(node, nodes.Name):
        return None
    return (node.name, *reversed(names))


class _Tamer(NodeTransformer):
    """Rewrites a parsed template so that all reading, calling and looping goes through us."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def generic_visit(self, node: nodes.Node, *args: Any, **kwargs: Any) -> nodes.Node:
        word = _REFUSED.get(type(node))
        if word:
            raise Refused(f'"{word}" is not available in templates', node.lineno, word=word)
        return super().generic_visit(node, *args, **kwargs)

    def _ours(self, node: nodes.Node, name: str, value: nodes.Expr, *args: nodes.Expr) -> nodes.Filter:
        return nodes.Filter(value, name, list(args), [], None, None, lineno=node.lineno)

    def visit_Name(self, node: nodes.Name) -> nodes.Node:
        if node.name.startswith("__"):
            raise Refused(f'"{node.name}" is not a name for templates', node.lineno, word=node.name)
        return node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:
        if node.attr.startswith("__"):
            raise Refused(f'"{node.attr}" cannot be read', node.lineno, word=node.attr)
        if node.attr == "length":
            raise Refused(".length is JavaScript", node.lineno, word="length", hint=JS_MEMBERS["length"])
        path = dotted(node)
        told = [nodes.Const(".".join(path))] if path else []
        return self._ours(node, "_read", self.visit(node.node), nodes.Const(node.attr), *told)

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:
        if isinstance(node.arg, nodes.Slice):
            return self.generic_visit(node)
        return self._ours(node, "_read", self.visit(node.node), self.visit(node.arg))

    def visit_Call(self, node: nodes.Call) -> nodes.Node:
        called = node.node
        if node.dyn_args is not None or node.dyn_kwargs is not None:
            raise Refused("* and ** are not available in calls", node.lineno, word="*")
        if isinstance(called, nodes.Getattr):
            self._check_method(called)
            args = [nodes.Const(called.attr), *(self.visit(argument) for argument in node.args)]
            keywords = [self.visit(keyword) for keyword in node.kwargs]
            return nodes.Filter(
                self.visit(called.node), "_method", args, keywords, None, None, lineno=node.lineno
            )
        if isinstance(called, nodes.Name) and called.name == "range":
            return self.generic_visit(node)
        name = called.name if isinstance(called, nodes.Name) else "this"
        hint = self._like(name, "a filter: x | ")
        raise Refused(f'"{name}" cannot be called', node.lineno, word=name, hint=hint)

    def _check_method(self, called: nodes.Getattr) -> None:
        name = called.attr
        if name not in _KNOWN_METHODS:
            hint = JS_MEMBERS.get(name) or self._like(name, "a filter: x | ")
            raise Refused(f'there is no method "{name}" in expressions', called.lineno, word=name, hint=hint)

    def visit_Filter(self, node: nodes.Filter) -> nodes.Node:
        if node.name not in self.sandbox.words:
            close = difflib.get_close_matches(node.name, self.sandbox.words, 1)
            hint = f'did you mean "{close[0]}"?' if close else ""
            raise Refused(f'there is no filter "{node.name}"', node.lineno, word=node.name, hint=hint)
        return self.generic_visit(node)

    def visit_Test(self, node: nodes.Test) -> nodes.Node:
        if node.name not in self.sandbox.tests:
            close = difflib.get_close_matches(node.name, self.sandbox.tests, 1)
            hint = f'did you mean "{close[0]}"?' if close else ""
            raise Refused(f'there is no test "{node.name}"', node.lineno, word=node.name, hint=hint)
        return self.generic_visit(node)

    def _like(self, name: str, form: str) -> str:
        return f"{name} is {form}{name}" if name in self.sandbox.words else ""

    def visit_For(self, node: nodes.For) -> nodes.Node:
        if node.recursive:
            raise Refused('"recursive" is not available in templates', node.lineno, word="recursive")
        loop = cast(nodes.For, self.generic_visit(node))
        loop.iter = self._ours(node, "_rounds", cast(nodes.Expr, loop.iter))
        for output in loop.find_all(nodes.Output):  # so that text inside loops is counted too
            output.nodes = [_counted(child) for child in output.nodes]
        return loop

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        parts = [self.visit(part) for part in node.nodes]
        return self._ours(node, "_concat", nodes.List(parts, lineno=node.lineno))

    def visit_Operand(self, node: nodes.Operand) -> nodes.Node:
        operand = cast(nodes.Operand, self.generic_visit(node))
        if operand.op in ("in", "notin"):
            operand.expr = self._ours(node, "_searched", operand.expr)
        return operand

    def _literal(self, node: nodes.Expr) -> nodes.Node:
        return self._ours(node, "_built", cast(nodes.Expr, self.generic_visit(node)))

    visit_List = visit_Dict = _literal

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Node:
        return self.generic_visit(node) if node.ctx == "store" else self._literal(node)

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:
        if node.expr2 is None:
            node.expr2 = nodes.Const(None, lineno=node.lineno)
        return self.generic_visit(node)


def _counted(printed: nodes.Expr) -> nodes.Expr:
    """Text between templates as an expression, so that it is printed by our own hands."""
    if isinstance(printed, nodes.TemplateData):
        return nodes.Const(printed.data, lineno=printed.lineno)
    return printed
