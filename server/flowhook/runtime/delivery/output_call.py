"""Calling an output: with what its ``deliver`` names, and whatever it does is a result."""

from __future__ import annotations

import asyncio
import logging
import math
from typing import Any

from flowhook.deadlines import Deadlines
from flowhook.errors import PluginError, Reject, SendError
from flowhook.hooks.calling.failures import CallContext, call_context
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult, Rejected, Retry
from flowhook.model.log_action import LogAction
from flowhook.model.privacy import HIDDEN
from flowhook.model.secret import SecretMissing
from flowhook.runtime.delivery.secrets import filled
from flowhook.runtime.delivery.targets import DeliveryTarget

log = logging.getLogger("flowhook.delivery")

#: The kind of a result for the metrics: delivered, retry, rejected or error.
KINDS: dict[Any, str] = {Delivered: "delivered", Retry: "retry", Rejected: "rejected"}


class OutputCaller:
    """Lets outputs make attempts. ``sender`` is handed to them (``net.client.Outgoing``)."""

    def __init__(self, sender: Any) -> None:
        self._sender = sender
        self._deadlines = Deadlines()

    async def call(self, target: DeliveryTarget, delivery: Delivery) -> tuple[str, DeliveryResult]:
        """Let the output make one attempt. Returns the kind of the result for the metrics, and the result:
        whatever goes wrong is a Retry that counts. Raises nothing but a real cancellation."""
        try:
            delivery = filled(delivery, target.secret)
            if target.hook is None:
                result = await self._call_directly(target, delivery)
            else:
                result = await self._call_plugin(target, delivery)
        except SendError as error:
            return "retry", Retry(f"{error.reason}: {error}")
        except SecretMissing as error:
            return "error", Retry(f"the secret {error} is not set any more")
        except TimeoutError:
            return "error", Retry("timeout: the output did not answer")
        except PluginError as error:
            return "error", Retry(str(error))
        except BaseException as error:
            task = asyncio.current_task()
            if isinstance(error, asyncio.CancelledError) and task is not None and task.cancelling():
                raise  # the server stops: the delivery is still due
            extra = {"action": LogAction.OUTPUT_FAILED, "endpoint": delivery.endpoint}
            log.exception("output raised, delivery %s", delivery.delivery_id, extra=extra)
            return "error", Retry(f"the output failed: {type(error).__name__}")
        if (defect := _defect(result)) is not None:
            return "error", Retry(f"the output returned {defect}")
        return KINDS[type(result)], result

    async def _call_directly(self, target: DeliveryTarget, delivery: Delivery) -> DeliveryResult:
        """Call an output that is our own: on the road of every message, so without a task for it."""
        if target.bounds_itself:
            return await target.output.deliver(delivery, endpoint=target.endpoint, sender=self._sender)
        with self._deadlines.within(target.timeout):
            return await target.output.deliver(delivery, endpoint=target.endpoint, sender=self._sender)

    async def _call_plugin(self, target: DeliveryTarget, delivery: Delivery) -> DeliveryResult:
        """Call an output of a plugin by the rules of all hooks: named in its failures, with a time limit
        that holds, also for what it raises that is no Exception. Raises PluginError, SendError."""
        hook = target.hook
        assert hook is not None
        masked = hook.bound.masked or bool(delivery.privacy & HIDDEN)
        call_context.set(CallContext(delivery.trace_id, delivery.endpoint, masked))
        try:
            result: DeliveryResult = await hook.caller.call(
                hook.bound, {"delivery": delivery, "sender": self._sender}
            )
            if (defect := _defect(result)) is not None:
                raise hook.bound.error(f"returned {defect} at {hook.bound.implementation.position}")
            return result
        except PluginError as error:
            if isinstance(error.__cause__, SendError):
                raise error.__cause__ from None
            error.args = (f"{error} (delivery {delivery.delivery_id})",)
            hook.caller.report(error)
            raise
        except Reject as error:
            raise hook.caller.failed(
                hook.bound, f"Reject has no meaning here (delivery {delivery.delivery_id})", error
            ) from error


def _defect(result: Any) -> str | None:
    """Return what is wrong with a result; None for one that is allowed."""
    if type(result) not in KINDS:
        return f"{type(result).__name__}, not Delivered, Retry or Rejected"
    kind = type(result).__name__
    if not (result.status is None or (isinstance(result.status, int) and 100 <= result.status <= 999)):
        return f"{kind} with a status that is none"
    if isinstance(result, Delivered):
        return None
    if not isinstance(result.reason, str):
        return f"{kind} with a reason that is no text"
    if isinstance(result, Rejected):
        return None if isinstance(result.pause, bool) else "Rejected with a pause that is no boolean"
    after = result.after
    if after is not None and (isinstance(after, bool) or not isinstance(after, int | float)):
        return "Retry with an after that is no number of seconds"
    if after is not None and math.isnan(after):
        return "Retry with an after that is no number of seconds"
    return None if isinstance(result.counts, bool) else "Retry with counts that is no boolean"
