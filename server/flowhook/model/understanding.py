"""What an NLU engine makes of a text."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Ranked:
    """An intent that the text may mean. ``score`` runs from 0 to 1, comparable within one text.

    ``name`` is the intent's name in its flow; ``flow`` the flow that has it, "" for the one in force.
    """

    name: str
    score: float
    flow: str = ""


@dataclass(slots=True)
class Slot:
    """A value found in the text, at ``text[start:end]``, counted in characters. ``value`` is any JSON."""

    value: Any
    text: str  #: as it was written
    start: int = 0
    end: int = 0
    data: Any = None  #: what the lexicon says of the value
    negated: bool = False  #: "no mushrooms"


@dataclass(slots=True)
class Understanding:
    """What a text means, as an NLU engine returns it.

    ``score`` runs from 0 to 1; ``slots`` maps a name to the list of values found, each any JSON;
    ``details`` is a JSON object of the engine's own, which expressions read as ``input.nlu.details``. An
    engine gives ``intent`` and ``score``, or a whole ``ranking``, best first; the flow's rules, conditions,
    states and thresholds decide what becomes of it.
    """

    intent: str | None = None
    score: float = 0.0
    slots: dict[str, Any] = field(default_factory=dict)
    type: str | None = None  #: the kind of sentence: pAnswer, nAnswer, Greeting …
    details: dict[str, Any] = field(default_factory=dict)
    ranking: list[Ranked] = field(default_factory=list)
    found: dict[str, list[Slot]] = field(default_factory=dict)  #: slots with their places in the text
    answer: bool | None = None  #: whether the text says yes or no; None: neither
    rejected: bool = False  #: the text looks like the examples of ``reject``, or like nothing known
    denied: list[str] = field(default_factory=list)  #: intents that the text says not to mean
    also: list[Ranked] = field(default_factory=list)  #: further intents that the text means, in its order

    def wanted(self) -> dict[str, list[Any]]:
        """Return slot → the values of ``found`` that the user does not say no to; slots without one are left
        out."""
        values = {
            name: [slot.value for slot in slots if not slot.negated] for name, slots in self.found.items()
        }
        return {name: wanted for name, wanted in values.items() if wanted}
