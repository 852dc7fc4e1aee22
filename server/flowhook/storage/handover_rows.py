"""How handovers and what is said in them lie in rows, and come back: in every database."""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json, to_json

from flowhook.model.handover import HandoverEnd, HandoverWords
from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import HandoverClaim, HandoverMessage, HandoverRefused, HandoverRow

#: The columns of :func:`handover_from`, of ``handovers AS h``.
HANDOVER_COLUMNS = """
h.id, h.endpoint, h.user_id, h.session_id, h.provider, h.status, h.outcome, h.owner, h.closing, h.reference,
h.node, h.settings, h.trace_id, h.test, h.privacy, h.created_at, h.taken_at, h.closed_at, h.waiting_since,
h.step, h.ending, h.row
"""
HANDOVER_WIDTH = 22
#: The columns of :func:`message_from`.
MESSAGE_COLUMNS = "seq, kind, source, agent, status, attempts, error, trace_id, at, body"


def words_body(words: HandoverWords) -> bytes:
    """What was said, as it is kept."""
    body: JsonObject = {"text": words.text, "data": words.data, "attachments": words.attachments}
    return to_json({name: value for name, value in body.items() if value})


def ending_body(end: HandoverEnd) -> bytes:
    """How it ended, as it is kept."""
    ending = {"result": end.result, "note": end.note, "reason": end.reason}
    return to_json({name: value for name, value in ending.items() if value not in (None, "")})


def owner_after(row: HandoverRow, claim: HandoverClaim) -> str | None:
    """Who has it once an agent's claim holds."""
    if claim.gives is not None:
        return claim.gives or None
    return row.owner if claim.forces and not claim.takes else claim.agent


def refusal_of(row: HandoverRow, claim: HandoverClaim) -> HandoverRefused | None:
    """Why an agent may not do it."""
    if claim.agent is None or claim.forces or row.owner == claim.agent:
        return None
    if claim.takes:
        return HandoverRefused("handover_taken", row.owner) if row.owner is not None else None
    return HandoverRefused("not_owner", row.owner)


def handover_from(row: Any) -> HandoverRow:
    """A handover from a row of ``HANDOVER_COLUMNS``."""
    id, endpoint, user_id, session_id, provider, status, outcome, owner, closing, reference, *rest = row
    node, settings, trace_id, test, privacy, created_at, taken_at, closed_at, *last = rest
    waiting_since, step, ending, number = last
    return HandoverRow(
        id,
        SessionRef(endpoint, user_id, session_id),
        provider,
        status,
        outcome,
        owner,
        bool(closing),
        reference,
        node,
        from_json(settings),
        trace_id,
        bool(test),
        privacy or 0,
        created_at,
        taken_at,
        closed_at,
        waiting_since,
        step,
        from_json(ending) if ending else {},
        number,
    )


def message_from(row: Any) -> HandoverMessage:
    """Something in a handover from a row of ``MESSAGE_COLUMNS``."""
    seq, kind, source, agent, status, attempts, error, trace_id, at, body = row
    said = from_json(body)
    return HandoverMessage(
        seq,
        kind,
        source,
        agent or "",
        status,
        attempts,
        error,
        trace_id,
        at,
        said.get("text", ""),
        said.get("data", {}),
        said.get("attachments", []),
    )
