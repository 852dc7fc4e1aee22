"""The events of deliveries: ``message.sent``, ``delivery.failed``, ``delivery.dead``, ``endpoint.paused`` …

What becomes of the operator events is none: nobody is told that he could not be told.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowhook.clock import Clock
from flowhook.model.delivery import Delivery
from flowhook.model.event import Event, EventType
from flowhook.model.session_ref import OPERATOR
from flowhook.runtime.observe.event_bus import EventBus


def delivery_listener(
    events: EventBus, clock: Clock
) -> Callable[[EventType, Delivery, dict[str, Any]], None]:
    """Return what the dispatcher tells of deliveries: it makes events of it."""

    def tell(name: EventType, delivery: Delivery, data: dict[str, Any]) -> None:
        if events.hears(name) and delivery.endpoint != OPERATOR.endpoint:
            events.emit(
                Event(
                    name,
                    clock.now(),
                    delivery.endpoint,
                    delivery.user_id,
                    delivery.session_id,
                    delivery.trace_id,
                    {"deliveryId": delivery.delivery_id, **data, **({"test": True} if delivery.test else {})},
                )
            )

    return tell
