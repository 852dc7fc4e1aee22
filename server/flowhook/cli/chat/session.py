"""A conversation in the terminal: what is typed goes in, and what the bot says is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

from flowhook.cli.chat.effects import ObservedEffects
from flowhook.cli.chat.screen import Line, Screen
from flowhook.cli.console import bad, dim, say
from flowhook.cli.trace_view import show_trace
from flowhook.errors import FlowhookError
from flowhook.harness.application import Harness
from flowhook.harness.clocks import TravelClock
from flowhook.harness.mocked_services import MockedServices
from flowhook.model.inbound import JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.turns.overrides import Overrides
from flowhook.terminal import one_line

if TYPE_CHECKING:
    from flowhook.runtime.turns.effects import EffectPerformer, Effects
    from flowhook.runtime.turns.running_turn import RunningTurn

NAME = "chat"  #: of the endpoint, where the project has none for the flow
SESSION = "chat"
PAUSE_STEP = 0.05  #: seconds between two looks at what takes its time
PATIENCE = 0.4  #: seconds before it is shown


class ChatSession:
    """One session with one endpoint, until somebody has had enough."""

    harness: Harness
    effects: ObservedEffects

    def __init__(
        self,
        ref: SessionRef,
        clock: TravelClock,
        line: Line,
        *,
        locale: str | None = None,
        always_trace: bool = False,
    ) -> None:
        self.ref = ref
        self.clock = clock
        self.line = line
        self.locale = locale
        self.always_trace = always_trace
        self.screen = Screen(line)
        self.services = MockedServices()
        self.began_after = 0  #: seq of the last inbound before the last reset
        self._handover: str | None = None  #: id of the one that was told of
        self._ended: list[str] = []  #: trace ids of turns whose traces were not shown

    def overrides(self) -> Overrides:
        """Return what makes the application behind it tell what it does, and show what the bot says."""

        def observed(effects: Effects) -> EffectPerformer:
            self.effects = ObservedEffects(effects, self.clock)
            return self.effects

        outputs = {self.ref.endpoint: self.screen}
        return Overrides(on_turn_end=self._on_turn_end, effects=observed, outputs=outputs)

    async def take(self, line: str) -> bool:
        """Do what a typed line says. Return False for the last one."""
        from flowhook.cli.chat.commands import run_command

        line = line.strip()
        if not line:
            return True
        if line in ("/quit", "/exit", "/q"):
            return False
        try:
            if line.startswith("/") and not line.startswith("//"):
                await run_command(self, line)
            else:
                await self.send("message", text=line.removeprefix("/") if line.startswith("//") else line)
        except (FlowhookError, ValueError, OSError) as error:
            show_refusal(error)
        return True

    async def send(self, kind: str, **content: Any) -> None:
        """Submit something, and show what comes of it."""
        await self.while_busy(self.harness.submit(kind, content))

    async def while_busy(self, work: Coroutine[Any, Any, None]) -> None:
        """Show what takes its time until nothing moves; a pause of the flow is waited for. Then tell, if
        asked for, why."""
        watching = asyncio.create_task(self._watch())
        try:
            await work
            while self.harness.application.turns.pauses:
                await asyncio.sleep(PAUSE_STEP)
                await self.harness.settle()
        finally:
            watching.cancel()
            self.line.busy("")
        await self.tell()

    async def _watch(self) -> None:
        """Show what takes its time."""
        while True:
            await asyncio.sleep(PAUSE_STEP)
            effects, now = self.effects, self.clock.monotonic()
            text = effects.doing if now - effects.since > PATIENCE else ""
            if text and effects.pause_ends is not None:
                text += f" {max(0.0, effects.pause_ends - now):.0f} s"
            self.line.busy(text)

    async def tell(self) -> None:
        """The traces that were asked for, and how to give an answer to calls that nobody answered."""
        ended, self._ended = self._ended, []
        if self.always_trace:
            for turn in await self.harness.transcript(2 * len(ended) or 1):
                if turn["traceId"] in ended:
                    show_trace(turn.get("trace", {}))
        await self._tell_of_handover()
        silent, self.effects.silent = dict.fromkeys(self.effects.silent), []
        for call in silent:
            say(dim(one_line(f"{call} was not answered; /mock {call} JSON answers in its place")))

    async def _tell_of_handover(self) -> None:
        """Once for each: who speaks with the user from here on."""
        handover = (await self.harness.state()).get("handover") or {}
        id, self._handover = self._handover, handover.get("id")
        if self._handover not in (None, id):
            say(dim('handed over: /agent TEXT answers as the agent, /agent {"event": "resolved"} ends it'))

    def _on_turn_end(self, turn: RunningTurn, status: str) -> None:
        """A failure is told at once, with its place."""
        self._ended.append(turn.inbound.trace_id)
        if status == "failed" and turn.failure is not None:
            error, position = turn.failure
            at = f" at {position}{self._line_of(position)}" if position else ""
            with self.line.above():
                say(bad(one_line(f"the turn failed{at}: {error}")))
                say(dim("/trace tells more"))

    def _line_of(self, position: str) -> str:
        """Where a node is written."""
        name, _, key = position.partition("/")
        loaded = self.harness.application.project.loaded
        flow = loaded.library.flows.get(name)
        file = next((file for file, compiled in loaded.files.items() if compiled.name == name), "")
        found = flow.nodes.get(key) if flow is not None else None
        return f" ({file}:{found.line})" if found is not None and file else ""

    async def last_turn(self) -> JsonObject | None:
        """Return the last inbound with what came of it."""
        turns = await self.harness.transcript(1)
        return turns[-1] if turns else None


def show_refusal(error: Exception) -> None:
    """Tell why a line was not taken, with each problem of it."""
    say(bad(one_line(str(error))))
    for problem in getattr(error, "problems", None) or []:
        say(bad(one_line(f"  {problem.file}:{problem.line}:{problem.column}: {problem.text}")))
    for part in getattr(error, "errors", None) or []:
        if part["message"] not in str(error):
            say(bad(one_line(f"  {part['field']}: {part['message']}")))
