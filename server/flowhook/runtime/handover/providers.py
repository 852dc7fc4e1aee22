"""The ways to people, as they are called: by name, with what their methods name, within a time."""

from __future__ import annotations

import inspect
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from typing import Any

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.engine.effects import AvailableAgents, Failure
from flowhook.engine.outcomes import NodeFailed
from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.api.handover_provider import Conversation, HandoverProvider
from flowhook.hooks.calling.failures import CallContext, call_context, mask_words
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction
from flowhook.runtime.handover.presence import Presence
from flowhook.runtime.handover.signed_addresses import signed_address
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.storage.protocols import Handovers, Profiles, Transcripts
from flowhook.storage.records import HandoverRow

log = logging.getLogger("flowhook.handover")
provider_log = logging.getLogger("flowhook.handover.provider")  #: that providers write to
provider_log.addFilter(mask_words)

CALL_SECONDS = 30.0
AVAILABILITY_SECONDS = 8.0
TRANSCRIPT = 50  #: messages that a provider is told of what was said before


class Providers:
    """Finds providers and calls their methods."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        current: CurrentProject,
        endpoints: Endpoints,
        presence: Presence,
        handovers: Handovers,
        transcripts: Transcripts,
        profiles: Profiles,
        load_http: Callable[[], Awaitable[None]],
        stand_in: HandoverProvider | None = None,
    ) -> None:
        """``load_http`` makes the HTTP client ready beside the event loop; ``stand_in`` takes over all,
        in the place of every provider."""
        self._config = config
        self._clock = clock
        self._current = current
        self._endpoints = endpoints
        self._presence = presence
        self._handovers = handovers
        self._transcripts = transcripts
        self._profiles = profiles
        self._load_http = load_http
        self._stand_in = stand_in

    def get(self, name: str) -> HandoverProvider | None:
        """Return the provider behind an entry of ``handovers``; None where there is none."""
        found = self._current.project.hooks.handovers().get(name)
        return self._stand_in or found if found is not None else None

    def masks(self, endpoint: str) -> bool:
        """Return whether no word of a conversation at this endpoint may reach the log."""
        return Redactor.of(self._endpoints.by_name(endpoint)).masked

    async def call(
        self,
        provider: HandoverProvider,
        method: Callable[..., Any],
        seconds: float = CALL_SECONDS,
        *,
        endpoint: str = "",
        **arguments: Any,
    ) -> Any:
        """Call a method of a provider with what it names of the arguments; ``endpoint`` is whose conversation
        it is about. Raises Reject, NodeFailed, and PluginError for whatever else goes wrong, which is
        reported."""
        masked = bool(endpoint) and self.masks(endpoint)
        call_context.set(CallContext(endpoint=endpoint, masked=masked))
        given = {
            "http": lambda: self._http,
            "log": _same(provider_log),
            **{n: _same(v) for n, v in arguments.items()},
        }
        names = _parameters(method)
        if "http" in names:  # the import of the client would hold up every message
            await self._load_http()
        wanted = {name: make() for name, make in given.items() if name in names}
        return await self._current.project.hooks.call_provider(
            provider, method, wanted, timeout=seconds, endpoint=endpoint, masked=masked
        )

    def failed(self, provider: HandoverProvider, method: str, endpoint: str, message: str) -> PluginError:
        """Report what a provider returned that it may not, and return it."""
        hooks, masked = self._current.project.hooks, self.masks(endpoint)
        return hooks.provider_failed(provider, method, endpoint, message, masked=masked)

    @property
    def _http(self) -> Any:
        resources = self._current.project.hooks.resources
        return resources.http if resources is not None else None

    async def availability(self, name: str, settings: Mapping[str, Any]) -> AvailableAgents | Failure:
        """Return how many agents are there."""
        provider = self.get(name)
        if provider is None:
            return Failure("unsupported", f'there is no handover provider "{name}"')
        agents = sorted(self._presence.available())
        try:
            found = await self.call(
                provider, provider.availability, AVAILABILITY_SECONDS, settings=settings, agents=agents
            )
        except NodeFailed as error:
            return Failure(error.reason, str(error), error.details)
        except Exception as error:
            log.warning(
                "%s cannot tell who is there: %s",
                name,
                _named(error),
                extra={"action": LogAction.HANDOVER_FAILED},
            )
            return Failure("error", f"{name} cannot be asked: {_named(error)}")
        if isinstance(found, bool) or not isinstance(found, int) or found < 0:
            return Failure("error", f"{name} answered with no number of agents")
        return AvailableAgents(found)

    def endpoint_of(self, name: str, token: str) -> tuple[Endpoint, str]:
        """Return the endpoint and the entry behind ``/handover/{name}/{token}``. Raises ApiError 404."""
        endpoint = self._endpoints.by_token(token)
        if endpoint is None:
            raise ApiError(404, "unknown_endpoint", "There is no such endpoint.")
        entry = self._current.project.hooks.handover_at(name, endpoint)
        if self.get(entry) is None:
            raise ApiError(404, "unknown_provider", "There is no such handover provider.")
        return endpoint, entry

    async def conversation(self, row: HandoverRow, *, begins: bool = False) -> Conversation:
        """Return a handover as its provider sees it; with what was said before when it ``begins``."""
        endpoint = self._endpoints.by_name(row.ref.endpoint)
        token = endpoint.token if endpoint is not None else ""
        name = row.provider.partition("@")[0]
        profile: JsonObject = {}
        if endpoint is not None and endpoint.config.privacy.contact_profiles:
            whose = self._config.profiles.endpoint_of(endpoint.name)
            profile = await self._profiles.get(row.ref.user_id, whose)
        return Conversation(
            row.id,
            row.reference,
            row.ref.endpoint,
            row.ref.user_id,
            row.ref.session_id,
            row.settings.get("settings", {}),
            profile,
            await self.before(row) if begins and row.settings.get("transcript", True) else (),
            f"{self._config.server.public_url.rstrip('/')}/handover/{name}/{token}",
            row.created_at,
            row.outcome,
            row.ending.get("note", ""),
            self._copilot_url(row, endpoint),
        )

    def _copilot_url(self, row: HandoverRow, endpoint: Endpoint | None) -> str:
        copilot = endpoint.config.copilot if endpoint is not None else None
        if copilot is None or not copilot.secret:
            return ""
        public_url, ref = self._config.server.public_url, row.ref
        return signed_address(public_url, ref.endpoint, copilot.secret, ref.user_id, ref.session_id)

    async def before(self, row: HandoverRow) -> list[JsonObject]:
        """Return what was said before a handover: neither what an earlier one has seen, nor what it brings
        itself."""
        history = await self._transcripts.history(row.ref, TRANSCRIPT)
        since = await self._handovers.previous_end(row.id)
        asked = [number for number, entry in enumerate(history) if entry["traceId"] == row.trace_id]
        own = Counter(
            message.text
            for message in await self._handovers.messages(row.id)
            if message.source == "bot" and message.trace_id == row.trace_id
        )
        found = []
        for entry in history[: asked[-1] + 1 if asked else None]:
            if since is not None and entry["at"] <= since:
                continue
            if not asked and entry["at"] > row.created_at:
                continue
            if entry["traceId"] == row.trace_id and entry["role"] == "bot" and own[entry["text"]] > 0:
                own[entry["text"]] -= 1
                continue
            found.append({name: entry[name] for name in ("role", "text", "data", "at")})
        return found


def refused(error: Reject) -> ApiError:
    """Return what a provider's refusal is for the caller."""
    return error.as_api_error()


def _same(value: Any) -> Callable[[], Any]:
    return lambda: value


def _named(error: BaseException) -> str:
    """What went wrong, in the words that may be logged: no word of a conversation."""
    if isinstance(error, NodeFailed):
        return f"{type(error).__name__}: {error}"
    return type(error.__cause__ or error).__name__


def _parameters(method: Callable[..., Any]) -> frozenset[str]:
    function = getattr(method, "__func__", method)
    return _names_of(function)


@lru_cache(maxsize=256)
def _names_of(function: Callable[..., Any]) -> frozenset[str]:
    parameters = inspect.signature(function).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return frozenset(parameter.name for parameter in parameters if parameter.kind in kinds)
