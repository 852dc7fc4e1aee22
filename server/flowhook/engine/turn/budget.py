"""How long one turn may compute.

Patterns, answers and expressions are bounded one by one; a flow that has many of them adds up. So a turn as
a whole has some seconds, and it looks at what is left before each of them. The engine reads no clock:
whoever drives the turn hands one in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from flowhook.engine.outcomes import TurnFailed

TURN_SECONDS: Final = 3.0  #: that one turn may compute; what its effects take does not count


class TurnBudget:
    """The seconds that one turn may still compute.

    ``clock`` gives seconds from anywhere that only go up; None: they are not counted.
    """

    __slots__ = ("_clock", "_ends", "_left")

    def __init__(self, clock: Callable[[], float] | None, seconds: float = TURN_SECONDS) -> None:
        self._clock = clock
        self._left = seconds
        self._ends = math.inf

    def start(self) -> None:
        """The turn computes from now on."""
        if self._clock is not None:
            self._ends = self._clock() + self._left

    def stop(self) -> None:
        """The turn has ended, or waits for an effect."""
        if self._clock is not None:
            self._left, self._ends = self._ends - self._clock(), math.inf

    def check(self) -> None:
        """Raise TurnFailed when the turn has computed for too long."""
        if self._clock is not None and self._clock() > self._ends:
            raise TurnFailed(f"the turn computed for more than {TURN_SECONDS:g} seconds", "")
