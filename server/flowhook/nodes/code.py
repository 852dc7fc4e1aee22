"""``code``: a few lines of Python, in a sandbox.

.. code-block:: yaml

    - code: |
        prices = {"small": 7, "large": 11}
        context["total"] = sum(prices[item["size"]] for item in context["items"])
        result = context["total"] > 30
    - if: input.result
      then: [{say: "From 30 euro on we deliver for free."}]

    - code:
        source: "result = sorted(context['names'], key=len)"
        timeout: 2s
        memory: 64
      on_error: [{say: "{{ error.message }}"}]

The script reads ``input``, ``context``, ``profile``, ``vars``, ``history`` and ``now``, all of them
copies. What it changes in ``context`` and ``profile`` is kept, by their top names, when it has ended;
what it puts in ``result`` is in ``input.result``. What it leaves has to be JSON: dates count as text, sets
and tuples as lists. What it prints goes to the log.

It is a part of Python: functions, classes, ``match``, comprehensions, and of the library ``re``, ``json``,
``datetime``, ``math``, ``random``, ``decimal``, ``itertools``, ``functools``, ``collections``,
``dataclasses``, ``hashlib``, ``base64`` and a few more; no ``del``, ``yield``, inheritance. There are no
files, no network and no environment. ``datetime.now()`` is the flow's time, ``random`` gives the
same when a turn is run again. Templates are not rendered in it: what a user wrote never becomes code.

``timeout`` and ``memory`` bound it, and no script can catch that. When it fails, ``error.message`` tells
the line, ``error.reason`` is ``script``, or ``timeout``. It needs ``pip install "flowhook[script]"``.
No branches.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import Field

from flowhook.engine.effects import RunScript, ScriptResult
from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.settings.fields import Duration, Python
from flowhook.engine.turn.view import Turn

MAX_SOURCE: Final = 20_000  #: characters of a script
READABLE: Final = ("input", "context", "profile", "vars", "history")  #: names that a script is given
LOGGED_LINES: Final = 50  #: printed lines that go to the log
LOGGED_LENGTH: Final = 500  #: characters of each
MIB: Final = 1024 * 1024

#: A script that takes the context as a whole, rather than one name of it.
_WHOLE_CONTEXT = re.compile(r"\bcontext\b(?!\s*(?:\.\s*\w+\b(?!\s*\()|\[\s*['\"']\w+['\"']\s*\]))")


class Code(Node):
    """Runs sandboxed Python."""

    key = "code"
    main = "source"
    draws_as = "outside"

    source: Python = Field(
        min_length=1, max_length=MAX_SOURCE, description="the script; templates in it are not rendered"
    )
    timeout: Duration = Field(1.0, gt=0, le=10, description="how long it may compute, 10s at most")
    memory: int = Field(32, ge=8, le=256, description="MiB that its values may take")

    @classmethod
    def reads(cls, settings: Mapping[str, Any]) -> frozenset[str]:
        return names_in(str(settings.get("source", "")))

    @classmethod
    def sets_freely(cls, settings: Mapping[str, Any]) -> bool:
        return bool(_WHOLE_CONTEXT.search(str(settings.get("source", ""))))

    def run(self, turn: Turn) -> RunScript:
        wanted = names_in(self.source)
        return RunScript(
            self.source,
            {name: turn.scope[name] for name in READABLE if name in wanted},
            self.timeout,
            self.memory * MIB,
            now=turn.scope["now"].isoformat(),
            seed=turn.choose(2**31),
            line=turn.node.derived.get("script_line", 0),
        )

    def after_effect(self, turn: Turn, result: Any) -> None:
        assert isinstance(result, ScriptResult)
        _log(turn, result.printed)
        for root in ("context", "profile"):
            if root in result.values:
                _keep(turn, root, result.values[root])
        turn.input["result"] = result.values["result"]


def names_in(source: str) -> frozenset[str]:
    """Those of the readable names that a script mentions: it is given no others."""
    return frozenset(name for name in READABLE if re.search(rf"\b{name}\b", source))


def _keep(turn: Turn, root: str, left: Any) -> None:
    """Take over what the script changed, by the top names."""
    if not isinstance(left, dict):
        raise NodeFailed("script", f"the script makes {root} {type(left).__name__}; it has to stay a mapping")
    before = turn.scope[root]
    for name in [name for name in before if name not in left]:
        turn.unset((root, name))
    for name, value in left.items():
        if name not in before or repr(before[name]) != repr(value):  # 1 and true are equal
            turn.set((root, name), value)


def _log(turn: Turn, printed: str) -> None:
    lines = printed.splitlines()
    for line in lines[:LOGGED_LINES]:
        turn.log("info", f"{turn.at}: {line[:LOGGED_LENGTH]}")
    if len(lines) > LOGGED_LINES:
        turn.log("info", f"{turn.at}: … and {len(lines) - LOGGED_LINES} more lines")
