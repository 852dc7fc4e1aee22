"""The record of an input in the analytics: what the engine knows, what nodes say, who and when; redacted."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pydantic_core import to_json

from flowhook.engine.turn.analytics import CUSTOM, AnalyticsNotes, facts
from flowhook.model.inbound import JsonObject, Kind
from flowhook.model.session_ref import contact_key
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.storage.records import AnalyticsRecord

INPUTS = frozenset({Kind.MESSAGE, Kind.INJECT})  #: kinds of inbounds that are an input

#: A record of which only its time and its names are known.
_BLANK: JsonObject = {
    "intent": None, "intentScore": None, "intentFlow": None, "state": None, "slots": {}, "understood": None,
    "flow": None, "node": None, "path": [], "locale": None, "execution": None,
}  # fmt: skip
_NOTED: JsonObject = {"goals": [], "steps": [], "handover": 0, **dict.fromkeys(CUSTOM)}


def analytics_record(turn: RunningTurn, *, ms: float, status: str) -> AnalyticsRecord | None:
    """Return what is kept of a turn's input; None where nothing is: the endpoint collects no analytics, or
    the turn has no input of a user or a backend. ``ms``: how long the turn took; ``status``: done, failed."""
    inbound, endpoint = turn.inbound, turn.endpoint
    if inbound.kind not in INPUTS or not endpoint.config.privacy.analytics:
        return None
    ref, contact = turn.ref, contact_key(turn.ref.user_id)
    engine = turn.execution
    record: JsonObject = {
        "inputId": inbound.trace_id,
        "timestamp": _timestamp(inbound.received_at),
        "endpointName": ref.endpoint,
        "sessionId": ref.session_id,
        "contactId": contact.hex(),
        "channel": endpoint.channel,
        "kind": inbound.kind,
        "test": inbound.test,
        "mode": inbound.mode,
        "ip": inbound.remote_address,
        "inputText": inbound.text,
        "inputData": inbound.data,
        **(facts(engine.turn) if engine is not None else _BLANK),
        "ms": ms,
        "status": status,
        **_NOTED,
    }
    notes = engine.turn.analytics if engine is not None else None
    if notes is not None:
        record |= notes.fields
        record["goals"] = [*dict.fromkeys([*record["goals"], *notes.goals])]
        record["steps"] = notes.steps
    _redact(record, turn.redactor, notes)
    key, at = ref.key, inbound.received_at
    return AnalyticsRecord(at, ref.endpoint, key, contact, inbound.test, to_json(record))


def _redact(record: JsonObject, redactor: Redactor, notes: AnalyticsNotes | None) -> None:
    """Mask what the user said, and what was made of it; names of intents and nodes are the flow's own."""
    record["ip"] = redactor.address(record["ip"])
    record["inputText"] = redactor.recorded_text(record["inputText"])
    record["inputData"] = redactor.recorded_value(record["inputData"])
    record["slots"] = redactor.recorded_value(record["slots"])
    for name in notes.of_user if notes is not None else ():
        record[name] = _recorded(redactor, record[name])


def _recorded(redactor: Redactor, value: Any) -> Any:
    """Numbers, yes and no tell nothing of a text."""
    return value if isinstance(value, int | float) else redactor.recorded_value(value)


def _timestamp(at: float) -> str:
    """RFC 3339 with milliseconds, UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
