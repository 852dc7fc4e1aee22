"""``track``: note that a conversation reached a goal, or a step on the way to one.

.. code-block:: yaml

    - track: {step: size chosen}
    - track: ordered
    - track: {goal: paid, step: paid by card}

A bare text is a goal. What is reached stands in the record of the input that is handled now, once each;
``flowhook analytics report`` counts the sessions that came to each step and each goal, in the order in
which they are reached. A name has at most 128 characters, without ``/ : * ? " < > |``; what a template
gives otherwise is written without them, with a warning. No branches.
"""

from __future__ import annotations

import re
from typing import Final

from pydantic import Field, ValidationInfo, model_validator

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Text, is_rendered
from flowhook.engine.turn.analytics import AnalyticsNotes, Tracked
from flowhook.engine.turn.view import Turn

NAME_LENGTH: Final = 128
_REFUSED: Final = re.compile(r'[/:*?"<>|\x00-\x1f]')


class Track(Node):
    """Notes a goal or a step in the analytics."""

    key = "track"
    main = "goal"
    draws_as = "quiet"

    goal: Text | None = Field(None, description="the goal that is reached")
    step: Text | None = Field(None, description="the step that is passed")

    @model_validator(mode="after")
    def _usable(self, info: ValidationInfo) -> Track:
        if is_rendered(info):
            return self
        if self.goal is None and self.step is None:
            raise ValueError("give a goal or a step")
        for name in (self.goal, self.step):
            if name is not None and name != usable(name):
                raise ValueError(f'a name has 1 to {NAME_LENGTH} characters, without / : * ? " < > |')
        return self

    def run(self, turn: Turn) -> None:
        raw = turn.node.settings.raw
        notes = AnalyticsNotes()
        self._track(turn, notes, "steps", self.step, raw.get("step"))
        self._track(turn, notes, "goals", self.goal, raw.get("goal"))
        if notes.goals or notes.steps:
            turn.note_analytics(notes)

    def _track(
        self, turn: Turn, notes: AnalyticsNotes, kind: Tracked, name: str | None, written: object
    ) -> None:
        if name is None:
            return
        kept = usable(name)
        if kept != name:
            turn.warn('a name was changed: it has to have 1 to 128 characters, without / : * ? " < > |')
        if kept:
            notes.track(kind, kept, of_user=kept != written)


def usable(name: str) -> str:
    """The name as it may be kept; empty when nothing of it may."""
    return _REFUSED.sub("", name).strip()[:NAME_LENGTH].strip()
