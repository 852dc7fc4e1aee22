"""One declaration for each route of administration: what is served is what is documented.

A handler is ``async def handler(services, ask) -> JSON value`` and knows nothing of Quart. Its
declaration says path, query, body and answers; from it come the check of what was sent, the Quart
route and the entry in the OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from quart import Blueprint, Response, request

from flowhook.errors import ApiError
from flowhook.web.admin.auth import require_admin
from flowhook.web.core.http import HttpResponse, empty_response, json_response
from flowhook.web.core.json_body import parse_object

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

Handler = Callable[["Application", "AdminRequest"], Awaitable[Any]]
Access = Literal["open", "key", "admin"]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the query string: a text, one of ``choices``, or a whole number."""

    name: str
    text: str
    choices: Sequence[str] = ()
    at_most: int | None = None  #: set for numbers, which run from 1
    default: int | None = None

    def read(self, given: str | None) -> Any:
        """The value, or ApiError 400 ``invalid_parameter``."""
        if given is None or given == "":
            return self.default
        if self.at_most is not None:
            digits = given.isascii() and given.isdigit() and len(given) <= 10
            if not (digits and 1 <= int(given) <= self.at_most):
                raise self._wrong(f"must be a whole number from 1 to {self.at_most}")
            return int(given)
        if self.choices and given not in self.choices:
            raise self._wrong(f"must be one of {', '.join(self.choices)}")
        if "\0" in given or len(given) > 1000:
            raise self._wrong("is not a usable text")
        return given

    def _wrong(self, message: str) -> ApiError:
        return ApiError(
            400,
            "invalid_parameter",
            f"{self.name} {message}.",
            errors=[{"field": self.name, "message": message}],
        )


LIMIT = Parameter("limit", "How many at most.", at_most=500, default=50)


@dataclass(slots=True)
class AdminRequest:
    """What an administrator asks: the variable parts of the path, the query and the body, checked."""

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Operation:
    """A route as the documentation shows it. ``errors`` maps a status to its codes."""

    method: str
    path: str
    name: str
    tag: str
    summary: str
    text: str = ""
    access: Access = "admin"
    query: Sequence[Parameter] = ()
    headers: Sequence[Parameter] = ()
    body: type[BaseModel] | str | None = None  #: a model, or the name of a schema
    answers: Mapping[int, str] = field(default_factory=dict)  #: status → name of a schema, "" for none
    errors: Mapping[int, str] = field(default_factory=dict)


class AdminRoutes:
    """Collects the routes of one blueprint and their operations."""

    def __init__(self, name: str, tag: str, services: Application, access: Access = "admin") -> None:
        self.blueprint = Blueprint(name, __name__)
        self.operations: list[Operation] = []
        self._tag = tag
        self._services = services
        self._access: Access = access

    def add(
        self,
        route: str,
        handler: Handler,
        summary: str,
        *,
        answer: str = "",
        status: int = 200,
        text: str = "",
        access: Access | None = None,
        query: Sequence[Parameter] = (),
        body: type[BaseModel] | str | None = None,
        errors: Mapping[int, str] | None = None,
    ) -> None:
        """Serve ``GET /api/things/{name}`` with ``handler`` and document it."""
        method, path = route.split(" ")
        name = getattr(handler, "__name__", "handler").strip("_")
        operation = Operation(
            method, path, name, self._tag, summary, text, access or self._access, query, (), body,
            {status: answer}, errors or {},
        )  # fmt: skip
        self.operations.append(operation)
        view = self._view(operation, handler, status)
        rule = re.sub(r"\{(\w+)\}", r"<\1>", path)
        self.blueprint.add_url_rule(rule, name, view, methods=[method])

    def _view(
        self, operation: Operation, handler: Handler, status: int
    ) -> Callable[..., Awaitable[Response]]:
        services = self._services

        async def view(**path: str) -> Response:
            if operation.access == "admin":
                require_admin(request.headers.get("authorization"), services.admin_key)
            ask = AdminRequest(
                {name: _part(value) for name, value in path.items()},
                {query.name: query.read(request.args.get(query.name)) for query in operation.query},
            )
            if operation.body is not None:
                ask.body = _body(operation.body, cast(bytes, await request.get_data(as_text=False)))
            value = await handler(services, ask)
            if isinstance(value, Response):
                return value
            if isinstance(value, HttpResponse):
                return as_response(value)
            return as_response(empty_response(status) if status == 204 else json_response(status, value))

        return view


def as_response(answer: HttpResponse) -> Response:
    """Our answer in Quart's clothes."""
    response = Response(answer.body, status=answer.status)
    response.headers.pop("content-type", None)
    for name, value in answer.headers:
        response.headers[name.decode("latin-1")] = value.decode("latin-1")
    return response


def _part(value: str) -> str:
    """A variable part of the path. The path arrives still encoded, so that a name may hold a slash."""
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ApiError(404, "not_found", "There is nothing here.")
    return text


def _body(shape: type[BaseModel] | str, raw: bytes) -> Any:
    body = parse_object(raw)
    if isinstance(shape, str):
        return body
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        errors = [
            {"field": ".".join(str(part) for part in each["loc"]), "message": each["msg"]}
            for each in error.errors(include_url=False, include_input=False)
        ]
        detail = "; ".join(f"{each['field']}: {each['message']}" for each in errors)
        raise ApiError(400, "invalid_field", detail, errors=errors) from None
