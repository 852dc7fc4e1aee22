"""What an NLU engine makes of a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Understanding:
    """``score`` runs from 0 to 1; ``slots`` maps a name to the list of values found."""

    intent: str | None = None
    score: float = 0.0
    slots: dict[str, Any] = field(default_factory=dict)
    type: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
