"""What this process has logged lately."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from flowhook.logging_config import recent_lines
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

LEVELS = ("debug", "info", "warning", "error")


def log_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The route of ``/api/log``."""
    routes = AdminRoutes("log", "operation", application, guard)
    routes.add(
        "GET /api/log", list_lines, "The last lines of the log, the latest first.", role="reader",
        description="As `log.format: json` writes them. Held in memory: the last 2,000 of the process "
        "that answers, gone when it ends.",
        query=(
            Parameter("level", "At least of this level.", choices=LEVELS),
            Parameter("endpoint", "About this endpoint."),
            Parameter("text", "With this in them."),
            LIMIT,
            Parameter("after", "The `next` of the page before.", at_most=2**53),
        ),
        response="Object", errors={400: "invalid_parameter"},
    )  # fmt: skip
    return routes


async def list_lines(application: Application, request: AdminRequest) -> Any:
    query, recent = request.query, recent_lines()
    if recent is None:
        return {"lines": [], "next": None}
    level = getattr(logging, query["level"].upper()) if query["level"] else 0
    lines = recent.find(
        level=level, text=query["text"] or "", endpoint=query["endpoint"],
        before=query["after"], limit=query["limit"],
    )  # fmt: skip
    return {"lines": lines, "next": lines[-1]["number"] if len(lines) == query["limit"] else None}
