"""Administration of profiles: what is known of users across sessions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_ENDPOINT = (Parameter("endpoint", "Whose profiles these are, with `profiles.scope: endpoint`."),)
_ERRORS = {400: "invalid_parameter, invalid_field", 404: "unknown_endpoint"}


class Merge(BaseModel):
    """Who else has this profile from now on."""

    model_config = ConfigDict(extra="forbid")
    user_id: str = Field(alias="userId", min_length=1, max_length=256)


def profile_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/profiles``."""
    routes = AdminRoutes("profiles", "profiles", application, guard)
    one = "/api/profiles/{userId}"
    read = Parameter("linked", "1: the userIds that share it, in the place of the profile.", at_most=1)
    routes.add(
        f"GET {one}", read_profile, "What is known of a user; empty where nothing is.", role="reader",
        query=(*_ENDPOINT, read), response="Object",
        errors={400: "invalid_parameter", 404: "unknown_endpoint"},
    )  # fmt: skip
    routes.add(
        f"PUT {one}", replace_profile, "Replace all that is known of a user.", role="operator",
        description="Values are turned into the types of `profiles.fields`.", query=_ENDPOINT, body="Object",
        change=Change("profile.replace", _profile), response="Object", errors=_ERRORS,
    )  # fmt: skip
    routes.add(
        f"PATCH {one}", patch_profile, "Change what is known of a user.", role="operator",
        description="A merge patch (RFC 7396): objects merge, null removes, anything else replaces.",
        query=_ENDPOINT, body="Object", change=Change("profile.patch", _profile), response="Object",
        errors={**_ERRORS, 409: "profile_inactive"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/merge", merge_profile, "Let another user have the same profile.", role="operator",
        description="What this user has stays, what is missing is added, lists are joined; whatever either "
        "changes later, both see.",
        query=_ENDPOINT, body=Merge, change=Change("profile.merge", _profile), response="Object",
        errors=_ERRORS,
    )  # fmt: skip
    routes.add(
        f"DELETE {one}", delete_profile, "Delete all that is in a profile, and part who shared it.",
        role="operator", query=_ENDPOINT, status=204, change=Change("profile.delete", anonymous=True),
        errors={400: "invalid_parameter", 404: "unknown_endpoint"},
    )  # fmt: skip
    return routes


async def read_profile(application: Application, request: AdminRequest) -> Any:
    if request.query["linked"]:
        return {"linked": await application.profile_admin.linked(*_named(request))}
    return await _profile(application, request)


async def replace_profile(application: Application, request: AdminRequest) -> Any:
    user_id, endpoint = _named(request)
    return await application.profile_admin.replace(user_id, request.body, endpoint)


async def patch_profile(application: Application, request: AdminRequest) -> Any:
    user_id, endpoint = _named(request)
    return await application.profile_admin.patch(user_id, request.body, endpoint)


async def merge_profile(application: Application, request: AdminRequest) -> Any:
    user_id, endpoint = _named(request)
    return await application.profile_admin.merge(user_id, request.body.user_id, endpoint)


async def delete_profile(application: Application, request: AdminRequest) -> None:
    await application.profile_admin.delete(*_named(request))


async def _profile(application: Application, request: AdminRequest) -> Any:
    return await application.profile_admin.get(*_named(request))


def _named(request: AdminRequest) -> tuple[str, str | None]:
    return request.path["userId"], request.query["endpoint"]
