"""``locale``: the language of a session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from tests.engine.conversation import Builder, Conversation
from tests.runtime.conftest import Open, clock, open_turns

__all__ = ["clock", "open_turns"]  # the fixtures

SHOWN = {"say": "{{ input.locale }}"}


def talk(locale: Any, declared: Mapping[str, str | None] | None = None, **more: Any) -> Conversation:
    flow = Builder().flow("main", [{"locale": locale}, SHOWN], locales=declared or {})
    return Conversation(flows=[flow], locale="en-GB", **more)


@pytest.mark.parametrize(
    ("locale", "declared", "said", "warns"),
    [
        ("de", {}, "de", False),
        ("de_at", {}, "de-AT", False),
        ("{{ context.wanted }}", {}, "fr", False),
        ("de", {"en": None, "de": None}, "de", False),
        ("de-CH", {"en": None, "de": None}, "de-CH", False),
        ("fr", {"en": None, "de": None}, "en", True),
        ("klingon", {}, "en-GB", True),
        ("{{ 7 }}", {}, "en-GB", True),
        ("{{ context.none }}", {}, "en-GB", False),
        (None, {}, "en-GB", False),
    ],
)
def test_counts_at_once(locale: Any, declared: Any, said: str, warns: bool) -> None:
    """For what is said after it; unknown ones fall back, with a warning."""
    conversation = talk(locale, declared, context={"wanted": "fr"})
    assert conversation.says("x") == [said]
    assert any("locale" in warning for warning in conversation.warnings) == warns


def test_stays_until_it_is_taken_back() -> None:
    """It is the session's; nothing is that of the endpoint again."""
    nodes = [
        SHOWN,
        {"if": "input.text == 'de'", "then": [{"locale": "de"}]},
        {"if": "input.text == 'back'", "then": [{"locale": None}]},
        SHOWN,
    ]
    conversation = Conversation(*nodes, locale="en")
    assert conversation.says("x") == ["en", "en"]
    assert conversation.says("de") == ["en", "de"]
    assert conversation.says("x") == ["de", "de"]
    assert conversation.says("back") == ["de", "en"]
    assert conversation.session.locale is None


async def test_texts_follow_at_once(open_turns: Open) -> None:
    """Texts by locale after it are in the new language, in this turn, the next ones, and after a restart."""
    flow = """
        locales: [en, de]
        nodes:
          - say: {en: Hello, de: Hallo}
          - switch: input.text
            cases: {german: {locale: de-AT}, reset: {locale: }}
          - say: {text: {en: Bye, de: "Tschüss"}, quick_replies: [{title: {en: "Yes", de: Ja}}]}
    """
    async with open_turns(flow) as bot:
        assert await bot.says("x") == ["Hello", "Bye"]
        assert await bot.says("german") == ["Hello", "Tschüss"]
        assert bot.outputs[-1]["data"]["rich"]["quickReplies"] == [{"title": "Ja", "payload": "Ja"}]
    async with open_turns(flow) as bot:
        assert await bot.says("x") == ["Hallo", "Tschüss"]
        assert await bot.says("reset") == ["Hallo", "Bye"]
