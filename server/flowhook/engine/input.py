"""What expressions see as ``input``."""

from __future__ import annotations

from typing import Any

from flowhook.engine.turn import Surroundings
from flowhook.model.inbound import Inbound
from flowhook.model.session import Session

#: Every name that expressions can read of ``input``.
INPUT_NAMES = (
    "text", "data", "attachments", "mode", "kind", "test", "intent", "intentScore", "slots", "type",
    "userId", "sessionId", "traceId", "URLToken", "endpoint", "channel", "locale", "execution", "result",
    "flow", "node",
)  # fmt: skip


def input_of(session: Session, inbound: Inbound, surroundings: Surroundings) -> dict[str, Any]:
    """The ``input`` of a turn that begins."""
    who = inbound.session
    understood = surroundings.understanding
    return {
        "text": inbound.text,
        "data": inbound.data or {},
        "attachments": inbound.attachments,
        "mode": inbound.mode,
        "kind": inbound.kind.value,
        "test": inbound.test,
        "intent": understood.intent if understood else None,
        "intentScore": understood.score if understood else 0.0,
        "slots": understood.slots if understood else {},
        "type": understood.type if understood else None,
        "userId": who.user_id,
        "sessionId": who.session_id,
        "traceId": inbound.trace_id,
        "URLToken": surroundings.url_token,
        "endpoint": surroundings.endpoint or who.endpoint,
        "channel": surroundings.channel,
        "locale": session.locale or surroundings.locale,
        "execution": session.execution,
        "result": None,
        "flow": session.top.flow,
        "node": session.top.node,
    }
