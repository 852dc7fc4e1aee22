"""Administration of deliveries and timers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.ids import parse_delivery_id
from flowhook.storage.store import DeliveryRow, TimerRow
from flowhook.web.admin.routes import LIMIT, AdminRequest, AdminRoutes, Parameter
from flowhook.web.admin.timestamps import rfc3339, with_times

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


class Replay(BaseModel):
    """Which deliveries to send again."""

    model_config = ConfigDict(extra="forbid")
    ids: list[Annotated[str, Field(pattern="^evt_[0-9a-f]{44}$")]] = Field(min_length=1, max_length=500)


def delivery_routes(services: Application) -> AdminRoutes:
    """``/api/deliveries``."""
    routes = AdminRoutes("deliveries", "deliveries", services)
    routes.add(
        "GET /api/deliveries", list_deliveries, "Find deliveries.",
        query=(
            Parameter("status", "In this state.", choices=("pending", "delivered", "dead")),
            Parameter("endpoint", "Of this endpoint."),
            Parameter("userId", "To this user."),
            Parameter("sessionId", "In this session."),
            LIMIT,
            Parameter("after", "The `next` of the page before."),
        ),
        answer="Deliveries", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/deliveries/{id}", show_delivery, "One delivery, with each attempt that failed.",
        answer="DeliveryWithFailures", errors={404: "unknown_delivery"},
    )  # fmt: skip
    routes.add(
        "POST /api/deliveries/replay", replay_deliveries, "Send again, with the same id and bytes.",
        body=Replay, answer="Replayed", errors={400: "invalid_field"},
    )  # fmt: skip
    return routes


def timer_routes(services: Application) -> AdminRoutes:
    """``/api/timers``."""
    routes = AdminRoutes("timers", "timers", services)
    routes.add(
        "GET /api/timers", list_timers, "Timers, scheduled inbounds and tasks, the next one first.",
        query=(LIMIT,), answer="Timers",
    )  # fmt: skip
    routes.add(
        "DELETE /api/timers/{id}", cancel_timer, "Take a timer away.", status=204,
        text="A task is ended, as if its time were over: its callback is void and the flow goes on.",
        errors={404: "unknown_timer"},
    )  # fmt: skip
    return routes


async def list_deliveries(services: Application, ask: AdminRequest) -> Any:
    query = ask.query
    after = query["after"]
    if after is not None and parse_delivery_id(after) is None:
        raise ApiError(400, "invalid_parameter", "after is not a place in this list.")
    rows = await services.store.find_deliveries(
        query["status"], query["endpoint"], query["userId"], query["sessionId"], query["limit"], after
    )
    full = len(rows) == query["limit"]
    return {"deliveries": [_delivery(row) for row in rows], "next": rows[-1].delivery_id if full else None}


async def show_delivery(services: Application, ask: AdminRequest) -> Any:
    row = await services.store.delivery(ask.path["id"])
    if row is None:
        raise ApiError(404, "unknown_delivery", "There is no such delivery.")
    return {**_delivery(row), "failures": [with_times(failure) for failure in row.failures]}


async def replay_deliveries(services: Application, ask: AdminRequest) -> Any:
    ids = ask.body.ids
    wrong = [each for each in ids if parse_delivery_id(each) is None]
    if wrong:
        errors = [{"field": "ids", "message": f"{each[:80]!r} is not a delivery id"} for each in wrong]
        raise ApiError(400, "invalid_field", f"{len(wrong)} of the ids are not delivery ids.", errors=errors)
    replayed = await services.store.replay(ids, services.clock.now())
    services.dispatcher.wake()
    return {"replayed": [delivery.delivery_id for delivery in replayed]}


async def list_timers(services: Application, ask: AdminRequest) -> Any:
    return {"timers": [_timer(row) for row in await services.store.find_timers(ask.query["limit"])]}


async def cancel_timer(services: Application, ask: AdminRequest) -> None:
    if not await services.store.cancel_timer(ask.path["id"], services.clock.now()):
        raise ApiError(404, "unknown_timer", "There is no such timer.")
    services.timers.look()


def _delivery(row: DeliveryRow) -> dict[str, Any]:
    return {
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


def _timer(row: TimerRow) -> dict[str, Any]:
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
