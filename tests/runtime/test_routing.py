"""Routing on the real stack: an engine of a plugin, what is kept, and what a failed turn gives back."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.testing.bot import open_bot

FLOW = """
flow: pizza
settings: {digressions: reask}
intents:
  order: {examples: ["pizza"], entry: size}
  open:  {examples: ["open"], reply: "At noon."}
  quit:  {examples: ["quit"], entry: bye, confirm: "Leave?"}
  call:  {rules: ["input.text == 'call'"], entry: call}
nodes:
  - say: "Hi."
  - if: input.text == 'think'
    then:
      - think: "pizza"
  - if: input.text == 'read'
    then:
      - nlu: {text: "pizza", store: context.read}
      - nlu: {text: "anything", engine: other, store: context.other}
      - say: "{{ context.read.intent }} {{ context.other.intent }}"
  - stop:
  - id: size
    ask: {text: "Size?", type: choice, choices: [small, large], store: context.size}
  - say: "{{ context.size }}."
  - stop:
  - id: bye
    say: "Bye."
  - stop:
  - id: call
    http_request: "http://shop.example/fail"
  - say: "called"
"""

PLUGIN = '''
"""Two engines that know a few words."""
from flowhook import NluEngine, Understanding, hookimpl

SCORES = {"pizza": ("order", 0.9), "open": ("open", 0.9), "quit": ("quit", 0.5)}

class Words(NluEngine):
    name = "words"
    async def understand(self, text):
        intent, score = SCORES.get(text, (None, 0.0))
        return Understanding(intent, score, type={"yes": "pAnswer", "no": "nAnswer"}.get(text))

class Other(NluEngine):
    name = "other"
    async def understand(self, text):
        return Understanding("other", 1.0)

@hookimpl
def register_nlu():
    return [Words, Other]
'''


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A project with the flow and the plugin."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "plugins").mkdir()
    (tmp_path / "flows" / "pizza.yaml").write_text(FLOW)
    (tmp_path / "plugins" / "words.py").write_text(PLUGIN)
    return tmp_path


async def test_a_conversation_with_digressions(place: Path) -> None:
    """Entry, reply, confirmation: across turns that were stored between them."""
    async with open_bot("pizza", project=place, endpoint={"nlu": "words"}) as bot:
        await bot.says("pizza")
        await bot.says("open")
        await bot.says("quit")
        await bot.says("no")
        await bot.says("large")
        said = ["Size?", "At noon.", "Size?", "Leave?", "Size?", "large."]
        assert bot.texts == said
        await bot.says("quit")
        await bot.says("yes")
        assert bot.texts == [*said, "Leave?", "Bye."]


async def test_think_and_nlu_meet_the_engine(place: Path) -> None:
    """A ``think`` is understood anew; ``nlu`` reads any text, also with another engine."""
    async with open_bot("pizza", project=place, endpoint={"nlu": "words"}) as bot:
        await bot.says("think")
        assert bot.texts == ["Hi.", "Size?"]
        await bot.says("large")
        await bot.says("read")
        assert bot.texts[3:] == ["Hi.", "order other"]


async def test_a_failed_turn_gives_the_question_back(place: Path) -> None:
    """The session waits where it waited, also when what came before the failure was committed."""
    async with open_bot("pizza", project=place, endpoint={"nlu": "words"}) as bot:
        await bot.says("pizza")
        await bot.says("quit")
        bot.http.reply("GET", "http://shop.example/fail", status=500)
        await bot.says("call")
        await bot.says("yes")
        assert bot.texts[:2] == ["Size?", "Leave?"]
        assert bot.texts[-1] == "Bye."
