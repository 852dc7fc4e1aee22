"""What is kept and logged of a turn for people who ask why, masked where the endpoint asks for it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic_core import to_json

from flowhook.engine.effects import Failure, HttpCall, HttpResult
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.model.trace import TraceStep

MASK = "****"
BODY_LIMIT = 16 * 1024  #: bytes of a response's body that are kept
E = TypeVar("E", bound=BaseException)

_USER = re.compile(r"//[^/@]*@")
_VALUE = re.compile(r"=[^&]+")
#: Fields of a step that may hold what a user typed.
_SENSITIVE = ("saw", "changed", "warnings", "error")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks what users typed or were told. One that is not ``masked`` lets everything through."""

    masked: bool = False

    @classmethod
    def of(cls, endpoint: Endpoint | None) -> Redactor:
        """Return the redactor that an endpoint's ``privacy`` asks for; none for an unknown endpoint."""
        return cls(endpoint is not None and bool(endpoint.config.privacy.mask_logging))

    def text(self, text: str) -> str:
        """Return a text as it may be shown: ``****`` in its place where it is masked and not empty."""
        return MASK if self.masked and text else text

    def error(self, error: E) -> E | None:
        """Return an exception for the log, or None: its message may hold what a user typed."""
        return None if self.masked else error

    def steps(self, steps: Sequence[TraceStep]) -> list[JsonObject]:
        """Return the steps of a trace as JSON. Of a masked one only the ways are told."""
        told = [step.to_json() for step in steps]
        return [_masked_step(step) for step in told] if self.masked else told


def call_summary(call: HttpCall, result: Any) -> JsonObject:
    """Return an HTTP call and what came of it. No header, no authentication, no value of the query: those
    hold secrets."""
    summary: JsonObject = {"method": call.method, "url": redacted_url(call.url)}
    if call.connection is not None:
        summary["connection"] = call.connection
    if isinstance(result, Failure):
        return {**summary, "error": result.reason}
    if isinstance(result, HttpResult):
        summary["status"] = result.status
        if len(to_json(result.body)) <= BODY_LIMIT:
            summary["body"] = result.body
    return summary


def redacted_url(url: str) -> str:
    """Return an address without what may be a secret in it: ``https://…@crm.example/person?key=…``."""
    address, mark, query = url.partition("?")
    return _USER.sub("//…@", address) + mark + _VALUE.sub("=…", query)


def _masked_step(step: JsonObject) -> JsonObject:
    """Return a step without anything that a user may have typed or been told."""
    hidden = {name: _masked_value(step[name]) for name in _SENSITIVE if name in step}
    if (call := step.get("call")) is not None:
        shown = {name: call[name] for name in ("method", "connection", "status", "error") if name in call}
        hidden["call"] = {**shown, "url": MASK}
    return {**step, **hidden}


def _masked_value(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _masked_value(part) for key, part in value.items()}
    if isinstance(value, list):
        return [_masked_value(part) for part in value]
    return MASK
