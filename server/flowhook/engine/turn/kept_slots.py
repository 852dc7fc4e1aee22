"""Values of slots that were said before their question came: kept until it is asked or the intent changes.

``Session.told`` holds them by slot. At the end of a turn what no question has taken is added; a question that
is arrived at takes what was kept for its slot, and nothing is kept for it any more.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flowhook.engine.expressions.values import to_plain_json

if TYPE_CHECKING:
    from flowhook.engine.turn.view import Turn


def recall(turn: Turn, slots: Iterable[str]) -> None:
    """Questions for these slots are arrived at: what was kept for them counts as if it were said now, unless
    something else was."""
    told = turn.session.told
    if not told:
        return
    for slot in slots:
        values = told.pop(slot, None)
        said = turn.input["slots"] or {}
        if values and slot not in said and slot not in (turn.input["nlu"] or {}).get("slots", {}):
            turn.input["slots"] = {**said, slot: values}


def begin_intent(turn: Turn, intent: str) -> None:
    """An intent takes the session to its entry: another one than before has no use for what was said."""
    session = turn.session
    session.answered = []  # what was answered before belongs to something else
    if not turn.library.kept_slots:
        return
    if session.topic is not None and session.topic != intent:
        session.told = {}
    session.topic = intent


def keep_untaken(turn: Turn) -> None:
    """The turn has ended: keep what no question has taken, and forget all when the conversation is over."""
    session, kept = turn.session, turn.library.kept_slots
    if session.is_at_rest:
        session.told, session.topic = {}, None
        return
    said = turn.input["slots"]
    if not said or turn.heard_whole:
        return
    taken = turn.input.get("slotsTaken", {})
    for slot, values in said.items():
        if slot in kept and isinstance(values, list):
            left = _without(values, taken.get(slot, ()), _denied(turn, slot))
            if left:
                session.told[slot] = to_plain_json(left)
            elif slot not in taken:
                session.told.pop(slot, None)
    for slot in (turn.input["nlu"] or {}).get("slots", {}):
        if slot in session.told and slot not in said:  # "no mushrooms": denied, and nothing in its place
            session.told[slot] = _without(session.told[slot], _denied(turn, slot))
            if not session.told[slot]:
                del session.told[slot]


def _denied(turn: Turn, slot: str) -> list[Any]:
    found = (turn.input["nlu"] or {}).get("slots", {}).get(slot, ())
    return [entry.get("value") for entry in found if entry.get("negated")]


def _without(values: Iterable[Any], *gone: Iterable[Any]) -> list[Any]:
    """Values without others, each of which takes one of them away."""
    left = list(values)
    for value in (value for part in gone for value in part):
        if value in left:
            left.remove(value)
    return left
