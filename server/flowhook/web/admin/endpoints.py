"""Administration of endpoints and of their API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.model.endpoint import Endpoint
from flowhook.problems.suggestion import did_you_mean
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import rfc3339, with_times

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_UNKNOWN = {404: "unknown_endpoint"}


class NewKey(BaseModel):
    """What a new key is called."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=100)


def endpoint_routes(services: Application) -> AdminRoutes:
    """``/api/endpoints``."""
    routes = AdminRoutes("endpoints", "endpoints", services)
    one = "/api/endpoints/{name}"
    routes.add("GET /api/endpoints", list_endpoints, "All endpoints, with their URLs.", answer="Endpoints")
    routes.add(f"GET {one}", show_endpoint, "One endpoint.", answer="Endpoint", errors=_UNKNOWN)
    routes.add(f"POST {one}/enable", enable_endpoint, "Open it.", answer="Endpoint", errors=_UNKNOWN)
    routes.add(
        f"POST {one}/disable", disable_endpoint, "Close it: its token is answered with 404.",
        answer="Endpoint", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/resume", resume_endpoint, "Send again after the webhook answered 410.",
        answer="Endpoint", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(f"GET {one}/keys", list_keys, "Its API keys, without secrets.", answer="Keys", errors=_UNKNOWN)
    routes.add(
        f"POST {one}/keys", create_key, "Make an API key. This answer is the only one that shows it.",
        body=NewKey, answer="NewKey", status=201, errors={**_UNKNOWN, 409: "name_taken"},
    )  # fmt: skip
    routes.add(
        f"DELETE {one}/keys/{{id}}", revoke_key, "Revoke an API key, at once.",
        status=204, errors={404: "unknown_endpoint, unknown_key"},
    )  # fmt: skip
    return routes


async def list_endpoints(services: Application, ask: AdminRequest) -> Any:
    return {"endpoints": [_shown(services, endpoint) for endpoint in services.endpoints]}


async def show_endpoint(services: Application, ask: AdminRequest) -> Any:
    return _shown(services, _named(services, ask))


async def enable_endpoint(services: Application, ask: AdminRequest) -> Any:
    """Also what a 410 has paused is sent again: enabled is enabled."""
    endpoint = _named(services, ask)
    if endpoint.name in services.dispatcher.paused:
        await services.dispatcher.enable(endpoint.name)
    return await _switch(services, ask, enabled=True)


async def disable_endpoint(services: Application, ask: AdminRequest) -> Any:
    return await _switch(services, ask, enabled=False)


async def resume_endpoint(services: Application, ask: AdminRequest) -> Any:
    endpoint = _named(services, ask)
    await services.dispatcher.enable(endpoint.name)
    return _shown(services, endpoint)


async def list_keys(services: Application, ask: AdminRequest) -> Any:
    return {"keys": [with_times(key) for key in services.keys.of(_named(services, ask))]}


async def create_key(services: Application, ask: AdminRequest) -> Any:
    return with_times(await services.keys.create(_named(services, ask), ask.body.name))


async def revoke_key(services: Application, ask: AdminRequest) -> None:
    if not await services.keys.revoke(_named(services, ask), ask.path["id"]):
        raise ApiError(404, "unknown_key", "The endpoint has no such key.")


async def _switch(services: Application, ask: AdminRequest, *, enabled: bool) -> Any:
    endpoint = _named(services, ask)
    await services.endpoints.switch(endpoint, enabled)
    return _shown(services, endpoint)


def _named(services: Application, ask: AdminRequest) -> Endpoint:
    name = ask.path["name"]
    endpoint = services.endpoints.by_name(name)
    if endpoint is None:
        hint = did_you_mean(name, [each.name for each in services.endpoints])
        raise ApiError(
            404, "unknown_endpoint", f"There is no endpoint {name!r}" + (f"; {hint}" if hint else ".")
        )
    return endpoint


def _shown(services: Application, endpoint: Endpoint) -> dict[str, Any]:
    return {
        "name": endpoint.name,
        "url": f"{services.config.server.public_url.rstrip('/')}/{endpoint.token}",
        "token": endpoint.token,
        "flow": endpoint.flow,
        "enabled": endpoint.enabled,
        "paused": endpoint.name in services.dispatcher.paused,
        "restingUntil": rfc3339(services.dispatcher.unwell.get(endpoint.name)),
        "auth": endpoint.config.auth,
        "channel": endpoint.channel,
    }
