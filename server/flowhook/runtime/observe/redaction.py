"""The one redactor: what may be told and kept of a conversation, by ``privacy`` and blind mode.

Whatever writes or emits something that a user said or was told asks it:

=====================================================  ===========================================
logs, traces, receipts, audit, responses with errors    :meth:`Redactor.text`, ``value``, ``error``
analytics, transcripts, histories, training records     :meth:`Redactor.recorded_text`, ``recorded_value``
events: SSE, ``on_event``, event webhooks               :meth:`Redactor.event_text`
addresses of callers, everywhere                        :meth:`Redactor.address`
=====================================================  ===========================================
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from pydantic_core import from_json, to_json

from flowhook.engine.effects import Failure, HttpCall, HttpResult
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.model.privacy import DROPPED, HIDDEN, MASK, MASKED, BlindMode, masked_value
from flowhook.model.trace import TraceStep, rows_of

BODY_LIMIT = 16 * 1024  #: bytes of a response's body that are kept
E = TypeVar("E", bound=BaseException)

_USER = re.compile(r"//[^/@]*@")
_VALUE = re.compile(r"=[^&]+")
#: Fields of an inbound in a transcript that hold what was said.
_SAID_IN = ("text", "data", "attachments", "result", "handover")
#: Fields of a step that may hold what a user typed.
_SENSITIVE = ("saw", "changed", "warnings", "error")


@dataclass(frozen=True, slots=True)
class Redactor:
    """Masks what users typed or were told. The default lets everything through."""

    masked: bool = False  #: ``mask_logging``: no value of the conversation is told to people who ask why
    masks_records: bool = False  #: ``mask_analytics``: what is kept of the conversation is ``****``
    masks_addresses: bool = False  #: ``mask_ip``
    keeps_conversations: bool = True  #: ``conversations``: what is said is kept, as far as it is not masked
    trains: bool = True  #: texts may be kept to improve the understanding
    secrets: tuple[str, ...] = ()  #: secret answers that the session keeps: ``****`` wherever they stand
    #: how the rows of what is said now are to be treated (``model/privacy.py``)
    row_privacy: int = field(init=False, compare=False, repr=False)
    _hides_traces: bool = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        kept = 0 if self.keeps_conversations else DROPPED
        privacy = (HIDDEN if self.masked else 0) | (MASKED if self.masks_records else 0) | kept
        object.__setattr__(self, "row_privacy", privacy)
        object.__setattr__(self, "_hides_traces", self.masked or not self.keeps_conversations)

    @classmethod
    def of(cls, endpoint: Endpoint | None, blind: BlindMode | None = None) -> Redactor:
        """Return the redactor that an endpoint's ``privacy`` asks for, with a session's blind mode on top;
        one that lets everything through for an unknown endpoint."""
        if endpoint is None:
            return NOTHING_MASKED if blind is None else NOTHING_MASKED.blinded(blind)
        privacy = endpoint.config.privacy
        own = _redactor(
            privacy.mask_logging,
            privacy.mask_analytics,
            privacy.mask_ip,
            privacy.conversations,
            not privacy.mask_analytics,
        )
        return own if blind is None else own.blinded(blind)

    def blinded(self, blind: BlindMode | None) -> Redactor:
        """Return this redactor with a blind mode on top, which never takes anything off."""
        if blind is None:
            return self
        secret = blind.secret
        return Redactor(
            self.masked or blind.mask_logging or secret,
            self.masks_records or blind.mask_analytics or secret,
            self.masks_addresses,
            self.keeps_conversations and not blind.disable_conversations,
            self.trains and not (blind.disable_intent_trainer or blind.mask_analytics or secret),
            self.secrets,
        )

    def hiding(self, secrets: tuple[str, ...]) -> Redactor:
        """Return this redactor with secret answers that it hides."""
        return self if secrets == self.secrets else replace(self, secrets=secrets)

    def _hidden_in(self, text: str) -> str:
        """Return a text without the secrets in it."""
        for secret in self.secrets:
            text = text.replace(secret, MASK)
        return text

    def _hidden_of(self, value: Any) -> Any:
        """Return any JSON without the secrets in it."""
        if not self.secrets:
            return value
        if isinstance(value, str):
            return self._hidden_in(value)
        if isinstance(value, dict):
            return {key: self._hidden_of(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [self._hidden_of(part) for part in value]
        return MASK if not isinstance(value, bool) and str(value) in self.secrets else value

    # --- what is told to people who ask why -------------------------------------------------------

    def text(self, text: str) -> str:
        """Return a text as it may be told: ``****`` in its place where it is masked and not empty."""
        return MASK if self.masked and text else self._hidden_in(text)

    def value(self, value: Any) -> Any:
        """Return any JSON as it may be told: masked, each value in it is ``****``."""
        return masked_value(value) if self.masked else self._hidden_of(value)

    def error(self, error: E) -> E | None:
        """Return an exception for the log, or None: its message may hold what a user typed."""
        return None if self.masked or self.secrets else error

    def steps(self, steps: Sequence[TraceStep]) -> list[JsonObject]:
        """Return the steps of a trace as JSON. Of a masked one only the ways are told, and of one whose
        conversation is not kept."""
        told = [step.to_json() for step in steps]
        if self._hides_traces:
            return [_masked_step(step) for step in told]
        return told if not self.secrets else [self._hidden_of(step) for step in told]

    def stored_steps(self, steps: Sequence[TraceStep]) -> Sequence[Any]:
        """Return the same steps as traces are stored."""
        if self._hides_traces:
            return self.steps(steps)
        rows = rows_of(steps)
        return rows if not self.secrets else [self._hidden_of(row) for row in rows]

    def failures(self, failures: Sequence[JsonObject]) -> list[JsonObject]:
        """Return the failures of plugins in a trace: of a masked one not what they said."""
        if not self._hides_traces:
            return [self._hidden_of(failure) for failure in failures]
        return [{**failure, "error": MASK} for failure in failures]

    def reason(self, error: str) -> str:
        """Return why a turn failed, as trace and receipt keep it."""
        return MASK if self._hides_traces and error else self._hidden_in(error)

    # --- what is kept ------------------------------------------------------------------------------

    def recorded_text(self, text: str) -> str:
        """Return a text as analytics and transcripts keep it."""
        if self.masks_records and text:
            return MASK
        return self._hidden_in(text) if self.secrets else text

    def recorded_value(self, value: Any) -> Any:
        """Return any JSON as analytics and transcripts keep it."""
        if self.masks_records:
            return masked_value(value)
        return self._hidden_of(value) if self.secrets else value

    def transcript_entry(self, entry: JsonObject) -> JsonObject:
        """Return an inbound of a transcript as it may be shown: what came before the endpoint masked lies
        clear in the database, and so does what still waits."""
        if self.keeps_conversations and not self.masks_records:
            return entry
        hide = masked_value if self.keeps_conversations else _nothing_of
        shown = entry | {name: hide(entry[name]) for name in _SAID_IN if name in entry}
        shown["outputs"] = [
            {**delivery, "output": _hidden(delivery["output"], hide)} for delivery in entry["outputs"]
        ]
        return shown

    # --- both ---------------------------------------------------------------------------------------

    def event_text(self, text: str) -> str:
        """Return a text as events may tell it: they are told, and others may keep them."""
        return MASK if text and (self.masked or self.masks_records) else self._hidden_in(text)

    def address(self, address: str | None) -> str | None:
        """Return the address of a caller as it may be told and kept; None where it is masked."""
        return None if self.masks_addresses else address

    def shown_address(self, address: str | None) -> str | None:
        """Return the address of a caller as flows see it: ``****`` where it is masked."""
        return MASK if self.masks_addresses else address


NOTHING_MASKED = Redactor()

#: ``Redactor`` by its five switches: there are 32, and each message asks for some.
_redactor = functools.cache(Redactor)


def blind_mode_in(state: bytes | None) -> BlindMode | None:
    """Return the blind mode in a session's state (JSON; None: it is new), which is only read where it may
    hold one."""
    if state is None or b'"blind"' not in state:
        return None
    names = from_json(state).get("blind")
    return BlindMode.from_json(names) if names else None


def _hidden(output: JsonObject, hide: Callable[[Any], Any]) -> JsonObject:
    return output | {name: hide(output[name]) for name in ("text", "data") if name in output}


def _nothing_of(value: Any) -> Any:
    """Return what is empty, of the kind of a value."""
    return type(value)() if isinstance(value, str | list | dict) else None


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
    hidden = {name: masked_value(step[name]) for name in _SENSITIVE if name in step}
    if (call := step.get("call")) is not None:
        shown = {name: call[name] for name in ("method", "connection", "status", "error") if name in call}
        hidden["call"] = {**shown, "url": MASK}
    return {**step, **hidden}
