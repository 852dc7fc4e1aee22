"""Intents with ``do``, whose nodes run and come back; and values of slots that wait for their question."""

from __future__ import annotations

from .conftest import Open

FLOW = """
settings: {questions: {attempts: 3}}
intents:
  book: {rules: "input.text == 'book'", entry: day}
  quit: {rules: "input.text == 'quit'", entry: gone}
  prices:
    rules: "input.text == 'prices'"
    do:
      - say: "It depends."
      - id: visits
        ask: {text: "How many visits?", type: integer, store: context.visits}
      - if: context.visits > 5
        then: [{say: "Cheap."}]
        else:
          - say: "Dear."
  way:
    rules: "input.text == 'way'"
    do: {call: directions}
  human:
    rules: "input.text == 'human'"
    do: [{goto: desk}]
nodes:
  - say: "Welcome."
  - id: wait
    wait: {}
  - stop:
  - id: day
    ask: {text: "Which day?", type: date, store: context.day}
  - say: "Booked."
  - stop:
  - id: gone
    say: "Gone."
  - stop:
  - id: desk
    say: "The desk."
"""
DIRECTIONS = """
nodes:
  - id: from
    ask: {text: "From where?", store: context.start}
  - say: "From {{ context.start }} turn left."
"""


async def test_a_digression_with_steps_comes_back(open_turns: Open) -> None:
    """Its nodes may ask, branch and call; the question that waited is asked again, no attempt counted."""
    async with open_turns({"main": FLOW, "directions": DIRECTIONS}) as bot:
        assert await bot.says("hi") == ["Welcome."]
        assert await bot.says("book") == ["Which day?"]
        assert await bot.says("prices") == ["It depends.", "How many visits?"]
        assert await bot.node() == "main/visits"
        assert await bot.says("7") == ["Cheap.", "Which day?"]
        assert await bot.says("way") == ["From where?"]
        assert await bot.says("here") == ["From here turn left.", "Which day?"]
        assert await bot.says("tomorrow") == ["Booked."]
        assert await bot.node() is None


async def test_a_digression_within_a_digression(open_turns: Open) -> None:
    """Comes back to it; the same one once more begins anew, and stacks nothing."""
    async with open_turns({"main": FLOW, "directions": DIRECTIONS}) as bot:
        await bot.says("hi")
        await bot.says("book")
        for _ in range(40):
            assert await bot.says("prices") == ["It depends.", "How many visits?"]
        assert await bot.says("way") == ["From where?"]
        assert await bot.says("here") == ["From here turn left.", "How many visits?"]
        assert await bot.says("1") == ["Dear.", "Which day?"]
        assert await bot.says("tomorrow") == ["Booked."]


async def test_an_entry_leaves_a_digression_for_good(open_turns: Open) -> None:
    """So does a goto in it: nothing is come back to."""
    async with open_turns({"main": FLOW, "directions": DIRECTIONS}) as bot:
        await bot.says("hi")
        await bot.says("book")
        await bot.says("prices")
        assert await bot.says("quit") == ["Gone."]
        assert await bot.node() is None
        assert await bot.says("book") == ["Which day?"]
        await bot.says("prices")
        assert await bot.says("human") == ["The desk."]
        assert await bot.node() is None


async def test_a_digression_where_nothing_waits(open_turns: Open) -> None:
    """The session stands again where it stood, also over a restart in the middle."""
    flows = {"main": FLOW, "directions": DIRECTIONS}
    async with open_turns(flows) as bot:
        assert await bot.says("way") == ["From where?"]
    async with open_turns(flows) as bot:
        assert await bot.says("here") == ["From here turn left."]
        assert await bot.node() is None
        assert await bot.says("hi") == ["Welcome."]


PIZZA = """
intents:
  order: {rules: "'pizza' in input.text", entry: size}
  cancel: {rules: "input.text == 'cancel'", entry: gone}
  hours: {rules: "input.text == 'hours'", reply: "At noon."}
slots:
  size: {values: [small, large]}
  topping: {values: [salami, mushroom]}
  drink: {values: [water, juice]KEEP}
nodes:
  - say: "Hello."
  - stop:
  - id: size
    ask: {text: "Size?", type: slot, slot: size, store: context.size}
  - id: name
    ask: {text: "Name?", store: context.name}
  - id: age
    ask: {text: "Age?", type: integer, store: context.age}
  - id: topping
    ask: {text: "Topping?", type: slot, slot: topping, store: context.topping}
  - id: drink
    ask: {text: "Drink?", type: slot, slot: drink, store: context.drink}
  - say: "{{ context.size }} {{ context.topping }} {{ context.drink }} for {{ context.name }}."
  - stop:
  - id: gone
    say: "Gone."
"""


async def test_what_was_said_before_its_question_is_kept(open_turns: Open) -> None:
    """Over turns, replies and other questions, until its own is asked; the last word counts."""
    async with open_turns(PIZZA.replace("KEEP", "")) as bot:
        await bot.says("hi")
        assert await bot.says("I want a pizza with salami and a juice") == ["Size?"]
        assert await bot.says("hours") == ["At noon.", "Size?"]
        assert await bot.says("large, and mushroom instead") == ["Name?"]
        assert await bot.says("Ada") == ["Age?"]
        assert await bot.says("41") == ["large mushroom juice for Ada."]
        row = await bot.services.store.sessions.get(bot.session_id)
        assert row is not None
        assert "told" not in row.state


async def test_what_was_kept_is_asked_for_only_once(open_turns: Open) -> None:
    """A second order begins without what was said for the first."""
    async with open_turns(PIZZA.replace("KEEP", "")) as bot:
        await bot.says("hi")
        await bot.says("I want a pizza with salami and a juice")
        await bot.says("large")
        await bot.says("Ada")
        assert await bot.says("41") == ["large salami juice for Ada."]
        assert await bot.says("I want a pizza") == ["Size?"]
        assert await bot.says("small") == ["Name?"]
        await bot.says("Bob")
        assert await bot.says("42") == ["Topping?"]


async def test_another_intent_forgets_what_was_kept(open_turns: Open) -> None:
    """And ``keep: false`` keeps nothing."""
    async with open_turns(PIZZA.replace("KEEP", ", keep: false")) as bot:
        await bot.says("hi")
        await bot.says("I want a pizza with salami and a juice")
        assert await bot.says("cancel") == ["Gone."]
        await bot.says("I want a pizza")
        await bot.says("small")
        await bot.says("Bob")
        assert await bot.says("42") == ["Topping?"]
        await bot.says("salami")
        await bot.says("water")
        await bot.says("I want a pizza with salami and a juice")
        await bot.says("small")
        await bot.says("Bob")
        assert await bot.says("42") == ["Drink?"]


async def test_a_text_that_was_an_answer_as_a_whole_keeps_nothing(open_turns: Open) -> None:
    """A name is a name, whatever else is found in it; and what is denied is not kept."""
    async with open_turns(PIZZA.replace("KEEP", "")) as bot:
        await bot.says("hi")
        await bot.says("I want a pizza with salami")
        await bot.says("large, no salami please")
        assert await bot.says("Mushroom Smith") == ["Age?"]
        assert await bot.says("42") == ["Topping?"]
