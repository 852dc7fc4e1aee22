"""``match``: a regular expression on what the user wrote, or on any text.

.. code-block:: yaml

    - match: "[A-Z]{2}[0-9]{6}"
      then: [{say: "Order {{ input.result.text }}, one moment."}]
      else: [{say: "That is no order number."}]

    - match:
        pattern: "from (?P<start>.+) to (?P<goal>.+)"
        ignore_case: true
        store: {start: context.from, goal: context.to}
      else: ask_places

It is found anywhere in the text; with ``full: true`` it has to be all of it. What it found is in
``input.result``: ``text, start, end, groups``, the latter by the names in the pattern (null: not part of
what was found); null when nothing was found. ``store`` keeps named groups at paths, or all of them as
a mapping at one path; what is kept there stays when nothing is found. The pattern is the author's: no
template is rendered in it. One that takes too long fails the node with the reason ``timeout``.
Branches: ``then``, ``else``.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field, field_validator, model_validator

from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.settings.fields import Path, Script, Text
from flowhook.engine.turn.view import Turn
from flowhook.extraction.safe_regex import MAX_PATTERN, Pattern


class Match(Node):
    """Takes ``then`` when a regular expression is found, otherwise ``else``."""

    key = "match"
    main = "pattern"
    draws_as = "choose"
    branches = ("then", "else")
    decides = True
    leaves_result = True
    exhaustive = ("then", "else")

    pattern: Script = Field(min_length=1, max_length=MAX_PATTERN, description="a regular expression")
    text: Text | None = Field(None, description="where it is looked for; left out: input.text")
    full: bool = Field(False, description="whether it has to be all of the text")
    ignore_case: bool = Field(False, description="whether A and a are the same")
    store: Path | dict[str, Path] | None = Field(
        None, description="a path for all named groups, or group → path"
    )

    @field_validator("pattern")
    @classmethod
    def _is_pattern(cls, value: str) -> str:
        Pattern(value)
        return value

    @model_validator(mode="after")
    def _known_groups(self) -> Match:
        if isinstance(self.store, dict):
            names = Pattern(self.pattern).names
            for name in self.store:
                if name not in names:
                    raise ValueError(f'the pattern has no group "{name}": write (?P<{name}>…)')
        return self

    def run(self, turn: Turn) -> str:
        pattern = turn.node.derived.get("pattern")
        if pattern is None:
            pattern = turn.node.derived["pattern"] = Pattern(self.pattern, ignore_case=self.ignore_case)
        text = turn.input["text"] if self.text is None else self.text
        try:
            found = pattern.match(text, full=self.full)
        except TimeoutError:
            raise NodeFailed("timeout", "the pattern takes too long on this text") from None
        turn.input["result"] = found
        if found is None:
            return "else"
        self._keep(turn, found["groups"])
        return "then"

    def _keep(self, turn: Turn, groups: dict[str, Any]) -> None:
        if isinstance(self.store, dict):
            for name, path in self.store.items():
                turn.set(path, groups[name])
        elif self.store is not None:
            turn.set(self.store, groups)
