"""What ``transform_input`` and its kin may make of a request, where a mapping does not say enough."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Message:
    """A message of the user, as a plugin makes it of a request. What is None is the body's.

    ``wait``: seconds, at most 30, that the response to this request waits for what is said to the message;
    the hook ``answer`` makes the response of it. ``private`` is a JSON object that hooks see as
    ``inbound.private``: a reply token, a thread. Flows, traces and transcripts do not hold it.
    """

    user_id: str | None = None
    session_id: str | None = None
    text: str | None = None
    data: Mapping[str, Any] | None = None
    attachments: list[dict[str, Any]] | None = None
    message_id: str | None = None  #: by which a repeat is known
    wait: float | None = None
    private: Mapping[str, Any] | None = field(default=None, repr=False)

    route: ClassVar[str] = "message"

    def fields(self) -> dict[str, Any]:
        """Return what the body of a request would hold; None for what is not said."""
        return {
            "userId": self.user_id,
            "sessionId": self.session_id,
            "text": self.text,
            "data": self.data,
            "attachments": self.attachments,
            "messageId": self.message_id,
        }


@dataclass(frozen=True, slots=True)
class Inject(Message):
    """The same as ``Message``, spoken by a backend: by the rules of ``POST /inject/{token}``.

    ``not_before`` and ``expires_at`` are times of RFC 3339, ``if_node`` and ``if_revision`` preconditions.
    """

    not_before: str | None = None
    expires_at: str | None = None
    if_node: str | None = None
    if_revision: int | None = None

    route: ClassVar[str] = "inject"

    def fields(self) -> dict[str, Any]:
        """Return what the body of a request would hold; None for what is not said."""
        return {
            **Message.fields(self),
            "notBefore": self.not_before,
            "expiresAt": self.expires_at,
            "ifNode": self.if_node,
            "ifRevision": self.if_revision,
        }


@dataclass(frozen=True, slots=True)
class Notify(Inject):
    """What is said straight to the user, past the flow: by the rules of ``POST /notify/{token}``."""

    route: ClassVar[str] = "notify"
