"""Trying an address out: one test POST to the webhook of an endpoint, to its event webhook, or to the service
of a node; what came back, and what to do about it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

from pydantic_core import to_json

from flowhook.clock import Clock, rfc3339
from flowhook.engine.effects import Failure, HttpCall
from flowhook.engine.flow import FlowNode
from flowhook.errors import FlowhookError, SendError
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.ids import delivery_id, new_id
from flowhook.model.delivery import Delivered, Delivery
from flowhook.model.endpoint import Endpoint
from flowhook.model.output import Output
from flowhook.model.session_ref import SessionRef
from flowhook.net.client import RawResponse
from flowhook.runtime.turns.event_webhooks import trial_event
from flowhook.runtime.turns.http_calls import HttpCalls
from flowhook.terminal import one_line

BODY_LENGTH = 300  #: characters of an answer that are shown

NO_OPERATOR_EVENTS = "the configuration has no operator_events.url"
TEXT = "A test delivery of flowhook. Nobody said this."

OF_WEBHOOK, OF_EVENTS, OF_NODE = "webhook.url", "events.url", "the url of the node"
OF_OPERATOR = "operator_events.url"

#: Where the address stands → where its credentials do.
CREDENTIALS = {
    OF_WEBHOOK: "webhook.user and webhook.password, or webhook.secret",
    OF_EVENTS: "events.headers or events.secret",
    OF_NODE: "its headers, or a connection",
    OF_OPERATOR: "operator_events.secret, or a name and a password in its url",
}

#: Why no answer came → what to do.
SILENCE_HINTS = {
    "connect": "nothing listens there; `flowhook receive --port {port}` starts a receiver to try with",
    "dns": "the name in webhook.url does not exist, or this machine cannot look it up",
    "tls": "the certificate is not trusted, or that port does not speak TLS and wants http://",
    "timeout": "the receiver took too long; answer first, work afterwards",
    "closed": "the receiver closed the connection without an answer; look into its log",
    "protocol": "what answers there does not speak HTTP; look at the port in webhook.url",
    "blocked": "private addresses are refused unless named in config.yaml: outgoing: {{allow: ['{place}']}}",
}

#: Status → what to do.
STATUS_HINTS = {
    401: "the receiver wants other credentials: {credentials}",
    403: "the receiver knows who calls and refuses: look at its rules for {place}",
    404: "the receiver has no such path: look at the end of webhook.url",
    405: "the receiver takes no POST on this path: look at the end of webhook.url",
    410: "the receiver says that it is gone; a delivery with this answer holds all others of the endpoint",
    413: "the receiver takes no body of this size",
    415: "the receiver does not take application/json",
    429: "the receiver has too much to do; deliveries would wait as long as it says",
}
REDIRECT_HINT = "redirects are not followed: put the address it leads to into webhook.url"
BROKEN_HINT = "the receiver failed; look into its log. Deliveries would be retried on the schedule"
OTHER_HINT = "only 2xx counts as delivered"


@dataclass(slots=True)
class Verdict:
    """What one attempt came to."""

    url: str
    delivered: bool
    status: int | None
    reason: str
    hint: str
    body: str
    seconds: float
    signed: bool
    basic_auth: bool
    method: str = "POST"

    def to_json(self) -> dict[str, Any]:
        """For ``--json``."""
        return {
            "method": self.method,
            "url": self.url,
            "delivered": self.delivered,
            "status": self.status,
            "reason": self.reason or None,
            "hint": self.hint or None,
            "body": self.body,
            "ms": round(self.seconds * 1000),
            "signed": self.signed,
            "basicAuth": self.basic_auth,
        }


class Sender(Protocol):
    """What outputs send with."""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, timeout: float
    ) -> RawResponse: ...


class Verifier:
    """Makes test POSTs under the same rules as everything that leaves. Each returns a :class:`Verdict`, and
    raises FlowhookError where there is nothing to try."""

    def __init__(self, sender: Sender, http_calls: HttpCalls, clock: Clock) -> None:
        self._sender = sender
        self._http_calls = http_calls
        self._clock = clock

    async def webhook(self, endpoint: Endpoint, output: OutputPlugin) -> Verdict:
        """A delivery, through the output that the endpoint names."""
        webhook = endpoint.config.webhook
        if endpoint.config.output == "webhook" and not webhook.url:
            raise FlowhookError(f"the endpoint {endpoint.name} has no webhook.url")
        return await self._deliver(_test_delivery(endpoint.name), endpoint, output, OF_WEBHOOK)

    async def operator_events(self, endpoint: Endpoint, output: OutputPlugin) -> Verdict:
        """An operator event that tells nothing. ``endpoint``: that of the operator events."""
        at = rfc3339(self._clock.now())
        delivery = _test_delivery(endpoint.name)
        delivery.body = to_json({"type": "test", "at": at, "data": {"text": TEXT}})
        return await self._deliver(delivery, endpoint, output, OF_OPERATOR)

    async def _deliver(
        self, delivery: Delivery, endpoint: Endpoint, output: OutputPlugin, setting: str
    ) -> Verdict:
        witness = Witness(self._sender)
        status, silence, reason = None, "", ""
        started = time.perf_counter()
        try:
            result = await output.deliver(delivery, endpoint=endpoint, sender=witness)
            reason = "" if isinstance(result, Delivered) else result.reason
            status = result.status
        except SendError as error:
            reason, silence = str(error), error.reason
        except Exception as error:
            raise FlowhookError(f"the output {output.name} broke: {type(error).__name__}: {error}") from error
        url = witness.url or endpoint.config.webhook.url
        return Verdict(
            url=_without_password(url),
            delivered=not reason and not silence,
            status=status,
            reason=reason,
            hint=hint_for(url, status, silence, setting) if reason or silence else "",
            body=witness.body,
            seconds=time.perf_counter() - started,
            signed="webhook-signature" in witness.headers,
            basic_auth="authorization" in witness.headers or url != _without_password(url),
        )

    async def events(self, endpoint: Endpoint) -> Verdict:
        """An event, to the event webhook of the endpoint."""
        if not endpoint.config.events.url:
            raise FlowhookError(f"the endpoint {endpoint.name} has no events.url")
        return await self._call(trial_event(endpoint, TEXT, self._clock.now()), OF_EVENTS)

    async def node(self, node: FlowNode, at: str) -> Verdict:
        """What the node would send, to where it would send it. ``at`` is its "flow/node"."""
        try:
            call = node.type.trial_call(node.settings.raw, node.key, TEXT, self._clock.now())
        except ValueError as error:
            raise FlowhookError(f"the node {at} cannot be tried: {error}") from None
        if call is None:
            raise FlowhookError(f"the node {at} is a {node.type.key}: no address of it can be tried")
        return await self._call(call, OF_NODE, node)

    async def _call(self, call: HttpCall, setting: str, node: FlowNode | None = None) -> Verdict:
        await self._http_calls.prepare()
        started = time.perf_counter()
        result = await self._http_calls.perform(call)
        seconds = time.perf_counter() - started
        status, silence, reason, body = None, "", "", ""
        if isinstance(result, Failure):
            silence, reason = result.reason, result.message
        else:
            status = result.status
            body = result.body if isinstance(result.body, str) else to_json(result.body).decode()
            reason = f"HTTP {status}" if status > 299 else ""
            if node is not None and not reason:
                reason = node.type.trial_problem(call, result)
        hint = hint_for(call.url, status, silence, setting) if silence or (status or 0) > 299 else ""
        return Verdict(
            url=_without_password(call.url),
            delivered=not reason and not silence,
            status=status,
            reason=reason,
            hint=hint,
            body=_short(body),
            seconds=seconds,
            signed="webhook-signature" in call.headers,
            basic_auth=call.url != _without_password(call.url),
            method=call.method,
        )


def _test_delivery(endpoint: str) -> Delivery:
    """Something to send, to a session that does not exist."""
    trace_id = new_id()
    ref = SessionRef(endpoint, "flowhook-verify", f"verify-{trace_id}")
    envelope = {
        "userId": ref.user_id,
        "sessionId": ref.session_id,
        "disableSensitiveLogging": False,
        "AIOutput": Output(TEXT, trace_id=trace_id).to_json(),
    }
    return Delivery(
        endpoint,
        ref.key,
        1,
        delivery_id(ref.key, 1, None),
        to_json(envelope),
        trace_id,
        ref.user_id,
        ref.session_id,
    )


class Witness:
    """A sender that remembers what it sent and what it got."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self.url = ""
        self.headers: Mapping[str, str] = {}
        self.body = ""

    async def send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes, *, timeout: float
    ) -> RawResponse:
        """As ``Outgoing.send``."""
        self.url, self.headers = url, headers
        response = await self._sender.send(method, url, headers, body, timeout=timeout)
        self.body = _short(response.body.decode("utf-8", "replace"))
        return response


def hint_for(url: str, status: int | None, silence: str, setting: str = OF_WEBHOOK) -> str:
    """What to do about an answer with ``status``, or about ``silence``. ``setting`` names the address."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    if status is None:
        hint = SILENCE_HINTS.get(silence, "")
    elif 300 <= status < 400:
        hint = REDIRECT_HINT
    elif status >= 500:
        hint = BROKEN_HINT
    else:
        hint = STATUS_HINTS.get(status, OTHER_HINT)
    hint = hint.replace("webhook.url", setting)
    return hint.format(port=port, place=f"{parts.hostname}:{port}", credentials=CREDENTIALS[setting])


def _without_password(url: str) -> str:
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()


def _short(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= BODY_LENGTH else line[: BODY_LENGTH - 1] + "…"
