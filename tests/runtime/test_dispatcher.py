"""Deliveries leave in order, each at least once, however the receiver behaves."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter, defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from flowhook.config import RateLimit, WebhookConfig
from flowhook.errors import SendError
from flowhook.harness.clocks import FakeClock
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult, Rejected, Retry
from flowhook.model.endpoint import Endpoint
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.delivery.failure_log import FailureLog
from flowhook.runtime.delivery.retry import RetryPolicy
from flowhook.runtime.delivery.targets import OUTPUT_GRACE_SECONDS, DeliveryTarget
from flowhook.storage.outcomes import OnSettled
from flowhook.storage.records import Attempt

PARKED = float("inf")
POLICY = RetryPolicy((1.0, 5.0, 30.0, 120.0, 600.0), max_rejections=3)
PATIENT = RetryPolicy((1.0,) * 50)


class Outbox:
    """Deliveries in memory, and what the dispatcher did with them."""

    def __init__(self, clock: FakeClock) -> None:
        self.clock = clock
        self.rows: dict[tuple[bytes, int], Delivery] = {}
        self.next_at: dict[tuple[bytes, int], float] = {}  #: of pending rows
        self.ended: dict[tuple[bytes, int], str] = {}
        self.attempts: list[Attempt] = []
        self.wakes: list[str] = []
        self.settling: list[asyncio.Future[None]] = []
        self.marked = asyncio.Event()
        self.reads = 0
        self.before_answer: Callable[[], Any] | None = None

    def add(
        self, session: str, count: int = 1, endpoint: str = "pizza", **more: Any
    ) -> tuple[list[Delivery], bool]:
        """What a commit answers."""
        key = session.encode().ljust(16, b"\0")
        last = max((sequence for owner, sequence in self.rows if owner == key), default=0)
        ready = not any(owner == key for owner, _ in self.next_at)
        added = []
        for sequence in range(last + 1, last + 1 + count):
            delivery = Delivery(endpoint, key, sequence, f"evt_{session}{sequence}", b"{}", "a" * 32, **more)
            self.rows[key, sequence] = delivery
            self.next_at[key, sequence] = self.clock.now() if ready and sequence == last + 1 else PARKED
            added.append(replace(delivery))
        return added, ready

    async def record_attempt(self, attempt: Attempt) -> Delivery | None:
        await asyncio.sleep(0)
        self.attempts.append(attempt)
        self.marked.set()
        name = (attempt.delivery.session_key, attempt.delivery.sequence)
        assert name in self.next_at, f"{name} was resolved twice"
        self.rows[name].attempts += attempt.counts
        if attempt.status == "pending":
            assert attempt.next_at is not None
            self.next_at[name] = attempt.next_at
            return None
        self.ended[name] = attempt.status
        del self.next_at[name]
        following = min((other for other in self.next_at if other[0] == name[0]), default=None)
        if following is None:
            return None
        self.next_at[following] = self.clock.now()
        return replace(self.rows[following])

    def settle(self, attempt: Attempt, written: OnSettled) -> None:
        async def settled() -> None:
            try:
                following = await self.record_attempt(attempt)
            except Exception as error:
                written(None, error)
            else:
                written(following, None)

        self.settling.append(asyncio.ensure_future(settled()))

    async def get(self, delivery_id: str) -> Any:
        failed = [made for made in self.attempts if made.delivery.delivery_id == delivery_id]
        return SimpleNamespace(failures=[{"status": attempt.http_status} for attempt in failed])

    async def due(self, now: float, limit: int, skip: Sequence[str] = ()) -> list[Delivery]:
        self.reads += 1
        due = sorted((at, name) for name, at in self.next_at.items() if at <= now)
        found = [replace(self.rows[name]) for _, name in due if self.rows[name].endpoint not in skip]
        await asyncio.sleep(0)
        if self.before_answer is not None:
            await self.before_answer()
        return found[:limit]

    async def next_due_at(self, skip: Sequence[str] = ()) -> float | None:
        times = [at for name, at in self.next_at.items() if self.rows[name].endpoint not in skip]
        at = min(times, default=PARKED)
        return None if at == PARKED else at

    async def wake(self, endpoint: str, now: float) -> int:
        self.wakes.append(endpoint)
        waiting = [
            name
            for name, at in self.next_at.items()
            if self.rows[name].endpoint == endpoint and now < at < PARKED
        ]
        for name in waiting:
            self.next_at[name] = now
        return len(waiting)


class Settings:
    """Which endpoints are paused, in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def with_prefix(self, prefix: str) -> dict[str, str]:
        return {name: value for name, value in self.kept.items() if name.startswith(prefix)}

    async def set(self, name: str, value: str | None) -> None:
        self.kept.pop(name, None)
        if value is not None:
            self.kept[name] = value


class Receiver(OutputPlugin):
    """An output plugin that keeps what it saw and answers as told."""

    def __init__(self) -> None:
        self.seen: list[Delivery] = []
        self.answers: Callable[[Delivery], DeliveryResult] = lambda delivery: Delivered(200)
        self.gate: asyncio.Event | None = None
        self.running: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.sessions: set[bytes] = set()

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryResult:
        assert delivery.session_key not in self.sessions, "two deliveries of a session at once"
        self.sessions.add(delivery.session_key)
        self.seen.append(delivery)
        name = delivery.endpoint
        self.running[name] += 1
        self.most[name] = max(self.most[name], self.running[name])
        try:
            await asyncio.sleep(0)
            if self.gate is not None:
                await self.gate.wait()
            return self.answers(delivery)
        finally:
            self.running[name] -= 1
            self.sessions.discard(delivery.session_key)

    def sequences(self, session: str) -> list[int]:
        key = session.encode().ljust(16, b"\0")
        return [delivery.sequence for delivery in self.seen if delivery.session_key == key]


class World:
    """A dispatcher between an outbox and a receiver."""

    def __init__(self, endpoints: Sequence[str] = ("pizza",), **more: Any) -> None:
        self.clock = FakeClock()
        self.outbox = Outbox(self.clock)
        self.settings = Settings()
        self.receiver = Receiver()
        self.events: list[tuple[str, str, dict[str, Any]]] = []
        self.targets = {
            name: DeliveryTarget(Endpoint(name, "t", "flow", None), self.receiver, POLICY)
            for name in endpoints
        }
        self.more = more
        self.dispatcher = self.new_life()

    def new_life(self) -> Dispatcher:
        return Dispatcher(
            self.outbox,
            self.settings,
            self.clock,
            self.targets,
            None,
            chance=lambda: 0.5,
            on_event=lambda kind, delivery, data: self.events.append((kind, delivery.delivery_id, data)),
            **self.more,
        )

    def say(self, session: str, count: int = 1, **more: Any) -> None:
        self.dispatcher.enqueue(*self.outbox.add(session, count, **more))

    async def settle(self) -> None:
        await self.clock.settle(200)


@asynccontextmanager
async def world(*endpoints: str, **more: Any) -> AsyncIterator[World]:
    here = World(endpoints or ("pizza",), **more)
    await here.dispatcher.start()
    await here.settle()
    yield here
    if here.receiver.gate is not None:
        here.receiver.gate.set()
    await here.dispatcher.stop()


async def test_a_committed_delivery_leaves_from_memory() -> None:
    """The happy path reads nothing from the store."""
    async with world() as here:
        reads = here.outbox.reads
        for number in range(50):
            here.say(f"s{number}")
        await here.settle()

        assert len(here.receiver.seen) == 50
        assert here.outbox.next_at == {}
        assert here.outbox.reads == reads
        assert here.dispatcher.in_memory == 0


async def test_a_session_is_served_in_order() -> None:
    """The next delivery leaves when the one before it is resolved, from one commit or several."""
    async with world() as here:
        here.say("s", 3)
        here.say("s", 2)
        await here.settle()

        assert here.receiver.sequences("s") == [1, 2, 3, 4, 5]


async def test_what_a_poll_was_quicker_to_find_is_not_sent_again() -> None:
    """A look at the store may see a commit before the turn that made it hears that it is durable."""
    async with world() as here:
        here.receiver.gate = asyncio.Event()
        committed = here.outbox.add("s", 2)
        here.dispatcher.wake()
        await here.settle()
        here.dispatcher.enqueue(*committed)
        here.receiver.gate.set()
        await here.settle()

        assert here.receiver.sequences("s") == [1, 2]


async def test_a_failing_head_blocks_its_session_only() -> None:
    """Retries keep the order; other sessions go on."""
    async with world() as here:
        here.receiver.answers = lambda d: (
            Retry("HTTP 500", status=500) if d.session_key[:1] == b"b" and d.attempts < 2 else Delivered()
        )
        here.say("bad", 2)
        here.say("good", 2)
        await here.settle()
        assert here.receiver.sequences("good") == [1, 2]
        assert here.receiver.sequences("bad") == [1]

        here.outbox.wakes.clear()
        await here.clock.advance(0.9)
        assert here.receiver.sequences("bad") == [1]
        await here.clock.advance(0.1)
        assert here.receiver.sequences("bad") == [1, 1]
        await here.clock.advance(5)
        await here.settle()

        assert here.receiver.sequences("bad") == [1, 1, 1, 2]


async def test_a_random_third_fails_and_nothing_is_lost() -> None:
    """Every session's first arrivals are 1, 2, 3 …, whatever fails between."""
    async with world() as here:
        luck = random.Random(7)
        here.targets["pizza"] = replace(here.targets["pizza"], policy=PATIENT)
        here.dispatcher.use(here.targets)

        def answer(delivery: Delivery) -> DeliveryResult:
            return Retry("HTTP 500", status=500) if luck.random() < 0.3 else Delivered(200)

        here.receiver.answers = answer
        for _ in range(5):
            for number in range(20):
                here.say(f"s{number}", 2)
        for _ in range(60):
            await here.clock.advance(10)

        assert set(here.outbox.ended.values()) == {"delivered"}
        assert len(here.outbox.ended) == 200
        firsts = defaultdict(list)
        for delivery in here.receiver.seen:
            if delivery.sequence not in firsts[delivery.session_key]:
                firsts[delivery.session_key].append(delivery.sequence)
        assert all(found == list(range(1, 11)) for found in firsts.values())


async def test_the_schedule_ends_in_a_dead_delivery() -> None:
    """After the last retry the delivery is dead, is told, and the next one leaves."""
    async with world() as here:
        here.receiver.answers = lambda d: Retry("HTTP 500", status=500) if d.sequence == 1 else Delivered(204)
        here.say("s", 2)
        await here.settle()
        for _ in range(40):
            await here.clock.advance(60)

        assert here.receiver.sequences("s") == [1] * 6 + [2]
        assert [kind for kind, _, _ in here.events] == [
            *["delivery.failed"] * 3,
            "delivery.failing",  # of the endpoint, once
            *["delivery.failed"] * 2,
            "delivery.dead",
            "message.sent",
            "endpoint.recovered",
        ]
        assert sorted(here.outbox.ended.values()) == ["dead", "delivered"]


async def test_the_nth_rejection_is_dead() -> None:
    """4xx answers count for themselves: failures of another kind before do not use them up."""
    async with world() as here:
        statuses = iter([500, 500, 404, 404, 404])
        here.receiver.answers = lambda d: Retry("no", status=next(statuses))
        here.say("s")
        for _ in range(20):
            await here.clock.advance(60)

        assert len(here.receiver.seen) == 5
        assert list(here.outbox.ended.values()) == ["dead"]


async def test_rejections_count_across_a_restart() -> None:
    """``max_rejections`` is about the delivery, not about the life of the server."""
    async with world() as here:
        here.receiver.answers = lambda d: Retry("no", status=404)
        here.say("s")
        await here.settle()
        await here.clock.advance(1.5)
        await here.settle()
        assert len(here.receiver.seen) == 2
        await here.dispatcher.stop()
        here.dispatcher = here.new_life()
        await here.dispatcher.start()
        await here.clock.advance(60)

        assert len(here.receiver.seen) == 3
        assert list(here.outbox.ended.values()) == ["dead"]


async def test_the_first_failure_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    """One line for an endpoint until a delivery was taken, however many fail."""
    async with world() as here:
        here.receiver.answers = lambda d: Retry("connect: refused")
        for session in "abc":
            here.say(session)
        await here.settle()
        lines = [record.getMessage() for record in caplog.records]
        assert lines == ["deliveries of endpoint pizza fail: connect: refused"]

        here.receiver.answers = lambda d: Delivered(200)
        await here.clock.advance(10)
        here.receiver.answers = lambda d: Retry("HTTP 500", status=500)
        here.say("d")
        await here.settle()
        lines = [record.getMessage() for record in caplog.records]
        assert lines[1:] == ["deliveries of endpoint pizza fail: HTTP 500"]


async def test_a_receiver_that_fails_now_and_then_does_not_fill_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Each error is told when it first comes; how often it came again is told once a minute."""
    async with world() as here:
        answers = itertools.cycle([Retry("HTTP 500", status=500), Delivered(200)])
        here.receiver.answers = lambda d: next(answers)
        for number in range(40):
            here.say(f"s{number}")
            await here.clock.advance(5)
        lines = [record.getMessage() for record in caplog.records]
    assert lines[0] == "deliveries of endpoint pizza fail: HTTP 500"
    repeated = "deliveries of endpoint pizza failed {} times more: HTTP 500"
    assert lines[1:] == [repeated.format(10), repeated.format(10), repeated.format(11)]


def test_a_receiver_with_a_new_excuse_each_time_is_bounded(caplog: pytest.LogCaptureFixture) -> None:
    """Errors that are all different count as one from the seventeenth on."""
    failures = FailureLog("pizza")
    for number in range(1000):
        failures.begin(f"error {number}", 100.0)
    failures.tell_repeats(161.0)
    lines = [record.getMessage() for record in caplog.records]
    assert len(lines) == 18
    assert lines[-2:] == [
        "deliveries of endpoint pizza fail: other errors",
        "deliveries of endpoint pizza failed 983 times more: other errors",
    ]


async def test_an_exception_is_a_retry() -> None:
    """An output that raises, or answers nonsense, costs an attempt and no delivery."""
    async with world() as here:
        failures: list[Any] = [RuntimeError("secret"), SendError("timeout", "http://host: slow"), None]

        def answer(delivery: Delivery) -> Any:
            failure = failures.pop(0) if failures else Delivered(200)
            if isinstance(failure, Exception):
                raise failure
            return failure

        here.receiver.answers = answer
        here.say("s")
        for _ in range(5):
            await here.clock.advance(30)

        assert [attempt.error for attempt in here.outbox.attempts] == [
            "the output failed: RuntimeError",
            "timeout: http://host: slow",
            "the output returned NoneType, not Delivered, Retry or Rejected",
            None,
        ]


async def test_an_earlier_life_left_heads_behind() -> None:
    """At start everything due leaves, more than fits into memory at once."""
    async with world() as here:
        await here.dispatcher.stop()
        for number in range(1500):
            here.outbox.add(f"s{number}", 2)
        here.dispatcher = here.new_life()
        await here.dispatcher.start()
        for _ in range(60):
            await here.clock.advance(0.05)

        assert len(here.outbox.ended) == 3000
        assert here.outbox.reads < 60


async def test_a_retry_left_behind_leaves_when_it_falls_due() -> None:
    """The dispatcher sleeps exactly until the store's next due time."""
    async with world() as here:
        await here.dispatcher.stop()
        (delivery,), _ = here.outbox.add("s")
        here.outbox.next_at[delivery.session_key, 1] = here.clock.now() + 1234.5
        here.dispatcher = here.new_life()
        await here.dispatcher.start()
        await here.clock.advance(1234.4)
        assert here.receiver.seen == []
        reads = here.outbox.reads

        await here.clock.advance(0.1)

        assert len(here.receiver.seen) == 1
        assert here.outbox.reads == reads + 1


async def test_concurrency_is_bounded_and_fair() -> None:
    """One endpoint gets at most its own number; a crowded one does not starve another."""
    async with world("a", "b", concurrency=40) as here:
        here.receiver.gate = asyncio.Event()
        for number in range(100):
            here.say(f"a{number}", endpoint="a")
        for number in range(20):
            here.say(f"b{number}", endpoint="b")
        await here.settle()
        assert here.receiver.running == {"a": 32, "b": 8}
        assert here.dispatcher.in_flight == 40

        here.receiver.gate.set()
        await here.settle()

        assert here.receiver.most["a"] == 32
        assert len(here.outbox.ended) == 120
        order = [delivery.endpoint for delivery in here.receiver.seen]
        assert order.index("b") < 40
        assert order[40:64].count("b") == 12


async def test_what_finds_no_room_stays_in_the_store() -> None:
    """Memory holds a bounded number of deliveries, and another endpoint is not behind them."""
    async with world("slow", "quick") as here:
        await here.dispatcher.stop()
        here.dispatcher = here.new_life()
        here.receiver.gate = asyncio.Event()
        for number in range(3000):
            here.outbox.add(f"x{number}", endpoint="slow")
        here.outbox.add("q", endpoint="quick")
        here.clock._now += 1
        await here.dispatcher.start()
        for _ in range(20):
            await here.clock.advance(0.5)

        assert here.dispatcher.in_memory <= 32 + 256 + 1
        assert "quick" in here.receiver.running


async def test_a_dead_endpoint_is_left_alone() -> None:
    """The breaker opens: one probe at a time goes, the others wait in the store at no cost."""
    async with world() as here:
        here.receiver.answers = lambda d: Retry("connect: refused")
        for number in range(200):
            here.say(f"s{number}")
        for _ in range(10):
            await here.clock.advance(1)
        tried, written = len(here.receiver.seen), len(here.outbox.attempts)
        assert here.dispatcher.open_breakers
        assert here.dispatcher.in_memory == 0

        for _ in range(100):
            await here.clock.advance(3)

        assert 2 < len(here.receiver.seen) - tried < 10
        assert len(here.outbox.attempts) - written < 10
        assert max(row.attempts for row in here.outbox.rows.values()) <= 4

        here.receiver.answers = lambda d: Delivered(200)
        for _ in range(60):
            await here.clock.advance(10)

        assert set(here.outbox.ended.values()) == {"delivered"}
        assert len(here.outbox.ended) == 200


async def test_a_dead_endpoint_is_known_to_all_processes() -> None:
    """What one found out the others obey, without an attempt of their own; one success ends it for all."""
    told: list[tuple[str, str, float | None]] = []
    async with (
        world(on_breaker=lambda *what: told.append(what)) as here,
        world(on_breaker=lambda *what: None) as other,
    ):
        here.receiver.answers = lambda d: Retry("connect: refused")
        for number in range(20):
            here.say(f"s{number}")
        for _ in range(10):
            await here.clock.advance(1)
        assert told
        assert told[-1][2] is not None
        other.dispatcher.heard_breaker(told[-1][0], told[-1][1], other.clock.now() + 30)
        other.say("theirs")
        await other.settle()
        assert other.receiver.seen == []
        here.receiver.answers = lambda d: Delivered(200)
        for _ in range(20):
            await here.clock.advance(10)
        assert told[-1][2] is None
        other.dispatcher.heard_breaker(*told[-1])
        for _ in range(3):
            await other.clock.advance(1)
        assert other.receiver.sequences("theirs") == [1]


async def test_the_first_success_after_an_outage_wakes_all_that_wait() -> None:
    """A session in the middle of a long delay does not sit it out."""
    async with world() as here:
        here.say("first")
        await here.settle()
        here.receiver.answers = lambda d: Retry("HTTP 503", status=503)
        here.say("patient")
        await here.settle()
        for seconds in (1, 5, 30, 120):
            await here.clock.advance(seconds)
        assert len(here.receiver.sequences("patient")) == 5

        here.receiver.answers = lambda d: Delivered(200)
        await here.clock.advance(60)
        here.say("newcomer")
        await here.settle()

        assert here.receiver.sequences("newcomer") == [1]
        assert len(here.receiver.sequences("patient")) == 6


async def test_another_destination_has_a_breaker_of_its_own() -> None:
    """A Deliver to a dead host is put off without an attempt; the endpoint's webhook goes on."""
    async with world() as here:
        here.receiver.answers = lambda d: Retry("connect: refused") if d.url else Delivered(200)
        for number in range(8):
            here.say(f"d{number}", url="http://dead.example/a?b")
        for _ in range(7):
            await here.clock.advance(1)
        tried = len(here.receiver.seen)
        here.say("late", url="http://dead.example/c")
        here.say("home")
        await here.settle()

        assert here.receiver.sequences("home") == [1]
        assert len(here.receiver.seen) == tried + 1
        late = [done for done in here.outbox.attempts if done.delivery.delivery_id == "evt_late1"]
        assert [(done.status, done.counts) for done in late] == [("pending", False)]

        here.receiver.answers = lambda d: Delivered(200)
        for _ in range(20):
            await here.clock.advance(10)
        assert len(here.outbox.ended) == 10


async def test_nothing_leaves_before_the_start() -> None:
    """What is committed earlier, by recovery for instance, is found by the first poll."""
    here = World()
    here.say("s")
    await here.settle()
    assert here.receiver.seen == []

    await here.dispatcher.start()
    await here.settle()
    assert here.receiver.sequences("s") == [1]
    await here.dispatcher.stop()


async def test_410_pauses_until_enabled() -> None:
    """Nothing is sent and nothing is lost; a restart remembers; enabling sends it all in order."""
    async with world("pizza", "other") as here:
        here.receiver.answers = lambda d: (
            Rejected("HTTP 410", 410, pause=True) if d.endpoint == "pizza" else Delivered(200)
        )
        here.say("s", 2)
        await here.settle()
        here.say("t")
        here.say("o", endpoint="other")
        await here.settle()
        assert set(here.dispatcher.paused) == {"pizza"}
        assert here.receiver.sequences("s") == [1]
        assert here.receiver.sequences("o") == [1]

        await here.dispatcher.stop()
        here.dispatcher = here.new_life()
        await here.dispatcher.start()
        for _ in range(5):
            await here.clock.advance(4 * 3600)
        assert set(here.dispatcher.paused) == {"pizza"}
        assert here.receiver.sequences("s") == [1]

        here.receiver.answers = lambda d: Delivered(200)
        await here.dispatcher.enable("pizza")
        await here.settle()

        assert here.receiver.sequences("s") == [1, 1, 2]
        assert here.receiver.sequences("t") == [1]
        assert here.settings.kept == {}


async def test_a_busy_receiver_gets_its_pause() -> None:
    """After 429 the whole destination waits as long as asked, and no attempt is counted."""
    async with world() as here:
        here.receiver.answers = lambda d: Retry("HTTP 429", 20.0, 429, counts=False)
        here.say("s")
        await here.settle()
        here.receiver.answers = lambda d: Delivered(200)
        here.say("t")
        await here.clock.advance(19)
        assert len(here.receiver.seen) == 1

        await here.clock.advance(1)
        await here.clock.advance(1)

        assert len(here.outbox.ended) == 2
        assert all(row.attempts <= 1 for row in here.outbox.rows.values())


async def test_a_poll_that_read_too_early_sends_nothing_twice() -> None:
    """What was delivered while the store was being read is not sent again."""
    async with world() as here:
        here.receiver.gate = asyncio.Event()
        here.say("s")
        await here.settle()

        async def meanwhile() -> None:
            assert here.receiver.gate is not None
            here.receiver.gate.set()
            await here.clock.settle(50)

        here.outbox.before_answer = meanwhile
        here.dispatcher.wake()
        await here.settle()
        here.outbox.before_answer = None
        await here.clock.advance(2)

        assert here.receiver.sequences("s") == [1]


async def test_a_replayed_delivery_is_found() -> None:
    """``wake`` looks at once for what an operator made due again."""
    async with world() as here:
        here.receiver.answers = lambda d: Rejected("never")
        here.say("s")
        await here.settle()
        name = next(iter(here.outbox.ended))
        assert here.outbox.ended.pop(name) == "dead"
        here.outbox.next_at[name] = here.clock.now()
        here.receiver.answers = lambda d: Delivered(200)

        here.dispatcher.wake()
        await here.settle()

        assert here.outbox.ended[name] == "delivered"


async def test_a_session_is_held_until_its_delivery_is_written() -> None:
    """Taken, but not in the store: a poll that finds it due sends nothing twice, the worker is free for
    others, and the next one of the session leaves when it is written. It is told then, not before."""
    async with world(concurrency=1) as here:
        gate, settle = asyncio.Event(), here.outbox.settle

        def slowly(attempt: Attempt, written: OnSettled) -> None:
            async def write() -> None:
                await gate.wait()
                settle(attempt, written)

            here.outbox.settling.append(asyncio.ensure_future(write()))

        here.outbox.settle = slowly  # type: ignore[method-assign]
        here.say("s")
        await here.settle()
        here.say("s")  # parked behind the first, as the store sees it
        here.say("other")
        here.dispatcher.wake()
        await here.settle()
        assert (here.receiver.sequences("s"), here.receiver.sequences("other")) == ([1], [1])
        assert (here.dispatcher.in_flight, here.dispatcher.resting, here.events) == (0, False, [])

        gate.set()
        await here.settle()
        assert here.receiver.sequences("s") == [1, 2]
        assert here.dispatcher.resting
        assert [kind for kind, *_ in here.events] == ["message.sent"] * 3


async def test_what_is_known_to_be_followed_is_not_written_quietly() -> None:
    """The others of a turn do not wait for a moment each."""
    async with world() as here:
        quiet: list[int] = []
        settle = here.outbox.settle

        def noting(attempt: Attempt, written: OnSettled) -> None:
            quiet.append(attempt.delivery.sequence)
            settle(attempt, written)

        here.outbox.settle = noting  # type: ignore[method-assign]
        here.say("s", 4)
        await here.settle()
        here.say("s")
        await here.settle()
        assert here.receiver.sequences("s") == [1, 2, 3, 4, 5]
        assert quiet == [4, 5]


async def test_what_cannot_be_written_quietly_is_sent_again() -> None:
    """When the store refuses, the delivery is found again."""
    async with world() as here:
        settle = here.outbox.settle

        def refuse(attempt: Attempt, written: OnSettled) -> None:
            asyncio.get_running_loop().call_soon(written, None, OSError("disk full"))

        here.outbox.settle = refuse  # type: ignore[method-assign]
        here.say("s")
        await here.settle()
        here.outbox.settle = settle  # type: ignore[method-assign]
        await here.clock.advance(2)
        assert here.receiver.sequences("s") == [1, 1]
        assert list(here.outbox.ended.values()) == ["delivered"]


async def test_a_store_that_refuses_costs_a_repeat() -> None:
    """When the mark cannot be made, the delivery is found again and sent again."""
    async with world() as here:
        record = here.outbox.record_attempt

        async def refuse(attempt: Attempt) -> Delivery | None:
            raise OSError("disk full")

        here.outbox.record_attempt = refuse  # type: ignore[method-assign]
        here.say("s")
        await here.settle()
        here.outbox.record_attempt = record  # type: ignore[method-assign]
        await here.clock.advance(1.1)

        assert here.receiver.sequences("s") == [1, 1]
        assert list(here.outbox.ended.values()) == ["delivered"]


async def test_stop_waits_for_what_is_being_sent() -> None:
    """What runs ends and is recorded; what waits stays in the store."""
    async with world(concurrency=1) as here:
        here.receiver.gate = asyncio.Event()
        here.say("s", 2)
        here.say("t")
        await here.settle()
        stopping = asyncio.create_task(here.dispatcher.stop())
        await here.settle()
        assert not stopping.done()

        here.receiver.gate.set()
        await stopping

        assert len(here.receiver.seen) == 1
        assert len(here.outbox.ended) == 1
        here.say("u")
        await here.settle()
        assert len(here.receiver.seen) == 1


async def test_an_output_that_hangs_is_given_up() -> None:
    """A plugin without a timeout of its own does not hold its place for ever."""
    async with world() as here:
        here.targets["pizza"] = replace(here.targets["pizza"], timeout=0.01)
        here.dispatcher.use(here.targets)
        here.receiver.gate = asyncio.Event()
        here.say("s")
        await here.outbox.marked.wait()

        assert here.outbox.attempts[0].error == "timeout: the output did not answer"


async def test_an_endpoint_that_is_gone_keeps_its_deliveries() -> None:
    """Deliveries of an endpoint that the configuration no longer has wait for its return."""
    async with world() as here:
        here.dispatcher.use({})
        here.say("s", 2)
        await here.settle()
        assert here.receiver.seen == []

        here.dispatcher.use(here.targets)
        await here.dispatcher.enable("pizza")
        await here.settle()

        assert here.receiver.sequences("s") == [1, 2]


def test_a_route_takes_its_schedule_from_the_configuration() -> None:
    """``webhook.retries``, ``max_rejections`` and ``timeout`` hold for every output."""
    webhook = WebhookConfig(retries=[1.0, 2.0], max_rejections=7, timeout=10.0)

    route = DeliveryTarget.of(Endpoint("pizza", "t", "flow", SimpleNamespace(webhook=webhook)), Receiver())

    assert route.policy == RetryPolicy((1.0, 2.0), 7)
    assert route.timeout == 10.0 + OUTPUT_GRACE_SECONDS


async def test_a_rate_is_kept_and_holds_nobody_else() -> None:
    """Attempts of an endpoint begin no faster than its rate says, in order; others leave at once."""
    async with world("slow", "quick") as here:
        slow = replace(here.targets["slow"], rate=RateLimit(2, 1.0))
        here.dispatcher.use({**here.targets, "slow": slow})
        for number in range(3):
            here.say(f"s{number}", 2, endpoint="slow")
        for number in range(50):
            here.say(f"q{number}", endpoint="quick")
        await here.settle()
        assert [delivery.endpoint for delivery in here.receiver.seen].count("quick") == 50
        counts = []
        for _ in range(5):
            counts.append([delivery.endpoint for delivery in here.receiver.seen].count("slow"))
            await here.clock.advance(0.5)
            await here.settle()
        assert counts == [2, 3, 4, 5, 6]
        assert len(here.outbox.ended) == 56
        here.dispatcher.use(here.targets)
        for number in range(5):
            here.say(f"t{number}", endpoint="slow")
        await here.settle()
        assert len(here.outbox.ended) == 61
