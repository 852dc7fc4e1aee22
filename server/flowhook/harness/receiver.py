"""The receiving end of a conversation in memory: takes what would have been delivered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic_core import from_json

from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult, Retry
from flowhook.model.endpoint import Endpoint


@dataclass(frozen=True, slots=True)
class Sent:
    """One delivery as it would have left."""

    method: str
    url: str  #: of the endpoint's webhook, or where a plugin's ``Deliver`` sends it
    headers: Mapping[str, str]  #: those that a plugin's ``Deliver`` adds
    body: bytes

    @property
    def json(self) -> Any:
        """The body as data; None where it is no JSON, such as a form."""
        try:
            return from_json(self.body)
        except ValueError:
            return None

    @property
    def content(self) -> Any:
        """The body as data, or as text where it is no JSON."""
        try:
            return from_json(self.body)
        except ValueError:
            return self.body.decode("utf-8", "replace")


class Receiver(OutputPlugin):
    """In place of an endpoint's output: keeps each delivery; while it ``fails`` it answers 503."""

    name = "receiver"

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[Sent] = []
        self.fails = False

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryResult:
        """Take one attempt."""
        if self.fails:
            return Retry("the receiver fails", status=503)
        url = delivery.url or endpoint.config.webhook.url
        self.sent.append(Sent(delivery.method or "POST", url, dict(delivery.headers or {}), delivery.body))
        return Delivered(200)


def output_of(body: Any) -> dict[str, Any]:
    """Return ``{text, data, source, body}`` of one body; a plugin may have made anything of it."""
    output = body.get("AIOutput") if isinstance(body, dict) else None
    if not isinstance(output, dict):
        text = body.get("text") if isinstance(body, dict) else body
        output = {"text": text if isinstance(text, str) else ""}
    data = output.get("data") or {}
    return {"text": output.get("text", ""), "data": data, "source": output.get("source"), "body": body}
