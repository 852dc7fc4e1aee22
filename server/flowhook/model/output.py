"""What is said to the user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from flowhook.model.privacy import BlindMode

Source = Literal["bot", "agent"]


@dataclass(slots=True)
class Output:
    """One thing said to the user: the ``AIOutput`` of the wire format.

    ``text`` is what is said, "" for an output of data alone; ``data`` is any JSON object. ``trace_id`` is
    that of the inbound, 32 hex digits. ``source`` is ``bot``, or ``agent`` where a person speaks.
    """

    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    trace_id: str = ""
    disable_sensitive_logging: bool = False
    source: Source = "bot"
    #: in force when it was said
    blind: BlindMode | None = field(default=None, repr=False, compare=False)

    @classmethod
    def from_json(cls, output: dict[str, Any]) -> Output:
        """Return the reverse of :meth:`to_json`; what is not there is as in a new output."""
        return cls(
            output.get("text", ""),
            output.get("data", {}),
            output.get("traceId", ""),
            output.get("disableSensitiveLogging", False),
            output.get("source", "bot"),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the ``AIOutput`` object of the wire format, with its keys in camel case."""
        return {
            "text": self.text,
            "data": self.data,
            "traceId": self.trace_id,
            "disableSensitiveLogging": self.disable_sensitive_logging,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Deliver:
    """Returned by ``transform_output`` to send an output elsewhere than to the webhook.

    ``url`` begins with http:// or https://. The body is ``json``, any JSON value, or ``body``, the bytes as
    they are, in its place. ``headers`` are added to ours. Anything of another type fails the hook.
    """

    url: str
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    body: bytes | None = None
