"""``json_api``: let a service say what the bot says next.

.. code-block:: yaml

    - id: offers
      json_api: {url: "https://shop.example/offers", error_text: "Our shop does not answer. Try again later."}

The service gets, as JSON by POST or with ``method: GET`` as query parameters, ``bot_id`` (the name of the
endpoint, unless you say otherwise), ``user_id``, ``module_id`` (the id of this node), ``channel``,
``incoming_message`` (what the user said) and what ``attributes`` adds. Of its reply, a JSON object, are
said: ``message``, a text that is not empty, with ``suggested_replies`` below it, and each of the ``cards`` as
a message of its own. The ids, where the reply has them, must be those of the request.

A button of the type ``module`` leads to the node of this flow whose id is its ``value``, when it is clicked
within the next 10 inputs and nothing weightier takes what it says. ``blocked_input: true`` stands as
``blockedInput`` in the data of the last message, for the channel to act on. What cannot be shown (an unknown
card or node, an address that is none) is left out, with a warning in the trace. ``store`` keeps the reply.

Where the service does not answer, answers above 299 or with something else, ``error_text`` is said and the
flow goes on. A node with ``on_error`` takes that, after ``error_text`` if there is one. No branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal

from pydantic import Field, field_validator

from flowhook.engine.effects import Failure, HttpCall, HttpResult
from flowhook.engine.node import Node
from flowhook.engine.outcomes import Goto, NodeFailed, Outcome
from flowhook.engine.settings.fields import ConnectionName, Duration, Path, Text
from flowhook.engine.turn.view import Turn
from flowhook.nodes.http_request import in_capitals, literal, parameters
from flowhook.nodes.parts.service_reply import Said, messages_of, refusal

CLICKS: Final = 10  #: inputs for which a ``module`` button leads somewhere


class JsonApi(Node):
    """Lets a service say what the bot says next."""

    key = "json_api"
    main = "url"
    draws_as = "outside"
    remembers = True
    leads_anywhere = True

    url: Text = Field(min_length=1, description="the service; with connection, a path under its base")
    method: Literal["POST", "GET"] = Field("POST", description="POST, or GET")
    connection: ConnectionName | None = Field(None, description="a connection of config.yaml")
    attributes: dict[str, Any] = Field(default_factory=dict, description="what the service is told beside")
    headers: dict[str, Text] = Field(default_factory=dict, description="headers")
    bot_id: Text | None = Field(
        None, description="what the bot is called there; default: the endpoint's name"
    )
    error_text: Text | None = Field(None, description="said when the service fails")
    store: Path | None = Field(None, description="where the reply is kept")
    timeout: Duration = Field(8.0, gt=0, le=300, description="how long the service may take, all in")
    retries: int = Field(0, ge=0, le=10, description="how often a failed call is tried again")

    _upper = field_validator("method", mode="before")(in_capitals)

    @classmethod
    def trial_call(cls, settings: Mapping[str, Any], node: str, text: str, now: float) -> HttpCall:
        attributes = literal(settings.get("attributes", {}), "attributes")
        bot_id = literal(settings.get("bot_id") or "flowhook-verify", "bot_id")
        request = {
            **attributes, "bot_id": bot_id, "user_id": "flowhook-verify", "module_id": node,
            "channel": "webhook", "incoming_message": text,
        }  # fmt: skip
        by_query = str(settings.get("method", "POST")).upper() == "GET"
        return HttpCall(
            "GET" if by_query else "POST",
            literal(settings["url"], "url"),
            settings.get("connection"),
            query=parameters(request) if by_query else None,
            headers={"flowhook-test": "true", **literal(settings.get("headers", {}), "headers")},
            json=None if by_query else request,
        )

    @classmethod
    def trial_problem(cls, call: HttpCall, result: HttpResult) -> str:
        return refusal(result.status, result.body, call.json or call.query or {})

    def run(self, turn: Turn) -> HttpCall:
        turn.forget()
        request = {**self.attributes, **self.ids(turn.node.key, turn.input)}
        by_query = self.method == "GET"
        return HttpCall(
            method=self.method,
            url=self.url,
            connection=self.connection,
            query=parameters(request) if by_query else None,
            headers=dict(self.headers),
            json=None if by_query else request,
            timeout=self.timeout,
            retries=self.retries,
            key=turn.key,
        )

    def ids(self, node: str, said: Mapping[str, Any]) -> dict[str, Any]:
        """What the service is told of who speaks, where and what. ``said`` is ``input``."""
        return {
            "bot_id": self.bot_id or said["endpoint"],
            "user_id": said["userId"],
            "module_id": node,
            "channel": said["channel"],
            "incoming_message": said["text"],
        }

    def after_effect(self, turn: Turn, result: Any) -> Outcome:
        assert isinstance(result, HttpResult)
        turn.step.saw["status"] = result.status
        wrong = refusal(result.status, result.body, self.ids(turn.node.key, turn.input))
        if wrong:
            details = {"status": result.status, "body": result.body}
            failed = result.status > 299
            failure = Failure("status", wrong, details) if failed else Failure("reply", wrong, details)
            return self.effect_failed(turn, failure)
        if self.store is not None:
            turn.set(self.store, result.body)
        said = messages_of(result.body, turn.flow.node_at)
        for warning in said.warnings:
            turn.warn(warning)
        for text, data in said.messages:
            turn.say(text, data)
        self._offer(turn, said)
        return None

    def effect_failed(self, turn: Turn, failure: Failure) -> Outcome:
        if self.error_text is None or turn.node.on_error is not False:
            if self.error_text is not None:
                turn.say(self.error_text)
            raise NodeFailed(failure.reason, failure.message, failure.details)
        turn.step.error = failure.message
        turn.say(self.error_text)
        return None

    def _offer(self, turn: Turn, said: Said) -> None:
        """Keep where ``module`` buttons lead."""
        if said.targets:
            turn.memory["modules"] = said.targets
            turn.offer(inputs=CLICKS)

    def hears(self, turn: Turn) -> bool:
        return _clicked(turn) is not None

    def taken(self, turn: Turn) -> Outcome:
        target = _clicked(turn)
        assert target is not None
        turn.forget()
        return Goto(target)


def _clicked(turn: Turn) -> str | None:
    """The node to which the button leads whose payload the user says."""
    modules: Any = turn.session.memory.get(turn.at, {}).get("modules", {})
    text = turn.input["text"].strip().casefold()
    return next((target for payload, target in modules.items() if payload.casefold() == text), None)
