"""The OpenAPI 3.1 document, built from the declarations of the routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from flowhook.version import __version__
from flowhook.web.core.operation import Operation, Parameter
from flowhook.web.docs.schemas import SCHEMAS, Schema, ref

#: Responses that may be had as a table, too.
_AS_TABLE = frozenset({"Analytics"})
_MEDIA = {
    "Text": "text/plain",
    "Zip": "application/zip",
    "EventStream": "text/event-stream",
    "Html": "text/html",
}


def openapi_document(operations: Iterable[Operation], public_url: str) -> dict[str, Any]:
    """The document of all ``operations``."""
    schemas = dict(SCHEMAS)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path, {})[operation.method.lower()] = _operation_json(operation, schemas)
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
                "olderKey": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
                "admin": {"type": "http", "scheme": "bearer"},
            },
        },
    }


def _operation_json(operation: Operation, schemas: dict[str, Schema]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "responses": _responses(operation),
        "security": _security(operation),
    }
    needs = f"Needs the role {' or '.join(operation.roles)}." if operation.roles else ""
    if description := f"{operation.description} {needs}".strip():
        described["description"] = description
    if operation.deprecated:
        described["deprecated"] = True
    if parameters := _parameters(operation):
        described["parameters"] = parameters
    if operation.body is not None:
        described["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": _body_schema(operation, schemas)}},
        }
    return described


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    match operation.access:
        case "open":
            return []
        case "key":
            return [{}, {"webhookKey": []}]
        case "older key":
            return [{}, {"olderKey": []}]
        case "admin":
            return [{"admin": [role]} for role in operation.roles]


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
        for name in re.findall(r"\{(\w+)\}", operation.path)
    ]
    for location, declared in (("query", operation.query), ("header", operation.headers)):
        parameters += [
            {
                "name": parameter.name,
                "in": location,
                "description": parameter.description,
                "schema": _parameter_schema(parameter),
            }
            for parameter in declared
        ]
    return parameters


def _parameter_schema(parameter: Parameter) -> Schema:
    if parameter.at_most is not None:
        schema: Schema = {"type": "integer", "minimum": 1, "maximum": parameter.at_most}
        return schema if parameter.default is None else {**schema, "default": parameter.default}
    if parameter.choices:
        return {"type": "string", "enum": list(parameter.choices)}
    return {"type": "string"}


def _body_schema(operation: Operation, schemas: dict[str, Schema]) -> Schema:
    body = operation.body
    if isinstance(body, str):
        return ref(body)
    assert body is not None
    name = f"{body.__name__}Request"
    schema = body.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas.update(schema.pop("$defs", {}))
    schemas[name] = schema
    return ref(name)


def _responses(operation: Operation) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, name in operation.responses.items():
        responses[str(status)] = {"description": "Done.", **_content(name)}
    errors = dict(operation.errors)
    if operation.access == "admin":
        errors.setdefault(401, "unauthorized")
        errors.setdefault(403, "forbidden")
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
    kinds = {"application/json": {"schema": ref(name)}}
    if name in _AS_TABLE:
        kinds["text/csv"] = {"schema": {"type": "string"}}
    return {"content": kinds}
