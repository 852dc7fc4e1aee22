"""Traces: why turns did what they did, of all sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError
from flowhook.model.roles import Role
from flowhook.runtime.observe.redaction import Redactor
from flowhook.storage.records import TraceRow
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.tests_only import page_of_tests, sees_all
from flowhook.web.admin.timestamps import rfc3339
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


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
            LIMIT,
            Parameter("after", "The `next` of the page before.", at_most=2**63 - 1),
        ),
        response="Traces", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/traces/{inbound}", show_traces, "What became of an inbound, step by step.", role=_MAY_READ,
        response="Traces", errors={404: "trace_not_found"},
    )  # fmt: skip
    return routes


async def list_traces(application: Application, request: AdminRequest) -> Any:
    query = request.query
    limit = query["limit"]

    async def read(after: int | None) -> list[TraceRow]:
        return await application.store.traces.find(query["endpoint"], bool(query["failed"]), limit, after)

    if not sees_all(request):
        tests, last = await page_of_tests(
            read, lambda row: row.row, lambda row: row.test, limit, query["after"]
        )
        return {"traces": [_trace_json(application, row) for row in tests], "next": last}
    rows = await read(query["after"])
    full = len(rows) == limit
    return {"traces": [_trace_json(application, row) for row in rows], "next": rows[-1].row if full else None}


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
