"""The routes of administration: a declaration and a handler each.

A handler is ``async def handler(application, request) -> JSON value`` and knows nothing of Quart. Its
declaration says path, query, body and responses, the role that a caller needs, and what is changed; from
it come the checks of caller and request, the row of the audit, the Quart route and the entry in the
OpenAPI document.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import unquote

from pydantic import BaseModel, ValidationError
from quart import Blueprint, Response
from quart import request as quart_request

from flowhook.errors import ApiError
from flowhook.model.privacy import BlindMode
from flowhook.model.roles import Role
from flowhook.web.admin.auth import AdminGuard, Principal
from flowhook.web.admin.changes import Change, ChangeRecorder
from flowhook.web.core.http import HttpResponse, Scope, empty_response, json_response
from flowhook.web.core.json_body import parse_object
from flowhook.web.core.operation import Operation, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

Handler = Callable[["Application", "AdminRequest"], Awaitable[Any]]
#: Who may call: whoever meets one of these roles, or anyone at all, without a key.
Needs = Role | tuple[Role, ...] | Literal["anyone"]

#: Makes a group of routes; rooms above this one bring some.
Extension = Callable[["Application", AdminGuard], "AdminRoutes"]

ANYONE = Principal("", "reader")  #: who calls a route that asks for no key


@dataclass(slots=True)
class AdminRequest:
    """A request to a route of administration, checked: parts of the path, parameters, body.

    A handler that found nothing to change, as in a dry run, sets ``changes`` to False: no audit is written.
    ``blind`` is the blind mode of the session that is changed, where it has one.
    """

    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any = None
    caller: Principal = ANYONE
    changes: bool = True
    blind: BlindMode | None = None
    scope: Scope = field(default_factory=dict)

    def header(self, name: str) -> str | None:
        """Return a header of the request; ``name`` is in lower case."""
        wanted = name.encode()
        return next((value.decode("latin-1") for key, value in self.scope["headers"] if key == wanted), None)


class AdminRoutes:
    """The routes of one blueprint, and their declarations."""

    def __init__(self, name: str, tag: str, application: Application, guard: AdminGuard) -> None:
        self.blueprint = Blueprint(name, __name__)
        self.operations: list[Operation] = []
        self._tag = tag
        self._application = application
        self._guard = guard

    def add(
        self,
        route: str,
        handler: Handler,
        summary: str,
        *,
        role: Needs,
        change: Change | Literal["nothing"] | None = None,
        response: str = "",
        status: int = 200,
        description: str = "",
        query: Sequence[Parameter] = (),
        body: type[BaseModel] | str | None = None,
        errors: Mapping[int, str] | None = None,
    ) -> None:
        """Serve a route such as ``GET /api/timers/{id}`` with ``handler``, and document it.

        ``role`` is what a caller needs, one of several, or "anyone". Every method but GET says what it
        changes, or that it is "nothing". ``response`` names the schema of what is returned with ``status``,
        "" for nothing.
        """
        method, path = route.split(" ")
        if (change is None) != (method == "GET"):
            raise TypeError(f"{route}: all methods but GET declare their change")
        name = getattr(handler, "__name__", "handler").strip("_")
        roles: tuple[Role, ...] = () if role == "anyone" else (role,) if isinstance(role, str) else role
        operation = Operation(
            method, path, name, self._tag, summary, description, "admin" if roles else "open", query, (),
            body, {status: response}, errors or {}, roles,
        )  # fmt: skip
        self.operations.append(operation)
        recorder = ChangeRecorder(self._application, change, path) if isinstance(change, Change) else None
        view = self._view(operation, handler, status, recorder)
        rule = re.sub(r"\{(\w+)\}", r"<\1>", path)
        self.blueprint.add_url_rule(rule, name, view, methods=[method])

    def _view(
        self, operation: Operation, handler: Handler, status: int, recorder: ChangeRecorder | None
    ) -> Callable[..., Awaitable[Response]]:
        application, guard = self._application, self._guard

        async def view(**path: str) -> Response:
            caller, scope = ANYONE, cast(Scope, quart_request.scope)
            if operation.roles:
                authorization = quart_request.headers.get("authorization")
                caller = await guard.require(scope, authorization, operation.roles)
            request = AdminRequest(
                {name: _decoded(value) for name, value in path.items()},
                {
                    parameter.name: parameter.parse(quart_request.args.get(parameter.name))
                    for parameter in operation.query
                },
                caller=caller,
                scope=scope,
            )
            if operation.body is not None:
                raw = cast(bytes, await quart_request.get_data(as_text=False))
                request.body = _parse_body(operation.body, raw)
            before = await recorder.begin(request) if recorder is not None else None
            value = await handler(application, request)
            if recorder is not None:
                await recorder.end(request, before, value)
            if isinstance(value, Response):
                return value
            if isinstance(value, HttpResponse):
                return to_quart(value)
            return to_quart(empty_response(status) if status == 204 else json_response(status, value))

        return view


def to_quart(response: HttpResponse) -> Response:
    """The same response as Quart's type."""
    quart_response = Response(response.body, status=response.status)
    quart_response.headers.pop("content-type", None)
    for name, value in response.headers:
        quart_response.headers[name.decode("latin-1")] = value.decode("latin-1")
    return quart_response


def _decoded(value: str) -> str:
    """A variable part of the path. The path arrives still encoded, so that a name may hold a slash."""
    try:
        text = unquote(value, errors="strict")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise ApiError(404, "not_found", "There is nothing here.")
    return text


def _parse_body(model: type[BaseModel] | str, raw: bytes) -> Any:
    body = parse_object(raw)
    if isinstance(model, str):
        return body
    try:
        return model.model_validate(body)
    except ValidationError as error:
        errors = [
            {"field": ".".join(str(part) for part in problem["loc"]), "message": problem["msg"]}
            for problem in error.errors(include_url=False, include_input=False)
        ]
        detail = "; ".join(f"{problem['field']}: {problem['message']}" for problem in errors)
        raise ApiError(400, "invalid_field", detail, errors=errors) from None
