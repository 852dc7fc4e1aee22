"""What a writer tells those who wait for their jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


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
