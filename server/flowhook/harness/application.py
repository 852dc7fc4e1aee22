"""One conversation with an application in memory: everything that a server has but the listening socket."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any, cast

from flowhook.app import open_application
from flowhook.builtin.desk import Desk
from flowhook.config import Config, EndpointConfig, OperatorEventsConfig
from flowhook.errors import ApiError, FlowhookError
from flowhook.harness.clocks import MovableClock
from flowhook.harness.settle import advance, until_idle
from flowhook.model.endpoint import Endpoint
from flowhook.model.handover import HandoverEvent, HandoverEventType
from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.net.client import Outgoing
from flowhook.runtime.application import Application
from flowhook.runtime.project.project import Project
from flowhook.runtime.turns.overrides import Overrides
from flowhook.storage.records import HandoverClaim, ProfileChange

WEBHOOK = "http://webhook.invalid/"  #: of the endpoint: something else takes its deliveries
TOKEN = "token-of-the-conversation"


class Harness:
    """One session with one endpoint of an application in memory. Made by :func:`open_harness`.

    What is submitted is accepted by the same rules as over HTTP, and each method returns when all that it
    set going has come to rest.
    """

    def __init__(self, application: Application, clock: MovableClock, ref: SessionRef) -> None:
        self.application = application
        self.clock = clock
        self.ref = ref

    @property
    def endpoint(self) -> Endpoint:
        """The endpoint that is talked to."""
        endpoint = self.application.endpoints.by_name(self.ref.endpoint)
        assert endpoint is not None
        return endpoint

    # --- what happens ----------------------------------------------------------------------------

    async def submit(self, kind: str, content: Mapping[str, Any]) -> None:
        """Submit a message, inject or notify: ``content`` is the body without its ids. Raises ApiError."""
        ids = {"userId": self.ref.user_id, "sessionId": self.ref.session_id}
        await self.application.intake.submit(self.endpoint, kind, {**ids, **content})
        await self.settle()

    async def call_back(self, tokens: Iterable[str], result: Any) -> None:
        """Post the result of a task to the first of the one-time URLs that is still open.

        Raises FlowhookError when none is.
        """
        for token in tokens:
            try:
                await self.application.task_results.accept(token, result)
            except ApiError as error:
                if error.status not in (404, 410):
                    raise
            else:
                return await self.settle()
        raise FlowhookError("no task waits for a callback")

    async def agent(self, event: str = "message", **told: Any) -> None:
        """Let the agent who has the conversation say or do something: the fields of a
        :class:`~flowhook.model.handover.HandoverEvent`. Raises FlowhookError when it is not handed over."""
        rows = await self.application.store.handovers.find(endpoint=self.ref.endpoint)
        row = next((row for row in rows if row.ref == self.ref and row.status != "closed"), None)
        if row is None:
            raise FlowhookError("the conversation is not handed over")
        claim = HandoverClaim(ends=event in ("resolved", "error"))
        told_of = HandoverEvent(row.id, cast(HandoverEventType, event), **told)
        await self.application.handover_intake.enter(row.id, told_of, claim)
        await self.settle()

    async def advance(self, seconds: float) -> None:
        """Let time pass: what falls due on the way happens at its own time, and its consequences too."""
        await advance(self.application, self.clock, seconds)

    async def settle(self) -> None:
        """Wait until nothing moves; what waits for the clock goes on waiting."""
        await until_idle(self.application)

    async def change_context(self, changes: Mapping[str, Any]) -> None:
        """Merge values into the session's context; null takes a key away."""
        await self.application.sessions.patch_context(self.ref, dict(changes))

    async def change_profile(self, values: Mapping[str, Any]) -> None:
        """Put values into the user's profile."""
        if values:
            changes = [ProfileChange("set", (name,), value) for name, value in values.items()]
            await self.application.store.profiles.change(self.ref.user_id, changes, self._profile_endpoint)
            self.application.profiles.forget(self.ref.user_id, self._profile_endpoint)

    # --- what can be seen ------------------------------------------------------------------------

    async def state(self) -> JsonObject:
        """Return the session's state: frames, context, memory …; empty before its first turn."""
        row = await self.application.store.sessions.get(self.ref)
        return row.state if row is not None and row.state else {}

    async def node(self) -> str | None:
        """Return where the session stands, as "flow/node"; None at the beginning."""
        row = await self.application.store.sessions.get(self.ref)
        return row.node if row is not None else None

    async def profile(self) -> JsonObject:
        """Return the user's profile."""
        return await self.application.store.profiles.get(self.ref.user_id, self._profile_endpoint)

    @property
    def _profile_endpoint(self) -> str:
        return self.application.config.profiles.endpoint_of(self.ref.endpoint)

    async def transcript(self, limit: int | None = None) -> list[JsonObject]:
        """Return the inbounds of the session with what came of each, oldest first; the last ``limit``."""
        return await self.application.store.transcripts.entries(self.ref, limit)


@asynccontextmanager
async def open_harness(
    config: Config,
    ref: SessionRef,
    *,
    clock: MovableClock,
    overrides: Overrides,
    outgoing: Outgoing | None = None,
    project: Project | None = None,
    people: bool = False,
) -> AsyncIterator[Harness]:
    """Open an application for one conversation. At the end it is closed, and what waits for the clock is cut.
    ``people``: handovers go to the providers that are configured; else a desk stands in for all of them.

    ``ref`` names the session and its endpoint; the other arguments are those of
    :func:`flowhook.app.open_application`.
    """
    if not people:
        overrides = replace(overrides, handovers=Desk(None))  # a rehearsal calls nobody
    async with open_application(
        config, clock=clock, outgoing=outgoing, project=project, overrides=overrides
    ) as application:
        harness = Harness(application, clock, ref)
        try:
            await harness.settle()
            yield harness
        finally:
            await application.turns.stop(0.0)


def with_one_endpoint(config: Config, endpoint: EndpointConfig, **changes: Any) -> Config:
    """Return a configuration with this endpoint alone and storage in memory. ``changes``: further fields."""
    return config.model_copy(
        update={
            "storage": "sqlite:///:memory:",
            "admin_key": config.admin_key or "nobody-asks-for-it",
            "operator_events": OperatorEventsConfig(),
            "endpoints": [endpoint],
            **changes,
        }
    )


def stand_in(named: EndpointConfig | None, name: str, **changes: Any) -> EndpointConfig:
    """Return an endpoint for a conversation: a copy of ``named`` with its plugins, engine and formats, or a
    plain one called ``name``. Whoever speaks first to it makes the session. ``changes``: further fields."""
    own = named or EndpointConfig(name=name, flow=changes.get("flow", ""))
    session = own.session.model_copy(update={"unknown": "create", "pin": False})
    if session.concurrency == "merge":  # what is said one after the other is answered so
        session = session.model_copy(update={"concurrency": "queue"})
    webhook = own.webhook.model_copy(update={"url": WEBHOOK})
    events = own.events.model_copy(update={"url": ""})  # a rehearsal is told to nobody
    fields = {
        "enabled": True,
        "token": own.token or TOKEN,
        "session": session,
        "webhook": webhook,
        "events": events,
    }
    return own.model_copy(update={**fields, "snapshot": None, **changes})
