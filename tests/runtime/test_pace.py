"""``webhook.rate``: how fast an endpoint's attempts begin."""

from __future__ import annotations

from flowhook.config import RateLimit
from flowhook.runtime.delivery.pace import Pace


def begun(pace: Pace, seconds: float, step: float = 0.01) -> list[float]:
    """When attempts begin in so many seconds, where one always waits."""
    moments, now = [], 1000.0
    while now < 1000.0 + seconds:
        while not pace.wait(now):
            pace.take(now)
            moments.append(now)
        now += step
    return moments


def test_the_rate_holds() -> None:
    """The attempts of a second at once, and then evenly."""
    moments = begun(Pace(RateLimit(10, 1.0)), 3.0)
    assert len([at for at in moments if at == 1000.0]) == 10
    assert 29 <= len(moments) - 10 + 1 <= 31 - 10 + 10
    for first in range(len(moments) - 20):
        assert moments[first + 20] - moments[first] >= 0.99


def test_a_slow_rate_has_no_burst() -> None:
    """Five in a minute is one each twelve seconds."""
    moments = begun(Pace(RateLimit(5, 60.0)), 30.0, step=0.5)
    assert [round(at - 1000.0) for at in moments] == [0, 12, 24]


def test_a_rest_is_not_saved_up() -> None:
    """After a long rest no more than a second's attempts begin at once."""
    pace = Pace(RateLimit(2, 1.0))
    pace.take(1000.0)
    now = 2000.0
    count = 0
    while not pace.wait(now):
        pace.take(now)
        count += 1
    assert count == 2


def test_each_of_several_processes_has_its_share() -> None:
    """Which changes with their number, from one attempt to the next."""
    processes = [2]
    pace = Pace(RateLimit(10, 1.0), lambda: processes[0])
    assert 10 <= len(begun(pace, 2.0)) <= 16
    processes[0] = 1
    alone = Pace(RateLimit(10, 1.0), lambda: processes[0])
    assert len(begun(alone, 2.0)) >= 29
