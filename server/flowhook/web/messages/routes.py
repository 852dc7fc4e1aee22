"""What callers send: messages, injects and notifies, and the receipts for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError
from flowhook.hooks.api.request import Headers, Request, Response
from flowhook.model.endpoint import Endpoint
from flowhook.runtime.intake.intake import is_idempotency_key
from flowhook.web.core.http import HeaderPairs, HttpRequest, HttpResponse, empty_response, json_response
from flowhook.web.core.json_body import parse_json, parse_object
from flowhook.web.core.rate_limit import ClientAddresses, RateLimiter
from flowhook.web.messages.plugin_response import written_response

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.runtime.intake.intake import Submitted

MAX_WAIT = 30.0  #: seconds, of ``Prefer: wait``
REPLAYED = (b"idempotent-replayed", b"true")
STOPPING_RETRY = "5"


class MessageRoutes:
    """The public routes. One for each server, because it remembers who calls how often."""

    def __init__(self, services: Application) -> None:
        self._services = services
        self._callers = ClientAddresses(services.config.server.trusted_proxies)
        self._limiters: dict[str, RateLimiter] = {}

    async def message(self, call: HttpRequest) -> HttpResponse:
        """``/{token}``: one user message."""
        return await self._submit(call, "message")

    async def inject(self, call: HttpRequest) -> HttpResponse:
        """``/inject/{token}``: a backend speaks in the user's place."""
        return await self._submit(call, "inject")

    async def notify(self, call: HttpRequest) -> HttpResponse:
        """``/notify/{token}``: straight to the user."""
        return await self._submit(call, "notify")

    async def test(self, call: HttpRequest) -> HttpResponse:
        """``/test/{token}``: a message that is marked as a test everywhere."""
        return await self._submit(call, "test")

    async def receipt(self, call: HttpRequest) -> HttpResponse:
        """``/receipts/{traceId}``: what became of it, or, with DELETE, cancel it."""
        if call.method not in {"GET", "HEAD", "DELETE"}:
            raise _not_allowed(call.method, "DELETE, GET, HEAD")
        trace_id = call.argument
        receipt = await self._services.intake.receipt(trace_id) if _is_trace_id(trace_id) else None
        endpoint = self._services.endpoints.by_name(receipt["endpoint"]) if receipt else None
        if receipt is None or endpoint is None or not endpoint.enabled:
            raise ApiError(404, "unknown_receipt", "There is no such receipt.")
        self._check_key(endpoint, call)
        if call.method != "DELETE":
            return json_response(200, receipt)
        match await self._services.intake.cancel(trace_id):
            case "cancelled":
                return empty_response(204)
            case "begun":
                raise ApiError(409, "already_begun", "Its turn has begun or ended; it cannot be cancelled.")
            case _:
                raise ApiError(404, "unknown_receipt", "There is no such receipt.")

    async def callback(self, call: HttpRequest) -> HttpResponse:
        """``/callback/{once}``: the result of a task. The URL is the key, and works once."""
        services = self._services
        if call.method != "POST":
            raise _not_allowed(call.method, "POST")
        if services.state != "ready":
            raise _not_ready(services.state)
        endpoint = await services.intake.callback_endpoint(call.argument)
        address = self._callers.address(call)
        if endpoint.config.rate_limit is not None:
            self._limiter(endpoint).spend(address)
        raw = await call.body()
        if raw and (unfit := _unfit(call)) is not None:
            raise unfit
        body = parse_json(raw) if raw else None
        submitted = await services.intake.call_back(call.argument, body, remote_address=address)
        return json_response(202, {"traceId": submitted.trace_id})

    # --- the road of one message ---------------------------------------------------------------
    async def _submit(self, call: HttpRequest, route: str) -> HttpResponse:
        services = self._services
        endpoint = services.endpoints.by_token(call.argument)
        if endpoint is None:
            raise ApiError(404, "unknown_endpoint", "There is no such endpoint.")
        if services.state != "ready":
            raise _not_ready(services.state)
        address = self._callers.address(call)
        if endpoint.config.rate_limit is not None:
            self._limiter(endpoint).spend(address)
        self._check_key(endpoint, call)
        hooks = services.project.hooks.for_endpoint(endpoint)
        transforms = hooks.transforms(route)
        unfit = _unfit(call)
        if unfit is not None and not transforms:
            raise unfit
        key = _idempotency_key(call)
        raw = await call.body()
        body = parse_object(raw) if unfit is None else None
        if not transforms and not hooks.has_authenticate:
            submitted = await services.intake.submit(
                endpoint, route, body, raw=raw, idempotency_key=key, remote_address=address
            )
            return await self._answer(call, endpoint, submitted)
        request = self._request(call, raw, address)
        response = Response()
        try:
            submitted = await services.intake.submit(
                endpoint, route, body, raw=raw, idempotency_key=key, remote_address=address,
                request=request, response=response,
            )  # fmt: skip
        except ApiError as error:
            if unfit is not None and error.code == "invalid_body":
                raise unfit from None  # no plugin made a message of it
            raise
        if response.written:
            return written_response(response)
        return await self._answer(call, endpoint, submitted)

    async def _answer(self, call: HttpRequest, endpoint: Endpoint, submitted: Submitted) -> HttpResponse:
        body: dict[str, Any] = {
            "traceId": submitted.trace_id,
            "userId": submitted.user_id,
            "sessionId": submitted.session_id,
        }
        if submitted.messages:
            body["messages"] = submitted.messages
        headers: HeaderPairs | None = [REPLAYED] if submitted.replayed else None
        seconds = _wait(call, endpoint)
        if seconds is not None:
            outcome = await submitted.outcome(seconds)
            if outcome is not None:
                applied = (b"preference-applied", b"wait=%d" % seconds)
                return json_response(200, {**body, **outcome}, [applied, *(headers or [])])
        return json_response(202, body, headers)

    def _limiter(self, endpoint: Endpoint) -> RateLimiter:
        limiter = self._limiters.get(endpoint.name)
        if limiter is None:
            limit = endpoint.config.rate_limit
            limiter = RateLimiter(limit.count, limit.seconds, self._services.clock)
            self._limiters[endpoint.name] = limiter
        return limiter

    def _check_key(self, endpoint: Endpoint, call: HttpRequest) -> None:
        if endpoint.config.auth == "api_key" and not self._services.keys.check(
            endpoint, call.headers.get(b"x-webhook-key")
        ):
            raise ApiError(401, "unauthorized", "This endpoint asks for a valid API key in X-Webhook-Key.")

    def _request(self, call: HttpRequest, raw: bytes, address: str) -> Request:
        """What plugins see of the request."""
        scope = call.scope
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1") + ("?" + query if query else "")
        return Request(
            method=call.method,
            url=self._services.config.server.public_url.rstrip("/") + target,
            path=call.path,
            query_string=query,
            headers=Headers([(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]),
            body=raw,
            remote_address=address or None,
        )


def _unfit(call: HttpRequest) -> ApiError | None:
    """Why only a plugin could make a message of this request; None when it may hold one itself."""
    if call.method != "POST":
        return _not_allowed(call.method, "POST")
    if b"content-encoding" in call.headers:
        return ApiError(415, "unsupported_media_type", "Send the body without a Content-Encoding.")
    content_type = call.headers.get(b"content-type", b"")
    if content_type == b"application/json" or _is_json(content_type):
        return None
    return ApiError(415, "unsupported_media_type", "Send JSON with Content-Type: application/json.")


def _is_json(content_type: bytes) -> bool:
    kind, _, parameters = content_type.lower().partition(b";")
    kind = kind.strip()
    if kind != b"application/json" and not (kind.startswith(b"application/") and kind.endswith(b"+json")):
        return False
    for parameter in parameters.split(b";"):
        name, _, value = parameter.strip().partition(b"=")
        if name == b"charset" and value.strip(b'"') not in {b"utf-8", b"utf8", b"us-ascii"}:
            return False
    return True


def _not_allowed(method: str, allow: str) -> ApiError:
    return ApiError(405, "method_not_allowed", f"{method} is not possible here.", headers={"Allow": allow})


def _not_ready(state: str) -> ApiError:
    return ApiError(
        503, state, f"The server is {state}. Try again soon.", headers={"Retry-After": STOPPING_RETRY}
    )


def _idempotency_key(call: HttpRequest) -> str | None:
    key = call.header(b"idempotency-key")
    if key is not None and not is_idempotency_key(key):
        raise ApiError(
            400, "invalid_idempotency_key", "Idempotency-Key must be 1 to 255 printable ASCII characters."
        )
    return key


def _wait(call: HttpRequest, endpoint: Endpoint) -> float | None:
    """The seconds of ``Prefer: wait=N``, where the endpoint honours it."""
    prefer = call.headers.get(b"prefer")
    if prefer is None or not (endpoint.config.auth == "api_key" or endpoint.config.allow_wait):
        return None
    for preference in prefer.split(b","):
        name, _, value = preference.partition(b";")[0].partition(b"=")
        value = value.strip().strip(b'"')
        if name.strip().lower() == b"wait" and value.isdigit() and len(value) <= 9 and int(value) > 0:
            return min(MAX_WAIT, float(value))
    return None


def _is_trace_id(text: str) -> bool:
    return len(text) == 32 and text.isascii() and text.isalnum()
