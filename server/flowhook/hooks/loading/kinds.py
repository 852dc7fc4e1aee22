"""Every kind of engine that plugins can bring, one declaration each.

A new kind is one more ``EngineKind`` here, its base class under ``hooks/api`` and its ``register_*``
hook in ``hooks/api/specs.py``: the loader checks, sets up and names engines of every kind alike.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from flowhook.hooks.api.engine import Engine
from flowhook.hooks.api.handover_provider import HandoverProvider
from flowhook.hooks.api.nlu_engine import NluEngine
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.api.translator import Translator
from flowhook.problems.catalogue import (
    UNKNOWN_NLU,
    UNKNOWN_OUTPUT,
    UNKNOWN_PLUGIN,
    UNKNOWN_TRANSLATOR,
    Code,
)
from flowhook.problems.suggestion import did_you_mean


@dataclass(frozen=True, slots=True)
class EngineKind:
    """A kind of engine: which hook brings its classes, and which setting of an endpoint names one."""

    name: str  #: for people: 'no plugin registers the output "x"'
    hook: str  #: ``register_…``; returns a list of classes
    base: type[Engine]  #: what the classes derive from
    setting: tuple[str, ...]  #: where an endpoint names an engine of this kind, below the endpoint
    unknown: Code = UNKNOWN_PLUGIN  #: the problem of naming an engine that no plugin registers
    #: endpoints name an entry of a section of its own, which names the engine
    named_apart: bool = False
    #: what may be called: the arguments that each method may name
    methods: Mapping[str, frozenset[str]] = field(default_factory=dict, compare=False)
    required: str = ""  #: the method without which it could do nothing
    awaits_all: bool = False  #: every method is ``async def``; else a plain one runs in a thread
    prefix: str = ""  #: a plugin named so, with the name of the engine behind it, may bring it
    none: str | None = None  #: the value of that setting which means that no engine is wanted

    @property
    def plural(self) -> str:
        """What a list of such engines is called: ``outputs``, ``nlu``."""
        return self.hook.removeprefix("register_")

    def named_by(self, endpoint: Any) -> str | None:
        """The engine that an endpoint's settings ask for; None when they ask for none."""
        value = endpoint
        for key in self.setting:
            value = getattr(value, key, None)
        return value if isinstance(value, str) and value and value != self.none else None


_AT_ENDPOINTS: Final = frozenset({"endpoint", "settings", "storage", "http", "log"})
_OF_PROVIDERS: Final = frozenset({"http", "log"})

OUTPUT: Final = EngineKind(
    "output",
    "register_outputs",
    OutputPlugin,
    ("output",),
    UNKNOWN_OUTPUT,
    methods={"deliver": _AT_ENDPOINTS | {"delivery", "sender"}, "open": frozenset(), "close": frozenset()},
    required="deliver",
)
NLU: Final = EngineKind(
    "nlu",
    "register_nlu",
    NluEngine,
    ("nlu",),
    UNKNOWN_NLU,
    methods={
        "understand": _AT_ENDPOINTS | {"text", "data", "language", "session", "flow", "now"},
        "prepare": frozenset({"intents", "slots", "language", "flow", "reject", "cache", "encoder"}),
    },
    required="understand",
    none="none",
)
HANDOVER: Final = EngineKind(
    "handover provider",
    "register_handover",
    HandoverProvider,
    ("handover", "provider"),
    named_apart=True,
    methods={
        "open": _OF_PROVIDERS | {"conversation"},
        "send": _OF_PROVIDERS | {"message"},
        "close": _OF_PROVIDERS | {"conversation"},
        "availability": _OF_PROVIDERS | {"settings", "agents"},
        "receive": _OF_PROVIDERS | {"request", "response"},
    },
    required="send",
    awaits_all=True,
    prefix="handover_",
)
TRANSLATOR: Final = EngineKind(
    "translator",
    "register_translators",
    Translator,
    ("translation", "provider"),
    UNKNOWN_TRANSLATOR,
    methods={"translate": _AT_ENDPOINTS | {"texts", "source", "target", "markup", "glossary", "formality"}},
    required="translate",
)

BUILTIN: Final = "builtin"  #: the NLU engine that is our own
BUILT_IN_NLU: Final = (BUILTIN, "none")

KINDS: Final = (OUTPUT, NLU, HANDOVER, TRANSLATOR)
BY_HOOK: Final[Mapping[str, EngineKind]] = {kind.hook: kind for kind in KINDS}


def own_name(engine: str, endpoint: str) -> str:
    """What the engine of an endpoint is called that has settings of its own for it."""
    return f"{engine}@{endpoint}"


def engine_name(engine: Any, kind: EngineKind) -> str:
    """The name of an engine's class. Raises TypeError when it is no such class or has no name."""
    if not (isinstance(engine, type) and issubclass(engine, kind.base)):
        raise TypeError(f"{engine!r} is not a subclass of {kind.base.__name__}")
    name = getattr(engine, "name", None)
    if not isinstance(name, str) or not name:
        raise TypeError(f'{engine.__qualname__} needs a name, such as name = "{engine.__name__.lower()}"')
    check_methods(engine, kind)
    return name


def check_methods(engine: type[Engine], kind: EngineKind) -> None:
    """Raise TypeError for a class that could do nothing, or whose methods could not be called."""
    needed = getattr(engine, kind.required, None)
    if kind.required and needed is getattr(kind.base, kind.required, None):
        raise TypeError(f"{engine.__qualname__} needs a method `async def {kind.required}(self, …)`")
    for name, known in kind.methods.items():
        method = getattr(engine, name)
        if method is getattr(kind.base, name, None):
            continue
        called = f"{engine.__qualname__}.{name}"
        if kind.awaits_all and not inspect.iscoroutinefunction(inspect.unwrap(method)):
            raise TypeError(f"{called} must be `async def`")
        for parameter in list(inspect.signature(method).parameters.values())[1:]:
            if parameter.kind in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL):
                continue
            if parameter.default is parameter.empty and parameter.name not in known:
                hint = did_you_mean(parameter.name, known)
                more = f"; {hint}" if hint else f"; there are {', '.join(sorted(known))}"
                raise TypeError(f'{called} is given no argument "{parameter.name}"{more}')
