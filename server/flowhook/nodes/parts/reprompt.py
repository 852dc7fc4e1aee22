"""What is said after a wrong answer, where that is more than a text."""

from __future__ import annotations

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, StrictBool, model_validator

from flowhook.engine.settings.fields import Condition, FlowName, Text
from flowhook.engine.turn.view import Turn


class Reprompt(BaseModel):
    """A text or a flow after a wrong answer, when it is said, and whether the question follows."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    text: Text | list[Text] | None = Field(None, description="said after a wrong answer; of a list, one")
    flow: FlowName | None = Field(
        None, description="runs after a wrong answer; then the question is asked again"
    )
    if_: Condition | None = Field(None, alias="if", description="a bare expression: else there is none")
    repeat: StrictBool = Field(False, description="true: the question is asked again, with it or without")
    skip_on_intent: StrictBool = Field(False, description="true: none when an intent was understood")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.flow is None):
            raise ValueError("a reprompt has a text or a flow")
        return self

    def applies(self, turn: Turn) -> bool:
        """Return whether the wrong answer of this input is met with it."""
        if self.skip_on_intent and turn.input["intent"] is not None:
            return False
        return self.if_ is None or turn.test(self.if_)
