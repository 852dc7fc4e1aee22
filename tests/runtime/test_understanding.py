"""A plugin's NLU engine, between its two hooks."""

from __future__ import annotations

from pathlib import Path

from flowhook.testing import open_bot

ENGINE = '''
"""Knows one word."""
from flowhook import NluEngine, Understanding, hookimpl

class Words(NluEngine):
    name = "words"
    prepared = None

    async def prepare(self, intents, slots, *, language):
        Words.prepared = language

    async def understand(self, text, *, data, language, session, endpoint, http):
        if "pizza" not in text:
            return None
        return Understanding(intent="order", score=0.9, slots={"prepared": [Words.prepared]})

@hookimpl
def register_nlu():
    return [Words]
'''
FLOW = """
flow: talk
nodes:
  - say: "{{ input.intent }} {{ input.slots.prepared }}"
"""


async def test_an_engine_is_prepared_and_asked(tmp_path: Path) -> None:
    """Before the first text it hears its language; what it understands is in the input."""
    for name, file, text in (("flows", "talk.yaml", FLOW), ("plugins", "words.py", ENGINE)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)
    async with open_bot("talk", project=tmp_path, endpoint={"nlu": "words", "locale": "de"}) as bot:
        assert await bot.says("one pizza") == ['order ["de"]']
        assert await bot.says("anything else") == [" "]
