"""``task``: start outside work, and wait for its result.

.. code-block:: yaml

    - id: inspect
      task: {url: "https://lab.example/jobs", json: {photos: "{{ context.photos }}"}, timeout: 2d,
             store: context.inspection}
      on_timeout: [{say: "The inspection takes longer than we thought."}]
      on_message: [{say: "We still look at your photos."}]
      on_error: sorry
    - say: "{{ context.inspection.verdict }}"

The call's JSON body is ``json`` with one more key, ``callback``: a URL that works once, for whoever knows
it. ``callback`` names the key otherwise. What is posted there, any JSON, goes to ``store`` and to
``input.result``, and the flow goes on below. The session waits meanwhile, over restarts too; a result that
comes before the call has returned is not lost. The call may be repeated after a crash, with the same
``Idempotency-Key`` and the same URL. A call that fails, or is answered above 299, takes ``on_error``, and
its URL is void. ``store_response`` gets ``{status, headers, body}`` of the call's own answer.

``timeout`` counts from the start, a day unless it says otherwise. When it is over, so is the task: a later
callback is refused with 410, ``store`` and ``input.result`` become null, and ``on_timeout`` runs; after its
list, or without this branch, the flow goes on below.

What the user or a backend says meanwhile stays queued until the task is over. With ``on_message`` this
branch runs, and after its list the session waits on; a branch that leaves for good (by an id) ends the task.
A callback ends the wait even while a question of that branch is open. A notify passes at any time.

With ``wait: false`` the flow goes on at once, and the result enters later as an inject: ``input.data`` is
the body (``{value: …}`` when it is no object), ``input.callback`` the id of this node. When the time is over
first, ``on_timeout`` runs wherever the session stands then, and after its list the session stands there
again: a question is asked again. ``on_message`` has no meaning there.

Branches: ``on_timeout``, ``on_message``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from flowhook.engine.effects import HttpResult, StartTask
from flowhook.engine.flow import FlowNode
from flowhook.engine.node import Node
from flowhook.engine.outcomes import AwaitCallback, Keep, NodeFailed, Outcome
from flowhook.engine.settings.fields import ConnectionName, Duration, Path, Text
from flowhook.engine.turn.view import Turn
from flowhook.model.inbound import Kind
from flowhook.nodes.http_request import in_capitals, known_auth, parameters

A_DAY = 86_400.0
A_YEAR = 366 * A_DAY
PASSING = frozenset({Kind.CALLBACK, Kind.TIMER, Kind.NOTIFY, Kind.HANDOVER, Kind.PRESENCE})


class Task(Node):
    """Starts outside work and waits for what is posted to its one-time callback URL."""

    key = "task"
    main = "url"
    draws_as = "outside"
    branches = ("on_timeout", "on_message")
    staying = ("on_message",)
    waits = True
    awaits = True

    url: Text = Field(
        min_length=1, description="where the work is started; with connection, a path under its base"
    )
    method: Literal["POST", "PUT", "PATCH"] = Field("POST", description="the HTTP method of the start")
    connection: ConnectionName | None = Field(None, description="a connection of config.yaml")
    query: dict[str, Any] | None = Field(None, description="query parameters")
    headers: dict[str, Text] = Field(default_factory=dict, description="headers")
    json_body: dict[str, Any] = Field(
        default_factory=dict, alias="json", description="the JSON body, to which the callback URL is added"
    )
    auth: dict[str, Text] | None = Field(
        None, description="{user, password} or {bearer}; a connection is better"
    )
    callback: str = Field("callback", min_length=1, description="the key of the body that holds the URL")
    start_timeout: Duration = Field(8.0, gt=0, le=300, description="how long the start may take, all in")
    retries: int = Field(0, ge=0, le=10, description="how often a failed start is tried again")
    store: Path | None = Field(None, description="where the result is kept")
    store_response: Path | None = Field(
        None, description="where {status, headers, body} of the start is kept"
    )
    timeout: Duration = Field(A_DAY, gt=0, le=A_YEAR, description="how long the work may take")
    wait: bool = Field(True, description="false: go on at once; the result enters as an inject")

    _upper = field_validator("method", mode="before")(in_capitals)
    _known_auth = field_validator("auth")(known_auth)

    @field_validator("json_body", mode="before")
    @classmethod
    def _nothing(cls, value: Any) -> Any:
        return {} if value is None else value

    @model_validator(mode="after")
    def _free_key(self) -> Task:
        if self.callback in self.json_body:
            raise ValueError(f'the key "{self.callback}" of json is for the URL: see the setting callback')
        return self

    @classmethod
    def returning(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return ("on_timeout",) if settings.get("wait") is False else ()

    @classmethod
    def never_taken(cls, settings: Mapping[str, Any]) -> Mapping[str, str]:
        return {"on_message": "with wait: false it does not wait"} if settings.get("wait") is False else {}

    @classmethod
    def admits(cls, flow_node: FlowNode, kind: Kind) -> bool:
        return kind in PASSING or "on_message" in flow_node.branches

    def run(self, turn: Turn) -> Outcome:
        if (over := turn.memory.get("over")) is not None:  # in a turn that failed
            turn.forget()
            if "timedOut" in over:
                return self.timed_out(turn)
            self._end(turn, over["result"])
            return None
        turn.forget()
        return StartTask(
            method=self.method,
            url=self.url,
            connection=self.connection,
            query=parameters(self.query),
            headers=dict(self.headers),
            json=self.json_body,
            auth=self.auth,
            timeout=self.start_timeout,
            retries=self.retries,
            key=turn.key,
            callback=self.callback,
            waits=self.wait,
            lasts=self.timeout,
        )

    def after_effect(self, turn: Turn, result: Any) -> Outcome:
        assert isinstance(result, HttpResult)
        turn.step.saw["status"] = result.status
        if self.store_response is not None:
            turn.set(
                self.store_response, {"status": result.status, "headers": result.headers, "body": result.body}
            )
        if result.status > 299:
            details = {"status": result.status, "body": result.body}
            raise NodeFailed("status", f"the service answered {result.status}", details)
        return AwaitCallback({"store": self.store}) if self.wait else None

    def resume(self, turn: Turn) -> Outcome:
        if turn.inbound.kind is Kind.CALLBACK:
            self._end(turn, turn.inbound.answer)
            return None
        return "on_message" if "on_message" in turn.node.branches else Keep()

    def timed_out(self, turn: Turn) -> Outcome:
        if self.wait:
            self._end(turn, None)
        return "on_timeout"

    def digressions(self, turn: Turn) -> str:
        return "none"

    def _end(self, turn: Turn, result: Any) -> None:
        turn.input["result"] = result
        if self.store is not None:
            turn.set(self.store, result)
