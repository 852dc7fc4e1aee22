"""Results of tasks: what a service posts to the one-time URL that it was given."""

from __future__ import annotations

from typing import Any

from flowhook.clock import Clock
from flowhook.errors import ApiError
from flowhook.ids import new_id
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.intake.intake import Intake, Submitted
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.turns.callback_urls import key_of
from flowhook.storage.protocols import Callbacks


class TaskResults:
    """Accepts each result once. What was accepted goes the way of every inbound."""

    def __init__(self, callbacks: Callbacks, clock: Clock, endpoints: Endpoints, intake: Intake) -> None:
        self._callbacks = callbacks
        self._clock = clock
        self._endpoints = endpoints
        self._intake = intake

    async def endpoint_of(self, token: str) -> Endpoint:
        """Return the endpoint behind a one-time URL that is open. Raises :class:`ApiError` 404, or 410 for
        one that was used, or whose task is over."""
        key = key_of(token)
        found = await self._callbacks.find(*key) if key is not None else None
        if found is None:
            raise _unknown()
        if found.status != "open" or found.ref is None:
            raise _gone(found.status)
        endpoint = self._endpoints.by_name(found.ref.endpoint)
        if endpoint is None or not endpoint.enabled:
            raise _unknown()
        return endpoint

    async def accept(self, token: str, body: Any, *, remote_address: str | None = None) -> Submitted:
        """Accept the result of a task, any JSON, at its one-time URL.

        Returns once it is durable. Raises :class:`ApiError` as :meth:`endpoint_of` does, and 503.
        """
        endpoint = await self.endpoint_of(token)
        self._intake.require_room(endpoint, 1)
        key = key_of(token)
        assert key is not None
        is_object = isinstance(body, dict)
        inbound = Inbound(
            SessionRef(endpoint.name, "", ""),  # the callback knows whose it is
            Kind.CALLBACK,
            new_id(),
            self._clock.now(),
            data=body if is_object else None,
            result=None if is_object else body,
            remote_address=None if endpoint.config.privacy.mask_ip else remote_address,
        )
        accepted = await self._callbacks.use(*key, inbound, endpoint.config.session.expires_after)
        if accepted is None:  # somebody was faster, or its session has ended
            now = await self._callbacks.find(*key)
            raise _gone(now.status if now is not None else "void")
        return self._intake.take_in(accepted, endpoint)


def _unknown() -> ApiError:
    return ApiError(404, "unknown_callback", "There is no such callback.")


def _gone(status: str) -> ApiError:
    if status == "used":
        return ApiError(410, "callback_used", "This callback was used already; it works once.")
    return ApiError(410, "callback_void", "The task of this callback is over, or its session has ended.")
