"""Errors of Quart's own, such as an unknown path, in the shape of ours."""

from __future__ import annotations

from werkzeug.exceptions import HTTPException, MethodNotAllowed

from flowhook.errors import ApiError
from flowhook.web.core.problem_json import problem_title


def from_http_exception(error: HTTPException) -> ApiError:
    """The ApiError for an error of Quart's own."""
    status = error.code or 500
    code = _HTTP_CODES.get(status, "http_error" if status < 500 else "internal")
    headers = {}
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return ApiError(status, code, _HTTP_DETAILS.get(status, problem_title(status) + "."), headers=headers)


_HTTP_CODES = {
    400: "bad_request",
    404: "not_found",
    405: "method_not_allowed",
    408: "body_timeout",
    413: "body_too_large",
    415: "unsupported_media_type",
}
_HTTP_DETAILS = {
    404: "There is nothing here.",
    405: "This method is not possible here.",
    413: "The body is too large.",
}
