"""When to try a delivery again, and when to give up. Pure: no clock, no I/O."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowhook.model.delivery import Rejected, Retry

JITTER = 0.2
LONGEST_WISH = 3600.0
#: A receiver that is busy (429) and names no time gets at least so many seconds.
BUSY_SECONDS = 5.0
#: 4xx answers that are not about the message.
PASSING = frozenset({408, 425, 429})


def is_rejection(status: int | None) -> bool:
    """Whether the receiver says that it does not want this message as it is."""
    return status is not None and 400 <= status < 500 and status not in PASSING


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """An endpoint's schedule. ``delays``: seconds after the 1st, 2nd … failed attempt."""

    delays: tuple[float, ...]
    max_rejections: int = 3

    def delay(
        self, answer: Retry | Rejected, attempts: int, rejections: int, chance: Callable[[], float]
    ) -> float | None:
        """Seconds until the next attempt; None: no more, the delivery is dead.

        ``attempts`` ended before this one, ``rejections`` of them by the receiver. ``chance`` gives
        numbers from 0 to 1.
        """
        if isinstance(answer, Rejected):
            return None
        if is_rejection(answer.status) and rejections + 1 >= self.max_rejections:
            return None
        if answer.counts and attempts >= len(self.delays):
            return None
        base = self.delays[min(attempts, len(self.delays) - 1)] if self.delays else BUSY_SECONDS
        if answer.after is not None:
            return wished(answer.after, base)
        if not answer.counts:
            base = max(base, BUSY_SECONDS)
        return base * (1 - JITTER + 2 * JITTER * chance())


def wished(after: float, base: float) -> float:
    """The receiver's Retry-After within reason: neither sooner than we would nor for ever."""
    if after != after:
        return base
    return min(max(after, base), max(2 * base, LONGEST_WISH))
