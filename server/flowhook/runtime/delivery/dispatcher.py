"""The dispatcher: carries deliveries to the outside, each session's in order, each at least once.

A delivery whose turn was just committed leaves straight from memory. Everything else is found in the
store when it falls due: retries, what an earlier life left behind, and what found no room here. In
memory is only what is being sent or about to be; a dead endpoint's backlog stays in the store.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import OrderedDict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from flowhook import failpoints
from flowhook.clock import Clock
from flowhook.deadlines import Deadlines
from flowhook.errors import SendError
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult, Rejected, Retry
from flowhook.model.event import EventType
from flowhook.model.log_action import LogAction
from flowhook.runtime.delivery.circuit_breaker import Breaker
from flowhook.runtime.delivery.retry import is_rejection
from flowhook.runtime.delivery.targets import DeliveryTarget
from flowhook.storage.protocols import Store
from flowhook.storage.records import Attempt

log = logging.getLogger("flowhook.delivery")

AT_ONCE_IN_ALL = 256
QUEUE = 256
BATCH = 256
REJECTIONS_REMEMBERED = 10_000
BREAKERS = 1_000
ERROR_LENGTH = 500
#: How long to wait where the store's next due time says nothing, because it is one of ours.
LOOK_AGAIN_SECONDS = 1.0
POLL_GAP_SECONDS = 0.01
#: Retries that fall due within this time are remembered, in slots of 50 ms.
NEAR_SECONDS = 60.0
SLOTS_PER_SECOND = 20
#: A streak of failures that lasted so long was an outage: its end wakes all that wait.
OUTAGE_SECONDS = 1.0
STOP_SECONDS = 15.0
PAUSED = "paused:"
#: The destination of an endpoint's deliveries that name no other.
HOME = ""


class Meter(Protocol):
    """Counts what happens."""

    def attempt(self, endpoint: str, result: str, seconds: float) -> None:
        """One attempt ended: delivered, retry, rejected or error."""
        ...

    def delivery(self, endpoint: str, outcome: str) -> None:
        """A delivery is resolved: delivered or dead."""
        ...


#: Told ``message.sent``, ``delivery.failed``, ``delivery.dead`` and ``endpoint.paused``.
Listener = Callable[[EventType, Delivery, dict[str, Any]], None]


@dataclass(slots=True)
class _Lane:
    """The deliveries of one endpoint that are in memory, and how its destinations fare."""

    name: str
    route: DeliveryTarget | None
    paused: bool = False
    inherited: bool = False  #: an earlier life left heads behind; nothing was delivered since
    running: int = 0
    queue: deque[Delivery] = field(default_factory=deque)
    breakers: dict[str, Breaker] = field(default_factory=dict)  #: of destinations that failed last

    @property
    def open(self) -> bool:
        return self.route is None or self.running < self.route.concurrency

    def rests(self, now: float) -> bool:
        """Whether nothing of the endpoint is to be sent: what is due stays in the store."""
        if self.paused or self.route is None:
            return True
        breaker = self.breakers.get(HOME)
        return breaker is not None and breaker.rests(now)


class Dispatcher:
    """Opened once: ``start``, ``enqueue`` after each commit, ``stop``.

    ``routes`` by the endpoint's name; ``sender`` is handed to the outputs (``net.outgoing.Outgoing``).
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        routes: Mapping[str, DeliveryTarget],
        sender: Any,
        *,
        meter: Meter | None = None,
        on_event: Listener | None = None,
        at_once: int = AT_ONCE_IN_ALL,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store = store
        self._clock = clock
        self._sender = sender
        self._meter = meter
        self._on_event = on_event
        self._at_once = at_once
        self._chance = chance
        self._lanes: dict[str, _Lane] = {}
        self._ring: deque[_Lane] = deque()  #: lanes in which deliveries wait, in turns
        self._held: dict[bytes, int] = {}  #: sessions with a delivery in memory, and its sequence
        self._stash: dict[bytes, Delivery] = {}  #: next heads that came before their session was let go
        self._released: set[bytes] | None = None  #: sessions let go while a poll reads
        self._rejections: OrderedDict[str, int] = OrderedDict()
        self._workers = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._poller: asyncio.Task[None] | None = None
        self._plan: float | None = None  #: when to poll next
        self._changed = asyncio.Event()
        self._near: dict[int, float] = {}  #: slot → latest due time in it
        self._hungry = False  #: something due found no room
        self._polling = False
        self._deadlines = Deadlines()
        self._stopping = False
        self.use(routes)

    # --- its life --------------------------------------------------------------------------------
    def use(self, routes: Mapping[str, DeliveryTarget]) -> None:
        """Put new routes in force; what is being sent ends on the old ones."""
        for name, route in routes.items():
            self._lane(name).route = route
        for name, lane in self._lanes.items():
            if name not in routes:
                lane.route = None
        self.wake()

    async def start(self) -> None:
        """Read which endpoints are paused, and begin with what an earlier life left behind."""
        for name in await self._store.settings.with_prefix(PAUSED):
            self._lane(name.removeprefix(PAUSED)).paused = True
        inherited = await self._store.outbox.next_due_at() is not None
        for lane in self._lanes.values():
            lane.inherited = inherited
        self._plan = self._clock.now()
        self._poller = asyncio.create_task(self._poll_for_ever())

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Begin nothing more and wait for what is being sent; the rest is in the store."""
        self._stopping = True
        for lane in self._lanes.values():
            lane.queue.clear()
        self._ring.clear()
        if self._poller is not None:
            self._poller.cancel()
            await asyncio.wait([self._poller])
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # --- what others ask -------------------------------------------------------------------------
    def enqueue(self, deliveries: Sequence[Delivery], ready: bool) -> None:
        """Deliveries of one session that were just committed. ``ready``: the first may leave.

        Those behind it are promoted by the store when it is resolved.
        """
        if ready and deliveries and self._poller is not None and not self._stopping:
            self._offer(deliveries[0])

    def wake(self) -> None:
        """Look for due deliveries now, after a replay for instance."""
        self._poll_by(self._clock.now())

    @property
    def in_flight(self) -> int:
        """Attempts that run now."""
        return sum(lane.running for lane in self._lanes.values())

    @property
    def resting(self) -> bool:
        """Nothing is being sent, and nobody looks for what is due. For tests that move the clock."""
        return not self._held and not self._polling

    @property
    def in_memory(self) -> int:
        """Deliveries that run or wait here, not counting those in the store."""
        return len(self._held)

    @property
    def paused(self) -> frozenset[str]:
        """Names of the endpoints that a receiver's 410 has paused."""
        return frozenset(name for name, lane in self._lanes.items() if lane.paused)

    @property
    def unwell(self) -> dict[str, float]:
        """Endpoints with an open circuit breaker, and until when (POSIX seconds)."""
        return {
            name: max(until)
            for name, lane in self._lanes.items()
            if (until := [breaker.until for breaker in lane.breakers.values() if breaker.until is not None])
        }

    async def enable(self, endpoint: str) -> None:
        """Resume a paused endpoint: all that waits leaves."""
        lane = self._lane(endpoint)
        await self._store.settings.set(PAUSED + endpoint, None)
        lane.paused = False
        lane.breakers.clear()
        await self._store.outbox.wake(endpoint, self._clock.now())
        self.wake()

    # --- from memory to a worker -----------------------------------------------------------------
    def _lane(self, name: str) -> _Lane:
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane(name, None)
        return lane

    def _offer(self, delivery: Delivery) -> None:
        """Take a head in, unless there is no room: then it is found again in the store."""
        session = delivery.session_key
        if session in self._held:
            if delivery.sequence > self._held[session]:  # else a look at the store was quicker to find it
                self._stash[session] = delivery
            return
        lane = self._lanes.get(delivery.endpoint) or self._lane(delivery.endpoint)
        if len(lane.queue) >= QUEUE:
            self._hungry = True
            return
        self._held[session] = delivery.sequence
        if not lane.queue and self._workers < self._at_once and lane.open:
            self._start(lane, delivery)
        else:
            self._line_up(lane, delivery)

    def _start(self, lane: _Lane, delivery: Delivery) -> None:
        lane.running += 1
        self._workers += 1
        task = asyncio.create_task(self._work(lane, delivery))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _line_up(self, lane: _Lane, delivery: Delivery) -> None:
        if not lane.queue:
            self._ring.append(lane)
        lane.queue.append(delivery)

    def _take(self) -> tuple[_Lane, Delivery] | None:
        """The next waiting delivery, lanes taking turns; counts it as running."""
        for _ in range(len(self._ring)):
            lane = self._ring.popleft()
            if not lane.open:
                self._ring.append(lane)
                continue
            delivery = lane.queue.popleft()
            if lane.queue:
                self._ring.append(lane)
            lane.running += 1
            return lane, delivery
        return None

    async def _work(self, lane: _Lane, delivery: Delivery) -> None:
        """Make attempts, one after the other, for as long as something waits."""
        taken: tuple[_Lane, Delivery] | None = (lane, delivery)
        try:
            while taken is not None:
                lane, delivery = taken
                try:
                    following = await self._attempt(lane, delivery)
                except Exception:
                    # The store refused. The delivery is still due there, and is found again.
                    log.exception(
                        "an attempt could not be recorded", extra={"action": LogAction.ATTEMPT_UNRECORDED}
                    )
                    self._poll_by(self._clock.now() + LOOK_AGAIN_SECONDS)
                    following = None
                finally:
                    lane.running -= 1
                    self._let_go(delivery.session_key)
                taken = None if self._stopping else self._go_on(lane, delivery, following)
        finally:
            self._workers -= 1

    def _go_on(
        self, lane: _Lane, ended: Delivery, following: Delivery | None
    ) -> tuple[_Lane, Delivery] | None:
        """What a worker does next: the session's next delivery, unless others have waited longer."""
        following = following or self._stash.pop(ended.session_key, None)
        if following is not None:
            self._held[following.session_key] = following.sequence
            if not self._ring and lane.open:
                lane.running += 1
                return lane, following
            self._line_up(lane, following)
        if self._hungry and len(self._held) < self._at_once:
            self._poll_by(self._clock.now())
        return self._take()

    def _let_go(self, session: bytes) -> None:
        del self._held[session]
        if self._released is not None:
            self._released.add(session)

    # --- one attempt -----------------------------------------------------------------------------
    async def _attempt(self, lane: _Lane, delivery: Delivery) -> Delivery | None:
        """Send once and record what became of it. Answers the session's next delivery, if free."""
        route = lane.route
        if route is None or lane.paused:
            return None
        place = "/".join(delivery.url.split("/", 3)[:3]) if delivery.url else HOME
        if lane.breakers and (breaker := lane.breakers.get(place)) is not None:
            now = self._clock.now()
            if not breaker.admits(now):
                return None if place == HOME else await self._put_off(delivery, breaker, now)
        failpoints.hit("deliver.before_send")
        began = self._clock.monotonic()
        result, answer = await self._send(route, delivery)
        seconds = self._clock.monotonic() - began
        failpoints.hit("deliver.sent")
        outcome = await self._judge(lane, route, delivery, answer, place)
        outcome.ms = int(seconds * 1000)
        failpoints.hit("deliver.before_mark")
        following = await self._store.outbox.record_attempt(outcome)
        failpoints.hit("deliver.after_mark")
        if outcome.next_at is not None:
            self._due_at(outcome.next_at)
        if self._meter is not None:
            self._meter.attempt(lane.name, result, seconds)
            if outcome.status != "pending":
                self._meter.delivery(lane.name, outcome.status)
        if self._on_event is not None:
            self._tell(self._on_event, outcome)
        if result == "delivered" and (lane.inherited or lane.breakers):
            await self._well_again(lane, place)
        return following

    async def _send(self, route: DeliveryTarget, delivery: Delivery) -> tuple[str, DeliveryResult]:
        try:
            with self._deadlines.within(route.timeout):
                answer = await route.output.deliver(delivery, endpoint=route.endpoint, sender=self._sender)
        except SendError as error:
            return "retry", Retry(f"{error.reason}: {error}")
        except TimeoutError:
            return "error", Retry("timeout: the output did not answer")
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # these two would end the loop
            log.exception(
                "output raised", extra={"action": LogAction.OUTPUT_FAILED, "endpoint": delivery.endpoint}
            )
            return "error", Retry(f"the output failed: {type(error).__name__}")
        match answer:
            case Delivered():
                return "delivered", answer
            case Retry():
                return "retry", answer
            case Rejected():
                return "rejected", answer
        return "error", Retry(f"the output answered {type(answer).__name__}")

    async def _judge(
        self, lane: _Lane, route: DeliveryTarget, delivery: Delivery, answer: DeliveryResult, place: str
    ) -> Attempt:
        """What the answer means for this delivery, and for the destination."""
        now = self._clock.now()
        if isinstance(answer, Delivered):
            if self._rejections:
                self._rejections.pop(delivery.delivery_id, None)
            return Attempt(delivery, "delivered", http_status=answer.status, at=now)
        outcome = Attempt(delivery, "dead", None, answer.status, answer.reason[:ERROR_LENGTH], at=now)
        if isinstance(answer, Rejected) and answer.pause:
            await self._pause(lane, delivery, answer.reason)
            outcome.status, outcome.next_at = "pending", now
            return outcome
        rejections = self._count_rejection(delivery, answer)
        delay = route.policy.delay(answer, delivery.attempts, rejections, self._chance)
        self._note_failure(lane, place, answer, delay, now)
        if delay is None:
            self._rejections.pop(delivery.delivery_id, None)
            return outcome
        outcome.status, outcome.next_at = "pending", now + delay
        outcome.counts = isinstance(answer, Rejected) or answer.counts
        return outcome

    def _count_rejection(self, delivery: Delivery, answer: Retry | Rejected) -> int:
        """How often this delivery was rejected before. Forgotten by a restart: that costs attempts."""
        if not is_rejection(answer.status):
            return self._rejections.get(delivery.delivery_id, 0)
        before = self._rejections.pop(delivery.delivery_id, 0)
        self._rejections[delivery.delivery_id] = before + 1
        if len(self._rejections) > REJECTIONS_REMEMBERED:
            self._rejections.popitem(last=False)
        return before

    def _note_failure(
        self, lane: _Lane, place: str, answer: Retry | Rejected, delay: float | None, now: float
    ) -> None:
        """A destination that answers 4xx is well; one that is busy gets its pause."""
        if isinstance(answer, Rejected) or is_rejection(answer.status):
            if lane.breakers.pop(place, None) is not None:
                self._poll_by(now)
            return
        breaker = lane.breakers.get(place)
        if breaker is None:
            if len(lane.breakers) >= BREAKERS:
                lane.breakers.clear()
            breaker = lane.breakers[place] = Breaker(now)
        if answer.counts:
            breaker.failed(now)
        if delay is not None and (answer.after is not None or not answer.counts):
            breaker.hold(now + delay)
        if breaker.until is not None:
            self._poll_by(breaker.until)

    async def _well_again(self, lane: _Lane, place: str) -> None:
        """The first success, of this life or after an outage, wakes all heads that wait."""
        now = self._clock.now()
        breaker = lane.breakers.pop(place, None)
        if breaker is not None and breaker.until is not None:
            self._poll_by(now)
        if not lane.inherited and (breaker is None or breaker.lasted(now) < OUTAGE_SECONDS):
            return
        lane.inherited = False
        # No spread: only so many leave at once as the endpoint takes.
        if await self._store.outbox.wake(lane.name, now):
            self._poll_by(now)

    async def _put_off(self, delivery: Delivery, breaker: Breaker, now: float) -> Delivery | None:
        """Another destination than the endpoint's own rests: only the time changes, no attempt."""
        until = breaker.come_back_at(now, self._chance)
        self._due_at(until)
        return await self._store.outbox.record_attempt(
            Attempt(delivery, "pending", until, counts=False, at=now)
        )

    async def _pause(self, lane: _Lane, delivery: Delivery, reason: str) -> None:
        if lane.paused:
            return
        lane.paused = True
        await self._store.settings.set(PAUSED + lane.name, reason)
        log.warning(
            "endpoint %s is paused: %s", lane.name, reason, extra={"action": LogAction.ENDPOINT_PAUSED}
        )
        if self._on_event is not None:
            self._on_event(EventType.ENDPOINT_PAUSED, delivery, {"reason": reason})

    def _tell(self, listener: Listener, outcome: Attempt) -> None:
        if outcome.status == "delivered":
            listener(EventType.MESSAGE_SENT, outcome.delivery, {"status": outcome.http_status})
            return
        kind = EventType.DELIVERY_DEAD if outcome.status == "dead" else EventType.DELIVERY_FAILED
        listener(
            kind,
            outcome.delivery,
            {"status": outcome.http_status, "error": outcome.error, "nextAt": outcome.next_at},
        )

    # --- from the store to memory ----------------------------------------------------------------
    def _poll_by(self, at: float) -> None:
        if self._plan is None or at < self._plan:
            self._plan = at
            self._changed.set()

    def _due_at(self, at: float) -> None:
        """A delivery falls due then."""
        if at - self._clock.now() <= NEAR_SECONDS:
            slot = int(at * SLOTS_PER_SECOND)
            at = self._near[slot] = max(at, self._near.get(slot, at))
        self._poll_by(at)

    async def _poll_for_ever(self) -> None:
        while True:
            await self._until_planned()
            self._polling = True
            try:
                self._plan = None
                self._plan = await self._poll()
            except Exception:
                log.exception("due deliveries could not be read", extra={"action": LogAction.POLL_FAILED})
                self._poll_by(self._clock.now() + LOOK_AGAIN_SECONDS)
            finally:
                self._polling = False
            if self._plan is not None and self._plan <= self._clock.now():
                await self._clock.sleep(POLL_GAP_SECONDS)

    async def _until_planned(self) -> None:
        """Wait until the plan's time has come; the plan may be moved meanwhile."""
        while self._plan is None or self._plan > self._clock.now():
            self._changed.clear()
            alarm = None
            if self._plan is not None:
                alarm = asyncio.create_task(self._ring_at(self._plan))
            try:
                await self._changed.wait()
            finally:
                if alarm is not None:
                    alarm.cancel()

    async def _ring_at(self, at: float) -> None:
        await self._clock.sleep(at - self._clock.now())
        self._changed.set()

    async def _poll(self) -> float | None:
        """Take in what is due, and answer when to poll next."""
        now = self._clock.now()
        self._hungry = False
        self._near = {slot: at for slot, at in self._near.items() if at > now}
        full = [name for name, lane in self._lanes.items() if len(lane.queue) >= QUEUE]
        resting = [name for name, lane in self._lanes.items() if lane.rests(now)]
        limit = len(self._held) + BATCH  # what is in memory is still due in the store
        released = self._released = set()
        try:
            found = await self._store.outbox.due(now, limit, full + resting)
        finally:
            self._released = None
        for delivery in found:
            if delivery.session_key in released:
                self._hungry = True  # what was read may be settled by now
            elif delivery.session_key not in self._held:
                self._offer(delivery)
        if full or len(found) >= limit:
            self._hungry = True
        return await self._next_poll(now, resting)

    async def _next_poll(self, now: float, resting: Sequence[str]) -> float | None:
        stored = await self._store.outbox.next_due_at(resting)
        if stored is not None and stored <= now:
            # One of ours, or one that found no room: what is behind it cannot be seen.
            starved = self._hungry and len(self._held) < self._at_once
            stored = now if starved else now + LOOK_AGAIN_SECONDS
        times = [stored, self._plan, *self._near.values(), *(self._ready_at(name) for name in resting)]
        return min((at for at in times if at is not None), default=None)

    def _ready_at(self, name: str) -> float | None:
        """When a resting endpoint may be tried again; None: nobody knows yet."""
        breaker = self._lanes[name].breakers.get(HOME)
        if breaker is None or breaker.until is None or breaker.rests(breaker.until):
            return None
        return breaker.until
