"""What the log says of an endpoint whose deliveries fail: each error at once, its repeats once a minute."""

from __future__ import annotations

import logging

from flowhook.model.log_action import LogAction

log = logging.getLogger("flowhook.delivery")

SECONDS = 60.0  #: in which repeats of an error are only counted
ERRORS = 16  #: different ones of an endpoint that are told apart; further ones count as one
OTHERS = "other errors"


class FailureLog:
    """The lines of one endpoint. A receiver that fails now and then begins to fail again and again: its first
    failure is told, the others of that minute with their number."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._told: dict[str, tuple[float, int]] = {}  #: error → when it was told, how often it came since

    def begin(self, error: str, now: float, *, test: bool = False) -> None:
        """Note that deliveries begin to fail, at POSIX seconds ``now``; ``test``: that of a test message."""
        self.tell_repeats(now)
        if error not in self._told and len(self._told) >= ERRORS:
            error = OTHERS
        if error in self._told:
            since, count = self._told[error]
            self._told[error] = since, count + 1
            return
        self._told[error] = now, 0
        marks = {"test": True} if test else {}
        self._warn("deliveries of endpoint %s fail: %s", self._endpoint, error, **marks)

    def tell_repeats(self, now: float) -> None:
        """Tell of the errors that came again, once their minute is over; forget those that did not. Costs
        nothing while there are none."""
        if not self._told:
            return
        over = [error for error, (since, _) in self._told.items() if not 0 <= now - since < SECONDS]
        for error in over:
            _, count = self._told.pop(error)
            if count:
                self._warn("deliveries of endpoint %s failed %d times more: %s", self._endpoint, count, error)
                self._told[error] = now, 0

    def _warn(self, message: str, *arguments: object, **marks: bool) -> None:
        extra = {"action": LogAction.DELIVERY_FAILING, "endpoint": self._endpoint, **marks}
        log.warning(message, *arguments, extra=extra)
