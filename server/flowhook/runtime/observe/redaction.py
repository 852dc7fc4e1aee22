"""What is kept of a turn for people who ask why: its steps, its calls, its times; masked where asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from flowhook.engine.outcomes import Failure, HttpCall, HttpResult
from flowhook.model.inbound import JsonObject
from flowhook.model.trace import TraceStep

MASK = "****"
BODY_LIMIT = 16 * 1024  #: bytes of an answer's body that are kept

_USER = re.compile(r"//[^/@]*@")
_VALUE = re.compile(r"=[^&]+")
#: What of a step may hold what a user typed.
_TELLING = ("saw", "changed", "warnings", "error")


def call_of(call: HttpCall, answer: Any) -> JsonObject:
    """An HTTP call and what came of it. No header, no authentication, no value of the query: those hold
    secrets."""
    told: JsonObject = {"method": call.method, "url": shown_url(call.url)}
    if call.connection is not None:
        told["connection"] = call.connection
    if isinstance(answer, Failure):
        return {**told, "error": answer.reason}
    if isinstance(answer, HttpResult):
        told["status"] = answer.status
        if len(to_json(answer.body)) <= BODY_LIMIT:
            told["body"] = answer.body
    return told


def shown_url(url: str) -> str:
    """An address without what may be a secret in it: ``https://…@crm.example/person?key=…``."""
    address, mark, query = url.partition("?")
    return _USER.sub("//…@", address) + mark + _VALUE.sub("=…", query)


def steps_of(steps: Sequence[TraceStep], *, mask: bool) -> list[JsonObject]:
    """The steps as JSON; with ``mask`` their values are ``****``, and only the ways are told."""
    told = [step.to_json() for step in steps]
    return [masked(step) for step in told] if mask else told


def masked(step: JsonObject) -> JsonObject:
    """A step without anything that a user may have typed or been told."""
    hidden = {name: _hidden(step[name]) for name in _TELLING if name in step}
    if (call := step.get("call")) is not None:
        shown = {name: call[name] for name in ("method", "connection", "status", "error") if name in call}
        hidden["call"] = {**shown, "url": MASK}
    return {**step, **hidden}


def _hidden(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _hidden(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_hidden(part) for part in value]
    return MASK
