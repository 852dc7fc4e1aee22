"""Traces: why turns did what they did, of all sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError
from flowhook.model.roles import Role
from flowhook.model.trace import UNDERSTANDING
from flowhook.runtime.observe.redaction import Redactor
from flowhook.storage.records import TraceRow
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.filtered_page import filtered_page
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.tests_only import sees_all
from flowhook.web.admin.timestamps import rfc3339
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

FAILURES_SECONDS = 24 * 3600.0  #: whose failures are counted
FAILURES_AT_ONCE, FAILURE_PAGES = 500, 4  #: failed turns that are read at once, and how often

_MAY_READ: tuple[Role, ...] = ("reader", "author")


def trace_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/traces``."""
    routes = AdminRoutes("traces", "traces", application, guard)
    routes.add(
        "GET /api/traces", list_traces, "What turns did and why, the latest first.", role=_MAY_READ,
        description="An author sees those of tests.",
        query=(
            Parameter("endpoint", "Of this endpoint."),
            Parameter("failed", "1: only where something failed.", at_most=1),
            Parameter("node", "Only where this node (flow/node) ran; with `failed`, where it failed."),
            LIMIT,
            Parameter("after", "The `next` of the page before.", at_most=2**63 - 1),
        ),
        response="Traces", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/traces/{inbound}", show_traces, "What became of an inbound, step by step.", role=_MAY_READ,
        response="Traces", errors={404: "trace_not_found"},
    )  # fmt: skip
    routes.add(
        "GET /api/failures", count_failures, "At which nodes turns failed within the last day.",
        role=_MAY_READ, response="Failures",
        description="`turns` counts those that failed there, and those whose flow took care of it "
        "(`on_error`). An author sees those of tests. `complete` is false where only the latest are counted.",
    )  # fmt: skip
    return routes


async def list_traces(application: Application, request: AdminRequest) -> Any:
    query = request.query
    limit, node, failed = query["limit"], query["node"], bool(query["failed"])
    everything = sees_all(request)

    async def read(after: int | None) -> list[TraceRow]:
        return await application.store.traces.find(query["endpoint"], failed, limit, after)

    def fits(row: TraceRow) -> bool:
        if not (everything or row.test):
            return False
        return node is None or node in (failed_at(row) if failed else _ran(row))

    rows, last = await filtered_page(read, lambda row: row.row, fits, limit, query["after"])
    return {"traces": [_trace_json(application, row) for row in rows], "next": last}


async def count_failures(application: Application, request: AdminRequest) -> Any:
    since = application.clock.now() - FAILURES_SECONDS
    everything = sees_all(request)
    found: dict[str, dict[str, Any]] = {}
    after: int | None = None
    complete = False
    for _ in range(FAILURE_PAGES):
        rows = await application.store.traces.find(failed=True, limit=FAILURES_AT_ONCE, before=after)
        for row in rows:
            if row.at >= since and (everything or row.test):
                _count_failure(row, found)
        complete = len(rows) < FAILURES_AT_ONCE or rows[-1].at < since
        if complete:
            break
        after = rows[-1].row
    return {"since": rfc3339(since), "complete": complete, "failures": [*found.values()]}


def _count_failure(row: TraceRow, found: dict[str, dict[str, Any]]) -> None:
    """Count one turn at each node at which it failed; ``found`` is by node, the latest turn first."""
    for node in failed_at(row):
        last = {"lastAt": rfc3339(row.at), "lastTraceId": row.trace_id}
        found.setdefault(node, {"node": node, "turns": 0, **last})["turns"] += 1


def failed_at(row: TraceRow) -> list[str]:
    """Return the nodes, "flow/node", at which a turn failed; or whose failure its flow took care of."""
    at = row.trace.get("at")
    failing = [_position(step) for step in row.trace.get("steps", ()) if step.get("error")]
    return [*dict.fromkeys([at, *failing] if at else failing)]


def _ran(row: TraceRow) -> set[str]:
    return {_position(step) for step in row.trace.get("steps", ()) if step["type"] != UNDERSTANDING}


def _position(step: dict[str, Any]) -> str:
    return f"{step['flow']}/{step['node']}"


async def show_traces(application: Application, request: AdminRequest) -> Any:
    rows = await application.store.traces.of(request.path["inbound"])
    if not sees_all(request):
        rows = [row for row in rows if row.test]
    if not rows:
        raise ApiError(404, "trace_not_found", "No trace of that id is kept.")
    return {"traces": [_trace_json(application, row) for row in rows], "next": None}


def _trace_json(application: Application, row: TraceRow) -> dict[str, Any]:
    endpoint = application.endpoints.by_name(row.endpoint)
    redactor = Redactor.of(endpoint)
    shown = {
        "traceId": row.trace_id,
        "endpoint": row.endpoint,
        "userId": row.user_id,
        "sessionId": row.session_id,
        "kind": row.kind,
        "status": row.status,
        "at": rfc3339(row.at),
        "failed": row.failed,
        "text": redactor.text(row.text),
        "trace": row.trace,
    }
    if row.test:
        shown["test"] = True
    if row.reason is None:
        return shown
    return {**shown, "reason": redactor.text(row.reason) if row.status == "failed" else row.reason}
