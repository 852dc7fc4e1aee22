"""A circuit breaker for one destination: a dead one is probed now and then, not hammered at."""

from __future__ import annotations

from collections.abc import Callable

THRESHOLD = 5  #: failures in a row
#: A streak of failures younger than this is bad luck, not an outage.
PATIENCE = 5.0
OPEN_SECONDS = 30.0
LONGEST_OPEN = 300.0
#: While one delivery probes, the others look again after this time.
PROBE_SECONDS = 5.0


class Breaker:
    """Exists from the first failure of a destination to its next success. Times are POSIX seconds.

    Opens after 5 failures in a row over at least 5 seconds: 30 s, then one probe; each failed probe
    doubles the time, up to 5 minutes.
    """

    __slots__ = ("_failures", "_open_for", "_probing", "_since", "until")

    def __init__(self, now: float) -> None:
        self._since = now
        self._failures = 0
        self._open_for = 0.0
        self._probing = False
        self.until: float | None = None  #: open until then; after it one probe may go

    def rests(self, now: float) -> bool:
        """Return whether no attempt may start now."""
        return self.until is not None and (now < self.until or self._probing)

    def admits(self, now: float) -> bool:
        """Return whether an attempt may start; when it is the probe, the next ones may not."""
        if self.rests(now):
            return False
        self._probing = self.until is not None
        return True

    def failed(self, now: float) -> None:
        """Note that an attempt failed. One that began before the breaker opened does not count twice."""
        self._failures += 1
        if self.until is None:
            if self._failures >= THRESHOLD and now - self._since >= PATIENCE:
                self._open(now, OPEN_SECONDS)
        elif now >= self.until:
            self._open(now, min(max(self._open_for * 2, OPEN_SECONDS), LONGEST_OPEN))

    def hold(self, until: float) -> None:
        """Open until a time: the receiver asked for a pause of all that goes there."""
        self.until = max(until, self.until or until)
        self._probing = False

    def heard(self, until: float) -> None:
        """Note that another process found the destination dead until a time. That one probes first."""
        if self.until is None or self.until < until:
            self.until = until + PROBE_SECONDS
            self._probing = False

    def come_back_at(self, now: float, chance: Callable[[], float]) -> float:
        """Return when a delivery that was not admitted should look again, not all at the same moment."""
        earliest = self.until if self.until is not None and now < self.until else now
        return earliest + PROBE_SECONDS * chance()

    def lasted(self, now: float) -> float:
        """Return the seconds since the first failure of the streak."""
        return now - self._since

    def _open(self, now: float, seconds: float) -> None:
        self._open_for = seconds
        self._probing = False
        self.until = now + seconds
