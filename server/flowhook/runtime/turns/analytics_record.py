"""The record of an input in the analytics: what the engine knows, what nodes say, who and when; redacted.

It is made for each input, so it holds only what differs from the rule; ``runtime/observe/analytics_view.py``
completes it when it is read.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from flowhook.engine.turn.analytics import AnalyticsNotes, facts
from flowhook.model.inbound import JsonObject, Kind
from flowhook.model.session_ref import contact_key
from flowhook.runtime.observe.analytics_view import CHANNEL, NOT_LEARNED
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.storage.records import AnalyticsRecord


def analytics_record(turn: RunningTurn, *, ms: float, failed: bool = False) -> AnalyticsRecord | None:
    """Return what is kept of a turn's input; None where nothing is: the endpoint collects no analytics, or
    the turn has no input of a user or a backend. ``ms``: how long the turn took."""
    inbound, endpoint = turn.inbound, turn.endpoint
    kind = inbound.kind
    if not endpoint.config.privacy.analytics or (kind is not Kind.MESSAGE and kind is not Kind.INJECT):
        return None
    ref, engine, redactor = inbound.ref, turn.execution, turn.redactor
    record: JsonObject = {} if engine is None else facts(engine.turn)
    record["inputId"] = inbound.trace_id
    record["sessionId"] = ref.session_id
    record["inputText"] = redactor.recorded_text(inbound.text)
    if turn.translated is not None:
        record["userLanguageText"] = record["inputText"]
        record["inputText"] = redactor.recorded_text(turn.translated)
    if not redactor.trains:
        record[NOT_LEARNED] = True
    record["ms"] = ms
    if inbound.data is not None:
        record["mode"] = inbound.mode
        record["inputData"] = redactor.recorded_value(inbound.data)
    if inbound.remote_address is not None:
        record["ip"] = redactor.address(inbound.remote_address)
    if "slots" in record:
        record["slots"] = redactor.recorded_value(record["slots"])
    if kind is not Kind.MESSAGE:
        record["kind"] = kind.value
    if endpoint.channel != CHANNEL:
        record["channel"] = endpoint.channel
    if turn.snapshot is not None:
        record["snapshotName"] = turn.snapshot
    if failed:
        record["status"] = "failed"
    if engine is not None and engine.turn.analytics is not None:
        _overwrite(record, engine.turn.analytics, redactor)
    key, contact = ref.key, contact_key(ref.user_id)
    return AnalyticsRecord(inbound.received_at, ref.endpoint, key, contact, inbound.test, to_json(record))


def _overwrite(record: JsonObject, notes: AnalyticsNotes, redactor: Redactor) -> None:
    """Put what nodes said in the place of what the engine knows. What they made of a user's words is
    masked as these are."""
    record |= notes.fields
    if notes.goals:
        record["goals"] = [*dict.fromkeys([*record.get("goals", ()), *notes.goals])]
    if notes.steps:
        record["steps"] = notes.steps
    for name in notes.of_user:
        record[name] = _recorded(redactor, record[name])


def _recorded(redactor: Redactor, value: Any) -> Any:
    """Numbers, yes and no tell nothing of a text."""
    return value if isinstance(value, int | float) else redactor.recorded_value(value)
