"""``dataclass`` of the standard library, but for when its methods are made.

There each class has the source of up to seven methods written and compiled when it is defined: with hundreds
of classes that was a fifth of a start, which uses few of them. Here a method is made, by the standard library
itself, when it is first looked up. In all else the classes are the same, and may be mixed with others.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # checked as what it is
else:

    def dataclass(cls: type | None = None, /, **options: bool) -> Any:
        """Decorate a class; what it takes is what the standard library's takes."""
        if cls is None:
            return lambda decorated: dataclass(decorated, **options)
        is_derived = any(map(dataclasses.is_dataclass, cls.__bases__))
        if is_derived or not options.keys() <= _OPTIONS:
            return dataclasses.dataclass(cls, **options)
        return _with_later_methods(cls, **options)


#: What :func:`_with_later_methods` takes; for other options the standard library has to do all at once.
_OPTIONS: Final = {"frozen", "slots", "eq", "kw_only", "weakref_slot"}
#: The methods, each with the option of the standard library that makes it alone.
_MADE_BY: Final = {"__init__": "init", "__repr__": "repr", "__eq__": "eq", "__hash__": "unsafe_hash"}


def _with_later_methods(cls: type, *, frozen: bool = False, eq: bool = True, **options: bool) -> type:
    own = cls.__dict__.keys()
    keeps_hash = "__hash__" in own and not (cls.__hash__ is None and "__eq__" in own)
    made: Any = dataclasses.dataclass(cls, init=False, repr=False, eq=False, **options)
    params = made.__dataclass_params__
    params.init, params.repr, params.eq, params.frozen = True, True, eq, frozen
    wanted = ["__init__", "__repr__", *(["__eq__"] if eq else [])]
    for name in wanted:
        if name not in own:
            setattr(made, name, _Later(made, name))
    if eq and not keeps_hash:
        made.__hash__ = _Later(made, "__hash__") if frozen else None
    if frozen:
        _freeze(made)
    return made  # type: ignore[no-any-return]


class _Later:
    """Stands for a method, and puts it in its own place when it is looked up."""

    __slots__ = ("_cls", "_name")

    def __init__(self, cls: Any, name: str) -> None:
        self._cls, self._name = cls, name

    def __get__(self, instance: object | None, owner: type) -> Any:
        cls, name = self._cls, self._name
        method = _method(cls, name)
        setattr(cls, name, method)
        return method if instance is None else method.__get__(instance, owner)


def _method(cls: Any, name: str) -> Any:
    """Let the standard library make one method, for a class of the same fields."""
    fields = {field.name: field for field in dataclasses.fields(cls)}
    content: dict[str, Any] = {
        **fields,
        "__module__": cls.__module__,
        "__doc__": cls.__doc__,  # else the standard library makes one, of the signature
        "__annotations__": {name: field.type for name, field in fields.items()},
    }
    if hasattr(cls, "__post_init__"):
        content["__post_init__"] = cls.__post_init__
    options: dict[str, Any] = dict.fromkeys(("init", "repr", "eq", "match_args"), False)
    options |= {_MADE_BY[name]: True, "frozen": name == "__init__" and cls.__dataclass_params__.frozen}
    twin: Any = dataclasses.dataclass(**options)(type(cls.__name__, (), content))
    method = getattr(twin, name)
    for function in (method, getattr(method, "__wrapped__", None)):
        if function is not None:
            function.__qualname__ = f"{cls.__qualname__}.{name}"
    return method


def _freeze(cls: Any) -> None:
    """Let fields be set by nobody but ``__init__`` and what unpickles and copies."""
    names = frozenset(cls.__dataclass_fields__)

    def __setattr__(self: Any, name: str, value: Any) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(cls, self).__setattr__(name, value)

    def __delattr__(self: Any, name: str) -> None:
        if type(self) is cls or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(cls, self).__delattr__(name)

    for method in (__setattr__, __delattr__):
        if method.__name__ in cls.__dict__:
            raise TypeError(f"{cls.__name__} is frozen and has a {method.__name__} of its own")
        method.__qualname__ = f"{cls.__qualname__}.{method.__name__}"
        setattr(cls, method.__name__, method)
    if "__slots__" in cls.__dict__:
        for name, function in (("__getstate__", _state), ("__setstate__", _restore)):
            if name not in cls.__dict__:
                setattr(cls, name, function)


def _state(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _restore(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)
