"""The handlers of the public routes: messages, injects, notifies, receipts, callbacks, probes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from flowhook.config import RateLimit
from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.api.request import Headers, Request, Response
from flowhook.model.endpoint import Endpoint
from flowhook.model.log_action import LogAction
from flowhook.runtime.intake.repeats import is_idempotency_key
from flowhook.web.core.client_address import ClientAddresses, is_within
from flowhook.web.core.compressed import decompressed
from flowhook.web.core.http import HeaderPairs, HttpRequest, HttpResponse, empty_response, json_response
from flowhook.web.core.json_body import parse_json, parse_object
from flowhook.web.core.rate_limit import RateLimiter
from flowhook.web.messages.plugin_response import written_response

if TYPE_CHECKING:
    from flowhook.hooks.facade import EndpointHooks
    from flowhook.runtime.application import Application
    from flowhook.runtime.intake.intake import Submitted

log = logging.getLogger("flowhook.web")

BACKEND_ROUTES = frozenset({"inject", "notify"})  #: what an endpoint's ``inject_token`` opens
#: Route → the scope that a key needs for it, where keys have scopes.
SCOPES = {"message": "message", "test": "message", "inject": "inject", "notify": "notify"}
MAX_WAIT = 30.0  #: seconds, of ``Prefer: wait``
REPLAYED = (b"idempotent-replayed", b"true")
POISON = "poison"  #: the reason of a turn that ended the process too often
STOPPING_RETRY = "5"  #: seconds
DEPRECATED_SINCE = b"@1764547200"  #: RFC 9745: 1 December 2025


class MessageRoutes:
    """The handlers. One object for each server, because it remembers who calls how often."""

    def __init__(self, application: Application) -> None:
        self._application = application
        self._addresses = ClientAddresses(application.config.server.trusted_proxies)
        #: by the endpoint's name; a limit that a reload changed begins anew
        self._limiters: dict[str, tuple[RateLimit, RateLimiter]] = {}

    async def message(self, request: HttpRequest) -> HttpResponse:
        """``/{token}``: one user message."""
        return await self._submit(request, "message")

    async def inject(self, request: HttpRequest) -> HttpResponse:
        """``/inject/{token}``: a backend speaks in the user's place."""
        return await self._submit(request, "inject")

    async def notify(self, request: HttpRequest) -> HttpResponse:
        """``/notify/{token}``: straight to the user."""
        return await self._submit(request, "notify")

    async def inject_older(self, request: HttpRequest) -> HttpResponse:
        """``/v2.0/endpoint/inject``: the same for callers of an older interface."""
        return await self._submit_older(request, "inject")

    async def notify_older(self, request: HttpRequest) -> HttpResponse:
        """``/v2.0/endpoint/notify``: the same for callers of an older interface."""
        return await self._submit_older(request, "notify")

    async def test(self, request: HttpRequest) -> HttpResponse:
        """``/test/{token}``: a message that is marked as a test everywhere."""
        return await self._submit(request, "test")

    async def healthz(self, request: HttpRequest) -> HttpResponse:
        """``GET /healthz``: whether the process answers."""
        return json_response(200, {"status": "ok"})

    async def readyz(self, request: HttpRequest) -> HttpResponse:
        """``GET /readyz``: whether messages are accepted."""
        application = self._application
        if application.state != "ready":
            raise ApiError(503, "not_ready", f"The server is {application.state}.")
        try:
            await application.store.check()
        except Exception as error:
            log.warning("not ready: %s", error, exc_info=error, extra={"action": LogAction.NOT_READY})
            raise ApiError(503, "not_ready", "The storage cannot keep messages.") from None
        return json_response(200, {"status": "ready"})

    async def receipt(self, request: HttpRequest) -> HttpResponse:
        """``GET /receipts/{traceId}``: what became of an inbound."""
        receipt = await self._find_receipt(request)
        return json_response(200, self._public(receipt))

    async def cancel(self, request: HttpRequest) -> HttpResponse:
        """``DELETE /receipts/{traceId}``: cancel an inbound whose turn has not begun."""
        await self._find_receipt(request)
        match await self._application.receipts.cancel(request.argument):
            case "cancelled":
                return empty_response(204)
            case "begun":
                raise ApiError(409, "already_begun", "Its turn has begun or ended; it cannot be cancelled.")
            case _:
                raise _unknown_receipt()

    async def callback(self, request: HttpRequest) -> HttpResponse:
        """``/callback/{once}``: the result of a task. The URL is the key, and works once."""
        self._require_ready()
        results = self._application.task_results
        endpoint = await results.endpoint_of(request.argument)
        address = self._limit_rate(endpoint, request)
        self._limit_body(endpoint, request)
        raw = await request.body()
        if raw and (refusal := _not_json(request)) is not None:
            raise refusal
        body = parse_json(raw) if raw else None
        submitted = await results.accept(request.argument, body, remote_address=address)
        return json_response(202, {"traceId": submitted.trace_id})

    async def handover(self, request: HttpRequest) -> HttpResponse:
        """``/handover/{provider}/{token}``: what a handover provider calls back."""
        self._require_ready()
        name, _, token = request.argument.partition("/")
        endpoint = self._application.endpoints.by_token(token)
        if endpoint is None:
            raise ApiError(404, "unknown_endpoint", "There is no such endpoint.")
        address = self._limit_rate(endpoint, request)
        self._limit_body(endpoint, request)
        raw = await request.body()
        response = Response()
        told = await self._application.handover_intake.receive(
            name, token, self._plugin_request(request, raw, address), response
        )
        return written_response(response) if response.written else json_response(200, told)

    def _public(self, receipt: dict[str, Any]) -> dict[str, Any]:
        """A receipt as its caller may see it. Why a turn failed tells of flows and of the network inside,
        so without a key it does not say; the log and the trace do."""
        endpoint = self._application.endpoints.by_name(receipt["endpoint"])
        if receipt["status"] != "failed" or (endpoint is not None and endpoint.config.auth == "api_key"):
            return receipt
        if receipt["reason"] == POISON:  # given up by us, which tells nothing of the inside
            return receipt
        return {**receipt, "reason": "the turn failed; the log has the cause under this trace id"}

    async def _find_receipt(self, request: HttpRequest) -> dict[str, Any]:
        """The receipt that the path names, for a caller who may see it."""
        trace_id = request.argument
        receipt = await self._application.receipts.receipt(trace_id) if _is_trace_id(trace_id) else None
        endpoint = self._application.endpoints.by_name(receipt["endpoint"]) if receipt else None
        if receipt is None or endpoint is None or not endpoint.enabled:
            raise _unknown_receipt()
        self._require_allowed(endpoint, request)
        self._check_key(endpoint, request)
        return receipt

    async def _submit_older(self, request: HttpRequest, route: str) -> HttpResponse:
        """Take a message whose token is in its body, and whose key has another name. The response says that
        there is a better route."""
        self._require_ready()
        if (refusal := _not_json(request)) is not None:
            raise refusal
        token = parse_object(await request.body()).get("URLToken")
        if not isinstance(token, str) or not token:
            detail = "URLToken must be the token of an endpoint."
            raise ApiError(400, "invalid_field", detail)
        request.argument = token
        key = request.headers.get(b"x-api-key") or _query_value(request, "api_key")
        if key is not None:
            request.headers[b"x-webhook-key"] = key
        response = await self._submit(request, route)
        response.headers.append((b"deprecation", DEPRECATED_SINCE))
        return response

    # --- the road of one message ---------------------------------------------------------------
    async def _submit(self, request: HttpRequest, route: str) -> HttpResponse:
        application = self._application
        endpoint = application.endpoints.by_token(request.argument, backend=route in BACKEND_ROUTES)
        if endpoint is None:
            raise ApiError(404, "unknown_endpoint", "There is no such endpoint.")
        self._require_ready()
        self._require_allowed(endpoint, request)
        address = self._limit_rate(endpoint, request)
        self._check_key(endpoint, request, route)
        hooks = application.project.hooks.for_endpoint(endpoint)
        transforms = hooks.transforms(route)
        refusal = _not_json(request)
        if refusal is not None and not transforms:
            raise refusal
        key, wait = _idempotency_key(request), _preferred_wait(request, endpoint)
        self._limit_body(endpoint, request)
        trace_parent = request.header(b"traceparent") if b"traceparent" in request.headers else None
        raw = await request.body()
        body: dict[str, Any] | None = None
        if refusal is None:
            try:
                body = parse_object(raw)
            except ApiError as error:
                if not transforms:
                    raise
                refusal = error  # a plugin may still make a message of it
        if not transforms and not hooks.has_authenticate:
            submitted = await application.intake.submit(
                endpoint, route, body, raw=raw, idempotency_key=key, wait=wait, remote_address=address,
                trace_parent=trace_parent,
            )  # fmt: skip
            return await self._accepted(submitted)
        response, seen = Response(), self._plugin_request(request, raw, address)
        try:
            submitted = await application.intake.submit(
                endpoint, route, body, raw=raw, idempotency_key=key, wait=wait, remote_address=address,
                request=seen, response=response, trace_parent=trace_parent,
            )  # fmt: skip
        except ApiError as error:
            if refusal is not None and error.code == "invalid_body":
                raise refusal from None  # no plugin made a message of it
            raise
        if hooks.has_answer and submitted.waiting:
            await self._answer(hooks, submitted, seen, response)
        if response.written:
            return written_response(response)
        return await self._accepted(submitted)

    async def _answer(
        self, hooks: EndpointHooks, submitted: Submitted, request: Request, response: Response
    ) -> None:
        """Let plugins make the response of what is said to the messages that wait. Raises ApiError."""
        outputs = await submitted.answer(self._application.intake.answers)
        try:
            await hooks.answer(outputs, request, response, submitted.user_id, submitted.session_id)
        except Reject as error:
            raise error.as_api_error() from error
        except PluginError as error:
            raise ApiError(500, "plugin_failed", "A plugin of this endpoint failed.") from error

    async def _accepted(self, submitted: Submitted) -> HttpResponse:
        """202, or 200 with the outputs when the caller prefers to wait and the turn ends in time. A repeat
        is told what the first was told."""
        body: dict[str, Any] = {
            "traceId": submitted.trace_id,
            "userId": submitted.user_id,
            "sessionId": submitted.session_id,
        }
        if submitted.messages:
            body["messages"] = submitted.messages
        headers: HeaderPairs | None = [REPLAYED] if submitted.replayed else None
        outcome = await submitted.outcome() if submitted.wait is not None else None
        if outcome is not None:
            applied = (b"preference-applied", b"wait=%d" % (submitted.wait or 0))
            return json_response(200, {**body, **outcome}, [applied, *(headers or [])])
        return json_response(202, body, headers)

    def _require_ready(self) -> None:
        state = self._application.state
        if state != "ready":
            detail = f"The server is {state}. Try again soon."
            raise ApiError(503, state, detail, headers={"Retry-After": STOPPING_RETRY})

    def _limit_rate(self, endpoint: Endpoint, request: HttpRequest) -> str:
        """The caller's address. Raises ApiError 429 when it calls the endpoint too often."""
        address = self._addresses.of(request.scope)
        limits = endpoint.config.rate_limit
        if limits is not None and (limit := limits.caller) is not None:
            known, limiter = self._limiters.get(endpoint.name, (None, None))
            if limiter is None or known != limit:
                limiter = RateLimiter(limit.count, limit.seconds, self._application.clock)
                self._limiters[endpoint.name] = (limit, limiter)
                self._application.limits.share(f"caller {endpoint.name}", limiter.buckets)
            limiter.spend(address)
        return address

    def _limit_body(self, endpoint: Endpoint, request: HttpRequest) -> None:
        """Let the body be as large as the endpoint takes it."""
        request.max_body = endpoint.config.body_limit(request.max_body)

    def _require_allowed(self, endpoint: Endpoint, request: HttpRequest) -> None:
        """Raise ApiError 403 for an address that is not among those that may call the endpoint."""
        allowed = endpoint.config.allow_from
        if allowed and not is_within(self._addresses.of(request.scope), tuple(allowed)):
            raise ApiError(403, "forbidden", "This endpoint takes no calls from your address.")

    def _check_key(self, endpoint: Endpoint, request: HttpRequest, route: str | None = None) -> None:
        """Raise ApiError 401 without a valid key where the endpoint asks for one, 403 when the key's scopes
        leave out the route."""
        if endpoint.config.auth != "api_key":
            return
        key = self._application.keys.find(endpoint, request.headers.get(b"x-webhook-key"))
        if key is None:
            raise ApiError(401, "unauthorized", "This endpoint asks for a valid API key in X-Webhook-Key.")
        if key.scopes is not None and route is not None and SCOPES[route] not in key.scopes:
            raise ApiError(403, "forbidden", f"This key is for {' and '.join(key.scopes)}, not for {route}.")

    def _plugin_request(self, request: HttpRequest, raw: bytes, address: str) -> Request:
        """The request as plugins see it."""
        scope = request.scope
        query = scope["query_string"].decode("latin-1")
        target = scope["raw_path"].decode("latin-1") + ("?" + query if query else "")
        return Request(
            method=request.method,
            url=self._application.config.server.public_url.rstrip("/") + target,
            path=request.path,
            query_string=query,
            headers=Headers([(n.decode("latin-1"), v.decode("latin-1")) for n, v in scope["headers"]]),
            body=raw,
            remote_address=address or None,
            content=decompressed(raw, request.header(b"content-encoding"), request.max_body),
        )


def _query_value(request: HttpRequest, name: str) -> bytes | None:
    """A value of the query, as a header would have it."""
    query = parse_qs(request.scope["query_string"].decode("latin-1"))
    return query[name][0].encode("latin-1", "replace") if name in query else None


def _unknown_receipt() -> ApiError:
    return ApiError(404, "unknown_receipt", "There is no such receipt.")


def _not_json(request: HttpRequest) -> ApiError | None:
    """Why only a plugin could make a message of this request; None when its body may be one."""
    if request.method != "POST":
        detail = f"{request.method} is not possible here."
        return ApiError(405, "method_not_allowed", detail, headers={"Allow": "POST"})
    encoding = request.headers.get(b"content-encoding")
    if encoding is not None and encoding.strip().lower() not in (b"", b"identity"):
        return _unsupported("Send the body without a Content-Encoding.")
    content_type = request.headers.get(b"content-type", b"")
    if content_type == b"application/json":
        return None
    media_type, _, parameters = content_type.lower().partition(b";")
    if not _is_json(media_type.strip()):
        return _unsupported("Send JSON with Content-Type: application/json.")
    charset = _charset(parameters)
    if charset not in {b"utf-8", b"utf8", b"us-ascii"}:
        return _unsupported(f"Send JSON in UTF-8; the charset {charset[:40].decode('latin-1')} is not read.")
    return None


def _unsupported(detail: str) -> ApiError:
    return ApiError(415, "unsupported_media_type", detail)


def _is_json(media_type: bytes) -> bool:
    return media_type == b"application/json" or (
        media_type.startswith(b"application/") and media_type.endswith(b"+json")
    )


def _charset(parameters: bytes) -> bytes:
    """The charset that the parameters of a Content-Type name, in lower case; UTF-8 when they name none."""
    for parameter in parameters.split(b";"):
        name, _, value = parameter.strip().partition(b"=")
        if name == b"charset":
            return value.strip(b'"')
    return b"utf-8"


def _idempotency_key(request: HttpRequest) -> str | None:
    key = request.header(b"idempotency-key")
    if key is not None and not is_idempotency_key(key):
        raise ApiError(
            400, "invalid_idempotency_key", "Idempotency-Key must be 1 to 255 printable ASCII characters."
        )
    return key


def _preferred_wait(request: HttpRequest, endpoint: Endpoint) -> float | None:
    """The seconds of ``Prefer: wait=N``, where the endpoint honours it."""
    prefer = request.headers.get(b"prefer")
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
