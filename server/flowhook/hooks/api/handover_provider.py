"""The base of a handover provider: where people take over conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flowhook.hooks.api.engine import Engine
from flowhook.hooks.api.request import Request
from flowhook.model.handover import HandoverEvent


@dataclass(frozen=True, slots=True)
class Conversation:
    """A conversation that people are asked to take over.

    ``reference`` is what ``open`` returned, by which the provider knows it; None before. ``settings`` are
    those of the node. ``transcript``, which only ``open`` gets, is what was said before, oldest first,
    without what an earlier handover of the session has seen: ``{"role", "text", "data", "at"}`` each, with
    the role user, bot or agent. ``callback_url`` is where ``receive`` listens; ``copilot_url`` a signed
    address that shows the tiles of the endpoint's copilot, "" where it has no ``copilot.secret``.
    """

    id: str  #: 32 hex digits, ours
    reference: str | None
    endpoint: str
    user_id: str
    session_id: str
    settings: Mapping[str, Any]
    profile: Mapping[str, Any]
    transcript: Sequence[Mapping[str, Any]]
    callback_url: str
    created_at: float  #: POSIX seconds
    outcome: str | None = None  #: of one that is over: completed, cancelled, error
    note: str = ""
    copilot_url: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ConversationMessage:
    """Something to be shown to the agent. ``id`` is the same on every attempt, so that a repeat can be
    known; ``source`` is ``user`` or ``bot``."""

    conversation: Conversation
    id: str
    source: str
    text: str
    data: Mapping[str, Any] = field(default_factory=dict)
    attachments: Sequence[Mapping[str, Any]] = ()
    at: float = 0.0


class HandoverProvider(Engine):
    """One way to people; named by ``handovers:`` in config.yaml, brought by ``register_handover``.

    There is one object for each entry of ``handovers:``. A ``Settings`` class inside reads what stands there
    beside ``provider``. Each method names what it needs of the arguments below and of ``http`` (an
    ``httpx.AsyncClient`` under the rules for outgoing addresses), ``log``.

    ``open``, ``send`` and ``close`` are called for one conversation in the order in which things happened,
    the next one only when the last returned. What raises is tried again, with growing pauses, with the same
    id; raise :class:`flowhook.NodeFailed` where that is of no use. Each may take 30 seconds.
    """

    async def open(self, conversation: Conversation, *args: Any, **kwargs: Any) -> str | None:
        """Ask for a person. Return the id by which the provider knows the conversation, if it has its own.
        When it fails for good the flow takes ``on_error``."""
        return None

    async def send(self, message: ConversationMessage, *args: Any, **kwargs: Any) -> None:
        """Show a message to the agent."""
        raise NotImplementedError

    async def close(self, conversation: Conversation, *args: Any, **kwargs: Any) -> None:
        """Tell that the conversation is over for the bot."""

    async def availability(self, settings: Mapping[str, Any], *args: Any, **kwargs: Any) -> int:
        """Return how many agents are there for what a ``check_availability`` node asks. ``agents``, where it
        is named, are the names of those present at the desk."""
        raise NotImplementedError

    async def receive(self, request: Request, *args: Any, **kwargs: Any) -> Sequence[HandoverEvent]:
        """Return what a request to ``/handover/{name}/{token}`` tells, in its order. ``response``, where it
        is named, may be written. Raise :class:`flowhook.Reject` for a request that is not the provider's."""
        raise NotImplementedError
