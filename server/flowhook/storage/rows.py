"""How values of the model lie in rows, and come back."""

from __future__ import annotations

from collections.abc import Mapping
from operator import attrgetter
from typing import Any

from pydantic_core import from_json, to_json

from flowhook.ids import delivery_id
from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, JsonObject, Kind, Precondition
from flowhook.model.privacy import DROPPED, MASKED, masked_value
from flowhook.model.session_ref import SessionRef

#: What is kept of an inbound where it is there, and of the last two also what is empty, or 0.
_KEPT = (
    "text", "attachments", "test", "remote_address", "timer", "name", "not_before", "task", "callback",
    "failures", "private", "trace_parent", "handover", "held_until", "data", "result",
)  # fmt: skip
_NULLABLE = frozenset({"data", "result"})
_kept = attrgetter(*_KEPT)
_WORDS = frozenset(
    {"text", "data", "attachments", "result", "failures", "private", "handover"}
)  #: what somebody said


def inbound_body(inbound: Inbound) -> bytes:
    """All of an inbound that has no column of its own, leaving out what is not set."""
    body: JsonObject = {}
    for name, value in zip(_KEPT, _kept(inbound), strict=True):
        if value or (value is not None and name in _NULLABLE):
            body[name] = value
    if inbound.precondition is not None:
        body["precondition"] = inbound.precondition._asdict()
    return to_json(body)


def inbound_from(
    ref: SessionRef, kind: str, trace_id: str, received_at: float, seq: int, body: bytes
) -> Inbound:
    """The reverse of :func:`inbound_body`."""
    fields: dict[str, Any] = from_json(body)
    if (precondition := fields.pop("precondition", None)) is not None:
        fields["precondition"] = Precondition(**precondition)
    return Inbound(ref, Kind(kind), trace_id, received_at, seq=seq, **fields)


def is_test(body: bytes) -> bool:
    """Whether the inbound of this body carries the mark of a test."""
    return b'"test":true' in body and bool(from_json(body).get("test"))


#: The columns of :func:`delivery_from`, of ``outbox AS o`` joined with ``sessions AS s``.
DELIVERY_COLUMNS = (
    "o.session, o.seq, o.epoch, o.trace_id, o.endpoint, o.attempts, o.created_at, o.replay, "
    "o.url, o.method, o.headers, o.body, o.test, o.privacy, o.row, s.user_id, s.session_id"
)


def delivery_from(row: tuple[Any, ...]) -> Delivery:
    """A delivery from a row of ``DELIVERY_COLUMNS``."""
    key, seq, epoch, *columns = row
    trace_id, endpoint, attempts, created_at, replay, *request, user_id, session_id = columns
    url, method, headers, body, test, privacy, number = request
    return Delivery(
        endpoint,
        key,
        seq,
        delivery_id(key, seq, epoch),
        body,
        trace_id,
        user_id,
        session_id,
        url,
        method,
        from_json(headers) if headers else {},
        attempts,
        created_at,
        bool(replay),
        bool(test),
        privacy or 0,
        number,
    )


def headers_json(headers: Mapping[str, str]) -> bytes | None:
    """None when there are none, which is the rule."""
    return to_json(dict(headers)) if headers else None


def said(output: bytes | None, body: bytes, privacy: int | None = None) -> JsonObject:
    """The AIOutput of a delivery, as far as it may be kept: it lies beside the body when the body is not the
    usual envelope."""
    found: JsonObject = from_json(output) if output is not None else from_json(body).get("AIOutput", {})
    if privacy:
        return {} if privacy & DROPPED else masked_output(found) if privacy & MASKED else found
    return found


def masked_output(output: JsonObject) -> JsonObject:
    """An AIOutput without its words."""
    return output | {name: masked_value(output[name]) for name in ("text", "data") if name in output}


def private_body(body: bytes, privacy: int) -> bytes:
    """What stays of an inbound's body once its turn has ended."""
    fields = from_json(body)
    for name in _WORDS & fields.keys():
        if privacy & DROPPED:
            del fields[name]
        else:
            fields[name] = masked_value(fields[name])
    return to_json(fields)


def private_delivery_body(output: bytes | None, body: bytes, privacy: int) -> bytes:
    """What stays of a delivery's body once it was taken."""
    shown = said(output, body, privacy)
    return to_json({"AIOutput": shown}) if shown else b"{}"
