"""Administration of endpoints and of their API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from flowhook.errors import ApiError, FlowhookError
from flowhook.model.endpoint import Endpoint
from flowhook.model.roles import Role, permits
from flowhook.problems.suggestion import did_you_mean
from flowhook.runtime.delivery.operator_endpoint import operator_endpoint
from flowhook.runtime.project.api_keys import unknown_key
from flowhook.runtime.verification import NO_OPERATOR_EVENTS
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import NO_CHANGE, Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import rfc3339, with_times
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.runtime.verification import Verdict

_UNKNOWN = {404: "unknown_endpoint"}


class NewKey(BaseModel):
    """What a new key is called."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=100)
    scopes: list[Literal["message", "inject", "notify"]] | None = Field(default=None, min_length=1)
    endsAt: AwareDatetime | None = None


class Pause(BaseModel):
    """Why deliveries are held, for those who find them so."""

    model_config = ConfigDict(extra="forbid")
    reason: str = Field(default="", max_length=500)


class Rotation(BaseModel):
    """How long the old key goes on, in seconds: a day if it is not said, 90 days at most."""

    model_config = ConfigDict(extra="forbid")
    overlap: float = Field(default=86400.0, ge=0, le=90 * 86400.0)


_MAY_READ: tuple[Role, ...] = ("reader", "author")


def endpoint_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/endpoints``."""
    routes = AdminRoutes("endpoints", "endpoints", application, guard)
    one = "/api/endpoints/{name}"
    routes.add(
        "GET /api/endpoints", list_endpoints, "All endpoints, with their URLs.", role=_MAY_READ,
        description="Their tokens are shown to the roles admin and operator.", response="Endpoints",
    )  # fmt: skip
    routes.add(
        f"GET {one}", show_endpoint, "One endpoint.", role=_MAY_READ, response="Endpoint", errors=_UNKNOWN
    )
    routes.add(
        f"POST {one}/verify", verify_endpoint, "Send a test POST, and tell what came back.", role="operator",
        change=NO_CHANGE, description="To the webhook, to the event webhook, or to the service of a node "
        "`webhook` or `json_api`. Nothing of it is kept.",
        query=(
            Parameter("target", "webhook, unless you say otherwise.", choices=("webhook", "events", "node")),
            Parameter("node", "With target=node: flow/node."),
        ),
        response="Verdict", errors={**_UNKNOWN, 400: "invalid_parameter", 409: "nothing_to_verify"},
    )  # fmt: skip
    routes.add(
        "POST /api/operator-events/verify", verify_operator_events,
        "Send a test POST to where operator events go, and tell what came back.", role="operator",
        change=NO_CHANGE, response="Verdict", errors={409: "nothing_to_verify"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/enable", enable_endpoint, "Open it.", role="operator",
        change=Change("endpoint.enable", _switches), response="Endpoint", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/disable", disable_endpoint, "Close it: its token is answered with 404.",
        role="operator", change=Change("endpoint.disable", _switches), response="Endpoint", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/pause", pause_endpoint, "Hold its deliveries; messages are taken and handled.",
        role="operator", change=Change("endpoint.pause", _switches), body=Pause, response="Endpoint",
        errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/resume", resume_endpoint, "Send again after a pause, or after a 410.",
        role="operator", change=Change("endpoint.resume", _switches), response="Endpoint", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"GET {one}/keys", list_keys, "Its API keys, without secrets.", role="reader", response="Keys",
        errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/keys", create_key, "Make an API key. This answer is the only one that shows it.",
        role="operator", change=Change("key.create", result=_without_key), body=NewKey, response="NewKey",
        status=201, errors={**_UNKNOWN, 409: "name_taken"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/keys/{{id}}/rotate", rotate_key, "Make a key in the place of one, which ends later.",
        role="operator", change=Change("key.rotate", result=_without_key), body=Rotation, response="NewKey",
        description="The new key has the name, the scopes and the lifetime of the old one. Both work until "
        "`overlap` seconds (a day) are over. This answer is the only one that shows the new one.",
        status=201, errors={404: "unknown_endpoint, unknown_key", 409: "key_ended"},
    )  # fmt: skip
    routes.add(
        f"DELETE {one}/keys/{{id}}", revoke_key, "Revoke an API key, at once.", role="operator",
        change=Change("key.revoke", _key_state), status=204, errors={404: "unknown_endpoint, unknown_key"},
    )  # fmt: skip
    return routes


async def verify_endpoint(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    try:
        verdict = await _verdict(application, endpoint, request.query["target"], request.query["node"])
    except FlowhookError as error:
        raise _nothing_to_verify(str(error)) from error
    return verdict.to_json()


async def verify_operator_events(application: Application, request: AdminRequest) -> Any:
    endpoint = operator_endpoint(application.config)
    if endpoint is None:
        raise _nothing_to_verify(NO_OPERATOR_EVENTS)
    output = application.project.outputs[endpoint.config.output]
    return (await application.verifier.operator_events(endpoint, output)).to_json()


def _nothing_to_verify(why: str) -> ApiError:
    return ApiError(409, "nothing_to_verify", f"{why[:1].upper()}{why[1:]}.")


async def _verdict(
    application: Application, endpoint: Endpoint, target: str | None, at: str | None
) -> Verdict:
    verifier, project = application.verifier, application.project
    if target == "events":
        return await verifier.events(endpoint)
    if target != "node":
        return await verifier.webhook(endpoint, project.outputs[endpoint.config.output])
    node = project.library.node_at(at or "")
    if at is None or node is None:
        raise FlowhookError(f"there is no node {at!r}; it is named as flow/node")
    return await verifier.node(node, at)


async def list_endpoints(application: Application, request: AdminRequest) -> Any:
    shown = [await endpoint_json(application, request, endpoint) for endpoint in application.endpoints]
    return {"endpoints": shown}


async def show_endpoint(application: Application, request: AdminRequest) -> Any:
    return await endpoint_json(application, request, endpoint_of(application, request))


async def enable_endpoint(application: Application, request: AdminRequest) -> Any:
    """Open the endpoint; what a 410 has paused is sent again, too: enabled is enabled."""
    endpoint = endpoint_of(application, request)
    if endpoint.name in application.dispatcher.paused:
        await application.dispatcher.enable(endpoint.name)
    return await _set_enabled(application, request, enabled=True)


async def disable_endpoint(application: Application, request: AdminRequest) -> Any:
    return await _set_enabled(application, request, enabled=False)


async def pause_endpoint(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    reason = request.body.reason.strip()
    by = f"by {request.caller.name}"
    await application.dispatcher.pause(endpoint.name, f"{by}: {reason}" if reason else by)
    return await endpoint_json(application, request, endpoint)


async def resume_endpoint(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    await application.dispatcher.enable(endpoint.name)
    return await endpoint_json(application, request, endpoint)


async def list_keys(application: Application, request: AdminRequest) -> Any:
    return {"keys": [with_times(key) for key in application.keys.of(endpoint_of(application, request))]}


async def create_key(application: Application, request: AdminRequest) -> Any:
    wanted: NewKey = request.body
    made = await application.keys.create(
        endpoint_of(application, request),
        wanted.name,
        ends_at=wanted.endsAt.timestamp() if wanted.endsAt is not None else None,
        scopes=wanted.scopes,
    )
    return with_times(made)


async def rotate_key(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    return with_times(await application.keys.rotate(endpoint, request.path["id"], request.body.overlap))


async def revoke_key(application: Application, request: AdminRequest) -> None:
    if not await application.keys.revoke(endpoint_of(application, request), request.path["id"]):
        raise unknown_key()


async def _set_enabled(application: Application, request: AdminRequest, *, enabled: bool) -> Any:
    endpoint = endpoint_of(application, request)
    await application.endpoints.switch(endpoint, enabled)
    await application.configuration.write_switch(endpoint, enabled)
    return await endpoint_json(application, request, endpoint)


def endpoint_of(application: Application, request: AdminRequest) -> Endpoint:
    """The endpoint that the path names. Raises :class:`ApiError` 404."""
    name = request.path["name"]
    endpoint = application.endpoints.by_name(name)
    if endpoint is None:
        hint = did_you_mean(name, [known.name for known in application.endpoints])
        raise ApiError(
            404, "unknown_endpoint", f"There is no endpoint {name!r}" + (f"; {hint}" if hint else ".")
        )
    return endpoint


async def _switches(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    return {"enabled": endpoint.enabled, "paused": endpoint.name in application.dispatcher.paused}


async def _key_state(application: Application, request: AdminRequest) -> Any:
    keys = application.keys.of(endpoint_of(application, request))
    return next((with_times(key) for key in keys if key["id"] == request.path["id"]), None)


def _without_key(made: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in made.items() if name != "key"}


async def endpoint_json(
    application: Application, request: AdminRequest, endpoint: Endpoint
) -> dict[str, Any]:
    """An endpoint as administration shows it to the caller."""
    token = endpoint.token if permits(request.caller.role, ("operator",)) else "…"
    return {
        "name": endpoint.name,
        "url": f"{application.config.server.public_url.rstrip('/')}/{token}",
        "token": token,
        "flow": endpoint.flow,
        "snapshot": (await application.projects.chosen()).get(endpoint.name),
        "enabled": endpoint.enabled,
        "paused": endpoint.name in application.dispatcher.paused,
        "pauseReason": application.dispatcher.paused.get(endpoint.name),
        "restingUntil": rfc3339(application.dispatcher.open_breakers.get(endpoint.name)),
        "auth": endpoint.config.auth,
        "channel": endpoint.channel,
    }
