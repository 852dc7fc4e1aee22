"""The deliveries in memory: a lane for each endpoint, and at most one delivery of each session."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from math import inf

from flowhook.model.delivery import Delivery
from flowhook.runtime.delivery.circuit_breaker import Breaker
from flowhook.runtime.delivery.failure_log import FailureLog
from flowhook.runtime.delivery.pace import Pace
from flowhook.runtime.delivery.targets import DeliveryTarget

QUEUE = 256  #: deliveries of one endpoint that wait in memory
CLAIM_SECONDS = 10.0  #: that a claimed delivery may wait for its attempt
#: The origin of deliveries that name no URL of their own: the output's.
OWN_ORIGIN = ""


@dataclass(slots=True)
class Lane:
    """The deliveries of one endpoint that are in memory, and how their destinations fare."""

    name: str
    target: DeliveryTarget | None  #: None: the endpoint is not configured
    paused: bool = False
    pause_reason: str = ""
    inherited: bool = False  #: an earlier life left heads behind; nothing was delivered since
    failing: bool = False  #: the last attempt failed
    failed_in_a_row: int = 0
    reported: bool = False  #: it was told that the endpoint fails, and not yet that it has recovered
    running: int = 0
    queue: deque[Delivery] = field(default_factory=deque)
    breakers: dict[str, Breaker] = field(default_factory=dict)  #: origins that failed last
    pace: Pace | None = None  #: None: as fast as they come
    failures: FailureLog = field(init=False)

    def __post_init__(self) -> None:
        self.failures = FailureLog(self.name)

    def wait(self, now: float) -> float:
        """Return the seconds until another attempt may begin, as far as that is known: 0 is now."""
        if self.target is not None and self.running >= self.target.concurrency:
            return inf
        return self.pace.wait(now) if self.pace is not None else 0.0

    def begin(self, now: float) -> None:
        """Count an attempt that begins."""
        self.running += 1
        if self.pace is not None:
            self.pace.take(now)

    @property
    def is_full(self) -> bool:
        """Whether no further delivery finds room to wait."""
        return len(self.queue) >= QUEUE

    def rests(self, now: float) -> bool:
        """Return whether nothing of the endpoint is to be sent: what is due stays in the store."""
        if self.paused or self.target is None:
            return True
        breaker = self.breakers.get(OWN_ORIGIN)
        return breaker is not None and breaker.rests(now)

    @property
    def claim_seconds(self) -> float:
        """Seconds for which a delivery is claimed that another process would send otherwise; 0: it is not."""
        if self.target is None or self.paused:
            return 0.0
        return self.target.timeout + CLAIM_SECONDS

    def ready_at(self) -> float | None:
        """Return when a lane that rests may be tried again; None: nobody knows yet."""
        breaker = self.breakers.get(OWN_ORIGIN)
        if breaker is None or breaker.until is None or breaker.rests(breaker.until):
            return None
        return breaker.until


class Lanes:
    """The lanes by their endpoints' names; those in which deliveries wait take turns."""

    def __init__(self, processes: Callable[[], int] = lambda: 1) -> None:
        """``processes``: how many share the rates."""
        self._processes = processes
        self._lanes: dict[str, Lane] = {}
        self._ring: deque[Lane] = deque()  #: lanes in which deliveries wait

    def __iter__(self) -> Iterator[Lane]:
        return iter(self._lanes.values())

    def of(self, endpoint: str) -> Lane:
        """Return the lane of an endpoint; it is made where there is none."""
        lane = self._lanes.get(endpoint)
        if lane is None:
            lane = self._lanes[endpoint] = Lane(endpoint, None)
        return lane

    def use(self, targets: Mapping[str, DeliveryTarget]) -> None:
        """Put targets in force; an endpoint without one rests."""
        for name in targets:
            self.of(name)
        for name, lane in self._lanes.items():
            lane.target = target = targets.get(name)
            rate = target.rate if target is not None else None
            if (lane.pace.limit if lane.pace is not None else None) != rate:
                lane.pace = Pace(rate, self._processes) if rate is not None else None

    @property
    def any_waits(self) -> bool:
        """Whether any delivery waits for an attempt."""
        return bool(self._ring)

    def enqueue(self, lane: Lane, delivery: Delivery) -> None:
        """Let a delivery wait for its attempt."""
        if not lane.queue:
            self._ring.append(lane)
        lane.queue.append(delivery)

    def wait(self, now: float) -> float:
        """Return the seconds until a waiting delivery may begin by its lane's pace; infinite for none."""
        return min((lane.wait(now) for lane in self._ring), default=inf)

    def next(self, now: float) -> tuple[Lane, Delivery] | None:
        """Return the next waiting delivery, lanes taking turns; it is counted as begun."""
        for _ in range(len(self._ring)):
            lane = self._ring.popleft()
            if lane.wait(now):
                self._ring.append(lane)
                continue
            delivery = lane.queue.popleft()
            if lane.queue:
                self._ring.append(lane)
            lane.begin(now)
            return lane, delivery
        return None

    def clear(self) -> None:
        """Let nothing wait any more."""
        for lane in self._lanes.values():
            lane.queue.clear()
        self._ring.clear()


class Heads:
    """The first pending delivery of each session, where it is in memory: so each session's leave in order,
    one at a time."""

    def __init__(self) -> None:
        self._held: dict[bytes, int] = {}  #: session → sequence of its delivery in memory
        self._last: dict[bytes, int] = {}  #: sequence of the last that is known to be parked behind it
        self._early_heads: dict[bytes, Delivery] = {}  #: next heads that came before the one before was done
        self._released: set[bytes] | None = None  #: sessions released while a poll reads

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: bytes) -> bool:
        return key in self._held

    def hold(self, delivery: Delivery) -> bool:
        """Hold a delivery as its session's head. False: the session has one, and this is kept as the next
        (unless it is the very same, which a poll found before its commit was announced)."""
        key = delivery.session_key
        held = self._held.get(key)
        if held is None:
            self._held[key] = delivery.sequence
            return True
        if delivery.sequence > held:
            self._early_heads[key] = delivery
        return False

    def note_last(self, key: bytes, sequence: int) -> None:
        """Note that deliveries up to a sequence are parked behind a session's head."""
        if self._held.get(key, sequence) < sequence:
            self._last[key] = sequence

    def is_followed(self, delivery: Delivery) -> bool:
        """Return whether a delivery is known to be parked behind this one, which waits for its end."""
        return self._last.get(delivery.session_key, 0) > delivery.sequence

    def release(self, key: bytes) -> int:
        """Let a session go: its delivery was attempted. Returns what :meth:`note_last` was told, or 0."""
        del self._held[key]
        if self._released is not None:
            self._released.add(key)
        return self._last.pop(key, 0)

    def take_early(self, key: bytes) -> Delivery | None:
        """Return the session's next head that came early, if any."""
        return self._early_heads.pop(key, None)

    def begin_poll(self) -> set[bytes]:
        """Return the set of sessions released from now on, until :meth:`end_poll`."""
        self._released = set()
        return self._released

    def end_poll(self) -> None:
        """Note no further releases."""
        self._released = None
