"""The public routes, each declared once: what is documented of it, and what handles it.

``MessageApp`` looks paths up in the table that is made of these declarations, and the OpenAPI document
shows the same declarations.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from flowhook.config import RESERVED
from flowhook.errors import ApiError
from flowhook.web.core.http import HttpRequest, HttpResponse
from flowhook.web.core.operation import Operation, Parameter
from flowhook.web.messages.routes import MessageRoutes

Handler = Callable[[HttpRequest], Awaitable[HttpResponse]]

#: First words of a path that are no token.
NO_TOKEN: Final = RESERVED | {"openapi.json"}


class PublicRoute(NamedTuple):
    """One public route. With ``any_method`` the handler judges the method, since plugins may take all."""

    operation: Operation
    handler: Callable[[MessageRoutes, HttpRequest], Awaitable[HttpResponse]]
    any_method: bool = False


_ACCEPTED = {
    400: "invalid_json, invalid_body, invalid_field, missing_content, invalid_idempotency_key",
    401: "unauthorized",
    403: "forbidden",
    404: "unknown_endpoint",
    405: "method_not_allowed",
    413: "body_too_large",
    415: "unsupported_media_type",
    422: "idempotency_mismatch",
    429: "rate_limited, session_busy",
    503: "starting, stopping, backlog_full, overloaded, storage_unavailable",
}
_BACKEND = {
    **_ACCEPTED,
    404: "unknown_endpoint, session_not_found",
    409: "precondition_failed",
}
_RESPONSES = {202: "Accepted", 200: "Waited"}
_HEADERS = (
    Parameter("Idempotency-Key", "A repeat within 24 h gets the first answer and runs nothing."),
    Parameter("Prefer", "`wait=N`: wait up to N seconds (at most 30) for the end of the turn."),
)

#: Everything that is served without Quart.
PUBLIC_ROUTES: Final = (
    PublicRoute(
        Operation(
            "POST", "/{token}", "message", "messages", "One user message into the endpoint's flow.",
            access="key", headers=_HEADERS, body="Message", responses=_RESPONSES, errors=_ACCEPTED,
        ),
        MessageRoutes.message,
        any_method=True,
    ),
    PublicRoute(
        Operation(
            "POST", "/inject/{token}", "inject", "messages", "A backend speaks in the user's place.",
            access="key", headers=_HEADERS, body="BackendMessage", responses=_RESPONSES, errors=_BACKEND,
        ),
        MessageRoutes.inject,
        any_method=True,
    ),
    PublicRoute(
        Operation(
            "POST", "/notify/{token}", "notify", "messages", "Straight to the user: no flow, no NLU.",
            access="key", headers=_HEADERS, body="BackendMessage", responses=_RESPONSES, errors=_BACKEND,
        ),
        MessageRoutes.notify,
        any_method=True,
    ),
    PublicRoute(
        Operation(
            "POST", "/v2.0/endpoint/inject", "inject_older", "messages",
            "As `/inject/{token}`, for older callers.",
            "The token is `URLToken` in the body, the key `X-API-Key` or `api_key` in the query.",
            access="older key", headers=_HEADERS, body="OlderBackendMessage", responses=_RESPONSES,
            errors=_BACKEND, deprecated=True,
        ),
        MessageRoutes.inject_older,
    ),
    PublicRoute(
        Operation(
            "POST", "/v2.0/endpoint/notify", "notify_older", "messages",
            "As `/notify/{token}`, for older callers.",
            "The token is `URLToken` in the body, the key `X-API-Key` or `api_key` in the query.",
            access="older key", headers=_HEADERS, body="OlderBackendMessage", responses=_RESPONSES,
            errors=_BACKEND, deprecated=True,
        ),
        MessageRoutes.notify_older,
    ),
    PublicRoute(
        Operation(
            "POST", "/test/{token}", "test", "messages", "As a message, but marked as a test everywhere.",
            access="key", headers=_HEADERS, body="Message", responses=_RESPONSES, errors=_ACCEPTED,
        ),
        MessageRoutes.test,
        any_method=True,
    ),
    PublicRoute(
        Operation(
            "GET", "/receipts/{traceId}", "receipt", "messages", "What became of an inbound.", access="key",
            responses={200: "Receipt"},
            errors={401: "unauthorized", 403: "forbidden", 404: "unknown_receipt"},
        ),
        MessageRoutes.receipt,
    ),
    PublicRoute(
        Operation(
            "DELETE", "/receipts/{traceId}", "cancel", "messages", "Cancel what has not begun.",
            access="key", responses={204: ""},
            errors={401: "unauthorized", 403: "forbidden", 404: "unknown_receipt", 409: "already_begun"},
        ),
        MessageRoutes.cancel,
    ),
    PublicRoute(
        Operation(
            "POST", "/callback/{once}", "callback", "messages", "The result of a task.",
            "Any JSON, or nothing at all. The URL was given to the service that does the work: it works "
            "once, and needs no key.",
            access="open", body="CallbackResult", responses={202: "CalledBack"}, errors={
                400: "invalid_json", 404: "unknown_callback", 405: "method_not_allowed",
                413: "body_too_large", 415: "unsupported_media_type",
                410: "callback_used, callback_void", 429: "rate_limited",
                503: "starting, stopping, backlog_full, overloaded, storage_unavailable",
            },
        ),
        MessageRoutes.callback,
    ),
    PublicRoute(
        Operation(
            "POST", "/handover/{provider}/{token}", "handover", "handovers",
            "What a handover provider calls back.",
            "The provider reads it, whatever it is: method, body and proof of who calls are its own. Each "
            "event is taken once, by its id.",
            access="open", responses={200: "HandoverEvents"}, errors={
                401: "rejected", 404: "unknown_endpoint, unknown_provider, not_found",
                413: "body_too_large", 429: "rate_limited", 500: "internal",
                503: "starting, stopping, overloaded, storage_unavailable",
            },
        ),
        MessageRoutes.handover,
        any_method=True,
    ),
    PublicRoute(
        Operation(
            "GET", "/healthz", "healthz", "operation", "Whether the process answers.", access="open",
            responses={200: "Health"},
        ),
        MessageRoutes.healthz,
    ),
    PublicRoute(
        Operation(
            "GET", "/readyz", "readyz", "operation", "Whether messages are accepted.", access="open",
            responses={200: "Health"}, errors={503: "not_ready"},
        ),
        MessageRoutes.readyz,
    ),
)  # fmt: skip


@dataclass(slots=True)
class PathHandlers:
    """The handlers of one path, by method."""

    by_method: dict[str, Handler] = field(default_factory=dict)
    any_method: Handler | None = None

    def choose(self, method: str) -> Handler:
        """The handler of a method. Raises ApiError 405."""
        handler = self.any_method or self.by_method.get(method)
        if handler is None:
            allow = ", ".join(sorted(self.by_method))
            detail = f"{method} is not possible here."
            raise ApiError(405, "method_not_allowed", detail, headers={"Allow": allow})
        return handler


class RouteTable:
    """Finds the handlers of a path: ``/{token}``, and ``/word``, ``/word/{argument}``,
    ``/word/{one}/{two}`` or ``/some/words`` as declared."""

    def __init__(self, handlers: MessageRoutes, routes: Iterable[PublicRoute] = PUBLIC_ROUTES) -> None:
        self._by_word: dict[str, PathHandlers] = {}
        self._fixed: dict[str, PathHandlers] = {}
        self._two: set[str] = set()  #: words with two arguments behind them
        for route in routes:
            word, _, argument = route.operation.path[1:].partition("/{")
            if not argument and word[0] != "{":
                path = self._fixed.setdefault(word, PathHandlers())
            else:
                path = self._by_word.setdefault(word if argument else "", PathHandlers())
            if "/{" in argument:
                self._two.add(word)
            handler = route.handler.__get__(handlers)
            if route.any_method:
                path.any_method = handler
            path.by_method[route.operation.method] = handler
            if route.operation.method == "GET":
                path.by_method["HEAD"] = handler
        self._token = self._by_word.pop("")

    def find(self, path: str) -> tuple[PathHandlers | None, str]:
        """The handlers of a path and its variable part; None when no public route has that path."""
        first, _, rest = path[1:].partition("/")
        if not rest:
            if first and first not in NO_TOKEN and first[0] != "_":
                return self._token, first
            return self._fixed.get(first), ""
        rest = rest.removesuffix("/")
        if not rest or rest.count("/") != (first in self._two):
            return self._fixed.get(f"{first}/{rest}"), ""
        return self._by_word.get(first), rest
