"""How what was said in a session lies in rows, and comes back: in every database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic_core import from_json

from flowhook.ids import delivery_id
from flowhook.model.inbound import JsonObject
from flowhook.model.privacy import DROPPED
from flowhook.model.trace import trace_of
from flowhook.storage.rows import said

SPOKEN = ("message", "inject")  #: kinds of inbounds that are something said


def output_messages(rows: Sequence[Any]) -> dict[int, JsonObject]:
    """Outputs by their seq, from rows of ``seq, trace_id, created_at, output, body, privacy``."""
    return {row[0]: _output_message(*tuple(row)[1:]) for row in rows if not _is_dropped(row[-1])}


def history_messages(turns: Sequence[Any], outputs: Mapping[int, JsonObject], limit: int) -> list[JsonObject]:
    """The last messages of both sides, oldest first, of turns that come newest first in rows of
    ``trace_id, kind, received_at, first_out, last_out, body, privacy``."""
    messages: list[JsonObject] = []
    for trace_id, kind, at, first, last, body, privacy in reversed(turns):
        if kind in SPOKEN and not _is_dropped(privacy):
            messages.append(_input_message(trace_id, at, from_json(body)))
        if first is not None:
            messages += [outputs[seq] for seq in range(first, last + 1) if seq in outputs]
    return messages[-limit:]


def inbound_entry(
    seq: int,
    trace_id: str,
    kind: str,
    status: str,
    reason: str | None,
    at: float,
    body: bytes,
    merged_into: str | None,
    trace: bytes | None,
) -> JsonObject:
    """An inbound as a transcript shows it, without its outputs."""
    fields = from_json(body)
    entry: JsonObject = {
        "seq": seq,
        "kind": kind,
        "traceId": trace_id,
        "at": at,
        "status": status,
        "text": fields.get("text", ""),
        "data": fields.get("data"),
        "attachments": fields.get("attachments", []),
        "outputs": [],
    }
    entry |= {name: fields[name] for name in ("callback", "result", "handover") if name in fields}
    if fields.get("test"):
        entry["test"] = True
    if reason is not None:
        entry["reason"] = reason
    if merged_into is not None:
        entry["mergedInto"] = merged_into
    if trace is not None:
        entry["trace"] = trace_of(from_json(trace))
    return entry


def delivery_entry(
    key: bytes,
    seq: int,
    epoch: int | None,
    status: str,
    attempts: int,
    at: float,
    output: bytes | None,
    body: bytes,
    privacy: int | None,
) -> JsonObject:
    """A delivery of a session, as a transcript shows it."""
    return {
        "deliveryId": delivery_id(key, seq, epoch),
        "sequence": seq,
        "status": status,
        "attempts": attempts,
        "at": at,
        "output": said(output, body, privacy),
    }


def _input_message(trace_id: str, at: float, body: JsonObject) -> JsonObject:
    text, data = body.get("text", ""), body.get("data")
    return {"role": "user", "text": text, "data": data or {}, "traceId": trace_id, "at": at}


def _is_dropped(privacy: int | None) -> bool:
    return bool(privacy and privacy & DROPPED)


def _output_message(
    trace_id: str, at: float, output: bytes | None, body: bytes, privacy: int | None
) -> JsonObject:
    message = said(output, body, privacy)
    return {
        "role": message.get("source", "bot"),
        "text": message.get("text", ""),
        "data": message.get("data", {}),
        "traceId": trace_id,
        "at": at,
    }
