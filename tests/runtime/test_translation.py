"""Real-time translation in a running server, with a translator that is a plugin of the test."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import pytest

from flowhook.errors import ConfigError, FlowhookError
from flowhook.testing import Bot, open_bot

#: Translates word for word, and tells what it was asked.
PLUGIN = '''
"""A translator of few words."""
import re
from flowhook import Translated, Translator, TranslatorSettings, hookimpl

WORDS = {"hello": "hallo", "order": "bestellen", "pizza": "pizza", "which": "welche", "size": "groesse",
         "small": "klein", "big": "gross", "yes": "ja", "bye": "tschuess", "news": "neues"}
BACK = {german: english for english, german in WORDS.items()}

class Words(Translator):
    name = "words"
    asked = []
    fails = 0
    told = []

    class Settings(TranslatorSettings):
        retries: int = 1
        cache: float = 0

    async def translate(self, texts, *, source, target, markup, glossary, formality):
        Words.asked.append((list(texts), source, target, markup, glossary, formality))
        if Words.fails:
            Words.fails -= 1
            raise OSError("down")
        table = BACK if target == "en" else WORDS
        return [Translated(self.of(text, table), "" if source else self.language(text)) for text in texts]

    def language(self, text):
        return "de" if any(word in BACK and word not in WORDS for word in text.lower().split()) else "en"

    def of(self, text, table):
        parts = re.split(r'(<span translate="no">.*?</span>)', text)
        return "".join(part if part.startswith("<span") else self.plain(part, table) for part in parts)

    def plain(self, text, table):
        return " ".join(table.get(word, word) for word in text.split(" "))

@hookimpl
def register_translators():
    return [Words]

@hookimpl
def on_event(event):
    if event.type == "translation.failed":
        Words.told.append(event.data)
'''
FLOW = """
flow: shop
nodes:
  - id: entry
    switch: input.text
    cases:
      menu:
        say:
          text: "which size"
          quick_replies: [{title: small, payload: small}, {title: big, payload: size=b}]
      off: [{translation: {enabled: false}}, {say: "hello **order** now"}]
      english: [{translation: {user_language: en}}, {say: hello}]
      back: [{translation: {}}, {say: hello}]
      twice: [{say: hello}, {sleep: 1s}, {say: bye}]
    default: {say: "hello {{ input.text }} **hello {{ input.text }}** {{ '{{' }} order }}"}
"""

Open = Callable[..., AbstractAsyncContextManager[Bot]]


@pytest.fixture
def shop(tmp_path: Path) -> Open:
    """``shop(user_language="de")``: a bot whose endpoint translates by the plugin."""
    for name, file, text in (("flows", "shop.yaml", FLOW), ("plugins", "words.py", PLUGIN)):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text(text)

    def open_shop(*, translators: Any = None, endpoint: Any = None, **translation: Any) -> Any:
        settings = {"translation": {"provider": "words", **translation}, **(endpoint or {})}
        return open_bot("shop", project=tmp_path, endpoint=settings, translators=translators or {})

    return open_shop


def words(bot: Bot) -> Any:
    """The class of the translator."""
    return type(bot.services.project.hooks.translators()["words"])


async def test_both_ways_with_detection(shop: Open) -> None:
    """The flow sees its language, the user his own; after some inputs the language is settled."""
    async with shop(detect_inputs=2) as bot:
        assert await bot.says("bestellen") == ["hallo bestellen hello order {{ order }}"]
        assert words(bot).asked[0] == (["bestellen"], None, "en", False, "", "")
        await bot.says("ja")
        assert await bot.says("gross") == ["hallo gross hello big {{ order }}"]
        assert words(bot).asked[-2][:3] == (["gross"], "de", "en"), "settled: not detected any more"
        assert (await bot.session())["translation"] == {"language": "de", "inputs": 2}
        assert [entry["text"] for entry in await transcript(bot)] == ["bestellen", "ja", "gross"]


async def transcript(bot: Bot) -> list[Any]:
    found: list[Any] = await bot.services.store.transcripts.entries(bot.session_id)
    return found


async def test_one_language_needs_no_call(shop: Open) -> None:
    """Where the user speaks the flow's language nothing is asked once that is known; markers go."""
    async with shop(user_language="en-GB") as bot:
        assert await bot.says("order") == ["hello order hello order {{ order }}"]
        assert words(bot).asked == []


async def test_what_is_marked_or_a_script_stays(shop: Open) -> None:
    """It goes out under markup, with everything else escaped; it comes back as it was."""
    async with shop(user_language="de") as bot:
        assert await bot.says("a < b & c") == ["hallo a < b & c hello a < b & c {{ order }}"]
        (sent, *_, markup, _, _) = words(bot).asked[-1]
        keep, end = '<span translate="no">', "</span>"
        assert markup
        assert sent == [
            f"hello a &lt; b &amp; c {keep}hello a &lt; b &amp; c{end} {keep}{{{{ order }}}}{end}"
        ]  # fmt: skip


async def test_titles_are_translated_and_payloads_are_not(shop: Open) -> None:
    """What a pressed button says reaches the flow as it is, where the endpoint says so."""
    async with shop(user_language="de", translate_payloads=False) as bot:
        await bot.says("menu")
        rich = bot.outputs[-1]["data"]["rich"]
        assert [reply["title"] for reply in rich["quickReplies"]] == ["klein", "gross"]
        assert [reply["payload"] for reply in rich["quickReplies"]] == ["small", "size=b"]
        assert rich["fallback"] == "welche groesse\n1. klein\n2. gross"
        before = len(words(bot).asked)
        assert await bot.says("size=b") == ["hallo size=b hello size=b {{ order }}"]
        assert len(words(bot).asked) == before + 1, "only what is said was translated"


async def test_the_node_changes_it(shop: Open) -> None:
    """For this session: off, another language, and as the endpoint says again."""
    async with shop(user_language="de", always_remove_markers=True) as bot:
        assert await bot.says("english") == ["hello"]
        assert await bot.says("back") == ["hallo"]
        assert await bot.says("off") == ["hello order now"], "markers go, though nothing is translated"
        assert await bot.says("bestellen") == ["hello bestellen hello bestellen {{ order }}"]


async def test_a_failing_translator_lets_the_text_through(shop: Open) -> None:
    """It is asked again, then told of in trace, metric and event; the flow runs."""
    async with shop(user_language="de") as bot:
        words(bot).fails = 1
        assert await bot.says("bestellen") == ["hallo bestellen hello order {{ order }}"], "again"
        words(bot).fails = 4
        assert await bot.says("bestellen") == ["hello bestellen hello bestellen {{ order }}"]
        failures = (await transcript(bot))[-1]["trace"]["failures"]
        assert {failure["hook"] for failure in failures} == {"translator words"}
        assert bot.services.project.hooks.failures_of("words", "translator words") == 2
        assert [told["translator"] for told in words(bot).told] == ["words", "words"]


async def test_notifies_and_parts_of_turns(shop: Open) -> None:
    """Whatever is said to the user is in his language."""
    async with shop(user_language="de") as bot:
        assert await bot.says("menu")
        assert await bot.notify("news") == ["neues"]
        await bot.says("twice")
        await bot.clock.advance("2s")
        assert bot.texts[-2:] == ["hallo", "tschuess"]


async def test_a_translation_is_asked_for_once(shop: Open) -> None:
    """The same again comes out of the cache, where the translator has one."""
    async with shop(user_language="de", translators={"words": {"cache": 3600}}) as bot:
        await bot.says("menu")
        count = len(words(bot).asked)
        await bot.says("menu")
        assert len(words(bot).asked) == count


async def test_analytics_keep_the_words_of_the_user(shop: Open) -> None:
    """Beside what the flow saw."""
    async with shop(user_language="de") as bot:
        await bot.says("bestellen")
        [row] = await bot.services.store.analytics.of_user("user")
        record = json.loads(row.record)
        assert (record["inputText"], record["userLanguageText"]) == ("order", "bestellen")


@pytest.mark.parametrize("translation", [
    {"provider": "wordz"}, {"provider": "deepl"}, {"user_language": "german!"}, {"detect_inputs": 0},
])  # fmt: skip
async def test_what_cannot_be_is_refused(shop: Open, translation: Any) -> None:
    """A translator that is not there or lacks its key, a language that is none."""
    with pytest.raises((ConfigError, FlowhookError)):
        async with shop(**translation):
            pass
