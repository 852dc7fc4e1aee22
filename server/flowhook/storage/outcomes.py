"""What a writer tells those who wait for their jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from flowhook.model.delivery import Delivery

#: Told on the event loop that a delivery is recorded, with what may leave now; or why it is not.
OnSettled = Callable[[Delivery | None, BaseException | None], None]


@dataclass(slots=True)
class Failed:
    """Takes a result's place."""

    error: Exception


def settle(futures: Iterable[asyncio.Future[Any]], outcomes: Iterable[Any]) -> None:
    """Give each its result or its error; one whose waiter gave up gets nothing."""
    for future, outcome in zip(futures, outcomes, strict=True):
        if future.done():
            continue
        if type(outcome) is Failed:
            future.set_exception(outcome.error)
        else:
            future.set_result(outcome)


def tell_settled(
    waiters: Iterable[OnSettled], following: Iterable[Delivery | None], error: BaseException | None
) -> None:
    """Tell each waiter what became of its delivery. One that raises is reported to the event loop's exception
    handler, and the others are told all the same."""
    for written, delivery in zip(waiters, following, strict=True):
        try:
            written(delivery, error)
        except Exception as failure:
            context = {"message": "what follows a delivery failed", "exception": failure}
            asyncio.get_running_loop().call_exception_handler(context)
