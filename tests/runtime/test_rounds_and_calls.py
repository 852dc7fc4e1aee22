"""``for_each``, and calls with arguments and results."""

from __future__ import annotations

from .conftest import Open

GUESTS = """
context: {guests: [{name: Ada}, {name: Bob}], menus: []}
intents:
  stop: {rules: "input.text == 'leave'", entry: left}
  hours: {rules: "input.text == 'hours'", reply: "At noon."}
nodes:
  - say: "Welcome."
  - id: each
    for_each: {items: "{{ context.guests }}", as: guest}
    do:
      - if: guest.name == 'Bob'
        then: [{say: "Now to Bob, number {{ index }}."}]
      - id: menu
        ask: {text: "What does {{ guest.name }} eat?", type: pattern, pattern: soup|cake, store: context.a}
      - append: {context.menus: "{{ guest.name }} {{ context.a }}"}
  - say: "{{ context.menus | join(', ') }}. {{ guest is defined }}"
  - stop:
  - id: left
    say: "Left. {{ guest is defined }}"
"""


async def test_nodes_run_for_each_of_several_things(open_turns: Open) -> None:
    """They may ask; expressions know the item, also after a restart and a digression."""
    async with open_turns(GUESTS) as bot:
        assert await bot.says("hi") == ["Welcome.", "What does Ada eat?"]
        assert await bot.says("soup") == ["Now to Bob, number 2.", "What does Bob eat?"]
    async with open_turns(GUESTS) as bot:
        assert await bot.says("hours") == ["At noon.", "What does Bob eat?"]
        assert await bot.says("cake") == ["Ada soup, Bob cake. false"]
        assert await bot.node() is None
        assert await bot.says("hi") == ["Welcome.", "What does Ada eat?"]


async def test_an_entry_leaves_the_rounds(open_turns: Open) -> None:
    """The name of the item is gone, and another time they begin anew."""
    async with open_turns(GUESTS) as bot:
        await bot.says("hi")
        await bot.says("soup")
        assert await bot.says("leave") == ["Left. false"]
        assert await bot.says("hi") == ["Welcome.", "What does Ada eat?"]


async def test_rounds_within_rounds(open_turns: Open) -> None:
    """Lists, mappings, nothing, paths; the outer item is known inside, and the inner one is not outside."""
    flow = """
    context: {table: [[1, 2], [], [3]], prices: {soup: 4, cake: 3}, none: null}
    nodes:
      - id: rows
        for_each: {items: context.table, as: row}
        do:
          - id: cells
            for_each: {items: "{{ row }}", as: cell, index: column}
            do: [{say: "{{ index }}.{{ column }}: {{ cell }}"}]
          - say: "{{ row | length }} {{ cell is defined }}"
      - id: prices
        for_each: {items: "{{ context.prices }}", as: context.price}
        do: {say: "{{ context.price.key }} {{ context.price.value }}"}
      - id: nothing
        for_each: "{{ context.none }}"
        do: {say: never}
      - id: written
        for_each: [a, b]
        do: {say: "{{ item }}{{ index }}"}
      - id: wrong
        for_each: {items: "{{ 'text' }}"}
        do: {say: never}
        on_error: {say: "{{ error.reason }}"}
    """
    async with open_turns(flow) as bot:
        assert await bot.says("hi") == [
            "1.1: 1", "1.2: 2", "2 false", "0 false", "3.1: 3", "1 false",
            "soup 4", "cake 3", "a1", "b2", "items",
        ]  # fmt: skip


MAIN = """
nodes:
  - call: {flow: price, args: {size: large, count: "{{ 1 + 1 }}"}, store: context.price}
  - say: "{{ context.price.total }} {{ input.result.total }} {{ args is defined }}"
  - call: {flow: nothing, store: context.price}
  - say: "{{ context.price is none }}"
  - call: {flow: name, args: {of: dog}, store: context.name}
  - say: "Hello {{ context.name }}."
"""
PRICE = """
nodes:
  - if: args.size == 'large'
    then:
      - return: {total: "{{ args.count * 10 }}", size: "{{ args.size }}"}
  - say: never
"""
NAME = """
nodes:
  - id: name
    ask: {text: "What is the name of your {{ args.of }}?"}
  - call: {flow: upper, args: {text: "{{ input.result }}"}}
  - if: args.of == 'dog'
    then: {return: "{{ input.result }} the {{ args.of }}"}
"""


async def test_a_call_gives_arguments_and_gets_a_value(open_turns: Open) -> None:
    """Each flow knows its own, also when it waits and over a restart; null where nothing is returned."""
    flows = {
        "main": MAIN, "price": PRICE, "name": NAME,
        "nothing": "nodes: [{say: \"Nothing.\"}]\n",
        "upper": "nodes:\n  - return: \"{{ args.text | upper }}\"\n",
    }  # fmt: skip
    async with open_turns(flows) as bot:
        assert await bot.says("hi") == ["20 20 false", "Nothing.", "true", "What is the name of your dog?"]
    async with open_turns(flows) as bot:
        assert await bot.says("rex") == ["Hello REX the dog."]
        assert await bot.node() is None


async def test_return_without_a_caller_ends_the_turn(open_turns: Open) -> None:
    """As stop does."""
    async with open_turns("nodes:\n  - say: a\n  - if: true\n    then: {return: 1}\n  - say: b\n") as bot:
        assert await bot.says("hi") == ["a"]
        assert await bot.says("hi") == ["a"]
