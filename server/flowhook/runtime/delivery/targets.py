"""How the deliveries of each endpoint leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.model.endpoint import Endpoint
from flowhook.runtime.delivery.retry import RetryPolicy

CONCURRENCY = 32  #: attempts of one endpoint at a time
#: An output may take so much longer than the timeout of the requests it makes.
OUTPUT_GRACE_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class DeliveryTarget:
    """The output that takes an endpoint's deliveries, and the schedule of its retries."""

    endpoint: Endpoint
    output: OutputPlugin
    policy: RetryPolicy
    concurrency: int = CONCURRENCY
    timeout: float = 60.0  #: seconds after which an output that hangs is given up

    @classmethod
    def of(cls, endpoint: Endpoint, output: OutputPlugin) -> DeliveryTarget:
        """Return a target with the schedule of the endpoint's ``webhook`` settings."""
        webhook = endpoint.config.webhook
        policy = RetryPolicy(tuple(webhook.retries), webhook.max_rejections)
        return cls(endpoint, output, policy, timeout=webhook.timeout + OUTPUT_GRACE_SECONDS)


def delivery_targets(
    endpoints: Iterable[Endpoint],
    outputs: Mapping[str, OutputPlugin],
    overrides: Mapping[str, OutputPlugin],
) -> dict[str, DeliveryTarget]:
    """Return the target of each endpoint, by its name. ``outputs`` are those of the plugins, by name;
    ``overrides`` take the place of one, by the endpoint's name."""
    return {
        endpoint.name: DeliveryTarget.of(
            endpoint, overrides.get(endpoint.name) or outputs[endpoint.config.output]
        )
        for endpoint in endpoints
    }
