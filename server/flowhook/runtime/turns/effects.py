"""Performing the effects that the engine asks for: HTTP calls, pauses, plugins' nodes, scripts, engines."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Protocol

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.engine.effects import (
    CheckAvailability,
    EffectResult,
    Failure,
    HttpCall,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.errors import PluginError, Reject
from flowhook.hooks.api.node_turn import run_node
from flowhook.model.endpoint import Endpoint
from flowhook.model.understanding import Understanding
from flowhook.runtime.project.project import Project
from flowhook.runtime.turns.callback_urls import CallbackUrls
from flowhook.runtime.turns.handovers import HandoverWays
from flowhook.runtime.turns.http_calls import HttpCalls
from flowhook.runtime.turns.pauses import Pauses
from flowhook.runtime.turns.scripts import Scripts
from flowhook.storage.protocols import Steps


class EffectPerformer(Protocol):
    """Performs one effect after the other for turns."""

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        """Do what ``run.effect`` asks, and return what to hand to ``run.resume``."""
        ...


class Effects:
    """Performs effects for real. Every failure of the outside is a :class:`Failure`, so that the node's
    ``on_error`` can take it."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        steps: Steps,
        http_calls: HttpCalls,
        callback_urls: CallbackUrls,
        scripts: Scripts,
        pauses: Pauses,
        handovers: HandoverWays,
    ) -> None:
        self._config = config
        self._clock = clock
        self._steps = steps
        self._http_calls = http_calls
        self._callback_urls = callback_urls
        self._scripts = scripts
        self._handovers = handovers
        self.pauses = pauses

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        """Do what ``run.effect`` asks, and return what to hand to ``run.resume``."""
        effect = run.effect
        match effect:
            case StartTask():
                url = await self._callback_urls.url(run.inbound.ref, run.effect_key)
                return await self._http_calls.perform(
                    replace(effect, json={**effect.json, effect.callback: url})
                )
            case HttpCall():
                return await self._http_calls.perform(effect)
            case Pause():
                await self.pauses.rest(effect.seconds)
                return None
            case RunNode():
                return await run_node(
                    run, effect.resuming, endpoint, project.hooks, self._steps,
                    returned=effect.returned, result=effect.result,
                )  # fmt: skip
            case Understand():
                return await self._understand(run, effect, endpoint, project)
            case CheckAvailability():
                return await self._handovers.availability(effect.provider, effect.settings)
            case RunScript():
                return await self._scripts.run(effect, endpoint.name)
        raise TypeError(f"unknown effect {effect!r}")

    async def _understand(
        self, run: TurnExecutor, effect: Understand, endpoint: Endpoint, project: Project
    ) -> Understanding | Failure | None:
        """Let an engine read the text of a ``think`` or ``nlu``."""
        try:
            return await project.understand(
                endpoint,
                effect.text,
                effect.data,
                run.session.locale or run.environment.locale,
                run.inbound.ref.session_id,
                run.flow_that_reads,
                now=datetime.fromtimestamp(self._clock.now(), self._config.zone),
                engine=effect.engine,
            )
        except (PluginError, Reject) as error:
            return Failure("plugin", str(error))
