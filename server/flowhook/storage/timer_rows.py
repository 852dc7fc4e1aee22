"""How timers lie in rows, and come back: in every database."""

from __future__ import annotations

from typing import Any, Literal

from flowhook.ids import new_id
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import TimerChange, TimerRow
from flowhook.storage.rows import inbound_body, inbound_from

TIMEOUT = "timeout"  #: the name and kind of a session's one timer
TIMEOUT_PREFIX = "timeout_"
NAMED = "named"  #: the kind of timers with a name, which no message voids
NAMED_PREFIX = "named_"
TASK: Literal["task"] = "task"  #: the kind of a task's timer


def armed_name(change: TimerChange) -> tuple[str, str]:
    """Name and kind of the row that a change sets or takes away."""
    return (TIMEOUT, TIMEOUT) if change.name is None else (NAMED_PREFIX + change.name, NAMED)


def timer_place(timer_id: str) -> tuple[bytes, str] | None:
    """Session and name of the row of an id ``timeout_<session>`` or ``named_<session>_<name>``; None when it
    is the id of nothing."""
    if timer_id.startswith(TIMEOUT_PREFIX):
        session, name = timer_id.removeprefix(TIMEOUT_PREFIX), TIMEOUT
    else:
        session, _, given = timer_id.removeprefix(NAMED_PREFIX).partition("_")
        name = NAMED_PREFIX + given
    try:
        key = bytes.fromhex(session)
    except ValueError:
        return None
    return (key, name) if key else None


def due_inbound(
    name: str,
    kind: str,
    due_at: float,
    node: str | None,
    endpoint: str,
    user_id: str,
    session_id: str,
    inbound_kind: str,
    body: bytes,
) -> tuple[Inbound, bytes]:
    """What enters when a timer falls due, and its body as stored."""
    ref = SessionRef(endpoint, user_id, session_id)
    if kind == TIMEOUT:
        timeout = Inbound(ref, Kind.TIMER, new_id(), due_at, timer=node)
        return timeout, inbound_body(timeout)
    if kind == NAMED:
        named = Inbound(ref, Kind.TIMER, new_id(), due_at, timer=node, name=name.removeprefix(NAMED_PREFIX))
        return named, inbound_body(named)
    return inbound_from(ref, inbound_kind, name, due_at, 0, body), body


def timer_row(key: bytes, name: str, kind: Any, node: str | None, due_at: float, *names: str) -> TimerRow:
    """A timer from a row of ``session, name, kind, node, due_at, endpoint, user_id, session_id``."""
    if kind == TASK:
        return TimerRow(name, kind, SessionRef(*names), node, due_at)
    if kind == TIMEOUT:
        return TimerRow(TIMEOUT_PREFIX + key.hex(), kind, SessionRef(*names), node, due_at)
    if kind == NAMED:
        given = name.removeprefix(NAMED_PREFIX)
        timer_id = f"{NAMED_PREFIX}{key.hex()}_{given}"
        return TimerRow(timer_id, kind, SessionRef(*names), node, due_at, name=given)
    return TimerRow(name, kind, SessionRef(*names), node, due_at, trace_id=name)
