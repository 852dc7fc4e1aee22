"""Event webhooks: a POST for each message in and out of an endpoint, and for each ``webhook`` node that was
passed. Nobody waits for them, and what cannot be sent is counted and forgotten.

Each endpoint has a queue of its own, with a bound: what does not fit is dropped, and a receiver that is slow
keeps no other endpoint's events waiting, and no turn.
"""

from __future__ import annotations

import asyncio
import base64
import json
import logging
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from flowhook.clock import Clock, rfc3339
from flowhook.engine.effects import Failure, HttpCall
from flowhook.ids import new_id
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import EventType
from flowhook.model.event_post import EventPost
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.log_action import LogAction
from flowhook.model.output import Output
from flowhook.model.session_ref import SessionRef
from flowhook.net.trace_context import NO_TRACE, current_trace
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.turns.http_calls import HttpCalls

log = logging.getLogger("flowhook.events")

ROOM = 1000  #: events of an endpoint that wait
CONCURRENCY = 4  #: of one endpoint at a time
TIMEOUT = 10.0  #: seconds for one event, all in


@dataclass(slots=True)
class _Lane:
    """The events of one endpoint."""

    waiting: deque[tuple[str, HttpCall]] = field(default_factory=deque)  #: with the secrets that sign them
    senders: int = 0
    failing: bool = False  #: the last one could not be sent, which was logged


class EventWebhooks:
    """Tells event webhooks what happens. Nothing here waits or raises."""

    def __init__(
        self,
        http_calls: HttpCalls,
        clock: Clock,
        metrics: Metrics,
        tasks: BackgroundTasks,
        *,
        room: int = ROOM,
    ) -> None:
        self._http_calls = http_calls
        self._clock = clock
        self._metrics = metrics
        self._tasks = tasks
        self._room = room
        self._lanes: dict[str, _Lane] = {}
        self._sending: set[asyncio.Task[Any]] = set()

    # --- what happens ------------------------------------------------------------------------------

    def received(self, endpoint: Endpoint, inbound: Inbound, redactor: Redactor) -> None:
        """A message or an inject was accepted."""
        events = endpoint.config.events
        if not events.url or EventType.MESSAGE_RECEIVED not in events.types:
            return
        if inbound.kind not in (Kind.MESSAGE, Kind.INJECT):
            return
        body = event_body(inbound.received_at, inbound.text, inbound.remote_address, redactor)
        if events.extras:
            body |= extras_of(inbound, "user")
        self._tell(endpoint, inbound, body)

    def said(
        self, endpoint: Endpoint, inbound: Inbound, outputs: Sequence[Output], redactor: Redactor
    ) -> None:
        """Outputs were committed, because of an inbound."""
        events = endpoint.config.events
        if not events.url or EventType.MESSAGE_SENT not in events.types:
            return
        for output in outputs:
            own = redactor.blinded(output.blind)
            body = event_body(self._clock.now(), output.text, inbound.remote_address, own)
            if events.extras:
                body |= extras_of(inbound, output.source)
            self._tell(endpoint, inbound, body)

    def posted(
        self, endpoint: Endpoint, inbound: Inbound, posts: Sequence[EventPost], redactor: Redactor
    ) -> None:
        """Nodes ``webhook`` were passed, in a segment that was committed."""
        for post in posts:
            body = event_body(self._clock.now(), post.text, inbound.remote_address, redactor)
            if post.extras:
                body |= {**extras_of(inbound, "bot"), "node": post.at}
            call = _call(post.url, body, post.headers, test=inbound.test, connection=post.connection)
            self._put(endpoint.name, "", call)

    def _tell(self, endpoint: Endpoint, inbound: Inbound, body: Mapping[str, Any]) -> None:
        events = endpoint.config.events
        call = _call(events.url, body, events.headers, test=inbound.test)
        self._put(endpoint.name, _joined(events.secret), call)

    # --- sending -----------------------------------------------------------------------------------

    @property
    def resting(self) -> bool:
        """Whether nothing waits or is being sent."""
        return not self._sending

    async def stop(self, seconds: float) -> None:
        """Let what waits be sent, for so long at most."""
        if self._sending:
            await asyncio.wait(self._sending, timeout=seconds)

    def _put(self, endpoint: str, secrets: str, call: HttpCall) -> None:
        lane = self._lanes.setdefault(endpoint, _Lane())
        if len(lane.waiting) >= self._room:
            self._metrics.event_webhook(endpoint, "dropped")
            return
        lane.waiting.append((secrets, call))
        if lane.senders < CONCURRENCY:
            lane.senders += 1
            task = self._tasks.spawn(self._send_all(endpoint, lane))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send_all(self, endpoint: str, lane: _Lane) -> None:
        current_trace.set(NO_TRACE)  # this task sends for many turns, and was started in one of them
        try:
            while lane.waiting:
                secrets, call = lane.waiting.popleft()
                _sign(call, secrets)
                self._note(endpoint, lane, await self.send(call))
        finally:
            lane.senders -= 1

    async def send(self, call: HttpCall) -> str:
        """Send one, and return why it failed; "" when it was taken."""
        result = await self._http_calls.perform(call)
        if isinstance(result, Failure):
            return result.message
        return "" if 200 <= result.status < 300 else f"HTTP {result.status}"

    def _note(self, endpoint: str, lane: _Lane, failure: str) -> None:
        self._metrics.event_webhook(endpoint, "failed" if failure else "sent")
        if failure and not lane.failing:
            extra = {"action": LogAction.EVENT_WEBHOOK_FAILING, "endpoint": endpoint}
            log.warning("event webhooks of endpoint %s fail: %s", endpoint, failure, extra=extra)
        lane.failing = bool(failure)


def trial_event(endpoint: Endpoint, text: str, at: float) -> HttpCall:
    """Return an event of nobody for the event webhook of an endpoint, signed as any other."""
    events = endpoint.config.events
    body = event_body(at, text, None, Redactor())
    if events.extras:
        nobody = SessionRef(endpoint.name, "flowhook-verify", f"verify-{new_id()}")
        body |= extras_of(Inbound(nobody, Kind.MESSAGE, new_id(), at, test=True), "bot")
    call = _call(events.url, body, events.headers, test=True)
    _sign(call, _joined(events.secret))
    return call


def event_body(at: float, text: str, address: str | None, redactor: Redactor) -> dict[str, Any]:
    """What an event webhook is told: RFC 3339 with milliseconds, the text as JSON, the caller's address."""
    data = json.dumps(redactor.event_text(text), ensure_ascii=False)
    return {"time": rfc3339(at), "data": data, "ip": redactor.address(address)}


def extras_of(inbound: Inbound, source: str) -> dict[str, Any]:
    """Who, where and because of what. ``source``: who speaks: user, bot or agent."""
    ref = inbound.ref
    extras: dict[str, Any] = {
        "userId": ref.user_id,
        "sessionId": ref.session_id,
        "endpoint": ref.endpoint,
        "traceId": inbound.trace_id,
        "source": source,
        "kind": inbound.kind.value,
    }
    return {**extras, "test": True} if inbound.test else extras


def _call(
    url: str,
    body: Mapping[str, Any],
    headers: Mapping[str, str],
    *,
    test: bool = False,
    connection: str | None = None,
) -> HttpCall:
    sent = {"content-type": "application/json", **headers}
    if test:
        sent["flowhook-test"] = "true"
    text = json.dumps(body, ensure_ascii=False)
    return HttpCall("POST", url, connection, headers=sent, body=text, timeout=TIMEOUT, unanswered=True)


def _sign(call: HttpCall, secrets: str) -> None:
    """Add the headers of Standard Webhooks, with a signature for each secret."""
    if not secrets:
        return
    from standardwebhooks.webhooks import Webhook

    at, name = datetime.now(UTC), f"evt_{new_id()}"
    signatures = [Webhook(_key(secret)).sign(name, at, call.body or "") for secret in secrets.split("\n")]
    call.headers["webhook-id"] = name
    call.headers["webhook-timestamp"] = str(int(at.timestamp()))
    call.headers["webhook-signature"] = " ".join(signatures)


def _joined(secrets: str | list[str]) -> str:
    return secrets if isinstance(secrets, str) else "\n".join(filter(None, secrets))


def _key(secret: str) -> str:
    """A secret as the library takes it: base64. Any text is a secret; its bytes are the key."""
    if not secret.startswith("whsec_"):
        return base64.b64encode(secret.encode()).decode()
    text = secret.removeprefix("whsec_").rstrip("=")
    return text + "=" * (-len(text) % 4)
