"""What the node of a plugin commits while it runs: something said at once, a callback that it hands out."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from flowhook.engine.turn.executor import TurnExecutor
from flowhook.engine.turn.task_waits import begin_wait
from flowhook.model.output import Output
from flowhook.model.session import SuspendedTurn
from flowhook.runtime.turns.commit import Committer
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.storage.records import OpenCallback


class Interim:
    """Commits segments in the middle of one run of a node. After a crash the node runs again, and what it
    said in them is not said again."""

    def __init__(self, turn: RunningTurn, run: TurnExecutor, committer: Committer) -> None:
        self._turn = turn
        self._run = run
        self._committer = committer
        self._one_at_a_time = asyncio.Lock()
        self._writing: asyncio.Future[None] | None = None

    async def say(self, outputs: Sequence[Output]) -> None:
        """Say what the node said so far, and return once it is durable."""
        async with self._one_at_a_time:
            self._run.speak(outputs)
            await self._commit([])

    async def open_callback(self) -> str:
        """Return a URL that works once, and that resumes the node which waits when something is posted to
        it. It is known before this returns."""
        run, turn = self._run, self._turn
        async with self._one_at_a_time:
            task = run.effect_key
            url, callback = await self._committer.callback(turn, task, run.effect_at)
            if not any(wait.task == task for wait in run.session.tasks):
                begin_wait(run.session, task, run.turn.flow.name, run.turn.node.key, {})
                await self._commit([callback])
            return url

    async def settled(self) -> None:
        """Return when nothing is being written any more: of a node that was given up halfway, too. Raises
        what kept the last segment from being stored."""
        if self._writing is not None:
            await self._writing

    async def _commit(self, opened: Sequence[OpenCallback]) -> None:
        """Shielded: a node that outlasts its time must not leave a segment that nobody knows of."""
        self._writing = asyncio.ensure_future(self._write(opened))
        await asyncio.shield(self._writing)

    async def _write(self, opened: Sequence[OpenCallback]) -> None:
        turn, run = self._turn, self._run
        assert turn.origin is not None
        run.session.running = SuspendedTurn(turn.inbound.seq, turn.origin, run.suspend())
        try:
            await self._committer.segment(turn, run, ends=False, opened=opened)
        finally:
            run.session.running = None
