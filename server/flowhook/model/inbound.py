"""What enters a session: one kind of thing, whoever sent it."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from flowhook.model.session_ref import SessionRef

JsonObject = dict[str, Any]


class Kind(StrEnum):
    """Who spoke. All kinds of one session share one order."""

    MESSAGE = "message"
    INJECT = "inject"
    NOTIFY = "notify"
    TIMER = "timer"
    HANDOVER = "handover"
    CALLBACK = "callback"  #: the result of a ``task``, posted to its one-time URL
    PRESENCE = "presence"  #: the channel tells that the user has come or gone: nothing that was said


#: What channels say in ``data._cognigy.event.type`` when a user comes and goes.
CONNECTED, DISCONNECTED = "user-connected", "user-disconnected"


def presence_in(data: JsonObject | None) -> str | None:
    """Return what the data of a message says of the user's presence: one of the two words above, or None."""
    found: object = data
    for name in ("_cognigy", "event", "type"):
        found = found.get(name) if isinstance(found, dict) else None
    return found if found in (CONNECTED, DISCONNECTED) else None


class Precondition(NamedTuple):
    """What must hold when the turn starts, else the inbound is discarded."""

    if_node: str | None = None
    if_revision: int | None = None
    expires_at: float | None = None


@dataclass(slots=True)
class Inbound:
    """One thing that enters a session: a message, an inject, a notify, a timer, a callback.

    ``trace_id`` are 32 hex digits. ``data`` is any JSON object, None where none was sent; ``attachments`` are
    JSON objects as the caller sent them. Times are POSIX seconds, UTC.
    """

    ref: SessionRef
    kind: Kind
    trace_id: str
    received_at: float
    text: str = ""
    data: JsonObject | None = None
    attachments: list[JsonObject] = field(default_factory=list)
    seq: int = 0  #: place in the session's order, given by the store on acceptance, from 1
    test: bool = False  #: came as a test, or to a session that is being tested
    not_before: float | None = None
    precondition: Precondition | None = None
    remote_address: str | None = None
    timer: str | None = None  #: kind timer: the key of the node whose timeout fell due
    name: str | None = None  #: kind timer: the name under which the node ``timer`` armed it
    task: str | None = None  #: names the task whose callback this is, or whose time is over
    callback: str | None = None  #: "flow/node" of the task whose callback this is
    #: plugins that failed on its way in, and without which it went on: ``{plugin, hook, endpoint, error}``
    failures: list[JsonObject] = field(default_factory=list)
    #: kind handover: ``{id, event}`` of what a provider tells, and agent, result, note, reason
    handover: JsonObject | None = None
    result: Any = None  #: of a callback: its body, when that is no object; an object is ``data``
    private: JsonObject | None = None  #: what plugins gave to it on the way in, for plugins alone
    trace_parent: str | None = None  #: the caller's ``traceparent`` (W3C), where it sent one
    #: POSIX seconds until which what is said to it is the response to a request that another process answers
    held_until: float | None = None

    @property
    def session(self) -> SessionRef:
        """:attr:`ref`, as nodes of plugins have read it since the first version."""
        return self.ref

    @property
    def answer(self) -> Any:
        """The body of a callback, any JSON."""
        return self.data if self.data is not None else self.result

    @property
    def mode(self) -> str:
        """What the message held: ``text``, ``data`` or ``text+data``."""
        if self.data is None:
            return "text"
        return "text+data" if self.text else "data"
