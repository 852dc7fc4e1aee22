"""What a conversation asks not to be told or kept, beside what its endpoint's ``privacy`` says."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any, Final, Self

#: How a row of the inbox or the outbox is to be treated: a sum of these; 0 as everything else.
HIDDEN: Final = 1  #: its words are in no log, trace, event or list
MASKED: Final = 2  #: once it is done, ``****`` is kept in the place of its words
DROPPED: Final = 4  #: once it is done, nothing is kept of its words

UNKEPT: Final = MASKED | DROPPED

MASK: Final = "****"


@dataclass(frozen=True, slots=True)
class BlindMode:
    """What the node ``blind`` has switched on, and whether a secret answer is waited for. The former lasts in
    the session until the next ``blind``, the latter until it comes."""

    mask_logging: bool = False
    mask_analytics: bool = False
    disable_intent_trainer: bool = False
    disable_conversations: bool = False
    secret: bool = False  #: the session waits for a secret answer: its next input is masked everywhere

    def __bool__(self) -> bool:
        """Whether anything of it is on."""
        return bool(self.to_json())

    def to_json(self) -> list[str]:
        """The names of what is on."""
        return [field.name for field in fields(self) if getattr(self, field.name)]

    @classmethod
    def from_json(cls, names: Any) -> Self:
        """The reverse of :meth:`to_json`."""
        return cls(**dict.fromkeys(names or (), True))


def with_secret(mode: BlindMode | None, on: bool) -> BlindMode | None:
    """Return a blind mode in which the next input may be a secret answer, or is none; None for nothing."""
    if mode is None:
        return BlindMode(secret=True) if on else None
    return replace(mode, secret=on) or None


def masked_value(value: Any) -> Any:
    """Return any JSON with ``****`` in the place of each value; keys stay, null and what is empty too."""
    if isinstance(value, dict):
        return {key: masked_value(part) for key, part in value.items()}
    if isinstance(value, list):
        return [masked_value(part) for part in value]
    return value if value is None or value == "" else MASK
