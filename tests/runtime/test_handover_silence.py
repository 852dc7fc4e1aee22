"""A user who was handed over and hears nothing: reminder, back to the queue, back to the bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from flowhook.config import config_from_mapping
from flowhook.harness.application import Harness, open_harness, stand_in
from flowhook.harness.clocks import FakeClock
from flowhook.harness.receiver import Receiver, output_of
from flowhook.model.event import Event, EventType
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.turns.overrides import Overrides

FLOW = """
flow: shop
nodes:
  - id: agent
    handover: {text: "One moment."}
    on_queue: {say: "queue"}
    on_completed: {say: "completed"}
    on_error: {say: "error {{ error.reason }}"}
  - say: "below"
"""
REF = SessionRef("shop", "u1", "s1")


class Waiting:
    """A conversation that waits for its agent, on a file, with a clock that is moved."""

    def __init__(self, root: Path, **times: str) -> None:
        (root / "flows").mkdir()
        (root / "flows" / "shop.yaml").write_text(FLOW)
        config = config_from_mapping(
            {
                "storage": "sqlite:///bot.db",
                "handovers": {"desk": {"provider": "desk", **times}},
                "endpoints": [{"name": "shop", "flow": "shop", "token": "tok-shop"}],
            },
            root,
        )
        endpoint = stand_in(config.endpoints[0], "shop")
        self.config = config.model_copy(update={"endpoints": [endpoint]})
        self.clock = FakeClock()
        self.receiver = Receiver()
        self.reminders: list[str] = []
        self.harness: Harness

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        overrides = Overrides(outputs={"shop": self.receiver})
        async with open_harness(self.config, REF, clock=self.clock, overrides=overrides) as harness:
            self.harness = harness
            harness.application.events.subscribe(self._hear, [EventType.HANDOVER_REMINDER])
            yield

    def _hear(self, event: Event) -> None:
        self.reminders.append(event.data["agent"])

    async def says(self, text: str) -> None:
        await self.harness.submit("message", {"text": text})

    async def row(self) -> Any:
        (row,) = await self.harness.application.store.handovers.find()
        return row

    async def take(self) -> None:
        await self.harness.application.desk.take((await self.row()).id, "ada")
        await self.harness.settle()

    async def reply(self, text: str) -> None:
        desk = self.harness.application.desk
        await desk.reply((await self.row()).id, "ada", text, None, [])
        await self.harness.settle()

    @property
    def said(self) -> list[str]:
        return [output_of(delivery.content)["text"] for delivery in self.receiver.sent]


@pytest.fixture
def waiting(tmp_path: Path) -> Waiting:
    return Waiting(tmp_path, remind_after="2m", requeue_after="5m", return_after="15m")


async def test_each_step_at_its_time(waiting: Waiting) -> None:
    """Counted from the oldest word that nobody answered: reminded, back in the queue, back at the bot."""
    async with waiting.open():
        await waiting.says("help")
        await waiting.take()
        await waiting.reply("yes?")
        await waiting.harness.advance(600)  # the user says nothing: nobody waits
        assert (await waiting.row()).step == 0
        await waiting.says("are you there?")
        await waiting.harness.advance(60)
        await waiting.says("hello?")  # a second word changes nothing
        await waiting.harness.advance(59)
        assert waiting.reminders == []
        await waiting.harness.advance(1)
        assert waiting.reminders == ["ada"]
        assert (await waiting.row()).owner == "ada"
        await waiting.harness.advance(180)
        row = await waiting.row()
        assert (row.owner, row.status) == (None, "queue")
        assert waiting.said[-1] == "queue"
        await waiting.harness.advance(600)
        row = await waiting.row()
        assert (row.status, row.outcome) == ("closed", "error")
        assert waiting.said == ["One moment.", "queue", "yes?", "queue", "error no_agent", "below"]


async def test_an_answer_ends_it(waiting: Waiting) -> None:
    """The next silence is counted anew."""
    async with waiting.open():
        await waiting.says("help")
        await waiting.take()
        await waiting.harness.advance(130)
        assert waiting.reminders == ["ada"]
        await waiting.reply("yes")
        await waiting.harness.advance(3600)
        assert waiting.reminders == ["ada"]
        await waiting.says("hm")
        await waiting.harness.advance(130)
        assert waiting.reminders == ["ada", "ada"]


async def test_over_a_restart(waiting: Waiting) -> None:
    """What fell due while nothing ran is done at the start, once each."""
    async with waiting.open():
        await waiting.says("help")
        await waiting.take()
        await waiting.harness.advance(125)
    assert waiting.reminders == ["ada"]
    waiting.clock.jump(waiting.clock.now() + 3600)
    async with waiting.open():
        await waiting.harness.settle()
        row = await waiting.row()
        assert (row.status, row.outcome, row.owner) == ("closed", "error", None)
        assert waiting.said[-2:] == ["error no_agent", "below"]
    assert waiting.reminders == ["ada"]


async def test_without_times_a_user_waits(tmp_path: Path) -> None:
    """Nothing is done that nobody asked for."""
    waiting = Waiting(tmp_path)
    async with waiting.open():
        await waiting.says("help")
        await waiting.harness.advance(86_400)
        assert (await waiting.row()).status == "queue"
        assert waiting.said == ["One moment.", "queue"]
