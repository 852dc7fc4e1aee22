"""The dispatcher: carries deliveries to the outside, each session's in order, each at least once.

A delivery whose turn was just committed leaves straight from memory. Everything else is found in the
store when it falls due (``poller.py``). In memory is only what is being sent or about to be; a dead
endpoint's backlog stays in the store.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from math import inf
from typing import Any

from flowhook.clock import Clock
from flowhook.model.delivery import Delivery
from flowhook.model.log_action import LogAction
from flowhook.runtime.delivery.attempt import PAUSED, Attempts, Listener, OnBreaker, Settling
from flowhook.runtime.delivery.lanes import Heads, Lane, Lanes
from flowhook.runtime.delivery.poller import Poller
from flowhook.runtime.delivery.targets import DeliveryTarget
from flowhook.runtime.observe.metrics import Metrics
from flowhook.storage.protocols import Outbox, Settings

log = logging.getLogger("flowhook.delivery")

CONCURRENCY = 256  #: attempts of all endpoints at a time
STOP_SECONDS = 15.0


class Dispatcher:
    """Opened once: ``start``, ``enqueue`` after each commit, ``stop``.

    ``targets`` by the endpoint's name; ``sender`` is handed to the outputs (``net.client.Outgoing``).
    ``owns`` tells whether a session is this process's; None: there is no other.
    """

    def __init__(
        self,
        outbox: Outbox,
        settings: Settings,
        clock: Clock,
        targets: Mapping[str, DeliveryTarget],
        sender: Any,
        *,
        metrics: Metrics | None = None,
        on_event: Listener | None = None,
        concurrency: int = CONCURRENCY,
        chance: Callable[[], float] = random.random,
        owns: Callable[[bytes], bool] | None = None,
        processes: Callable[[], int] = lambda: 1,
        on_breaker: OnBreaker = lambda endpoint, origin, until: None,
    ) -> None:
        """``owns``: whose deliveries are this process's; ``processes``: how many share the rates of
        endpoints; ``on_breaker`` is told of destinations that were found dead, or alive again."""
        self._owns = owns
        self._outbox = outbox
        self._settings = settings
        self._clock = clock
        self._concurrency = concurrency
        self._lanes = Lanes(processes)
        self._heads = Heads()
        self._poller = Poller(outbox, clock, self._lanes, self._heads, self._admit, concurrency)
        self._attempts = Attempts(
            outbox, settings, clock, sender, self._poller, metrics, on_event, chance, on_breaker
        )
        self._workers = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._settling = 0  #: deliveries that were taken, and are not written yet
        self._all_written = asyncio.Event()  #: there is none of them; heard of while it stops
        self._filling: asyncio.Task[None] | None = None  #: waits for the pace of a lane
        self._stopping = False
        self.use(targets)

    # --- its life --------------------------------------------------------------------------------

    def use(self, targets: Mapping[str, DeliveryTarget]) -> None:
        """Put new targets in force; what is being sent ends on the old ones."""
        self._lanes.use(targets)
        self.wake()

    async def load_pauses(self) -> None:
        """Read which endpoints are paused, so that it can be told where nothing is started."""
        for name, reason in (await self._settings.with_prefix(PAUSED)).items():
            lane = self._lanes.of(name.removeprefix(PAUSED))
            lane.paused, lane.pause_reason = True, reason

    async def read_pauses(self) -> None:
        """Read the pauses anew: another process may have paused an endpoint, or resumed it."""
        reasons = await self._settings.with_prefix(PAUSED)
        for lane in self._lanes:
            if lane.paused and PAUSED + lane.name not in reasons:
                lane.paused, lane.pause_reason = False, ""
                lane.breakers.clear()
        await self.load_pauses()
        self.wake()

    async def start(self) -> None:
        """Begin with what an earlier life left behind."""
        await self.load_pauses()
        inherited = await self._outbox.next_due_at() is not None
        for lane in self._lanes:
            lane.inherited = inherited
        self._poller.start()

    async def stop(self, seconds: float = STOP_SECONDS) -> None:
        """Begin nothing more and wait for what is being sent; the rest is in the store."""
        self._stopping = True
        self._lanes.clear()
        if self._filling is not None:
            self._filling.cancel()
        await self._poller.stop()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=seconds)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._settling:
            self._all_written.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._all_written.wait(), seconds)

    # --- what others ask -------------------------------------------------------------------------

    def enqueue(self, deliveries: Sequence[Delivery], ready: bool) -> None:
        """Take in deliveries of one session that were just committed. ``ready``: the first may leave.

        Those behind it are promoted by the store when it is resolved.
        """
        if not deliveries or not self._poller.started or self._stopping:
            return
        if ready and (
            self._owns is None or self._may_send(self._lanes.of(deliveries[0].endpoint), deliveries[0])
        ):
            self._admit(deliveries[0])
        self._heads.note_last(deliveries[0].session_key, deliveries[-1].sequence)

    def claim(self, endpoint: str) -> float:
        """Return for how many seconds a delivery to an endpoint would be left to this process, though its
        session is another one's: as long as an attempt may take, and a little; 0: it had better not be, since
        it would wait here."""
        lane = self._lanes.of(endpoint)
        if not self._poller.started or self._stopping or lane.is_full or lane.inherited or lane.breakers:
            return 0.0
        return lane.claim_seconds

    def _may_send(self, lane: Lane, delivery: Delivery) -> bool:
        """Return whether an attempt may begin here: the session is this process's, or another one leaves the
        delivery to it for as long as the attempt may take."""
        if delivery.claimed_until is not None and lane.target is not None:
            return self._clock.now() + lane.target.timeout < delivery.claimed_until
        return self._owns is None or self._owns(delivery.session_key)

    def wake(self) -> None:
        """Look for due deliveries now, after a replay for instance."""
        self._poller.poll_soon()

    async def pause(self, endpoint: str, reason: str) -> None:
        """Hold all deliveries of an endpoint until it is enabled; what is being sent ends. Outlives the
        process."""
        await self._attempts.pause(self._lanes.of(endpoint), reason)

    async def enable(self, endpoint: str) -> None:
        """Resume a paused endpoint: all that waits leaves."""
        lane = self._lanes.of(endpoint)
        await self._settings.set(PAUSED + endpoint, None)
        lane.paused, lane.pause_reason = False, ""
        lane.breakers.clear()
        await self._outbox.wake(endpoint, self._clock.now())
        self.wake()

    def heard_breaker(self, endpoint: str, origin: str, until: float | None) -> None:
        """Obey what another process found out about a destination; None: it is alive again."""
        self._attempts.heard_breaker(self._lanes.of(endpoint), origin, until)

    @property
    def in_flight(self) -> int:
        """Attempts that run now."""
        return sum(lane.running for lane in self._lanes)

    @property
    def resting(self) -> bool:
        """Nothing is being sent, and nobody looks for what is due. For tests that move the clock."""
        return not self._heads and not self._poller.polling

    @property
    def in_memory(self) -> int:
        """Deliveries that run or wait here, not counting those in the store."""
        return len(self._heads)

    @property
    def paused(self) -> dict[str, str]:
        """The endpoints whose deliveries are held, by hand or by a receiver's 410, each with the reason."""
        return {lane.name: lane.pause_reason for lane in self._lanes if lane.paused}

    @property
    def open_breakers(self) -> dict[str, float]:
        """Endpoints with an open circuit breaker, and until when (POSIX seconds)."""
        return {
            lane.name: max(until)
            for lane in self._lanes
            if (until := [breaker.until for breaker in lane.breakers.values() if breaker.until is not None])
        }

    # --- from memory to a worker -----------------------------------------------------------------

    def _admit(self, delivery: Delivery) -> None:
        """Take a head in, unless there is no room: then it is found again in the store."""
        lane = self._lanes.of(delivery.endpoint)
        if lane.is_full and delivery.session_key not in self._heads:
            self._poller.overflowed = True
            return
        if not self._heads.hold(delivery):
            return
        now = self._clock.monotonic()
        if not lane.queue and self._workers < self._concurrency and not lane.wait(now):
            lane.begin(now)
            self._start_worker(lane, delivery)
        else:
            self._lanes.enqueue(lane, delivery)
            self._fill_later()

    def _fill_later(self) -> None:
        """See to it that what waits for the pace of its lane begins when it may."""
        if self._filling is not None or self._stopping or not self._lanes.any_waits:
            return
        seconds = self._lanes.wait(self._clock.monotonic())
        if 0 < seconds < inf:
            self._filling = asyncio.create_task(self._fill(seconds))

    async def _fill(self, seconds: float) -> None:
        await self._clock.sleep(seconds)
        self._filling = None
        while self._workers < self._concurrency and not self._stopping:
            taken = self._lanes.next(self._clock.monotonic())
            if taken is None:
                break
            self._start_worker(*taken)
        self._fill_later()

    def _start_worker(self, lane: Lane, delivery: Delivery) -> None:
        """Make attempts, the first of which has begun."""
        self._workers += 1
        self._tasks.add(asyncio.create_task(self._work(lane, delivery)))

    async def _work(self, lane: Lane, delivery: Delivery) -> None:
        """Make attempts, one after the other, for as long as something waits."""
        taken: tuple[Lane, Delivery] | None = (lane, delivery)
        try:
            while taken is not None:
                lane, delivery = taken
                outcome: Delivery | Settling | None = None
                last = 0
                try:
                    followed = self._heads.is_followed(delivery)
                    if self._owns is None or self._may_send(lane, delivery):  # else it is another one's
                        outcome = await self._attempts.make(lane, delivery, followed=followed)
                except Exception as error:
                    self._not_recorded(error)
                finally:
                    lane.running -= 1
                    if not isinstance(outcome, Settling):
                        last = self._heads.release(delivery.session_key)
                if isinstance(outcome, Settling):
                    self._follow(lane, outcome)
                    taken = None if self._stopping else self._lanes.next(self._clock.monotonic())
                else:
                    taken = None if self._stopping else self._next(lane, delivery, outcome, last)
        finally:
            self._workers -= 1
            if (task := asyncio.current_task()) is not None:  # itself: a callback would be another round
                self._tasks.discard(task)
            self._fill_later()

    def _not_recorded(self, error: BaseException) -> None:
        """The store refused. The delivery is still due there, and is found again."""
        extra = {"action": LogAction.ATTEMPT_UNRECORDED}
        log.error("an attempt could not be recorded", exc_info=error, extra=extra)
        self._poller.poll_later()

    def _follow(self, lane: Lane, settling: Settling) -> None:
        """Hold the session until the store knows that its delivery was taken."""
        self._settling += 1
        self._outbox.settle(settling.attempt, partial(self._written, lane, settling))

    def _written(
        self, lane: Lane, settling: Settling, following: Delivery | None, error: BaseException | None
    ) -> None:
        attempt = settling.attempt
        key = attempt.delivery.session_key
        self._settling -= 1
        if self._stopping and not self._settling:
            self._all_written.set()
        last = self._heads.release(key)
        if error is not None:
            self._not_recorded(error)
        else:
            self._attempts.report(lane, attempt, settling.kind, settling.seconds)
        following = following or self._heads.take_early(key)
        if following is not None and not self._stopping:
            self._admit(following)
            self._heads.note_last(key, last)
        else:
            self._poller.poll_for_overflow()

    def _next(
        self, lane: Lane, ended: Delivery, following: Delivery | None, last: int
    ) -> tuple[Lane, Delivery] | None:
        """Return what a worker does next: the session's next delivery, unless others waited longer."""
        now = self._clock.monotonic()
        following = following or self._heads.take_early(ended.session_key)
        if following is not None:
            self._heads.hold(following)
            self._heads.note_last(ended.session_key, last)
            if not self._lanes.any_waits and not lane.wait(now):
                lane.begin(now)
                return lane, following
            self._lanes.enqueue(lane, following)
        self._poller.poll_for_overflow()
        return self._lanes.next(now)
