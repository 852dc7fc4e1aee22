"""The way in: what a caller or a plugin sends becomes inbounds in a session's inbox.

HTTP, plugins and tests enter here, and so obey the same rules.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeVar

from pydantic_core import to_json

from flowhook.clock import Clock
from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.calling.failures import CallContext, call_context
from flowhook.hooks.calling.transformed_message import TransformedMessage
from flowhook.hooks.facade import DISCARD
from flowhook.ids import new_id
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import CONNECTED, Inbound, JsonObject, Kind, Precondition, presence_in
from flowhook.model.output import Output
from flowhook.model.session_ref import SessionRef, session_ref
from flowhook.net.trace_context import current_trace, usable
from flowhook.runtime.intake.message_fields import MessageFields
from flowhook.runtime.intake.rate_limits import UserLimits
from flowhook.runtime.intake.repeats import RequestKeys
from flowhook.runtime.intake.sanitize import sanitized, sanitized_value
from flowhook.runtime.intake.scheduled import ScheduledInbounds
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.observe.redaction import Redactor, blind_mode_in
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.versions import VersionedProjects
from flowhook.runtime.turns.backlog import ENDPOINT_BACKLOG, Backlog
from flowhook.runtime.turns.event_webhooks import EventWebhooks
from flowhook.runtime.turns.fast_path import Answered, FastPath
from flowhook.runtime.turns.outcomes import Outcome, TurnOutcomes
from flowhook.runtime.turns.preconditions import node_names
from flowhook.runtime.turns.request_answers import RequestAnswers
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.turns.timers import Timers
from flowhook.storage.protocols import Inbox, Receipts
from flowhook.storage.records import (
    KEY_LIFETIME,
    Acceptance,
    Accepted,
    Arrival,
    Refused,
    Replayed,
    RequestKey,
)

if TYPE_CHECKING:
    from flowhook.hooks.api.request import Request, Response

T = TypeVar("T")

SESSION_BACKLOG = 100
NO_NODES: frozenset[str] = frozenset()
MESSAGE_BODIES = 2  #: times the bytes of a request that a message may have which a plugin made of it

KINDS = {"message": Kind.MESSAGE, "test": Kind.MESSAGE, "inject": Kind.INJECT, "notify": Kind.NOTIFY}

#: code → status, sentence, Retry-After
REFUSALS: dict[str, tuple[int, str, str | None]] = {
    "idempotency_mismatch": (422, "This idempotency key was used before with another body.", None),
    "session_not_found": (
        404,
        "No such session, or it has expired. A session exists from its first message.",
        None,
    ),
    "session_busy": (429, "This session still works on earlier messages.", "1"),
    "precondition_failed": (409, "The session does not stand where ifNode or ifRevision says.", None),
}


@dataclass(slots=True)
class Submitted:
    """What was accepted. ``messages`` lists all when a plugin made several of one request."""

    trace_id: str
    user_id: str
    session_id: str
    outcomes: TurnOutcomes
    replayed: bool = False
    discarded: bool = False
    wait: float | None = None  #: seconds that the caller waits for outputs; of a repeat: those of the first
    patience: float = 0.0  #: seconds that are left of them
    ended: RunningTurn | None = None  #: the turn, where it ended with its acceptance
    messages: list[JsonObject] = field(default_factory=list)
    #: those of them whose plugin waits for what is said to them
    waiting: list[Submitted] = field(default_factory=list)

    async def outcome(self, seconds: float | None = None) -> Outcome | None:
        """Return ``{status, outputs}`` when the turn ends within so many seconds (by default as long as the
        caller has patience), else None."""
        if seconds is None and self.wait is None:
            return None
        if self.discarded:
            return {"status": "discarded", "outputs": []}
        if self.ended is not None:
            return {"status": "done", "outputs": [output.to_json() for output in self.ended.said]}
        return await self.outcomes.wait(self.trace_id, self.patience if seconds is None else seconds)

    async def answer(self, answers: RequestAnswers) -> list[Output]:
        """Return what was said to the messages that wait, until their time is over."""
        said = await asyncio.gather(*(one._said(answers) for one in self.waiting))
        return [output for outputs in said for output in outputs]

    async def _said(self, answers: RequestAnswers) -> list[Output]:
        try:
            outcome = await self.outcome()
        finally:
            held = [] if self.replayed else await answers.close(self.trace_id)
        if not self.replayed:
            return held or await self.outcomes.held(self.trace_id)
        return [Output.from_json(output) for output in outcome["outputs"]] if outcome is not None else []


class Intake:
    """Checks, transforms and accepts."""

    def __init__(
        self,
        inbox: Inbox,
        receipts: Receipts,
        scheduled: ScheduledInbounds,
        clock: Clock,
        current: CurrentProject,
        projects: VersionedProjects,
        turns: TurnScheduler,
        fast_path: FastPath,
        outcomes: TurnOutcomes,
        backlog: Backlog,
        timers: Timers,
        metrics: Metrics,
        events: EventBus,
        event_webhooks: EventWebhooks,
        answers: RequestAnswers,
        *,
        limits: UserLimits,
        max_body: int = 256 * 1024,
        key_lifetime: Callable[[], float] = lambda: KEY_LIFETIME,
    ) -> None:
        """``max_body``: bytes of a request at an endpoint that does not say how many it takes;
        ``key_lifetime`` returns the seconds for which a repeat is known."""
        self._max_body = max_body
        self._inbox = inbox
        self._receipts = receipts
        self._clock = clock
        self._current = current
        self._projects = projects
        self._turns = turns
        self._fast_path = fast_path
        self._outcomes = outcomes
        self._backlog = backlog
        self._timers = timers
        self._scheduled = scheduled
        self._metrics = metrics
        self._events = events
        self._event_webhooks = event_webhooks
        self.answers = answers
        self._key_lifetime = key_lifetime
        self._limits = limits

    async def submit(
        self,
        endpoint: Endpoint,
        route: str,
        body: JsonObject | None,
        *,
        raw: bytes = b"",
        idempotency_key: str | None = None,
        wait: float | None = None,
        remote_address: str | None = None,
        request: Request | None = None,
        response: Response | None = None,
        trace_parent: str | None = None,
    ) -> Submitted:
        """Accept what ``body`` says on a route: message, inject, notify or test. ``wait``: seconds that the
        caller wants to wait for the outputs. ``trace_parent``: the caller's header of that name.

        Returns once it is durable. Raises :class:`ApiError` and then stores nothing.
        """
        hooks = self._current.project.hooks.for_endpoint(endpoint)
        trace_parent = usable(trace_parent) if trace_parent is not None else None
        messages: list[JsonObject] = [body] if body is not None else []
        keys = RequestKeys(route, idempotency_key, body, raw, wait=wait, lifetime=self._key_lifetime)
        context = CallContext(new_id(), endpoint.name, hooks.masked, route == "test", [])
        if request is not None:
            call_context.set(context)  # plugins that fail are reported under the id that the caller gets
            current_trace.set((context.trace_id, trace_parent))
        if request is not None and hooks.has_authenticate:
            await _refusing(hooks.authenticate(request))
        made_by_plugin = False
        if request is not None and hooks.transforms(route):
            transformed = await _refusing(hooks.transform(route, request, response, body))
            if transformed is DISCARD:
                return await self._discard(endpoint, body, keys, context.trace_id, wait)
            if transformed is not None:
                messages = transformed if isinstance(transformed, list) else [transformed]
                made_by_plugin = True
        if not messages:
            raise ApiError(400, "invalid_body", "The body must be a JSON object.")
        try:
            if made_by_plugin:
                self._check_sizes(endpoint, messages)
            arrivals = [
                self._arrival(endpoint, route, message, keys, number, remote_address, context, trace_parent)
                for number, message in enumerate(messages)
            ]
        except ApiError as error:
            if made_by_plugin:
                hooks.message_refused(route, error)
            raise
        if endpoint.config.rate_limit is not None:
            self._limits.spend(endpoint, [arrival.inbound for arrival in arrivals])
        if made_by_plugin:
            waits = [getattr(message, "wait", None) for message in messages]
            if any(waits):
                return await self._accept_waiting(endpoint, arrivals, wait, waits, held=hooks.has_answer)
        return await self._accept(endpoint, arrivals, wait)

    async def _accept_waiting(
        self,
        endpoint: Endpoint,
        arrivals: list[Arrival],
        wait: float | None,
        waits: list[float | None],
        *,
        held: bool,
    ) -> Submitted:
        """Accept messages of which some wait for what is said to them. ``held``: that is their response, and
        not delivered."""
        waiting = [arrival.inbound.trace_id for arrival, own in zip(arrivals, waits, strict=True) if own]
        for trace_id in waiting if held else ():
            self.answers.open(trace_id)
        for arrival, own in zip(arrivals, waits, strict=True) if held else ():
            if own and not self._turns.owns(arrival.inbound.ref.key):  # its turn runs in another process
                arrival.inbound.held_until = arrival.inbound.received_at + own
        accepted: list[str] = []
        try:
            submitted = await self._accept(endpoint, arrivals, wait, waits)
            accepted = [one.trace_id for one in submitted.waiting]
        finally:  # of a repeat, and of what is refused, nothing is held
            for trace_id in set(waiting).difference(accepted):
                self.answers.drop(trace_id)
        return submitted

    def _check_sizes(self, endpoint: Endpoint, messages: list[JsonObject]) -> None:
        """Raise :class:`ApiError` 413 for a message that no caller could have sent. A plugin may put a whole
        request into it."""
        most = MESSAGE_BODIES * endpoint.config.body_limit(self._max_body)
        if any(len(to_json(message)) > most for message in messages):
            raise ApiError(413, "body_too_large", f"A message has more than {most} bytes.")

    def require_room(self, endpoint: Endpoint, count: int) -> None:
        """Raise :class:`ApiError` 503 when so many more inbounds would be too many for the endpoint."""
        if self._backlog.of(endpoint.name) + count > ENDPOINT_BACKLOG:
            raise ApiError(
                503, "backlog_full", "Too many messages wait. Try again soon.", headers={"Retry-After": "2"}
            )

    async def _require_room_for_scheduled(self, endpoint: Endpoint, arrivals: Iterable[Arrival]) -> None:
        now = self._clock.now()
        count = sum((arrival.inbound.not_before or 0.0) > now for arrival in arrivals)
        if count and not await self._scheduled.has_room(endpoint.name, count):
            raise ApiError(
                503,
                "backlog_full",
                "Too many messages wait for their notBefore. Try again later.",
                headers={"Retry-After": "60"},
            )

    def take_in(
        self, acceptance: Accepted | Replayed | Answered, endpoint: Endpoint, wait: float | None = None
    ) -> Submitted:
        """Let an inbound that is durable have its turn, now or when it falls due, or tell of the turn
        that it had."""
        if isinstance(acceptance, Replayed):
            return self._repeat(acceptance)
        if isinstance(acceptance, Answered):
            return self._finish(acceptance, wait)
        inbound = acceptance.inbound
        self._announce(inbound, acceptance.state, endpoint)
        if acceptance.scheduled:
            self._scheduled.add(inbound.ref.endpoint)
            self._timers.note(inbound.not_before)
        else:
            self._turns.arrived(acceptance)
        ids = (inbound.trace_id, inbound.ref.user_id, inbound.ref.session_id)
        return Submitted(*ids, self._outcomes, wait=wait, patience=wait or 0.0)

    def _finish(self, answered: Answered, wait: float | None) -> Submitted:
        turn = answered.turn
        inbound = turn.inbound
        self._announce(inbound, turn.state, turn.endpoint)
        self._fast_path.finish(answered)
        ids = (inbound.trace_id, inbound.ref.user_id, inbound.ref.session_id)
        return Submitted(*ids, self._outcomes, wait=wait, patience=wait or 0.0, ended=turn)

    def _repeat(self, replayed: Replayed) -> Submitted:
        return Submitted(
            replayed.trace_id,
            replayed.user_id,
            replayed.session_id,
            self._outcomes,
            replayed=True,
            discarded=replayed.discarded,
            wait=replayed.wait,
            patience=replayed.patience,
        )

    async def _accept(
        self,
        endpoint: Endpoint,
        arrivals: list[Arrival],
        wait: float | None,
        waits: Sequence[float | None] = (),
    ) -> Submitted:
        self.require_room(endpoint, len(arrivals))
        if later := [arrival for arrival in arrivals if arrival.inbound.not_before is not None]:
            await self._require_room_for_scheduled(endpoint, later)
        acceptances: Sequence[Acceptance | Answered]
        if len(arrivals) == 1:
            acceptances = [await self._fast_path.accept(endpoint, arrivals[0])]
        else:
            acceptances = await self._inbox.accept(arrivals)
        results = []
        for number, acceptance in enumerate(acceptances):
            if isinstance(acceptance, Refused):
                raise refusal(acceptance.code)
            own = waits[number] if waits else None
            results.append(self.take_in(acceptance, endpoint, own or wait))
        submitted = results[0]
        if waits:
            submitted.waiting = [one for one, own in zip(results, waits, strict=True) if own]
        if len(results) > 1:
            submitted.replayed = all(one.replayed for one in results)
            submitted.messages = [
                {"traceId": one.trace_id, "userId": one.user_id, "sessionId": one.session_id}
                for one in results
            ]
        return submitted

    def _announce(self, inbound: Inbound, state: bytes | None, endpoint: Endpoint) -> None:
        """Tell of an inbound; ``state`` is that of its session before its turn."""
        self._metrics.accepted(inbound.ref.endpoint, "test" if inbound.test else inbound.kind)
        if inbound.kind is Kind.PRESENCE:
            self._announce_presence(inbound)
            return
        if endpoint.config.events.url:
            redactor = Redactor.of(endpoint, blind_mode_in(state))
            self._event_webhooks.received(endpoint, inbound, redactor)
        if self._events.hears(EventType.MESSAGE_RECEIVED):
            redactor = Redactor.of(endpoint, blind_mode_in(state))
            text = redactor.event_text(inbound.text)
            data: JsonObject = {"kind": inbound.kind, "text": text, "test": inbound.test}
            at, trace_id = inbound.received_at, inbound.trace_id
            self._events.emit(Event.of(EventType.MESSAGE_RECEIVED, at, inbound.ref, trace_id, data))

    def _announce_presence(self, inbound: Inbound) -> None:
        """Tell that a user has come or gone."""
        connected = presence_in(inbound.data) == CONNECTED
        type = EventType.USER_CONNECTED if connected else EventType.USER_DISCONNECTED
        if self._events.hears(type):
            at, data = inbound.received_at, {"test": inbound.test}
            self._events.emit(Event.of(type, at, inbound.ref, inbound.trace_id, data))

    async def _discard(
        self,
        endpoint: Endpoint,
        body: JsonObject | None,
        keys: RequestKeys,
        trace_id: str,
        wait: float | None,
    ) -> Submitted:
        """Give the caller a trace id with a receipt, though a plugin wants nothing done."""
        ids = (_text(body, "userId"), _text(body, "sessionId"))
        ref, now = SessionRef(endpoint.name, *ids), self._clock.now()
        repeat = await self._receipts.record_discard(
            trace_id, ref, "discarded_by_plugin", now, keys.of_discarded()
        )
        if isinstance(repeat, Refused):
            raise refusal(repeat.code)
        if repeat is not None:
            return self._repeat(repeat)
        return Submitted(trace_id, *ids, self._outcomes, discarded=True, wait=wait)

    def _arrival(
        self,
        endpoint: Endpoint,
        route: str,
        message: JsonObject,
        keys: RequestKeys,
        number: int,
        remote_address: str | None,
        context: CallContext,
        trace_parent: str | None,
    ) -> Arrival:
        draft = message if isinstance(message, TransformedMessage) else None
        test = route == "test"
        if draft is not None and draft.route is not None and not (test and draft.route == "message"):
            route = draft.route
        backend, now = route in ("inject", "notify"), self._clock.now()
        fields = MessageFields(message, strict=endpoint.config.strict_input, backend=backend, now=now)
        session, privacy = endpoint.config.session, endpoint.config.privacy
        text, data = fields.text, fields.data
        if privacy.sanitize_input and not backend:
            text, data = sanitized(text), sanitized_value(data)
        kind = KINDS[route]
        if kind is Kind.MESSAGE and not text and presence_in(data) is not None:
            kind = Kind.PRESENCE
        inbound = Inbound(
            session_ref(endpoint.name, fields.user_id, fields.session_id),
            kind,
            context.trace_id if number == 0 else new_id(),
            now,
            text,
            data,
            fields.attachments,
            test=test,
            not_before=fields.not_before,
            precondition=fields.precondition,
            remote_address=None if privacy.mask_ip else remote_address,
            failures=list(context.failures or ()),
            private=draft.private if draft is not None else None,
            trace_parent=trace_parent,
        )
        key: RequestKey | None = None
        if keys.given or fields.message_id is not None:
            wait = draft.wait if draft is not None else None
            key = keys.of_message(number, fields.message_id, inbound, route=route, wait=wait)
        return Arrival(
            inbound,
            key,
            must_exist=backend and session.unknown == "reject",
            expires_after=session.expires_after,
            reject_when_busy=session.concurrency == "reject" and kind is Kind.MESSAGE,
            max_backlog=SESSION_BACKLOG,
            nodes=self._nodes(endpoint, fields.precondition) if fields.precondition is not None else NO_NODES,
        )

    def _nodes(self, endpoint: Endpoint, condition: Precondition) -> frozenset[str]:
        """Names of the node that a precondition names, in all versions in which its session may stand."""
        if condition.if_node is None:
            return NO_NODES
        libraries = [project.library for project in self._projects.all_of(endpoint)]
        return frozenset().union(*(node_names(library, condition) for library in libraries))


def refusal(code: str) -> ApiError:
    """Return the error for a caller whose inbound the store refused."""
    status, detail, retry_after = REFUSALS[code]
    return ApiError(status, code, detail, headers={"Retry-After": retry_after} if retry_after else None)


async def _refusing(hook: Awaitable[T]) -> T:
    """Await a hook; what stops it becomes the caller's error. The cause stays in the log."""
    try:
        return await hook
    except Reject as error:
        raise error.as_api_error() from error
    except PluginError as error:
        raise ApiError(500, "plugin_failed", "A plugin of this endpoint failed.") from error


def _text(body: JsonObject | None, name: str) -> str:
    value = (body or {}).get(name)
    return value if isinstance(value, str) else ""
