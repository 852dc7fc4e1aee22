"""An endpoint as the program and its plugins see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Endpoint:
    """One door for messages: a token in the URL, a flow behind it, an output in front of the user.

    ``flow`` is the name of the flow with which new sessions begin; ``channel`` is what expressions read as
    ``input.channel``; the other settings are ``config.locale``, ``config.webhook.url`` …
    """

    name: str
    token: str  #: secret: who knows it may speak as any user
    flow: str
    config: Any  #: config.EndpointConfig: every other setting
    enabled: bool = True
    channel: str = "webhook"

    @property
    def URLToken(self) -> str:
        """The token under the name that the field uses."""
        return self.token
