"""``set``, ``append`` and ``unset``: what context, profile and session keep.

.. code-block:: yaml

    - set: {context.size: large, context.total: "{{ context.price * 2 }}"}
    - append: {context.items: "{{ input.result }}"}
    - unset: [context.size, session.draft]

Values keep their types: exactly one ``{{ … }}`` gives what it evaluates to. Mappings on the way to a
path are made. The entries run in their order, but every value is evaluated before the first is kept.
No branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, field_validator

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Path
from flowhook.engine.turn.view import Turn


class Set(Node):
    """Keeps values at paths."""

    key = "set"
    main = "values"

    values: dict[Path, Any] = Field(min_length=1, description="path → value")

    @classmethod
    def assignments(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        values = settings.get("values")
        return values if isinstance(values, Mapping) else {}

    def run(self, turn: Turn) -> None:
        for path, value in self.values.items():
            turn.set(path, value)


class Append(Node):
    """Puts values at the ends of lists."""

    key = "append"
    main = "values"
    appends = True

    values: dict[Path, Any] = Field(min_length=1, description="path of a list → value")

    def run(self, turn: Turn) -> None:
        for path, value in self.values.items():
            turn.append(path, value)


class Unset(Node):
    """Takes values away."""

    key = "unset"
    main = "paths"
    empties_paths = True

    paths: list[Path] = Field(min_length=1, description="one path, or a list of them")

    @field_validator("paths", mode="before")
    @classmethod
    def _one_or_many(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    def run(self, turn: Turn) -> None:
        for path in self.paths:
            turn.unset(path)
