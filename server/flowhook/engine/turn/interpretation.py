"""What an understanding means here: it becomes fields of ``input``, and values where slots keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.turn.computed_slots import find_computed
from flowhook.engine.turn.input import DEFAULT_STATE, TurnInput, is_understood, reading_of
from flowhook.engine.turn.intent_scope import height_in_force, intent_scope, slots_in_force
from flowhook.engine.turn.intent_selection import IntentSelector

if TYPE_CHECKING:
    from flowhook.engine.turn.intent_scope import IntentScope
    from flowhook.engine.turn.intent_selection import Decision
    from flowhook.engine.turn.view import Turn
    from flowhook.model.understanding import Understanding


def scope_in_force(turn: Turn) -> IntentScope | None:
    """The intents in force; where no flow has any, those (none) of the flow on top."""
    session, library = turn.session, turn.library
    height = height_in_force(library, session)
    flow = library.flows.get(session.frames[-1 if height is None else height].flow)
    return intent_scope(library, flow) if flow is not None else None


def selector_for(turn: Turn, intents: IntentScope) -> IntentSelector:
    """Decides for the input of this turn."""
    return IntentSelector(intents, turn.session.state, turn.scope, turn.step.warnings)


def read(turn: Turn, understanding: Understanding | None) -> None:
    """Take in what rules may read: slots and the kind of sentence, but nothing of intents."""
    turn.input.update(reading_of(understanding))
    turn.input.update(
        {"intent": None, "intentScore": 0.0, "intentFlow": None, "intentPath": [], "intentOutOfState": None}
    )
    if understanding is not None:
        fill_slots(turn, understanding)
    find_computed(turn)


def decided(turn: Turn, selector: IntentSelector, decision: Decision) -> None:
    """Take in which intent won."""
    turn.input.update(selector.fields(decision))
    turn.input["nlu"]["intents"] = selector.listed(decision)
    turn.input["understood"] = is_understood(turn.input)
    _name_state(turn, selector.intents)


def interpret(turn: Turn, understanding: Understanding | None) -> TurnInput:
    """The fields of ``input`` that an understanding fills (``intent``, ``slots`` …), under the conditions,
    states and thresholds of the flows in force. Rules do not count: they read the input itself."""
    fields = reading_of(understanding)
    intents = scope_in_force(turn)
    if intents is None:
        return fields
    selector = selector_for(turn, intents)
    decision = selector.decide(understanding, rules=False)
    fields.update(selector.fields(decision))
    fields["nlu"]["intents"] = selector.listed(decision)
    fields["understood"] = is_understood(fields)
    return fields


def fill_slots(turn: Turn, understanding: Understanding) -> None:
    """Keep the values that were found where the slots say."""
    if not (understanding.found or understanding.slots):
        return
    for name, rule in slots_in_force(turn.library, turn.session).items():
        if rule.store is None:
            continue
        value = _first(understanding, name)
        if value is None:
            continue
        try:
            turn.set(rule.store, value)
        except NodeFailed as error:
            turn.warn(str(error))


def _first(understanding: Understanding, name: str) -> Any:
    """The first value found of a slot that the user wants; None when there is none."""
    if name in understanding.found:
        return next((slot.value for slot in understanding.found[name] if not slot.negated), None)
    values = understanding.slots.get(name)
    return (values[0] if values else None) if isinstance(values, list) else values


def _name_state(turn: Turn, intents: IntentScope | None) -> None:
    """Where the session was set to no state, ``input.state`` is the flow's default one."""
    if turn.session.state is None and intents is not None and intents.flow.state is not None:
        turn.input["state"] = intents.flow.state


def enter_state(turn: Turn, name: str | None) -> None:
    """From the next input on this state says which intents may win; None: the flow's default."""
    intents = scope_in_force(turn)
    states = intents.flow.states if intents is not None else {}
    if name == DEFAULT_STATE and name not in states:
        name = None
    if intents is not None and name is not None and name not in states:
        turn.warn(f'the flow "{intents.flow.name}" has no state "{name}", so no intent is held back')
    turn.session.state = name or None
    turn.input["state"] = name or DEFAULT_STATE
    _name_state(turn, intents)
    turn.step.changed["state"] = turn.input["state"]
