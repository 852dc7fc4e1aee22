"""Administration of deliveries and timers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.ids import parse_delivery_id
from flowhook.model.delivery import Delivery
from flowhook.runtime.delivery.replays import Replay as RunningReplay
from flowhook.runtime.delivery.replays import ReplayPlan
from flowhook.runtime.delivery.secrets import request_json
from flowhook.runtime.observe.redaction import Redactor
from flowhook.storage.records import DeliveryFilter, DeliveryRow, GivenUp, TimerRow
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.tests_only import sees_all
from flowhook.web.admin.timestamps import parse_rfc3339, rfc3339, with_times
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


class Reason(BaseModel):
    """Why a delivery is given up; it stands where the reason of a failed attempt does."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=500)


class DeliverySelection(BaseModel):
    """Which deliveries; what is not said does not count. ``dryRun``: only tell how many there are.
    ``expected``: how many that told; are they more or fewer by now nothing is done."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    endpoint: str | None = None
    userId: str | None = None
    sessionId: str | None = None
    since: AwareDatetime | None = Field(default=None, alias="from")
    until: AwareDatetime | None = Field(default=None, alias="to")
    dryRun: bool = False
    expected: int | None = Field(default=None, ge=0)

    def filter(self, status: str) -> DeliveryFilter:
        """Return it as the store wants it."""
        return DeliveryFilter(
            status, self.endpoint, self.userId, self.sessionId,
            self.since.timestamp() if self.since is not None else None,
            self.until.timestamp() if self.until is not None else None,
        )  # fmt: skip


class ReplaySelection(DeliverySelection):
    """The same, in one of the states in which a delivery can be sent again."""

    status: Literal["dead", "delivered"] = "dead"


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
            Parameter("from", "Made at this time or later: RFC 3339."),
            Parameter("to", "Made before this time."),
            LIMIT,
            Parameter("after", "The `next` of the page before."),
        ),
        response="Deliveries", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/deliveries/{id}", show_delivery, "One delivery: what is sent, each attempt that failed.",
        role=("reader", "author"), response="DeliveryWithFailures", errors={404: "unknown_delivery"},
        description="`request` is null where its words are masked; secrets are `****` in it, and the headers "
        "that the output adds, such as the signature, are left out. An author sees those of tests.",
    )  # fmt: skip
    routes.add(
        "POST /api/deliveries/replay", replay_deliveries, "Send again, with the same id and bytes.",
        role="operator", change=Change("delivery.replay", result=dict), body=Replay,
        response="Replayed", errors={400: "invalid_field"},
    )  # fmt: skip
    one = "/api/deliveries/{id}"
    not_there = {404: "unknown_delivery", 409: "delivery_resolved, delivery_parked"}
    routes.add(
        f"POST {one}/skip", skip_delivery, "Give up a delivery that is stuck: what waits behind it goes on.",
        role="operator", change=Change("delivery.skip", _state), body=Reason,
        response="DeliveryWithFailures", errors=not_there,
        description="It is dead then, and can be sent again later. It has to be the first pending one of its "
        "session.",
    )  # fmt: skip
    routes.add(
        f"DELETE {one}", drop_delivery, "Delete a delivery that is stuck or dead.", role="operator",
        change=Change("delivery.drop", _state), status=204, errors=not_there,
    )  # fmt: skip
    routes.add(
        "POST /api/deliveries/purge", purge_deliveries, "Delete dead deliveries.", role="operator",
        change=Change("delivery.purge", result=dict), body=DeliverySelection, response="Purged",
        errors={400: "invalid_field", 409: "plan_changed"},
    )  # fmt: skip
    routes.add(
        "POST /api/replays", begin_replay, "Send many deliveries again, oldest first.", role="operator",
        change=Change("delivery.replay", result=dict), body=ReplaySelection, response="ReplayState",
        status=202, description="With `dryRun` nothing is sent: the plan is told. With `expected`, its "
        "`total`, nothing is sent when they are more or fewer by now.",
        errors={400: "invalid_field", 409: "plan_changed"},
    )  # fmt: skip
    routes.add(
        "GET /api/replays", list_replays, "Replays since the server started, newest first.", role="reader",
        response="Replays",
    )  # fmt: skip
    routes.add(
        "GET /api/replays/{id}", show_replay, "How far a replay is.", role="reader", response="ReplayState",
        errors={404: "unknown_replay"},
    )  # fmt: skip
    routes.add(
        "DELETE /api/replays/{id}", cancel_replay, "End a replay: what is due already is still sent.",
        role="operator", change=Change("replay.cancel"), status=204, errors={404: "unknown_replay"},
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
    wanted = DeliveryFilter(
        query["status"], query["endpoint"], query["userId"], query["sessionId"],
        parse_rfc3339("from", query["from"]), parse_rfc3339("to", query["to"]),
    )  # fmt: skip
    rows = await application.store.outbox.find(wanted, query["limit"], after)
    full = len(rows) == query["limit"]
    return {
        "deliveries": [_delivery_json(row) for row in rows],
        "next": rows[-1].delivery_id if full else None,
    }


async def show_delivery(application: Application, request: AdminRequest) -> Any:
    row = await application.store.outbox.get(request.path["id"])
    if row is None or not (row.test or sees_all(request)):
        raise ApiError(404, "unknown_delivery", "There is no such delivery.")
    return {
        **_delivery_json(row),
        "failures": [with_times(failure) for failure in row.failures],
        "request": _shown_request(application, row.request),
    }


def _shown_request(application: Application, request: Delivery | None) -> Any:
    """What is sent; None where its words are not to be told or kept."""
    if request is None or request.privacy:
        return None
    redactor = Redactor.of(application.endpoints.by_name(request.endpoint))
    clear = redactor.keeps_conversations and not redactor.masks_records
    return request_json(request) if clear else None


async def replay_deliveries(application: Application, request: AdminRequest) -> Any:
    ids = request.body.ids
    wrong = [delivery_id for delivery_id in ids if parse_delivery_id(delivery_id) is None]
    if wrong:
        errors = [{"field": "ids", "message": f"{text[:80]!r} is not a delivery id"} for text in wrong]
        raise ApiError(400, "invalid_field", f"{len(wrong)} of the ids are not delivery ids.", errors=errors)
    replayed = await application.store.outbox.replay(ids, application.clock.now())
    application.dispatcher.wake()
    return {"replayed": [delivery.delivery_id for delivery in replayed]}


async def skip_delivery(application: Application, request: AdminRequest) -> Any:
    given_up = await application.deliveries.give_up(request.path["id"], _reason(request, "skipped"))
    _refuse(given_up)
    return await show_delivery(application, request)


async def drop_delivery(application: Application, request: AdminRequest) -> None:
    _refuse(await application.deliveries.drop(request.path["id"], _reason(request, "dropped")))


def _reason(request: AdminRequest, done: str) -> str:
    reason = request.body.reason.strip() if request.body is not None else ""
    by = f"{done} by {request.caller.name}"
    return f"{by}: {reason}" if reason else by


def _refuse(given_up: GivenUp) -> None:
    """Raise ApiError for what could not be given up."""
    if given_up.outcome == "unknown":
        raise ApiError(404, "unknown_delivery", "There is no such delivery.")
    if given_up.outcome == "parked":
        message = "An earlier delivery of its session is pending: give that one up, and this one goes on."
        raise ApiError(409, "delivery_parked", message)
    if given_up.outcome == "resolved":
        raise ApiError(409, "delivery_resolved", "It was delivered, or is dead already.")


async def purge_deliveries(application: Application, request: AdminRequest) -> Any:
    wanted = request.body.filter("dead")
    if request.body.dryRun:
        request.changes = False
        plan = await application.deliveries.replays.plan(wanted)
        return {"purged": 0, **_plan_json(plan)}
    await _planned(application, request, wanted)
    return {"purged": await application.deliveries.purge(wanted)}


async def begin_replay(application: Application, request: AdminRequest) -> Any:
    wanted = request.body.filter(request.body.status)
    replays = application.deliveries.replays
    if request.body.dryRun:
        request.changes = False
        return {"id": None, "state": "planned", **_plan_json(await replays.plan(wanted))}
    return _replay_json(await replays.begin(wanted, await _planned(application, request, wanted)))


async def _planned(
    application: Application, request: AdminRequest, wanted: DeliveryFilter
) -> ReplayPlan | None:
    """The plan, where the caller says how many it told him. Raises ApiError 409 when it tells others now."""
    expected = request.body.expected
    if expected is None:
        return None
    plan = await application.deliveries.replays.plan(wanted)
    if len(plan.ids) != expected:
        message = f"There are {len(plan.ids)} by now: nothing was done. Look again."
        raise ApiError(409, "plan_changed", message)
    return plan


async def list_replays(application: Application, request: AdminRequest) -> Any:
    return {"replays": [_replay_json(replay) for replay in application.deliveries.replays.all()]}


async def show_replay(application: Application, request: AdminRequest) -> Any:
    return _replay_json(_replay_of(application, request))


async def cancel_replay(application: Application, request: AdminRequest) -> None:
    await application.deliveries.replays.cancel(_replay_of(application, request))


def _replay_of(application: Application, request: AdminRequest) -> RunningReplay:
    replay = application.deliveries.replays.get(request.path["id"])
    if replay is None:
        raise ApiError(404, "unknown_replay", "There is no such replay since the server started.")
    return replay


def _replay_json(replay: RunningReplay) -> dict[str, Any]:
    return {
        "id": replay.replay_id,
        "state": replay.state,
        "total": replay.total,
        "done": replay.done,
        "replayed": replay.replayed,
        "beganAt": rfc3339(replay.began_at),
        "endedAt": rfc3339(replay.ended_at),
    }


def _plan_json(plan: ReplayPlan) -> dict[str, Any]:
    return {
        "total": len(plan.ids),
        "endpoints": dict(plan.endpoints.most_common()),
        "oldest": rfc3339(plan.oldest),
        "newest": rfc3339(plan.newest),
    }


async def _state(application: Application, request: AdminRequest) -> Any:
    row = await application.store.outbox.get(request.path["id"])
    return {"status": row.status} if row is not None else None


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
        "resolvedAt": rfc3339(row.done_at),
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
        "name": row.name,
        "dueAt": rfc3339(row.due_at),
        "traceId": row.trace_id,
    }
