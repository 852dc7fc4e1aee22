"""Timers with a name: they belong to the session, and no message voids them."""

from __future__ import annotations

from datetime import datetime

import pytest

from flowhook.testing import Bot

from .conftest import Open

FLOW = """
context: {decided: false}
timers:
  call_back:
    - say: "I said that I would call."
    - id: still
      ask: {text: "Still interested?", type: yes_no, store: context.still}
    - say: "{{ 'Good.' if context.still else 'As you like.' }}"
nodes:
  - id: name
    ask: {text: "Your name?", store: context.name}
  - id: arm
    timer: {name: decide, in: 14d, unless: context.decided}
    on_timer:
      - say: "{{ context.name }}, have you made up your mind?"
  - id: what
    ask: {text: "What now?", store: context.what}
  - switch: context.what
    cases:
      decide: {set: {context.decided: true}}
      later: {timer: {name: call_back, in: 1d}}
      never: {cancel_timer: [decide, call_back]}
      again: arm
      leave: {stop: }
  - goto: what
"""


async def named(bot: Bot) -> list[str | None]:
    rows = await bot.services.store.timers.find(50)
    return sorted(row.name or "" for row in rows if row.kind == "named")


async def test_no_message_voids_a_timer_with_a_name(open_turns: Open) -> None:
    """It falls due wherever the session stands, over restarts, and the question is asked again."""
    async with open_turns(FLOW) as bot:
        await bot.says("hi")
        assert await bot.says("Ada") == ["What now?"]
        assert await bot.says("something") == ["What now?"]
        await bot.clock.advance("13d")
        assert await bot.says("something else") == ["What now?"]
    async with open_turns(FLOW) as bot:
        assert await named(bot) == ["decide"]
        await bot.clock.advance("1d")
        assert bot.texts == ["Ada, have you made up your mind?", "What now?"]
        assert await named(bot) == []
        await bot.clock.advance("60d")
        assert len(bot.texts) == 2


async def test_where_nothing_waits_it_is_the_same(open_turns: Open) -> None:
    """The next input enters at the first node."""
    async with open_turns(FLOW) as bot:
        for text in ("hi", "Ada", "leave"):
            await bot.says(text)
        assert await bot.node() is None
        assert await bot.clock.advance("15d") == ["Ada, have you made up your mind?"]
        assert await bot.node() is None
        assert await bot.says("hi") == ["Your name?"]


async def test_unless_is_asked_when_it_falls_due(open_turns: Open) -> None:
    """Not when it was armed."""
    async with open_turns(FLOW) as bot:
        for text in ("hi", "Ada", "decide"):
            await bot.says(text)
        assert await bot.clock.advance("20d") == []


async def test_it_is_taken_away_and_armed_anew_by_its_name(open_turns: Open) -> None:
    """One of a name at a time."""
    async with open_turns(FLOW) as bot:
        for text in ("hi", "Ada", "later"):
            await bot.says(text)
        assert await named(bot) == ["call_back", "decide"]
        await bot.clock.advance("12h")
        await bot.says("again")
        assert await named(bot) == ["call_back", "decide"]
        assert await bot.clock.advance("12h") == ["I said that I would call.", "Still interested?"]
        await bot.says("no")
        await bot.clock.advance("13d")
        assert bot.texts[-1] == "What now?"
        assert await bot.clock.advance("12h") == ["Ada, have you made up your mind?", "What now?"]
        await bot.says("again")
        await bot.says("never")
        assert await bot.clock.advance("30d") == []


async def test_its_nodes_may_stand_at_the_top_and_ask(open_turns: Open) -> None:
    """A digression with questions of its own."""
    async with open_turns(FLOW) as bot:
        for text in ("hi", "Ada", "later"):
            await bot.says(text)
        assert await bot.clock.advance("1d") == ["I said that I would call.", "Still interested?"]
        assert await bot.node() == "main/still"
        assert await bot.says("yes") == ["Good.", "What now?"]


async def test_administration_lists_and_cancels_it(open_turns: Open) -> None:
    """By an id; a reset of the session takes it away, too."""
    async with open_turns(FLOW) as bot:
        for text in ("hi", "Ada", "later"):
            await bot.says(text)
        rows = [row for row in await bot.services.store.timers.find(50) if row.name == "call_back"]
        assert await bot.services.store.timers.cancel(rows[0].timer_id, bot.clock.now())
        assert await named(bot) == ["decide"]
        assert not await bot.services.store.timers.cancel(rows[0].timer_id, bot.clock.now())
        await bot.services.sessions.reset(bot.session_id)
        assert await named(bot) == []


async def test_a_turn_that_fails_arms_nothing(open_turns: Open) -> None:
    """What was not committed did not happen."""
    flow = """
    nodes:
      - timer: {name: x, in: 1d}
        on_timer: [{say: "due"}]
      - if: input.text == 'fail'
        then: [{goto: "{{ input.text }}"}]
      - say: "armed"
    """
    async with open_turns(flow) as bot:
        await bot.says("fail")
        assert await named(bot) == []
        assert await bot.says("fine") == ["armed"]
        assert await named(bot) == ["x"]


@pytest.mark.parametrize(
    ("at", "due"),
    [
        ("2025-06-17", "2025-06-17T00:00+02:00"),
        ("2025-06-16T12:30", "2025-06-16T12:30+02:00"),
        ("2025-06-16T12:30:00Z", "2025-06-16T14:30+02:00"),
        ("18:00", "2025-06-15T18:00+02:00"),
        ("17:00", "2025-06-16T17:00+02:00"),
        ("{{ context.day }}T08:00", "2025-06-16T08:00+02:00"),
        ("2025-06-01", None),
        ("{{ context.nothing }}", "fails"),
        ("{{ 'soon' }}", "fails"),
    ],
)
async def test_a_moment_instead_of_a_time_from_now(open_turns: Open, at: str, due: str | None) -> None:
    """In the time zone of the project; what has passed falls due at once, what is no time fails."""
    flow = f"""
    context: {{day: "2025-06-16"}}
    nodes:
      - timer: {{name: x, at: "{at}"}}
        on_timer: [{{say: "due"}}]
        on_error: [{{say: "{{{{ error.reason }}}}"}}]
      - say: "armed"
    """
    async with open_turns(flow, timezone="Europe/Berlin") as bot:  # it is 17:06 there
        said = await bot.says("hi")
        rows = await bot.services.store.timers.find(5)
        if due is None:
            assert said == ["armed", "due"]
        elif due == "fails":
            assert said == ["settings", "armed"]
            assert rows == []
        else:
            assert [row.due_at for row in rows] == [datetime.fromisoformat(due).timestamp()]
