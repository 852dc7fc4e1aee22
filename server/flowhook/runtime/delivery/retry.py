"""When to try a delivery again, and when to give up. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from flowhook.model.delivery import Rejected, Retry

JITTER = 0.2
LONGEST_RETRY_AFTER = 86_400.0  #: a receiver that asks for more is tried once a day
#: A receiver that is busy (429) and names no time gets at least so many seconds.
BUSY_SECONDS = 5.0
#: 4xx statuses that are not about the message.
RETRYABLE_4XX = frozenset({408, 425, 429})


def is_rejection(status: int | None) -> bool:
    """Return whether the receiver says that it does not want this message as it is."""
    return status is not None and 400 <= status < 500 and status not in RETRYABLE_4XX


class RetryPolicy(NamedTuple):
    """An endpoint's schedule. ``delays``: seconds after the 1st, 2nd … failed attempt."""

    delays: tuple[float, ...]
    max_rejections: int = 3

    def delay(
        self, result: Retry | Rejected, attempts: int, rejections: int, chance: Callable[[], float]
    ) -> float | None:
        """Return the seconds until the next attempt; None: no more, the delivery is dead.

        ``attempts`` ended before this one, ``rejections`` of them by the receiver. ``chance`` gives
        numbers from 0 to 1.
        """
        if isinstance(result, Rejected):
            return None
        if is_rejection(result.status) and rejections + 1 >= self.max_rejections:
            return None
        if result.counts and attempts >= len(self.delays):
            return None
        base = self.delays[min(attempts, len(self.delays) - 1)] if self.delays else BUSY_SECONDS
        if result.after is not None:
            return clamp_retry_after(result.after, base)
        luck = chance()
        delay = base * (1 - JITTER + 2 * JITTER * luck)
        return delay if result.counts else max(delay, BUSY_SECONDS * (1 + JITTER * luck))


def clamp_retry_after(after: float, base: float) -> float:
    """Return the receiver's Retry-After within reason: neither sooner than the schedule nor for ever."""
    if after != after:
        return base
    return min(max(after, base), max(2 * base, LONGEST_RETRY_AFTER))
