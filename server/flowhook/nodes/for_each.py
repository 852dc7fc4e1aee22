"""``for_each``: run some nodes for each of several things.

.. code-block:: yaml

    - id: guests
      for_each: {items: "{{ context.guests }}", as: guest}
      do:
        - id: menu
          ask: {text: "What does {{ guest.name }} eat?", store: context.answer}
        - append: {context.menus: "{{ guest.name }}: {{ context.answer }}"}
    - say: "{{ context.menus | join(', ') }}"

``items`` is a list, a mapping (each item is then ``{key, value}``), or null, which has no items; it is
evaluated once, at the beginning. In the nodes under ``do`` expressions know the item by the name ``as``, and
its number, from 1, by the name ``index``. A path in its place, ``as: context.guest``, keeps the item there.
The nodes may ask and wait; after the last item the flow goes on below. A ``goto``, or a branch that is an id,
leaves the rounds. ``settings.loop_limit`` bounds the rounds of one turn. Branches: ``do``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pydantic import Field, ValidationInfo, field_validator

from flowhook.engine.expressions import has_template
from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.settings.fields import is_rendered
from flowhook.engine.turn.view import Turn

#: A variable, as one that does not know templates writes it.
_VARIABLE = re.compile(r"(?:context|profile|session|vars|input|args)(?:\.\w+)+\Z")
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_PATH = re.compile(r"(?:context|profile|session)(?:\.[^.\s{}\[\]]+)+\Z")
_TAKEN = frozenset(
    {"input", "context", "profile", "session", "vars", "history", "now", "answer", "error", "args"}
)


class ForEach(Node):
    """Runs `do` for each of several things."""

    key = "for_each"
    main = "items"
    draws_as = "choose"
    branches = ("do",)
    looping = ("do",)
    remembers = True

    items: Any = Field(description="the things: a list, a mapping, or a template that gives one")
    as_: str = Field("item", alias="as", description="the name by which expressions under do know the item")
    index: str = Field("index", description="the name by which they know its number, from 1")

    @field_validator("items")
    @classmethod
    def _several(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, str) and not is_rendered(info):
            if not has_template(value) and not _VARIABLE.match(value):
                raise ValueError('items is a list, or a template such as "{{ context.guests }}"')
        elif value is not None and not isinstance(value, str | list | Mapping):
            raise ValueError("items is a list")
        return value

    @field_validator("as_", "index")
    @classmethod
    def _free_name(cls, value: str, info: ValidationInfo) -> str:
        if info.field_name == "as_" and _PATH.match(value):
            return value
        if not _NAME.match(value):
            raise ValueError("a name is letters, digits and _, such as guest")
        if value in _TAKEN:
            raise ValueError(f'"{value}" is something else in expressions: choose another name')
        return value

    @classmethod
    def names_in(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return str(settings.get("as", "item")), str(settings.get("index", "index"))

    @classmethod
    def reads(cls, settings: Mapping[str, Any]) -> frozenset[str]:
        items, name = settings.get("items"), str(settings.get("as", ""))
        found = [
            variable for variable in (items, name) if isinstance(variable, str) and _VARIABLE.match(variable)
        ]
        return frozenset(variable.partition(".")[0] for variable in found)

    def run(self, turn: Turn) -> str | None:
        turn.memory["items"], turn.memory["round"] = self._listed(turn), 0
        return self._next(turn)

    def looped(self, turn: Turn) -> str | None:
        """A round has ended: begin the next."""
        return self._next(turn)

    def _listed(self, turn: Turn) -> list[Any]:
        written = turn.node.settings.raw.get("items")  # what a template gave is data, and never evaluated
        items = self.items
        if isinstance(written, str) and _VARIABLE.match(written):
            items = turn.evaluate(written)
        if items is None:
            return []
        if isinstance(items, Mapping):
            return [{"key": key, "value": to_plain_json(value)} for key, value in items.items()]
        if not isinstance(items, list | tuple):
            raise NodeFailed("items", "items is no list")
        listed: list[Any] = to_plain_json(list(items))
        return listed

    def _next(self, turn: Turn) -> str | None:
        memory = turn.memory
        items, number = memory.get("items", []), memory.get("round", 0)
        if number >= len(items) or "do" not in turn.node.branches:
            turn.forget()
            turn.unname(self.as_, self.index)
            return None
        memory["round"] = number + 1
        names = {self.index: number + 1}
        if "." in self.as_:
            turn.set(self.as_, items[number])
        else:
            names[self.as_] = items[number]
        turn.name(names)
        return "do"
