"""The bytes of a delivery: an output, through the endpoint's plugins, serialised once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic_core import to_json

from flowhook.clock import Clock
from flowhook.errors import TurnTooLarge
from flowhook.hooks.calling.results import Body, OutputResult, body_of
from flowhook.model.delivery import Delivery
from flowhook.model.output import Output
from flowhook.net.trace_context import child_of
from flowhook.rich import cognigy
from flowhook.runtime.delivery.secrets import sealed
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.storage.records import Segment

DELIVERY_BODIES = 2  #: times the bytes of a request that one delivery may have


class OutputSerializer:
    """Makes deliveries of outputs. ``max_body`` is that of the server, in bytes."""

    def __init__(self, clock: Clock, max_body: int) -> None:
        self._clock = clock
        self._max_body = max_body

    async def add_deliveries(
        self, turn: RunningTurn, segment: Segment, outputs: Sequence[Output]
    ) -> list[Output]:
        """Add what becomes of outputs to a segment: its bytes go out on every attempt.

        Returns what is said in the end; nothing when a plugin discards it. Raises PluginError, and
        TurnTooLarge.
        """
        hooks = turn.hooks
        for output in outputs:
            masked = turn.own_redactor.blinded(output.blind).masked
            output.disable_sensitive_logging = output.disable_sensitive_logging or masked
        results: Sequence[OutputResult] = outputs
        if hooks.has_transform_turn:
            results = await hooks.transform_turn(outputs, turn.inbound)
        said: list[Output] = []
        spoken = outputs[0]  #: for what a plugin made of the turn that is no Output itself
        for result in results:
            spoken = result if isinstance(result, Output) else spoken
            finals: Sequence[OutputResult] = [result]
            if hooks.has_output and isinstance(result, Output):
                envelope, ref = _envelope(turn, result), turn.ref
                finals = await hooks.transform_output(
                    result, envelope, ref.user_id, ref.session_id, turn.inbound
                )
            self._add_results(turn, segment, finals, spoken, said)
        return said

    def _add_results(
        self,
        turn: RunningTurn,
        segment: Segment,
        results: Sequence[OutputResult],
        output: Output,
        said: list[Output],
    ) -> None:
        """Add one delivery for each thing that became of an output, and note what is ``said`` with it."""
        privacy = turn.own_redactor.blinded(output.blind).row_privacy
        for result in results:
            spoken = self._add_delivery(turn, segment, result, output)
            segment.deliveries[-1].privacy = privacy
            if not said or spoken is not output or not any(spoken is other for other in said):
                said.append(spoken)  # what is sent twice is said once

    def _add_delivery(
        self, turn: RunningTurn, segment: Segment, result: OutputResult, output: Output
    ) -> Output:
        """Add one delivery, and return the output that it stands for."""
        delivery = _delivery(turn, output, self._clock.now())
        if isinstance(result, Output):
            output = result
            if turn.endpoint.config.rich_format == "cognigy" and "rich" in output.data:
                output = cognigy.rendered(output)
            delivery.body = to_json(_envelope(turn, output))
        elif isinstance(result, Body):
            delivery.body = to_json(result.value)
            sealed(delivery, is_json=True)
        else:
            delivery.url, delivery.method, delivery.headers = result.url, result.method, dict(result.headers)
            delivery.body = body_of(result)
            sealed(delivery, is_json=result.body is None)
        if turn.inbound.trace_parent is not None and "traceparent" not in map(str.lower, delivery.headers):
            trace = child_of(delivery.trace_id, turn.inbound.trace_parent)
            delivery.headers = {**delivery.headers, **({"traceparent": trace} if trace else {})}
        check_size(
            "an output", delivery.body, DELIVERY_BODIES * turn.endpoint.config.body_limit(self._max_body)
        )
        segment.deliveries.append(delivery)
        segment.outputs.append(None if isinstance(result, Output) else output.to_json())
        return output


def check_size(what: str, content: bytes, allowed: int) -> None:
    """Raise TurnTooLarge for more bytes than are allowed: a flow that piles up data fails, rather than
    making every later turn slower."""
    if len(content) > allowed:
        raise TurnTooLarge(f"{what} would have {len(content)} bytes; {allowed} are allowed")


def _envelope(turn: RunningTurn, output: Output) -> dict[str, Any]:
    """Return what the webhook receives."""
    envelope = {
        "userId": turn.ref.user_id,
        "sessionId": turn.ref.session_id,
        "disableSensitiveLogging": output.disable_sensitive_logging,
        "AIOutput": output.to_json(),
    }
    if turn.inbound.test:
        envelope["test"] = True
    return envelope


def _delivery(turn: RunningTurn, output: Output, now: float) -> Delivery:
    """Return a delivery without a body. The store gives it its sequence and its id."""
    ref = turn.ref
    return Delivery(
        ref.endpoint,
        ref.key,
        0,
        "",
        b"",
        output.trace_id,
        ref.user_id,
        ref.session_id,
        created_at=now,
        test=turn.inbound.test,
    )
