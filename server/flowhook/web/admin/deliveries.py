"""Administration of deliveries and timers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.ids import parse_delivery_id
from flowhook.storage.records import DeliveryRow, TimerRow
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import rfc3339, with_times
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


class Replay(BaseModel):
    """Which deliveries to send again."""

    model_config = ConfigDict(extra="forbid")
    ids: list[Annotated[str, Field(pattern="^evt_[0-9a-f]{44}([0-9a-f]{8})?$")]] = Field(
        min_length=1, max_length=500
    )


def delivery_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/deliveries``."""
    routes = AdminRoutes("deliveries", "deliveries", application, guard)
    routes.add(
        "GET /api/deliveries", list_deliveries, "Find deliveries.", role="reader",
        query=(
            Parameter("status", "In this state.", choices=("pending", "delivered", "dead")),
            Parameter("endpoint", "Of this endpoint."),
            Parameter("userId", "To this user."),
            Parameter("sessionId", "In this session."),
            LIMIT,
            Parameter("after", "The `next` of the page before."),
        ),
        response="Deliveries", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/deliveries/{id}", show_delivery, "One delivery, with each attempt that failed.",
        role="reader", response="DeliveryWithFailures", errors={404: "unknown_delivery"},
    )  # fmt: skip
    routes.add(
        "POST /api/deliveries/replay", replay_deliveries, "Send again, with the same id and bytes.",
        role="operator", change=Change("delivery.replay", result=dict), body=Replay,
        response="Replayed", errors={400: "invalid_field"},
    )  # fmt: skip
    return routes


def timer_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/timers``."""
    routes = AdminRoutes("timers", "timers", application, guard)
    routes.add(
        "GET /api/timers", list_timers, "Timers, scheduled inbounds and tasks, the next one first.",
        role="reader", query=(LIMIT,), response="Timers",
    )  # fmt: skip
    routes.add(
        "DELETE /api/timers/{id}", cancel_timer, "Take a timer away.", role="operator",
        change=Change("timer.cancel"), status=204,
        description="A task is ended, as if its time were over: its callback is void and the flow goes on.",
        errors={404: "unknown_timer"},
    )  # fmt: skip
    return routes


async def list_deliveries(application: Application, request: AdminRequest) -> Any:
    query = request.query
    after = query["after"]
    if after is not None and parse_delivery_id(after) is None:
        raise ApiError(400, "invalid_parameter", "after is not a place in this list.")
    rows = await application.store.outbox.find(
        query["status"], query["endpoint"], query["userId"], query["sessionId"], query["limit"], after
    )
    full = len(rows) == query["limit"]
    return {
        "deliveries": [_delivery_json(row) for row in rows],
        "next": rows[-1].delivery_id if full else None,
    }


async def show_delivery(application: Application, request: AdminRequest) -> Any:
    row = await application.store.outbox.get(request.path["id"])
    if row is None:
        raise ApiError(404, "unknown_delivery", "There is no such delivery.")
    return {**_delivery_json(row), "failures": [with_times(failure) for failure in row.failures]}


async def replay_deliveries(application: Application, request: AdminRequest) -> Any:
    ids = request.body.ids
    wrong = [delivery_id for delivery_id in ids if parse_delivery_id(delivery_id) is None]
    if wrong:
        errors = [{"field": "ids", "message": f"{text[:80]!r} is not a delivery id"} for text in wrong]
        raise ApiError(400, "invalid_field", f"{len(wrong)} of the ids are not delivery ids.", errors=errors)
    replayed = await application.store.outbox.replay(ids, application.clock.now())
    application.dispatcher.wake()
    return {"replayed": [delivery.delivery_id for delivery in replayed]}


async def list_timers(application: Application, request: AdminRequest) -> Any:
    return {
        "timers": [_timer_json(row) for row in await application.store.timers.find(request.query["limit"])]
    }


async def cancel_timer(application: Application, request: AdminRequest) -> None:
    if not await application.store.timers.cancel(request.path["id"], application.clock.now()):
        raise ApiError(404, "unknown_timer", "There is no such timer.")
    application.timers.wake()


def _delivery_json(row: DeliveryRow) -> dict[str, Any]:
    shown = {
        "deliveryId": row.delivery_id,
        "endpoint": row.endpoint,
        "userId": row.user_id,
        "sessionId": row.session_id,
        "sequence": row.sequence,
        "status": row.status,
        "attempts": row.attempts,
        "createdAt": rfc3339(row.created_at),
        "nextAt": rfc3339(row.next_at),
        "lastStatus": row.last_status,
        "lastError": row.last_error,
        "traceId": row.trace_id,
        "output": row.output,
    }
    return {**shown, "test": True} if row.test else shown


def _timer_json(row: TimerRow) -> dict[str, Any]:
    return {
        "id": row.timer_id,
        "kind": row.kind,
        "endpoint": row.ref.endpoint,
        "userId": row.ref.user_id,
        "sessionId": row.ref.session_id,
        "node": row.node,
        "dueAt": rfc3339(row.due_at),
        "traceId": row.trace_id,
    }
