"""The work that one message makes, in calls of our own functions: on any machine, however busy, the same."""

from __future__ import annotations

import sys
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import flowhook
from flowhook.testing import Bot

from .conftest import Open
from .test_timing import submit

OURS = str(Path(flowhook.__file__).parent)
FLOW = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }} {{ input.text }}"
"""
#: Of acceptance, turn and commit of a message to FLOW. Raise it for what each message needs alone.
MOST_CALLS = 250
BY_CHANCE = 2  #: whether the writer's thread has to be woken


async def calls_of(bot: Bot, text: str) -> int:
    """The calls on the event loop from the body of a message until it is durable with its answer."""
    calls = 0

    def count(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call" and frame.f_code.co_filename.startswith(OURS)

    await bot.settle()
    sys.setprofile(count)
    try:
        await submit(bot, "message", text)
    finally:
        sys.setprofile(None)
    await bot.settle()
    return calls


async def warm_calls(bot: Bot) -> int:
    """The same once all is made that is made for the first messages only; the fewest of some, since other
    tasks may run while the message waits for the store."""
    return min([await calls_of(bot, text) for text in "abcdef"])


async def test_a_plain_message_makes_little_work(open_turns: Open) -> None:
    """What no flow and no endpoint of a project uses costs a message no call; what each needs is bounded."""
    async with open_turns(FLOW) as bot:
        assert await warm_calls(bot) <= MOST_CALLS
        assert bot.texts[-1] == "6 f"


@pytest.mark.parametrize(
    "sections",
    [
        {"handovers": {"people": {"provider": "desk"}}},
        {"retention": {"idempotency": "1h"}},
    ],
    ids=["handovers", "retention"],
)
async def test_what_others_use_costs_a_message_nothing(
    open_turns: Open, tmp_path: Path, sections: dict[str, Any]
) -> None:
    """As many calls with a section of the configuration that this flow does not use as without it."""
    async with open_turns(FLOW) as bot:
        plain = await warm_calls(bot)
    (tmp_path / "bot.db").unlink()
    async with open_turns(FLOW, **sections) as bot:
        assert abs(await warm_calls(bot) - plain) <= BY_CHANCE
