"""The base of an output: what carries deliveries to the user."""

from __future__ import annotations

from typing import Any

from flowhook.hooks.api.engine import Engine
from flowhook.model.delivery import Delivery, DeliveryResult


class OutputPlugin(Engine):
    """One way to the user; named by an endpoint's ``output``, brought by ``register_outputs``.

    One object serves all endpoints. A ``Settings`` class inside reads ``plugins.settings.<name>``;
    without one, ``self.settings`` are those of the plugin's module.
    """

    async def open(self) -> None:
        """Make ready; called once, before the first delivery. An error stops the start, or rejects the
        reload."""

    async def close(self) -> None:
        """Let go of what is held; called once, after the last delivery."""

    async def deliver(self, delivery: Delivery, *args: Any, **kwargs: Any) -> DeliveryResult:
        """Make one attempt. Return Delivered, Retry or Rejected; whatever else it returns or raises counts
        as one failed attempt of the schedule.

        A ``deliver`` names what it needs of ``delivery, endpoint, sender, settings, storage, http, log``.
        ``delivery.body`` are the bytes to send, the same on each attempt. ``sender.send(method, url,
        headers, body, timeout=seconds)`` obeys the rules for outgoing addresses; it returns an object
        with ``status``, ``headers`` and ``body``, and raises when no response came.
        """
        raise NotImplementedError
