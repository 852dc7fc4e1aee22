"""What is special about the outside of ``flowhook chat``: it tells what it is busy with, answers calls as the
user says, and knows the tasks that wait for a callback."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx

from flowhook.engine.effects import (
    Failure,
    HttpCall,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)
from flowhook.harness.fake_http import url_fits

if TYPE_CHECKING:
    from flowhook.clock import Clock
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.runtime.project.project import Project
    from flowhook.runtime.turns.effects import Effects

SILENT = ("connect", "timeout", "blocked", "dns", "refused", "unreachable", "resolve", "closed")
_METHOD = re.compile(r"[A-Z]+|\*")


@dataclass(frozen=True, slots=True)
class ServiceMock:
    """What a service is said to answer. ``url`` may be a path alone, and a pattern."""

    method: str
    url: str
    status: int
    body: Any

    def fits(self, method: str, url: str) -> bool:
        """Whether it answers this call."""
        wanted = self.url if "://" in self.url else f"*{'' if self.url.startswith('/') else '/'}{self.url}"
        return self.method in ("*", method) and url_fits(wanted, url)


class MockedServices:
    """Services that answer as the user says; the others are called for real."""

    def __init__(self) -> None:
        self.mocks: list[ServiceMock] = []  #: newest first

    def add(self, mock: ServiceMock) -> None:
        """Let it answer from now on, in place of an earlier one of the same call."""
        same = (mock.method, mock.url)
        self.mocks[:] = [mock, *(other for other in self.mocks if (other.method, other.url) != same)]

    async def respond(self, request: httpx.Request) -> httpx.Response | None:
        """Return what a mocked service answers; None for the others."""
        return self.respond_now(request)

    def respond_now(self, request: httpx.Request) -> httpx.Response | None:
        """Return the same for code in threads."""
        url = str(request.url)
        mock = next((mock for mock in self.mocks if mock.fits(request.method, url)), None)
        if mock is None:
            return None
        if mock.body is None:
            return httpx.Response(mock.status, request=request)
        return httpx.Response(mock.status, json=mock.body, request=request)

    def unknown(self, request: httpx.Request) -> str:
        """Nobody asks: what is not mocked is called for real."""
        return "this service is not mocked"


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


def parse_mock(written: str) -> ServiceMock | None:
    """Read ``POST /price {"total": 22}`` or ``POST /price 503``; None when it is neither.

    Raises ValueError when what stands in the place of JSON is none.
    """
    method, _, rest = written.partition(" ")
    url, _, rest = rest.strip().partition(" ")
    if not _METHOD.fullmatch(method.upper()) or not url:
        return None
    status, rest = 200, rest.strip()
    if found := re.match(r"([1-5][0-9]{2})(\s+|$)", rest):
        status, rest = int(found[1]), rest[found.end() :]
    return ServiceMock(method.upper(), url, status, json.loads(rest) if rest else None)


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
