"""``analytics``: say in the analytics what the flow knows better than the engine.

.. code-block:: yaml

    - analytics: {custom1: "{{ context.size }}", custom2: delivery}
    - analytics: {understood: true, intent: order}
    - analytics: {input_text: "(a card number)", understood: not_counted}

Each input has one record; this node overwrites fields of the one that is handled now, for that record
alone: ``input`` stays what it is. A field that is left out, null or empty overwrites nothing; of several
nodes the last one counts for a field. ``custom1`` to ``custom10`` mean what you want; they hold at most
1024 characters, and more is cut with a warning. ``understood: not_counted`` takes the input out of the
share of those that were understood. ``handover`` counts how often a person was called in, for handovers
that the engine does not know of.

Where the endpoint or a blind mode masks analytics, what a template gives is ``****``, too. Without
``privacy.analytics`` there are no records and the node does nothing. No branches.
"""

from __future__ import annotations

from typing import Any, Final, Literal

from pydantic import Field, ValidationInfo, model_validator

from flowhook.engine.expressions import has_template
from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Text, is_rendered
from flowhook.engine.turn.analytics import AnalyticsNotes
from flowhook.engine.turn.view import Turn

CUSTOM_LENGTH: Final = 1024  #: characters of a custom field

_CUSTOM: Final = "what you want to count by, at most 1024 characters"

#: Fields whose name in a record is another one.
_RECORDED_AS: Final = {
    "intent_score": "intentScore",
    "intent_flow": "intentFlow",
    "input_text": "inputText",
    "input_data": "inputData",
    "completed_goals": "goals",
}


class Analytics(Node):
    """Overwrites fields of the input's record in the analytics."""

    key = "analytics"
    draws_as = "quiet"

    custom1: Text | None = Field(None, description=_CUSTOM)
    custom2: Text | None = Field(None, description=_CUSTOM)
    custom3: Text | None = Field(None, description=_CUSTOM)
    custom4: Text | None = Field(None, description=_CUSTOM)
    custom5: Text | None = Field(None, description=_CUSTOM)
    custom6: Text | None = Field(None, description=_CUSTOM)
    custom7: Text | None = Field(None, description=_CUSTOM)
    custom8: Text | None = Field(None, description=_CUSTOM)
    custom9: Text | None = Field(None, description=_CUSTOM)
    custom10: Text | None = Field(None, description=_CUSTOM)
    intent: Text | None = Field(None, description="the intent that counts")
    intent_score: float | None = Field(None, ge=0, le=1, description="how sure that is, 0 to 1")
    intent_flow: Text | None = Field(None, description="the flow of that intent")
    understood: bool | Literal["not_counted"] | None = Field(
        None, description="whether the input was understood: true, false or not_counted"
    )
    state: Text | None = Field(None, description="the state that counts")
    slots: dict[str, Any] | None = Field(None, description="the slots that count")
    input_text: Text | None = Field(None, description="kept in the place of the user's text")
    input_data: dict[str, Any] | None = Field(None, description="kept in the place of the user's data")
    completed_goals: list[Text] | None = Field(None, description="goals that this input reached")
    handover: int | None = Field(None, ge=0, description="how often a person was called in")
    rating: float | None = Field(None, description="what the user thinks of it, as a number")

    @model_validator(mode="after")
    def _something(self, info: ValidationInfo) -> Analytics:
        if not self.model_fields_set and not is_rendered(info):
            raise ValueError("give at least one field to overwrite")
        return self

    def run(self, turn: Turn) -> None:
        raw = turn.node.settings.raw
        made = {name for name in self.model_fields_set if _has_template(raw.get(name))}
        notes, cut = self.notes(made)
        for name in cut:
            turn.warn(f"{name} is longer than {CUSTOM_LENGTH} characters: the rest is left out")
        turn.note_analytics(notes)

    def notes(self, of_user: set[str] | frozenset[str]) -> tuple[AnalyticsNotes, list[str]]:
        """What the fields say, and which of them were cut. ``of_user`` names those that may hold what a user
        said."""
        fields: dict[str, Any] = {}
        cut = []
        for name in type(self).model_fields:
            value = getattr(self, name)
            if value in (None, "", {}, []):
                continue
            if name.startswith("custom") and len(value) > CUSTOM_LENGTH:
                value = value[:CUSTOM_LENGTH]
                cut.append(name)
            fields[_RECORDED_AS.get(name, name)] = value
        if fields.get("understood") == "not_counted":
            fields["understood"] = None
        notes = AnalyticsNotes()
        notes.overwrite(fields, [_RECORDED_AS.get(name, name) for name in of_user])
        notes.of_user = [name for name in notes.of_user if name in fields]
        return notes, cut


def _has_template(value: Any) -> bool:
    """Whether a setting as it is written holds a template anywhere."""
    if isinstance(value, str):
        return has_template(value)
    if isinstance(value, dict):
        return any(map(_has_template, value.values()))
    return isinstance(value, list) and any(map(_has_template, value))
