"""How every endpoint does, in one look."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from flowhook.model.endpoint import Endpoint
from flowhook.storage.records import Waiting
from flowhook.version import __version__
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import rfc3339

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

WINDOW_SECONDS = 60.0  #: over which messages a minute are counted
APART_SECONDS = 5.0  #: between two readings of the counters that are kept


class MessageRate:
    """Messages a minute by endpoint, from readings of a counter that only grows.

    A reading is taken when somebody looks, so nothing is counted where nobody does.
    """

    def __init__(self) -> None:
        self._readings: deque[tuple[float, dict[str, float]]] = deque()

    def read(self, now: float, accepted: dict[str, float]) -> dict[str, float]:
        """Take a reading at a monotonic time, and return the rates; empty at the first."""
        readings = self._readings
        while len(readings) > 1 and readings[1][0] <= now - WINDOW_SECONDS:
            readings.popleft()
        rates: dict[str, float] = {}
        if readings and now - readings[0][0] >= 1.0:
            since, before = readings[0]
            rates = {
                name: (count - before.get(name, 0.0)) * 60.0 / (now - since)
                for name, count in accepted.items()
            }
        if not readings or now - readings[-1][0] >= APART_SECONDS:
            readings.append((now, accepted))
        return rates


def overview_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The route of ``/api/overview``."""
    routes = AdminRoutes("overview", "operation", application, guard)
    rate = MessageRate()

    async def show_overview(application: Application, request: AdminRequest) -> Any:
        counted = application.metrics.by_endpoint()
        accepted = {name: counts["accepted"] for name, counts in counted.items()}
        rates = rate.read(application.clock.monotonic(), accepted)
        waiting = {one.endpoint: one for one in await application.store.waiting()}
        return {
            "version": __version__,
            "state": application.state,
            "stored": await application.store.counts(),
            "endpoints": [
                _endpoint_json(application, endpoint, counted, rates, waiting)
                for endpoint in application.endpoints
            ],
        }

    routes.add(
        "GET /api/overview", show_overview, "How every endpoint does.", role="reader", response="Overview",
        description="`accepted`, `failedTurns`, `delivered` and `dead` are counted since the start of the "
        "server; `messagesPerMinute` is null until two looks lie a second apart. `inputSince` is when the "
        "oldest input came whose turn has not ended, `deliverySince` since when the oldest delivery waits.",
    )  # fmt: skip
    return routes


def _endpoint_json(
    application: Application,
    endpoint: Endpoint,
    counted: dict[str, dict[str, float]],
    rates: dict[str, float],
    waiting: dict[str, Waiting],
) -> dict[str, Any]:
    dispatcher, name = application.dispatcher, endpoint.name
    waits = waiting.get(name, Waiting(name))
    counts = counted.get(name, {})
    return {
        "name": name,
        "flow": endpoint.flow,
        "enabled": endpoint.enabled,
        "paused": name in dispatcher.paused,
        "pauseReason": dispatcher.paused.get(name),
        "restingUntil": rfc3339(dispatcher.open_breakers.get(name)),
        "messagesPerMinute": round(rates.get(name, 0.0), 1) if rates or counted == {} else None,
        "inputs": waits.inputs,
        "inputSince": rfc3339(waits.input_since),
        "deliverySince": rfc3339(waits.delivery_since),
        **{
            told: int(counts.get(counter, 0))
            for told, counter in (
                ("accepted", "accepted"),
                ("failedTurns", "failed"),
                ("delivered", "delivered"),
                ("dead", "dead"),
            )
        },
    }
