"""The OpenAPI 3.1 document, built from the declarations of the routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flowhook.version import __version__
from flowhook.web.admin.routes import Operation, Parameter
from flowhook.web.docs.schemas import SCHEMAS, Schema, ref

_ACCEPTED = {
    400: "invalid_json, invalid_body, invalid_field, missing_content, invalid_idempotency_key",
    401: "unauthorized",
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
_TAKEN = {202: "Accepted", 200: "Waited"}
_HEADERS = (
    Parameter("Idempotency-Key", "A repeat within 24 h gets the first answer and runs nothing."),
    Parameter("Prefer", "`wait=N`: wait up to N seconds (at most 30) for the end of the turn."),
)
_MEDIA = {"Text": "text/plain", "EventStream": "text/event-stream", "Html": "text/html"}

#: The routes that the front answers.
PUBLIC: tuple[Operation, ...] = (
    Operation(
        "POST", "/{token}", "message", "messages", "One user message into the endpoint's flow.",
        access="key", headers=_HEADERS, body="Message", answers=_TAKEN, errors=_ACCEPTED,
    ),
    Operation(
        "POST", "/inject/{token}", "inject", "messages", "A backend speaks in the user's place.",
        access="key", headers=_HEADERS, body="BackendMessage", answers=_TAKEN, errors=_BACKEND,
    ),
    Operation(
        "POST", "/notify/{token}", "notify", "messages", "Straight to the user: no flow, no NLU.",
        access="key", headers=_HEADERS, body="BackendMessage", answers=_TAKEN, errors=_BACKEND,
    ),
    Operation(
        "POST", "/test/{token}", "test", "messages", "As a message, but marked as a test everywhere.",
        access="key", headers=_HEADERS, body="Message", answers=_TAKEN, errors=_ACCEPTED,
    ),
    Operation(
        "GET", "/receipts/{traceId}", "receipt", "messages", "What became of an inbound.", access="key",
        answers={200: "Receipt"}, errors={401: "unauthorized", 404: "unknown_receipt"},
    ),
    Operation(
        "DELETE", "/receipts/{traceId}", "cancel", "messages", "Cancel what has not begun.", access="key",
        answers={204: ""}, errors={401: "unauthorized", 404: "unknown_receipt", 409: "already_begun"},
    ),
    Operation(
        "POST", "/callback/{once}", "callback", "messages", "The result of a task.",
        "Any JSON, or nothing at all. The URL was given to the service that does the work: it works once, "
        "and needs no key.",
        access="open", body="CallbackResult", answers={202: "CalledBack"}, errors={
            400: "invalid_json", 404: "unknown_callback", 405: "method_not_allowed", 413: "body_too_large",
            415: "unsupported_media_type", 410: "callback_used, callback_void", 429: "rate_limited",
            503: "starting, stopping, backlog_full, overloaded, storage_unavailable",
        },
    ),
)  # fmt: skip


def openapi_document(operations: Iterable[Operation], public_url: str) -> dict[str, Any]:
    """The document of the public routes and of ``operations``."""
    schemas = dict(SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for operation in (*PUBLIC, *operations):
        paths.setdefault(operation.path, {})[operation.method.lower()] = _described(operation, schemas)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "flowhook",
            "version": __version__,
            "description": "Messages in, flows run, outputs leave to a webhook, in order.",
        },
        "servers": [{"url": public_url.rstrip("/")}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "webhookKey": {"type": "apiKey", "in": "header", "name": "X-Webhook-Key"},
                "admin": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _described(operation: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": _responses(operation),
        "security": _security(operation),
    }
    if operation.text:
        described["description"] = operation.text
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _body(operation, schemas)}},
        }
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    match operation.access:
        case "open":
            return []
        case "key":
            return [{}, {"webhookKey": []}]
        case "admin":
            return [{"admin": []}]


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    for place, queries in (("query", operation.query), ("header", operation.headers)):
        parameters += [
            {"name": query.name, "in": place, "description": query.text, "schema": _of_query(query)}
            for query in queries
        ]
    return parameters


def _of_query(query: Parameter) -> Schema:
    if query.at_most is not None:
        schema: Schema = {"type": "integer", "minimum": 1, "maximum": query.at_most}
        return schema if query.default is None else {**schema, "default": query.default}
    return {"type": "string", "enum": list(query.choices)} if query.choices else {"type": "string"}


def _body(operation: Operation, schemas: dict[str, Schema]) -> Schema:
    body = operation.body
    if isinstance(body, str):
        return ref(body)
    assert body is not None
    name = f"{body.__name__}Request"
    schemas[name] = body.model_json_schema()
    return ref(name)


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, name in operation.answers.items():
        responses[str(status)] = {"description": "Done.", **_content(name)}
    errors = dict(operation.errors)
    if operation.access == "admin":
        errors.setdefault(401, "unauthorized")
        errors.setdefault(404, "not_found")
    if operation.body is not None:
        errors.setdefault(400, "invalid_json, invalid_body, invalid_field")
        errors.setdefault(413, "body_too_large")
    elif operation.query:
        errors.setdefault(400, "invalid_parameter")
    for status, codes in sorted(errors.items()):
        responses[str(status)] = {
            "description": f"code: {codes}",
            "content": {"application/problem+json": {"schema": ref("Problem")}},
        }
    return responses


def _content(name: str) -> dict[str, Any]:
    if not name:
        return {}
    if name in _MEDIA:
        return {"content": {_MEDIA[name]: {"schema": {"type": "string"}}}}
    return {"content": {"application/json": {"schema": ref(name)}}}
