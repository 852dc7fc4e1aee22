"""What agents do at the desk: take, answer, hand on, resolve. The rules are the store's: one transaction
compares who has a conversation and accepts what is done."""

from __future__ import annotations

import logging
from typing import Any

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.engine.expressions.parser import ExpressionError
from flowhook.errors import ApiError
from flowhook.logging_config import redact_urls
from flowhook.model.event import EventType
from flowhook.model.handover import HandoverEvent
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction
from flowhook.model.roles import permits
from flowhook.runtime.handover.events import ROUTE, HandoverIntake, fingerprint
from flowhook.runtime.handover.presence import Presence
from flowhook.runtime.handover.providers import Providers
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import COPILOT, Endpoints
from flowhook.storage.protocols import Handovers, Profiles
from flowhook.storage.records import (
    HandoverClaim,
    HandoverMessage,
    HandoverRefused,
    HandoverRow,
    Replayed,
    RequestKey,
)

log = logging.getLogger("flowhook.handover")

ADMIN_NAME = "admin"  #: the bearer of ``admin_key``

#: code → status, sentence
REFUSALS = {
    "unknown_handover": (404, "There is no such handover."),
    "handover_closed": (409, "This handover is over."),
    "handover_taken": (409, "{owner} has it."),
    "not_owner": (409, "{owner} has it: only its owner may do that."),
    "idempotency_mismatch": (422, "This messageId was used before with other words."),
}


class HandoverDesk:
    """The desk as the API has it. ``agent`` is the name of a key of administration."""

    def __init__(
        self,
        handovers: Handovers,
        profiles: Profiles,
        clock: Clock,
        config: Config,
        current: CurrentProject,
        endpoints: Endpoints,
        intake: HandoverIntake,
        providers: Providers,
        presence: Presence,
    ) -> None:
        self._handovers = handovers
        self._profiles = profiles
        self._clock = clock
        self._config = config
        self._current = current
        self._endpoints = endpoints
        self._intake = intake
        self._providers = providers
        self.presence = presence

    # --- reading ----------------------------------------------------------------------------------

    async def find(
        self, status: str | None, endpoint: str | None, owner: str | None, limit: int, after: int | None
    ) -> tuple[list[JsonObject], int | None]:
        """Return a page, and where to go on."""
        rows = await self._handovers.find(status, endpoint, owner, limit, after)
        return [self.shown(row) for row in rows], rows[-1].row if len(rows) == limit else None

    async def show(self, id: str) -> JsonObject:
        """Return one. Raises ApiError 404."""
        return self.shown(await self.row(id))

    async def row(self, id: str) -> HandoverRow:
        """Return one as it is kept. Raises ApiError 404."""
        row = await self._handovers.get(id)
        if row is None:
            raise _refusal(HandoverRefused("unknown_handover"))
        return row

    async def seen(self, id: str, agent: str, role: Any) -> HandoverRow:
        """Return one that somebody may look into: an agent into the queue, and his own. Raises ApiError."""
        row = await self.row(id)
        if row.owner not in (None, agent) and not permits(role, ("reader", "operator")):
            raise ApiError(403, "forbidden", f"{row.owner} has it: this needs the role operator or reader.")
        return row

    def shown(self, row: HandoverRow) -> JsonObject:
        """Return a handover as the API shows it."""
        now = self._clock.now()
        entry = self._config.handovers.get(row.provider.partition("@")[0])
        shown: JsonObject = {
            "id": row.id,
            "endpoint": row.ref.endpoint,
            "userId": row.ref.user_id,
            "sessionId": row.ref.session_id,
            "provider": row.provider.partition("@")[0],
            "status": row.status,
            "outcome": row.outcome,
            "owner": row.owner,
            "node": row.node,
            "settings": row.settings.get("settings", {}),
            "traceId": row.trace_id,
            "createdAt": row.created_at,
            "takenAt": row.taken_at,
            "closedAt": row.closed_at,
            "waitingSince": row.waiting_since,
            "waitingSeconds": round(now - row.waiting_since) if row.waiting_since is not None else None,
            "alertSeconds": entry.alert_after if entry is not None else None,
            "step": ("", "reminded", "requeued", "returned")[row.step],
            "hasCopilot": self._endpoints.by_name(row.ref.endpoint + COPILOT) is not None,
            **({"ending": row.ending} if row.ending else {}),
        }
        return {**shown, "test": True} if row.test else shown

    async def transcript(self, id: str, agent: str, role: Any) -> JsonObject:
        """Return what was said, before it and in it, with the notes. An agent sees what waits in the queue
        and what is his. Raises ApiError."""
        row = await self.seen(id, agent, role)
        messages = await self._handovers.messages(id)
        return {
            **self.shown(row),
            "before": await self._before(row),
            "messages": [_message(message) for message in messages if message.kind == "message"],
        }

    async def _before(self, row: HandoverRow) -> list[JsonObject]:
        redactor = Redactor.of(self._endpoints.by_name(row.ref.endpoint))
        if row.status == "closed" and (redactor.masks_records or not redactor.keeps_conversations):
            return []
        return await self._providers.before(row)

    async def texts(self, id: str) -> list[JsonObject]:
        """Return the texts that are ready for agents, with the user's profile filled in. One that cannot be
        rendered for this user has no text, and a ``problem``."""
        row = await self.row(id)
        entry = self._config.handovers.get(row.provider.partition("@")[0])
        profile = await self._profiles.get(
            row.ref.user_id, self._config.profiles.endpoint_of(row.ref.endpoint)
        )
        scope = {"profile": profile, "vars": self._config.vars}
        found = []
        templates = self._current.project.hooks.templates
        for name, text in (entry.texts if entry is not None else {}).items():
            try:
                found.append({"name": name, "text": templates.compile(text, text=True).evaluate(scope, [])})
            except ExpressionError as error:
                problem = redact_urls(error.message)
                log.warning("the ready text %r cannot be rendered: %s", name, problem,
                            extra={"action": LogAction.HANDOVER_FAILED})  # fmt: skip
                found.append({"name": name, "text": "", "problem": problem})
        return found

    # --- doing --------------------------------------------------------------------------------------

    async def take(self, id: str, agent: str) -> JsonObject:
        """Take a conversation that nobody has. Raises ApiError 409, which names who has it."""
        await self._enter(id, HandoverEvent(id, "active", agent=agent), HandoverClaim(agent, takes=True))
        return await self.show(id)

    async def reply(
        self,
        id: str,
        agent: str,
        text: str,
        data: JsonObject | None,
        attachments: list[JsonObject],
        message_id: str | None = None,
    ) -> JsonObject:
        """Say something to the user. With a ``message_id`` a repeat is known."""
        key = None
        if message_id is not None:
            key = RequestKey(message_id, ROUTE, fingerprint(agent, text, data, attachments))
        event = HandoverEvent(id, "message", text=text, data=data or {}, attachments=attachments, agent=agent)
        return await self._enter(id, event, HandoverClaim(agent, key=key))

    async def note(self, id: str, agent: str, text: str) -> JsonObject:
        """Keep a note, which agents alone read."""
        noted = await self._handovers.note(id, agent, text)
        if isinstance(noted, HandoverRefused):
            raise _refusal(noted)
        self._intake.tell(EventType.HANDOVER_NOTE, await self.row(id), {"agent": agent})
        return _message(noted)

    async def release(self, id: str, agent: str, *, forces: bool) -> JsonObject:
        """Give a conversation back to the queue."""
        claim = HandoverClaim(agent, gives="", forces=forces)
        await self._enter(id, HandoverEvent(id, "queue"), claim)
        return await self.show(id)

    async def transfer(self, id: str, agent: str, to: str, *, forces: bool) -> JsonObject:
        """Hand a conversation to another agent. Raises ApiError 400 for one who is none."""
        known = {
            ADMIN_NAME,
            *(key.name for key in self._config.admin_keys if permits(key.role, ("agent", "operator"))),
        }
        if to not in known:
            detail = f"There is no agent {to!r}: transfer to one of {', '.join(sorted(known))}."
            raise ApiError(400, "unknown_agent", detail)
        claim = HandoverClaim(agent, gives=to, forces=forces)
        await self._enter(id, HandoverEvent(id, "active", agent=to), claim)
        self._intake.tell(EventType.HANDOVER_ACTIVE, await self.row(id), {"agent": to})
        return await self.show(id)

    async def resolve(self, id: str, agent: str, result: Any, note: str, *, forces: bool) -> JsonObject:
        """End a conversation: the flow goes on."""
        event = HandoverEvent(id, "resolved", agent=agent, result=result, note=note)
        return await self._enter(id, event, HandoverClaim(agent, ends=True, forces=forces))

    async def typing(self, id: str, agent: str) -> None:
        """Tell those who listen that an agent writes."""
        self._intake.tell(EventType.HANDOVER_TYPING, await self.row(id), {"agent": agent})

    async def _enter(self, id: str, event: HandoverEvent, claim: HandoverClaim) -> JsonObject:
        accepted = await self._intake.enter(id, event, claim)
        if isinstance(accepted, HandoverRefused):
            raise _refusal(accepted)
        if isinstance(accepted, Replayed):
            return {"traceId": accepted.trace_id, "replayed": True}
        return {"traceId": accepted.inbound.trace_id}


def _refusal(refused: HandoverRefused) -> ApiError:
    status, detail = REFUSALS[refused.code]
    return ApiError(status, refused.code, detail.format(owner=refused.owner or "Nobody"))


def _message(message: HandoverMessage) -> JsonObject:
    shown: JsonObject = {
        "sequence": message.seq,
        "source": message.source,
        "text": message.text,
        "data": message.data,
        "attachments": message.attachments,
        "traceId": message.trace_id,
        "at": message.at,
        "status": message.status,
    }
    return {**shown, "agent": message.agent} if message.agent else shown
