"""Playing the service behind a task: what it posts to the one-time URL that it was given."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError, FlowhookError

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


async def call_back(services: Application, tokens: Iterable[str], body: Any) -> None:
    """Post a body to the first URL that is still open. Raises FlowhookError when none is."""
    for token in tokens:
        try:
            await services.task_results.accept(token, body)
        except ApiError as error:
            if error.status not in (404, 410):
                raise
        else:
            return
    raise FlowhookError("no task waits for a callback")
