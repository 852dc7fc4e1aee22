"""Classes whose methods are made late are those of the standard library in all that anybody can see."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import threading
from dataclasses import field
from typing import Any, ClassVar

import pytest

from flowhook.lazy_dataclass import dataclass

OPTIONS: list[dict[str, bool]] = [
    {},
    {"frozen": True},
    {"slots": True},
    {"frozen": True, "slots": True},
    {"frozen": True, "slots": True, "kw_only": True, "eq": False},
    {"slots": True, "eq": False},
    {"frozen": True, "slots": True, "weakref_slot": True},
    {"frozen": True, "slots": True, "order": True},
]
LATER = ("__init__", "__repr__", "__eq__", "__hash__")
METHODS = (*LATER, "__setattr__", "__delattr__", "__lt__")


def made(decorate: Any, options: dict[str, bool]) -> Any:
    """A class with fields of all kinds."""

    @decorate(**options)
    class Order:
        """What somebody wants."""

        kind: ClassVar[str] = "order"
        size: str
        count: int = 1
        toppings: list[str] = field(default_factory=list)
        note: str = field(default="", compare=False, repr=False)
        total: float = field(default=0.0, init=False)

        def __post_init__(self) -> None:
            object.__setattr__(self, "total", self.count * 5.0)

    return Order


def outcome(act: Any) -> Any:
    """What came of it: a value, or the kind and the words of an error."""
    try:
        return act()
    except Exception as error:
        return type(error).__name__, str(error)


def seen(cls: Any) -> dict[str, Any]:
    """All that can be seen of a class and its instances."""
    one, same = cls(size="large", count=2), cls(size="large", count=2, note="quick")
    other = cls(size="small", toppings=["ham"])
    return {
        "signature": str(inspect.signature(cls)),
        "fields": [(f.name, f.default, f.init, f.compare, f.kw_only) for f in dataclasses.fields(cls)],
        "match": cls.__match_args__,
        "repr": repr(one),
        "repr in itself": outcome(lambda: repr(_holding_itself(cls))),
        "equal": (one == same, one == other, one != other, one == "large", cls.__eq__ is object.__eq__),
        "hash": outcome(lambda: hash(one) == hash(same)),
        "hash of what is hashable": outcome(lambda: hash(cls(size="large", toppings=()))) is not None,
        "dict": dataclasses.asdict(other),
        "replaced": outcome(lambda: repr(dataclasses.replace(one, size="small"))),
        "set": outcome(lambda: setattr(one, "size", "small")),
        "set another": outcome(lambda: setattr(other, "colour", "red")) is None,
        "deleted": outcome(lambda: delattr(same, "size")),
        "too few": outcome(cls),
        "unknown": outcome(lambda: cls(size="large", colour="red")),
        "copied": repr(copy.deepcopy(other)),
        "total": (one.total, other.total),
        "ordered": outcome(lambda: one < other),
        "names": [getattr(vars(cls).get(name), "__qualname__", "") for name in METHODS],
        "flags": repr(cls.__dataclass_params__),
        "document": cls.__doc__,
    }


def _holding_itself(cls: Any) -> Any:
    one = cls(size="large")
    one.toppings.append(one)
    return one


@pytest.mark.parametrize("options", OPTIONS, ids=lambda options: "-".join(options) or "none")
def test_nobody_sees_a_difference(options: dict[str, bool]) -> None:
    """Fields, signature, comparison, hash, copies, what is refused and in which words."""
    assert seen(made(dataclass, options)) == seen(made(dataclasses.dataclass, options))


@dataclass(frozen=True, slots=True)
class Point:
    """A place."""

    x: int
    y: int = 0


@dataclass(slots=True)
class Counted:
    """Has methods of its own."""

    name: str

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Counted)

    def __hash__(self) -> int:
        return 7

    def __repr__(self) -> str:
        return "one"


def test_methods_are_made_when_they_are_looked_up() -> None:
    """Each alone; the source of the others is never written."""

    @dataclass(frozen=True, slots=True)
    class Pair:
        """Two."""

        one: int
        two: int

    content = vars(Pair)
    assert not any(
        inspect.isfunction(content[name]) for name in ("__init__", "__repr__", "__eq__", "__hash__")
    )
    pair = Pair(1, 2)
    assert inspect.isfunction(content["__init__"])
    assert not any(inspect.isfunction(content[name]) for name in ("__repr__", "__eq__", "__hash__"))
    assert pair == Pair(1, 2)
    assert inspect.isfunction(content["__eq__"])


def test_own_methods_stay() -> None:
    """As with the standard library."""
    assert Counted("a") == Counted("b")
    assert hash(Counted("a")) == 7
    assert repr(Counted("a")) == "one"


def test_they_can_be_pickled_and_derived_from() -> None:
    """Also by a class of the standard library, as plugins write them."""
    assert pickle.loads(pickle.dumps(Point(1, 2))) == Point(1, 2)

    @dataclasses.dataclass(frozen=True, slots=True)
    class Named(Point):
        name: str = ""

    @dataclass(frozen=True, slots=True)
    class Weighed(Named):
        weight: int = 0

    assert repr(Weighed(1, 2, "a", 3)).endswith("Weighed(x=1, y=2, name='a', weight=3)")
    with pytest.raises(dataclasses.FrozenInstanceError):
        Named(1).name = "b"  # type: ignore[misc]
    with pytest.raises(TypeError, match="cannot inherit non-frozen dataclass from a frozen one"):
        dataclasses.dataclass(type("Loose", (Point,), {}))


def test_several_threads_make_the_first_instance_at_once() -> None:
    """Whichever of them makes the method, each gets its instance."""

    @dataclass(frozen=True, slots=True)
    class Fresh:
        """Not used yet."""

        number: int

    start = threading.Barrier(8)
    got: list[int] = []

    def make(number: int) -> None:
        start.wait()
        got.append(Fresh(number).number)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(got) == list(range(8))
