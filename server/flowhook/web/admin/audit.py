"""Who changed what: the rows that the declarations of the routes let be written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.storage.records import AuditFilter, AuditRow
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import parse_rfc3339, rfc3339
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


def audit_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/audit``."""
    routes = AdminRoutes("audit", "operation", application, guard)
    routes.add(
        "GET /api/audit", list_audit, "Who changed what, the latest first.", role="reader",
        description="Every change through /api and the command line, without secrets. What was erased of a "
        "user is erased here, too.",
        query=(
            Parameter("who", "By the admin key of this name."),
            Parameter("action", "This action, such as `session.reset`, or all of a group: `session`."),
            Parameter("endpoint", "Of this endpoint."),
            Parameter("userId", "Of this user."),
            Parameter("from", "Not before this time (RFC 3339)."),
            Parameter("to", "Before this time (RFC 3339)."),
            LIMIT,
            Parameter("after", "The `next` of the page before.", at_most=2**63 - 1),
        ),
        response="Audit", errors={400: "invalid_parameter"},
    )  # fmt: skip
    return routes


async def list_audit(application: Application, request: AdminRequest) -> Any:
    query = request.query
    since, until = parse_rfc3339("from", query["from"]), parse_rfc3339("to", query["to"])
    wanted = AuditFilter(query["who"], query["action"], query["endpoint"], query["userId"], since, until)
    rows = await application.store.audit.find(wanted, query["limit"], query["after"])
    full = len(rows) == query["limit"]
    return {"audit": [_row_json(row) for row in rows], "next": rows[-1].row if full else None}


def _row_json(row: AuditRow) -> dict[str, Any]:
    return {
        "at": rfc3339(row.at),
        "who": row.who,
        "role": row.role,
        "action": row.action,
        "subject": row.subject,
        "before": row.before,
        "after": row.after,
    }
