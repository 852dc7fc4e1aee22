"""The bytes of a delivery: an output, through the endpoint's plugins, serialised once."""

from __future__ import annotations

from typing import Any

from pydantic_core import to_json

from flowhook.clock import Clock
from flowhook.errors import TurnTooLarge
from flowhook.hooks.facade import DISCARD, Body
from flowhook.model.delivery import Delivery
from flowhook.model.output import Deliver, Output
from flowhook.rich import cognigy
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.storage.records import Segment

DELIVERY_BODIES = 2  #: times ``server.max_body`` that one delivery may have


class OutputSerializer:
    """Makes deliveries of outputs. ``max_body`` is that of the server, in bytes."""

    def __init__(self, clock: Clock, max_body: int) -> None:
        self._clock = clock
        self._max_body = max_body

    async def add_delivery(self, turn: RunningTurn, segment: Segment, output: Output) -> Output | None:
        """Add the delivery of an output to a segment: its bytes go out on every attempt.

        Returns what is said in the end; None when a plugin discards it. Raises PluginError, and
        TurnTooLarge.
        """
        output.disable_sensitive_logging = output.disable_sensitive_logging or turn.redactor.masked
        envelope = _envelope(turn, output)
        delivery = _delivery(turn, output, self._clock.now())
        hooks = turn.project.hooks.for_endpoint(turn.endpoint)
        shown: dict[str, Any] | None = None
        if hooks.has_output:
            session = turn.ref
            result = await hooks.transform_output(output, envelope, session.user_id, session.session_id)
            if result is DISCARD:
                return None
            if isinstance(result, Output):
                output = result
                envelope = _envelope(turn, output)
            else:
                shown = output.to_json()
                _divert(delivery, result)
        if not delivery.body:
            if turn.endpoint.config.rich_format == "cognigy" and "rich" in output.data:
                output = cognigy.rendered(output)
                envelope["AIOutput"] = output.to_json()
            delivery.body = to_json(envelope)
        check_size("an output", delivery.body, DELIVERY_BODIES * self._max_body)
        segment.deliveries.append(delivery)
        segment.outputs.append(shown)
        return output


def check_size(what: str, content: bytes, allowed: int) -> None:
    """Raise TurnTooLarge for more bytes than are allowed: a flow that piles up data fails, rather than
    making every later turn slower."""
    if len(content) > allowed:
        raise TurnTooLarge(f"{what} would have {len(content)} bytes; {allowed} are allowed")


def _envelope(turn: RunningTurn, output: Output) -> dict[str, Any]:
    """Return what the webhook receives."""
    return {
        "userId": turn.ref.user_id,
        "sessionId": turn.ref.session_id,
        "disableSensitiveLogging": output.disable_sensitive_logging,
        "AIOutput": output.to_json(),
    }


def _delivery(turn: RunningTurn, output: Output, now: float) -> Delivery:
    """Return a delivery without a body. The store gives it its sequence and its id."""
    session = turn.ref
    return Delivery(
        session.endpoint,
        session.key,
        0,
        "",
        b"",
        output.trace_id,
        session.user_id,
        session.session_id,
        created_at=now,
    )


def _divert(delivery: Delivery, result: Deliver | Body) -> None:
    """Let a plugin's result be the body, and where it names one, the address."""
    if isinstance(result, Deliver):
        delivery.url, delivery.method, delivery.headers = result.url, result.method, dict(result.headers)
        delivery.body = result.body if result.body is not None else to_json(result.json)
    else:
        delivery.body = to_json(result.value)
