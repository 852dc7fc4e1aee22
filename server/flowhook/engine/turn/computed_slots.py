"""Slots whose values come from data: ``slots: {doctor: {values_from: context.doctors}}``.

What stands there in this turn is looked for in the message beside what the engine found, with the same rules
for other words, typos and what is denied.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json, to_json

from flowhook.engine.expressions.values import text_of, to_plain_json
from flowhook.engine.turn.input import slot_entry
from flowhook.engine.turn.intent_scope import slots_in_force
from flowhook.extraction.match import Context

if TYPE_CHECKING:
    from flowhook.engine.flow import SlotRule
    from flowhook.engine.turn.view import Turn
    from flowhook.nlu.entities import SlotReader

MAX_VALUES = 1000  #: of one slot; more are cut, with a warning


def find_computed(turn: Turn) -> None:
    """Add the values of such slots to ``input.slots`` and ``input.nlu.slots``, and keep them where the slots
    say."""
    text = turn.input["text"]
    if not turn.library.computed_slots or not text:
        return
    rules = {
        name: rule for name, rule in slots_in_force(turn.library, turn.session).items() if rule.values_from
    }
    slots = {name: {"values": _values(turn, rule), "fuzzy": rule.fuzzy} for name, rule in rules.items()}
    slots = {name: slot for name, slot in slots.items() if slot["values"]}
    if not slots:
        return
    locale = turn.input["locale"]
    found = _reader(to_json(slots), locale).find(text, Context(locale, turn.scope["now"]))
    for name, values in found.items():
        wanted = [to_plain_json(slot.value) for slot in values if not slot.negated]
        turn.input["nlu"]["slots"][name] = [slot_entry(slot) for slot in values]
        if wanted:
            turn.input["slots"] = {**(turn.input["slots"] or {}), name: wanted}
            if (store := rules[name].store) is not None:
                turn.set(store, wanted[0])


def values_of(given: Any) -> dict[str, dict[str, Any]]:
    """Values by their text from what an expression gave: texts, ``{value, synonyms, data}`` each, or a
    mapping of values to synonyms; nothing from anything else."""
    items: list[Mapping[str, Any]]
    if isinstance(given, Mapping):
        items = [{"value": value, "synonyms": synonyms} for value, synonyms in given.items()]
    else:
        items = [
            item if isinstance(item, Mapping) else {"value": item}
            for item in (given if isinstance(given, list | tuple) else ())
        ]
    values: dict[str, dict[str, Any]] = {}
    for item in items:
        value, synonyms = item.get("value", item.get("name")), item.get("synonyms")
        if isinstance(value, str | int | float) and text_of(value).strip():
            said = [synonyms] if isinstance(synonyms, str) else synonyms
            texts = [text for text in said if isinstance(text, str)] if isinstance(said, list) else []
            values[text_of(value)] = {"synonyms": texts, "data": to_plain_json(item.get("data"))}
    return values


def _values(turn: Turn, rule: SlotRule) -> dict[str, dict[str, Any]]:
    assert rule.values_from is not None
    values = values_of(rule.values_from.evaluate(turn.scope, turn.step.warnings))
    if len(values) > MAX_VALUES:
        turn.warn(f'the slot "{rule.name}" has {len(values)} values, of which {MAX_VALUES} are looked for')
        values = dict([*values.items()][:MAX_VALUES])
    return values


@lru_cache(maxsize=32)
def _reader(slots: bytes, locale: str) -> SlotReader:
    """Made once for the same values: most sessions have those of the one before."""
    from flowhook.nlu.entities import SlotReader  # few flows have such slots

    return SlotReader(from_json(slots), locale)
