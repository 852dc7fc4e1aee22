"""The endpoint of the operator events: what makes deliveries of them, like those of any other."""

from __future__ import annotations

from flowhook.config import Config, EndpointConfig, WebhookConfig
from flowhook.model.endpoint import Endpoint
from flowhook.model.session_ref import OPERATOR


def operator_endpoint(config: Config) -> Endpoint | None:
    """Return an endpoint that nobody can speak to, with the way out that ``operator_events`` names; None
    where nothing is to be sent."""
    wanted = config.operator_events
    if not wanted.url:
        return None
    webhook = WebhookConfig(url=wanted.url, secret=wanted.secret)
    own = EndpointConfig.model_construct(name=OPERATOR.endpoint, flow="", webhook=webhook)
    return Endpoint(OPERATOR.endpoint, "", "", own, enabled=False)
