"""What the questions of a flow have in common, reminders, and suggestions at any question."""

from __future__ import annotations

from flowhook.testing import Bot

from .conftest import Open

SHARED = """
settings:
  questions:
    attempts: 2
    timeout: 10m
    reprompt: "Pardon?"
    on_timeout: [{say: "Still there?"}]
    on_fail: to_agent
    on_intent: {bye: [{say: "Already?"}]}
intents:
  bye: {rules: "input.text == 'bye'"}
nodes:
  - id: name
    ask: {text: "Your name?", type: pattern, pattern: "[A-Z]+", store: context.name}
  - id: age
    ask: {text: "Your age?", type: integer, store: context.age, reprompt: "A number, please.", timeout: 1h}
    on_timeout: [{say: "Your age, please."}]
    on_intent: {bye: [{say: "No way."}]}
  - id: more
    collect:
      asks:
        - {text: "Which day?", type: date, store: context.day}
        - {text: "How many?", type: integer, store: context.people, attempts: 3}
  - say: "{{ context.name }} {{ context.age }} {{ context.people }}"
  - stop:
  - id: to_agent
    say: "A colleague comes."
"""


async def test_questions_take_what_they_do_not_say_from_the_settings(open_turns: Open) -> None:
    """Settings and branches, each where the question has none of its own; a list comes back to it."""
    async with open_turns(SHARED) as bot:
        assert await bot.says("hi") == ["Your name?"]
        await bot.clock.advance("10m")
        assert bot.texts[-1] == "Still there?"
        assert await bot.says("bye") == ["Already?"]
        assert await bot.says("no") == ["Pardon?"]
        assert await bot.says("ADA") == ["Your age?"]
        await bot.clock.advance("10m")
        assert bot.texts[-1] == "Your age?"
        await bot.clock.advance("50m")
        assert bot.texts[-1] == "Your age, please."
        assert await bot.says("bye") == ["No way."]
        assert await bot.says("old") == ["A number, please."]
        assert await bot.says("41") == ["Which day?"]
        assert await bot.says("hm") == ["Pardon?"]
        await bot.clock.advance("10m")
        assert bot.texts[-1] == "Still there?"
        assert await bot.says("tomorrow") == ["How many?"]
        assert await bot.says("hm") == ["Pardon?"]
        assert await bot.says("hm") == ["Pardon?"]
        assert await bot.says("hm") == ["A colleague comes."]


async def test_a_question_may_leave_a_default_aside(open_turns: Open) -> None:
    """With null, or an empty list."""
    flow = """
    settings: {questions: {attempts: 1, on_fail: gone, timeout: 10m, on_timeout: [{say: "Still there?"}]}}
    nodes:
      - id: a
        ask: {text: "A?", type: integer, store: context.a, attempts: null, timeout: null}
      - id: b
        ask: {text: "B?", type: integer, store: context.b}
        on_timeout: []
      - say: "{{ context.a }} {{ context.b }}"
      - stop:
      - id: gone
        say: "Gone."
    """
    async with open_turns(flow) as bot:
        assert await bot.says("hi") == ["A?"]
        assert await bot.says("x") == ["A?"]
        await bot.clock.advance("1d")
        assert bot.texts[-1] == "A?"
        assert await bot.says("1") == ["B?"]
        await bot.clock.advance("1d")
        assert bot.texts[-1] == "B?"
        assert await bot.says("x") == ["Gone."]


REMINDERS = """
nodes:
  - id: name
    ask: {text: "Your name?", store: context.name}
    on_timeout:
      - after: 10m
        do: [{say: "Still there?"}]
      - after: 1h
        do:
          - say: "One more hour."
          - say: "Take your time."
      - {after: 1d, do: gone}
  - say: "Hello {{ context.name }}."
  - stop:
  - id: gone
    say: "Another time, then."
"""


async def test_reminders_come_one_after_the_other(open_turns: Open) -> None:
    """Each at its time after the question, which waits on; an id gives it up."""
    async with open_turns(REMINDERS) as bot:
        await bot.says("hi")
        await bot.clock.advance("10m")
        assert bot.texts == ["Your name?", "Still there?"]
        await bot.clock.advance("49m")
        assert len(bot.texts) == 2
        await bot.clock.advance("1m")
        assert bot.texts[2:] == ["One more hour.", "Take your time."]
        assert await bot.node() == "main/name"
        await bot.clock.advance("23h")
        assert bot.texts[-1] == "Another time, then."
        assert await bot.node() is None
        await bot.clock.advance("30d")
        assert bot.texts[-1] == "Another time, then."


async def test_an_answer_ends_the_reminders_and_a_restart_does_not(open_turns: Open) -> None:
    """The next step is armed in the store, like every timer."""
    async with open_turns(REMINDERS) as bot:
        await bot.says("hi")
        await bot.clock.advance("10m")
    async with open_turns(REMINDERS) as bot:
        await bot.clock.advance("50m")
        assert bot.texts == ["One more hour.", "Take your time."]
        assert await bot.says("Ada") == ["Hello Ada."]
        await bot.clock.advance("2d")
        assert bot.texts[-1] == "Hello Ada."
        assert await bot.says("again") == ["Your name?"]
        await bot.clock.advance("10m")
        assert bot.texts[-1] == "Still there?"


async def test_any_question_may_suggest_answers(open_turns: Open) -> None:
    """As quick replies, in the place of those of a choice; what does not hold is left out."""
    flow = """
    nodes:
      - id: day
        ask:
          text: "Which day?"
          type: date
          quick_replies: [today, {title: Tomorrow, payload: tomorrow}, {title: never, if: context.no}]
          store: context.day
      - id: size
        ask: {text: "Size?", type: choice, choices: [s, m, l], quick_replies: [s, l], store: context.size}
      - say: "{{ context.day | date_format('yyyy') }} {{ context.size }}"
    """
    async with open_turns(flow) as bot:
        await bot.says("hi")
        rich = bot.outputs[-1]["data"]["rich"]
        assert rich["type"] == "quick_replies"
        assert [reply["payload"] for reply in rich["quickReplies"]] == ["today", "tomorrow"]
        assert rich["fallback"] == "Which day?\n1. today\n2. Tomorrow"
        await bot.says("tomorrow")
        assert [reply["title"] for reply in bot.outputs[-1]["data"]["rich"]["quickReplies"]] == ["s", "l"]
        assert len(await bot.says("m")) == 1


async def test_a_secret_is_waited_for_only_where_it_is_asked(open_turns: Open) -> None:
    """The session says so while a question with ``secret`` waits, of ``collect`` too, also after a digression
    and with the blind mode of a node in force; and not beyond."""
    flow = """
    settings: {digressions: silent}
    intents: {hours: {rules: "input.text == 'hours'", reply: "At noon."}}
    nodes:
      - id: name
        ask: {text: "Name?", type: pattern, pattern: "[A-Z].*", store: context.name}
      - blind: {mask_logging: true}
      - id: both
        collect:
          - {text: "PIN?", type: pattern, pattern: "[0-9]{4}", secret: true, store: context.pin}
          - {text: "Day?", type: date, store: context.day}
      - blind: false
      - id: more
        ask: {text: "More?", store: context.more}
      - say: "{{ context.name }} {{ context.day is defined }} {{ context.pin | length }} {{ context.more }}"
    """

    async def blind(bot: Bot) -> list[str]:
        row = await bot.services.store.sessions.get(bot.session_id)
        assert row is not None
        names: list[str] = row.state.get("blind", [])
        return names

    async with open_turns(flow) as bot:
        assert await bot.says("hi") == ["Name?"]
        assert await blind(bot) == []
        assert await bot.says("Ada") == ["PIN?"]
        assert await blind(bot) == ["mask_logging", "secret"]
        assert await bot.says("hours") == ["At noon."]
        assert await blind(bot) == ["mask_logging", "secret"]
        assert await bot.says("1234") == ["Day?"]
        assert await bot.says("tomorrow") == ["More?"]
        assert await blind(bot) == []
