"""The schedule of retries and the circuit breaker, both pure."""

from __future__ import annotations

import math

import pytest

from flowhook.model.delivery import Rejected, Retry
from flowhook.runtime.delivery.circuit_breaker import Breaker
from flowhook.runtime.delivery.retry import BUSY_SECONDS, RetryPolicy

POLICY = RetryPolicy((1.0, 5.0, 30.0), max_rejections=3)


def middle() -> float:
    """No jitter."""
    return 0.5


@pytest.mark.parametrize(("attempts", "delay"), [(0, 1.0), (1, 5.0), (2, 30.0), (3, None)])
def test_the_schedule(attempts: int, delay: float | None) -> None:
    """The n-th failed attempt waits for the n-th delay; after the last one it is over."""
    assert POLICY.delay(Retry("x"), attempts, 0, middle) == delay


@pytest.mark.parametrize(("chance", "delay"), [(0.0, 4.0), (0.5, 5.0), (1.0, 6.0)])
def test_jitter(chance: float, delay: float) -> None:
    """Each delay varies by 20 % up and down."""
    assert POLICY.delay(Retry("x"), 1, 0, lambda: chance) == pytest.approx(delay)


@pytest.mark.parametrize(
    ("after", "delay"),
    [
        (0.0, 5.0),
        (5.0, 5.0),
        (60.0, 60.0),
        (7200.0, 7200.0),
        (86_400.0, 86_400.0),
        (1e9, 86_400.0),
        (-3.0, 5.0),
        (math.nan, 5.0),
    ],
)
def test_retry_after_is_clamped(after: float, delay: float) -> None:
    """The receiver's wish holds between our own delay and a day."""
    assert POLICY.delay(Retry("x", after), 1, 0, middle) == delay


def test_a_long_delay_may_be_doubled_at_most() -> None:
    """With a base over half a day the bound is twice the base."""
    assert RetryPolicy((50_000.0,)).delay(Retry("x", 1e6), 0, 0, middle) == 100_000.0


def test_busy_does_not_count() -> None:
    """429 never ends a delivery, and gives the receiver air when it names no time."""
    busy = Retry("HTTP 429", status=429, counts=False)

    assert POLICY.delay(busy, 99, 0, middle) == 30.0
    waits = [POLICY.delay(busy, 0, 0, lambda luck=luck: luck) for luck in (0.0, 0.5, 1.0)]
    assert waits == pytest.approx([BUSY_SECONDS, 5.5, 6.0]), "varied, but never below 5 s"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 422])
def test_the_nth_rejection_is_dead(status: int) -> None:
    """``max_rejections`` attempts, then dead."""
    assert POLICY.delay(Retry("x", status=status), 0, 0, middle) == 1.0
    assert POLICY.delay(Retry("x", status=status), 1, 1, middle) == 5.0
    assert POLICY.delay(Retry("x", status=status), 2, 2, middle) is None


@pytest.mark.parametrize("status", [302, 408, 425, 500, 503])
def test_other_answers_are_no_rejections(status: int) -> None:
    """408, 425 and what is not 4xx follow the schedule."""
    assert POLICY.delay(Retry("x", status=status), 2, 99, middle) == 30.0


def test_rejected_by_the_output_is_dead_at_once() -> None:
    """An output that says Rejected means it."""
    assert POLICY.delay(Rejected("no such user"), 0, 0, middle) is None


def test_no_schedule_means_one_attempt() -> None:
    """``retries: []`` gives up after the first failure, but still waits for a busy receiver."""
    assert RetryPolicy(()).delay(Retry("x"), 0, 0, middle) is None
    assert RetryPolicy(()).delay(Retry("x", counts=False), 0, 0, middle) == pytest.approx(5.5)


def broken(now: float = 0.0) -> Breaker:
    """A breaker that opened at ``now + 5``."""
    breaker = Breaker(now)
    for second in (0, 1, 2, 3, 5):
        breaker.failed(now + second)
    return breaker


def test_a_breaker_opens_after_five_failures_over_five_seconds() -> None:
    """Five failures within a moment are bad luck; so are four within an hour."""
    quick, few = Breaker(0.0), Breaker(0.0)
    for _ in range(50):
        quick.failed(0.1)
    for _ in range(4):
        few.failed(3600.0)

    assert quick.admits(0.2)
    assert few.admits(3600.1)
    assert not broken().admits(5.1)


def test_an_open_breaker_lets_one_probe_through() -> None:
    """After 30 s one attempt goes, until its result is known."""
    breaker = broken()

    assert not breaker.admits(34.9)
    assert breaker.admits(35.0)
    assert not breaker.admits(35.1)


def test_each_failed_probe_doubles_the_time() -> None:
    """30 s, 60 s, … and never more than 5 minutes; stragglers do not count."""
    breaker, now, spans = broken(), 5.0, []
    for _ in range(6):
        breaker.failed(now + 1)  # began before it opened
        assert breaker.until is not None
        spans.append(breaker.until - now)
        now = breaker.until
        assert breaker.admits(now)
        breaker.failed(now)

    assert spans == [30.0, 60.0, 120.0, 240.0, 300.0, 300.0]


def test_coming_back() -> None:
    """What was not admitted looks again when the breaker half-opens, or soon, while one probes."""
    breaker = broken()

    assert breaker.come_back_at(6.0, lambda: 0.0) == 35.0
    assert breaker.come_back_at(6.0, lambda: 1.0) == 40.0
    assert breaker.come_back_at(36.0, lambda: 1.0) == 41.0


def test_a_pause_asked_for_holds() -> None:
    """Retry-After closes the whole destination, then one probe goes."""
    breaker = Breaker(0.0)
    breaker.hold(20.0)

    assert not breaker.admits(19.9)
    assert breaker.admits(20.0)
    assert not breaker.admits(20.0)
