"""A confirmation: "Large – right?", and what the user makes of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.engine.settings.fields import Deferred
from flowhook.nodes.parts.answer_types import ASK_TYPES, NO_ANSWER, UserMessage


class Confirmation(BaseModel):
    """How an answer is confirmed."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    text: Deferred | list[Deferred] = Field(description="asks whether it is right; of a list, one at random")
    reprompt: Deferred | list[Deferred] | None = Field(
        default=None, description="said before the text when the user says neither yes nor no"
    )


def reaction(message: UserMessage, read: Callable[[UserMessage], Any]) -> tuple[bool | None, Any]:
    """Whether a message says yes (true), no (false) or neither (null), and what ``read`` makes of it,
    or, after a yes or no, of the rest: "no, large". NO_ANSWER when that is nothing.
    """
    said = _yes_or_no(message)
    if said is None:
        return None, read(message)
    first, _, rest = message.text.strip().partition(" ")
    if not rest.strip() or _yes_or_no(replace(message, text=first)) is None:
        return said, NO_ANSWER
    return said, read(replace(message, text=rest.strip()))


def _yes_or_no(message: UserMessage) -> bool | None:
    said = ASK_TYPES["yes_no"](message, None)  # type: ignore[arg-type]  # has no settings
    return said if isinstance(said, bool) else None
