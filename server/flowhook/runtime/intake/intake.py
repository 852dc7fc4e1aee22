"""The way in: what a caller or a plugin sends becomes inbounds in a session's inbox.

The rules of the body are here and nowhere else, so that HTTP, plugins and tests obey the same.
"""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic_core import to_json

from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.facade import DISCARD
from flowhook.ids import new_id
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import Inbound, JsonObject, Kind, Precondition
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.turns.callback_urls import key_of
from flowhook.storage.records import Accepted, Arrival, Refused, Replayed

if TYPE_CHECKING:
    from flowhook.engine.flow import Library
    from flowhook.hooks.api.request import Request, Response
    from flowhook.runtime.application import Application

T = TypeVar("T")

ID_LIMIT = 256
TEXT_LIMIT = 10_000
SESSION_BACKLOG = 100
TOTAL_BACKLOG = 20_000

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


def refusal(code: str) -> ApiError:
    """The answer to a caller whose inbound the store refused."""
    status, detail, retry_after = REFUSALS[code]
    return ApiError(status, code, detail, headers={"Retry-After": retry_after} if retry_after else None)


@dataclass(slots=True)
class Submitted:
    """What was accepted. ``messages`` lists all when a plugin made several of one request."""

    intake: Intake
    trace_id: str
    user_id: str
    session_id: str
    replayed: bool = False
    discarded: bool = False
    messages: list[JsonObject] = field(default_factory=list)

    async def outcome(self, seconds: float) -> JsonObject | None:
        """``{status, outputs}`` when the turn ends within so many seconds, else None."""
        if self.discarded:
            return {"status": "discarded", "outputs": []}
        return await self.intake.services.turns.outcome(self.trace_id, seconds)


class Intake:
    """Checks, transforms and accepts."""

    def __init__(self, services: Application) -> None:
        self.services = services

    async def submit(
        self,
        endpoint: Endpoint,
        route: str,
        body: JsonObject | None,
        *,
        raw: bytes = b"",
        idempotency_key: str | None = None,
        remote_address: str | None = None,
        request: Request | None = None,
        response: Response | None = None,
    ) -> Submitted:
        """Accept what ``body`` says on a route: message, inject, notify or test.

        Returns once it is durable. Raises :class:`ApiError` and then stores nothing.
        """
        hooks = self.services.project.hooks.for_endpoint(endpoint)
        messages: list[JsonObject] = [body] if body is not None else []
        if request is not None and hooks.has_authenticate:
            await _refusing(hooks.authenticate(request))
        if request is not None and hooks.transforms(route):
            answer = await _refusing(hooks.transform(route, request, response, body))
            if answer is DISCARD:
                return await self._discard(endpoint, body)
            if answer is not None:
                messages = answer if isinstance(answer, list) else [answer]
        if not messages:
            raise ApiError(400, "invalid_body", "The body must be a JSON object.")
        fingerprint = hashlib.sha256(raw or to_json(body)).digest()
        arrivals = [
            self._arrival(
                endpoint, route, message, idempotency_key if n == 0 else None, fingerprint, remote_address
            )
            for n, message in enumerate(messages)
        ]
        return await self._accept(endpoint, arrivals)

    async def callback_endpoint(self, token: str) -> Endpoint:
        """The endpoint behind a task's one-time URL that is open. Raises :class:`ApiError` 404, or 410 for
        one that was used, or whose task is over."""
        services = self.services
        key = key_of(token)
        found = await services.store.callbacks.find(*key) if key is not None else None
        if found is None:
            raise ApiError(404, "unknown_callback", "There is no such callback.")
        if found.status != "open" or found.ref is None:
            raise _gone(found.status)
        endpoint = services.endpoints.by_name(found.ref.endpoint)
        if endpoint is None or not endpoint.enabled:
            raise ApiError(404, "unknown_callback", "There is no such callback.")
        return endpoint

    async def call_back(self, token: str, body: Any, *, remote_address: str | None = None) -> Submitted:
        """Accept the result of a task, any JSON, at its one-time URL.

        Returns once it is durable. Raises :class:`ApiError` as :meth:`callback_endpoint` does, and 503.
        """
        services = self.services
        endpoint = await self.callback_endpoint(token)
        self._have_room(1)
        key = key_of(token)
        assert key is not None
        is_object = isinstance(body, dict)
        inbound = Inbound(
            SessionRef(endpoint.name, "", ""),  # the callback knows whose it is
            Kind.CALLBACK,
            new_id(),
            services.clock.now(),
            data=body if is_object else None,
            result=None if is_object else body,
            remote_address=remote_address,
        )
        accepted = await services.store.callbacks.use(*key, inbound, endpoint.config.session.expires_after)
        if accepted is None:  # somebody was faster, or its session has ended
            again = await services.store.callbacks.find(*key)
            raise _gone(again.status if again is not None else "void")
        return self._one(accepted)

    def _have_room(self, count: int) -> None:
        if self.services.turns.backlog + count > TOTAL_BACKLOG:
            raise ApiError(
                503, "backlog_full", "Too many messages wait. Try again soon.", headers={"Retry-After": "2"}
            )

    async def _accept(self, endpoint: Endpoint, arrivals: list[Arrival]) -> Submitted:
        self._have_room(len(arrivals))
        submitted: Submitted | None = None
        for acceptance in await self.services.store.inbox.accept(arrivals):
            if isinstance(acceptance, Refused):
                raise refusal(acceptance.code)
            one = self._one(acceptance)
            if submitted is None:
                submitted = one
            if len(arrivals) > 1:
                submitted.messages.append(
                    {"traceId": one.trace_id, "userId": one.user_id, "sessionId": one.session_id}
                )
        assert submitted is not None
        return submitted

    def _one(self, acceptance: Accepted | Replayed) -> Submitted:
        if isinstance(acceptance, Replayed):
            return Submitted(
                self, acceptance.trace_id, acceptance.user_id, acceptance.session_id, replayed=True
            )
        inbound = acceptance.inbound
        self._announce(inbound)
        if acceptance.scheduled:
            self.services.timers.note(inbound.not_before)
        else:
            self.services.turns.arrived(acceptance)
        return Submitted(self, inbound.trace_id, inbound.ref.user_id, inbound.ref.session_id)

    def _announce(self, inbound: Inbound) -> None:
        services = self.services
        services.metrics.accepted(inbound.ref.endpoint, inbound.kind)
        if services.events.heard:
            data: JsonObject = {"kind": inbound.kind, "text": inbound.text, "test": inbound.test}
            sid = inbound.ref
            services.events.emit(
                Event(
                    EventType.MESSAGE_RECEIVED,
                    inbound.received_at,
                    sid.endpoint,
                    sid.user_id,
                    sid.session_id,
                    inbound.trace_id,
                    data,
                )
            )

    async def _discard(self, endpoint: Endpoint, body: JsonObject | None) -> Submitted:
        """A plugin wants nothing done: the caller still gets a trace id with a receipt."""
        trace_id = new_id()
        user_id, session_id = (_text(body, "userId"), _text(body, "sessionId"))
        await self.services.store.receipts.record_discard(
            trace_id,
            SessionRef(endpoint.name, user_id, session_id),
            "discarded_by_plugin",
            self.services.clock.now(),
        )
        return Submitted(self, trace_id, user_id, session_id, discarded=True)

    def _arrival(
        self,
        endpoint: Endpoint,
        route: str,
        message: JsonObject,
        idempotency_key: str | None,
        fingerprint: bytes,
        remote_address: str | None,
    ) -> Arrival:
        fields = Fields(message, strict=endpoint.config.strict_input, backend=route in ("inject", "notify"))
        session = endpoint.config.session
        inbound = Inbound(
            SessionRef(endpoint.name, fields.user_id, fields.session_id),
            KINDS[route],
            new_id(),
            self.services.clock.now(),
            fields.text,
            fields.data,
            fields.attachments,
            test=route == "test",
            not_before=fields.not_before,
            precondition=fields.precondition,
            remote_address=remote_address,
        )
        return Arrival(
            inbound,
            route,
            idempotency_key or fields.message_id,
            fingerprint,
            must_exist=fields.backend and session.unknown == "reject",
            expires_after=session.expires_after,
            reject_when_busy=session.concurrency == "reject" and not fields.backend,
            max_backlog=SESSION_BACKLOG,
            nodes=names_of_node(self.services.project.library, fields.precondition),
        )

    async def receipt(self, trace_id: str) -> JsonObject | None:
        """What became of an inbound, as ``GET /receipts/{traceId}`` shows it."""
        receipt = await self.services.store.receipts.find(trace_id)
        if receipt is None:
            return None
        status: str = receipt.status
        if status == "queued" and self.services.turns.is_running(trace_id):
            status = "running"
        answer: JsonObject = {
            "traceId": receipt.trace_id,
            "endpoint": receipt.endpoint,
            "userId": receipt.user_id,
            "sessionId": receipt.session_id,
            "status": status,
            "outputs": receipt.outputs,
        }
        if receipt.reason:
            answer["reason"] = receipt.reason
        if receipt.revision is not None:
            answer["revision"] = receipt.revision
        return answer

    async def cancel(self, trace_id: str) -> str:
        """Discard what has not begun: ``cancelled``, ``begun`` or ``unknown``."""
        if self.services.turns.is_running(trace_id):
            return "begun"
        self.services.turns.skip(trace_id)
        answer = await self.services.store.receipts.cancel(trace_id, self.services.clock.now())
        if answer != "cancelled" or not self.services.turns.is_known(trace_id):
            self.services.turns.unskip(trace_id)
        return answer


class Fields:
    """The fields of one message, checked. Raises :class:`ApiError` naming all that is wrong."""

    def __init__(self, message: Mapping[str, Any], *, strict: bool, backend: bool) -> None:
        self.backend = backend
        self.errors: list[dict[str, str]] = []
        self.user_id = self._identifier(message, "userId")
        self.session_id = self._identifier(message, "sessionId")
        self.message_id = self._message_id(message)
        identity_errors = len(self.errors)
        self.text = self._content(message, "text")
        self.data = self._object(message)
        self.attachments = self._attachments(message)
        content_errors = self.errors[identity_errors:]
        usable = bool(self.text) or self.data is not None
        if content_errors and usable and not strict:
            del self.errors[identity_errors:]
        self.not_before: float | None = None
        self.precondition: Precondition | None = None
        if backend:
            self._conditions(message)
        if not usable and not content_errors:
            self.errors.append({"field": "text", "message": "text (not empty) or data is needed"})
        if self.errors:
            only_content = not usable and not content_errors and len(self.errors) == 1
            raise ApiError(
                400,
                "missing_content" if only_content else "invalid_field",
                "; ".join(f"{error['field']}: {error['message']}" for error in self.errors),
                errors=self.errors,
            )

    def _wrong(self, name: str, message: str) -> None:
        self.errors.append({"field": name, "message": message})

    def _identifier(self, message: Mapping[str, Any], name: str) -> str:
        value = message.get(name)
        if value is None:
            self._wrong(name, "is missing")
        elif not isinstance(value, str):
            self._wrong(name, "must be a string")
        elif not value:
            self._wrong(name, "must not be empty")
        elif len(value) > ID_LIMIT:
            self._wrong(name, f"must have at most {ID_LIMIT} characters")
        elif not _storable(value):
            self._wrong(name, "must not hold NUL or broken characters")
        else:
            return value
        return ""

    def _message_id(self, message: Mapping[str, Any]) -> str | None:
        value = message.get("messageId")
        if value is None:
            return None
        if not isinstance(value, str) or not is_idempotency_key(value):
            self._wrong("messageId", "must be a string of 1 to 255 printable ASCII characters")
            return None
        return value

    def _content(self, message: Mapping[str, Any], name: str) -> str:
        value = message.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            self._wrong(name, "must be a string")
        elif len(value) > TEXT_LIMIT:
            self._wrong(name, f"must have at most {TEXT_LIMIT} characters")
        elif not _storable(value):
            self._wrong(name, "must not hold NUL or broken characters")
        else:
            return value
        return ""

    def _object(self, message: Mapping[str, Any]) -> JsonObject | None:
        value = message.get("data")
        if value is None or isinstance(value, dict):
            return value
        self._wrong("data", "must be an object")
        return None

    def _attachments(self, message: Mapping[str, Any]) -> list[JsonObject]:
        value = message.get("attachments")
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            self._wrong("attachments", "must be a list of objects")
            return []
        for n, item in enumerate(value):
            for name in ("name", "url", "type", "caption"):
                if item.get(name) is not None and not isinstance(item[name], str):
                    self._wrong(f"attachments[{n}].{name}", "must be a string")
        return value

    def _conditions(self, message: Mapping[str, Any]) -> None:
        self.not_before = self._time(message, "notBefore")
        expires_at = self._time(message, "expiresAt")
        if_node, if_revision = message.get("ifNode"), message.get("ifRevision")
        if if_node is not None and (not isinstance(if_node, str) or not if_node):
            self._wrong("ifNode", "must be the id of a node, or flow/node")
        if if_revision is not None and (not isinstance(if_revision, int) or isinstance(if_revision, bool)):
            self._wrong("ifRevision", "must be a whole number")
        if (if_node, if_revision, expires_at) != (None, None, None):
            self.precondition = Precondition(if_node, if_revision, expires_at)

    def _time(self, message: Mapping[str, Any], name: str) -> float | None:
        value = message.get(name)
        if value is None:
            return None
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            self._wrong(name, "must be a time such as 2030-01-31T12:00:00Z (RFC 3339)")
            return None
        if moment.tzinfo is None:
            self._wrong(name, "must say its offset from UTC, such as Z or +02:00")
            return None
        try:
            return moment.astimezone(UTC).timestamp()
        except OverflowError:
            self._wrong(name, "must lie between the years 1 and 9999, in UTC")
            return None


async def _refusing(hook: Awaitable[T]) -> T:
    """Await a hook; what stops it becomes the caller's answer. The cause stays in the log."""
    try:
        return await hook
    except Reject as error:
        raise error.as_api_error() from error
    except PluginError as error:
        raise ApiError(500, "plugin_failed", "A plugin of this endpoint failed.") from error


def _gone(status: str) -> ApiError:
    if status == "used":
        return ApiError(410, "callback_used", "This callback was used already; it works once.")
    return ApiError(410, "callback_void", "The task of this callback is over, or its session has ended.")


def names_of_node(library: Library, condition: Precondition | None) -> frozenset[str]:
    """All "flow/node" under which a session may stand at the node that ``ifNode`` names: also under an id
    that it had before, or has now."""
    wanted = condition.if_node if condition is not None else None
    if wanted is None:
        return frozenset()
    flow_name, _, key = wanted.rpartition("/")
    flows = [library.flows[flow_name]] if flow_name in library.flows else library.flows.values()
    names: set[str] = set()
    for flow in flows if not flow_name or flow_name in library.flows else ():
        now = flow.moved.get(key, key)
        olds = (old for old, new in flow.moved.items() if new == now)
        names.update(f"{flow.name}/{name}" for name in (now, *olds))
    return frozenset(names)


def is_idempotency_key(value: str) -> bool:
    """1 to 255 printable ASCII characters."""
    return 0 < len(value) <= 255 and value.isascii() and value.isprintable()


def _storable(value: str) -> bool:
    """Neither database takes NUL or half a surrogate pair; a plugin may have made one."""
    if value.isascii():
        return "\0" not in value
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in value


def _text(body: JsonObject | None, name: str) -> str:
    value = (body or {}).get(name)
    return value if isinstance(value, str) else ""
