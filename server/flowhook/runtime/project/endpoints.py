"""The endpoints that are open: found by token, switched on and off while the server runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowhook.config import EndpointConfig
from flowhook.config.endpoints import EventsConfig, TransformersConfig, WebhookConfig
from flowhook.ids import new_token
from flowhook.model.endpoint import Endpoint
from flowhook.storage.protocols import Settings

TOKEN = "token:"
SWITCH = "endpoint:"
COPILOT = "~copilot"  #: behind the name of an endpoint: its copilot


class Endpoints:
    """All endpoints of the configuration. Generated tokens and switches are kept in the store."""

    def __init__(self, endpoints: Iterable[Endpoint], settings: Settings) -> None:
        self._settings = settings
        self._by_name = {endpoint.name: endpoint for endpoint in endpoints}
        self._by_token = {endpoint.token: endpoint for endpoint in self._by_name.values()}
        self._by_backend_token = {
            endpoint.config.inject_token or endpoint.token: endpoint for endpoint in self._by_name.values()
        }
        #: by the name of their endpoint, with the settings from which they were made
        self._copilots: dict[str, tuple[EndpointConfig, Endpoint]] = {}

    async def staged(self, configs: Iterable[EndpointConfig]) -> Endpoints:
        """Return the endpoints of another configuration, to be adopted; what did not change stays the same
        object."""
        other = await self.load(configs, self._settings)
        for name, endpoint in other._by_name.items():
            known = self._by_name.get(name)
            same = (endpoint.token, endpoint.enabled, endpoint.config)
            if known is not None and (known.token, known.enabled, known.config) == same:
                other._by_name[name] = known
        return Endpoints(other, self._settings)

    def adopt(self, staged: Endpoints) -> None:
        """Let staged endpoints take calls in the place of these, from now on."""
        self._by_name = staged._by_name
        self._by_token = staged._by_token
        self._by_backend_token = staged._by_backend_token

    @classmethod
    async def load(cls, configs: Iterable[EndpointConfig], settings: Settings) -> Endpoints:
        """Read what the store adds to the configuration; make tokens that are missing."""
        tokens = await settings.with_prefix(TOKEN)
        switches = await settings.with_prefix(SWITCH)
        endpoints = []
        for config in configs:
            token = config.token or tokens.get(TOKEN + config.name)
            if token is None:
                token = await settings.keep_first(TOKEN + config.name, new_token())
            switch = switches.get(SWITCH + config.name)
            enabled = config.enabled if switch is None else switch == "on"
            endpoints.append(Endpoint(config.name, token, config.flow, config, enabled))
        return cls(endpoints, settings)

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._by_name.values())

    def by_token(self, token: str, *, backend: bool = False) -> Endpoint | None:
        """Return the enabled endpoint behind a token; None for an unknown or disabled one.

        ``backend``: for an inject or a notify, which an endpoint's ``inject_token`` opens, if it has one.
        """
        endpoint = (self._by_backend_token if backend else self._by_token).get(token)
        return endpoint if endpoint is not None and endpoint.enabled else None

    def by_name(self, name: str) -> Endpoint | None:
        """Return the endpoint of that name, enabled or not. ``shop~copilot`` is that of the copilot of
        ``shop``, which no caller reaches."""
        found = self._by_name.get(name)
        if found is not None or not name.endswith(COPILOT):
            return found
        return self._copilot(self._by_name.get(name.removesuffix(COPILOT)))

    def _copilot(self, endpoint: Endpoint | None) -> Endpoint | None:
        """Return the endpoint of an endpoint's copilot; None where it has none."""
        if endpoint is None or endpoint.config.copilot is None:
            return None
        known, copilot = self._copilots.get(endpoint.name, (None, None))
        if copilot is None or known is not endpoint.config:
            copilot = _copilot_of(endpoint)
            self._copilots[endpoint.name] = (endpoint.config, copilot)
        return copilot

    async def switch(self, endpoint: Endpoint, enabled: bool) -> None:
        """Open or close an endpoint; the configuration's ``enabled`` no longer counts."""
        await self._settings.set(SWITCH + endpoint.name, "on" if enabled else "off")
        endpoint.enabled = enabled

    async def read_switches(self) -> None:
        """Read anew which endpoints were opened and closed: another process may have done it."""
        switches = await self._settings.with_prefix(SWITCH)
        for endpoint in self:
            if (switch := switches.get(SWITCH + endpoint.name)) is not None:
                endpoint.enabled = switch == "on"

    async def forget_switch(self, endpoint: Endpoint) -> None:
        """Let the configuration's ``enabled`` count again, from the next time that it is read."""
        await self._settings.set(SWITCH + endpoint.name, None)


def _copilot_of(endpoint: Endpoint) -> Endpoint:
    """Return an endpoint of the same settings whose flow is the copilot; it sends and counts nothing."""
    config: EndpointConfig = endpoint.config
    assert config.copilot is not None
    name = endpoint.name + COPILOT
    settings = config.model_copy(
        update={
            "name": name,
            "flow": config.copilot.flow,
            "output": "webhook",
            "webhook": WebhookConfig(),
            "handover": None,
            "events": EventsConfig(),
            "transformers": TransformersConfig(),
            "session": config.session.model_copy(update={"pin": False}),
            "privacy": config.privacy.model_copy(update={"analytics": False}),
        }
    )
    return Endpoint(name, "", config.copilot.flow, settings)
