"""Records of the analytics as they are shown: complete, and with their names in one order."""

from __future__ import annotations

from typing import Final

from pydantic_core import from_json

from flowhook.clock import rfc3339
from flowhook.engine.turn.analytics import CUSTOM
from flowhook.model.inbound import JsonObject
from flowhook.storage.records import AnalyticsRecord

CHANNEL: Final = "webhook"  #: of a record that names none

#: Every field, with its value where a record does not tell it.
FIELDS: Final[JsonObject] = {
    "inputId": "", "timestamp": "", "endpointName": "", "snapshotName": None, "sessionId": "",
    "contactId": "", "channel": CHANNEL,
    "kind": "message", "test": False, "mode": "text", "ip": None, "inputText": "", "userLanguageText": None,
    "inputData": None,
    "intent": None, "intentScore": None, "intentFlow": None, "state": None, "slots": {}, "understood": None,
    "flow": None, "node": None, "path": [], "locale": None, "execution": None, "ms": 0.0, "status": "done",
    "goals": [], "steps": [], "handover": 0, "rating": None, **dict.fromkeys(CUSTOM),
}  # fmt: skip


#: Stands in a record, and is not shown, where a blind mode says that nothing is learned from the text.
NOT_LEARNED: Final = "notLearned"


def shown_record(row: AnalyticsRecord) -> JsonObject:
    """Return a record with all its fields; its time is RFC 3339 with milliseconds, UTC."""
    record = from_json(row.record)
    record.pop(NOT_LEARNED, None)
    return {
        **FIELDS,
        "timestamp": rfc3339(row.at),
        "endpointName": row.endpoint,
        "contactId": row.contact.hex(),
        "test": row.test,
        **record,
    }


def may_be_learned(row: AnalyticsRecord) -> bool:
    """Whether the text of a record may be shown to those who improve the understanding."""
    return not from_json(row.record).get(NOT_LEARNED, False)
