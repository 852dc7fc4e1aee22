"""The base of an output: what carries deliveries to the user."""

from __future__ import annotations

from typing import Any, ClassVar

from flowhook.hooks.api.settings import Settings as PluginSettings
from flowhook.model.delivery import Delivery, DeliveryResult
from flowhook.model.endpoint import Endpoint


class OutputPlugin:
    """One way to the user, named by an endpoint's ``output``. Registered by ``register_outputs``.

    One object serves all endpoints. A ``Settings`` class inside reads ``plugins.settings.<name>``;
    without one, ``self.settings`` are those of the plugin's module.
    """

    name: ClassVar[str]
    Settings: ClassVar[type[PluginSettings]] = PluginSettings

    def __init__(self, settings: Any = None) -> None:
        self.settings = settings

    async def open(self) -> None:
        """Called once, before the first delivery."""

    async def close(self) -> None:
        """Called once, after the last delivery."""

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryResult:
        """Make one attempt. Answers Delivered, Retry or Rejected; an exception counts as Retry.

        ``sender.send(method, url, headers, body, timeout)`` obeys the outgoing-address rules.
        """
        raise NotImplementedError
