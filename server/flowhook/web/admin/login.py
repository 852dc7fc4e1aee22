"""Login of browsers: an admin key for a cookie, for the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.model.roles import MEETS, ROLES
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import rfc3339
from flowhook.web.core.http import empty_response, json_response

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


class Login(BaseModel):
    """An admin key: ``admin_key`` of the configuration, or one of ``admin_keys``."""

    model_config = ConfigDict(extra="forbid")
    key: str = Field(min_length=1, max_length=1000, repr=False)


def login_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/login``, ``logout``, ``me`` and ``admin-keys``."""
    routes = AdminRoutes("login", "operation", application, guard)

    async def log_in(application: Application, request: AdminRequest) -> Any:
        if not application.config.studio.enabled:
            raise ApiError(404, "not_found", "The pages are switched off: studio.enabled.")
        request.caller, cookie = await guard.log_in(request.scope, request.body.key)
        return json_response(200, _shown(request), [(b"set-cookie", cookie.encode())])

    async def log_out(application: Application, request: AdminRequest) -> Any:
        cookie = await guard.log_out(request.scope)
        return empty_response(204, [(b"set-cookie", cookie.encode())])

    async def list_admin_keys(application: Application, request: AdminRequest) -> Any:
        keys = [
            {"name": caller.name, "role": caller.role, "usedAt": rfc3339(used_at)}
            for caller, used_at in guard.uses()
        ]
        return {"keys": keys, "roles": {role: sorted(MEETS[role]) for role in ROLES}}

    routes.add(
        "POST /api/login", log_in, "Let a browser in with an admin key.", role="anyone",
        description="Sets an HttpOnly cookie that counts for 12 hours as the key would. What a page changes "
        "then asks for the header X-Flowhook-CSRF with the word `csrf`.",
        change=Change("browser.login"), body=Login, response="Caller",
        errors={401: "unauthorized", 404: "not_found", 429: "rate_limited"},
    )  # fmt: skip
    routes.add(
        "POST /api/logout", log_out, "End the login of this browser.", role=ROLES,
        change=Change("browser.logout"), status=204,
    )  # fmt: skip
    routes.add("GET /api/me", show_me, "Whose key this is, and its role.", role=ROLES, response="Caller")
    routes.add(
        "GET /api/admin-keys", list_admin_keys, "Whose admin keys there are, and their roles; never the key.",
        role="operator", description="`usedAt` is the last use since the server started, or null.",
        response="Object",
    )  # fmt: skip
    return routes


async def show_me(application: Application, request: AdminRequest) -> Any:
    return _shown(request)


def _shown(request: AdminRequest) -> dict[str, Any]:
    caller = request.caller
    return {"name": caller.name, "role": caller.role} | ({"csrf": caller.csrf} if caller.csrf else {})
