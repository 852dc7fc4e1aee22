"""The copilot: a flow of its own beside each handover, which draws tiles for the agent.

It runs in a session of its own, at an endpoint that is derived from the user's: the same settings, but
another flow, and nothing is sent. What it was told has an id, so that a repeat runs nothing.
"""

from __future__ import annotations

import logging
from typing import Any

from flowhook.clock import Clock
from flowhook.errors import ApiError
from flowhook.ids import new_id
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.model.log_action import LogAction
from flowhook.model.output import Output
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.handover.providers import Providers
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.project.endpoints import COPILOT, Endpoints
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.storage.protocols import Handovers, Inbox, Sessions
from flowhook.storage.records import Accepted, Arrival, HandoverMessage, HandoverRow, RequestKey

log = logging.getLogger("flowhook.handover")

ROUTE = "copilot"
REMEMBERED = 7 * 86_400.0


class Copilot:
    """Tells copilot flows what happens, and shows what they have drawn."""

    def __init__(
        self,
        inbox: Inbox,
        sessions: Sessions,
        handovers: Handovers,
        clock: Clock,
        endpoints: Endpoints,
        providers: Providers,
        turns: TurnScheduler,
        events: EventBus,
    ) -> None:
        self._inbox = inbox
        self._sessions = sessions
        self._handovers = handovers
        self._clock = clock
        self._endpoints = endpoints
        self._providers = providers
        self._turns = turns
        self._events = events

    async def tell(self, row: HandoverRow, message: HandoverMessage) -> None:
        """Tell the flow that a handover began, or what the user said. What goes wrong keeps nothing else from
        going on."""
        if message.kind == "close" or (message.kind == "message" and message.source != "user"):
            return
        if self._endpoints.by_name(row.ref.endpoint + COPILOT) is None:
            return
        data: JsonObject = {"handover": self._named(row)}
        if message.kind == "open":
            data["transcript"] = await self._providers.before(row)
        elif message.data:
            data["message"] = message.data
        try:
            await self._accept(row, message.text, data, f"{row.id}-{message.seq}")
        except Exception:
            log.exception("copilot was not told", extra={"action": LogAction.HANDOVER_FAILED})

    async def post_back(self, row: HandoverRow, tile: str, payload: Any) -> str:
        """Tell the flow of a click in a tile. Returns the trace id. Raises ApiError 404."""
        if self._endpoints.by_name(row.ref.endpoint + COPILOT) is None:
            raise ApiError(404, "no_copilot", "This endpoint has no copilot.")
        submit = {"type": "submit", "tile": tile, "payload": payload}
        return await self._accept(row, "", {"handover": self._named(row), "copilot": submit}, None)

    async def show(self, row: HandoverRow) -> JsonObject:
        """Return what is drawn: ``{handover, grid, tiles}``. Raises ApiError 404."""
        if self._endpoints.by_name(row.ref.endpoint + COPILOT) is None:
            raise ApiError(404, "no_copilot", "This endpoint has no copilot.")
        session = await self._sessions.get(self._ref(row))
        drawn = (session.state.get("values") or {}).get("copilot", {}) if session is not None else {}
        return {"handover": row.id, "grid": drawn.get("grid"), "tiles": drawn.get("tiles", {})}

    async def row_of(self, endpoint: str, user_id: str, session_id: str) -> HandoverRow | None:
        """Return the handover that a session is in; None while it is in none."""
        session = await self._sessions.get(SessionRef(endpoint, user_id, session_id))
        handover = session.state.get("handover") if session is not None and session.state else None
        row = await self._handovers.get(handover["id"]) if handover else None
        return row if row is not None and row.status != "closed" else None

    def said(self, ref: SessionRef, outputs: list[Output], redactor: Redactor) -> None:
        """Tell those who listen what a copilot flow has drawn, now that it is durable."""
        if not ref.endpoint.endswith(COPILOT) or not self._events.hears(EventType.COPILOT_CHANGED):
            return
        for output in outputs:
            drawn = output.data.get("copilot")
            if drawn is None:
                continue
            told = {"handover": ref.session_id, **(redactor.value(drawn) if redactor.masked else drawn)}
            owner = SessionRef(ref.endpoint.removesuffix(COPILOT), ref.user_id, "")
            now = self._clock.now()
            self._events.emit(Event.of(EventType.COPILOT_CHANGED, now, owner, output.trace_id, told))

    async def _accept(self, row: HandoverRow, text: str, data: JsonObject, key: str | None) -> str:
        inbound = Inbound(self._ref(row), Kind.INJECT, new_id(), self._clock.now(), text, data, test=row.test)
        repeats = RequestKey(key, ROUTE, b"", lifetime=REMEMBERED) if key is not None else None
        (accepted,) = await self._inbox.accept([Arrival(inbound, repeats)])
        if isinstance(accepted, Accepted) and self._turns.runs_here:
            self._turns.arrived(accepted)
        return inbound.trace_id

    def _ref(self, row: HandoverRow) -> SessionRef:
        return SessionRef(row.ref.endpoint + COPILOT, row.ref.user_id, row.id)

    def _named(self, row: HandoverRow) -> JsonObject:
        return {
            "id": row.id,
            "status": row.status,
            "provider": row.provider.partition("@")[0],
            "userId": row.ref.user_id,
            "sessionId": row.ref.session_id,
        }
