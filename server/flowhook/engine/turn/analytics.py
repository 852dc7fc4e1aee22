"""What is counted of an input: what the engine knows of it, and what nodes say in its place."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from flowhook.model.trace import UNDERSTANDING

if TYPE_CHECKING:
    from flowhook.engine.turn.view import Turn

CUSTOM = tuple(f"custom{number}" for number in range(1, 11))  #: fields that mean what the author wants
PATH_LIMIT = 100  #: nodes of a path that are kept

Tracked = Literal["goals", "steps"]


@dataclass(slots=True)
class AnalyticsNotes:
    """What nodes said of one input, under the names of its record.

    ``of_user`` names the fields, and ``goals`` and ``steps``, that were rendered or made by code: they may
    hold what the user said.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    goals: list[str] = field(default_factory=list)
    steps: list[str] = field(default_factory=list)
    of_user: list[str] = field(default_factory=list)

    def overwrite(self, fields: Mapping[str, Any], of_user: Collection[str] = ()) -> None:
        """Put values in the place of the engine's; the last one of a field counts."""
        self.fields.update(fields)
        self.of_user = [name for name in self.of_user if name not in fields]
        self.of_user += of_user

    def track(self, kind: Tracked, name: str, *, of_user: bool = False) -> None:
        """Add a goal or a step that was reached, once."""
        names = self.goals if kind == "goals" else self.steps
        if name not in names:
            names.append(name)
        if of_user and kind not in self.of_user:
            self.of_user.append(kind)

    def add(self, other: AnalyticsNotes) -> None:
        """Take over what another node said."""
        self.overwrite(other.fields, [name for name in other.of_user if name in other.fields])
        for goal in other.goals:
            self.track("goals", goal, of_user="goals" in other.of_user)
        for step in other.steps:
            self.track("steps", step, of_user="steps" in other.of_user)

    def to_json(self) -> dict[str, Any]:
        """As a suspended turn keeps it."""
        return asdict(self)


def facts(turn: Turn) -> dict[str, Any]:
    """What the engine knows of an input, under the names of its record: before what nodes say. What is not
    there has no value."""
    said, top = turn.input, turn.session.top
    steps = [step for step in turn.steps if step.type != UNDERSTANDING]
    known: dict[str, Any] = {
        "understood": understood(turn),
        "flow": steps[-1].flow if steps else said["flow"],
        "node": f"{top.flow}/{top.node}" if top.node is not None else None,
        "path": [f"{step.flow}/{step.node}" for step in steps[:PATH_LIMIT]],
        "state": said["state"],
        "locale": said["locale"],
        "execution": said["execution"],
    }
    if said["intent"] is not None:
        known["intent"], known["intentScore"] = said["intent"], said["intentScore"]
        known["intentFlow"] = said["intentFlow"]
    if said["slots"]:
        known["slots"] = said["slots"]
    return known


def understood(turn: Turn) -> bool | None:
    """Return whether the bot could do something with an input: an intent won, a slot was found, or it
    answers the question that waited. None where nothing was to be understood: without a text, or where
    neither an engine read it nor a question waited."""
    said = turn.input
    if not said["text"]:
        return None
    if said["understood"]:
        return True
    answered = _answered(turn)
    if answered is not None:
        return answered
    return None if turn.environment.understanding is None else False


def _answered(turn: Turn) -> bool | None:
    """Whether the input answers the question that waited; None when none did."""
    active = turn.input["activeQuestion"]
    if active is None:
        return None
    at = f"{turn.input['flow']}/{active['nodeId']}"
    node = turn.library.node_at(at)
    if node is None or not node.type.is_question:
        return None
    steps = (step for step in turn.steps if step.type != UNDERSTANDING)
    step = next((step for step in steps if f"{step.flow}/{step.node}" == at), None)
    if step is None:
        return None
    if step.went != "wait":  # with an answer the flow goes on below
        return step.went != "on_fail"
    return bool(step.changed) or "tentative" in turn.session.memory.get(at, {})
