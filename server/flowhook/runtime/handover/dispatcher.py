"""What leaves for providers: one thing after the other in each handover, again until it is taken."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from flowhook import failpoints
from flowhook.clock import Clock
from flowhook.engine.outcomes import NodeFailed
from flowhook.hooks.api.handover_provider import ConversationMessage
from flowhook.model.handover import HandoverEvent
from flowhook.model.log_action import LogAction
from flowhook.runtime.handover.copilot import Copilot
from flowhook.runtime.handover.events import HandoverIntake
from flowhook.runtime.handover.providers import Providers
from flowhook.storage.protocols import Handovers
from flowhook.storage.records import HandoverParcel

log = logging.getLogger("flowhook.handover")

OPEN_RETRIES = (1.0, 5.0, 15.0)  #: seconds after a failed attempt to ask for a person; then the flow is told
RETRIES = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)  #: of everything else; then it is given up
AT_ONCE = 32  #: handovers that are served at the same time
RETRY_SECONDS = 1.0  #: after a failure of the store
LONGEST_SLEEP = 30.0


class HandoverDispatcher:
    """Sends what is due. Everything lies in the store, so a restart loses nothing; what was sent when the
    process ended is sent again, under the same id."""

    def __init__(
        self,
        handovers: Handovers,
        clock: Clock,
        providers: Providers,
        intake: HandoverIntake,
        copilot: Copilot,
    ) -> None:
        self._handovers = handovers
        self._clock = clock
        self._providers = providers
        self._intake = intake
        self._copilot = copilot
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}  #: by the handover
        self.resting = False  #: nothing is due, as far as is known

    def wake(self) -> None:
        """Look for what is due now."""
        self.resting = False
        self._wake.set()

    async def run(self) -> None:
        """Send what falls due, until cancelled."""
        try:
            while True:
                self._wake.clear()
                try:
                    pause = await self._send_due()
                except asyncio.CancelledError:
                    raise
                except Exception:
                    log.exception("handover loop failed", extra={"action": LogAction.HANDOVER_FAILED})
                    pause = RETRY_SECONDS
                await self._rest(pause)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)

    async def _send_due(self) -> float:
        """Begin to send what is due. Returns for how long nothing else is."""
        now = self._clock.now()
        for parcel in await self._handovers.due(now, AT_ONCE + len(self._busy)):
            id = parcel.handover.id
            if id not in self._busy and len(self._busy) < AT_ONCE:
                self._busy[id] = asyncio.create_task(self._send(parcel))
        if self._busy:
            return LONGEST_SLEEP  # the end of each wakes us
        due_at = await self._handovers.next_due_at()
        return LONGEST_SLEEP if due_at is None else min(LONGEST_SLEEP, max(0.0, due_at - now))

    async def _rest(self, pause: float) -> None:
        sleeping = asyncio.ensure_future(self._clock.sleep(pause))
        woken = asyncio.ensure_future(self._wake.wait())
        self.resting = pause > 0 and not self._busy
        try:
            await asyncio.wait((sleeping, woken), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.resting = False
            sleeping.cancel()
            woken.cancel()

    async def _send(self, parcel: HandoverParcel) -> None:
        """Make one attempt, and note what came of it."""
        try:
            failpoints.hit(f"handover.{parcel.message.kind}")
            await self._copilot.tell(parcel.handover, parcel.message)
            settled: dict[str, Any]
            try:
                settled = {"status": "sent", "reference": await self._attempt(parcel)}
                failpoints.hit(f"handover.{parcel.message.kind}.sent")
            except asyncio.CancelledError:
                raise
            except Exception as error:
                settled = self._failed(parcel, error)
            self._intake.take_up(await self._handovers.settle(parcel, **settled))
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("handover attempt raised", extra={"action": LogAction.HANDOVER_FAILED})
            await self._clock.sleep(RETRY_SECONDS)
        finally:
            self._busy.pop(parcel.handover.id, None)
            self.wake()

    async def _attempt(self, parcel: HandoverParcel) -> str | None:
        """Hand it to the provider. Returns the provider's own id of a conversation that was opened."""
        row, message = parcel.handover, parcel.message
        provider = self._providers.get(row.provider)
        if provider is None:
            raise NodeFailed("unsupported", f'there is no handover provider "{row.provider}"')
        conversation = await self._providers.conversation(row, begins=message.kind == "open")
        match message.kind:
            case "open":
                reference = await self._providers.call(
                    provider, provider.open, endpoint=row.ref.endpoint, conversation=conversation
                )
                return str(reference) if reference is not None else None
            case "close":
                await self._providers.call(
                    provider, provider.close, endpoint=row.ref.endpoint, conversation=conversation
                )
            case "message":
                said = ConversationMessage(
                    conversation,
                    f"{row.id}-{message.seq}",
                    message.source,
                    message.text,
                    message.data,
                    message.attachments,
                    message.at,
                )
                await self._providers.call(provider, provider.send, endpoint=row.ref.endpoint, message=said)
        return None

    def _failed(self, parcel: HandoverParcel, error: Exception) -> dict[str, Any]:
        """Return what a failed attempt comes to: another one later, or none."""
        row, message = parcel.handover, parcel.message
        retries = OPEN_RETRIES if message.kind == "open" else RETRIES
        for_good = isinstance(error, NodeFailed) or message.attempts >= len(retries)
        words = type(error.__cause__ or error).__name__
        if isinstance(error, NodeFailed):  # a provider may say there what somebody said
            words = error.reason if self._providers.masks(row.ref.endpoint) else str(error)
        log.warning(
            "%s of handover %s at %s failed%s: %s",
            message.kind, row.id, row.provider, " for good" if for_good else "", words,
            extra={"action": LogAction.HANDOVER_FAILED, "endpoint": row.ref.endpoint},
        )  # fmt: skip
        if not for_good:
            next_at = self._clock.now() + retries[message.attempts]
            return {"status": "pending", "next_at": next_at, "error": words}
        event = None
        if message.kind == "open":
            reason = error.reason if isinstance(error, NodeFailed) else "error"
            told = HandoverEvent(row.id, "error", text=f"{row.provider}: {words}", reason=reason)
            event = self._intake.inbound(row.id, told)
            assert event.handover is not None
            event.handover["closed"] = True  # it was never opened, so nobody is told that it is over
        return {"status": "dead", "error": words, "event": event}
