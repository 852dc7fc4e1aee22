"""What a hook may answer beside plain values."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal


class Discard(Enum):
    """Has one member, so that a type checker can tell it from every other answer."""

    DISCARD = "discard"

    def __repr__(self) -> str:
        return "DISCARD"


#: Answered by a pipe hook: drop it, and ask no further plugin.
DISCARD: Final = Discard.DISCARD
Discarded = Literal[Discard.DISCARD]


@dataclass(frozen=True, slots=True)
class Body:
    """The whole body of a delivery, in place of the usual envelope. ``value`` is any JSON value."""

    value: Any
