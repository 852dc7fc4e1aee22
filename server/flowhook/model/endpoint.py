"""An endpoint as the program and its plugins see it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class Endpoint:
    """One door for messages: a token in the URL, a flow behind it, an output in front of the user."""

    name: str
    token: str
    flow: str
    config: Any  #: config.EndpointConfig: every other setting
    enabled: bool = True
    channel: str = "webhook"

    @property
    def URLToken(self) -> str:
        """The token under the name that the field uses."""
        return self.token
