"""A number as the answer to a message with numbered choices."""

from __future__ import annotations

from .conftest import Open

CHOICES = """
intents:
  track: {rules: ["input.text == 'track'"], reply: "It is on its way."}
nodes:
  - say: {text: "What can I do?", quick_replies: [Order, {title: Where is it?, payload: track}]}
  - id: w
    wait:
  - say: "You said {{ input.text }}."
"""


async def test_a_number_is_what_a_click_would_say(open_turns: Open) -> None:
    """Its payload, read like a message; also with a dot. What is said stays in the transcript."""
    async with open_turns(CHOICES) as bot:
        await bot.says("hi")
        assert await bot.says("2") == ["It is on its way."]
        assert await bot.says("2") == ["You said 2."]  # of a message before the last one no number counts
        await bot.says("hi")
        assert await bot.says(" 1. ") == ["You said Order."]
        await bot.says("hi")
        for text in ("3", "0", "12", "1 2", "one", "1st"):
            assert await bot.says(text) == [f"You said {text}."]
            await bot.says("hi")


async def test_a_number_counts_after_a_restart(open_turns: Open) -> None:
    """What the numbers stand for is kept with the session."""
    async with open_turns(CHOICES) as bot:
        await bot.says("hi")
    async with open_turns(CHOICES) as bot:
        assert await bot.says("1") == ["You said Order."]


async def test_a_number_is_a_number_where_one_is_asked_for(open_turns: Open) -> None:
    """A question that waits, choices that have numbers themselves, buttons that say nothing."""
    asked = """
    nodes:
      - say: {text: "Pizza!", buttons: [Order, {title: Menu, url: "https://pizza.example"}]}
      - id: n
        ask: {text: "How many?", type: integer}
      - say: "{{ input.result }}"
    """
    async with open_turns(asked) as bot:
        await bot.says("hi")
        assert await bot.says("1") == ["1"]
    for replies in ("['5', '2', '1']", "[{title: Menu, url: 'https://pizza.example'}]"):
        said = "{say: '{{ input.text }}'}"
        flow = f"nodes: [{{say: {{text: a, buttons: {replies}}}}}, {{id: w, wait: }}, {said}]"
        async with open_turns(flow, storage="sqlite:///:memory:") as bot:
            await bot.says("hi")
            assert await bot.says("1") == ["1"]
