"""What is special about the outside of ``flowhook chat``: it tells what it is busy with, and knows the tasks
that wait for a callback."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.engine.effects import (
    Failure,
    HttpCall,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)

if TYPE_CHECKING:
    from flowhook.clock import Clock
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.runtime.project.project import Project
    from flowhook.runtime.turns.effects import Effects

SILENT = ("connect", "timeout", "blocked", "dns", "refused", "unreachable", "resolve", "closed")


class ObservedEffects:
    """Performs effects for real, and tells what it does meanwhile."""

    def __init__(self, effects: Effects, clock: Clock) -> None:
        self._effects = effects
        self._clock = clock
        self.tasks: list[str] = []  #: names of the runs that were given a one-time URL, newest last
        self.pause_ends: float | None = None  #: on the clock's monotonic time
        self.silent: list[str] = []  #: calls that nobody answered, as ``/mock`` would name them
        self.doing = ""  #: what it is busy with
        self.since = 0.0

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        """Say what is done, then do it."""
        effect, clock = run.effect, self._clock
        self.doing, self.since = _description(effect, run.effect_at), clock.monotonic()
        self.pause_ends = clock.monotonic() + effect.seconds if isinstance(effect, Pause) else None
        if isinstance(effect, StartTask):
            self.tasks.append(run.effect_key)
        try:
            result = await self._effects.perform(run, endpoint, project)
        finally:
            self.doing, self.pause_ends = "", None
        if isinstance(effect, HttpCall) and isinstance(result, Failure) and result.reason in SILENT:
            self.silent.append(f"{effect.method} {effect.url.partition('?')[0]}")
        return result


def _description(effect: Any, position: str) -> str:
    match effect:
        case Pause():
            return "the flow pauses"
        case HttpCall():
            return f"{effect.method} {effect.url} …"
        case RunNode():
            return f"{position} works …"
        case RunScript():
            return f"{position} computes …"
        case Understand():
            return "reading …"
    return ""
