"""What is kept of a user beside sessions: exported as JSON, and erased with them."""

from __future__ import annotations

from typing import Protocol

from flowhook.model.inbound import JsonObject
from flowhook.runtime.observe.analytics_view import shown_record
from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.storage.protocols import (
    Analytics,
    Audit,
    Handovers,
    PluginData,
    Profiles,
    Receipts,
    Retention,
    Sessions,
    Timers,
)
from flowhook.storage.records import AuditFilter, AuditRow, HandoverMessage, HandoverRow

AUDIT_PAGE = 500


class UserStore(Protocol):
    """Where something of users is kept."""

    @property
    def sessions(self) -> Sessions: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def plugin_data(self) -> PluginData: ...
    @property
    def analytics(self) -> Analytics: ...
    @property
    def handovers(self) -> Handovers: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def timers(self) -> Timers: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def retention(self) -> Retention: ...


class UserData:
    """Knows all places where something of a user lies."""

    def __init__(self, store: UserStore, profiles: ProfileCache) -> None:
        self._store = store
        self._profiles = profiles

    async def erase(self, user_id: str) -> int:
        """Erase all that is kept of a user, sessions too; return how many of them went. Then no byte of the
        user is left in the database's files. Others go on meanwhile."""
        erased = await self._store.sessions.forget(user_id)
        self._profiles.clear()
        await self._store.retention.scrub()
        return erased

    async def sharing_with(self, user_id: str) -> list[str]:
        """Return the other users with whom a user shares a profile."""
        profiles = self._store.profiles
        endpoints = await profiles.endpoints_of(user_id)
        found = [await profiles.linked(user_id, endpoint) for endpoint in endpoints]
        return sorted({user for sharing in found for user in sharing})

    async def export(self, user_id: str) -> JsonObject:
        """Return what is kept of a user beside sessions."""
        store = self._store
        at_endpoints = {
            endpoint: {
                "profile": await store.profiles.get(user_id, endpoint),
                "sharedWith": await store.profiles.linked(user_id, endpoint),
            }
            for endpoint in await store.profiles.endpoints_of(user_id)
        }
        of_project = at_endpoints.pop("", {"profile": {}, "sharedWith": []})
        return {
            "userId": user_id,
            **of_project,
            "profiles": at_endpoints,
            "pluginData": await store.plugin_data.of_user(user_id),
            "analytics": [shown_record(row) for row in await store.analytics.of_user(user_id)],
            "handovers": [_handover(*found) for found in await store.handovers.of_user(user_id)],
            "discarded": await store.receipts.discards_of(user_id),
            "scheduled": await store.timers.of_user(user_id),
            "audit": await self._audit(user_id),
        }

    async def _audit(self, user_id: str) -> list[JsonObject]:
        """Return what was done through administration to what is kept of a user."""
        rows: list[AuditRow] = []
        last: int | None = None
        while page := await self._store.audit.find(AuditFilter(user_id=user_id), AUDIT_PAGE, last):
            rows += page
            last = page[-1].row
        return [{"at": row.at, "who": row.who, "action": row.action, "subject": row.subject} for row in rows]


def _handover(row: HandoverRow, messages: list[HandoverMessage]) -> JsonObject:
    """Return a handover for export, with what was said in it and noted of it."""
    said = [
        {
            "source": message.source,
            "agent": message.agent,
            "text": message.text,
            "data": message.data,
            "attachments": message.attachments,
            "at": message.at,
        }
        for message in messages
        if message.kind == "message"
    ]
    return {
        "id": row.id,
        "endpoint": row.ref.endpoint,
        "sessionId": row.ref.session_id,
        "provider": row.provider.partition("@")[0],
        "status": row.status,
        "outcome": row.outcome,
        "ending": row.ending,
        "createdAt": row.created_at,
        "closedAt": row.closed_at,
        "messages": said,
    }
