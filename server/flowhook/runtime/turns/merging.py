"""``session.concurrency: merge``: messages of a session that come soon one after the other are one input.

The window opens with the first message and is counted from its acceptance, so that it is the same after a
crash. What comes in it is joined to the first, up to the first inbound of another kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from pydantic_core import to_json

from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.storage.records import MergedInput

MAX_SIZE = 512 * 1024  #: bytes of JSON that an input may have by joining; what comes then is the next input


def merges(endpoint: Endpoint | None, inbound: Inbound) -> bool:
    """Return whether further messages may be joined to this inbound, and it to others."""
    return (
        endpoint is not None
        and endpoint.config.session.concurrency == "merge"
        and inbound.kind is Kind.MESSAGE
        and inbound.precondition is None
        and inbound.not_before is None
    )


def seconds_left(endpoint: Endpoint, first: Inbound, now: float) -> float:
    """Return for how long the window of a message is open. A clock that was set back keeps none longer."""
    window: float = endpoint.config.session.merge_window
    return min(window, first.received_at + window - now)


def within_window(endpoint: Endpoint, first: Inbound, following: Iterable[Inbound]) -> list[Inbound]:
    """Return which of the inbounds that follow a message, in their order, are one input with it."""
    window: float = endpoint.config.session.merge_window
    found: list[Inbound] = []
    size = _size(first)
    for inbound in following:
        size += _size(inbound)
        late = inbound.received_at > first.received_at + window
        gap = inbound.seq != first.seq + len(found) + 1
        if gap or late or size > MAX_SIZE or inbound.test != first.test or not merges(endpoint, inbound):
            break
        found.append(inbound)
    return found


def joined(first: Inbound, others: Sequence[Inbound]) -> Inbound:
    """Return the first inbound with the words of all: texts one a line, data merged key by key (the later
    wins), attachments in a row."""
    inbounds = (first, *others)
    data: JsonObject | None = None
    for inbound in inbounds:
        if inbound.data is not None:
            data = {**(data or {}), **inbound.data}
    return replace(
        first,
        text="\n".join(inbound.text for inbound in inbounds if inbound.text),
        data=data,
        attachments=[attachment for inbound in inbounds for attachment in inbound.attachments],
        failures=[failure for inbound in inbounds for failure in inbound.failures],
    )


def merged_input(first: Inbound, others: Sequence[Inbound]) -> MergedInput | None:
    """Return what a turn's first segment has to store of them; None where there are no others."""
    if not others:
        return None
    return MergedInput(tuple(inbound.seq for inbound in others), joined(first, others))


def _size(inbound: Inbound) -> int:
    return len(inbound.text) + len(to_json([inbound.data, inbound.attachments]))
