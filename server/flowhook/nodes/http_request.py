"""``http_request``: call an HTTP service.

.. code-block:: yaml

    - id: price
      http_request: {method: POST, connection: crm, url: /price, json: {size: "{{ context.size }}"},
                     store: context.price, timeout: 8s, retries: 2}
      on_error: sorry

``store`` gets the parsed body, ``store_response`` all of ``{status, headers, body}``. A status above
299, a timeout or a refused connection is a failure of the node: ``on_error`` takes it, with
``error.reason`` (``status``, ``timeout`` …) and, for a status, ``error.details.status`` and ``.body``.
Other methods than GET carry an ``Idempotency-Key`` that stays the same when the call is repeated.
With ``connection`` the url is a path under its base; what a user typed belongs into ``query``, or through
the filter ``urlencode`` into the path. JSON may come in any charset. A service that compresses its responses
unasked is called with ``headers: {accept-encoding: gzip}``. No branches of its own.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from flowhook.engine.effects import HttpCall, HttpResult
from flowhook.engine.expressions import has_template
from flowhook.engine.expressions.values import text_of
from flowhook.engine.node import Node
from flowhook.engine.outcomes import NodeFailed, Outcome
from flowhook.engine.settings.fields import ConnectionName, Duration, Path, Text
from flowhook.engine.turn.view import Turn

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]


def in_capitals(value: Any) -> Any:
    """The name of a method, however it was written."""
    return value.upper() if isinstance(value, str) else value


def known_auth(value: dict[str, str] | None) -> dict[str, str] | None:
    """The setting ``auth``. Raises ValueError for what is no way to authenticate."""
    if value is not None and set(value) not in ({"bearer"}, {"user"}, {"user", "password"}):
        raise ValueError("auth is {user, password} or {bearer}")
    return value


class HttpRequest(Node):
    """Calls an HTTP service and keeps its answer."""

    key = "http_request"
    main = "url"
    draws_as = "outside"

    url: Text = Field(min_length=1, description="the address; with connection, a path under its base")
    method: Method = Field("GET", description="the HTTP method")
    connection: ConnectionName | None = Field(None, description="a connection of config.yaml")
    query: dict[str, Any] | None = Field(None, description="query parameters")
    headers: dict[str, Text] = Field(default_factory=dict, description="headers")
    json_body: Any = Field(None, alias="json", description="the body, sent as JSON")
    form: dict[str, Any] | None = Field(None, description="the body, sent as a form")
    body: Text | None = Field(None, description="the body, sent as it is")
    auth: dict[str, Text] | None = Field(
        None, description="{user, password} or {bearer}; a connection is better"
    )
    timeout: Duration = Field(8.0, gt=0, le=300, description="seconds, all in")
    retries: int = Field(0, ge=0, le=10, description="how often a failed call is tried again")
    cache: Duration | None = Field(
        None, gt=0, description="how long an answer to the same call is used again"
    )
    store: Path | None = Field(None, description="where the parsed body is kept")
    store_response: Path | None = Field(None, description="where {status, headers, body} is kept")

    _upper = field_validator("method", mode="before")(in_capitals)
    _known_auth = field_validator("auth")(known_auth)

    @model_validator(mode="after")
    def _one_body(self) -> HttpRequest:
        if sum(body is not None for body in (self.json_body, self.form, self.body)) > 1:
            raise ValueError("give one of json, form and body")
        return self

    def run(self, turn: Turn) -> HttpCall:
        headers = dict(self.headers)
        if self.method not in ("GET", "HEAD") and not any(
            name.lower() == "idempotency-key" for name in headers
        ):
            headers["Idempotency-Key"] = turn.key
        return HttpCall(
            method=self.method,
            url=self.url,
            connection=self.connection,
            query=parameters(self.query),
            headers=headers,
            json=self.json_body,
            form=parameters(self.form),
            body=self.body,
            auth=self.auth,
            timeout=self.timeout,
            retries=self.retries,
            cache=self.cache,
            key=turn.key,
        )

    def after_effect(self, turn: Turn, result: Any) -> Outcome:
        assert isinstance(result, HttpResult)
        if self.store_response is not None:
            turn.set(
                self.store_response, {"status": result.status, "headers": result.headers, "body": result.body}
            )
        turn.step.saw["status"] = result.status
        if result.status > 299:
            details = {"status": result.status, "body": result.body}
            raise NodeFailed("status", f"the service answered {result.status}", details)
        if self.store is not None:
            turn.set(self.store, result.body)
        return None


def literal(value: Any, name: str) -> Any:
    """A setting as it is written. Raises ValueError for one with a template, which only a turn can render."""
    if has_template(repr(value)):
        raise ValueError(f"its {name} is made in the turn")
    return value


def parameters(values: dict[str, Any] | None) -> dict[str, Any] | None:
    """Parameters as text; null leaves one out, a list repeats it."""
    if values is None:
        return None
    return {
        name: [text_of(item) for item in value] if isinstance(value, list) else text_of(value)
        for name, value in values.items()
        if value is not None
    }
