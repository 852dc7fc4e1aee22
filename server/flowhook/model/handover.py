"""A conversation that a person has taken over, or is asked to: what the session keeps of it, what comes from
its provider, and what goes there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

JsonObject = dict[str, Any]

#: Where a handover stands: nobody has it yet, or a person has.
HandoverStatus = Literal["queue", "active"]
#: How it ended.
HandoverOutcome = Literal["completed", "cancelled", "error"]
#: Who said something in it; a note is read by agents alone, ``system`` is flowhook itself.
HandoverSource = Literal["user", "agent", "bot", "note", "system"]

#: What a provider may tell of a conversation.
HandoverEventType = Literal["message", "queue", "active", "resolved", "error", "typing", "event", "update"]
EVENT_TYPES: Final[Sequence[HandoverEventType]] = (
    "message", "queue", "active", "resolved", "error", "typing", "event", "update",
)  # fmt: skip


@dataclass(slots=True)
class HandoverEvent:
    """What a provider tells of a conversation: returned by ``receive``.

    ``conversation`` is our id of it, or the one that ``open`` returned. ``id`` names the event within it:
    what comes twice under one id is taken once; without an id every event counts. The types:

    ``message``: an agent said something. ``queue``: its place in the queue, in ``data``. ``active``: an agent
    has taken it. ``resolved``: it is over, with ``result`` and ``note``. ``error``: it cannot go on, with
    ``reason`` and ``text``. ``typing``: an agent writes; it is told and kept nowhere. ``update``: a word of
    the provider itself to the user. ``event``: anything else, for flows that ask for it.
    """

    conversation: str
    type: HandoverEventType
    id: str = ""
    text: str = ""
    data: JsonObject = field(default_factory=dict)
    attachments: list[JsonObject] = field(default_factory=list)
    agent: str = ""
    result: Any = None
    note: str = ""
    reason: str = ""


@dataclass(slots=True)
class Handover:
    """The handover of a session, as long as it lasts."""

    id: str
    provider: str  #: as ``handovers:`` names it
    frames: list[list[str | None]]  #: where the session stands meanwhile: at the node that asked
    settings: JsonObject  #: of that node, as they were rendered
    status: HandoverStatus = "queue"
    inactive: int = 0  #: timeouts since the user last said something
    watch: list[Any] | None = None  #: "flow/node" of a handover_inactivity, and its seconds

    def to_json(self) -> JsonObject:
        """As it is kept."""
        kept: JsonObject = {
            "id": self.id,
            "provider": self.provider,
            "frames": self.frames,
            "settings": self.settings,
            "status": self.status,
        }
        if self.inactive:
            kept["inactive"] = self.inactive
        if self.watch is not None:
            kept["watch"] = self.watch
        return kept


class HandoverRequest(NamedTuple):
    """A turn asks for a person."""

    id: str
    provider: str
    node: str  #: "flow/node"
    settings: JsonObject


@dataclass(slots=True)
class HandoverWords:
    """Something was said in a handover. What ``leaves`` is to reach the provider."""

    id: str
    source: HandoverSource
    text: str = ""
    data: JsonObject = field(default_factory=dict)
    attachments: list[JsonObject] = field(default_factory=list)
    agent: str = ""
    leaves: bool = False


class HandoverMove(NamedTuple):
    """A handover changes its status."""

    id: str
    status: HandoverStatus
    agent: str = ""


class HandoverEnd(NamedTuple):
    """A handover is over. ``tells``: the provider is told to close it."""

    id: str
    outcome: HandoverOutcome
    result: Any = None
    note: str = ""
    reason: str = ""
    tells: bool = True


#: What a turn does to handovers, in the order in which it does it.
HandoverChange = HandoverRequest | HandoverWords | HandoverMove | HandoverEnd
