"""One attempt at a delivery: send it, judge the result, record it."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, NamedTuple

from flowhook import failpoints
from flowhook.clock import Clock
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult, Rejected, Retry
from flowhook.model.event import EventType
from flowhook.model.log_action import LogAction
from flowhook.model.privacy import HIDDEN, MASK
from flowhook.runtime.delivery.circuit_breaker import Breaker
from flowhook.runtime.delivery.lanes import OWN_ORIGIN, Lane
from flowhook.runtime.delivery.output_call import OutputCaller
from flowhook.runtime.delivery.poller import Poller
from flowhook.runtime.delivery.retry import is_rejection
from flowhook.runtime.delivery.targets import DeliveryTarget
from flowhook.runtime.observe.metrics import Metrics
from flowhook.storage.protocols import Outbox, Settings
from flowhook.storage.records import Attempt

log = logging.getLogger("flowhook.delivery")

REJECTIONS_REMEMBERED = 10_000
BREAKERS = 1_000  #: origins of one endpoint
ERROR_LENGTH = 500
RESPONSE_LENGTH = 500  #: characters of what a receiver said with a failure
#: A streak of failures that lasted so long was an outage: its end wakes all that wait.
OUTAGE_SECONDS = 1.0
PAUSED = "paused:"  #: settings under this prefix name the endpoints that a receiver's 410 has paused

FAILING = 3  #: failed attempts of an endpoint in a row, after which it is said to fail

#: Told ``message.sent``, ``delivery.failed``, ``delivery.dead``, ``delivery.failing``, ``endpoint.paused``
#: and ``endpoint.recovered``.
Listener = Callable[[EventType, Delivery, dict[str, Any]], None]


#: The endpoint, the origin, and until when it rests; None: it is alive again.
OnBreaker = Callable[[str, str, float | None], None]


class Settling(NamedTuple):
    """A delivery that was taken, which the store is to be told quietly."""

    attempt: Attempt
    kind: str
    seconds: float


class Attempts:
    """Makes attempts. ``sender`` is what outputs send with (``net.client.Outgoing``)."""

    def __init__(
        self,
        outbox: Outbox,
        settings: Settings,
        clock: Clock,
        sender: Any,
        poller: Poller,
        metrics: Metrics | None,
        on_event: Listener | None,
        chance: Callable[[], float],
        on_breaker: OnBreaker,
    ) -> None:
        """``on_breaker`` is told of destinations that were found dead, or alive again."""
        self._on_breaker = on_breaker
        self._outbox = outbox
        self._settings = settings
        self._clock = clock
        self._poller = poller
        self._metrics = metrics
        self._on_event = on_event
        self._chance = chance
        self._rejections: OrderedDict[str, int] = OrderedDict()
        self.outputs = OutputCaller(sender)

    async def make(self, lane: Lane, delivery: Delivery, *, followed: bool) -> Delivery | Settling | None:
        """Send once and record what became of it. Returns the session's next delivery, if it is free.

        A delivery that was taken and is not ``followed`` by another one, so that nobody waits for its end,
        is to be settled quietly by the caller, who has to :meth:`report` it when it is written.
        """
        target = lane.target
        if target is None or lane.paused:
            return None
        origin = "/".join(delivery.url.split("/", 3)[:3]) if delivery.url else OWN_ORIGIN
        if lane.breakers and (breaker := lane.breakers.get(origin)) is not None:
            now = self._clock.now()
            if not breaker.admits(now):
                return None if origin == OWN_ORIGIN else await self._postpone(delivery, breaker, now)
        failpoints.hit("deliver.before_send")
        began = self._clock.monotonic()
        kind, result = await self.outputs.call(target, delivery)
        seconds = self._clock.monotonic() - began
        failpoints.hit("deliver.sent")
        attempt = await self._judge(lane, target, delivery, result, origin)
        attempt.ms = int(seconds * 1000)
        if delivery.claimed_until is not None:
            attempt.claim = lane.claim_seconds
        failpoints.hit("deliver.before_mark")
        if kind == "delivered" and not (followed or lane.inherited or lane.breakers):
            return Settling(attempt, kind, seconds)
        following = await self._outbox.record_attempt(attempt)
        self.report(lane, attempt, kind, seconds)
        if kind == "delivered" and (lane.inherited or lane.breakers):
            await self._on_recovery(lane, origin)
        return following

    # --- what a result means ----------------------------------------------------------------------

    async def _judge(
        self, lane: Lane, target: DeliveryTarget, delivery: Delivery, result: DeliveryResult, origin: str
    ) -> Attempt:
        """Decide what the result means for this delivery, and for the destination."""
        now = self._clock.now()
        if isinstance(result, Delivered):
            if self._rejections:
                self._rejections.pop(delivery.delivery_id, None)
            return Attempt(delivery, "delivered", http_status=result.status, at=now, body=result.body)
        reason = result.reason[:ERROR_LENGTH]
        if delivery.privacy & HIDDEN and target.hook is not None:
            reason = MASK  # a plugin's words, in which a user's may be
        attempt = Attempt(delivery, "dead", None, result.status, reason, at=now)
        if result.response:
            attempt.body = result.response.encode()
            attempt.response = MASK if delivery.privacy else result.response[:RESPONSE_LENGTH]
        if isinstance(result, Rejected) and result.pause and target.pauses:
            if await self.pause(lane, reason) and self._on_event is not None:
                lane.reported = True
                self._on_event(EventType.ENDPOINT_PAUSED, delivery, {"reason": reason})
            attempt.status, attempt.next_at = "pending", now
            return attempt
        rejections = await self._count_rejection(delivery, result)
        delay = target.policy.delay(result, delivery.attempts, rejections, self._chance)
        self._note_failure(lane, origin, result, delay, now)
        if delay is None:
            self._rejections.pop(delivery.delivery_id, None)
            return attempt
        attempt.status, attempt.next_at = "pending", now + delay
        attempt.counts = isinstance(result, Rejected) or result.counts
        return attempt

    async def _count_rejection(self, delivery: Delivery, result: Retry | Rejected) -> int:
        """Return how often this delivery was rejected before."""
        if not is_rejection(result.status):
            return 0  # nobody asks
        before = self._rejections.pop(delivery.delivery_id, None)
        if before is None:
            before = await self._stored_rejections(delivery)
        self._rejections[delivery.delivery_id] = before + 1
        if len(self._rejections) > REJECTIONS_REMEMBERED:
            self._rejections.popitem(last=False)
        return before

    async def _stored_rejections(self, delivery: Delivery) -> int:
        """Count the rejections of attempts that an earlier life of the server made."""
        row = await self._outbox.get(delivery.delivery_id) if delivery.attempts else None
        failures = row.failures[-delivery.attempts :] if row is not None else []
        return sum(is_rejection(failure["status"]) for failure in failures)

    def _note_failure(
        self, lane: Lane, origin: str, result: Retry | Rejected, delay: float | None, now: float
    ) -> None:
        """Tell the breaker of a failure. A destination that responds 4xx is well; one that is busy gets its
        pause."""
        if isinstance(result, Rejected) or is_rejection(result.status):
            known = lane.breakers.pop(origin, None)
            if known is not None:
                self._poller.poll_by(now)
                if known.until is not None:
                    self._on_breaker(lane.name, origin, None)
            return
        breaker = lane.breakers.get(origin)
        if breaker is None:
            if len(lane.breakers) >= BREAKERS:
                lane.breakers.clear()
            breaker = lane.breakers[origin] = Breaker(now)
        before = breaker.until
        if result.counts:
            breaker.failed(now)
        if delay is not None and (result.after is not None or not result.counts):
            breaker.hold(now + delay)
        if breaker.until is not None:
            self._poller.poll_by(breaker.until)
            if breaker.until != before:
                self._on_breaker(lane.name, origin, breaker.until)

    def heard_breaker(self, lane: Lane, origin: str, until: float | None) -> None:
        """Obey what another process found out about a destination; None: it is alive again."""
        if until is None:
            if lane.breakers.pop(origin, None) is not None:
                self._poller.poll_soon()
            return
        if len(lane.breakers) >= BREAKERS:
            lane.breakers.clear()
        breaker = lane.breakers.setdefault(origin, Breaker(self._clock.now()))
        breaker.heard(until)
        self._poller.poll_by(breaker.until or until)

    async def _on_recovery(self, lane: Lane, origin: str) -> None:
        """Wake all heads that wait at the first success, of this life or after an outage. Only so many
        leave at once as the endpoint takes."""
        now = self._clock.now()
        breaker = lane.breakers.pop(origin, None)
        if breaker is not None and breaker.until is not None:
            self._poller.poll_by(now)
            self._on_breaker(lane.name, origin, None)
        if not lane.inherited and (breaker is None or breaker.lasted(now) < OUTAGE_SECONDS):
            return
        lane.inherited = False
        if await self._outbox.wake(lane.name, now):
            self._poller.poll_by(now)

    async def _postpone(self, delivery: Delivery, breaker: Breaker, now: float) -> Delivery | None:
        """Move a delivery whose own destination rests to later: only the time changes, no attempt."""
        until = breaker.come_back_at(now, self._chance)
        self._poller.note_due(until)
        return await self._outbox.record_attempt(Attempt(delivery, "pending", until, counts=False, at=now))

    async def pause(self, lane: Lane, reason: str) -> bool:
        """Pause an endpoint until somebody enables it, and return whether it was not paused before."""
        if lane.paused:
            return False
        lane.paused, lane.pause_reason = True, reason
        await self._settings.set(PAUSED + lane.name, reason)
        log.warning(
            "endpoint %s is paused: %s", lane.name, reason, extra={"action": LogAction.ENDPOINT_PAUSED}
        )
        return True

    # --- telling ----------------------------------------------------------------------------------

    def report(self, lane: Lane, attempt: Attempt, kind: str, seconds: float) -> None:
        """Tell everybody of an attempt that was recorded; ``kind`` is for the metrics, as are the ``seconds``
        that it took."""
        failpoints.hit("deliver.after_mark")
        if attempt.next_at is not None:
            self._poller.note_due(attempt.next_at)
        if attempt.status == "delivered":
            lane.failing, lane.failed_in_a_row = False, 0
            lane.failures.tell_repeats(attempt.at)
        else:
            lane.failed_in_a_row += attempt.counts
        if attempt.status != "delivered" and not lane.failing:
            lane.failing = True
            lane.failures.begin(attempt.error or "", attempt.at, test=attempt.delivery.test)
        if self._metrics is not None and not attempt.delivery.test:
            self._metrics.attempt(lane.name, kind, seconds)
            if attempt.status != "pending":
                self._metrics.delivery(lane.name, attempt.status)
        if self._on_event is not None:
            self._emit(self._on_event, lane, attempt)
        if attempt.status != "pending" and lane.target is not None and lane.target.on_finish is not None:
            lane.target.on_finish(attempt)

    def _emit(self, listener: Listener, lane: Lane, attempt: Attempt) -> None:
        if attempt.status == "delivered":
            listener(EventType.MESSAGE_SENT, attempt.delivery, {"status": attempt.http_status})
            if lane.reported:
                lane.reported = False
                listener(EventType.ENDPOINT_RECOVERED, attempt.delivery, {"status": attempt.http_status})
            return
        failure = {"status": attempt.http_status, "error": attempt.error}
        listener(
            EventType.DELIVERY_DEAD if attempt.status == "dead" else EventType.DELIVERY_FAILED,
            attempt.delivery,
            {**failure, "nextAt": attempt.next_at},
        )
        if lane.failed_in_a_row >= FAILING and not lane.reported:
            lane.reported = True
            listener(EventType.DELIVERY_FAILING, attempt.delivery, failure)
