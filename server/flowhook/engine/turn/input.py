"""What expressions see as ``input``."""

from __future__ import annotations

from typing import Any

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.turn.view import TurnEnvironment
from flowhook.model.inbound import Inbound
from flowhook.model.session import Session
from flowhook.model.understanding import Slot, Understanding

#: Every name that expressions can read of ``input``.
INPUT_NAMES = (
    "text", "data", "attachments", "mode", "kind", "test", "intent", "intentScore", "intentFlow",
    "intentPath", "intentOutOfState", "state", "understood", "slots", "type", "nlu", "activeQuestion",
    "userId", "sessionId", "traceId", "URLToken", "endpoint", "channel", "locale", "execution", "result",
    "flow", "node", "callback",
)  # fmt: skip

DEFAULT_STATE = "default"  #: the name of the state of a session that was never set to one
ANSWERING = frozenset({"pAnswer", "nAnswer", "Greeting"})  #: kinds of sentences that count as understood


#: An input of which nothing is known yet: copied for each turn, which is quicker than building it.
_BLANK: dict[str, Any] = {
    **dict.fromkeys(INPUT_NAMES),
    "intentScore": 0.0,
    "state": DEFAULT_STATE,
    "understood": False,
}


def input_of(session: Session, inbound: Inbound, surroundings: TurnEnvironment) -> dict[str, Any]:
    """The ``input`` of a turn that begins."""
    who, top = inbound.ref, session.frames[-1]
    values = _BLANK.copy()
    values["text"] = inbound.text
    values["data"] = inbound.data or {}
    values["attachments"] = inbound.attachments
    values["mode"] = inbound.mode
    values["kind"] = inbound.kind._value_
    values["test"] = inbound.test
    values["intentPath"] = []
    values["slots"] = {}
    values["nlu"] = {"intents": [], "slots": {}, "yesNo": None, "rejected": False}
    values["userId"] = who.user_id
    values["sessionId"] = who.session_id
    values["traceId"] = inbound.trace_id
    values["URLToken"] = surroundings.url_token
    values["endpoint"] = surroundings.endpoint or who.endpoint
    values["channel"] = surroundings.channel
    values["locale"] = session.locale or surroundings.locale
    values["execution"] = session.execution
    values["flow"] = top.flow
    values["node"] = top.node
    if session.state:
        values["state"] = session.state
    if inbound.callback:
        values["callback"] = inbound.callback.rpartition("/")[2]
    return values


def reading_of(understanding: Understanding | None) -> dict[str, Any]:
    """The fields of ``input`` that rules may read of an understanding: all but those of the intent."""
    if understanding is None:
        return {"slots": {}, "type": None, "nlu": _nlu(None)}
    return {"slots": slots_of(understanding), "type": understanding.type, "nlu": _nlu(understanding)}


def slots_of(understanding: Understanding) -> dict[str, Any]:
    """What was found, by slot. What the user does not want ("no mushrooms") is only in ``input.nlu``."""
    return understanding.slots or understanding.wanted()


def is_understood(values: dict[str, Any]) -> bool:
    """Whether anything came of a text: an intent, a slot, or a kind of sentence that answers."""
    return bool(values["intent"] or values["slots"] or values["type"] in ANSWERING)


def _nlu(understanding: Understanding | None) -> dict[str, Any]:
    if understanding is None:
        return {"intents": [], "slots": {}, "yesNo": None, "rejected": False}
    nlu: dict[str, Any] = {
        "intents": [],
        "slots": {name: [_slot(slot) for slot in found] for name, found in understanding.found.items()},
        "yesNo": understanding.answer,
        "rejected": understanding.rejected,
    }
    if understanding.details:
        nlu["details"] = to_plain_json(understanding.details)
    return nlu


def _slot(slot: Slot) -> dict[str, Any]:
    return {
        "value": to_plain_json(slot.value),
        "text": slot.text,
        "start": slot.start,
        "end": slot.end,
        "data": to_plain_json(slot.data),
        "negated": slot.negated,
    }
