"""The state of a session before a step of one of its turns: what took place until then is run
again in memory.

The turn itself is run up to that step and cut there, before its node runs. So all that a session holds is as
it was: frames, context, memory, slots, what was answered; and the session that took place is not touched.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from flowhook.config import Config
from flowhook.errors import FlowhookError
from flowhook.harness.application import Harness
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.model.trace import UNDERSTANDING
from flowhook.replay.recording import RecordedTurn, Recording
from flowhook.replay.replayer import AFTER, Replayer
from flowhook.runtime.project.project import Project
from flowhook.runtime.turns.overrides import Overrides, node_limit_of
from flowhook.runtime.turns.running_turn import RunningTurn

if TYPE_CHECKING:
    from flowhook.engine.turn.executor import TurnExecutor

_LOGGERS = ("flowhook.turns", "flowhook.flow")


@dataclass(frozen=True, slots=True)
class ForkedState:
    """A session as it was, for another one to go on from there."""

    state: JsonObject  #: as sessions are kept: frames, context, memory …
    profile: JsonObject  #: of its user
    node: str | None  #: "flow/node" where it stands; None at the beginning
    notes: list[str] = field(default_factory=list)  #: what is not kept, so that it may differ


async def state_before(
    recording: Recording, config: Config, project: Project, turn: RecordedTurn, step: int
) -> ForkedState:
    """Return the state before a step of a turn, counted from 0 as in its trace. ``config`` is that of
    :func:`~flowhook.replay.replayer.config_for`.

    Raises FlowhookError when the turn has no such step, or runs otherwise on the flows as they are now.
    """
    fork = _Fork(recording, config, project, turn, step)
    with _quiet():
        async with fork.open() as harness:
            return await fork.state(harness)


class _Fork(Replayer):
    """Runs a session again until one of its turns, and that one until a step."""

    def __init__(
        self, recording: Recording, config: Config, project: Project, turn: RecordedTurn, step: int
    ) -> None:
        super().__init__(recording, config, project)
        self.turn = turn
        self.step = step
        self._cut: TurnExecutor | None = None

    def overrides(self) -> Overrides:
        return replace(super().overrides(), node_limit=self._node_limit, on_turn_end=self._on_turn_end)

    def _node_limit(self, inbound: Inbound) -> int:
        return self.step if self._is_it(inbound) else node_limit_of(inbound)

    def _on_turn_end(self, running: RunningTurn, status: str) -> None:
        if self._is_it(running.inbound):
            self._cut = running.execution

    def _is_it(self, inbound: Inbound) -> bool:
        return self.effects.pairs.get(inbound.trace_id) is self.turn

    async def state(self, harness: Harness) -> ForkedState:
        """Return the state before the step."""
        steps: list[JsonObject] = self.turn.trace.get("steps", [])
        if not 0 <= self.step < max(len(steps), 1):
            raise FlowhookError(f"the turn has {len(steps)} steps, no step {self.step}")
        await self._begin(harness)
        for turn in self.recording.turns:
            if turn is self.turn:
                break
            await self._take_up(turn)
        if any(step["type"] != UNDERSTANDING for step in steps[: self.step]):
            return await self._within(steps[self.step])
        return await self._forked(await harness.state(), await harness.node())

    async def _forked(self, state: JsonObject, node: str | None) -> ForkedState:
        return ForkedState(state, await self.harness.profile(), node, list(self.recording.notes))

    async def _within(self, step: JsonObject) -> ForkedState:
        """The state in the middle of the turn: the session stands at the node of the step."""
        await self._take_up(self.turn)
        await self._go_to(self.turn.ended + AFTER)  # a timer comes by itself
        run = self._cut
        at = f"{run.turn.flow.name}/{run.turn.node.key}" if run is not None and run.steps else ""
        if run is None or len(run.steps) != self.step + 1 or not self.effects.is_at(step, at):
            raise FlowhookError(
                f"the flows have changed: step {self.step + 1} was {step['flow']}/{step['node']}, and the "
                "turn does not come there in the same way any more"
            )
        session = run.session
        session.frames[-1].node = run.turn.node.key
        session.waiting, session.running = False, None
        if self.turn.kind in (Kind.MESSAGE, Kind.INJECT):
            session.execution -= 1  # the input that comes then is this one
        return await self._forked(session.to_json(), at)


@contextmanager
def _quiet() -> Iterator[None]:
    """What flows log, and that a turn was cut, is no news while a session is run again in this thread."""
    thread = threading.get_ident()

    def is_of_another(record: logging.LogRecord) -> bool:
        return record.thread != thread

    loggers = [logging.getLogger(name) for name in _LOGGERS]
    for logger in loggers:
        logger.addFilter(is_of_another)
    try:
        yield
    finally:
        for logger in loggers:
            logger.removeFilter(is_of_another)
