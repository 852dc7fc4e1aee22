"""How the deliveries of each endpoint leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import NamedTuple

from flowhook.config import RateLimit
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.calling.caller import BoundHook, HookCaller
from flowhook.hooks.calling.failures import CallContext, call_context
from flowhook.hooks.facade import EndpointHooks, Hooks
from flowhook.model.endpoint import Endpoint
from flowhook.model.privacy import HIDDEN
from flowhook.model.secret import Lookup
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.delivery.retry import RetryPolicy
from flowhook.storage.records import Attempt

CONCURRENCY = 32  #: attempts of one endpoint at a time
#: An output may take so much longer than the timeout of the requests it makes.
OUTPUT_GRACE_SECONDS = 5.0


class OutputHook(NamedTuple):
    """How the ``deliver`` of a plugin's output is called."""

    caller: HookCaller
    bound: BoundHook


def _no_secret(name: str) -> None:
    """Where no plugins are."""


@dataclass(frozen=True, slots=True)
class DeliveryTarget:
    """The output that takes an endpoint's deliveries, and the schedule of its retries."""

    endpoint: Endpoint
    output: OutputPlugin
    policy: RetryPolicy
    concurrency: int = CONCURRENCY
    timeout: float = 60.0  #: seconds after which an output that hangs is given up
    #: of the name of a plugin's secret the secret, at this endpoint
    secret: Lookup = _no_secret
    hook: OutputHook | None = None  #: None: the output is our own, and called directly
    bounds_itself: bool = False  #: it waits for nothing but requests, each of which has a time limit
    rate: RateLimit | None = None  #: how fast attempts may begin; None: as fast as they come
    #: told of each delivery that was taken or given up; None: no plugin wants to know
    on_finish: Callable[[Attempt], None] | None = None
    pauses: bool = True  #: an output may pause the endpoint

    @classmethod
    def of(
        cls,
        endpoint: Endpoint,
        output: OutputPlugin,
        hooks: Hooks | None = None,
        secret: Lookup = _no_secret,
    ) -> DeliveryTarget:
        """Return a target with the schedule of the endpoint's ``webhook`` settings. With ``hooks`` the output
        is the one of theirs that the endpoint names."""
        webhook = endpoint.config.webhook
        policy = RetryPolicy(tuple(webhook.retries), webhook.max_rejections)
        timeout = webhook.timeout + OUTPUT_GRACE_SECONDS
        target = cls(endpoint, output, policy, timeout=timeout, secret=secret, rate=webhook.rate)
        if hooks is None:
            return target
        bound = hooks.for_endpoint(endpoint).bound_output(endpoint.config.output, timeout)
        if bound is None:
            return replace(target, bounds_itself=True)
        return replace(target, hook=OutputHook(hooks.caller, bound))


def delivery_targets(
    endpoints: Iterable[Endpoint],
    hooks: Hooks,
    overrides: Mapping[str, OutputPlugin],
    tasks: BackgroundTasks | None = None,
    operator: Endpoint | None = None,
) -> dict[str, DeliveryTarget]:
    """Return the target of each endpoint, by its name. The outputs are those of the plugins; ``overrides``
    take the place of one, by the endpoint's name. ``tasks`` run the hooks that are told of deliveries;
    ``operator`` is the endpoint of the operator events."""
    outputs = hooks.outputs()
    targets = {
        endpoint.name: DeliveryTarget.of(
            endpoint, overrides[endpoint.name], secret=partial(hooks.secret, endpoint)
        )
        if endpoint.name in overrides
        else DeliveryTarget.of(
            endpoint, outputs[endpoint.config.output], hooks, partial(hooks.secret, endpoint)
        )
        for endpoint in endpoints
    }
    for name, target in targets.items() if tasks is not None else ():
        own = hooks.for_endpoint(target.endpoint)
        if own.has_delivery_finished and tasks is not None:
            targets[name] = replace(target, on_finish=partial(_tell, own, tasks))
    if operator is not None:
        operators = DeliveryTarget.of(operator, outputs[operator.config.output])
        targets[operator.name] = replace(operators, pauses=False)
    return targets


def _tell(hooks: EndpointHooks, tasks: BackgroundTasks, attempt: Attempt) -> None:
    """Let plugins hear of a delivery that was taken or given up."""
    delivery = attempt.delivery
    masked = hooks.masked or bool(delivery.privacy & HIDDEN)

    async def tell() -> None:
        call_context.set(CallContext(delivery.trace_id, delivery.endpoint, masked))
        await hooks.delivery_finished(delivery, attempt.status, attempt.http_status, attempt.body)

    tasks.spawn(tell())
