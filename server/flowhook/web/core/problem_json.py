"""One shape for everything that goes wrong: application/problem+json (RFC 9457).

The cause of a surprise stays in the log, under the trace id that the caller got.
"""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from pydantic_core import to_json

from flowhook.errors import ApiError, FlowhookError, PluginError, Reject, StorageError
from flowhook.ids import new_id
from flowhook.model.log_action import LogAction
from flowhook.web.core.http import NO_STORE, HeaderPairs, HttpResponse

log = logging.getLogger("flowhook.web")

CONTENT_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:flowhook:problem:"
RETRY_AFTER = "1"  # seconds, for 429 and 503 that name none
STORAGE_RETRY = "5"  # seconds; a full disk does not mend itself at once

#: After these the rest of a body may still be on its way, so the connection cannot be used again.
_CLOSING = frozenset({"body_too_large", "body_timeout", "bad_request", "overloaded"})


def as_api_error(error: BaseException, trace_id: str) -> ApiError:
    """What a caller may learn of ``error``. Surprises are logged with their trace id."""
    match error:
        case ApiError():
            return error
        case Reject():
            return error.as_api_error()
        case PluginError():
            log.error(
                "%s (trace %s)",
                error,
                trace_id,
                exc_info=error.__cause__,
                extra={"action": LogAction.REQUEST_FAILED},
            )
            return ApiError(500, "plugin_failed", "A plugin of this endpoint failed.")
        case StorageError():
            log.error("%s (trace %s)", error, trace_id, extra={"action": LogAction.REQUEST_FAILED})
            detail = "The storage refuses at the moment; nothing of this request was kept. Try again soon."
            return ApiError(503, "storage_unavailable", detail, headers={"Retry-After": STORAGE_RETRY})
        case FlowhookError():
            log.error("%s (trace %s)", error, trace_id, extra={"action": LogAction.REQUEST_FAILED})
        case _:
            log.error(
                "unexpected error (trace %s)",
                trace_id,
                exc_info=error,
                extra={"action": LogAction.REQUEST_FAILED},
            )
    return ApiError(500, "internal", "Something went wrong here. The trace id helps to find out what.")


def problem_body(error: ApiError, trace_id: str) -> dict[str, Any]:
    """The JSON of a problem."""
    body: dict[str, Any] = {
        "type": TYPE_PREFIX + error.code,
        "title": problem_title(error.status),
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "traceId": trace_id,
    }
    if error.errors:
        body["errors"] = error.errors
    return body


def problem_headers(error: ApiError) -> dict[str, str]:
    """The headers that a status obliges us to send, under those the error brings itself."""
    headers = {"content-type": CONTENT_TYPE}
    if error.status == 401:
        headers["www-authenticate"] = "ApiKey"
    elif error.status in {429, 503}:
        headers["retry-after"] = RETRY_AFTER
    headers.update((name.lower(), value) for name, value in error.headers.items())
    return headers


def problem_response(error: BaseException) -> tuple[HttpResponse, str]:
    """The response when a handler raised ``error``, and the code to count it under."""
    trace_id = _trace_of(error) or new_id()
    known = as_api_error(error, trace_id)
    body = to_json(problem_body(known, trace_id))
    pairs: HeaderPairs = [(b"content-length", b"%d" % len(body)), NO_STORE]
    pairs += [(name.encode(), value.encode("latin-1")) for name, value in problem_headers(known).items()]
    if known.code in _CLOSING:
        pairs.append((b"connection", b"close"))
    return HttpResponse(known.status, pairs, body), known.code


def _trace_of(error: BaseException) -> str:
    """The trace id under which the log has a plugin's failure that led to ``error``."""
    failure = error if isinstance(error, PluginError) else error.__cause__
    return failure.trace_id if isinstance(failure, PluginError) else ""


def problem_title(status: int) -> str:
    """Return the phrase of a status."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "Error"
