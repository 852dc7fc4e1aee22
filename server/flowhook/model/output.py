"""What is said to the user."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from flowhook.model.privacy import BlindMode

Source = Literal["bot", "agent"]


@dataclass(slots=True)
class Output:
    """One thing said to the user. ``data`` is any JSON object; a data-only output has no text."""

    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    trace_id: str = ""
    disable_sensitive_logging: bool = False
    source: Source = "bot"
    #: in force when it was said
    blind: BlindMode | None = field(default=None, repr=False, compare=False)

    def to_json(self) -> dict[str, Any]:
        """The ``AIOutput`` object of the wire format."""
        return {
            "text": self.text,
            "data": self.data,
            "traceId": self.trace_id,
            "disableSensitiveLogging": self.disable_sensitive_logging,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Deliver:
    """What ``transform_output`` returns to send an output elsewhere than to the webhook."""

    url: str
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    body: bytes | None = None
