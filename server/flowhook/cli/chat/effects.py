"""What is special about the application behind ``flowhook chat``: it tells what it is busy with, answers
calls as the user says, and knows the tasks that wait for a callback."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from flowhook.engine.effects import (
    Failure,
    HttpCall,
    HttpResult,
    Pause,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)

if TYPE_CHECKING:
    from flowhook.clock import Clock
    from flowhook.config import ConnectionConfig
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.runtime.project.project import Project
    from flowhook.runtime.turns.effects import Effects

SILENT = ("connect", "timeout", "blocked", "dns", "refused", "unreachable", "resolve", "closed")
_METHOD = re.compile(r"[A-Z]+|\*")


@dataclass(slots=True)
class Mock:
    """What a service is said to answer. ``url`` may be a path, or a pattern with ``*``."""

    method: str
    url: str
    status: int
    body: Any

    def fits(self, method: str, url: str) -> bool:
        """Whether it answers this call. A query does not matter, unless it is named."""
        plain = url if "?" in self.url else url.partition("?")[0]
        wanted = self.url if "://" in self.url else f"*{'' if self.url.startswith('/') else '/'}{self.url}"
        return self.method in ("*", method) and fnmatchcase(plain.rstrip("/"), wanted.rstrip("/"))


class ObservedEffects:
    """The outside, as somebody who tries a flow sees it."""

    def __init__(self, effects: Effects, clock: Clock, connections: Mapping[str, ConnectionConfig]) -> None:
        self._effects = effects
        self._clock = clock
        self._connections = connections
        self.mocks: list[Mock] = []  #: newest first
        self.tasks: list[str] = []  #: names of the runs that were given a one-time URL, newest last
        self.pause_ends: float | None = None  #: on the clock's monotonic time
        self.silent: list[str] = []  #: calls that nobody answered, as ``/mock`` would name them
        self.doing = ""  #: what it is busy with
        self.since = 0.0

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        """Say what is done, then do it."""
        need, clock = run.effect, self._clock
        self.doing, self.since = _told(need, run.effect_at), clock.monotonic()
        self.pause_ends = clock.monotonic() + need.seconds if isinstance(need, Pause) else None
        try:
            if isinstance(need, HttpCall):
                return await self._called(run, need, endpoint, project)
            return await self._effects.perform(run, endpoint, project)
        finally:
            self.doing, self.pause_ends = "", None

    async def _called(
        self, run: TurnExecutor, need: HttpCall, endpoint: Endpoint, project: Project
    ) -> EffectResult:
        if isinstance(need, StartTask):
            self.tasks.append(run.effect_key)
        mock = next((mock for mock in self.mocks if mock.fits(need.method, self._url(need))), None)
        if mock is not None:
            return HttpResult(mock.status, {}, copy.deepcopy(mock.body))
        answer = await self._effects.perform(run, endpoint, project)
        if isinstance(answer, Failure) and answer.reason in SILENT:
            self.silent.append(f"{need.method} {need.url.partition('?')[0]}")
        return answer

    def _url(self, need: HttpCall) -> str:
        connection = self._connections.get(need.connection or "")
        if connection is None:
            return need.url
        return connection.base_url.rstrip("/") + "/" + need.url.lstrip("/")


def read_mock(written: str) -> Mock | None:
    """``POST /price {"total": 22}``, or ``POST /price 503``; None when it is neither."""
    import json

    method, _, rest = written.partition(" ")
    url, _, rest = rest.strip().partition(" ")
    if not _METHOD.fullmatch(method.upper()) or not url:
        return None
    status, rest = 200, rest.strip()
    if found := re.match(r"([1-5][0-9]{2})(\s+|$)", rest):
        status, rest = int(found[1]), rest[found.end() :]
    return Mock(method.upper(), url, status, json.loads(rest) if rest else None)


def _told(need: Any, place: str) -> str:
    match need:
        case Pause():
            return "the flow pauses"
        case HttpCall():
            return f"{need.method} {need.url} …"
        case RunNode():
            return f"{place} works …"
        case RunScript():
            return f"{place} computes …"
        case Understand():
            return "reading …"
    return ""
