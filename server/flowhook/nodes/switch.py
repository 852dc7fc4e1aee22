"""``switch``: one of many ways, by a value.

.. code-block:: yaml

    - switch: context.size
      cases:
        small: {say: "Small it is."}
        /^(large|big)$/: to_large
      default: ask_again

Cases compare as text without case, literal ones before patterns between slashes; null matches none.
Branches: ``cases``, ``default``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import Field

from flowhook.engine.expressions.values import text_of
from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Condition
from flowhook.engine.turn.view import Turn
from flowhook.extraction.safe_regex import Pattern, is_pattern


class Switch(Node):
    """Takes the case that equals the value, otherwise ``default``."""

    key = "switch"
    main = "value"
    draws_as = "choose"
    branches = ("default",)
    decides = True
    exhaustive = ("default",)
    branch_maps = ("cases",)
    value_maps = ("cases",)

    value: Condition = Field(description="a bare expression")

    def run(self, turn: Turn) -> str:
        value = turn.evaluate(self.value)
        turn.step.saw["value"] = text_of(value) if value is not None else None
        if value is None:
            return "default"
        cases = turn.node.derived.get("cases")
        if cases is None:
            cases = turn.node.derived["cases"] = Cases.of(turn.node.branches)
        return cases.match(text_of(value), turn) or "default"


@dataclass(frozen=True, slots=True)
class Cases:
    """The cases of one switch, ready to be matched."""

    literals: dict[str, str]  #: folded text → way
    patterns: list[tuple[Pattern, str]]  #: compiled → way, in the order of the file

    @classmethod
    def of(cls, ways: Iterable[str]) -> Cases:
        """Sort the ways of a place into literals and patterns."""
        literals: dict[str, str] = {}
        patterns: list[tuple[Pattern, str]] = []
        for way in ways:
            kind, _, case = way.partition(".")
            if kind != "cases":
                continue
            if is_pattern(case):
                patterns.append((Pattern(case[1:-1], ignore_case=True), way))
            else:
                literals.setdefault(case.casefold(), way)
        return cls(literals, patterns)

    def match(self, text: str, turn: Turn) -> str | None:
        """The way of the case that fits."""
        way = self.literals.get(text.casefold())
        if way is not None:
            return way
        for pattern, way in self.patterns:
            turn.budget.check()
            try:
                if pattern.find(text) is not None:
                    return way
            except TimeoutError:
                turn.warn(f"the pattern of {way} took too long")
        return None
